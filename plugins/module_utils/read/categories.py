# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Course categories, by what identifies them. Private to this collection."""

from __future__ import annotations

import typing as t

from ..errors import MoodleError
from .names import meant, plain

CATEGORIES = "core_course_get_categories"


class Category(t.NamedTuple):
    """idnumber: None where there is none, or the token's account is not shown it; parent: 0 for none."""

    id: int
    name: str
    idnumber: str | None
    parent: int


class Categories:
    """Reads categories: C(look_up), then C(find), each with Refs by id, idnumber or path.

    A path is the names from the top, with slashes between them, as a file of courses has it. readable: False once the token
    turned out to lack the function; then nothing is found.
    """

    def __init__(self, asker, *, timeout=None):
        self._asker, self._timeout = asker, timeout
        self._found: dict[t.Any, list[Category] | None] = {}

    @property
    def readable(self):
        return CATEGORIES not in self._asker.lacking

    def look_up(self, refs):
        """Ask for those that were not asked for yet."""
        wanted = [ref for ref in dict.fromkeys(refs) if ref not in self._found and ref.by != "path"]
        by_id = [ref for ref in wanted if ref.by == "id"]
        if len(by_id) > 1:
            found = self._ask([{"key": "ids", "value": ",".join(ref.value for ref in by_id)}])
            self._found.update((ref, found and [one for one in found if str(one.id) == ref.value]) for ref in by_id)
            wanted = [ref for ref in wanted if ref not in self._found]
        self._found.update(zip(wanted, self._asker.each(lambda ref: self._ask([{"key": ref.by, "value": ref.value}]), wanted)))

    def find(self, ref):
        """The Categories that a reference fits; None where Moodle would not tell.

        An account that may not search by an identifier gets an error, not an empty list.
        """
        return self._at(ref.value) if ref.by == "path" else self._found.get(ref)

    def all(self):
        """Every Category that the account may see, by id; None where Moodle would not tell."""
        if None not in self._found:
            self._found[None] = self._ask([])
        found = self._found[None]
        return None if found is None else {category.id: category for category in found}

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
        except MoodleError:
            return None
        return None if rows is None else [_category(row) for row in rows]


def _category(row):
    return Category(row["id"], plain(row.get("name") or ""), row.get("idnumber") or None, row.get("parent") or 0)
