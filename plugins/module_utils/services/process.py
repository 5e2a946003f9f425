# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the plugin: started once, its report read, its effect compared with what was there before.

Private to this collection. The report says the same of a user who changed and of one who did not, so the objects of the rows are
read before and after through Moodle's read functions, where the token has them; where it has not, the result says that C(changed)
is not certain.
"""

from __future__ import annotations

from .. import files
from ..csvfile import file as csvfile
from ..errors import ExecutedUnreadable, MoodleError, OptionError, RunFailed, StateFileError, ToolsyncError, concerns_records
from ..memory import CONSUMED, KEPT, MAYBE_CONSUMED
from ..plan import Plan
from ..read.observe import Observation
from ..report import outcome as report
from ..settings import LOCATIONS, checked

COUNTS = ("rows", "created", "updated", "deleted", "unchanged", "skipped", "failed", "unreported", "unparsed")
#: Outcomes of a row that change the site.
CHANGING = ("created", "updated", "deleted")


def plan(site, service, action, rows=None, *, settings=None, timeout=3600, on_failed_rows="fail", tryback=None):
    """service, action: as checked_action gives them; rows: a RowFile of what was sent, or None; settings: what the run will find.

    Raises OptionError.
    """
    settings = {
        **(site.memory.get("settings", service) or {}),
        **{key: checked(service, key, value) for key, value in (settings or {}).items()},
    }
    if tryback and rows is None:
        raise OptionError("tryback needs the rows that were sent: give src.", option="tryback")
    why = files.obstacle(tryback) if tryback else None
    if why:
        raise OptionError(f"tryback: {tryback} {why}.", option="tryback", cure="Name another file; nothing was sent.")
    if (service, action) == ("courses", "check"):
        if rows is None:
            raise OptionError("src is missing: the courses to check are asked for one by one.", option="src")
        return CheckPlan(site, rows, settings, on_failed_rows)
    return ProcessPlan(site, service, action, rows, settings, timeout=timeout, on_failed_rows=on_failed_rows, tryback=tryback)


class RowFile:
    """The rows that were sent, read again as often as needed. source: a csvfile.source.Source."""

    def __init__(self, source, service, action):
        self._source, self._service, self._action = source, service, action
        self.separator = source.separator

    def __iter__(self):
        with open(self._source.path, "rb") as stream:
            yield from csvfile.read_rows(stream, self._service, self._action, separator=self.separator)

    def close(self):
        self._source.close()


class CheckPlan(Plan):
    """Which courses of a file exist, asked one by one: Moodle refuses the plugin's own answer, whose text holds markup."""

    def __init__(self, site, rows, settings, on_failed_rows):
        source = settings.get("existfileidentifier", "shortname")
        counts, failures, lines = dict.fromkeys(COUNTS, 0), [], []
        for row in rows:
            counts["rows"] += 1
            if row.skipped:
                counts["skipped"] += 1
                continue
            key = row.values["identifier"]
            exists = site.moodle.call("tool_sync_check_course", {"courseidsource": source, "courseid": key}).value
            counts["unchanged" if exists else "failed"] += 1
            lines.append(f"{key}: {'exists' if exists else 'does not exist'}")
            if not exists:
                failures.append({"line": row.line, "key": key, "reason": f"there is no course with this {source}"})
        result = _result("courses", "check", "complete", counts, certain=True)
        result.update(failures=failures, report=lines)
        super().__init__(changed=False, before={"counts": counts}, after={"counts": counts}, result=result)
        rows.close()
        _judge_failed(site, result, len(failures), on_failed_rows)


