# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group members added and removed by a run of the plugin over a file of enrols, where Moodle's own functions can't be called.

Private to this collection. The rows name no role and no enrolment method: the plugin then complains of the role, leaves the user's
enrolment alone, and goes on to the groups (plugin.md B.4). With a role it would set dates of the enrolment anew, or assign the role a
second time. So its report is no help, and whoever sends a run has to look at the groups afterwards.
"""

from __future__ import annotations

from ..csvfile import file as csvfile
from ..csvfile.source import Source
from ..plan import Site
from . import config, process, upload

FILE = "toolsync_group.csv"
FUNCTIONS = ("tool_sync_set_config", "tool_sync_commit_file", "tool_sync_process")
_COLUMNS = ("cmd", "uid", "cid", "rolename", "gcmd", "g1")
_COMMANDS = {"added": "gaddcreate", "removed": "gdel"}


class GroupRun:
    """separator: the one that the site's plugin reads with; timeout: seconds for a run."""

    def __init__(self, site, *, separator, timeout):
        self._site, self._separator, self._timeout = site, separator, timeout

    def problem(self, row):
        """Why a row can't be written, or None. A row: becomes (added or removed), course (by, value), user (id), group (name)."""
        try:
            csvfile.render([_cells(row)], list(_COLUMNS), separator=self._separator, service="enrols")
        except ValueError as error:
            return f"a run of the plugin can't do it: {str(error).replace('row 1, column g1', 'the name')}"
        return None

    def send(self, rows):
        """One run for each kind of course identifier. Raises ToolsyncError; what a run did has to be looked at."""
        kinds = {}
        for row in rows:
            kinds.setdefault(row["course"][0], []).append(row)
        before = self._site.memory.get("settings", "enrols") or {}
        try:
            for by, some in kinds.items():
                self._run(by, some)
        finally:
            now = self._site.memory.get("settings", "enrols") or {}
            changed = {key: value for key, value in before.items() if now.get(key) != value}
            if changed:
                config.plan(self._site, "enrols", changed).apply()

    def _run(self, by, rows):
        settings = {"filelocation": FILE, "courseidentifier": by, "useridentifier": "id"}
        config.plan(self._site, "enrols", settings).apply()
        sending = upload.plan(self._site, self._source(rows), FILE, force=True)
        try:
            sending.apply()
        finally:
            sending.close()
        # What the report warns of is what such rows are meant to cause.
        unheard = Site(self._site.moodle, self._site.memory)
        run = process.plan(unheard, "enrols", "sync", timeout=self._timeout, on_failed_rows="ignore")
        run.apply()
        if run.result["simulated"]:
            self._site.warn("The site runs the plugin in simulation (its setting simulate), so that nothing was done.")

    def _source(self, rows):
        return Source(rows=map(_cells, rows), columns=list(_COLUMNS), separator=self._separator, service="enrols")


def _cells(row):
    return {
        "cmd": "add",
        "uid": row["user"],
        "cid": row["course"][1],
        "rolename": None,
        "gcmd": _COMMANDS[row["becomes"]],
        "g1": row["group"],
    }
