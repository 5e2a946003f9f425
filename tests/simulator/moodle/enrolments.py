# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment instances of a course and the enrolments in them."""
from __future__ import annotations

from ..errors import CodingError
from ..site import Call
from ..store import Row, Store
from . import access

ENABLED, DISABLED = 0, 1
ACTIVE, SUSPENDED = 0, 1
# Where a manual instance's greeting comes from (its customint1): nobody, the course's contact, the site itself.
GREETING = {"nobody": 0, "contact": 1, "noreply": 3}
# Methods that keep no enrolments of their own.
_WITHOUT_ENROLMENTS = ("guest",)


def require_role(roleid: int) -> None:
    if not roleid:
        raise CodingError("Invalid call to role_assign(), roleid can not be empty")


def first_enabled(store: Store, courseid: int, method: str, also_disabled: bool = False) -> Row | None:
    """The first instance of a method by its place in the course's list."""
    status = "" if also_disabled else "AND status = 0"
    return store.row(
        f"SELECT * FROM enrol WHERE courseid = ? AND enrol = ? {status} ORDER BY sortorder, id LIMIT 1",
        [courseid, method],
    )


def enrol(
    call: Call, instance: Row, userid: int, roleid: int, start: object, end: object, status: int | None
) -> None:
    """Enrol a user, or update dates and status of the enrolment that is there; a role, if any, is added."""
    if instance["enrol"] in _WITHOUT_ENROLMENTS:
        return
    store, now = call.store, call.now()
    found = store.record("user_enrolments", enrolid=instance["id"], userid=userid)
    if found is None:
        store.insert(
            "user_enrolments", enrolid=instance["id"], userid=userid, status=status or 0, timestart=start,
            timeend=end, timecreated=now, timemodified=now,
        )
    else:
        update(store, found, status, start, end, now)
    greet(call, instance)
    if roleid:
        component, itemid = _role_owner(instance)
        context = access.context_id(store, access.COURSE, instance["courseid"])
        access.assign_role(store, roleid, userid, context, component, itemid, now)


def greet(call: Call, instance: Row) -> None:
    """Send the course's greeting, if there is one: at every enrolment, also of somebody who is enrolled.

    Messages wait for the end of a transaction. Outside of one a failure comes before the role is given.
    """
    if instance["enrol"] != "manual" or not call.site.version.greets_enrolled:
        return
    context = access.context_id(call.store, access.COURSE, instance["courseid"])
    contact = instance["customint1"] == GREETING["contact"] and access.role_held(call.store, "editingteacher", context)
    if contact or instance["customint1"] == GREETING["noreply"]:
        call.store.after_commit(call.site.send_mail)


def update(store: Store, enrolment: Row, status: int | None, start: object, end: object, now: int) -> None:
    values: dict[str, object] = {}
    if status is not None and status != enrolment["status"]:
        values["status"] = status
    if start is not None and str(start) != str(enrolment["timestart"]):
        values["timestart"] = start
    if end is not None and str(end) != str(enrolment["timeend"]):
        values["timeend"] = end
    if values:
        store.update("user_enrolments", enrolment["id"], timemodified=now, **values)


def _role_owner(instance: Row) -> tuple[str, int]:
    """Roles that come with a manual or self enrolment are ordinary ones; other methods own theirs."""
    if instance["enrol"] in ("manual", "self"):
        return "", 0
    return "enrol_" + instance["enrol"], instance["id"]


def unenrol(store: Store, instance: Row, userid: int) -> None:
    """End an enrolment; with the user's last one in the course go roles and groups. Silent when there is none."""
    found = store.record("user_enrolments", enrolid=instance["id"], userid=userid)
    if found is None:
        return
    courseid = instance["courseid"]
    context = access.context_id(store, access.COURSE, courseid)
    store.delete("user_enrolments", id=found["id"])
    if is_enrolled(store, courseid, userid):
        component, itemid = _role_owner(instance)
        if component:
            store.delete("role_assignments", userid=userid, contextid=context, component=component, itemid=itemid)
        return
    store.delete("role_assignments", userid=userid, contextid=context)
    store.write(
        "DELETE FROM groups_members WHERE userid = ? AND groupid IN (SELECT id FROM groups WHERE courseid = ?)",
        [userid, courseid],
    )


def is_enrolled(store: Store, courseid: int, userid: int) -> bool:
    found = store.row(
        "SELECT 1 FROM user_enrolments ue JOIN enrol e ON e.id = ue.enrolid WHERE ue.userid = ? AND e.courseid = ?",
        [userid, courseid],
    )
    return found is not None