class ProcessPlan(Plan):
    def __init__(self, site, service, action, rows, settings, *, timeout, on_failed_rows, tryback):
        self._observer = Observation(site, service, action, rows, settings)
        # In check mode everything is told from the records; a run needs that only where its report leaves something open.
        looks = rows is not None and (site.moodle.read_only or self._observer.compares)
        self._before = self._observer.look() if looks else None
        counts, certain = self._predicted(rows)
        key, default = LOCATIONS.get((service, action), (None, None))
        changed = not certain or any(counts[outcome] for outcome in CHANGING)
        super().__init__(
            changed=changed,
            before={"counts": dict.fromkeys(COUNTS, 0)},
            after={"counts": counts},
            result=_result(service, action, "predicted", counts, certain),
        )
        self._site, self._rows, self._settings = site, rows, settings
        self._timeout, self._on_failed_rows, self._tryback = timeout, on_failed_rows, tryback
        self._file = settings.get(key, default) if key else None
        self._location_key = key
        if site.memory.get("files"):
            # What is remembered of them will change.
            site.memory.check()

    def _predicted(self, rows):
        """What the run will do, as far as the observer can tell: (counts, certain)."""
        counts = dict.fromkeys(COUNTS, 0)
        certain = self._before is not None
        for row in rows or ():
            counts["rows"] += 1
            outcome = "skipped" if row.skipped else None
            if outcome is None and self._before is not None:
                outcome = self._observer.predict(row, self._before)
            certain = certain and outcome is not None
            counts[outcome or "unreported"] += 1
        return counts, certain

    def close(self):
        if self._rows is not None:
            self._rows.close()

    def apply(self):
        # A run may consume its file, and nobody may be left to say so when it ends: that is remembered before it starts.
        self._unsettle("aborted", changed=False)
        untouched = self._site.memory.mark_files(self._file, MAYBE_CONSUMED)
        self._site.memory.insist()
        self._unsettle("unknown", changed=True)
        parameters = {"service": self.result["service"], "action": self.result["action"]}
        try:
            answer = self._site.moodle.call("tool_sync_process", parameters, timeout=self._timeout)
            text, noise = answer.value, answer.noise
        except ToolsyncError as error:
            text, noise = self._report_of(error, untouched), ""
        self._finish(text if isinstance(text, str) else "", noise)

    def _report_of(self, error, untouched):
        """The report that stands in an error, else raises it. untouched: memory of the files, should nothing have been started."""
        if isinstance(error, ExecutedUnreadable):
            found = report.find_report(error.debuginfo or "")
            if found is not None:
                return found
            self._unsettle("executed_unreadable", changed=True)
        elif isinstance(error, MoodleError) and concerns_records(error):
            # An exception in the middle of the file leaves the rows before it done and gives no report.
            self._unsettle("aborted", changed=True)
            error.message += " The rows before the one that failed are done; there is no report of them."
        elif error.may_be_done:
            error.cure = (
                "The run may still be going on. It is not started again on its own: wait, look at the data on the site, then run "
                "the task again. If a proxy cut the answer, raise its time-out or send the rows in parts."
            )
        else:
            self._unsettle("aborted", changed=False)
            if untouched:
                self._site.memory.put("files", untouched)
        raise error

    def _unsettle(self, outcome, *, changed):
        """What is known while no report is: nothing about the rows."""
        self.changed = changed
        counts = dict.fromkeys(COUNTS, 0)
        counts["rows"] = counts["unreported"] = self.result["counts"]["rows"]
        self.result.update(outcome=outcome, counts=counts, changed_is_certain=False)
        self.after = {"counts": counts}

    def _finish(self, text, noise):
        """Account for a run that has ended. What the report says is kept first, so that nothing which fails after it can lose it."""
        service, action = self.result["service"], self.result["action"]
        parsed = report.parse(text, service, action, rows=self._rows, settings=self._settings)
        self.result.update(
            outcome="executed_unreadable" if parsed.outcome == "empty" else parsed.outcome,
            failures=parsed.failures,
            report=parsed.lines,
            simulated=parsed.simulated,
        )
        self._settle(parsed, dict(parsed.counts), parsed.certain and (self._before is None or parsed.simulated))
        self._mark_consumed(parsed, noise)
        for warning in parsed.warnings:
            self._site.warn(warning)
        problems = []
        for step in (self._compare, self._write_tryback, self._judge):
            try:
                step(parsed)
            except ToolsyncError as error:
                problems.append(error)
        if problems:
            raise self._gathered(problems)

    def _settle(self, parsed, counts, certain):
        """Say what became of the rows, and what follows for C(changed)."""
        changed = not parsed.simulated and (not certain or any(counts[name] for name in CHANGING))
        if parsed.fatal and not any(counts[name] for name in CHANGING):
            changed, certain = False, True
        self.changed = changed
        self.after = {"counts": counts}
        self.result.update(counts=counts, changed_is_certain=certain)

    def _gathered(self, problems):
        """One error of all that came up once the run had ended: the run's own comes first, if there is one."""
        problems.sort(key=lambda error: not isinstance(error, (RunFailed, ExecutedUnreadable)))
        first, *others = problems
        if not isinstance(first, (RunFailed, ExecutedUnreadable)):
            ended = f"The run of {self.result['service']} {self.result['action']} has ended; what came of it is in the result."
            first.message = f"{ended} {first.message}"
        first.message = " ".join([first.message, *(f"Besides, {error.message}" for error in others)])
        return first

    def _compare(self, parsed):
        """Look again, and correct the counts of rows whose report line says nothing of change."""
        if self._before is None or parsed.simulated:
            return
        after = self._observer.look()
        if after is None:
            return
        counts, certain = dict(self.result["counts"]), True
        for number, row in enumerate(self._rows, 1):
            self._site.progress(f"{number} rows compared")
            told = parsed.row_outcomes.get(row.line)
            if row.skipped or told in ("skipped", "failed", None):
                continue
            seen = self._observer.outcome(row, self._before, after)
            if seen is None:
                certain = False
            elif seen != told and not (told == "unreported" and seen == "unchanged"):
                counts[told] -= 1
                counts[seen] += 1
        self._settle(parsed, counts, certain)

    def _mark_consumed(self, parsed, noise):
        consumed = True if "cleaned." in noise else parsed.file_consumed
        if parsed.fatal and consumed is None:
            consumed = bool(self._file and self._file in parsed.fatal)
        if consumed is not None:
            self._site.memory.mark_files(self._file, CONSUMED if consumed else KEPT)

    def _write_tryback(self, parsed):
        if not (self._tryback and parsed.failures):
            return
        try:
            with files.replacing(self._tryback) as target:
                report.tryback(self._rows, parsed, target, separator=self._rows.separator)
        except OSError as error:
            raise StateFileError(f"tryback: {self._tryback} could not be written: {error.strerror}.", option="tryback") from None

    def _judge(self, parsed):
        counts, service = self.result["counts"], self.result["service"]
        if counts["unreported"]:
            self._site.warn(f"The report does not say what became of {counts['unreported']} of {counts['rows']} rows.")
        if parsed.mojibake:
            self._site.warn(
                "Names in the report are double-encoded: the plugin's setting encoding is not UTF-8, and accents are being stored "
                "wrongly. Set it (Site administration > Plugins > Admin tools > Sync), then run this again."
            )
        if parsed.outcome == "empty":
            raise ExecutedUnreadable(f"The run of {service} ended without a report.")
        if parsed.fatal or parsed.outcome == "aborted":
            raise self._stopped(parsed)
        _judge_failed(self._site, self.result, parsed.failure_count, self._on_failed_rows)

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
        return RunFailed(f"The run of {service} stopped before the end of the file; see report.")


def _result(service, action, outcome, counts, certain):
    return {
        "service": service,
        "action": action,
        "outcome": outcome,
        "counts": counts,
        "failures": [],
        "report": [],
        "changed_is_certain": certain,
        "simulated": False,
    }


def _judge_failed(site, result, failed, on_failed_rows):
    """Do with failed rows what the user asked for."""
    counts = result["counts"]
    if not failed or on_failed_rows == "ignore":
        return
    message = f"{failed} of {counts['rows'] or 'the'} rows failed in the run of {result['service']} {result['action']}."
    if on_failed_rows == "fail":
        raise RunFailed(message, result=result)
    site.warn(message)
