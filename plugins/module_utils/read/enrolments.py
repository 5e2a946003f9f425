# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled in courses, with which roles and in which groups, and who of them is not active.

Private to this collection. Three functions list a course's users: Moodle's own, which takes a third of the time of the others
(plugin.md, "Seen live"), then the plugin's full one, then its light one, which knows neither roles nor groups nor addresses. None
tells by which method somebody is enrolled, nor from when to when.
"""

from __future__ import annotations

import functools
import typing as t

from ..errors import MoodleError, ParameterRefused
from .names import plain
from .users import folded

ENROLLED = "core_enrol_get_enrolled_users"
PLUGIN_ENROLLED_FULL = "tool_sync_get_enrolled_full_users"
PLUGIN_ENROLLED = "tool_sync_get_enrolled_users"
_ASKED = "id,username,email,idnumber,roles"
_UNSEEN = "Who is enrolled in the {course} can't be read, so everything is sent and reported as changed: {error}"
_UNSEEN_SUSPENDED = "Who is suspended in the {course} can't be read: {error}"
_CAPABILITIES = "The token's account needs the capabilities moodle/course:viewparticipants and moodle/course:enrolreview there."


class Member(t.NamedTuple):
    """An enrolled user. roles: shortname -> id, or None where the list does not tell.

    groups: id -> name of those that the list tells: see C(Enrolled.tells_groups).
    """

    id: int
    fields: dict[str, t.Any]
    roles: dict[str, int] | None
    groups: dict[int, str]


class Enrolled:
    """The enrolled users of a course. source: the function that told; members: by id; whole: whether these are all.

    tells_groups: whether the list tells groups at all; newer Moodles leave out those of a user in none, which also hides a missing right.
    """

    def __init__(self, source, users, read_inactive, whole=True):
        self.source = source
        self.tells_groups = any("groups" in user for user in users)
        self.members = {user["id"]: _member(user) for user in users}
        self.whole = whole
        self._read_inactive = read_inactive
        self._inactive: set[int] | None = None
        self._index: dict[str, dict[str, list[int]]] = {}

    @property
    def roles(self):
        """shortname -> id of all roles that somebody holds. No web service lists roles: this is all that is told of them."""
        return {name: number for member in self.members.values() for name, number in (member.roles or {}).items()}

    def inactive(self):
        """The ids of those who are suspended, not yet or no longer enrolled; None where that can't be read. Asked once."""
        if self._read_inactive is not None:
            self._inactive, self._read_inactive = self._read_inactive(self), None
        return self._inactive

    def add(self, users):
        """Take in those of a course who are not active, where the members are only those who are."""
        self.members.update((user["id"], _member(user)) for user in users)
        self.whole = True
        self._index.clear()

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


class Enrolments:
    """Reads the enrolled users of courses by the first list that the token has.

    fields: what is wanted of each user, as Moodle calls it. light: whether the plugin's light list will do. active_first: whether to read
    those who are active, and the others when C(Enrolled.inactive) is asked for: one list in place of two where nobody needs the others.
    warn: called with the reason where a course can't be read; without it, that is raised.
    """

    def __init__(self, asker, warn=None, fields=_ASKED, *, light=False, active_first=False):
        self._asker, self._warn, self._fields = asker, warn, fields
        self._lists = (PLUGIN_ENROLLED_FULL, PLUGIN_ENROLLED) if light else (PLUGIN_ENROLLED_FULL,)
        self._active_first = active_first

    @property
    def readable(self):
        """Whether the token has all the functions that were needed so far."""
        return not {ENROLLED, *self._lists} & self._asker.lacking.keys()

    def read(self, course, number):
        """(an Enrolled, None where nobody can tell; why there is no such course, or None). Asks anew each time.

        course: its Ref; number: its id, if known. Where the token can't look courses up, the plugin's list finds out about them.
        """
        read_inactive = functools.partial(self._inactive, course, number)
        if self._active_first and number is not None:
            try:
                active = self._ask(course, number, ENROLLED, {"onlyactive": 1, "userfields": self._fields})
            except MoodleError:
                # The account may not tell them from the others.
                active = None
            if active is not None:
                return Enrolled(ENROLLED, active, read_inactive, whole=False), None
        for function in self._lists if number is None else (ENROLLED, *self._lists):
            users, problem = self._list(course, number, function, {"userfields": self._fields})
            if users is not None:
                return Enrolled(function, users, read_inactive), None
            if function not in self._asker.lacking:
                return None, problem
        return None, None

    def read_all(self, courses):
        """What C(read) returns of each (Ref, id or None), in their order, several at a time."""
        return self._asker.each(lambda course: self.read(*course), courses)

    def _inactive(self, course, number, enrolled):
        """The ids of an Enrolled who are not active, taken in where they are not among its members; None where they can't be read."""
        option = "onlysuspended" if enrolled.source == ENROLLED else "onlyactive"
        fields = "id" if enrolled.whole else self._fields
        try:
            users, _problem = self._list(course, number, enrolled.source, {option: 1, "userfields": fields}, _UNSEEN_SUSPENDED)
        except MoodleError:
            return None
        if users is None:
            return None
        found = {user["id"] for user in users}
        if not enrolled.whole:
            enrolled.add(users)
        return found if enrolled.source == ENROLLED else enrolled.members.keys() - found

    def _list(self, course, number, function, options, unseen=_UNSEEN):
        """(the function's answer, or None where the token may not have it; why there is no such course, or None)."""
        try:
            return self._ask(course, number, function, options), None
        except MoodleError as error:
            if isinstance(error, ParameterRefused) and number is None:
                return None, f"no course has the {course.by} {course.value}, or Moodle refuses to tell"
            if self._warn is None:
                error.message = f"Moodle does not tell who is enrolled in the {course}: {error.message}"
                error.cure = _CAPABILITIES
                raise
            self._warn(f"{unseen.format(course=course, error=error.message)} {_CAPABILITIES}")
            return None, None

    def _ask(self, course, number, function, options):
        named = {"courseid": number} if function == ENROLLED else {"courseidsource": course.by, "courseid": course.value}
        # The light list tells the same of everybody.
        given = [{"name": name, "value": value} for name, value in options.items() if (function, name) != (PLUGIN_ENROLLED, "userfields")]
        return self._asker.ask(function, {**named, "options": given})


def _member(user):
    # What is kept in a handier form is not kept twice: there may be very many.
    roles, groups = user.pop("roles", None), user.pop("groups", None)
    return Member(
        user["id"],
        user,
        None if roles is None else {role["shortname"]: role["roleid"] for role in roles},
        {group["id"]: plain(group["name"]).strip() for group in groups or ()},
    )
