# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run will make of each row of a file, and how sure that is.

Private to this collection. The services' rules (the other files here) play the rows in their order on a working copy of the records that
they name; what comes of it is one Outcome a row.
"""

from __future__ import annotations

import collections
import hashlib
import typing as t

from ..errors import OptionError
from ..read.categories import Categories
from ..read.cohorts import Cohorts
from ..read.courses import Courses
from ..read.directory import Ref
from ..read.users import Users
from ..wire.ask import Asker

CREATE, UPDATE, DELETE, UNCHANGED, SKIP, FAIL, UNKNOWN = "create", "update", "delete", "unchanged", "skip", "fail", "unknown"
#: Only after a run: the row should have changed something, and has not.
NOT_DONE = "not_done"
#: Outcomes, and what the counts of a result call them.
COUNTED = {
    CREATE: "created",
    UPDATE: "updated",
    DELETE: "deleted",
    UNCHANGED: "unchanged",
    SKIP: "skipped",
    FAIL: "failed",
    NOT_DONE: "not_done",
    UNKNOWN: "unreported",
}
#: What the counts of a result hold.
COUNTS = ("rows", *COUNTED.values(), "unparsed")
#: Rows, and failures of rows, that a result lists.
ROWS_LISTED = 10_000
#: Who can still tell what is open in an outcome: nobody needs to; the run's report; a look at the record after the run; nobody.
SURE, REPORT, LOOK, HIDDEN = range(4)
#: What a report calls a row of which it says nothing.
SILENT = (None, "unreported")
#: What a row may do besides: set a value of its own that nobody can see.
SETS = "sets"
NO_FIELDS: dict[str, tuple] = {}
_BY_OUTCOME: t.Any = object()


class Outcome:
    """What becomes of a row.

    line: in the file; key: names the record, for people; outcome: one of COUNTED; because: our reason, without a cell of the file.
    fields: {column: (before, after)} of what differs. changes: whether the site's data become others; None: nobody can tell.
    A row that fails in one part may change something in another. doubt: SURE or who can still tell; open: what that is about, in words;
    looks: whether a look at the record can tell some of it.
    says: what the report will call the row (a key of its counts), if it goes as planned; None: that can't be told.
    removes: records that the row takes away. stops: the run ends here, and later rows are not reached; None: perhaps.
    wrecks: the harm that the row does without saying so, in words. repeats: whether nothing is open but values of its own, such as dates,
    that can't be seen where they are set.
    """

    __slots__ = (
        *("line", "key", "outcome", "because", "fields", "changes", "doubt", "open", "looks", "says", "removes", "stops", "wrecks"),
        "repeats",
    )

    def __init__(self, line, key, outcome, because="", *, changes=_BY_OUTCOME, doubt=SURE, open="", says=None, fields=None, removes=0):
        self.line, self.key, self.outcome, self.because, self.open = line, key, outcome, because, open
        told = None if outcome == UNKNOWN else outcome in (CREATE, UPDATE, DELETE)
        self.changes = told if changes is _BY_OUTCOME else changes
        self.doubt, self.says, self.fields, self.removes = doubt, says, fields or NO_FIELDS, removes
        self.stops, self.wrecks, self.looks, self.repeats = False, "", doubt == LOOK, False

    @property
    def certain(self):
        return self.outcome != UNKNOWN and self.changes is not None and self.doubt == SURE

    @property
    def differs(self):
        """Whether the row is worth sending: it changes something, or may do so otherwise than by a detail that can't be seen."""
        if self.wrecks and self.outcome == CREATE:
            return False
        if self.changes is None:
            return self.outcome != UNCHANGED or self.doubt != HIDDEN
        return self.changes or self.doubt == LOOK


