# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files to send by a plan: all rows or those that differ, in one file or several. Private to this collection."""

from __future__ import annotations

import os

from .. import files
from ..csvfile.dialect import dialect_of
from ..csvfile.file import render
from ..errors import OptionError, StateFileError


class Parcel:
    """rows: a RowFile; outcomes: of its rows and, after them, of the added rows (dicts); leavers: a Leavers, or None."""

    def __init__(self, rows, outcomes, added, leavers, params):
        self._rows, self._added, self._leavers = rows, added, leavers
        self._path, self._size = params["dest_file"], params["rows_per_file"]
        everything = params["send"] == "all"
        count = len(outcomes) - len(added)
        #: Places in the file, from 0, of the rows to send.
        self._chosen = [number for number, outcome in enumerate(outcomes[:count]) if everything or outcome.differs]
        self._chosen = [number for number in self._chosen if not (outcomes[number].outcome == "skip" and not everything)]
        self._columns = self._with_column_of_commands()
        self._rendered = self._render(added, self._columns) if added else []

    @property
    def sends(self):
        return bool(self._chosen or self._added or self._leavers and self._leavers.rows)

    def _with_column_of_commands(self):
        """The columns of the file to send; a file whose rows are all to be added gets a column cmd where rows must say otherwise."""
        first = next(iter(self._rows))
        self._headless = bool(dialect_of(self._rows.service, self._rows.action).columns)
        self._without_command = bool(self._added) and "cmd" not in first.columns
        return ["cmd", *first.columns] if self._without_command else list(first.columns)

    def _render(self, rows, columns):
        """The lines of added rows."""
        table = [{name: row.get(name, "") for name in columns} for row in rows]
        try:
            text = render(table, columns, separator=self._rows.separator, service=self._rows.service, action=self._rows.action)
        except ValueError as error:
            raise OptionError(f"exact: a user who is to go can't be named in the file: {error}.", option="exact") from None
        return text.splitlines(keepends=True)[1:]

    def _parts(self):
        """[(path, places of rows, lines of added rows)]."""
        total = len(self._chosen) + len(self._rendered)
        size = self._size or total or 1
        starts = range(0, total, size)
        stem, extension = os.path.splitext(self._path)
        width = max(3, len(str(len(starts))))
        found = []
        for number, start in enumerate(starts, 1):
            part = f"-{number:0{width}}-of-{len(starts):0{width}}" if self._size is not None and len(starts) > 1 else ""
            own = self._chosen[start : start + size]
            at = max(0, start - len(self._chosen))
            found.append((f"{stem}{part}{extension}", own, self._rendered[at : at + size - len(own)]))
        return found

    def listed(self):
        """The result's files: dicts of path, rows, and spans, which say where a row of the file comes from."""
        if not self._path:
            return []
        lines = {number: row.line for number, row in zip(self._chosen, self._picked(self._chosen))} if self._chosen else {}
        found = []
        for path, places, added in self._parts():
            spans = _spans([lines[number] for number in places], 1 if self._headless else 2)
            found.append({"path": path, "rows": len(places) + len(added), "spans": spans, "leavers": False})
        if self._leavers and self._leavers.rows:
            found.append({"path": self._leavers_path(), "rows": len(self._leavers.rows), "spans": [], "leavers": True})
        return found

    def _leavers_path(self):
        stem, extension = os.path.splitext(self._path)
        return f"{stem}-leavers{extension}"

    def _picked(self, places):
        """The rows at places, which are in their order."""
        wanted = iter(places)
        place = next(wanted, None)
        for number, row in enumerate(self._rows):
            if number == place:
                yield row
                place = next(wanted, None)
                if place is None:
                    return

    def write(self):
        if not self._path:
            return
        picked = self._picked(self._chosen)
        try:
            for path, places, added in self._parts():
                with files.replacing(path) as target:
                    if not self._headless:
                        target.write(self._line(self._rows.separator.join(self._columns)))
                    for _place in places:
                        row = next(picked)
                        target.write(self._line(f"add{self._rows.separator}{row.text}" if self._without_command else row.text))
                    target.writelines(added)
            if self._leavers and self._leavers.rows:
                with files.replacing(self._leavers_path()) as target:
                    target.write(render(self._leavers.rows, separator=self._rows.separator, service="users", action="sync"))
        except OSError as error:
            raise StateFileError(f"dest_file: {self._path} could not be written: {error.strerror}.", option="dest_file") from None

    @staticmethod
    def _line(text):
        return text.encode("utf-8", "surrogateescape") + b"\n"


def _spans(lines, first):
    """[[line of the file, line of the source, how many]] of rows that follow each other in both."""
    found: list[list[int]] = []
    for at, line in enumerate(lines, first):
        if found and line == found[-1][1] + found[-1][2] and at == found[-1][0] + found[-1][2]:
            found[-1][2] += 1
        else:
            found.append([at, line, 1])
    return found
