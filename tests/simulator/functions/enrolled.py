# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of a course's enrolled users, the plugin's two and Moodle's own, and a user's courses."""
from __future__ import annotations

import re
from typing import Any

from ..errors import CodingError, InvalidParameter, MissingRecord, MoodleException
from ..moodle import access
from ..moodle.users import fullname
from ..params import Multi, Struct, Value
from ..site import Call
from ..store import Row
from .core import picture
from .identifiers import enrol_id
from .registry import function

OPTIONS = Multi(Struct({"name": Value("alphanumext"), "value": Value("raw")}), default=())
SORTABLE = ("id", "firstname", "lastname", "siteorder")
# Fields that can be asked for, in the order of the answer.
FIELDS = (
    "id username firstname lastname fullname email address phone1 phone2 department institution idnumber firstaccess "
    "lastaccess description city country profileimageurlsmall profileimageurl customfields groups roles "
    "enrolledcourses"
).split()
ALSO_KNOWN = (
    "interests auth confirmed lang theme timezone mailformat descriptionformat url preferences suspended "
    "lastcourseaccess icq skype yahoo aim msn trackforums calendartype"
).split()
# Left out of an answer when they are empty.
_ONLY_FILLED = ("address", "phone1", "phone2", "institution", "idnumber", "description", "city", "country")


class Wanted:
    """The options of a list, checked."""

    def __init__(self, options: list[dict[str, str]]):
        self.active = self.suspended = False
        self.capability = ""
        self.group = 0
        self.fields: list[str] = []
        self.start = self.number = 0
        self.sort, self.direction = "id", "ASC"
        for option in options:
            self._take(option["name"], option["value"])

    def _take(self, name: str, value: str) -> None:
        if name == "onlyactive":
            self.active = value not in ("", "0")
        elif name == "onlysuspended":
            self.suspended = value not in ("", "0")
        elif name == "withcapability":
            self.capability = value
        elif name == "groupid":
            self.group = _int(value)
        elif name == "userfields":
            self.fields = [re.sub(r"[^A-Za-z0-9_-]", "", field) for field in value.split(",")]
        elif name == "limitfrom":
            self.start = _int(value)
        elif name == "limitnumber":
            self.number = _int(value)
        elif name == "sortby":
            if value not in SORTABLE:
                raise InvalidParameter(
                    f"Invalid value for sortby parameter (value: {value}),allowed values are: {','.join(SORTABLE)}"
                )
            self.sort = value
        elif name == "sortdirection":
            self.direction = value.upper()
            if self.direction not in ("ASC", "DESC"):
                raise InvalidParameter(f"Invalid value for sortdirection parameter (value: {self.direction})")


def _int(value: str) -> int:
    found = re.match(r"\s*-?\d+", value)
    return int(found.group(0)) if found else 0