class FilePlan:
    """The outcomes of a file's rows, in their order.

    covered: how many records there are of the kind that the file's removals are of, among those that the file is about.
    notes: what the user should know, as texts. stop: the Outcome that ends the run, or None.
    """

    def __init__(self, rows, *, covered=0, notes=()):
        self.rows: list[Outcome] = rows
        self.covered, self.notes = covered, list(notes)
        self.stop = next((row for row in rows if row.stops), None)

    @property
    def certain(self):
        return all(row.certain for row in self.rows)

    @property
    def changes(self):
        """True, False, or None where nobody can tell."""
        found = {row.changes if row.outcome != UNKNOWN else None for row in self.rows}
        return True if True in found else None if None in found else False

    @property
    def repeats(self):
        """Whether nothing is open but what was set by the same rows, if they were run before."""
        return not self.changes and all(row.certain or row.repeats for row in self.rows)

    def uncertain(self):
        """What keeps the plan from being certain: dicts of because and (number of) rows, most rows first."""
        found = collections.Counter(row.open or row.because or "it can't be told" for row in self.rows if not row.certain)
        return [{"because": why, "rows": number} for why, number in found.most_common()]

    @property
    def removals(self):
        return sum(row.removes for row in self.rows)

    def counts(self):
        """{name in a result's counts: number of rows}."""
        found = dict.fromkeys(COUNTED.values(), 0)
        for row in self.rows:
            found[COUNTED[row.outcome]] += 1
        return found

    def plan_id(self, *about):
        """A name for just this: what it is about (texts: the site, the file's digest), and what becomes of each row."""
        digest = hashlib.sha256("\0".join(about).encode())
        for row in self.rows:
            told = (row.line, row.key, row.outcome, row.changes, row.because, sorted(row.fields.items()))
            digest.update(repr(told).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:16]


def truthy(value):
    """PHP's idea of true: C("0") is false, as is a cell that is not there."""
    return value not in (None, "", "0")


def several(number, what):
    """ "1 row", "2 rows"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def name_of(row, *columns):
    """A row's key for people, or None."""
    found = " / ".join(value for value in (row.values.get(column) for column in columns) if value)
    return found.encode("utf-8", "replace").decode() or None


#: The first administrator, whom only those are shown who may see everybody; and the site's own course.
_FIRST_ADMIN, _SITE_COURSE = Ref("user", "id", "2"), Ref("course", "id", "1")


class Readers:
    """What reads the site for the rules: each record once. warn: called with what the user should know of what can't be read."""

    def __init__(self, asker, warn):
        self.asker, self.warn = asker, warn
        self.users, self.courses = Users(asker), Courses(asker)
        self.cohorts, self.categories = Cohorts(asker), Categories(asker)
        self._case: tuple = ()

    @classmethod
    def of(cls, site, *, max_input_vars=1000, lanes=1):
        return cls(Asker(site.moodle, max_input_vars, lanes), site.warn)

    def anew(self):
        """Readers that know nothing yet but what the token lacks."""
        made = Readers(self.asker, self.warn)
        made._case = self._case
        return made

    def sees_all(self):
        """Whether an account that the token's is not shown is not there."""
        self.users.look_up([_FIRST_ADMIN])
        return any("auth" in record.fields for record in self.users.find(_FIRST_ADMIN))

    def case_counts(self):
        """Whether C(ada) and C(Ada) are two for the database; None where that can't be told.

        PostgreSQL looks at case, most MySQL don't. The site's own course is asked for by its name in the other case.
        """
        if not self._case:
            self._case = (self._ask_in_other_case(),)
        return self._case[0]

    def _ask_in_other_case(self):
        self.courses.look_up([_SITE_COURSE])
        names = [course.shortname for course in self.courses.find(_SITE_COURSE)]
        if not names or not names[0] or names[0].swapcase() == names[0]:
            return None
        other = Ref("course", "shortname", names[0].swapcase())
        self.courses.look_up([other])
        self.courses.check([other])
        found = self.courses.find(other)
        return False if any(course.id == 1 for course in found) else True if self.courses.exists(other) is False else None


class Rules:
    """The rules of a service: C(note) for each row, then C(read), then C(play) for each row, in their order.

    settings: of the service, as far as they are known. After a run C(look_again) reads the records of some rows anew, and C(seen) tells
    what it found. sets_dates: whether rows that were noted may set when enrolments begin and end. learned: settings of the site that a run
    has shown, which nothing else tells.
    """

    def __init__(self, readers, settings):
        self.readers, self.settings = readers, settings
        self.notes: list[str] = []
        self.sets_dates = False
        self.learned: dict[str, str] = {}

    def note(self, row):
        """Take notice of the records that a row (a csvfile Row) names."""
        raise NotImplementedError

    def read(self):
        """Read them."""
        raise NotImplementedError

    def play(self, row):
        """The Outcome of the next row."""
        raise NotImplementedError

    def covered(self):
        """See FilePlan; after the rows were played."""
        return 0

    def left_out(self):
        """Rows (dicts) that take away whom the file leaves out of what it names; after the rows were played. Raises OptionError."""
        raise OptionError("exact: is for files of enrolments and of cohorts.", option="exact")

    def settle(self):
        """Wait until the run can be started without making what was predicted untrue."""

    def heard(self, planned, said):
        """Take notice of what a report calls a row, for C(learned)."""

    def outdated(self, agreed):
        """Whether the site turns out to be set otherwise than the rows were predicted for, and all of them must be looked at.

        agreed: the lines of which the report says what was predicted.
        """
        return False

    def look_again(self, rows, agreed):
        """Read anew the records of some rows (csvfile Rows)."""
        raise NotImplementedError

    def seen(self, row, said):
        """A Sight of a row's record; None for a row that leads to none. Of rows that were looked at again.

        said: what the report calls the row, or None.
        """
        raise NotImplementedError


