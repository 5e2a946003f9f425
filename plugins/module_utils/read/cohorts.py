# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's cohorts and their members, as far as the token may read them.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ..errors import FUNCTIONS_PAGE, AccessRefused, MoodleError, concerns_records
from ..send.batch import CREDENTIALS
from ..wire.ask import read_or_none
from .directory import CATEGORIES, USERS, Ref, not_one

PLUGIN_LIST = "tool_sync_get_cohorts"
CORE_LIST = "core_cohort_get_cohorts"
MEMBERS = "core_cohort_get_cohort_members"
SEARCH = "core_cohort_search_cohorts"
_FIELDS = ("name", "idnumber", "description")


class Cohort(t.NamedTuple):
    """idnumber, description: empty for none; visible: in the lists of teachers."""

    id: int
    name: str
    idnumber: str
    description: str
    visible: bool


class Cohorts:
    """Reads cohorts by the first list that the token has, and only those that are asked for where that list allows it.

    readable: False once the token turned out to have neither list. Raises MoodleError where one of the cohorts may not be seen.
    """

    def __init__(self, moodle, max_input_vars):
        self._moodle = moodle
        self._room = max_input_vars - CREDENTIALS - 1
        self._known: dict[int, Cohort] = {}
        self._asked: set[Ref] = set()
        self._complete = False
        self._plugin = True
        self.readable = True

    def look_up(self, refs):
        """Read all cohorts among the references that were not asked for yet."""
        wanted = [ref for ref in dict.fromkeys(refs) if ref not in self._asked]
        if not wanted or self._complete or not self.readable:
            return
        self._asked.update(wanted)
        if any(ref.by == "name" for ref in wanted):
            self._read_all()
            return
        for by in ("id", "idnumber"):
            values = [ref.value for ref in wanted if ref.by == by]
            for start in range(0, len(values), self._room):
                # The source comes last: where PHP cuts the request off, Moodle refuses it instead of leaving cohorts out.
                found = self._ask({"cohortids": values[start : start + self._room], "cohortidsource": by})
                if found is None:
                    self._read_all()
                    return

    def all(self):
        """Every Cohort, by id; None where they can't be read."""
        if not self._complete and self.readable:
            self._read_all()
        return None if not self.readable else dict(sorted(self._known.items()))

    def find(self, ref):
        """The Cohorts that a reference fits, among those that were read."""
        if ref.by == "id":
            found = self._known.get(int(ref.value))
            return [] if found is None else [found]
        return [cohort for cohort in self._known.values() if getattr(cohort, ref.by) == ref.value]

    def one(self, ref):
        """(Cohort, None), (None, what is wrong with the reference), or (None, None) where nobody can tell."""
        if not self.readable:
            return None, None
        found = self.find(ref)
        return (found[0], None) if len(found) == 1 else (None, not_one(ref, [cohort.id for cohort in found]))

    def require(self):
        """Raise where cohorts can't be read."""
        if not self.readable:
            raise AccessRefused(
                "The site's cohorts can't be read with this token.",
                cure=f"Add {PLUGIN_LIST} or {CORE_LIST} to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
            )

    def _read_all(self):
        if self._ask({"cohortids": [], "cohortidsource": "id"}) is None:
            rows = self._call(CORE_LIST, {"cohortids": []})
            self.readable = rows is not None
            self._note(rows or ())
        self._complete = True

    def _ask(self, parameters):
        rows = self._call(PLUGIN_LIST, parameters) if self._plugin else None
        self._plugin = rows is not None
        self._note(rows or ())
        return rows

    def _call(self, function, parameters):
        try:
            return read_or_none(self._moodle, function, parameters)
        except MoodleError as error:
            if error.errorcode == "nopermissions":
                error.cure = "The token's account needs the capability moodle/cohort:view wherever there are cohorts."
            raise

    def _note(self, rows):
        for row in rows:
            texts = [str(row.get(name) or "") for name in _FIELDS]
            self._known[row["id"]] = Cohort(row["id"], *texts, bool(row.get("visible", True)))


def members_of(moodle, ids, max_input_vars):
    """{cohort id: user ids}, or None where the token may not read them."""
    members: dict[int, list[int]] = {}
    room = max_input_vars - CREDENTIALS
    ids = list(dict.fromkeys(ids))
    for start in range(0, len(ids), room):
        rows = read_or_none(moodle, MEMBERS, {"cohortids": ids[start : start + room]})
        if rows is None:
            return None
        members.update({row["cohortid"]: list(row["userids"]) for row in rows})
    return members


class Whereabouts:
    """In which category a cohort lies. Moodle's lists don't say; its search tells what is in one of them.

    A category is a number; 0 is the system, above all of them.
    """

    def __init__(self, moodle):
        self._moodle = moodle
        self._in: dict[int, frozenset[int] | None] = {}

    def lies_in(self, cohort, category):
        """Whether a cohort's id is in a category; None where that can't be told."""
        if category not in self._in:
            self._in[category] = self._read(category)
        ids = self._in[category]
        return None if ids is None else cohort in ids

    def category_of(self, cohort):
        """The category's number; None where it can't be told."""
        inside = self.lies_in(cohort, 0)
        if inside is None or inside:
            return 0 if inside else None
        categories = self._categories()
        return next((category for category in categories if self.lies_in(cohort, category)), None)

    def _categories(self):
        rows = self._readable(CATEGORIES, {"criteria": [], "addsubcategories": False})
        return [row["id"] for row in rows or ()]

    def _read(self, category):
        context = {"contextlevel": "coursecat" if category else "system", "instanceid": category}
        answer = self._readable(SEARCH, {"query": "", "context": context, "includes": "self", "limitfrom": 0, "limitnum": 0})
        return None if answer is None else frozenset(row["id"] for row in answer["cohorts"])

    def _readable(self, function, parameters):
        try:
            return read_or_none(self._moodle, function, parameters)
        except MoodleError as error:
            if not concerns_records(error):
                raise
            return None


def usernames_of(moodle, ids, max_input_vars):
    """{user id: username} of those that the account may see; None where the token may not look users up."""
    found: dict[int, str] = {}
    room = max_input_vars - CREDENTIALS - 1
    ids = list(dict.fromkeys(ids))
    for start in range(0, len(ids), room):
        rows = read_or_none(moodle, USERS, {"values": ids[start : start + room], "field": "id"})
        if rows is None:
            return None
        found.update({row["id"]: row["username"] for row in rows if row.get("username") is not None})
    return found
