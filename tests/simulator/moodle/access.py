# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contexts, roles and capabilities, as far as web services meet them."""
from __future__ import annotations

from ..errors import InvalidParameter, MissingCapability
from ..store import Row, Store

SYSTEM, USER, CATEGORY, COURSE, MODULE = 10, 30, 40, 50, 70
LEVELS = {"system": SYSTEM, "user": USER, "coursecat": CATEGORY, "course": COURSE, "module": MODULE}
ADMIN = 2

_TEACHING = {
    "enrol/manual:enrol", "enrol/manual:unenrol", "moodle/course:viewparticipants", "moodle/role:assign",
    "moodle/course:view", "moodle/course:enrolreview", "moodle/user:viewalldetails", "moodle/site:viewuseridentity",
    "moodle/course:managegroups",
}
# What Moodle's standard roles may do, of the capabilities that are asked for here.
ROLE_CAPABILITIES = {
    "manager": _TEACHING
    | {
        "moodle/cohort:manage", "moodle/cohort:assign", "moodle/cohort:view", "moodle/user:create",
        "moodle/user:update", "moodle/course:create", "moodle/site:maintenanceaccess",
        "moodle/user:viewhiddendetails", "moodle/site:accessallgroups", "moodle/site:viewparticipants",
        "moodle/course:viewhiddencourses", "moodle/category:viewhiddencategories",
    },
    "coursecreator": {"moodle/course:create"},
    "editingteacher": _TEACHING,
    "teacher": {"moodle/course:viewparticipants", "moodle/site:viewuseridentity", "moodle/user:viewhiddendetails"},
    "student": {"moodle/course:viewparticipants"},
}
# The roles that holders of a role may give to others (Moodle's default table); administrators may give any.
ASSIGNABLE = {
    "manager": ("manager", "coursecreator", "editingteacher", "teacher", "student"),
    "editingteacher": ("teacher", "student"),
}
# The levels at which a standard role has its place. It can be given in no other context, not even by an administrator.
PLACES = {
    "manager": (SYSTEM, CATEGORY, COURSE), "coursecreator": (SYSTEM, CATEGORY), "editingteacher": (COURSE, MODULE),
    "teacher": (COURSE, MODULE), "student": (COURSE, MODULE),
}


def context_id(store: Store, level: int, instance: int) -> int:
    found = store.value("SELECT id FROM context WHERE contextlevel = ? AND instanceid = ?", [level, instance])
    return found or store.insert("context", contextlevel=level, instanceid=instance)


def course_context(store: Store, courseid: int) -> int:
    """The course's context id; unknown courses are refused as a web service's validate_context() does."""
    if not store.exists("course", id=courseid):
        raise InvalidParameter("Context does not exist")
    return context_id(store, COURSE, courseid)


def _path(store: Store, context: int) -> list[int]:
    """The context and those it lies in, the system last."""
    path = [context]
    found = store.record("context", id=context)
    if found and found["contextlevel"] == COURSE:
        course = store.record("course", id=found["instanceid"])
        category = course["category"] if course else 0
        while category:
            path.append(context_id(store, CATEGORY, category))
            category = store.value("SELECT parent FROM course_categories WHERE id = ?", [category])
    if path[-1] != 1:
        path.append(1)
    return path


def roles_in(store: Store, userid: int, context: int) -> set[str]:
    path = _path(store, context)
    rows = store.rows(
        "SELECT r.shortname FROM role_assignments ra JOIN role r ON r.id = ra.roleid "
        f"WHERE ra.userid = ? AND ra.contextid IN ({','.join('?' * len(path))})",
        [userid, *path],
    )
    return {row["shortname"] for row in rows}


def role_held(store: Store, shortname: str, context: int) -> bool:
    """Whether anybody has the role in a context or in one that it lies in."""
    path = _path(store, context)
    found = store.row(
        "SELECT 1 FROM role_assignments ra JOIN role r ON r.id = ra.roleid "
        f"WHERE r.shortname = ? AND ra.contextid IN ({','.join('?' * len(path))}) LIMIT 1",
        [shortname, *path],
    )
    return found is not None


def has_capability(store: Store, capability: str, userid: int, context: int = 1) -> bool:
    if userid == ADMIN:
        return True
    if store.exists("user_capabilities", userid=userid, capability=capability):
        return True
    return any(capability in ROLE_CAPABILITIES.get(role, ()) for role in roles_in(store, userid, context))


def require_capability(store: Store, capability: str, userid: int, context: int = 1) -> None:
    if not has_capability(store, capability, userid, context):
        raise MissingCapability(capability)


def assignable_roles(store: Store, userid: int, context: int) -> set[int]:
    """Ids of the roles that the user may give to others in that context."""
    placed = store.rows(
        "SELECT r.id, r.shortname FROM role r JOIN role_context_levels l ON l.roleid = r.id JOIN context x "
        "ON x.contextlevel = l.contextlevel WHERE x.id = ?",
        [context],
    )
    if userid == ADMIN:
        return {row["id"] for row in placed}
    wanted = {name for role in roles_in(store, userid, context) for name in ASSIGNABLE.get(role, ())}
    return {row["id"] for row in placed if row["shortname"] in wanted}


def assign_role(
    store: Store, roleid: int, userid: int, context: int, component: str = "", itemid: int = 0, when: int = 0
) -> int:
    """Give a role; one that is there already is left as it is. Returns the assignment's id."""
    key = {"roleid": roleid, "userid": userid, "contextid": context, "component": component, "itemid": itemid}
    found = store.record("role_assignments", **key)
    return found["id"] if found else store.insert("role_assignments", timemodified=when, **key)


def user_roles(store: Store, userid: int, context: int) -> list[Row]:
    """The roles given to a user in exactly that context, in the order of Moodle's role list."""
    return store.rows(
        "SELECT DISTINCT r.id AS roleid, r.shortname, r.sortorder FROM role_assignments ra "
        "JOIN role r ON r.id = ra.roleid WHERE ra.userid = ? AND ra.contextid = ? ORDER BY r.sortorder",
        [userid, context],
    )


def roles_with_parents(store: Store, userid: int, context: int) -> list[Row]:
    """The roles given to a user in a context or in one that it lies in."""
    path = _path(store, context)
    return store.rows(
        "SELECT ra.id, ra.roleid, ra.contextid FROM role_assignments ra "
        f"WHERE ra.userid = ? AND ra.contextid IN ({','.join('?' * len(path))}) ORDER BY ra.id",
        [userid, *path],
    )
