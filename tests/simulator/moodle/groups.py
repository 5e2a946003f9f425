# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of a course and their members."""
from __future__ import annotations

from ..store import Store
from . import enrolments


def by_name(store: Store, courseid: int, name: str) -> int | None:
    return store.value("SELECT id FROM groups WHERE courseid = ? AND name = ? ORDER BY id", [courseid, name])


def create(store: Store, courseid: int, name: str, now: int) -> int:
    return store.insert("groups", courseid=courseid, name=name, timecreated=now)


def add_member(store: Store, courseid: int, group: int, userid: int, component: str, now: int) -> bool:
    """Put an enrolled user in a group; True when it is there afterwards."""
    if not enrolments.is_enrolled(store, courseid, userid):
        return False
    if not store.exists("groups_members", groupid=group, userid=userid):
        store.insert("groups_members", groupid=group, userid=userid, component=component, timeadded=now)
    return True


def remove_member(store: Store, group: int, userid: int, component: str = "") -> None:
    """Take a user out of a group; with a component only where that put it there."""
    owner = {"component": component} if component else {}
    store.delete("groups_members", groupid=group, userid=userid, **owner)