def enrolled(call: Call, courseid: int, wanted: Wanted) -> list[Row]:
    """The users a list shows, after Moodle's checks of the caller's rights."""
    store, me = call.store, call.user["id"]
    if not store.exists("course", id=courseid):
        raise MissingRecord("course")
    context = access.course_context(store, courseid)
    view = "moodle/site:viewparticipants" if courseid == 1 else "moodle/course:viewparticipants"
    access.require_capability(store, view, me, context)
    if wanted.capability:
        access.require_capability(store, "moodle/role:review", me, context)
    if wanted.group and not store.exists("groups_members", groupid=wanted.group, userid=me):
        access.require_capability(store, "moodle/site:accessallgroups", me, context)
    if wanted.active or wanted.suspended:
        access.require_capability(store, "moodle/course:enrolreview", me, context)
    if wanted.active and wanted.suspended:
        raise CodingError("Both onlyactive and onlysuspended are set, this is probably not what you want!")
    now = call.now()
    active = (
        f"ue.status = 0 AND e.status = 0 AND ue.timestart <= {now} AND (ue.timeend = 0 OR ue.timeend > {now})"
    )
    enrolment = "SELECT ue.userid FROM user_enrolments ue JOIN enrol e ON e.id = ue.enrolid WHERE e.courseid = ?"
    where, params = [f"u.id IN ({enrolment}{' AND ' + active if wanted.active else ''})"], [courseid]
    if wanted.suspended:
        where.append(f"u.id NOT IN ({enrolment} AND {active})")
        params.append(courseid)
    if wanted.group:
        where.append("u.id IN (SELECT userid FROM groups_members WHERE groupid = ?)")
        params.append(wanted.group)
    order = "u.lastname, u.firstname, u.id" if wanted.sort == "siteorder" else f"u.{wanted.sort} {wanted.direction}"
    limit = f" LIMIT {wanted.number or -1} OFFSET {wanted.start}" if wanted.number or wanted.start else ""
    rows = store.rows(
        f'SELECT u.* FROM "user" u WHERE u.deleted = 0 AND u.id <> 1 AND {" AND ".join(where)} ORDER BY {order}{limit}',
        params,
    )
    if wanted.capability:
        rows = [row for row in rows if access.has_capability(store, wanted.capability, row["id"], context)]
    return rows


class Describer:
    """Turns users of one course into what the lists show; roles, groups and courses are read for all at once."""

    def __init__(self, call: Call, courseid: int, users: list[Row], fields: list[str]):
        for field in fields:
            if field not in FIELDS and field not in ALSO_KNOWN:
                raise MoodleException("invaliduserfield", f"Invalid user field: {field}")
        self.call = call
        self.fields = {*fields, "id", "fullname"} if fields else set(FIELDS)
        store = call.store
        self.roles = _collect(
            store.rows(
                "SELECT DISTINCT ra.userid, r.id AS roleid, r.shortname, r.sortorder FROM role_assignments ra "
                "JOIN role r ON r.id = ra.roleid WHERE ra.contextid = ? ORDER BY r.sortorder",
                [access.context_id(store, access.COURSE, courseid)],
            )
            if "roles" in self.fields
            else []
        )
        self.groups = _collect(
            store.rows(
                "SELECT gm.userid, g.id, g.name, g.description FROM groups_members gm JOIN groups g "
                "ON g.id = gm.groupid WHERE g.courseid = ? ORDER BY g.name",
                [courseid],
            )
            if "groups" in self.fields
            else []
        )
        now = call.now()
        self.courses = _collect(
            store.rows(
                "SELECT DISTINCT ue.userid, c.id, c.fullname, c.shortname, c.sortorder FROM user_enrolments ue "
                "JOIN enrol e ON e.id = ue.enrolid JOIN course c ON c.id = e.courseid "
                "WHERE ue.userid IN (SELECT ue2.userid FROM user_enrolments ue2 JOIN enrol e2 ON e2.id = ue2.enrolid "
                "WHERE e2.courseid = ?) AND ue.status = 0 AND e.status = 0 AND ue.timestart <= ? "
                "AND (ue.timeend = 0 OR ue.timeend > ?) ORDER BY c.sortorder, c.id",
                [courseid, now, now],
            )
            if "enrolledcourses" in self.fields
            else []
        )

    def describe(self, user: Row) -> dict[str, Any]:
        call, userid = self.call, user["id"]
        details = access.has_capability(call.store, "moodle/user:viewalldetails", call.user["id"])
        shown: dict[str, Any] = {}
        for name in FIELDS:
            if name not in self.fields or (name in _ONLY_FILLED and not user[name]):
                continue
            if name == "fullname":
                shown[name] = fullname(user)
            elif name == "username" and not (details or userid == call.user["id"]):
                continue
            elif name.startswith("profileimageurl"):
                shown[name] = picture(call, "f2" if name.endswith("small") else "f1")
            elif name in user.keys():
                shown[name] = user[name]
        if "groups" in self.fields:
            version = call.site.version
            groups = [
                {
                    "id": row["id"], "name": call.shown(row["name"], version.formats_group_names),
                    "description": row["description"] or "", "descriptionformat": 1,
                }
                for row in self.groups.get(userid, ())
            ]
            if groups or not version.leaves_out_empty_groups:
                shown["groups"] = groups
        if "roles" in self.fields:
            shown["roles"] = [
                {"roleid": row["roleid"], "name": "", "shortname": row["shortname"], "sortorder": 0}
                for row in self.roles.get(userid, ())
            ]
        if self.courses.get(userid):
            shown["enrolledcourses"] = [
                {"id": row["id"], "fullname": row["fullname"], "shortname": row["shortname"]}
                for row in self.courses[userid]
            ]
        return shown


