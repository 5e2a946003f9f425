# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts and courses that cells name, found as the plugin finds them.

Private to this collection. The plugin asks the database for the very text of the cell. Whether that distinguishes C(Ada) from C(ada) is
the database's affair: PostgreSQL does, most MySQL don't, so that a spelling of its own is told by nobody before the run.
"""

from __future__ import annotations

import re
import typing as t

from ..read.directory import Ref
from .plan import HIDDEN, LOOK, REPORT, SURE

#: Moodle's guest, whom its functions show to nobody.
GUEST, GUEST_ID = "guest", "1"


#: How Moodle renames an account that is deleted, and what it makes of the e-mail: nobody is shown it, but the plugin finds it.
of_the_deleted = re.compile(r".*\.[0-9]{9,11}|[0-9a-f]{32}").fullmatch


class Found(t.NamedTuple):
    """id: of the record, or None. doubt: as in plan.Outcome. near: the id of the one that the cell may mean all the same."""

    id: int | None
    doubt: int = SURE
    near: int | None = None


class Accounts:
    """Users by one identifier. readers: plan.Readers."""

    def __init__(self, readers, by):
        self._readers, self.reader, self.by = readers, readers.users, by
        self._wanted: dict[str, None] = {}
        self._ids: dict[str, int] = {}

    def want(self, value):
        if value and value not in self._ids and (self.by != "id" or value.isdecimal()):
            self._wanted[value] = None

    def learn(self, value, number):
        """Note whose a value is, as another read has told."""
        self._ids[value] = number

    def read(self):
        self.reader.look_up([Ref("user", self.by, value) for value in self._wanted])

    def records(self, value):
        """The users that Moodle shows for a value, in any spelling."""
        return self.reader.find(Ref("user", self.by, value)) if value else []

    def same(self, asked, own):
        """(whether the database takes a value that was asked for and another one for the same, whether that is sure)."""
        if asked == own or asked.casefold() != own.casefold():
            return asked == own, True
        counts = self._readers.case_counts()
        return counts is False, counts is not None

    def named(self, names):
        """{id: name} of those that no other account shares it with; whom it means is known from then on. names: id -> name or None."""
        if self.by in ("email", "idnumber"):
            self.reader.look_up([Ref("user", self.by, name) for name in names.values() if name])
        found = {}
        for number, name in names.items():
            others = self.records(name) if self.by in ("email", "idnumber") else ()
            if name and all(other.id == number for other in others):
                found[number] = name
                self.learn(name, number)
        return found

    def find(self, value):
        """A Found."""
        by = self.by
        if value in self._ids:
            return Found(self._ids[value])
        if value == (GUEST_ID if by == "id" else GUEST) or by == "id" and not value.isdecimal() or by == "idnumber" and not value:
            # Guests are shown to nobody; the plugin takes the first of those without an idnumber.
            return Found(None, HIDDEN)
        if not value:
            return Found(None, REPORT)
        if by in ("username", "email") and of_the_deleted(value):
            return Found(None, HIDDEN)
        records = self.records(value)
        if by != "id":
            spelt = [(record, *self.same(value, record.fields.get(by, ""))) for record in records]
            records = [record for record, same, sure in spelt if same]
            near = [record for record, same, sure in spelt if not same and not sure]
            if not records and near:
                return Found(None, LOOK, near[0].id)
        if len(records) == 1:
            return Found(records[0].id)
        if records or not self.reader.readable or self.reader.hides(by) or not self.sees_all():
            return Found(None, HIDDEN)
        # A deleted account keeps its id, and the plugin finds it. A value that Moodle takes for none of its kind may be there all the same.
        return Found(None, REPORT if by == "id" or self.reader.refusal(Ref("user", by, value)) else SURE)

    def sees_all(self):
        """Whether who is not shown is not there."""
        return self._readers.sees_all()


class CourseNames:
    """Courses by one identifier."""

    def __init__(self, readers, by):
        self._reader, self._by = readers.courses, by
        self._wanted: dict[str, None] = {}

    def want(self, value):
        if value and (self._by != "id" or value.isdecimal()):
            self._wanted[value] = None

    def read(self):
        refs = [Ref("course", self._by, value) for value in self._wanted]
        self._reader.look_up(refs)
        self._reader.check(refs)

    def record(self, value):
        """The Course, if it is shown."""
        found = self._reader.find(Ref("course", self._by, value)) if value else []
        return found[0] if len(found) == 1 else None

    def find(self, value):
        """A Found."""
        if value not in self._wanted:
            return Found(None, HIDDEN)
        ref = Ref("course", self._by, value)
        found = self._reader.find(ref)
        if len(found) == 1:
            return Found(found[0].id)
        if found:
            return Found(None, HIDDEN)
        there = self._reader.exists(ref)
        return Found(None, REPORT if there is None else HIDDEN if there else SURE)