class Sight(t.NamedTuple):
    """A record before the run, as it should be after all rows, and after the run. kind: what came of it, an outcome; whole: whether all
    that the row may change can be seen; rows: how many rows are about it; shows: columns whose change would be seen in any case."""

    unchanged: bool
    as_planned: bool
    kind: str
    whole: bool
    rows: int
    shows: frozenset = frozenset()


#: Why nobody is certain of a record that was looked at.
_UNSEEN = "not all that the row may change can be seen"


def verdict(planned, said, sight, began=True):
    """The Outcome of a row whose record was looked at again. said: what the report calls it; None where there is no report of it.

    began: whether the run may have come to its first row.
    """
    made = Outcome(planned.line, planned.key, planned.outcome, planned.because, fields=planned.fields, removes=planned.removes)
    made.open = planned.open or _UNSEEN
    failed = said == "failed"
    if sight is None:
        # Nobody can look: what the report says is all there is.
        made.outcome = next((kind for kind, name in COUNTED.items() if name == said), UNKNOWN)
        made.changes, made.doubt = None, HIDDEN
        return made
    if not began and sight.unchanged:
        return _not_done(made, False)
    # Where it did not fail as predicted, it may have found a record that nobody is shown.
    foreign = planned.outcome == FAIL and not failed and said not in SILENT
    nothing = False if sight.whole and sight.rows == 1 and planned.doubt != HIDDEN and not foreign else None
    if failed:
        made.outcome, made.changes = FAIL, nothing if sight.unchanged else True
    elif planned.outcome == SKIP and sight.unchanged:
        made.changes = nothing
    elif sight.unchanged and (sight.rows == 1 or not sight.as_planned):
        made.outcome, made.changes = UNCHANGED, nothing
        if said in SILENT and planned.outcome == FAIL:
            made.outcome = FAIL
        elif said is None and planned.outcome == UNKNOWN:
            _not_done(made, nothing)
        elif said in SILENT and planned.changes:
            if nothing is False or not sight.shows.isdisjoint(planned.fields):
                _not_done(made, nothing)
            else:
                made.outcome, made.because = UNKNOWN, "whether it is done can't be seen"
    elif sight.as_planned and planned.outcome != UNKNOWN:
        made.outcome, made.changes = planned.outcome, planned.changes if sight.unchanged else True
    else:
        made.outcome, made.changes = sight.kind, True
    if sight.rows > 1:
        made.doubt, made.open = HIDDEN, "several rows are about the record, and the run did not go as planned"
    if made.outcome not in (planned.outcome, NOT_DONE, UNKNOWN):
        made.because = ""
    return made


def _not_done(outcome, changes):
    outcome.outcome, outcome.because, outcome.changes, outcome.fields, outcome.removes = NOT_DONE, "is not done", changes, NO_FIELDS, 0
    return outcome


def made(rules, rows):
    """The FilePlan of the rows of a file, which is read twice."""
    for row in rows:
        if not row.skipped:
            rules.note(row)
    rules.read()
    outcomes: list[Outcome] = []
    stop, perhaps = None, False
    for row in rows:
        if stop is not None:
            outcome = Outcome(row.line, None, SKIP, f"is not reached: the run ends at line {stop.line}")
        elif row.skipped:
            outcome = Outcome(row.line, None, SKIP, _PASSED_OVER[row.skipped], says="skipped")
        else:
            outcome = rules.play(row)
            stop = outcome if outcome.stops else None
            # That a later row is reached is told by the report.
            if perhaps and outcome.doubt < REPORT:
                outcome.doubt, outcome.open = REPORT, "a row before it may end the run"
            perhaps = perhaps or outcome.stops is None
        outcomes.append(outcome)
    return FilePlan(outcomes, covered=rules.covered(), notes=rules.notes)


_PASSED_OVER: dict[t.Any, str] = {
    "dropped": "starts like a comment: the plugin passes over it",
    "empty_first": "is empty or 0 in its first column: the plugin passes over it",
}
