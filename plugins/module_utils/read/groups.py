# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of courses and their members. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..errors import MoodleError, not_in_service
from ..send.batch import Bulk
from .courses import COURSES
from .directory import Ref
from .enrolments import ENROLLED, Enrolled, Enrolments
from .names import meant, plain

GROUPS = "core_group_get_course_groups"
GROUP_MEMBERS = "core_group_get_group_members"
#: Fields of users by which an Enrolled can stand in for functions for groups that the token lacks.
ASKED_WITH_GROUPS = "id,username,email,idnumber,roles,groups"


class Group(t.NamedTuple):
    """members: ids of users; idnumber: None for none, or where only the list of the enrolled users told the group."""

    id: int
    name: str
    members: set[int]
    idnumber: str | None = None


@dataclass
class CourseGroups:
    """ref: of the course, as the task names it; number: its id, if known.

    problem: why they can't be read. groups: those that could be; complete: whether these are all, the empty ones included.
    enrolled: None where nobody can tell, or nobody needed it. Who has read it, groups included, may give it.
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
        """The Groups that a reference fits, by name as people mean it."""
        if ref.by == "id":
            return [group for group in self.groups if group.id == int(ref.value)]
        if ref.by == "idnumber":
            return [group for group in self.groups if group.idnumber == ref.value]
        return [group for group in self.groups if meant(group.name) == meant(ref.value)]


class Groups:
    """Reads courses through Moodle's functions for groups, else through the list of the enrolled users, which tells their groups."""

    def __init__(self, asker, warn):
        self._asker = asker
        self._enrolments = Enrolments(
            asker, lambda text: warn("Who is enrolled can't be read, so only Moodle can tell who may be in a group."), ASKED_WITH_GROUPS
        )

    def read(self, course, concerned):
        """Fill in a CourseGroups. concerned: the Refs of groups whose members are wanted; with any, the enrolled users are read too.

        Raises AccessRefused where groups can't be read. Asks anew each time.
        """
        try:
            listed = self._listed(course.number)
            course.complete, course.groups = listed is not None, listed or []
            if course.enrolled is None and (concerned or not course.complete):
                course.enrolled, course.problem = self._enrolments.read(course.ref, course.number)
            if course.problem is not None:
                return
            meant_ids = {group.id for ref in concerned for group in course.find(ref)}
            if not course.complete or not self._fill([group for group in course.groups if group.id in meant_ids]):
                course.groups = self._from_enrolled(course)
        except MoodleError as error:
            course.problem = (
                f"Moodle does not show the groups of the {course.ref}: {error.message} The token's account needs the capability "
                "moodle/course:managegroups there"
            )

    def read_all(self, courses):
        """Fill in (CourseGroups, concerned) pairs, several at a time."""
        for _done in self._asker.each(lambda pair: self.read(*pair), courses):
            pass

    def memberships(self, number):
        """User id -> the names of the groups in a course, as Moodle's functions for groups tell them; None where they don't.

        number: the course's id, or None.
        """
        try:
            groups = self._listed(number)
            if groups is None or not self._fill(groups):
                return None
        except MoodleError:
            return None
        found: dict[int, list[str]] = {}
        for group in groups:
            for member in group.members:
                found.setdefault(member, []).append(group.name)
        return found

    def _listed(self, number):
        """The groups of a course, without members; None where Moodle's function does not tell them."""
        rows = None if number is None else self._asker.ask(GROUPS, {"courseid": number})
        return rows and [Group(row["id"], plain(row["name"]).strip(), set(), row.get("idnumber") or None) for row in rows]

    def _fill(self, groups):
        """Note the members of groups; returns whether the token may read them."""
        members = {group.id: group.members for group in groups}

        def ask(ids):
            rows = self._asker.ask(GROUP_MEMBERS, {"groupids": ids})
            for row in rows or ():
                members.get(row["groupid"], set()).update(row["userids"])
            return None if rows is None else len(rows)

        for _id, error, _becomes in Bulk(ask, lambda number: 1, self._asker.max_input_vars, lanes=self._asker.lanes).run(members):
            if error is not None:
                raise error
        return not members or GROUP_MEMBERS not in self._asker.lacking

    def _from_enrolled(self, course):
        """The groups of a course, with those that enrolled users are in, and with these."""
        if course.enrolled is None:
            functions = f"{GROUPS}, {GROUP_MEMBERS}, {ENROLLED} and {COURSES}"
            raise not_in_service(f"The groups of the {course.ref} can't be read with this token.", functions)
        groups = {group.id: group for group in course.groups}
        for member in course.enrolled.members.values():
            for number, name in member.groups.items():
                groups.setdefault(number, Group(number, name, set())).members.add(member.id)
        return list(groups.values())
