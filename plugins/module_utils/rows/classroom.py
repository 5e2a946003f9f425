# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The working copy of who is in courses, on which a file of enrolments is played.

Private to this collection.
"""

from __future__ import annotations

import contextlib
import typing as t

from ..errors import AccessRefused
from ..read.directory import Ref
from ..read.enrolments import Enrolled, Enrolments
from ..read.groups import GROUPS, CourseGroups, Group, Groups

#: Roles that every Moodle has; of any other is only known whether somebody was seen to hold it.
STANDARD_ROLES = frozenset("manager coursecreator editingteacher teacher student guest user frontpage".split())
#: The method by which nobody is enrolled.
GUEST_ACCESS = "guest"
#: Methods whose roles are ordinary ones; others own the roles that come with them.
ORDINARY = frozenset(("manual", "self"))

#: One for all who have none: there may be very many, and an empty set takes 216 bytes.
_NONE: frozenset[str] = frozenset()


class Visible(t.NamedTuple):
    """What Moodle tells of a user in a course. active: None where it does not matter or can't be told."""

    listed: bool
    roles: frozenset
    groups: frozenset
    active: bool | None

    def like(self, other):
        """Whether nothing that is told of both differs."""
        return self[:3] == other[:3] and (self.active == other.active or None in (self.active, other.active))


class RoomMember:
    """A user in a course, enrolled there (listed) or not.

    held: method -> (start, end) of enrolments that are known to be there, None where the dates are not known; more: whether there may
    be others. lost: methods that rows have taken away. bare: roles given by rows without an enrolment. fuzzy: whether later rows must
    not rely on what is told here.
    """

    __slots__ = ("listed", "roles", "groups", "active", "held", "more", "lost", "bare", "fuzzy", "was")

    def __init__(self, listed, roles, groups, active, held):
        self.listed, self.roles, self.groups, self.active = listed, roles, groups, active
        self.held, self.more = held, listed
        self.lost = self.bare = _NONE
        self.fuzzy = False
        self.was = self.visible()

    def visible(self):
        return Visible(self.listed, frozenset(self.roles), frozenset(self.groups) if self.groups else _NONE, self.active)

    def holds(self, method):
        """Whether the user is enrolled by a method; None where that can't be told."""
        if method in self.held:
            return True
        return None if self.more and method not in self.lost else False

    def enrol(self, method, role, dates, active):
        self.held[method] = dates
        if method in self.lost:
            self.lost -= {method}
        self.listed, self.active = True, active
        if role:
            self.roles.add(role)

    def unenrol(self, method):
        """Take away an enrolment; with the last one go roles and groups. Where there may be others, nobody can tell."""
        self.held.pop(method, None)
        self.lost |= {method}
        if self.held:
            return
        self.fuzzy = self.fuzzy or self.more
        self.listed, self.active = False, None
        self.roles.clear()
        self.groups.clear()


class Room:
    """A course. methods: its enabled enrolment methods, one for each instance; None where that is not told.

    groups: names; None where they can't be read; were: before the rows; all_groups: whether these are all, those without members included.
    enrolled: read.enrolments.Enrolled, or None where nobody can tell.
    """

    def __init__(self, number, methods, enrolled, groups, all_groups):
        self.number, self.methods, self.enrolled, self.groups, self.all_groups = number, methods, enrolled, groups, all_groups
        self.were = frozenset(groups or ())
        self._members: dict[int, RoomMember] = {}
        holding = [method for method in methods or () if method != GUEST_ACCESS]
        self._sole = holding[0] if len(holding) == 1 else None
        #: Whether all roles in it may be taken for ordinary ones.
        self.ordinary = methods is not None and ORDINARY.issuperset(holding)

    @property
    def size(self):
        return len(self.enrolled.members) if self.enrolled is not None else 0

    def member(self, user):
        """The RoomMember of a user's id."""
        if user not in self._members:
            self._members[user] = self._made(user)
        return self._members[user]

    def _made(self, user):
        enrolled = self.enrolled
        record = enrolled.members.get(user)
        if record is None and not enrolled.whole:
            enrolled.inactive()
            record = enrolled.members.get(user)
        if record is None:
            return RoomMember(False, set(), set(), None, {})
        if enrolled.whole:
            inactive = enrolled.inactive()
            active = None if inactive is None else user not in inactive
        else:
            active = True
        held = {self._sole: None} if active and self._sole else {}
        return RoomMember(True, set(record.roles or ()), set(record.groups.values()), active, held)


