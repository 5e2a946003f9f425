# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which row of the file a line of the report is about, service by service.

Private to this collection. Both are read in order, side by side: enrols numbers its rows, cohorts announces them, the
others name a key or go row by row. A line that names no row still to come is taken for the next one that should have
a line.
"""

from __future__ import annotations

from collections import Counter, deque

from . import reportlines
from .reportlines import CREATED, DELETED, FAILED, FATAL, OK, SKIPPED, UPDATED, WARNING

# Rows that are looked through for the one that a line names.
LOOK_AHEAD = 50_000

# What a line says of its row: (outcome or None, whether it is certain). Classes first, then the keys that differ.
_BY_CLASS = {
    CREATED: ("created", True),
    UPDATED: ("updated", True),
    DELETED: ("deleted", True),
    OK: ("unchanged", True),
    SKIPPED: ("skipped", True),
}
_BY_KEY = {
    # Written for every user, course or cohort that exists, whether it changed or not.
    "useraccountupdated": ("updated", False),
    "courseupdated": ("updated", False),
    "cohortupdated": ("unchanged", False),
    # New and old enrolments, removed and absent ones read the same.
    ("enrols", "enrolled"): ("updated", False),
    "assign": ("updated", False),
    "enrolupdated": ("updated", False),
    "allenrolsupdated": ("updated", False),
    "unenrolled": ("deleted", False),
    "unassign": ("deleted", False),
    "unassignall": ("deleted", False),
    "cohortmemberremoved": ("deleted", False),
    "metalinkrevived": ("unchanged", False),
    # Groups are a part of the row, not its object.
    "groupcreated": ("updated", True),
    "removedfromgroup": ("updated", False),
    "removedfromgroupnot": (None, True),
    "addedtogroup": (None, False),
    "moodle/addedtogroup": (None, False),
    "moodle/addedtogroupnotenrolled": (None, True),
    ("users", "enrolled"): (None, False),
    "roleadded": (None, False),
    "remoteenrolled": (None, False),
    "usercreatedremotely": ("updated", True),
    "willcreatecourse": ("created", True),
    "willcreatecourseontemplate": ("created", True),
    "willupdatecourse": ("updated", False),
}
_CHANGES = ("created", "deleted", "updated")
# The strongest first.
_RANK = {outcome: rank for rank, outcome in enumerate((*_CHANGES, "skipped", "unchanged"))}


class _Account:
    """What the report has said of one row so far."""

    __slots__ = ("row", "key", "line", "outcome", "sure", "unsure", "reason", "said")

    def __init__(self, row, key, line):
        self.row, self.key, self.line = row, key, line
        self.outcome = self.reason = self.said = None
        self.sure = self.unsure = False

    def add(self, outcome, certain):
        """Note an outcome; a certain one counts more than a weaker or uncertain one."""
        if outcome in _CHANGES and certain:
            self.sure = True
        self.unsure = self.unsure or not certain
        if outcome and (self.outcome is None or _RANK[outcome] < _RANK[self.outcome]):
            self.outcome = outcome


class _Rows:
    """The rows of the file in order, each handed out once. passed(row) is called for those that are handed to
    nobody."""

    def __init__(self, rows, keys_of, passed):
        self._rows, self._keys_of, self._passed = iter(rows), keys_of, passed
        self._ahead = deque()
        self._keys = Counter()

    def _pull(self):
        """The next row of the file that the plugin acts on, or None."""
        for row in self._rows:
            if not row.skipped:
                return row
            self._passed(row)
        return None

    def peek(self):
        """The next row, without handing it out, or None."""
        if not self._ahead:
            self._buffer()
        return self._ahead[0] if self._ahead else None

    def take(self):
        """The next row, or None."""
        if not self._ahead:
            return self._pull()
        row = self._ahead.popleft()
        self._keys.subtract(self._keys_of(row))
        return row

    def take_key(self, keys):
        """The next row that has one of a set of keys, or None; rows before it are passed."""
        if not self._ahead:
            row = self._pull()
            if row is None or not keys.isdisjoint(self._keys_of(row)):
                return row
            self._hold(row)
        while not any(self._keys[key] > 0 for key in keys):
            if len(self._ahead) >= LOOK_AHEAD or not self._buffer():
                return None
        while True:
            row = self.take()
            if not keys.isdisjoint(self._keys_of(row)):
                return row
            self._passed(row)

    def _buffer(self):
        row = self._pull()
        if row is not None:
            self._hold(row)
        return row is not None

    def _hold(self, row):
        self._ahead.append(row)
        self._keys.update(self._keys_of(row))

    def pass_rest(self):
        for row in iter(self.take, None):
            self._passed(row)


class _NoRows:
    """Stands for a file that is not at hand."""

    def peek(self):
        return None

    take = peek

    def take_key(self, keys):
        return None

    def pass_rest(self):
        return None


class Parser:
    """Base of the services' parsers. Fills a report.Report."""

    service = ""
    # Columns that name a row in the failures.
    key_columns: tuple[str, ...] = ()

    def __init__(self, report, rows, settings, limit):
        self.report, self.settings, self.limit = report, settings, limit
        self.has_rows = rows is not None
        self.rows = _Rows(rows, self.keys_of, self._unreported) if self.has_rows else _NoRows()
        self.account = None
        self.ended = False
        self.surplus = 0
        self.silent = []
        self.said = {}

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
        match, elsewhere = reportlines.index_for(self.service).match, reportlines.index_for(None).match
        for number, whole in enumerate(report.lines):
            line, simulated = reportlines.without_prefix(whole)
            if self.marker(line, number):
                continue
            line = reportlines.tidy(line)
            found = match(line)
            if found is None and (self.on_unknown(line, number) or not line):
                continue
            found = found or elsewhere(line)
            if found is None:
                report.counts["unparsed"] += 1
                continue
            key, cls, captures = found
            # The prefix of this one line is inverted.
            if simulated != (key == "cohortfreed"):
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
        self._finish()

    def on_fatal(self, key, number):
        """The run ended here."""

    def _finish(self):
        report = self.report
        self.begin(None)
        self.rows.pass_rest()
        counts = report.counts
        counts["rows"] = sum(counts[name] for name in (*_CHANGES, "unchanged", "skipped", "failed", "unreported"))
        if report.lines:
            report.outcome = "complete" if self.ended and not report.fatal else "aborted"
        self._warn()

    def _warn(self):
        warn = self.report.warnings.append
        for text, count in self.said.values():
            warn(text if count == 1 else f"{text} (and {count - 1} more lines like it)")
        if self.silent:
            count, line = self.silent
            warn(f"The plugin passes over {count} of the rows without a word, the first in line {line}.")
        if self.surplus:
            warn(f"The report tells of {self.surplus} more rows than the file has: it may be of another file.")
        if self.report.counts["unparsed"]:
            warn(f"{self.report.counts['unparsed']} lines of the report are of no known kind.")

    # Rows and what is said of them.

    def begin(self, row, key=None):
        """Close the account of the row before and open the next one's."""
        if self.account is not None:
            self._close(self.account)
        self.account = None
        if row is not None or key is not None:
            self.account = _Account(row, key, row.line if row is not None else None)

    def next_row(self, keys=None):
        """Open the account of the row that has one of the keys, or of the next one."""
        row = self.rows.take_key(frozenset(keys)) if keys else None
        if row is None and self.has_rows:
            row = self.take_any()
        if row is None and self.has_rows:
            self.surplus += 1
        self.begin(row, keys[0] if keys else "")

    def take_any(self):
        """The next row that should have a line of its own."""
        return self.rows.take()

    def note(self, key, cls, number):
        """Add a line of that key and class to the current account."""
        if cls == WARNING:
            self.remember(key, number)
            return
        if cls == FAILED:
            self.fail(number)
            return
        effect = _BY_KEY.get(key) or _BY_KEY.get((self.service, key)) or _BY_CLASS.get(cls)
        if effect and self.account is not None:
            self.account.add(*effect)

    def remember(self, key, number):
        text, count = self.said.get(key, (self.report.lines[number], 0))
        self.said[key] = (text, count + 1)

    def fail(self, number):
        if self.account is None:
            self._list_failure(None, None, number)
        elif self.account.reason is None:
            self.account.reason = number

    def _list_failure(self, line, key, number):
        report = self.report
        report.failure_count += 1
        if len(report.failures) < self.limit:
            report.failures.append({"line": line, "key": key, "reason": report.lines[number]})

    def _close(self, account):
        report = self.report
        changed = account.outcome in _CHANGES
        if changed and (account.sure or account.unsure):
            report.changes += 1
        if account.unsure and not account.sure:
            report.certain = False
        if account.reason is not None:
            key = self.name_of(account.row) if account.row is not None else account.key or None
            self._list_failure(account.line, key, account.reason)
        outcome = "failed" if account.reason is not None and not account.sure else account.outcome
        if account.row is None and self.has_rows:
            return
        if outcome is None and account.row is None:
            return
        self._count(account.line, outcome or "unreported", account.reason)

    def _count(self, line, outcome, reason=None):
        self.report.counts[outcome] += 1
        if line is not None:
            self.report.row_outcomes.set(line, outcome, reason)

    def _unreported(self, row):
        """A row that no line is about."""
        if row.skipped:
            self.silent = [self.silent[0] + 1, self.silent[1]] if self.silent else [1, row.line]
        self._count(row.line, "skipped" if row.skipped else "unreported")

    def name_of(self, row):
        """The row's key for people: the values of the key columns."""
        values = [row.values.get(column) for column in self.key_columns]
        name = " / ".join(value for value in values if value)
        return name.encode("utf-8", "replace").decode("utf-8") or None


