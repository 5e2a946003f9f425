# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's file storage: files are known by context, component, area, item, path and name."""
from __future__ import annotations

import random

from ..store import Row, Store
from .access import USER, context_id

SYNC_AREA = {"contextid": 1, "component": "tool_sync", "filearea": "syncfiles", "itemid": 0}


def draft_area(store: Store, userid: int, itemid: int) -> dict[str, object]:
    return {
        "contextid": context_id(store, USER, userid), "component": "user", "filearea": "draft", "itemid": itemid,
    }


def unused_draft_itemid(store: Store, userid: int) -> int:
    while True:
        itemid = random.randint(1, 999_999_999)
        if not store.exists("files", **draft_area(store, userid, itemid)):
            return itemid


def save(
    store: Store, area: dict[str, object], path: str, name: str, content: bytes, userid: int, now: int
) -> None:
    """Store a file, in the place of one of the same name."""
    store.delete("files", filepath=path, filename=name, **area)
    store.insert(
        "files", filepath=path, filename=name, content=content, userid=userid, timecreated=now, **area
    )


def find(store: Store, area: dict[str, object], path: str, name: str) -> Row | None:
    return store.record("files", filepath=path, filename=name, **area)