class Rooms:
    """Reads courses, each once. by: what users are identified by."""

    def __init__(self, readers, by):
        self._readers = readers
        self._fields = ",".join(dict.fromkeys(("id", by, "roles")))
        self._rooms: dict[int, Room] = {}
        self._with_groups = False
        #: Roles that somebody was seen to hold.
        self.roles: set[str] = set()

    def read(self, courses, *, groups):
        """courses: read.courses.Course; groups: whether their groups are needed."""
        self._with_groups = groups
        self._rooms.update(self._read(courses, groups))
        self.roles.update(name for room in self._rooms.values() if room.enrolled for name in room.enrolled.roles)

    def add_inactive(self, numbers):
        """Read who is enrolled in courses without being active."""
        rooms = [room.enrolled for room in map(self._rooms.get, numbers) if room.enrolled is not None and not room.enrolled.whole]
        for _ids in self._readers.asker.each(lambda enrolled: enrolled.inactive(), rooms):
            pass

    def again(self, numbers):
        """{id: Room} read anew."""
        courses = [self._courses[number] for number in numbers]
        return self._read(courses, self._with_groups)

    def shows(self, number, user):
        """Whether a user was read of a course."""
        enrolled = self._rooms[number].enrolled
        return enrolled is None or user in enrolled.members

    def room(self, number):
        return self._rooms[number]

    def all(self):
        return self._rooms.values()

    def _read(self, courses, groups):
        readers = self._readers
        self._courses = {**getattr(self, "_courses", {}), **{course.id: course for course in courses}}
        # In those that are to come is nobody.
        nobody = Enrolled("", (), lambda _room: set())
        new = {course.id: Room(course.id, course.methods, nobody, set(), True) for course in courses if course.id < 0}
        courses = [course for course in courses if course.id not in new]
        refs = [Ref("course", "id", str(course.id)) for course in courses]
        enrolments = Enrolments(readers.asker, readers.warn, f"{self._fields},groups" if groups else self._fields, active_first=True)
        enrolled = list(enrolments.read_all([(ref, course.id) for ref, course in zip(refs, courses)]))
        named = [CourseGroups(ref, course.id) for ref, course in zip(refs, courses)]
        if groups:
            self._read_groups(named, [people for people, _problem in enrolled])
        rooms = {
            course.id: Room(course.id, course.methods, people, self._names(one) if groups else None, one.complete)
            for course, (people, _problem), one in zip(courses, enrolled, named)
        }
        return {**rooms, **new}

    def _read_groups(self, courses, enrolled):
        """Fill in CourseGroups; where the token has no list of groups, with those that somebody is in."""
        if GROUPS not in self._readers.asker.lacking:
            with contextlib.suppress(AccessRefused):
                Groups(self._readers.asker, self._readers.warn).read_all([(one, ()) for one in courses])
        if GROUPS in self._readers.asker.lacking:
            for one, people in zip(courses, enrolled):
                found = {} if people is None else {n: name for member in people.members.values() for n, name in member.groups.items()}
                one.complete, one.problem = False, None if people else "can't be read"
                one.groups = [Group(number, name, set()) for number, name in found.items()]

    @staticmethod
    def _names(course):
        """The names of a course's groups, or None."""
        return None if course.problem is not None else {group.name for group in course.groups}
