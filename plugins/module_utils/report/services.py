# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which row of the file a line of the report is about, service by service.

Private to this collection. Enrols numbers its rows, cohorts announces them, the others name a key or go row by row.
"""

from __future__ import annotations

from .lines import FAILED
from .parser import Parser, printable


class UsersReport(Parser):
    """One group of lines for each account. Deletions have no line at all."""

    service = "users"
    _OPENS = frozenset(
        "useraccountadded useraccountupdated userrevived usernotaddederror usernotupdatederror usernotrenamedexists usernotrenamedmissing "
        "usercreatecollision userupdatecollision usercreatemailcollision userupdatemailcollision".split()
    )
    personal = _OPENS | {"errorenrol", "enrollednot"}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        identity = self.settings.get("primaryidentity")
        self.key_columns = ("username",) if identity in (None, "", "id", "username") else (identity, "username")
        self.open_collision = None
        self.enrolled = set()

    def keys_of(self, row):
        return (row.values.get("username", "").lower(),)

    def name_of(self, row):
        return printable(next((row.values[column] for column in self.key_columns if row.values.get(column)), ""))

    def take_any(self):
        """Rows with a value in the column deleted have no line when they work."""
        self.rows.pass_while(lambda row: "deleted" in row.values)
        return self.rows.take()

    def marker(self, line, number):
        """The second line of a collision, which names the user."""
        if self.open_collision is None:
            return False
        first, self.open_collision = self.open_collision, None
        named = ", [" in line
        self._open("collision", _before(line, " , [") if named else "")
        self.fail(first)
        return named

    def on_line(self, key, cls, found, number):
        if key not in self._OPENS:
            if key == "enrolled":
                self.enrolled.add(tuple(found))
            # The plugin reports this after every enrolment without a role, although the enrolment worked.
            if key != "enrollednot" or tuple(found) not in self.enrolled:
                self.note(key, cls, number)
            return
        text = found[0].strip()
        if "collision" in key and text.startswith("Required :"):
            self.open_collision = number
            return
        previous = self.fate.said if self.fate is not None else None
        name = _user_named(key, text)
        if not (key == "useraccountupdated" and previous == "userrevived" and name == self.fate.key):
            self._open(key, name)
        self.note(key, cls, number)

    def _open(self, key, name):
        self.next_row([name.lower()])
        self.fate.said, self.fate.key = key, name
        self.enrolled.clear()

    def on_fatal(self, key, number):
        if key != "error/missingfield":
            return
        # The first row still to come that lacks a required value is the one that ended the run.
        self.begin(None)
        names = ("username", "firstname", "lastname")
        if self.rows.pass_while(lambda row: all(row.values.get(name, "") not in ("", "0") for name in names)) is not None:
            self.begin(self.rows.take())
            self.fail(number)

    def finish(self):
        if self.open_collision is not None:
            self.marker("", -1)
        super().finish()


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


class EnrolsReport(Parser):
    """A line with a number stands before the lines of every row."""

    service = "enrols"
    key_columns = ("uid", "cid")

    def marker(self, line, number):
        if not line.startswith("# -- ") or not line[5:].isdecimal():
            return False
        self.begin(None)
        wanted = int(line[5:20])
        row = self.rows.pass_while(lambda row: row.number < wanted)
        if not self.has_rows or (row is not None and row.number == wanted):
            self.begin(self.rows.take(), "")
            self.fate.line = self.fate.line or wanted
        return True

    def note(self, key, cls, number):
        fate = self.fate
        # A shift un-enrols and enrols again.
        if key in ("enrolled", "assign") and fate is not None and fate.outcome == "deleted":
            fate.outcome = None
        super().note(key, cls, number)


class CohortsReport(Parser):
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
        row = self.fate.row if self.fate is not None else None
        # Written for every cohort that is there: only these columns can change it.
        if key == "cohortupdated" and row is not None and any(row.values.get(column) for column in self._CHANGING):
            self.fate.add("updated", False)
        else:
            super().note(key, cls, number)


class CoursesCreateReport(Parser):
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
        elif cls == FAILED and key.startswith("error") and found and found[0].strip().isdecimal():
            self._numbered(int(found[0].strip()[:12]) + 2, number)
        else:
            self.note(key, cls, number)

    def _course(self, key, cls, found, number):
        names = [name for name in found[: self._NAMES[key]] if name]
        fate = self.fate
        if key == "courseupdated" and fate is not None and fate.said == "coursecreated":
            # A template on a course that exists: reported as created, then as updated.
            following = self.rows.pass_while(lambda row: self._known_failure(row) is not None)
            if fate.key == found[0] and (following is None or found[0] not in self.keys_of(following)):
                fate.outcome, fate.sure = None, False
                self.note(key, cls, number)
                return
        self.next_row(names)
        self.fate.said, self.fate.key = key, found[0]
        self.note(key, cls, number)

    def take(self, keys):
        row = super().take(keys)
        while row is not None and self._settles(row):
            row = super().take(keys)
        return row

    def _known_failure(self, row):
        if not self.failed_lines and not self.failed_categories:
            return None
        return self.failed_lines.get(self._plugin_line(row), self.failed_categories.get(row.values.get("category")))

    def _plugin_line(self, row):
        """The line as the plugin counts: a cut line counts more than once."""
        if self.offset is None:
            self.offset = row.line - row.number
        return row.number + self.offset

    def _settles(self, row):
        """Whether a row failed in the first reading; if so, it is counted."""
        reason = self._known_failure(row)
        if reason is None:
            return False
        self.failed_lines.pop(self._plugin_line(row), None)
        self._count(row.line, "failed", reason)
        self._list_failure(row.line, self.name_of(row), reason)
        return True

    def _unreported(self, row):
        if row.skipped or not self._settles(row):
            super()._unreported(row)

    def _numbered(self, line, number):
        fate = self.fate
        if fate is not None and fate.row is not None and self._plugin_line(fate.row) == line:
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
        self.next_row()
        self.fail(number)

    def finish(self):
        if self.precheck is not None:
            self._unnamed(self.precheck)
        super().finish()
        for line, number in sorted(self.failed_lines.items()):
            # A line of the file that was not handed over, or one that counted already.
            known = self.report.row_outcomes.get(line)
            if known:
                self.report.row_outcomes.set(line, known, number)
            elif not self.has_rows:
                self._count(line, "failed")
            self._list_failure(line, None, number)


class _InOrder(Parser):
    """One line for every row."""

    service = "courses"
    key_columns = ("identifier",)
    opens = frozenset()

    def keys_of(self, row):
        return (row.values.get(self.key_columns[0], ""),)

    def on_line(self, key, cls, found, number):
        if key in self.opens:
            self.next_row(self.names(key, found))
        self.note(key, cls, number)

    def names(self, key, found):
        """What the line names the row by, or None."""
        return None


class CoursesDeleteReport(_InOrder):
    opens = frozenset(("coursedeleted", "coursenotfound"))

    def names(self, key, found):
        return [found[0].strip()]


class CoursesBindmetasReport(_InOrder):
    opens = frozenset(("metalinkcreated", "metalinkrevived", "metalinkdisabled"))
    key_columns = ("master", "meta")


class CoursesResetReport(_InOrder):
    opens = frozenset(("resettingcourse", "unkownshortname", "nonuniqueidentifierexception"))
    key_columns = ("shortname",)

    def names(self, key, found):
        text = found[0].strip() if key == "resettingcourse" else ""
        if not text.endswith(")"):
            return None
        # Either name may hold brackets.
        return [text.rpartition(" (")[2][:-1], text.partition(" (")[2][:-1]]

    def on_unknown(self, line, number):
        """What Moodle says of each part that was reset, in the language of the account."""
        if self.fate is None or " : " not in line:
            return False
        if not line.endswith(" : OK"):
            self.fail(number)
        return True


#: (service, action) -> the class that reads its reports. Courses to check are asked for one by one, without a run.
PARSERS = {
    ("courses", "create"): CoursesCreateReport,
    ("courses", "delete"): CoursesDeleteReport,
    ("courses", "reset"): CoursesResetReport,
    ("courses", "bindmetas"): CoursesBindmetasReport,
    ("users", "sync"): UsersReport,
    ("enrols", "sync"): EnrolsReport,
    ("cohorts", "sync"): CohortsReport,
}
