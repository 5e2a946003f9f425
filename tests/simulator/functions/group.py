# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's own functions for the groups of a course. All of them need moodle/course:managegroups there."""
from __future__ import annotations

from typing import Any

from ..errors import InvalidParameter, MissingRecord, MoodleException
from ..moodle import access, enrolments, groups
from ..params import OPTIONAL, Multi, Struct, Value
from ..site import Call
from ..store import Row
from .registry import function

MEMBERS = Multi(Struct({"groupid": Value("int"), "userid": Value("int")}))


def _check_course(call: Call, courseid: int) -> int:
    """The course's context, after Moodle's checks of the course and of the caller's rights."""
    try:
        context = access.course_context(call.store, courseid)
    except InvalidParameter as error:
        raise MoodleException(
            "errorcoursecontextnotvalid",
            f"You cannot execute functions in the course context (course id:{courseid}). "
            f"The context error message was: {error.message}",
        ) from error
    access.require_capability(call.store, "moodle/course:managegroups", call.user["id"], context)
    return context


def _group(call: Call, number: int) -> Row:
    found = call.store.record("groups", id=number)
    if found is None:
        raise MissingRecord("groups")
    return found


def _user(call: Call, number: int) -> Row:
    found = call.store.record("user", id=number, deleted=0, mnethostid=1)
    if found is None:
        raise MissingRecord("user")
    return found


def _describe(call: Call, group: Row, name: str, key: str | None) -> dict[str, Any]:
    shown = {
        "id": group["id"], "courseid": group["courseid"], "name": name, "description": group["description"] or "",
        "descriptionformat": 1, "enrolmentkey": key, "idnumber": group["idnumber"] or "",
    }
    if call.site.version.group_visibility:
        shown.update(visibility=0, participation=True)
    return shown


@function(
    "core_group_create_groups",
    {
        "groups": Multi(
            Struct(
                {
                    "courseid": Value("int"), "name": Value("text"), "description": Value("raw"),
                    "descriptionformat": Value("int", 1), "enrolmentkey": Value("raw", OPTIONAL),
                    "idnumber": Value("raw", OPTIONAL),
                }
            )
        )
    },
    writes=True,
)
def create_groups(call: Call, **given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All of them or none."""
    store, made = call.store, []
    with store.atomic():
        for wanted in given["groups"]:
            name = wanted["name"].strip()
            if not name:
                raise InvalidParameter("Invalid group name")
            if groups.by_name(store, wanted["courseid"], wanted["name"]) is not None:
                raise InvalidParameter("Group with the same name already exists in the course")
            _check_course(call, wanted["courseid"])
            number = groups.create(store, wanted["courseid"], name, call.now())
            more = {key: wanted[key] for key in ("description", "idnumber", "enrolmentkey") if wanted.get(key)}
            store.update("groups", number, **more)
            made.append(_describe(call, _group(call, number), name, wanted.get("enrolmentkey", "")))
    return made


@function("core_group_get_course_groups", {"courseid": Value("int")})
def get_course_groups(call: Call, courseid: int) -> list[dict[str, Any]]:
    _check_course(call, courseid)
    return [
        _describe(call, group, call.shown(group["name"], call.site.version.formats_group_names), group["enrolmentkey"])
        for group in call.store.records("groups", order="name, id", courseid=courseid)
    ]


@function("core_group_get_group_members", {"groupids": Multi(Value("int"))})
def get_group_members(call: Call, groupids: list[int]) -> list[dict[str, Any]]:
    answer = []
    for number in groupids:
        group = _group(call, number)
        _check_course(call, group["courseid"])
        rows = call.store.rows(
            'SELECT u.id FROM groups_members gm JOIN "user" u ON u.id = gm.userid WHERE gm.groupid = ? '
            "ORDER BY u.lastname, u.firstname, u.id",
            [number],
        )
        answer.append({"groupid": number, "userids": [row["id"] for row in rows]})
    return answer


@function("core_group_add_group_members", {"members": MEMBERS}, writes=True)
def add_group_members(call: Call, members: list[dict[str, int]]) -> None:
    """One transaction; silent about users who are members already."""
    store = call.store
    with store.atomic():
        for member in members:
            call.record_cost()
            group, user = _group(call, member["groupid"]), _user(call, member["userid"])
            _check_course(call, group["courseid"])
            if not enrolments.is_enrolled(store, group["courseid"], user["id"]):
                raise InvalidParameter("Only enrolled users may be members of groups")
            groups.add_member(store, group["courseid"], group["id"], user["id"], "", call.now())


@function("core_group_delete_group_members", {"members": MEMBERS}, writes=True)
def delete_group_members(call: Call, members: list[dict[str, int]]) -> None:
    """One transaction; silent about users who are no members. What cohort enrolment put into a group stays there."""
    store = call.store
    with store.atomic():
        for member in members:
            call.record_cost()
            group, user = _group(call, member["groupid"]), _user(call, member["userid"])
            _check_course(call, group["courseid"])
            if store.exists("groups_members", groupid=group["id"], userid=user["id"], component="enrol_cohort"):
                raise MoodleException(
                    "errorremovenotpermitted",
                    f"You do not have permission to remove automatically-added group member "
                    f"{user['firstname']} {user['lastname']}",
                )
            groups.remove_member(store, group["id"], user["id"])


@function("core_group_delete_groups", {"groupids": Multi(Value("int"))}, writes=True)
def delete_groups(call: Call, groupids: list[int]) -> None:
    """One transaction; silent about groups that are not there."""
    store = call.store
    with store.atomic():
        for number in groupids:
            group = store.record("groups", id=number)
            if group is None:
                continue
            _check_course(call, group["courseid"])
            for table in ("groups_members", "groupings_groups"):
                store.delete(table, groupid=number)
            store.delete("groups", id=number)
