# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a CSV file before it is sent: one pass, in bounded memory, all findings at once.

A finding never quotes a cell: cells are personal data. It names header names, and commands that it knows.
"""

from __future__ import annotations

import codecs
import re
from array import array
from dataclasses import dataclass
from itertools import islice

from ..errors import CsvRefused
from . import rules as csvrules
from .dialect import BLANKS, LINE_LIMIT, dialect_of, line_text, passed_over, reads

# How zip, empty zip and gzip files start: archives (user pictures, course backups) that are uploaded the same way.
ARCHIVES = (b"PK\x03", b"PK\x05", b"\x1f\x8b")
_SEPARATORS = {";": "a semicolon", ",": "a comma", "\t": "a tab", ":": "a colon"}
# The plugin refuses a header that holds a separator other than the site's.
_STRICT_HEADERS = (("courses", "create"), ("courses", "reset"), ("courses", "bindmetas"), ("cohorts", "sync"))
# Rows among which doubles are looked for: what is kept of them and the search take 80 MiB.
_MOST_COMPARED = 1_000_000
# What stands for a byte that is no UTF-8.
_BAD_BYTE = re.compile("[\udc80-\udcff]").search
#: Findings in a message; all of the first 50 are in the result.
FINDINGS_SHOWN = 5


@dataclass
class Finding:
    """level: error, warning or destructive. line: 1-based, None for the whole file. code: a word for programs."""

    level: str
    line: int | None
    column: str | None
    code: str
    message: str

    def __str__(self):
        """A sentence with its place."""
        place = [f"line {self.line}"] if self.line else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class Check:
    """The check of a CSV by the rules of a service and action; without them (None), by those for every file.

    stream: binary, can be read again, and may be left with unread bytes. settings: what is known of the plugin's settings for the service
    (primaryidentity, forceupdate, ...). limit: findings listed of each level.
    rows: data rows that the plugin will act on. The lists hold the first findings, counts (by level) all of them. A warning that many rows
    get is listed once.
    """

    def __init__(self, stream, service, action, *, separator, settings, limit=50):
        self._stream, self._service, self._action, self._separator = stream, service, action, separator
        self._settings, self._limit = settings, limit
        self._dialect = dialect_of(service, action)
        self.rows, self.columns = 0, []
        self.errors, self.warnings, self.destructive = [], [], []
        self._listed = {"error": self.errors, "warning": self.warnings, "destructive": self.destructive}
        self.counts = dict.fromkeys(self._listed, 0)
        self._said = set()
        self._line_ends = set()
        self._data_lines = 0
        self._rules = None
        self._hashes = []
        self._row_lines = array("q")
        self._run()

    def refuse(self, name, allow_destructive):
        """Raise CsvRefused for a file of that name that has errors, or does harm where that is not allowed."""
        findings, count, why = self.errors, self.counts["error"], "has errors"
        if not count and not allow_destructive:
            findings, count = self.destructive, self.counts["destructive"]
            why = "deletes or resets, which needs allow_destructive: true"
        if not count:
            return
        shown = "; ".join(str(finding) for finding in findings[:FINDINGS_SHOWN])
        more = f"; and {count - FINDINGS_SHOWN} more, the first {len(findings)} in findings" if count > FINDINGS_SHOWN else ""
        raise CsvRefused(
            f"{name} {why} ({count}): {shown}{more}.",
            option="src",
            result={"findings": [vars(finding) for finding in findings], "finding_count": count},
        )

    def _note(self, level, line, column, code, message):
        """Record a finding; a warning only once for each code and column."""
        self.counts[level] += 1
        if level == "warning":
            if (code, column) in self._said:
                return
            self._said.add((code, column))
        if len(self._listed[level]) < self._limit:
            self._listed[level].append(Finding(level, line, column, code, message))

    def _run(self):
        head = self._stream.read(3)
        self._stream.seek(0)
        if head.startswith(ARCHIVES):
            if self._service:
                self._note("error", None, None, "not_text", "this is an archive, not a CSV file")
            return
        if head == codecs.BOM_UTF8:
            self._note("warning", 1, None, "bom", "the file starts with a byte order mark, which only some settings of the site remove")
        self._finish(self._read())

    def _read(self):
        """The one pass over the lines. Returns the number of columns, None without a header."""
        separator, dialect, width = self._separator, self._dialect, None
        if dialect.columns:
            self.columns, width = list(dialect.columns), 1
            self._choose_rules(dialect.columns, None)
        for line, piece, part in reads(self._stream):
            text = self._text_of(line, piece, part)
            if width is None:
                if not passed_over(text, separator, 1):
                    width = self._header(line, text)
                continue
            if part:
                # Nothing more is said of a line that is cut.
                self.rows += part == 1
                self._data_lines += 1
                continue
            text = dialect.line(text)
            skipped = passed_over(text, separator, width)
            if skipped:
                self._passed_over(line, text, skipped, width)
                continue
            self._data_lines += 1
            if self._rules is None:
                self.rows += 1
            else:
                self._row(line, text, self._rules, width)
        return width

    def _text_of(self, line, piece, part):
        """The text of a piece, with findings about its bytes."""
        if part == 1:
            message = "has more than %d bytes, line end included: the plugin would cut it and read the rest as a row" % LINE_LIMIT
            self._note("error", line, None, "line_too_long", message)
        if b"\0" in piece:
            self._note("error", line, None, "nul_byte", "holds a NUL byte: this is not text, or UTF-16")
        self._line_ends.add(piece[-2:] if piece[-2:] == b"\r\n" else piece[-1:])
        text = line_text(piece)
        if not part and not text.isascii() and _BAD_BYTE(text):
            self._note("error", line, None, "not_utf8", "is not UTF-8: give the file's encoding")
        return text

    def _header(self, line, text):
        """Check the header; returns the number of columns."""
        columns = self._dialect.header(text, self._separator)
        if self._service:
            others = [name for char, name in _SEPARATORS.items() if char != self._separator and char in text]
            expected = _SEPARATORS.get(self._separator, f"'{self._separator}'")
            if others and (len(columns) == 1 or (self._service, self._action) in _STRICT_HEADERS):
                message = "the header holds {}, but the separator is {}".format(" and ".join(others), expected)
                self._note("error", line, None, "wrong_separator", message)
                if len(columns) == 1:
                    return 1
            self._choose_rules(columns, lambda level, column, code, message: self._note(level, line, column, code, message))
        if self._rules or not self._service:
            self.columns = [name.strip() for name in columns]
        return len(columns)

    def _choose_rules(self, columns, note):
        self._rules = csvrules.for_header(self._service, self._action, columns, self._settings, note)
        self._hashes = [array("q") for _each in self._rules.unique] if self._rules else []

    def _passed_over(self, line, text, why, width):
        if why == "dropped":
            self._data_lines += 1
            message = "starts with one of ( [ - # / or a space: the plugin drops such a row. Put another column first"
            self._note("error", line, None, "comment_rule", message)
        elif why == "comment" and width > 1 and text.count(self._separator) == width - 1:
            self._note("warning", line, None, "comment_like_row", "is a comment for the plugin, but looks like a row")

    def _row(self, line, text, rules, width):
        """Check one data row."""
        note, separator, dialect = self._note, self._separator, self._dialect
        if '"' in text and not (dialect.strips_quotes or dialect.columns) and _has_quoted(text, separator):
            note("error", line, None, "quoted", "has quotes around a value: the plugin has no quoting and keeps them")
        cells = dialect.cells(text, separator)
        if not dialect.splits_line and separator in text:
            message = "holds a separator: the plugin takes the whole line for one identifier"
            note("warning", line, None, "several_values", message)
        given = len(cells)
        if given != width and not dialect.columns:
            # Only in files of courses must all rows have the values of all columns.
            if given > width or self._service == "courses":
                note("error", line, None, "value_count", f"has {given} values, the header has {width} columns")
                return
            note("warning", line, None, "few_values", "has fewer values than the header: the plugin takes them for absent")
            cells += [""] * (width - given)
        self.rows += 1
        for number, column, test, level, code, message in rules.cells:
            if number < len(cells) and not test(cells[number]):
                if "%s" in message:
                    message = message % f"'{cells[number]}'"
                note(level, line, column, code, message)
        if rules.row:
            rules.row(line, cells, given, note)
        if rules.unique and len(self._row_lines) < _MOST_COMPARED:
            self._row_lines.append(line)
            for hashes, (number, _column, fold, _level) in zip(self._hashes, rules.unique):
                value = cells[number]
                hashes.append(hash(value.lower() if fold else value) if value else 0)

    def _finish(self, width):
        """What can only be said at the end."""
        if width is None:
            message = "the file has no header line: the plugin would never end its run and block a process of the server"
            self._note("error", None, None, "no_header", message)
        elif not self._data_lines:
            hint = "" if self._service else " (a file of courses to delete or check has no header: then name service and action)"
            self._note("error", None, None, "no_rows", "the file has no data row" + hint)
        if len(self._line_ends & {b"\r\n", b"\n", b"\r"}) > 1:
            self._note("warning", None, None, "mixed_line_ends", "the file has several kinds of line ends")
        if self._row_lines:
            for hashes, (_number, column, _fold, level) in zip(self._hashes, self._rules.unique):
                self._doubles(hashes, column, level)
            if self.rows > len(self._row_lines):
                message = f"values that stand in a column twice were looked for up to line {self._row_lines[-1]}, and not beyond"
                self._note("warning", None, None, "doubles_not_sought", message)

    def _doubles(self, hashes, column, level):
        """Findings for values that stand in a column twice.

        Equal hashes are taken for equal values: among a million values, two have the same 64 bits once in 37 million files.
        """
        ordered = sorted(hashes)
        twice = {value for value, following in zip(ordered, islice(ordered, 1, None)) if value == following} - {0}
        del ordered
        if not twice:
            return
        first = {}
        for value, line in zip(hashes, self._row_lines):
            if value in twice:
                if value in first:
                    message = f"has the same {column} as line {first[value]}"
                    self._note(level, line, column, "duplicate_value", message)
                else:
                    first[value] = line


def _has_quoted(text, separator):
    return any(cell.strip(BLANKS).startswith('"') for cell in text.split(separator))
