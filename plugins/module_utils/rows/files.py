# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of rows, and the plan of it: predicted before a run, proven after it.

Private to this collection.
"""

from __future__ import annotations

from ..csvfile.dialect import Row, read_rows
from ..errors import RunFailed
from .cohorts import CohortRules
from .courses import CreateRules, DeleteRules, ResetRules
from .enrols import EnrolRules
from .plan import DELETE, REPORT, SILENT, FilePlan, Outcome, made, several, verdict
from .users import UserRules

_RULES = {
    ("users", "sync"): UserRules,
    ("enrols", "sync"): EnrolRules,
    ("cohorts", "sync"): CohortRules,
    ("courses", "create"): CreateRules,
    ("courses", "delete"): DeleteRules,
    ("courses", "reset"): ResetRules,
}


class RowFile:
    """The rows of a file, read again as often as needed. source: a csvfile.source.Source."""

    def __init__(self, source, service, action):
        self.source, self.service, self.action = source, service, action
        self.separator = source.separator

    def __iter__(self):
        with open(self.source.path, "rb") as stream:
            yield from read_rows(stream, self.service, self.action, separator=self.separator)

    def close(self):
        self.source.close()


def rules_for(service, action, readers, settings):
    """The Rules of a service and action; None where nobody can predict its runs."""
    kind = _RULES.get((service, action))
    return None if kind is None else kind(readers, settings)


class Prospect:
    """The plan of a file, together with what it was made from. Raises MoodleError where the site does not let itself be read."""

    def __init__(self, rows, rules):
        self._rows, self._rules = rows, rules
        self.plan = made(rules, rows)

    def settle(self):
        self._rules.settle()

    def objection(self, allow_destructive):
        """The RunFailed of a run that must not be started, or None: a row, its C(line), ends it in the middle, or does unspoken harm."""
        run = f"the run of {self._rows.service} {self._rows.action}"
        stop, harmful = self.plan.stop, [row for row in self.plan.rows if row.wrecks and row.outcome == DELETE]
        if stop:
            said = f"would end {run}: {stop.because}. The rows before it would be done, those after it not."
            return _objection(stop, said, "Correct the row; nothing was sent.")
        if harmful and not allow_destructive:
            more = f" (so would {several(len(harmful) - 1, 'more row')})" if len(harmful) > 1 else ""
            said = f"would do harm in {run}: {harmful[0].wrecks}{more}."
            return _objection(harmful[0], said, "Correct the row, or set allow_destructive: true if that is meant; nothing was sent.")
        return None

    def complete(self):
        """Plan rows for those whom the file leaves out of its courses or cohorts; returns the rows, as dicts of column and value.

        They come after the file's own. Raises OptionError.
        """
        found = self._rules.left_out()
        outcomes = []
        for number, values in enumerate(found, 1):
            outcome = self._rules.play(Row(-number, values, columns=list(values), given=len(values)))
            outcome.line = None
            outcomes.append(outcome)
        self.plan = FilePlan([*self.plan.rows, *outcomes], covered=self.plan.covered, notes=self._rules.notes)
        return found

    def proven(self, told, complete, began=True):
        """The FilePlan of what a run has done, a line's Outcome each. Looks again where the report does not settle it.

        told: line -> (the report's name of what became of a row, or None; whether it calls that a failure). complete: whether the run
        reached the end of its file; began: whether it may have come to its first row.
        """
        agreed, said_of = set(), []
        for planned in self.plan.rows:
            said, failed = told(planned.line)
            said = "failed" if failed else said
            said_of.append(said)
            if planned.says is not None and said == planned.says and (complete or said not in SILENT):
                agreed.add(planned.line)
            self._rules.heard(planned, said)
        outdated = self._rules.outdated(agreed)
        final, open_ = {}, {}
        for number, (planned, said) in enumerate(zip(self.plan.rows, said_of)):
            if planned.line in agreed and not planned.looks and not outdated:
                final[number] = _confirmed(planned)
            else:
                open_[number] = planned, said
        if open_:
            final.update(self._looked_at(open_, agreed, began))
        return FilePlan([final[number] for number in range(len(self.plan.rows))], covered=self.plan.covered)

    @property
    def sets_dates(self):
        """Whether rows may set when enrolments begin and end."""
        return self._rules.sets_dates

    @property
    def learned(self):
        """Settings of the site that the run has shown."""
        return self._rules.learned

    def _looked_at(self, open_, agreed, began):
        """{number: Outcome} of the rows that the report leaves open."""
        rows = {number: row for number, row in enumerate(self._rows) if number in open_ and not row.skipped}
        self._rules.look_again(list(rows.values()), agreed)
        found = {}
        for number, (planned, said) in open_.items():
            row = rows.get(number)
            found[number] = planned if row is None else verdict(planned, said, self._rules.seen(row, said), began)
        return found


def _confirmed(planned):
    """The same, once the report has said what was open."""
    if planned.doubt != REPORT:
        return planned
    return Outcome(
        planned.line, planned.key, planned.outcome, planned.because, changes=planned.changes, fields=planned.fields, removes=planned.removes
    )


def _objection(row, said, cure):
    error = RunFailed(f"Line {row.line} {said}", cure=cure)
    error.line = row.line
    return error
