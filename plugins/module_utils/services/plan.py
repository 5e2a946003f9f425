# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a file: what a run would make of each row, who would be removed, and the file to send. Only reads.

Private to this collection.
"""

from __future__ import annotations

import math
import re

from .. import files
from ..csvfile.check import FINDINGS_SHOWN
from ..errors import CsvRefused, OptionError
from ..plan import Plan
from ..rows.files import Prospect, RowFile, rules_for
from ..rows.plan import DELETE, FAIL, ROWS_LISTED, UNCHANGED, UPDATE, FilePlan, Readers, several
from ..send.batch import checked_lanes
from ..settings import in_force
from .plan_files import Parcel
from .plan_leavers import Leavers

#: Removals that a percentage always allows.
LEAST_ALLOWED = 5
_LIMIT = re.compile(r"\s*(\d+)\s*(%?)\s*").fullmatch


def plan(site, source, service, action, params):
    """source: a csvfile.source.Source; service, action: as checked_action gives them; params: the options of toolsync_plan.

    Raises OptionError, SourceFileError, CsvRefused.
    """
    limit = _Limit(params["removals_limit"])
    if params["exact"] and service not in ("enrols", "cohorts"):
        raise OptionError(f"exact: is for files of enrolments and of cohorts, not of {service}.", option="exact")
    if params["leavers"] and service != "users":
        raise OptionError(f"leavers: is for files of users, not of {service}.", option="leavers")
    if params["rows_per_file"] is not None and params["rows_per_file"] < 1:
        raise OptionError("rows_per_file must be at least 1.", option="rows_per_file")
    why = params["dest_file"] and files.obstacle(params["dest_file"])
    if why:
        raise OptionError(f"dest_file: {params['dest_file']} {why}.", option="dest_file", cure="Name another file; nothing was sent.")
    settings = in_force(site.memory, service, params["settings"])
    digest, columns = _checked(site, source, service, action, settings)
    if params["exact"] and service == "enrols" and "cid" not in columns:
        raise OptionError("exact: the file has no column cid.", option="exact")
    return RowsPlan(site, RowFile(source, service, action), settings, digest, limit, params)


class _Limit:
    """How many records may be removed: a number, or a percentage of those that the file or the filter covers."""

    def __init__(self, given):
        found = _LIMIT(str(given))
        self.number, self.percent = (int(found.group(1)), bool(found.group(2))) if found else (0, False)
        if not found or self.percent and self.number > 100:
            raise OptionError('removals_limit must be a whole number, or a percentage such as "10%".', option="removals_limit")
        self.given = str(given).strip()

    def allowed(self, covered):
        return max(LEAST_ALLOWED, math.floor(covered * self.number / 100)) if self.percent else self.number


def _checked(site, source, service, action, settings):
    """(digest, columns) of a file that may be sent; its remarks become warnings."""
    name = source.name or "the file"
    check, digest, _state = source.inspect(service, action, settings)
    # What does harm is planned, counted and held against the limit.
    check.refuse(name, allow_destructive=True)
    if not check.rows:
        raise CsvRefused(f"{name} has no data row.", option="src")
    for finding in check.warnings[:FINDINGS_SHOWN]:
        site.warn(f"{name}: {finding}")
    return digest, check.columns


class RowsPlan(Plan):
    """changed: whether there is anything to run."""

    def __init__(self, site, rows, settings, digest, limit, params):
        self._site, self._rows, self._limit, self._params = site, rows, limit, params
        lanes = checked_lanes(params["parallel_requests"])
        readers = Readers.of(site, lanes=lanes)
        coming = params["coming"] or {}
        readers.users.expect(coming.get("users") or ())
        readers.courses.expect(coming.get("courses") or ())
        rules = rules_for(rows.service, rows.action, readers, settings)
        if rules is None:
            raise OptionError(f"action: what {rows.service} {rows.action} does can't be predicted.", option="action")
        self._prospect = Prospect(rows, rules)
        added = self._prospect.complete() if params["exact"] else []
        leavers = Leavers(readers, settings, params["leavers"], rules) if params["leavers"] else None
        planned = self._prospect.plan
        outcomes = [*planned.rows, *(leavers.outcomes if leavers else ())]
        self._plan = FilePlan(outcomes, covered=max(planned.covered, leavers.covered if leavers else 0))
        self._parcel = Parcel(rows, planned.rows, added, leavers, params)
        for note in (*planned.notes, *(leavers.notes if leavers else ())):
            site.warn(note)
        for name in sorted(readers.asker.lacking):
            site.warn(f"The token's service lacks {name}: with it, more could be told.")
        super().__init__(changed=self._parcel.sends, before="", after="", result=self._told(site, digest, outcomes))
        self.before, self.after = self._sides()

    def _told(self, site, digest, outcomes):
        plan, shown = self._plan, self._params["show_rows"]
        counts = {"rows": len(outcomes), **plan.counts()}
        # Nothing was to be done yet.
        del counts["not_done"]
        listed = {
            "none": [],
            "failed": [row for row in outcomes if row.outcome == FAIL],
            "differing": [row for row in outcomes if row.outcome != UNCHANGED or row.changes],
            "all": outcomes,
        }[shown]
        return {
            "service": self._rows.service,
            "action": self._rows.action,
            "plan_id": plan.plan_id(site.moodle.base, digest),
            "counts": counts,
            # What is to come nobody has seen.
            "certain": plan.certain and not self._params["coming"],
            "uncertain": plan.uncertain(),
            "removals": plan.removals,
            "removals_allowed": self._limit.allowed(plan.covered),
            "covered": plan.covered,
            "rows": [self._row(row) for row in listed[:ROWS_LISTED]],
            "files": self._parcel.listed(),
        }

    def _row(self, row):
        values = self._params["show_values"]
        fields = {name: list(sides) if values else None for name, sides in row.fields.items()}
        return {
            "line": row.line, "key": row.key, "outcome": row.outcome, "changes": row.changes, "because": row.because,
            "fields": fields if values else sorted(fields),
        }  # fmt: skip

    def _sides(self):
        """The rows that differ, before and after, as texts: Ansible would escape accents in anything else."""
        if self._params["show_rows"] == "none":
            return "", ""
        before, after = [], []
        for row in self._plan.rows:
            if not row.changes and row.outcome not in (FAIL, DELETE, UPDATE):
                continue
            name = f"line {row.line or '(added)'} {row.key or ''}".rstrip()
            why = f" ({row.because})" if row.because else ""
            before.append(name)
            after.append(f"{name}: {row.outcome}{why}")
            for column, (old, new) in row.fields.items():
                shown = self._params["show_values"]
                before.append(f"  {column}: {_shown(old) if shown else '...'}")
                after.append(f"  {column}: {_shown(new) if shown else 'another'}")
        return "".join(f"{line}\n" for line in before), "".join(f"{line}\n" for line in after)

    def close(self):
        self._rows.close()

    def rehearse(self):
        """Raise what keeps a run from being started, a run by this plan."""
        objection = self._prospect.objection(self._params["allow_destructive"])
        if objection:
            raise objection
        plan, allowed = self._plan, self.result["removals_allowed"]
        if plan.removals > allowed:
            raise OptionError(
                f"The plan removes {plan.removals} of {several(plan.covered, 'record')}, and removals_limit ({self._limit.given}) "
                f"allows {allowed}.",
                option="removals_limit",
                cure="Look at rows. If that is meant, raise removals_limit; nothing was sent.",
            )
        approved = self._params["approved_plan"]
        if approved and approved != self.result["plan_id"]:
            counts = ", ".join(f"{name} {count}" for name, count in self.result["counts"].items() if count)
            raise OptionError(
                f"The plan is another one than the approved {approved}: it is {self.result['plan_id']} now ({counts}).",
                option="approved_plan",
                cure="The file or the site has changed since. Look at rows, and have this one approved; nothing was sent.",
            )

    def apply(self):
        self.rehearse()
        self._parcel.write()


def _shown(value):
    return "-" if value is None else str(value)
