# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row of users does besides the account: a cohort, and enrolments (plugin.md B.3).

Private to this collection.
"""

from __future__ import annotations

import itertools

from ..read.directory import Ref
from .plan import HIDDEN, LOOK, REPORT, UPDATE, truthy

#: What courseN may be: the setting courses_primaryidentity, which no web service sets or shows.
_COURSE_IDENTITIES = ("shortname", "idnumber")


class Sidelines:
    def __init__(self, readers, settings):
        self._cohorts, self._courses = readers.cohorts, readers.courses
        told = settings.get("courses_primaryidentity")
        self._by = (told,) if told else _COURSE_IDENTITIES
        self._names: dict[str, None] = {}
        self._refs: dict[Ref, None] = {}
        #: name -> ids of members, and rows of new ones.
        self._members: dict[str, set] = {}

    def note(self, values):
        if truthy(values.get("cohort")):
            self._names[values["cohort"]] = None
        for course in _courses(values):
            self._refs.update(dict.fromkeys(Ref("course", by, course) for by in self._by if by != "id" or course.isdecimal()))

    def read(self):
        if self._refs:
            self._courses.look_up(self._refs)
            self._courses.check(self._refs)
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

    def play(self, values, who, tally):
        """who: the id of the account, or what stands for a new one."""
        if truthy(values.get("cohort")):
            self._join(values["cohort"], who, tally)
        for number, course in enumerate(_courses(values), 1):
            refs = [Ref("course", by, course) for by in self._by]
            if all(ref.by != "id" and self._courses.exists(ref) is False for ref in refs):
                tally.fail(f"course{number}: there is no such course")
            else:
                tally.doubted(REPORT)
                tally.may(UPDATE, HIDDEN, f"course{number}: what a file of users does to enrolments is not foretold")

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
    """The courses that a row of users names; MNet's elsewhere are none of ours."""
    for number in itertools.count(1):
        if f"course{number}" not in values:
            return
        if truthy(values[f"course{number}"]) and not truthy(values.get(f"wwwroot{number}")):
            yield values[f"course{number}"]
