# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The courses of a run's rows, before it: what check mode tells from.

Private to this collection.
"""

from __future__ import annotations

from .values import text


class CoursesObserver:
    """Knows which courses exist. Its snapshot: identifier -> bool. The report of a run tells the rest."""

    ACTIONS = ("create", "delete", "reset")
    compares = False

    def __init__(self, moodle, rows, settings, action):
        self._moodle, self._rows, self._action = moodle, rows, action
        self._column = "identifier" if action == "delete" else "shortname"
        self._source = settings.get("filedeleteidentifier", "shortname") if action == "delete" else "shortname"

    def look(self):
        """{identifier: exists} for the rows' courses; one cheap call each."""
        found = {}
        for row in self._rows:
            identifier = row.values.get(self._column, "")
            if identifier and identifier not in found and not row.skipped:
                parameters = {"courseidsource": self._source, "courseid": identifier}
                found[identifier] = bool(self._moodle.call("tool_sync_check_course", parameters).value)
        return found

    def predict(self, row, before):
        """create: created or unchanged; delete: deleted or skipped; reset: updated or failed."""
        exists = before.get(text(row.values.get(self._column)))
        if exists is None:
            return None
        if self._action == "create":
            return "unchanged" if exists else "created"
        if self._action == "delete":
            return "deleted" if exists else "skipped"
        return "updated" if exists else "failed"

    def outcome(self, row, before, after):
        """The report is exact; see compares."""
        return None
