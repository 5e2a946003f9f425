# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled in a course, with which roles, and who of them is not active.

Private to this collection. Moodle's own list is preferred to the plugin's: it takes a third of the time (plugin.md, "Seen live").
Neither tells by which method somebody is enrolled, nor from when to when.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..errors import AccessRefused, FunctionUnknown, MoodleError, ParameterRefused, concerns_records, lacks_function
from .directory import folded

CORE_LIST = "core_enrol_get_enrolled_users"
PLUGIN_FULL_LIST = "tool_sync_get_enrolled_full_users"
PLUGIN_LIST = "tool_sync_get_enrolled_users"
_FIELDS = "id,username,email,idnumber,roles"
_UNSEEN = "Who is enrolled in the {course} can't be read, so everything is sent and reported as changed: {error}"
_UNSEEN_SUSPENDED = "Who is suspended in the {course} can't be read: {error}"
_CAPABILITIES = "The token's account needs the capabilities moodle/course:viewparticipants and moodle/course:enrolreview there."


class UnknownCourse(Exception):
    """The site does not know the course (found out by the plugin's list, where the token can't look courses up)."""


@dataclass
class Member:
    """An enrolled user. roles: shortname -> id, or None where the list does not tell."""

    id: int
    fields: dict[str, t.Any]
    roles: dict[str, int] | None


class Enrolled:
    """The enrolled users of a course: members by id."""

    def __init__(self, users, read_inactive):
        self.members = {user["id"]: _member(user) for user in users}
        self._read_inactive = read_inactive
        self._inactive: set[int] | None = None
        self._asked = False
        self._index: dict[str, dict[str, list[int]]] = {}

    def inactive(self):
        """The ids of those who are suspended, not yet or no longer enrolled; None where that can't be read. Asked once."""
        if not self._asked:
            self._asked = True
            self._inactive = self._read_inactive(self)
        return self._inactive

    def shows(self, by):
        """Whether the list tells everybody's identifier of a kind, so that who is not found by it is not enrolled."""
        return sum(map(len, self._indexed(by).values())) == len(self.members)

    def find(self, ref):
        """The id of the one enrolled user that a reference fits, or None."""
        found = self._indexed(ref.by).get(folded(ref.by, ref.value), ())
        return found[0] if len(found) == 1 else None

    def _indexed(self, by):
        if by not in self._index:
            index = self._index[by] = {}
            for member in self.members.values():
                value = member.fields.get(by)
                if value is not None:
                    index.setdefault(folded(by, str(value)), []).append(member.id)
        return self._index[by]


class EnrolledReader:
    """Reads courses by the first list that the token has.

    fields: what is wanted of each user. missing: the functions that the token turned out not to have.
    """

    def __init__(self, moodle, warn, fields=_FIELDS):
        self._moodle, self._warn, self._fields = moodle, warn, fields
        self.missing: list[str] = []

    def read(self, course, number):
        """An Enrolled, or None where nobody can tell. course: its Ref; number: its id, if known. Raises UnknownCourse."""
        if number is not None and CORE_LIST not in self.missing:
            options = [{"name": "userfields", "value": self._fields}]
            users = self._list(course, CORE_LIST, {"courseid": number, "options": options})
            if users is not None:
                return Enrolled(users, lambda enrolled: self._core_inactive(course, number))
        if CORE_LIST in self.missing or number is None:
            named = {"courseidsource": course.by, "courseid": course.value}
            users = self._list(course, PLUGIN_FULL_LIST, named, course_is_sure=number is not None)
            if users is not None:
                return Enrolled(users, lambda enrolled: self._plugin_inactive(course, named, enrolled))
        return None

    def _core_inactive(self, course, number):
        options = [{"name": "onlysuspended", "value": 1}, {"name": "userfields", "value": "id"}]
        users = self._list(course, CORE_LIST, {"courseid": number, "options": options}, _UNSEEN_SUSPENDED)
        return None if users is None else {user["id"] for user in users}

    def _plugin_inactive(self, course, named, enrolled):
        options = [{"name": "onlyactive", "value": 1}]
        users = self._list(course, PLUGIN_LIST, {**named, "options": options}, _UNSEEN_SUSPENDED)
        return None if users is None else set(enrolled.members) - {user["id"] for user in users}

    def _list(self, course, function, parameters, unseen=_UNSEEN, *, course_is_sure=True):
        """The function's answer, or None where the token may not have it."""
        if function in self.missing:
            return None
        try:
            return self._moodle.call(function, parameters).value
        except (AccessRefused, FunctionUnknown) as error:
            if not lacks_function(error):
                raise
            self.missing.append(function)
        except MoodleError as error:
            if not concerns_records(error):
                raise
            if isinstance(error, ParameterRefused) and not course_is_sure:
                raise UnknownCourse from None
            self._warn(f"{unseen.format(course=course, error=error.message)} {_CAPABILITIES}")
        return None


def _member(user):
    roles = user.get("roles")
    return Member(
        user["id"], user, None if roles is None else {role["shortname"]: role["roleid"] for role in roles}
    )
