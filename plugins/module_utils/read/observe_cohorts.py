# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cohorts and members of a run's rows, before and after it.

Private to this collection.
"""

from __future__ import annotations

import typing as t

from .values import batches, text


class Cohort(t.NamedTuple):
    """What a run can change of a cohort: its texts and its members (user ids)."""

    name: str
    idnumber: str
    description: str
    members: frozenset


class CohortsObserver:
    """Compares cohorts and members. Its snapshot: (cohorts by identifier, user ids by identifier)."""

    compares = True

    def __init__(self, moodle, rows, settings):
        self._moodle, self._rows = moodle, rows
        self._cohort_source = settings.get("cohortidentifier", "idnumber")
        self._user_source = settings.get("useridentifier", "username")
        self._column = "c" + self._cohort_source
        self._autocreate = settings.get("autocreate")

    def look(self):
        """All cohorts with the members of those that the rows name, and the rows' users; four calls and more."""
        cohorts = self._moodle.call("tool_sync_get_cohorts", {"cohortidsource": "id", "cohortids": []}).value
        wanted = {row.values.get(self._column, "") for row in self._rows}
        named = [cohort for cohort in cohorts if text(cohort[self._cohort_source]) in wanted]
        members = {}
        for ids in batches(cohort["id"] for cohort in named):
            for entry in self._moodle.call("core_cohort_get_cohort_members", {"cohortids": ids}).value:
                members[entry["cohortid"]] = frozenset(entry["userids"])
        found = {
            text(cohort[self._cohort_source]): Cohort(
                cohort["name"], text(cohort["idnumber"]), text(cohort["description"]), members.get(cohort["id"], frozenset())
            )
            for cohort in named
        }
        return found, self._user_ids()

    def predict(self, row, before):
        cohorts, users = before
        cohort, user, command = cohorts.get(row.values.get(self._column, "")), self._user(row, users), _command(row)
        if command == "del":
            return "deleted" if cohort and user in cohort.members else None
        if command != "add":
            return None
        if cohort is None:
            return {"1": "created", "0": "failed"}.get(self._autocreate)
        if row.values.get("userid") and user is None:
            return "failed"
        return "unchanged" if not self._rewritten(row, cohort) and (user is None or user in cohort.members) else "updated"

    def outcome(self, row, before, after):
        key, user = row.values.get(self._column, ""), self._user(row, after[1])
        old, new = before[0].get(key), after[0].get(key)
        if old is None or new is None:
            return "created" if new else "deleted" if old else "unchanged"
        if old[:3] != new[:3] and self._rewritten(row, old):
            return "updated"
        if user is None:
            return "unchanged" if old.members == new.members else "updated"
        was, is_now = user in old.members, user in new.members
        return "unchanged" if was == is_now else "updated" if is_now else "deleted"

    def _rewritten(self, row, cohort):
        """Whether an add row gives a known cohort another description; a new name has no effect (plugin.md B.5)."""
        return "cdescription" in row.values and row.values["cdescription"] != cohort.description

    def _user(self, row, users):
        return users.get(self._fold(row.values.get("userid", "")))

    def _fold(self, value):
        return value.lower() if self._user_source in ("username", "email") else value

    def _user_ids(self):
        found = {}
        for values in batches(self._fold(row.values.get("userid", "")) for row in self._rows):
            for user in self._moodle.call("core_user_get_users_by_field", {"field": self._user_source, "values": values}).value:
                found[self._fold(text(user.get(self._user_source)))] = user["id"]
        return found


def _command(row):
    return row.values.get("cmd") or "add"
