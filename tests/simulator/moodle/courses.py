# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses: create, delete, copy a template, reset."""
from __future__ import annotations

import re
from typing import Any

from ..errors import MissingRecord, MoodleException
from ..seed import add_enrol_methods
from ..site import Call
from ..store import Row, Store
from . import access, enrolments

SITE = 1


def create(store: Store, now: int, /, **fields: Any) -> int:
    """Add a course with the enrolment methods a new one gets; unknown categories and taken names throw."""
    if not store.exists("course_categories", id=fields["category"]):
        raise MissingRecord("course_categories")
    check_names_free(store, fields.get("shortname"), fields.get("idnumber"))
    fields.update(timecreated=fields.get("timecreated") or now, sortorder=0)
    fields.update(timemodified=fields["timecreated"])
    if fields.get("visible") is None:
        fields["visible"] = store.value("SELECT visible FROM course_categories WHERE id = ?", [fields["category"]])
    fields["visibleold"] = fields["visible"]
    course = store.insert("course", **fields)
    store.insert("course_sections", course=course, section=0)
    add_enrol_methods(store, course, now)
    return course


def check_names_free(store: Store, shortname: str | None, idnumber: str | None, holders: bool = False) -> None:
    """Throw when a course has one of the names; a copy is told the holder's full name, a new course its own name."""
    holder = store.record("course", shortname=shortname) if shortname else None
    if holder is not None:
        shown = holder["fullname"] if holders else shortname
        raise MoodleException("shortnametaken", f"Short name is already used for another course ({shown})")
    holder = store.record("course", idnumber=idnumber) if idnumber else None
    if holder is not None:
        shown = holder["fullname"] if holders else idnumber
        raise MoodleException("courseidnumbertaken", f"ID number is already used for another course ({shown})")


def delete(store: Store, course: Row) -> bool:
    """Remove a course with all that hangs on it; the front page stays."""
    if course["id"] == SITE:
        return False
    courseid = course["id"]
    context = access.context_id(store, access.COURSE, courseid)
    groups = "(SELECT id FROM groups WHERE courseid = ?)"
    instances = "(SELECT id FROM enrol WHERE courseid = ?)"
    store.write(f"DELETE FROM groupings_groups WHERE groupid IN {groups}", [courseid])
    store.write(f"DELETE FROM groups_members WHERE groupid IN {groups}", [courseid])
    store.write(f"DELETE FROM user_enrolments WHERE enrolid IN {instances}", [courseid])
    for table in ("groups", "groupings", "enrol", "course_backups"):
        store.delete(table, courseid=courseid)
    store.delete("course_sections", course=courseid)
    store.delete("role_assignments", contextid=context)
    store.delete("context", id=context)
    store.delete("course", id=courseid)
    return True


def copy_content(store: Store, template: int, course: int, now: int) -> None:
    """What a backup of a course without its users brings along: sections, groups, groupings, enrolment methods."""
    for row in store.records("course_sections", course=template):
        there = store.record("course_sections", course=course, section=row["section"])
        content = {"name": row["name"], "summary": row["summary"]}
        if there is None:
            store.insert("course_sections", course=course, section=row["section"], **content)
        else:
            store.update("course_sections", there["id"], **content)
    for table in ("groups", "groupings"):
        for row in store.records(table, courseid=template):
            store.insert(table, courseid=course, name=row["name"], idnumber=row["idnumber"])
    for row in store.records("enrol", courseid=template):
        there = enrolments.first_enabled(store, course, row["enrol"], also_disabled=True)
        if there is None:
            store.insert(
                "enrol", enrol=row["enrol"], status=row["status"], courseid=course, sortorder=row["sortorder"],
                roleid=row["roleid"], timecreated=now, timemodified=now,
            )
        else:
            store.update("enrol", there["id"], status=row["status"])


def switch_method(store: Store, course: int, method: str, on: bool, now: int) -> None:
    """Turn the course's first instance of a method on or off; one is made where it is needed."""
    there = enrolments.first_enabled(store, course, method, also_disabled=True)
    if there is not None:
        store.update("enrol", there["id"], status=0 if on else 1)
    elif on:
        store.insert("enrol", enrol=method, status=0, courseid=course, sortorder=9, timecreated=now, timemodified=now)


def reset(call: Call, course: int, wanted: set[str], unenrol_roles: list[int]) -> list[str]:
    """Moodle's course reset, of what there can be in a practice course; the lines of its summary."""
    store = call.store
    context = access.context_id(store, access.COURSE, course)
    done = [line for key, line in _EMPTY_PARTS if key in wanted]
    if "roles_overrides" in wanted:
        done.append("Roles : Delete all overrides in course")
    if "roles_local" in wanted:
        store.write(
            "DELETE FROM role_assignments WHERE contextid IN "
            "(SELECT id FROM context WHERE contextlevel = 70 AND instanceid = ?)",
            [course],
        )
        done.append("Roles : Delete all local role assignments")
    count = _unenrol(store, course, context, unenrol_roles)
    if count:
        done.append(f"Roles : Unenrol ({count})")
    done += _reset_groups(store, course, wanted)
    if "gradebook_items" in wanted:
        done.append("Gradebook : Delete all items and categories")
    elif "gradebook_grades" in wanted:
        done.append("Gradebook : Delete all grades")
    if call.site.version.reset_names_things:
        done = [_DEED.sub(lambda found: found[1].upper(), line) for line in done]
    return [line + " : OK" for line in done]


# "Groups : Delete all groups" without what is done: "Groups : All groups".
_DEED = re.compile(r"(?<= : )(?:Delete|Remove) (\w)")


# Things that no practice course holds; Moodle reports them as done all the same.
_EMPTY_PARTS = (
    ("events", "General : Delete events"),
    ("notes", "General : Delete all notes"),
    ("blogs", "General : Delete blog associations"),
    ("completion", "General : Delete completion data"),
)


def _unenrol(store: Store, course: int, context: int, roles: list[int]) -> int:
    """Un-enrol all who have one of the roles in the course; their number."""
    gone = set()
    for role in roles:
        rows = store.rows(
            "SELECT DISTINCT ra.userid FROM role_assignments ra WHERE ra.contextid = ? AND ra.roleid = ?",
            [context, role],
        )
        for row in rows:
            instances = store.rows(
                "SELECT e.* FROM enrol e JOIN user_enrolments ue ON ue.enrolid = e.id "
                "WHERE e.courseid = ? AND ue.userid = ?",
                [course, row["userid"]],
            )
            for instance in instances:
                enrolments.unenrol(store, instance, row["userid"])
                gone.add(row["userid"])
    return len(gone)


def _reset_groups(store: Store, course: int, wanted: set[str]) -> list[str]:
    done = []
    groups = "(SELECT id FROM groups WHERE courseid = ?)"
    if "groups_members" in wanted:
        store.write(f"DELETE FROM groups_members WHERE groupid IN {groups}", [course])
        done.append("Groups : Remove all group members")
    if "groups_remove" in wanted:
        store.write(f"DELETE FROM groups_members WHERE groupid IN {groups}", [course])
        store.write(f"DELETE FROM groupings_groups WHERE groupid IN {groups}", [course])
        store.delete("groups", courseid=course)
        done.append("Groups : Delete all groups")
    if "groupings_members" in wanted:
        store.write(
            "DELETE FROM groupings_groups WHERE groupingid IN (SELECT id FROM groupings WHERE courseid = ?)", [course]
        )
        done.append("Groups : Remove all groups from groupings")
    if "groupings_remove" in wanted:
        store.delete("groupings", courseid=course)
        done.append("Groups : Delete all groupings")
    return done