class Users(Parser):
    """One group of lines for each account. Deletions have no line at all."""

    service = "users"
    _OPENS = frozenset(
        (
            "useraccountadded",
            "useraccountupdated",
            "userrevived",
            "usercreatecollision",
            "userupdatecollision",
            "usercreatemailcollision",
            "userupdatemailcollision",
            "usernotaddederror",
            "usernotupdatederror",
            "usernotrenamedexists",
            "usernotrenamedmissing",
        )
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        identity = self.settings.get("primaryidentity")
        self.key_columns = ("username",) if identity in (None, "", "id", "username") else (identity, "username")
        self.open_collision = None
        self.enrolled = set()

    def keys_of(self, row):
        return (row.values.get("username", "").lower(),)

    def name_of(self, row):
        return next((row.values[column] for column in self.key_columns if row.values.get(column)), None)

    def take_any(self):
        """Rows with a value in the column deleted have no line when they work."""
        row = self.rows.take()
        while row is not None and "deleted" in row.values:
            self._unreported(row)
            row = self.rows.take()
        return row

    def marker(self, line, number):
        """The second line of a collision, which names the user."""
        if self.open_collision is None:
            return False
        first, self.open_collision = self.open_collision, None
        named = ", [" in line
        self._open("collision", _before(line, " , [") if named else "", first)
        self.fail(first)
        return named

    def on_line(self, key, cls, found, number):
        if key not in self._OPENS:
            self._part(key, cls, found, number)
            return
        text = found[0].strip()
        if "collision" in key and text.startswith("Required :"):
            self.open_collision = number
            return
        previous = self.account.said if self.account is not None else None
        name = _user_named(key, text)
        if not (key == "useraccountupdated" and previous == "userrevived" and name == self.account.key):
            self._open(key, name, number)
        self.note(key, cls, number)

    def _open(self, key, name, number):
        self.next_row([name.lower()])
        self.account.said, self.account.key = key, name
        self.enrolled.clear()

    def begin(self, row, key=None):
        super().begin(row, key)
        if self.account is None and key is not None:
            self.account = _Account(None, key, None)

    def _part(self, key, cls, found, number):
        if key == "enrolled":
            self.enrolled.add(tuple(found))
        # The plugin reports this after every enrolment without a role, although the enrolment worked.
        if key == "enrollednot" and tuple(found) in self.enrolled:
            return
        self.note(key, cls, number)

    def on_fatal(self, key, number):
        if key != "error/missingfield":
            return
        # The first row still to come that lacks a required value is the one that ended the run.
        self.begin(None)
        row = self.rows.take()
        while row is not None:
            if not all(row.values.get(name, "") not in ("", "0") for name in ("username", "firstname", "lastname")):
                self.begin(row)
                self.fail(number)
                return
            self._unreported(row)
            row = self.rows.take()

    def _finish(self):
        if self.open_collision is not None:
            self.marker("", -1)
        super()._finish()


def _user_named(key, text):
    """The username in what stands for the placeholder of an account line."""
    if key == "useraccountadded":
        return text.rpartition(" , ")[2].strip()
    if key == "useraccountupdated":
        return text.rpartition(" as [")[2].partition("]")[0]
    if key == "userrevived":
        return text.partition(" (")[0]
    if key in ("usernotaddederror", "usernotupdatederror"):
        return text.partition("[")[2].partition("]")[0]
    if key.startswith("usernotrenamed"):
        return text.rpartition(" ")[2]
    return _before(text, " , [")


def _before(text, end):
    """The name before a mark, after an id in brackets and a comma if there are any."""
    name = text.partition(end)[0].strip()
    if name.startswith("("):
        name = name.partition(")")[2]
    return name.lstrip(" ,").strip()


class Enrols(Parser):
    """A line with a number stands before the lines of every row."""

    service = "enrols"
    key_columns = ("uid", "cid")

    def marker(self, line, number):
        if not line.startswith("# -- ") or not line[5:].isdigit():
            return False
        self.begin(None)
        wanted = int(line[5:20])
        row = self.rows.peek()
        while row is not None and (row.number or row.line) < wanted:
            self._unreported(self.rows.take())
            row = self.rows.peek()
        if not self.has_rows or (row is not None and (row.number or row.line) == wanted):
            self.begin(self.rows.take(), "")
            self.account.line = self.account.line or wanted
        return True

    def note(self, key, cls, number):
        account = self.account
        # A shift un-enrols and enrols again.
        if key in ("enrolled", "assign") and account is not None and account.outcome == "deleted":
            account.outcome = None
        super().note(key, cls, number)


class Cohorts(Parser):
    """A line that starts with Processing stands before the lines of every row."""

    service = "cohorts"
    _CHANGING = ("cdescription", "ccatcontext", "ccatcontextidnumber")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.key_columns = ("c" + (self.settings.get("cohortidentifier") or "idnumber"), "userid")

    def marker(self, line, number):
        if not line.startswith("Processing "):
            return False
        self.next_row()
        return True

    def note(self, key, cls, number):
        row = self.account.row if self.account is not None else None
        if key == "cohortupdated" and row is not None:
            # Written for every cohort that is there: only these columns can change it.
            changing = any(row.values.get(column) for column in self._CHANGING)
            self.account.add(*(("updated", False) if changing else ("unchanged", True)))
            return
        super().note(key, cls, number)


class CoursesCreate(Parser):
    """Errors found in a first reading of the file come first, with a line number or a category; then every course in
    order."""

    service = "courses"
    key_columns = ("shortname",)
    _NAMES = {"coursecreated": 1, "courseexists": 2, "courseupdated": 2, "willcreatecourse": 1,
              "willcreatecourseontemplate": 1, "willupdatecourse": 1}  # fmt: skip

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.failed_lines = {}
        self.failed_categories = {}
        self.precheck = None
        self.offset = None

    def keys_of(self, row):
        names = (row.values.get("shortname"), row.values.get("idnumber"))
        return tuple(name for name in names if name)

    def on_line(self, key, cls, found, number):
        if self.precheck is not None and key != "errorsectioncreate":
            self._unnamed(self.precheck)
        self.precheck = None
        if key in self._NAMES:
            self._course(key, cls, found, number)
        elif key == "catidnumbererror":
            self._category(found[0], number)
        elif key == "errorprecheck":
            self.precheck = number
        elif key in ("errorinputconditions", "errorbackupfile"):
            self._unnamed(number)
        elif cls == FAILED and key.startswith("error") and found and found[0].strip().isdigit():
            self._numbered(int(found[0].strip()[:12]) + 2, number)
        else:
            self.note(key, cls, number)

    def _course(self, key, cls, found, number):
        names = [name for name in found[: self._NAMES[key]] if name]
        account = self.account
        if key == "courseupdated" and account is not None and account.said == "coursecreated":
            # A template on a course that exists: reported as created, then as updated.
            following = self.peek_fit()
            if account.key == found[0] and (following is None or found[0] not in self.keys_of(following)):
                account.outcome, account.sure = None, False
                self.note(key, cls, number)
                return
        self._open(names)
        self.account.said, self.account.key = key, found[0]
        self.note(key, cls, number)

    def _open(self, keys):
        self.peek_fit()
        row = self.rows.take_key(frozenset(keys)) if keys else None
        if row is None and self.has_rows:
            row = self.take_any()
        while row is not None and self._known_failure(row) is not None:
            self._settle(row)
            self.peek_fit()
            row = self.rows.take_key(frozenset(keys)) if keys else None
            row = row if row is not None else self.take_any()
        if row is None and self.has_rows:
            self.surplus += 1
        self.begin(row, keys[0] if keys else "")
        if self.account is None:
            self.account = _Account(None, "", None)

    def peek_fit(self):
        """The next row that did not fail in the first reading, without handing it out."""
        row = self.rows.peek()
        while row is not None and self._known_failure(row) is not None:
            self._settle(self.rows.take())
            row = self.rows.peek()
        return row

    def take_any(self):
        self.peek_fit()
        return self.rows.take()

    def _known_failure(self, row):
        reason = self.failed_lines.get(self._plugin_line(row))
        return reason if reason is not None else self.failed_categories.get(row.values.get("category"))

    def _plugin_line(self, row):
        """The line as the plugin counts: a cut line counts more than once."""
        if self.offset is None:
            self.offset = row.line - row.number if row.number else 0
        return row.number + self.offset if row.number else row.line

    def _settle(self, row):
        """Count a row that failed in the first reading."""
        reason = self._known_failure(row)
        self.failed_lines.pop(self._plugin_line(row), None)
        self._count(row.line, "failed", reason)
        self._list_failure(row.line, self.name_of(row), reason)

    def _unreported(self, row):
        if not row.skipped and self._known_failure(row) is not None:
            self._settle(row)
        else:
            super()._unreported(row)

    def _numbered(self, line, number):
        account = self.account
        if account is not None and account.line == line:
            self.fail(number)
        else:
            self.failed_lines.setdefault(line, number)

    def _category(self, category, number):
        if self.has_rows:
            self.failed_categories.setdefault(category, number)
        else:
            self._count(None, "failed")
            self._list_failure(None, category, number)

    def _unnamed(self, number):
        """A failure that says nothing of its row: the next one."""
        self._open([])
        self.fail(number)

    def _finish(self):
        if self.precheck is not None:
            self._unnamed(self.precheck)
        self.begin(None)
        self.rows.pass_rest()
        for line, number in sorted(self.failed_lines.items()):
            # A line of the file that was not handed over, or one that counted already.
            known = self.report.row_outcomes.get(line) is not None
            if not self.has_rows and not known:
                self._count(line, "failed", number)
            self._list_failure(line, None, number)
        super()._finish()


class _InOrder(Parser):
    """One line for every row."""

    service = "courses"
    key_columns = ("identifier",)
    opens = frozenset()

    def on_line(self, key, cls, found, number):
        if key in self.opens:
            self.next_row(self.names(key, found))
            if self.account is None:
                self.account = _Account(None, "", None)
        self.note(key, cls, number)

    def names(self, key, found):
        """What the line names the row by, or None."""
        return None


class CoursesDelete(_InOrder):
    opens = frozenset(("coursedeleted", "coursenotfound"))

    def keys_of(self, row):
        return (row.values.get("identifier", ""),)

    def names(self, key, found):
        return [found[0].strip()]


class CoursesCheck(_InOrder):
    opens = frozenset(("coursefoundas", "coursenotfound2"))


class CoursesBindmetas(_InOrder):
    opens = frozenset(("metalinkcreated", "metalinkrevived", "metalinkdisabled"))
    key_columns = ("master", "meta")


class CoursesReset(_InOrder):
    opens = frozenset(("resettingcourse", "unkownshortname", "nonuniqueidentifierexception"))
    key_columns = ("shortname",)

    def keys_of(self, row):
        return (row.values.get("shortname", ""),)

    def names(self, key, found):
        if key != "resettingcourse":
            return None
        text = found[0].strip()
        if not text.endswith(")"):
            return None
        # Either name may hold brackets.
        return [text.rpartition(" (")[2][:-1], text.partition(" (")[2][:-1]]

    def on_unknown(self, line, number):
        """What Moodle says of each part that was reset, in the language of the account."""
        if self.account is None or " : " not in line:
            return False
        if not line.endswith(" : OK"):
            self.fail(number)
        return True


_PARSERS = {
    ("courses", "create"): CoursesCreate,
    ("courses", "delete"): CoursesDelete,
    ("courses", "check"): CoursesCheck,
    ("courses", "reset"): CoursesReset,
    ("courses", "bindmetas"): CoursesBindmetas,
    ("users", "sync"): Users,
    ("enrols", "sync"): Enrols,
    ("cohorts", "sync"): Cohorts,
}


def parser_for(service, action):
    """The parser class of a service and action. ValueError for one that does not exist."""
    if (service, action) not in _PARSERS:
        raise ValueError(f"there is no action {action} of a service {service}")
    return _PARSERS[service, action]
