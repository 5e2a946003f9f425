# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts made and described by a run of the plugin over a file of a few rows, where Moodle's own functions can't be called.

Private to this collection. Such a run can't rename, move, hide or number a cohort that is there (plugin.md B.5), and ends with a
synchronisation of all cohort enrolments of the site.
"""

from __future__ import annotations

from ..csvfile.source import Source
from ..errors import CsvRefused
from ..read.directory import Ref
from . import config, process, upload

FILE = "toolsync_cohort.csv"
_CREATION = ("cmd", "cname", "cidnumber", "cdescription", "ccatcontext")
_UPDATE = ("cmd", "cid", "cdescription")


class CohortRun:
    """separator: the one that the site's plugin reads with; timeout: seconds for a run."""

    functions = ("tool_sync_set_config", "tool_sync_commit_file", "tool_sync_process")

    def __init__(self, site, *, separator, timeout):
        self._site, self._separator, self._timeout = site, separator, timeout
        self._said: dict[Ref, str] = {}

    def ref_of(self, step):
        """What identifies a step's cohort in a run, and afterwards."""
        if step.becomes == "updated":
            return Ref("cohort", "id", str(step.sent["id"]))
        by = "idnumber" if step.sent["idnumber"] else "name"
        return Ref("cohort", by, step.sent[by])

    def said(self, step):
        """What the report says of a step that failed, or None."""
        return self._said.get(self.ref_of(step))

    def problem_of_new(self, step):
        """Why a run can't make a cohort, or None."""
        if not step.sent["visible"]:
            return "a run of the plugin can't hide a cohort: add core_cohort_create_cohorts to the token's service"
        return self._unwritable(step, _CREATION)

    def problem_of_change(self, step):
        """Why a run can't change a cohort as wanted, or None."""
        beyond = sorted(set(step.after) - {"description"})
        if beyond or not step.after["description"]:
            what = ", ".join(beyond) or "an empty description"
            return f"a run of the plugin can't set {what}: add core_cohort_update_cohorts to the token's service"
        return self._unwritable(step, _UPDATE)

    def send(self, creations, updates):
        """One run for each kind of identifier. Raises ToolsyncError; failed rows are in C(said)."""
        groups: dict[str, list] = {}
        for step in [*creations, *updates]:
            groups.setdefault(self.ref_of(step).by, []).append(step)
        before = self._site.memory.get("settings", "cohorts") or {}
        try:
            for by, steps in groups.items():
                self._run(by, steps, _UPDATE if by == "id" else _CREATION)
        finally:
            now = self._site.memory.get("settings", "cohorts") or {}
            changed = {key: value for key, value in before.items() if now.get(key) != value}
            if changed:
                config.plan(self._site, "cohorts", changed).apply()

    def _run(self, by, steps, columns):
        settings = {"filelocation": FILE, "cohortidentifier": by, "useridentifier": "username", "autocreate": "1"}
        config.plan(self._site, "cohorts", settings).apply()
        source = self._source(steps, columns)
        try:
            upload.plan(self._site, source, FILE, service="cohorts", action="sync").apply()
            rows = process.RowFile(source, "cohorts", "sync")
            run = process.plan(self._site, "cohorts", "sync", rows, timeout=self._timeout, on_failed_rows="ignore")
            run.apply()
        finally:
            source.close()
        for failure in run.result["failures"]:
            if failure["line"]:
                self._said[self.ref_of(steps[failure["line"] - 2])] = failure["reason"]

    def _source(self, steps, columns):
        rows = [{column: self._cell(step, column) for column in columns} for step in steps]
        return Source(rows=rows, columns=list(columns), separator=self._separator, service="cohorts")

    def _unwritable(self, step, columns):
        try:
            self._source([step], columns).close()
        except CsvRefused as error:
            return error.message.rstrip(".")
        return None

    @staticmethod
    def _cell(step, column):
        if column == "cmd":
            return "add"
        if column == "ccatcontext":
            return step.sent["categorytype"]["value"]
        return step.sent[{"cname": "name", "cidnumber": "idnumber", "cdescription": "description", "cid": "id"}[column]]
