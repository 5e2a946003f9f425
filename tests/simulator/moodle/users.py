# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts: create, update, delete."""
from __future__ import annotations

import hashlib
from typing import Any

from .. import php
from ..errors import MoodleException
from ..store import Row, Store


def fullname(user: Row) -> str:
    return f"{user['firstname']} {user['lastname']}".strip()


def _check_username(username: str) -> None:
    if username.strip() == "":
        raise MoodleException("invalidusernameblank", "The username cannot be blank")
    if username != username.lower():
        raise MoodleException("usernamelowercase", "The username must be in lowercase")
    if username != php.clean(username, "username"):
        raise MoodleException(
            "invalidusername",
            "The username can only contain alphanumeric lowercase characters (letters and numbers), underscore (_), "
            "hyphen (-), period (.) or at symbol (@).",
        )


def create(store: Store, now: int, /, **fields: Any) -> int:
    """Add an account; a username that is no username, or is taken, throws."""
    _check_username(str(fields.get("username") or ""))
    return store.insert("user", **{**fields, "timecreated": now, "timemodified": now})


def update(store: Store, userid: int, now: int, /, **fields: Any) -> None:
    if fields.get("username") is not None:
        _check_username(str(fields["username"]))
    store.update("user", userid, **{**fields, "timemodified": now})


def delete(store: Store, user: Row, now: int) -> None:
    """Mark an account as deleted and take it out of everything, as Moodle does; the name becomes free again."""
    userid = user["id"]
    for table in ("groups_members", "cohort_members", "user_enrolments", "role_assignments", "user_preferences"):
        store.delete(table, userid=userid)
    address = user["email"] or "md5"
    username = php.clean(f"{address}.{now}", "username")[:100]
    while store.exists("user", username=username, mnethostid=user["mnethostid"]):
        now += 1
        username = php.clean(f"{address}.{now}", "username")[:100]
    store.update(
        "user", userid, deleted=1, username=username, idnumber="", timemodified=now,
        email=hashlib.md5((user["username"]).encode(), usedforsecurity=False).hexdigest(),
    )
