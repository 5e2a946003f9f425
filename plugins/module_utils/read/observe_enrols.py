# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The enrolments, roles and groups of a run's rows, before and after it.

Private to this collection. Dates can't be read back: a start date that a run moved is not seen.
"""

from __future__ import annotations

import typing as t

from .values import text

_FIELDS = "id,username,email,idnumber,roles,groups"


class Enrolled(t.NamedTuple):
    """A user in a course: shortnames of roles, names of groups, and whether the enrolment is suspended."""

    roles: frozenset
    groups: frozenset
    suspended: bool


class EnrolsObserver:
    """Compares who is in the courses, as what. Its snapshot: course -> user -> Enrolled; None for an unknown course."""

    compares = True

    def __init__(self, moodle, rows, settings):
        self._moodle, self._rows = moodle, rows
        # Without them the plugin itself fails; the names are what most sites use.
        self._course_source = settings.get("courseidentifier", "shortname")
        self._user_source = settings.get("useridentifier", "username")

    def look(self):
        """The snapshot of all courses that the rows name; three calls a course."""
        found = {}
        for row in self._rows:
            course = row.values.get("cid", "")
            if course not in found:
                found[course] = self._course(course) if course else None
        return found

    def predict(self, row, before):
        course = before.get(row.values.get("cid", ""))
        if course is None:
            return None  # a failure, or a course that an earlier step of the sequence will have made
        command = _command(row)
        old = course.get(self._user(row))
        if command == "add":
            return self._added(row, old)
        if command in ("del", "delete"):
            return "deleted" if old else None
        return None

    def outcome(self, row, before, after):
        identifier, user = row.values.get("cid", ""), self._user(row)
        if before.get(identifier) is None or after.get(identifier) is None:
            return None
        old, new = before[identifier].get(user), after[identifier].get(user)
        role = row.values.get("rolename")
        if _command(row) == "add" and new and role in new.roles and not (old and role in old.roles):
            return "updated" if old else "created"
        if old is None or new is None:
            return "created" if new else "deleted" if old else "unchanged"
        return "unchanged" if old == new else "updated"

    def _added(self, row, old):
        """What an add row does to a user who is Enrolled as old, or not."""
        if "enrol" not in row.values:
            return None
        if old is None:
            return "created"
        groups = {value for key, value in row.values.items() if key[:1] == "g" and key[1:].isdigit() and value}
        same = row.values.get("rolename") in old.roles and groups <= old.groups and not old.suspended
        return "unchanged" if same else "updated"

    def _user(self, row):
        value = row.values.get("uid", "")
        return value.lower() if self._user_source in ("username", "email") else value

    def _course(self, identifier):
        parameters = {"field": self._course_source, "value": identifier}
        courses = self._moodle.call("core_course_get_courses_by_field", parameters).value["courses"]
        if not courses:
            return None
        suspended = {user["id"] for user in self._enrolled(courses[0]["id"], "id", onlysuspended=True)}
        return {
            self._key(user): Enrolled(
                frozenset(role["shortname"] for role in user.get("roles", ())),
                frozenset(group["name"] for group in user.get("groups", ())),
                user["id"] in suspended,
            )
            for user in self._enrolled(courses[0]["id"], _FIELDS)
        }

    def _enrolled(self, course_id, fields, onlysuspended=False):
        options = [{"name": "userfields", "value": fields}]
        if onlysuspended:
            options.append({"name": "onlysuspended", "value": 1})
        return self._moodle.call("core_enrol_get_enrolled_users", {"courseid": course_id, "options": options}).value

    def _key(self, user):
        value = text(user.get(self._user_source))
        return value.lower() if self._user_source in ("username", "email") else value


def _command(row):
    return row.values.get("cmd", "add")
