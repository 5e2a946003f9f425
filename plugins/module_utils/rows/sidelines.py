# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row of users does besides the account: a cohort, and enrolments (plugin.md B.3).

Private to this collection.
"""

from __future__ import annotations

import itertools

from ..read.directory import Ref
from .classroom import ORDINARY, STANDARD_ROLES, RoomMember, Rooms
from .dates import NOW, Dates
from .plan import HIDDEN, LOOK, REPORT, SETS, UPDATE, truthy
from .reasons import NO_COURSE

#: What courseN may be: the setting courses_primaryidentity, which no web service sets or shows.
_COURSE_IDENTITIES = ("shortname", "idnumber")


class Sidelines:
    def __init__(self, readers, settings):
        self._cohorts, self._courses = readers.cohorts, readers.courses
        told = settings.get("courses_primaryidentity")
        self._by = (told,) if told else _COURSE_IDENTITIES
        self._names: dict[str, None] = {}
        self._refs: dict[Ref, None] = {}
        self._rooms = Rooms(readers, "id")
        #: (new account, course id) -> what becomes of it there.
        self._new: dict[tuple[int, int], RoomMember] = {}
        #: Whether a row sets a start to now.
        self.moves = False
        #: name -> ids of members, and rows of new ones.
        self._members: dict[str, set] = {}

    def note(self, values):
        if truthy(values.get("cohort")):
            self._names[values["cohort"]] = None
        for _number, course in _courses(values):
            self._refs.update(dict.fromkeys(Ref("course", by, course) for by in self._by if by != "id" or course.isdecimal()))

    def read(self):
        if self._refs:
            self._courses.look_up(self._refs)
            self._courses.check(self._refs)
        if len(self._by) == 1:
            found = {course.id: course for ref in self._refs for course in self._courses.find(ref)}
            self._rooms.read(list(found.values()), groups=False)
            self._rooms.add_inactive(found)
        found = self._cohorts.all() if self._names else {}
        self._readable = found is not None
        named: dict[str, int] = {}
        for cohort in (found or {}).values():
            if cohort.name in self._names:
                named.setdefault(cohort.name, cohort.id)
        self._all_names = {cohort.name.casefold() for cohort in (found or {}).values()}
        members = self._cohorts.members(named.values()) if named else {}
        for name, number in named.items():
            told = (members or {}).get(number)
            self._readable = self._readable and isinstance(told, tuple)
            self._members[name] = set(told) if isinstance(told, tuple) else set()

    @staticmethod
    def enrols(values):
        return any(_courses(values))

    def touches(self, values):
        """Whether a row does something here."""
        return truthy(values.get("cohort")) or self.enrols(values)

    def play(self, values, who, tally):
        """who: the id of the account, or what stands for a new one."""
        if truthy(values.get("cohort")):
            self._join(values["cohort"], who, tally)
        for number, course in _courses(values):
            refs = [Ref("course", by, course) for by in self._by]
            if all(ref.by != "id" and self._courses.exists(ref) is False for ref in refs):
                tally.fail(f"course{number}: {NO_COURSE}")
            elif len(refs) != 1 or not self._enrol(number, refs[0], values, who, tally):
                why = f"course{number}: what the row does to enrolments can't all be predicted"
                tally.doubted(REPORT, why)
                tally.may(UPDATE, HIDDEN, why)

    def _enrol(self, number, ref, values, who, tally):
        """Enrol by a method that is on, with a role that there is; False where the row is of another kind."""
        found = self._courses.find(ref)
        method, role = values.get("enrol1"), values.get(f"role{number}")
        room = self._rooms.room(found[0].id) if len(found) == 1 else None
        known = not truthy(role) or role in STANDARD_ROLES or role in self._rooms.roles
        if room is None or room.enrolled is None or not truthy(method) or method not in (room.methods or ()) or not known:
            return False
        if method not in ORDINARY or truthy(values.get(f"group{number}")):
            return False
        member = room.member(who) if isinstance(who, int) else self._newcomer(who, room)
        role, now = role if truthy(role) else "student", not truthy(values.get(f"start{number}"))
        if not member.listed or role not in member.roles:
            tally.did(UPDATE)
            tally.field(f"course{number}", None, role)
        elif not now:
            tally.may(SETS, HIDDEN, f"start{number}: the dates that are there can't be seen")
        elif member.held.get(method) is not None:
            tally.may(UPDATE, HIDDEN, f"start{number}: may move by a second")
        else:
            self.moves = True
            tally.did(UPDATE)
            tally.field(f"start{number}", None, NOW)
        # Started by a row of this file, or nobody knows when.
        member.enrol(method, role, Dates(None, None) if now else None, None)
        return True

    def _newcomer(self, who, room):
        """The RoomMember that stands for a new account."""
        key = id(who), room.number
        if key not in self._new:
            self._new[key] = RoomMember(False, set(), set(), None, {})
        return self._new[key]

    def _join(self, name, who, tally):
        if not self._readable:
            tally.may(UPDATE, HIDDEN, "cohort: cohorts can't be read")
            return
        if name not in self._members and name.casefold() in self._all_names:
            tally.may(UPDATE, LOOK, "cohort: there is one whose name differs in case only")
            return
        members = self._members.setdefault(name, set())
        if who not in members:
            members.add(who)
            tally.did(UPDATE)
            tally.field("cohort", None, name)


def _courses(values):
    """(N, courseN) of a row of users; MNet's elsewhere are none of ours."""
    for number in itertools.count(1):
        if f"course{number}" not in values:
            return
        if truthy(values[f"course{number}"]) and not truthy(values.get(f"wwwroot{number}")):
            yield number, values[f"course{number}"]
