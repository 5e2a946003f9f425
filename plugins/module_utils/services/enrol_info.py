# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled in a course, told with what Moodle does not tell.

Private to this collection. Three functions list a course's users: Moodle's own, then the plugin's full one, then its light one, which
knows neither roles nor groups nor addresses.
"""

from __future__ import annotations

import html

from ..errors import (
    FUNCTIONS_PAGE,
    AccessRefused,
    FunctionUnknown,
    MoodleError,
    OptionError,
    ParameterRefused,
    concerns_records,
    lacks_function,
)
from ..plan import Plan
from ..read.directory import COURSES, USERS, Directory, reference
from ..read.enrolments import CORE_LIST, PLUGIN_FULL_LIST, PLUGIN_LIST, Enrolled
from ..send.batch import DEFAULT_MAX_INPUT_VARS

COURSE_GROUPS = "core_group_get_course_groups"
FIELDS = ("id", "username", "firstname", "lastname", "email", "idnumber")
_WANTED = ",".join((*FIELDS, "roles", "groups"))
_CAPABILITIES = (
    "The token's account needs the capability moodle/course:viewparticipants in the course, and moodle/course:enrolreview to tell "
    "whose enrolment is active."
)


def plan(site, course, course_identifier, users=None, user_identifier="username"):
    """users: only these, or None for all. Raises OptionError, AccessRefused."""
    course = reference("course", course_identifier, course, "course")
    asked = [
        reference("user", user_identifier, user, f"item {number} of users") for number, user in enumerate(users or (), 1)
    ]
    directory = Directory(site.moodle, DEFAULT_MAX_INPUT_VARS)
    directory.look_up([course])
    if directory.problem(course):
        raise _no_course(directory.problem(course))
    reading = _Reading(site, course, directory.id_of(course))
    numbers, absent = (None, []) if users is None else _selected(reading, directory, list(dict.fromkeys(asked)))
    return Plan(
        changed=False,
        before={},
        after={},
        result={
            "course_id": reading.number,
            "users": [user for user in reading.users() if numbers is None or user["id"] in numbers],
            "not_enrolled": absent,
            "unknown": reading.unknown,
            "source": reading.source,
        },
    )


def _no_course(problem):
    return OptionError(f"course: {problem}.", option="course", cure="Correct it, or create the course first.")


def _selected(reading, directory, asked):
    """(ids of those asked for who are enrolled, the others as the task names them)."""
    enrolled = reading.enrolled
    missed = [ref for ref in asked if enrolled.find(ref) is None]
    if missed and not enrolled.shows(missed[0].by):
        directory.look_up(missed)
    numbers, absent = set(), []
    for ref in asked:
        number = enrolled.find(ref) if ref not in missed else directory.id_of(ref)
        if number in enrolled.members:
            numbers.add(number)
        elif number is None and not enrolled.shows(ref.by) and directory.problem(ref) is None:
            raise AccessRefused(
                f"Whether the {ref} is enrolled can't be told: {reading.source} does not show everybody's {ref.by}.",
                option="users",
                cure=f"Name users by another user_identifier, or add {CORE_LIST}, {COURSES} and {USERS} to the token's service "
                f"({FUNCTIONS_PAGE}).",
            )
        else:
            absent.append(ref.value)
    return numbers, absent


class _Reading:
    """A course's users by the best list that the token has.

    number: the course's id, or None; source: the function that told; unknown: what of the users can't be told.
    """

    def __init__(self, site, course, number):
        self._moodle, self._course, self.number = site.moodle, course, number
        self.source = None
        users = self._users()
        inactive = self._inactive(users)
        self.enrolled = Enrolled(users, lambda enrolled: inactive)
        self.unknown = []
        if self.source == PLUGIN_LIST:
            self.unknown += ["email", "roles", "groups"]
        elif users and not any("groups" in user for user in users) and not self._has_no_groups():
            self.unknown.append("groups")
        if inactive is None:
            self.unknown.append("active")

    def users(self):
        """What is known of every user, null where it is not."""
        inactive = self.enrolled.inactive()
        for member in self.enrolled.members.values():
            groups = None if "groups" in self.unknown else member.fields.get("groups", [])
            yield {
                **{name: member.fields.get(name) for name in FIELDS},
                "roles": None if member.roles is None else list(member.roles),
                "groups": None if groups is None else [html.unescape(group["name"]) for group in groups],
                "active": None if inactive is None else member.id not in inactive,
            }

    def _users(self):
        fields = [{"name": "userfields", "value": _WANTED}]
        users = self._core(fields) if self.number is not None else None
        if users is None:
            users = self._plugin(PLUGIN_FULL_LIST, fields)
        if users is None:
            users = self._plugin(PLUGIN_LIST, None)
        if users is None:
            raise AccessRefused(
                f"The token may call none of {CORE_LIST}, {PLUGIN_FULL_LIST} and {PLUGIN_LIST}.",
                cure=f"Add {CORE_LIST} and {COURSES} to the token's service ({FUNCTIONS_PAGE}).",
            )
        return users

    def _inactive(self, users):
        """The ids of those who are suspended, not yet or no longer enrolled; None where that can't be read."""
        try:
            if self.source == CORE_LIST:
                found = self._core([{"name": "onlysuspended", "value": 1}, {"name": "userfields", "value": "id"}])
                return {user["id"] for user in found}
            active = self._plugin(self.source, [{"name": "onlyactive", "value": 1}])
        except MoodleError as error:
            if not concerns_records(error):
                raise
            return None
        return {user["id"] for user in users} - {user["id"] for user in active}

    def _core(self, options):
        return self._list(CORE_LIST, {"courseid": self.number, "options": options})

    def _plugin(self, function, options):
        return self._list(function, {"courseidsource": self._course.by, "courseid": self._course.value, "options": options})

    def _list(self, function, parameters):
        """The function's answer, or None where the token does not have it."""
        try:
            users = self._moodle.call(function, parameters).value
        except (AccessRefused, FunctionUnknown) as error:
            if not lacks_function(error):
                raise
            return None
        except ParameterRefused as error:
            raise _no_course(f"no course has the {self._course.by} {self._course.value}, or Moodle refuses to tell") from error
        except MoodleError as error:
            if concerns_records(error):
                error.message = f"Moodle does not tell who is enrolled in the {self._course}: {error.message}"
                error.cure = _CAPABILITIES
            raise
        self.source = function
        return users

    def _has_no_groups(self):
        """Whether the course is known to have no groups: newer Moodles leave empty lists out, which also hides a missing right."""
        if self.number is None:
            return False
        try:
            return not self._moodle.call(COURSE_GROUPS, {"courseid": self.number}).value
        except (AccessRefused, FunctionUnknown) as error:
            if not lacks_function(error):
                raise
        except MoodleError as error:
            if not concerns_records(error):
                raise
        return False
