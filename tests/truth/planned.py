# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a job as a careful user does: plan the file, have it approved, send only what the plan wrote, and plan again."""

from __future__ import annotations

from .ground import difference
from .judge import Truth
from .trial import Trial

#: Columns that hold the time of a run, or a salt, or that a plan can't see and takes for no difference.
OTHERWISE = ("timestart", "timeend", "startdate", "timecreated", "password")


class PlannedTrial(Trial):
    """For jobs with C(send), options of toolsync_plan."""

    def verdict(self):
        whole = self._whole()
        self.arrange()
        result = self._round("planned", "sent")
        if whole is not None and result is not None:
            self._equal(whole)
        self._round("planned again", "sent again")
        return self.found

    def _whole(self):
        """The state after a run of the whole file; None where the plan adds rows, or the run does not come to its end."""
        self.arrange()
        self.send()
        self.ground.site.clock_offset += 1000
        answer = self.ground.call("tool_sync_process", service=self.job.kind, action=self.job.action)
        return None if self.job.send.get("exact") or not isinstance(answer, str) else self.ground.snapshot()

    def _round(self, planning, running):
        """Plan, approve, run; returns the plan's result where it was certain, and everything went through."""
        ground, job = self.ground, self.job
        self.send()
        options = {
            "service": job.kind, "action": job.action, "src": str(self.file), "settings": job.known, "removals_limit": "100%",
            "allow_destructive": job.allowed, "dest_file": str(ground.folder / "planned.csv"), **job.send,
        }  # fmt: skip
        ground.site.clock_offset += 1000
        first = self._plan(planning, options, check_mode=True)
        plan = self._plan(planning, {**options, "approved_plan": first.get("plan_id")})
        if first.get("plan_id") != plan.get("plan_id"):
            self.wrong(planning, f"another plan of the same: {first.get('plan_id')}, {plan.get('plan_id')}")
        if plan.get("failed"):
            return None
        self.found.plans.append(plan["certain"])
        self.doubted(plan)
        before, rows, ran = ground.snapshot(), [], True
        for file in plan["files"]:
            ran = self._run(running, file["path"], rows) and ran
        truth = Truth(difference(before, ground.snapshot()), rows)
        said = {**plan, "changed_is_certain": plan["certain"]}
        said.pop("rows")  # their lines are those of the source
        self.found.told.append((planning, said, truth))
        if not ran:
            return None
        self.hold_counts(planning, said, truth)
        return plan if plan["certain"] else None

    def _plan(self, step, options, **how):
        before = self.ground.snapshot()
        result = self.play("toolsync_plan", options, **how)
        if "exception" in result:
            self.wrong(step, f"a defect: {result['msg']}")
        if self.ground.snapshot() != before:
            self.wrong(step, "planning wrote")
        return result

    def _run(self, step, path, rows):
        """Send a file that the plan wrote, and run it; whether it came to its end."""
        options = {"service": self.job.kind, "action": self.job.action, "allow_destructive": True}
        self.play("toolsync_upload", {"src": path, "dest": "job.csv", **options})
        result, truth = self.step(step, src=path)
        rows += truth.rows
        return not result.get("failed") and result["outcome"] == "complete"

    def _equal(self, whole):
        """Judge what was sent by what a run of the whole file makes of the same site."""
        found = difference(_lasting(whole), _lasting(self.ground.snapshot()))
        if found:
            self.wrong("sent", f"another outcome than that of the whole file: {found}")


def _lasting(snapshot):
    found = {}
    for key, record in snapshot.items():
        # A deleted account is named after the time.
        otherwise = (*OTHERWISE, "username") if record.get("deleted") else OTHERWISE
        found[key] = {name: value for name, value in record.items() if name not in otherwise}
    return found