def _collect(rows: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["userid"], []).append(row)
    return found


def listing(call: Call, courseid: int, options: Any) -> list[dict[str, Any]]:
    wanted = Wanted(options)
    users = enrolled(call, courseid, wanted)
    call.read_cost(len(users))
    describer = Describer(call, courseid, users, wanted.fields)
    return [describer.describe(user) for user in users]


def _course_id(call: Call, source: str, value: str) -> int:
    courseid = enrol_id(call.store, "course", source, value)
    found = call.store.record("course", id=courseid)
    if found is None:
        raise MissingRecord("course")
    return found["id"]


PLUGIN_LIST = {"courseidsource": Value(), "courseid": Value(), "options": OPTIONS}


@function("tool_sync_get_enrolled_full_users", PLUGIN_LIST)
def get_enrolled_full_users(call: Call, courseidsource: str, courseid: str, options: Any) -> list[dict[str, Any]]:
    return listing(call, _course_id(call, courseidsource, courseid), options)


@function("tool_sync_get_enrolled_users", PLUGIN_LIST)
def get_enrolled_users(call: Call, courseidsource: str, courseid: str, options: Any) -> list[dict[str, Any]]:
    """Five fields, null where the list was not asked for them or the caller may not see them."""
    names = ("id", "username", "firstname", "lastname", "idnumber")
    users = listing(call, _course_id(call, courseidsource, courseid), options)
    return [{name: user.get(name) for name in names} for user in users]


@function("core_enrol_get_enrolled_users", {"courseid": Value("int"), "options": OPTIONS})
def core_get_enrolled_users(call: Call, courseid: int, options: Any) -> list[dict[str, Any]]:
    return listing(call, courseid, options)


@function(
    "core_enrol_get_users_courses", {"userid": Value("int"), "returnusercount": Value("bool", True)}
)
def get_users_courses(call: Call, userid: int, returnusercount: bool) -> list[dict[str, Any]]:
    """The courses in which a user has an active enrolment."""
    store, now = call.store, call.now()
    if not store.exists("user", id=userid):
        return []
    rows = store.rows(
        "SELECT DISTINCT c.* FROM user_enrolments ue JOIN enrol e ON e.id = ue.enrolid JOIN course c "
        "ON c.id = e.courseid WHERE ue.userid = ? AND ue.status = 0 AND e.status = 0 AND ue.timestart <= ? "
        "AND (ue.timeend = 0 OR ue.timeend > ?) ORDER BY c.sortorder, c.id",
        [userid, now, now],
    )
    shown = []
    for row in rows:
        course = {
            "id": row["id"], "shortname": row["shortname"], "fullname": row["fullname"],
            "displayname": row["fullname"], "idnumber": row["idnumber"], "visible": row["visible"],
            "summary": row["summary"], "summaryformat": 1, "format": row["format"], "lang": row["lang"],
            "category": row["category"], "startdate": row["startdate"], "enddate": row["enddate"],
        }
        if returnusercount:
            course["enrolledusercount"] = store.value(
                "SELECT COUNT(DISTINCT ue.userid) FROM user_enrolments ue JOIN enrol e ON e.id = ue.enrolid "
                "WHERE e.courseid = ?",
                [row["id"]],
            )
        shown.append(course)
    return shown
