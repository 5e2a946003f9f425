# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the plugin: predicted row by row, started once, and proven row by row.

Private to this collection. Before the run stands the plan of its file (rows/). Where the report says of a row what the plan says, the plan
is the proof; where it says otherwise, or nothing, the row's record is looked at again. Without the rows, or where they can't be read, the
result says that C(changed) is not certain.
"""

from __future__ import annotations

from .. import files
from ..errors import (
    ANSWERED,
    FUNCTIONS_PAGE,
    ExecutedUnreadable,
    MoodleError,
    OptionError,
    RunFailed,
    StateFileError,
    ToolsyncError,
)
from ..memory import CONSUMED, KEPT, MAYBE_CONSUMED
from ..plan import Plan
from ..read.directory import Ref
from ..report import outcome as report
from ..rows.files import Prospect, RowFile, rules_for
from ..rows.plan import COUNTS, FAIL, ROWS_LISTED, UNCHANGED, Readers, several
from ..rows.reasons import cure_of
from ..send.batch import checked_lanes
from ..settings import DATES, LOCATIONS, RUNS, SEEN, in_force

#: Outcomes of a row that change the site.
CHANGING = ("created", "updated", "deleted")
#: How to go on after a run that stopped in the middle.
_GO_ON = (
    "Once the cause is fixed, plan the file again with toolsync_plan and send: differing (sync_send: differing in the role), and run what "
    "that writes: it goes on where this run ended."
)
#: What a report calls rows of which it says nothing.
_UNTOLD = ("skipped", "unreported")


def plan(site, source, service, action, params):
    """source: the Source of what was sent, or None; service, action: as checked_action gives them; params: the options of toolsync_process.

    Raises OptionError.
    """
    readers = Readers.of(site, lanes=checked_lanes(params["parallel_requests"]))
    settings = in_force(site.memory, service, params["settings"])
    tryback = params["tryback"]
    if tryback and source is None:
        raise OptionError("tryback needs the rows that were sent: give src.", option="tryback")
    why = files.obstacle(tryback) if tryback else None
    if why:
        raise OptionError(f"tryback: {tryback} {why}.", option="tryback", cure="Name another file; nothing was sent.")
    rows = None if source is None else RowFile(source, service, action)
    if (service, action) == ("courses", "check"):
        if rows is None:
            raise OptionError("src is missing: the courses to check are asked for one by one.", option="src")
        return CheckPlan(site, rows, settings, readers, params["on_failures"])
    return ProcessPlan(site, service, action, rows, settings, readers, params)


class CheckPlan(Plan):
    """Which courses of a file exist: the plugin is asked for each, as Moodle refuses the answer of its own run, whose text holds markup."""

    def __init__(self, site, rows, settings, readers, on_failures):
        source = settings.get("existfileidentifier", "shortname")
        counts, failures, lines = dict.fromkeys(COUNTS, 0), [], []
        readers.courses.check([Ref("course", source, row.values["identifier"]) for row in rows if not row.skipped])
        for row in rows:
            counts["rows"] += 1
            if row.skipped:
                counts["skipped"] += 1
                continue
            key = row.values["identifier"]
            exists = readers.courses.exists(Ref("course", source, key))
            counts["unchanged" if exists else "failed"] += 1
            lines.append(f"{key}: {'exists' if exists else 'does not exist'}")
            if not exists:
                failures.append(_failure(row.line, key, f"identifier: there is no course with this {source}"))
        result = _result("courses", "check", "complete", counts, certain=True)
        result.update(failures=failures, report=lines)
        super().__init__(changed=False, before={"counts": counts}, after={"counts": counts}, result=result)
        rows.close()
        _judge_failed(site, result, len(failures), on_failures)


class ProcessPlan(Plan):
    def __init__(self, site, service, action, rows, settings, readers, params):
        self._site, self._rows, self._settings, self._params = site, rows, settings, params
        self._location_key, default = LOCATIONS.get((service, action), (None, None))
        self._file = settings.get(self._location_key, default)
        super().__init__(
            changed=True,
            before={"counts": dict.fromkeys(COUNTS, 0)},
            after={},
            result=_result(service, action, "predicted", dict.fromkeys(COUNTS, 0), certain=False),
        )
        self._name = f"{service} {action}"
        self._digest = None if rows is None else rows.source.digest()
        self._prospect = None if rows is None else self._predicted(readers)
        #: Where the memory file keeps what is true of this run as long as no other one has gone over it.
        self._kept_at = [self._name, *([DATES] if self._sets_dates() else [])]
        if self._prospect is not None:
            remembered = site.memory.get(RUNS)
            self._ran_last = all(remembered.get(key) == self._run() for key in self._kept_at)
            self._tell(self._prospect.plan)
            failed = [row for row in self._prospect.plan.rows if row.outcome == FAIL]
            self.result["failures"] = [_failure(row.line, row.key, row.because) for row in failed[:ROWS_LISTED]]
        elif rows is not None:
            self._unsettle("predicted", changed=True)
        if site.moodle.read_only and (site.memory.get("files", self._file) or {}).get("state") == CONSUMED:
            site.warn(f"The site has removed {self._file} after its last run: it is predicted what a run makes of it once it is there.")
            self.result["changed_is_certain"] = False
        if site.memory.get("files"):
            # What is remembered of them will change.
            site.memory.check()

    def _sets_dates(self):
        """Whether the run may set when enrolments begin and end."""
        return self._prospect.sets_dates if self._prospect else self.result["service"] in ("users", "enrols")

    def _predicted(self, readers):
        """The Prospect of the rows; None where nobody can predict them."""
        rules = rules_for(self._rows.service, self._rows.action, readers, self._settings)
        self.result["counts"]["rows"] = sum(1 for _row in self._rows)
        if rules is None:
            return None
        try:
            return Prospect(self._rows, rules)
        except ANSWERED as error:
            self._site.warn(f"What the run changes can't be predicted: {error.message}")
            return None
        finally:
            if readers.asker.lacking:
                names = ", ".join(sorted(readers.asker.lacking))
                self._site.warn(f"With {names} in the token's service ({FUNCTIONS_PAGE}), more could be told of what the run changes.")

    def _tell(self, plan):
        """Say what a plan of rows says, predicted or proven."""
        counts = {"rows": len(plan.rows), **plan.counts(), "unparsed": self.result["counts"]["unparsed"]}
        # Where nobody can tell, something may have changed; what can't be seen has last been set by the same file, as far as is known.
        self.changed = plan.changes or not plan.certain and not (plan.repeats and self._ran_last)
        self.after = {"counts": counts}
        listed = [row for row in plan.rows if row.outcome != UNCHANGED or row.changes]
        self.result.update(
            counts=counts,
            changed_is_certain=plan.certain,
            uncertain=plan.uncertain(),
            rows=[
                {"line": row.line, "key": row.key, "outcome": row.outcome, "because": row.because, "fields": sorted(row.fields)}
                for row in listed[:ROWS_LISTED]
            ],
        )

    def rehearse(self):
        """Raise where the run is known not to reach the end of its file, or to do more than its rows say."""
        objection = self._prospect and self._prospect.objection(self._params["allow_destructive"])
        if objection:
            self._unsettle("refused", changed=False)
            self.result["rows"] = [{**row, "outcome": FAIL} for row in self.result["rows"] if row["line"] == objection.line]
            raise objection
        failed, rows = self.result["counts"]["failed"], self.result["counts"]["rows"]
        if self._params["on_failures"] == "stop" and failed:
            self._unsettle("refused", changed=False)
            self.result["rows"] = [row for row in self.result["rows"] if row["outcome"] == FAIL]
            raise RunFailed(
                f"{failed} of {several(rows, 'row')} {'is' if failed == 1 else 'are'} going to fail, and on_failures is stop.",
                cure="See failures in the result, and correct the rows; nothing was sent.",
            )

    def _run(self):
        """What is remembered of a run that came to its end: which file, read in which way."""
        return {"sha256": self._digest, "settings": {**self._settings, **self._prospect.learned}}

    def close(self):
        if self._rows is not None:
            self._rows.close()

    def apply(self):
        self.rehearse()
        if self._prospect is not None:
            self._prospect.settle()
        # A run may consume its file, and nobody may be left to say so when it ends: that is remembered before it starts.
        self._unsettle("aborted", changed=False)
        untouched = self._site.memory.mark_files(self._file, MAYBE_CONSUMED)
        if self._site.memory.get(RUNS):
            self._site.memory.put(RUNS, dict.fromkeys(self._kept_at))
        self._site.memory.insist()
        self._unsettle("unknown", changed=True)
        self.result.update(failures=[], rows=[])
        parameters = {"service": self.result["service"], "action": self.result["action"]}
        try:
            answer = self._site.moodle.call("tool_sync_process", parameters, timeout=self._params["timeout"])
            text, noise = answer.value, answer.noise
        except ToolsyncError as error:
            text, noise = self._report_of(error, untouched), ""
        self._finish(text or "", noise)

    def _report_of(self, error, untouched):
        """The report that stands in an error, else raises it. untouched: memory of the files, should nothing have been started."""
        if isinstance(error, ExecutedUnreadable):
            found = report.find_report(error.debuginfo or "")
            if found is not None:
                return found
            self._unsettle("executed_unreadable", changed=True)
            self._look_after(error)
        elif isinstance(error, MoodleError) or error.over and error.may_be_done:
            # An exception in the middle of the file leaves the rows before it done and gives no report.
            self._unsettle("aborted", changed=True)
            error.message += " The rows before that may be done; there is no report of them."
            error.cure = f"{error.cure} {_GO_ON}" if isinstance(error, MoodleError) else _GO_ON
            self._look_after(error)
        elif error.may_be_done:
            error.cure = (
                "The run may still be going on. It is not started again on its own: wait until rows are done no more, then plan the file "
                "again with toolsync_plan and send: differing (sync_send: differing in the role), and run what that writes. If a proxy cut "
                "the answer, raise its time-out, or send fewer rows at a time (rows_per_file)."
            )
            self._look_after(error)
        else:
            self._unsettle("aborted", changed=False)
            if untouched:
                self._site.memory.put("files", untouched)
        raise error

    def _look_after(self, error):
        """Say of each row whether it is done, where no report does."""
        if self._prospect is None:
            return
        try:
            proven = self._prospect.proven(lambda line: (None, False), complete=False)
        except ToolsyncError as other:
            self._site.warn(f"What the run has done can't be seen: {other.message}")
            return
        self._tell(proven)
        if not error.over:
            self.changed = True
            self.result["changed_is_certain"] = False
        error.message += f" What is done was looked at, row by row (see rows): {_told(self.result['counts'])}."

    def _unsettle(self, outcome, *, changed, counts=None):
        """What is known as long as nobody looks. changed: whether anything may have been done; counts: of the report, if there is one."""
        if counts is None:
            counts = dict.fromkeys(COUNTS, 0)
            counts["rows"] = counts["unreported" if changed else "not_done"] = self.result["counts"]["rows"]
        self.changed = changed
        self.result.update(outcome=outcome, counts=counts, changed_is_certain=not changed, uncertain=[])
        self.after = {"counts": counts}

    def _finish(self, text, noise):
        """Account for a run that has ended. What the report says is kept first, so that nothing which fails after it can lose it."""
        service, action = self.result["service"], self.result["action"]
        parsed = report.parse(text, service, action, rows=self._rows, settings=self._settings)
        counts = {**dict.fromkeys(COUNTS, 0), **parsed.counts}
        nothing_done = parsed.simulated or parsed.fatal and not any(counts[name] for name in CHANGING)
        outcome = "executed_unreadable" if parsed.outcome == "empty" else parsed.outcome
        self._unsettle(outcome, changed=not nothing_done, counts=counts)
        self.result.update(
            failures=[{**_failure(**failure), "said": failure["reason"]} for failure in parsed.failures],
            report=parsed.lines,
            simulated=parsed.simulated,
        )
        self._mark_consumed(parsed, noise)
        for warning in parsed.warnings:
            self._site.warn(warning)
        problems = []
        for step in (self._prove, self._write_tryback, self._judge):
            try:
                step(parsed)
            except ToolsyncError as error:
                problems.append(error)
        if problems:
            raise self._gathered(problems)

    def _gathered(self, problems):
        """One error of all that came up once the run had ended: that of the run comes first, that of rows which failed last."""
        ended_well = self.result["outcome"] == "complete"
        problems.sort(key=lambda error: isinstance(error, (RunFailed, ExecutedUnreadable)) is ended_well)
        first, *others = problems
        if not isinstance(first, (RunFailed, ExecutedUnreadable)):
            ended = f"The run of {self._name} has ended; what came of it is in the result."
            first.message = f"{ended} {first.message}"
        first.message = " ".join([first.message, *(f"Besides, {error.message}" for error in others)])
        return first

    def _prove(self, parsed):
        """Say what became of the rows by the plan, the report, and a look at what these leave open."""
        if self._prospect is None or parsed.simulated:
            return

        def said(line):
            return parsed.row_outcomes.get(line), parsed.row_outcomes.reason(line) is not None

        began = parsed.outcome == "complete" or any(outcome not in _UNTOLD for _line, outcome in parsed.row_outcomes.items())
        proven = self._prospect.proven(said, complete=parsed.outcome == "complete", began=began)
        self._tell(proven)
        reasons = {row.line: row.because for row in proven.rows if row.outcome == FAIL}
        for failure in self.result["failures"]:
            # Our own, where we have one; the plugin's words stand beside it.
            failure["reason"] = reasons.get(failure["line"]) or failure["reason"]
            failure["cure"] = cure_of(failure["reason"])
        service = self.result["service"]
        known = self._site.memory.get(SEEN, service) or {}
        learned = {**known, **self._prospect.learned}
        if learned != known:
            self._site.memory.put(SEEN, {service: learned})
        if parsed.outcome == "complete":
            self._site.memory.put(RUNS, dict.fromkeys(self._kept_at, self._run()))

    def _mark_consumed(self, parsed, noise):
        consumed = True if "cleaned." in noise else parsed.file_consumed
        if parsed.fatal and consumed is None:
            consumed = bool(self._file and self._file in parsed.fatal)
        if consumed is not None:
            self._site.memory.mark_files(self._file, CONSUMED if consumed else KEPT)

    def _write_tryback(self, parsed):
        path = self._params["tryback"]
        if not (path and parsed.failures):
            return
        try:
            with files.replacing(path) as target:
                report.tryback(self._rows, parsed, target, separator=self._rows.separator)
        except OSError as error:
            raise StateFileError(f"tryback: {path} could not be written: {error.strerror}.", option="tryback") from None

    def _judge(self, parsed):
        counts, service = self.result["counts"], self.result["service"]
        if counts["unreported"]:
            self._site.warn(f"The report does not say what became of {counts['unreported']} of {several(counts['rows'], 'row')}.")
        if parsed.mojibake:
            self._site.warn(
                "Names in the report are double-encoded: the plugin's setting encoding is not UTF-8, and accents are being stored "
                "wrongly. Set it (Site administration > Plugins > Admin tools > Sync), then run this again."
            )
        if parsed.outcome == "empty":
            raise ExecutedUnreadable(f"The run of {service} ended without a report.")
        if parsed.fatal or parsed.outcome == "aborted":
            raise self._stopped(parsed)
        _judge_failed(self._site, self.result, max(parsed.failure_count, counts["failed"]), self._params["on_failures"])

    def _stopped(self, parsed):
        service = self.result["service"]
        if parsed.fatal and self._file and self._file in parsed.fatal:
            return RunFailed(
                f"The plugin found no file {self._file} to process.",
                cure=(
                    f"Upload it with toolsync_upload, and set {self._location_key} of {service} with toolsync_config to the name that "
                    "toolsync_upload returned."
                ),
            )
        if parsed.fatal:
            return RunFailed(f"The run of {service} stopped: {parsed.fatal}")
        told = f": {_told(self.result['counts'])}" if self._prospect else ""
        return RunFailed(f"The run of {service} stopped before the end of the file{told}; see report.", cure=_GO_ON)


def _failure(line, key, reason):
    """A row that fails, as a result lists it. said: the plugin's words, once it has run."""
    return {"line": line, "key": key, "reason": reason, "cure": cure_of(reason), "said": None}


def _told(counts):
    """ "2 created, 3 not done": what is not nought."""
    words = {"not_done": "not done", "unreported": "of which it can't be told"}
    named = (name for name in COUNTS if name not in ("rows", "unparsed") and counts[name])
    return ", ".join(f"{counts[name]} {words.get(name, name)}" for name in named) or "nothing"


def _result(service, action, outcome, counts, certain):
    return {
        "service": service,
        "action": action,
        "outcome": outcome,
        "counts": counts,
        "failures": [],
        "rows": [],
        "report": [],
        "changed_is_certain": certain,
        "uncertain": [],
        "simulated": False,
    }


def _judge_failed(site, result, failed, on_failures):
    """Do with failed rows what the user asked for."""
    counts = result["counts"]
    if not failed:
        return
    rows = several(counts["rows"], "row") if counts["rows"] else "the rows"
    message = f"{failed} of {rows} failed in the run of {result['service']} {result['action']}."
    if on_failures != "warn":
        raise RunFailed(message, result=result)
    site.warn(message)
