# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's cohorts, their members and where they lie, as far as the token may read them. Private to this collection."""

from __future__ import annotations

import typing as t

from ..errors import MoodleError, not_in_service
from ..send.batch import CREDENTIALS, Bulk
from .categories import Categories
from .directory import Ref, not_one
from .names import meant, plain

PLUGIN_COHORTS = "tool_sync_get_cohorts"
COHORTS = "core_cohort_get_cohorts"
COHORT_MEMBERS = "core_cohort_get_cohort_members"
COHORT_SEARCH = "core_cohort_search_cohorts"
#: The category of a cohort that lies above all categories.
SYSTEM = 0


class Cohort(t.NamedTuple):
    """idnumber, description: empty for none; visible: in the lists of teachers; unset: no idnumber, not even an empty one."""

    id: int
    name: str
    idnumber: str
    description: str
    visible: bool
    unset: bool = False

    def has(self, field, value):
        """Whether a field is as it is wanted; texts that are shown to people are compared as these mean them."""
        own = getattr(self, field)
        if field == "name":
            return meant(own) == meant(value)
        return own == (plain(value) if field == "description" else value)


class Cohorts:
    """Reads cohorts by the first list that the token has, and only those that are asked for where that list allows it.

    readable: False once the token turned out to have neither list. Raises MoodleError where one of the cohorts may not be seen.
    """

    def __init__(self, asker):
        self._asker = asker
        self._room = asker.max_input_vars - CREDENTIALS - 2
        self._known: dict[int, Cohort] = {}
        self._asked: set[Ref] = set()
        self._complete = False
        self._members: dict[int, tuple[int, ...] | MoodleError] = {}
        self._in: dict[int, frozenset[int] | None] = {}
        self._categories = Categories(asker)

    @property
    def readable(self):
        return not {PLUGIN_COHORTS, COHORTS} <= self._asker.lacking.keys()

    def look_up(self, refs):
        """Read all cohorts among the references, by id, idnumber or name, that were not asked for yet."""
        wanted = [ref for ref in dict.fromkeys(refs) if ref not in self._asked]
        if not wanted or self._complete or not self.readable:
            return
        self._asked.update(wanted)
        if any(ref.by == "name" for ref in wanted):
            self.all()
            return
        for by in ("id", "idnumber"):
            values = [ref.value for ref in wanted if ref.by == by]
            # The source comes last: where PHP cuts the request off, Moodle refuses it instead of leaving cohorts out.
            parts = [{"cohortids": values[at : at + self._room], "cohortidsource": by} for at in range(0, len(values), self._room)]
            for rows in self._asker.each(lambda part: self._call(PLUGIN_COHORTS, part), parts):
                if rows is None:
                    self.all()
                    return
                self._note(rows)

    def all(self):
        """Every Cohort, by id; None where they can't be read."""
        if not self._complete and self.readable:
            rows = self._call(PLUGIN_COHORTS, {"cohortids": [], "cohortidsource": "id"})
            if rows is None:
                rows = self._call(COHORTS, {"cohortids": []})
            self._note(rows or ())
            self._complete = True
        return None if not self.readable else dict(sorted(self._known.items()))

    def find(self, ref):
        """The Cohorts that a reference fits, among those that were read; by name as people mean it."""
        if ref.by == "id":
            found = self._known.get(int(ref.value))
            return [] if found is None else [found]
        return [cohort for cohort in self._known.values() if cohort.has(ref.by, ref.value)]

    def one(self, ref):
        """(Cohort, None), (None, what is wrong with the reference), or (None, None) where nobody can tell."""
        if not self.readable:
            return None, None
        found = self.find(ref)
        return (found[0], None) if len(found) == 1 else (None, not_one(ref, [cohort.id for cohort in found]))

    def require(self):
        """Raise where cohorts can't be read."""
        if not self.readable:
            raise not_in_service("The site's cohorts can't be read with this token.", f"{PLUGIN_COHORTS} or {COHORTS}")

    def members(self, ids):
        """{cohort id: user ids, or the MoodleError by which Moodle did not tell them}; None where the token may not read members."""
        wanted = [number for number in dict.fromkeys(ids) if number not in self._members]
        bulk = Bulk(self._ask_members, lambda number: 1, self._asker.max_input_vars, lanes=self._asker.lanes)
        for number, error, _tried in bulk.run(wanted):
            if error is not None:
                self._members[number] = error
        if COHORT_MEMBERS in self._asker.lacking:
            return None
        return {number: self._members[number] for number in ids if number in self._members}

    def lies_in(self, cohort, category):
        """Whether a cohort's id is in a category (a number, or SYSTEM); None where that can't be told.

        Moodle's lists don't say; its search tells what is in one of them.
        """
        if category not in self._in:
            context = {"contextlevel": "coursecat" if category else "system", "instanceid": category}
            wanted = {"query": "", "context": context, "includes": "self", "limitfrom": 0, "limitnum": 0}
            try:
                answer = self._asker.ask(COHORT_SEARCH, wanted)
            except MoodleError:
                answer = None
            self._in[category] = None if answer is None else frozenset(row["id"] for row in answer["cohorts"])
        ids = self._in[category]
        return None if ids is None else cohort in ids

    def category_of(self, cohort):
        """The category's number, or SYSTEM; None where it can't be told."""
        inside = self.lies_in(cohort, SYSTEM)
        if inside is None or inside:
            return SYSTEM if inside else None
        return next((category for category in self._categories.all() or () if self.lies_in(cohort, category)), None)

    def _call(self, function, parameters):
        try:
            return self._asker.ask(function, parameters)
        except MoodleError as error:
            if error.errorcode == "nopermissions":
                error.cure = "The token's account needs the capability moodle/cohort:view wherever there are cohorts."
            raise

    def _note(self, rows):
        for row in rows:
            name, idnumber, description = (str(row.get(field) or "") for field in ("name", "idnumber", "description"))
            visible, unset = bool(row.get("visible", True)), row.get("idnumber") is None
            self._known[row["id"]] = Cohort(row["id"], plain(name), idnumber, plain(description), visible, unset)

    def _ask_members(self, ids):
        """How many of them Moodle told about."""
        rows = self._asker.ask(COHORT_MEMBERS, {"cohortids": ids})
        if rows is None:
            return None
        self._members.update((row["cohortid"], tuple(row["userids"])) for row in rows)
        return len(rows)
