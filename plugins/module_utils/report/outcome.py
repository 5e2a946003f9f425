# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of the plugin turned into counts, failures and, where the file is at hand, the fate of every row.

Private to this collection. One pass over the report and one over the file; of a row no more is kept than a few bytes.

Every row counts once. The worst thing said of it decides, with one exception: a row that certainly changed something
and then failed in another part counts as the change, so that the change is not lost; its failure stands in the
failures all the same.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from ..errors import visible
from .services import PARSERS

TOLD = ("rows", "created", "updated", "deleted", "unchanged", "skipped", "failed", "unreported", "unparsed")
_OUTCOMES = (None, *TOLD[1:8])

# UTF-8 that was taken for Latin-1 (or Windows-1252) and encoded again.
_MOJIBAKE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|[\u00c4\u00c5][\u0080-\u009f]|\u00e2(?:\u0080|\u20ac)[\u0080-\uffff]")
_FIRST = r"(?:Starting\.\.\.\d|Starting cohorts operations|# -- \d)"
_START = re.compile(rf"^{_FIRST}", re.M)
# It may stand in the middle of a sentence: the value is "Starting...
_QUOTED_START = re.compile(rf'(?<="){_FIRST}')
_END = re.compile(r"^(?:end of report|Fin du rapport de traitement)[^\S\n]*$", re.M)
_EXPECTED = '", the server was expecting "text" type'


class RowOutcomes:
    """Line of the file -> outcome, for the rows that were attributed, in a few bytes a line."""

    def __init__(self):
        self._codes, self._reasons = bytearray(), array("I")

    def set(self, line, outcome, reason=None):
        """reason: the number of a report line, or None. A failure stays what a cut line was."""
        if line >= len(self._codes):
            more = line + 1 - len(self._codes) + 4096
            self._codes.extend(bytes(more))
            self._reasons.extend(array("I", [0]) * more)
        if not self._reasons[line]:
            self._codes[line] = _OUTCOMES.index(outcome)
        if reason is not None:
            self._reasons[line] = reason + 1

    def get(self, line):
        return _OUTCOMES[self._codes[line] if line < len(self._codes) else 0]

    def reason(self, line):
        """The number of the report line that says why the row failed, or None."""
        number = self._reasons[line] if line < len(self._reasons) else 0
        return number - 1 if number else None

    def items(self):
        return ((line, _OUTCOMES[code]) for line, code in enumerate(self._codes) if code)


@dataclass
class Report:
    """What a report says.

    outcome: complete, aborted (no end, or a fatal line) or empty. counts: rows is the sum of the others but unparsed,
    which counts lines. failures: the first of them, dicts of line, key and reason; failure_count: all. lines: without
    blank ones.
    fatal: the line that ended the run. file_consumed: whether the plugin removed its input file, None where it does
    not say.
    """

    outcome: str = "empty"
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOLD, 0))
    failures: list[dict] = field(default_factory=list)
    failure_count: int = 0
    warnings: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    simulated: bool = False
    fatal: str | None = None
    file_consumed: bool | None = None
    mojibake: bool = False
    row_outcomes: RowOutcomes = field(default_factory=RowOutcomes)


def parse(text, service, action="sync", *, rows=None, settings=None, limit=10000):
    """Parse the report of a run. Never raises on any text.

    rows: the rows of the file that was sent (csvfile.dialect.Row), in order, or None.
    settings: what is known of the service's settings; they tell which column is the key that failures are named by.
    limit: failures that are listed.
    """
    report = Report()
    # Some of the characters that tell it are control characters.
    report.mojibake = not text.isascii() and bool(_MOJIBAKE.search(text))
    report.lines = [visible(line) for line in map(str.rstrip, text.split("\n")) if line]
    PARSERS[service, action](report, rows, settings or {}, limit).run()
    return report


def find_report(text):
    """The report inside another text (debuginfo of an answer that Moodle refused), or None."""
    start = _START.search(text) or _QUOTED_START.search(text)
    if not start:
        return None
    found = text[start.start() :]
    ends = [end.end() for end in _END.finditer(found)]
    if ends:
        return found[: ends[-1]]
    return found.partition(_EXPECTED)[0]


def tryback(rows, report, target, *, separator=";"):
    """Write the rows that failed to a binary stream, so that they can be corrected and sent again. Returns their
    number.

    The header comes first; before each row a comment gives its line and the reason, which the plugin passes over. A
    line that was cut is written whole. Rows with a failure beside another outcome are written too. Nothing is written
    without such rows.
    """
    written = 0
    for line, pieces in groupby(rows, attrgetter("line")):
        reason = report.row_outcomes.reason(line)
        if reason is None:
            continue
        first, *others = pieces
        if not written and first.columns[0] != "identifier":
            target.write(_line(separator.join(first.columns)))
        target.write(_line(_comment(line, report.lines[reason])))
        target.write(_line("".join(piece.text for piece in (first, *others))))
        written += 1
    return written


def _line(text):
    return text.encode("utf-8", "surrogateescape") + b"\n"


def _comment(line, why):
    """A comment that the plugin reads in one piece, since the rest of a cut one would be a row."""
    text = f"# line {line}: {why}".encode("utf-8", "replace")[:1000]
    return " ".join(text.decode("utf-8", "ignore").split())
