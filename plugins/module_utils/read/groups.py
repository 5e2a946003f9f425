# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of courses, as they can be read.

Private to this collection.
"""

from __future__ import annotations

import html
import typing as t
from dataclasses import dataclass, field

from ..errors import FUNCTIONS_PAGE, AccessRefused, MoodleError, NotMoodle, concerns_records
from ..send.batch import CREDENTIALS
from ..wire.ask import read_or_none
from .directory import COURSES, Ref
from .enrolments import CORE_LIST, Enrolled, EnrolledReader, UnknownCourse

GROUPS = "core_group_get_course_groups"
MEMBERS = "core_group_get_group_members"
_FIELDS = "id,username,email,idnumber,groups"


class Group(t.NamedTuple):
    """members: ids of users."""

    id: int
    name: str
    members: set[int]


@dataclass
class Course:
    """ref: as the task names it; number: its id, if known.

    groups: those that could be read; complete: whether these are all, the empty ones included; enrolled: None where nobody can tell.
    """

    ref: Ref
    number: int | None = None
    problem: str | None = None
    groups: list[Group] = field(default_factory=list)
    complete: bool = True
    enrolled: Enrolled | None = None

    @property
    def key(self):
        return self.ref if self.number is None else self.number

    def find(self, ref):
        """The Groups that a reference fits."""
        if ref.by == "id":
            return [group for group in self.groups if group.id == int(ref.value)]
        return [group for group in self.groups if group.name == ref.value]


class GroupReader:
    """Reads courses through Moodle's functions for groups, else through the list of the enrolled users, which tells their groups."""

    def __init__(self, site, max_input_vars):
        self._site, self._moodle = site, site.moodle
        self._room = max_input_vars - CREDENTIALS - 1
        self._enrolled = EnrolledReader(site.moodle, self._warn_of_enrolled, _FIELDS)

    def _warn_of_enrolled(self, text):
        self._site.warn("Who is enrolled can't be read, so only Moodle can tell who may be in a group.")

    def read(self, course, wanted):
        """Fill in a Course, as far as the Wanted of it need that. Raises AccessRefused where groups can't be read."""
        try:
            rows = None if course.number is None else read_or_none(self._moodle, GROUPS, {"courseid": course.number})
            course.complete = rows is not None
            if any(one.members or one.exact for one in wanted) or not course.complete:
                course.enrolled = self._enrolled.read(course.ref, course.number)
            course.groups = self._from_enrolled(course) if rows is None else self._with_members(course, rows, wanted)
        except UnknownCourse:
            course.problem = f"no course has the {course.ref.by} {course.ref.value}, or Moodle refuses to tell"
        except MoodleError as error:
            if not concerns_records(error):
                raise
            course.problem = (
                f"Moodle does not show the groups of the {course.ref}: {error.message} The token's account needs the capability "
                "moodle/course:managegroups there"
            )

    def _with_members(self, course, rows, wanted):
        """The groups that Moodle's functions tell; the members of those that are concerned."""
        course.groups = [Group(row["id"], row["name"].strip(), set()) for row in rows]
        concerned = {group.id for one in wanted if one.members or one.exact for group in course.find(one.group)}
        pending = [group for group in course.groups if group.id in concerned]
        while pending:
            answers = read_or_none(self._moodle, MEMBERS, {"groupids": [group.id for group in pending[: self._room]]})
            if answers is None:
                return self._from_enrolled(course, course.groups)
            if not answers:
                raise NotMoodle(f"{MEMBERS} answered nothing about {len(pending)} groups.")
            # The site may cut a request off earlier than max_input_vars says: what it did not see is asked for again.
            for group, answer in zip(pending, answers):
                group.members.update(answer["userids"])
            pending = pending[len(answers) :]
        return course.groups

    def _from_enrolled(self, course, known=()):
        """The groups that enrolled users are in."""
        if course.enrolled is None:
            raise AccessRefused(
                f"The groups of the {course.ref} can't be read with this token.",
                cure=f"Add {GROUPS}, {MEMBERS}, {CORE_LIST} and {COURSES} to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
            )
        groups = {group.id: group for group in known}
        for member in course.enrolled.members.values():
            for row in member.fields.get("groups") or ():
                group = groups.setdefault(row["id"], Group(row["id"], html.unescape(row["name"]).strip(), set()))
                group.members.add(member.id)
        return list(groups.values())
