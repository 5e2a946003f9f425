# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a report beside the rows of the file: what all services have in common.

Private to this collection. Both are read in order, side by side. A line that names no row still to come is taken for
the next one that should have a line.
"""

from __future__ import annotations

import re
from collections import deque

from ..errors import visible
from . import lines as reportlines
from .lines import CREATED, DELETED, FAILED, FATAL, OK, SKIPPED, UPDATED, WARNING

# Rows that are looked through for the one that a line names.
LOOK_AHEAD = 50_000

# What a line says of its row: (outcome or None, whether it is certain). Classes first, then the keys that differ.
_BY_CLASS = {**{cls: (cls, True) for cls in (CREATED, UPDATED, DELETED, SKIPPED)}, OK: ("unchanged", True)}
_BY_KEY = {
    # Written for every user or course that exists, whether it changed or not.
    "useraccountupdated": ("updated", False),
    "courseupdated": ("updated", False),
    # New and old enrolments, removed and absent ones read the same.
    ("enrols", "enrolled"): ("updated", False),
    "assign": ("updated", False),
    "enrolupdated": ("updated", False),
    "allenrolsupdated": ("updated", False),
    "unenrolled": ("deleted", False),
    "unassign": ("deleted", False),
    "unassignall": ("deleted", False),
    "cohortmemberremoved": ("deleted", False),
    # Groups are a part of the row, not its object.
    "groupcreated": ("updated", True),
    "removedfromgroup": ("updated", False),
    "removedfromgroupnot": (None, False),
    "addedtogroup": (None, False),
    "moodle/addedtogroup": (None, False),
    "moodle/addedtogroupnotenrolled": (None, False),
    ("users", "enrolled"): (None, False),
    "roleadded": (None, False),
    "remoteenrolled": (None, False),
    "usercreatedremotely": ("updated", True),
    "willcreatecourse": ("created", True),
    "willcreatecourseontemplate": ("created", True),
    "willupdatecourse": ("updated", False),
}
_CHANGES = ("created", "deleted", "updated")
# What reasons don't repeat. A failure's key names the row, and that is enough.
_WORD = re.compile(r"[^\s,;<>()\[\]]+")
_HIDDEN = "..."
# The strongest first.
_RANK = {outcome: rank for rank, outcome in enumerate((*_CHANGES, "skipped", "unchanged"))}


class Fate:
    """What has become of a row, as far as the report has said it by now."""

    __slots__ = ("row", "key", "line", "outcome", "sure", "reason", "said")

    def __init__(self, row, key, line):
        self.row, self.key, self.line = row, key, line
        self.outcome = self.reason = self.said = None
        self.sure = False

    def add(self, outcome, certain):
        """Note an outcome; a certain one counts more than a weaker or uncertain one."""
        if outcome in _CHANGES and certain:
            self.sure = True
        if outcome and (self.outcome is None or _RANK[outcome] < _RANK[self.outcome]):
            self.outcome = outcome


class Rows:
    """The rows of the file in order, each handed out once. passed(row) is called for those that are handed to nobody."""

    def __init__(self, rows, keys_of, passed):
        self._rows, self._keys_of, self._passed = iter(rows), keys_of, passed
        self._ahead = deque()
        # How many of the rows ahead have a key.
        self._keys = {}

    def _pull(self):
        """The next row of the file that the plugin acts on, or None."""
        for row in self._rows:
            if not row.skipped:
                return row
            self._passed(row)
        return None

    def take(self):
        """The next row, or None."""
        if not self._ahead:
            return self._pull()
        row = self._ahead.popleft()
        for key in self._keys_of(row):
            self._keys[key] -= 1
            if not self._keys[key]:
                del self._keys[key]
        return row

    def take_key(self, keys):
        """The next row that has one of a set of keys, or None; rows before it are passed."""
        if not self._ahead:
            row = self._pull()
            if row is None or not keys.isdisjoint(self._keys_of(row)):
                return row
            self._hold(row)
        while self._keys.keys().isdisjoint(keys):
            if len(self._ahead) >= LOOK_AHEAD or not self._buffer():
                return None
        self.pass_while(lambda row: keys.isdisjoint(self._keys_of(row)))
        return self.take()

    def _buffer(self):
        row = self._pull()
        if row is not None:
            self._hold(row)
        return row is not None

    def _hold(self, row):
        self._ahead.append(row)
        for key in self._keys_of(row):
            self._keys[key] = self._keys.get(key, 0) + 1

    def pass_while(self, test):
        """Pass the rows for which test(row) is true; returns the next one without handing it out, or None."""
        while self._ahead or self._buffer():
            if not test(self._ahead[0]):
                return self._ahead[0]
            self._passed(self.take())
        return None


class Parser:
    """Base of the services' parsers. Fills a report.Report."""

    service = ""
    # Columns that name a row in the failures.
    key_columns: tuple[str, ...] = ()
    # Failures whose first placeholder stands for a person's names and the like.
    personal: frozenset[str] = frozenset()

    def __init__(self, report, rows, settings, limit):
        self.report, self.settings, self.limit = report, settings, limit
        self.has_rows = rows is not None
        self.rows = Rows(rows or (), self.keys_of, self._unreported)
        self.fate = None
        self.ended = False
        self.surplus = 0
        self.silent, self.first_silent = 0, None
        self.said = {}
        self.match = reportlines.index_for(self.service).match

    # What services differ in.

    def keys_of(self, row):
        """What report lines may name the row by."""
        return ()

    def marker(self, line, number):
        """Whether the line only says which row comes next."""
        return False

    def on_line(self, key, cls, found, number):
        """A line that says something of a row."""
        self.note(key, cls, number)

    def on_unknown(self, line, number):
        """Whether a line of no known text was understood all the same."""
        return False

    # The pass over the lines.

    def run(self):
        report = self.report
        match = self.match
        for number, whole in enumerate(report.lines):
            line, simulated = reportlines.without_prefix(whole)
            if self.marker(line, number):
                continue
            line = reportlines.tidy(line)
            found = match(line)
            if found is None:
                if line and not self.on_unknown(line, number):
                    report.counts["unparsed"] += 1
                continue
            key, cls, captures = found
            # The prefix of this one line is inverted.
            if simulated != (key == "cohortfreed") or key == "simulationsummary":
                report.simulated = True
            if key == "endofreport":
                self.ended = True
            elif cls == FATAL:
                report.fatal = report.fatal or whole
                self.on_fatal(key, number)
            elif key in ("cleaned", "cleanupdisabledbyconf"):
                report.file_consumed = key == "cleaned"
            else:
                self.on_line(key, cls, captures, number)
        self.finish()
        counts = report.counts
        counts["rows"] = sum(counts[name] for name in (*_CHANGES, "unchanged", "skipped", "failed", "unreported"))
        if report.lines:
            report.outcome = "complete" if self.ended and not report.fatal else "aborted"
        self._warn()

    def on_fatal(self, key, number):
        """The run ended here."""

    def finish(self):
        """No line is left: the rows to come have none."""
        self.begin(None)
        self.rows.pass_while(lambda row: True)

    def _warn(self):
        warn = self.report.warnings.append
        for text, count in self.said.values():
            warn(text if count == 1 else f"{text} (and {count - 1} more lines like it)")
        if self.silent:
            first = f"the first in line {self.first_silent}"
            warn(f"The plugin passes over {self.silent} of the rows without a word, {first}.")
        if self.surplus:
            warn(f"The report tells of {self.surplus} more rows than the file has: it may be of another file.")
        if self.report.counts["unparsed"]:
            warn(f"{self.report.counts['unparsed']} lines of the report are of no known kind.")

    # Rows and what is said of them.

    def begin(self, row, key=None):
        """Close the fate of the row before and begin the next one's."""
        if self.fate is not None:
            self._close(self.fate)
        self.fate = None
        if row is not None or key is not None:
            self.fate = Fate(row, key, row.line if row is not None else None)

    def next_row(self, keys=None):
        """Begin the fate of the row that has one of the keys, or of the next one."""
        row = self.take(keys)
        if row is None and self.has_rows:
            self.surplus += 1
        self.begin(row, keys[0] if keys else "")

    def take(self, keys):
        """The next row that has one of the keys; where there is none, the next one that should have a line."""
        row = self.rows.take_key(frozenset(keys)) if keys else None
        return self.take_any() if row is None else row

    def take_any(self):
        """The next row that should have a line of its own."""
        return self.rows.take()

    def note(self, key, cls, number):
        """Add a line of that key and class to the fate of the current row."""
        if cls == WARNING:
            text, count = self.said.get(key, (self.report.lines[number], 0))
            self.said[key] = (text, count + 1)
        elif cls == FAILED:
            self.fail(number)
        elif self.fate is not None:
            effect = _BY_KEY.get(key) or _BY_KEY.get((self.service, key)) or _BY_CLASS.get(cls)
            if effect:
                self.fate.add(*effect)

    def fail(self, number):
        if self.fate is None:
            self._list_failure(None, None, number)
        elif self.fate.reason is None:
            self.fate.reason = number

    def _list_failure(self, line, key, number):
        report = self.report
        report.failure_count += 1
        if len(report.failures) < self.limit:
            report.failures.append({"line": line, "key": key, "reason": self._reason(report.lines[number])})

    def _reason(self, whole):
        """A line of the report without names and addresses of people."""
        found = self.match(reportlines.tidy(reportlines.without_prefix(whole)[0]))
        person = found[2][0].strip() if found and found[0] in self.personal else ""
        return _WORD.sub(_without_email, whole.replace(person, _HIDDEN, 1) if person else whole)

    def _close(self, fate):
        if fate.reason is not None:
            key = self.name_of(fate.row) if fate.row is not None else fate.key or None
            self._list_failure(fate.line, key, fate.reason)
        outcome = "failed" if fate.reason is not None and not fate.sure else fate.outcome
        if fate.row is None and (self.has_rows or outcome is None):
            return
        self._count(fate.line, outcome or "unreported", fate.reason)

    def _count(self, line, outcome, reason=None):
        self.report.counts[outcome] += 1
        if line is not None and self.has_rows:
            self.report.row_outcomes.set(line, outcome, reason)

    def _unreported(self, row):
        """A row that no line is about."""
        if row.skipped:
            self.silent += 1
            self.first_silent = self.first_silent or row.line
        self._count(row.line, "skipped" if row.skipped else "unreported")

    def name_of(self, row):
        """The row's key for people: the values of the key columns."""
        values = (row.values.get(column) for column in self.key_columns)
        return printable(" / ".join(filter(None, values)))


def _without_email(found):
    """A word, or what stands for an e-mail address."""
    return _HIDDEN if "@" in found.group().strip("@") else found.group()


def printable(name):
    """A key without the stand-ins for bytes that are no UTF-8, and made visible; None for an empty one."""
    return visible(name.encode("utf-8", "replace").decode("utf-8")) or None
