# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Course categories, by what identifies them.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from ..errors import MoodleError, concerns_records
from .names import meant, plain

CATEGORIES = "core_course_get_categories"


class Category(t.NamedTuple):
    """idnumber: None where there is none, or the token's account is not shown it; parent: 0 for none."""

    id: int
    name: str
    idnumber: str | None
    parent: int


class Categories:
    """Reads categories: C(look_up), then C(find). by: id, idnumber or path; values: texts.

    A path is the names from the top, with slashes between them, as a file of courses has it. readable: False once the token
    turned out to lack the function; then nothing is found.
    """

    def __init__(self, asker, *, timeout=None):
        self._asker, self._timeout = asker, timeout
        self._found: dict[tuple[str, str], list[Category] | None] = {}
        self._all: dict[int, Category] | None = None

    @property
    def readable(self):
        return CATEGORIES not in self._asker.lacking

    def look_up(self, by, values):
        """Ask for those that were not asked for yet."""
        if by == "path":
            self.all()
            return
        wanted = [value for value in dict.fromkeys(values) if (by, value) not in self._found]
        for value, found in zip(wanted, self._asker.each(lambda value: self._ask([{"key": by, "value": value}]), wanted)):
            self._found[by, value] = found

    def find(self, by, value):
        """The Categories that a value fits, among those that were looked up; None where Moodle would not tell.

        An account that may not search by an identifier gets an error, not an empty list.
        """
        if by == "path":
            return self._at(value)
        return self._found.get((by, value))

    def all(self):
        """Every Category that the account may see, by id; None where Moodle would not tell."""
        if self._all is None:
            found = self._ask([])
            self._all = None if found is None else {category.id: category for category in found}
        return self._all

    def _at(self, path):
        found = self.all()
        if found is None:
            return None
        parents = {0}
        at: list[Category] = []
        for name in path.strip("/").split("/"):
            at = [category for category in found.values() if category.parent in parents and meant(category.name) == meant(name)]
            parents = {category.id for category in at}
        return at

    def _ask(self, criteria):
        try:
            rows = self._asker.ask(CATEGORIES, {"criteria": criteria, "addsubcategories": False}, timeout=self._timeout)
        except MoodleError as error:
            if not concerns_records(error):
                raise
            return None
        return None if rows is None else [_category(row) for row in rows]


def _category(row):
    return Category(row["id"], plain(row["name"]), row.get("idnumber") or None, row.get("parent") or 0)
