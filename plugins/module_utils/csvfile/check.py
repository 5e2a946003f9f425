# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a CSV file before it is sent: one pass, in bounded memory, all findings at once.

A finding never quotes a cell: cells are personal data. It names header names, and commands that it knows.
"""

from __future__ import annotations

import codecs
from array import array
from dataclasses import dataclass, field
from itertools import islice

from ..errors import CsvRefused
from . import rules as csvrules
from .dialect import BLANKS, LINE_LIMIT, dialect_of, line_text, passed_over, reads, resolve

# How zip, empty zip and gzip files start: archives (user pictures, course backups) that are uploaded the same way.
ARCHIVES = (b"PK\x03", b"PK\x05", b"\x1f\x8b")
_SEPARATORS = {";": "a semicolon", ",": "a comma", "\t": "a tab", ":": "a colon"}
# The plugin refuses a header that holds a separator other than the site's.
_STRICT_HEADERS = (("courses", "create"), ("courses", "reset"), ("courses", "bindmetas"), ("cohorts", "sync"))
# Rows among which doubles are looked for: what is kept of them and the search take 80 MiB.
_MOST_COMPARED = 1_000_000
#: Findings in a message; all of the first 50 are in the result.
SHOWN = 5


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


@dataclass
class Check:
    """What a file holds. rows: data rows that the plugin will act on.

    The lists hold the first findings, the counts all of them. A warning that many rows get is listed once.
    """

    rows: int = 0
    lines: int = 0
    columns: list[str] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    error_count: int = 0
    warnings: list[Finding] = field(default_factory=list)
    warning_count: int = 0
    destructive: list[Finding] = field(default_factory=list)
    destructive_count: int = 0

    def refuse(self, name, allow_destructive):
        """Raise CsvRefused for a file of that name that has errors, or does harm where that is not allowed."""
        findings, count, why = self.errors, self.error_count, "has errors"
        if not count and self.destructive_count and not allow_destructive:
            findings, count = self.destructive, self.destructive_count
            why = "deletes or resets, which needs allow_destructive: true"
        if not count:
            return
        shown = "; ".join(str(finding) for finding in findings[:SHOWN])
        more = f"; and {count - SHOWN} more, the first {len(findings)} in findings" if count > SHOWN else ""
        raise CsvRefused(
            f"{name} {why} ({count}): {shown}{more}.",
            option="src",
            result={"findings": [vars(finding) for finding in findings], "finding_count": count},
        )


def check(stream, service=None, action=None, *, separator=";", settings=None, limit=50):
    """Check the CSV in a binary stream that can be read again, by the rules of a service; without one, by those for every file.

    settings: what is known of the plugin's settings for the service (primaryidentity, forceupdate, ...).
    limit: findings listed of each level.
    Returns a Check. ValueError: unknown service or action. The stream may be left with unread bytes.
    """
    service, action = resolve(service, action)
    return _Checker(stream, service, action, separator, settings, limit).run()


class _Checker:
    def __init__(self, stream, service, action, separator, settings, limit):
        self.stream, self.service, self.action, self.separator = stream, service, action, separator
        self.settings, self.limit = settings, limit
        self.dialect = dialect_of(service, action)
        self.result = Check()
        self.said = set()
        self.line_ends = set()
        self.data_lines = 0
        self.rules = None
        self.hashes = []
        self.row_lines = array("q")

    def note(self, level, line, column, code, message):
        """Record a finding; a warning only once for each code and column."""
        result = self.result
        if level == "error":
            result.error_count += 1
            listed = result.errors
        elif level == "warning":
            result.warning_count += 1
            if (code, column) in self.said:
                return
            self.said.add((code, column))
            listed = result.warnings
        else:
            result.destructive_count += 1
            listed = result.destructive
        if len(listed) < self.limit:
            listed.append(Finding(level, line, column, code, message))

    def run(self):
        head = self.stream.read(3)
        self.stream.seek(0)
        if head.startswith(ARCHIVES):
            if self.service:
                self.note("error", None, None, "not_text", "this is an archive, not a CSV file")
            return self.result
        if head == codecs.BOM_UTF8:
            self.note("warning", 1, None, "bom", "the file starts with a byte order mark, which only some settings of the site remove")
        self.finish(self.read())
        return self.result

    def read(self):
        """The one pass over the lines. Returns the number of columns, None without a header."""
        separator, dialect, width, line = self.separator, self.dialect, None, 0
        if dialect.columns:
            self.result.columns, width = list(dialect.columns), 1
            self.choose_rules(dialect.columns, None)
        for line, piece, part in reads(self.stream):
            text = self.text_of(line, piece, part)
            if width is None:
                if not passed_over(text, separator, 1):
                    width = self.header(line, text)
                continue
            if part:
                # Nothing more is said of a line that is cut.
                self.result.rows += part == 1
                self.data_lines += 1
                continue
            text = dialect.line(text)
            skipped = passed_over(text, separator, width)
            if skipped:
                self.passed_over(line, text, skipped, width)
                continue
            self.data_lines += 1
            if self.rules is None:
                self.result.rows += 1
            else:
                self.row(line, text, self.rules, width)
        self.result.lines = line
        return width

    def text_of(self, line, piece, part):
        """The text of a piece, with findings about its bytes."""
        if part == 1:
            message = "has more than %d bytes, line end included: the plugin would cut it and read the rest as a row" % LINE_LIMIT
            self.note("error", line, None, "line_too_long", message)
        if b"\0" in piece:
            self.note("error", line, None, "nul_byte", "holds a NUL byte: this is not text, or UTF-16")
        self.line_ends.add(piece[-2:] if piece[-2:] == b"\r\n" else piece[-1:])
        text = line_text(piece)
        if not part and not text.isascii() and not _is_unicode(text):
            self.note("error", line, None, "not_utf8", "is not UTF-8: give the file's encoding")
        return text

    def header(self, line, text):
        """Check the header; returns the number of columns."""
        columns = self.dialect.header(text, self.separator)
        self.result.columns = [name.strip() for name in columns]
        if self.service is None:
            return len(columns)
        others = [name for char, name in _SEPARATORS.items() if char != self.separator and char in text]
        expected = _SEPARATORS.get(self.separator, f"'{self.separator}'")
        if others and (len(columns) == 1 or (self.service, self.action) in _STRICT_HEADERS):
            message = "the header holds {}, but the separator is {}".format(" and ".join(others), expected)
            self.note("error", line, None, "wrong_separator", message)
            if len(columns) == 1:
                self.result.columns = []
                return 1
        self.choose_rules(columns, lambda level, column, code, message: self.note(level, line, column, code, message))
        if self.rules is None:
            self.result.columns = []
        return len(columns)

    def choose_rules(self, columns, note):
        self.rules = csvrules.for_header(self.service, self.action, columns, self.settings, note)
        self.hashes = [array("q") for _each in self.rules.unique] if self.rules else []

    def passed_over(self, line, text, why, width):
        if why == "dropped":
            self.data_lines += 1
            message = "starts with one of ( [ - # / or a space: the plugin drops such a row. Put another column first"
            self.note("error", line, None, "comment_rule", message)
        elif why == "comment" and width > 1 and text.count(self.separator) == width - 1:
            self.note("warning", line, None, "comment_like_row", "is a comment for the plugin, but looks like a row")

    def row(self, line, text, rules, width):
        """Check one data row."""
        note, separator = self.note, self.separator
        if rules.quotes_are_data and '"' in text and _has_quoted(text, separator):
            note("error", line, None, "quoted", "has quotes around a value: the plugin has no quoting and keeps them")
        cells = self.dialect.cells(text, separator)
        if not self.dialect.splits_line and separator in text:
            message = "holds a separator: the plugin takes the whole line for one identifier"
            note("warning", line, None, "several_values", message)
        given = len(cells)
        if given != width and not self.dialect.columns:
            if given > width or rules.exact:
                note("error", line, None, "value_count", f"has {given} values, the header has {width} columns")
            else:
                note("warning", line, None, "few_values", "has fewer values than the header: the plugin takes them for absent")
            if given > width or rules.exact:
                return
            cells += [""] * (width - given)
        self.result.rows += 1
        for number, column, test, level, code, message in rules.cells:
            if number < len(cells) and not test(cells[number]):
                if "%s" in message:
                    message = message % f"'{cells[number]}'"
                note(level, line, column, code, message)
        if rules.row:
            rules.row(line, cells, given, note)
        if rules.unique and len(self.row_lines) < _MOST_COMPARED:
            self.row_lines.append(line)
            for hashes, (number, _column, fold, _level) in zip(self.hashes, rules.unique):
                value = cells[number]
                hashes.append(hash(value.lower() if fold else value) if value else 0)

    def finish(self, width):
        """What can only be said at the end."""
        result = self.result
        if width is None:
            message = "the file has no header line: the plugin would never end its run and block a process of the server"
            self.note("error", None, None, "no_header", message)
        elif not self.data_lines:
            hint = "" if self.service else " (a file of courses to delete or check has no header: then name service and action)"
            self.note("error", None, None, "no_rows", "the file has no data row" + hint)
        self.line_ends.discard(b"")
        ends = self.line_ends & {b"\r\n", b"\n", b"\r"}
        if len(ends) > 1:
            self.note("warning", None, None, "mixed_line_ends", "the file has several kinds of line ends")
        if self.row_lines:
            for hashes, (_number, column, _fold, level) in zip(self.hashes, self.rules.unique):
                self.doubles(hashes, column, level)
            if result.rows > len(self.row_lines):
                message = f"values that stand in a column twice were looked for up to line {self.row_lines[-1]}, and not beyond"
                self.note("warning", None, None, "doubles_not_sought", message)

    def doubles(self, hashes, column, level):
        """Findings for values that stand in a column twice.

        Equal hashes are taken for equal values: among a million values, two have the same 64 bits once in 37 million files.
        """
        ordered = sorted(hashes)
        twice = {value for value, following in zip(ordered, islice(ordered, 1, None)) if value == following} - {0}
        del ordered
        if not twice:
            return
        first = {}
        for value, line in zip(hashes, self.row_lines):
            if value in twice:
                if value in first:
                    message = f"has the same {column} as line {first[value]}"
                    self.note(level, line, column, "duplicate_value", message)
                else:
                    first[value] = line


def _has_quoted(text, separator):
    return any(cell.strip(BLANKS).startswith('"') for cell in text.split(separator))


def _is_unicode(text):
    """Whether the text was decoded without a bad byte (those become surrogates)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
