# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a job on a practice Moodle, step by step, and has each step judged."""

from __future__ import annotations

import time

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import LOCATIONS

from tests.scenarios import Scenario

from .ground import difference
from .jobs import MODULES, SERVICES
from .judge import Judge, Truth

#: The steps of a job: check mode and what it foretells, twice.
STEPS = (("foretold", "run"), ("foretold again", "again"))
#: What no function shows, and the plugin sets to its defaults in every account of a file without these columns. It counts where the file
#: names it. Otherwise nothing about an account could ever be certain.
NEVER_SHOWN = ("maildisplay", "maildigest")
#: Seconds to wait for a run that goes on after its client has left; what it costs a row then; how long the client waits.
PATIENCE, SLOW_ROW_MS, IMPATIENT = 20, 400, 1
#: Seconds that a call may take otherwise: none but one over a file without a header does.
LONGEST = 10


class Trial(Judge):
    def __init__(self, ground, job):
        super().__init__(job)
        self.ground = ground

    def verdict(self):
        """Play the job; returns its Verdict."""
        self.arrange()
        for foretelling, doing in STEPS:
            if self.job.kind in SERVICES and (self.job.sent_again or doing == "run"):
                self.send()
            foretold = self.step(foretelling, check_mode=True)
            done = self.step(doing)
            self.compare(foretelling, doing, foretold, done)
        return self.found

    def arrange(self):
        """The site as the job has it."""
        ground, job = self.ground, self.job
        ground.make(job.records)
        ground.site.clock_offset = 0
        ground.unjudged = [name for name in NEVER_SHOWN if name not in job.columns]
        if job.kind in SERVICES:
            self._prepare()
        ground.offer(lacking=job.lacking, capabilities=job.capabilities)
        for name in job.conditions:
            ground.condition(name)

    def play(self, module, options, **how):
        return run(Scenario(module, None).task(), self._parameters(module, options), **how)

    def _parameters(self, module, options):
        return Scenario(module, lambda _ground: {"retries": 0, **options}).parameters(self.ground)

    def _prepare(self):
        """The file and the settings where the run will find them."""
        job, ground = self.job, self.ground
        ground.offer()
        key, _default = LOCATIONS.get((job.kind, job.action), (None, None))
        self.file = ground.folder / "job.csv"
        settings = {**job.settings, **({key: "job.csv"} if key else {})}
        if job.told:
            result = self.play("toolsync_config", {"service": job.kind, "settings": settings})
            assert not result.get("failed"), result
        else:
            ground.configure(plugin={f"{job.kind}_{name}": value for name, value in settings.items()})

    def send(self):
        """Upload the file, in a tidy job without the rows that the check refuses; where it is refused all the same, past the check."""
        job = self.job
        options = {"src": str(self.file), "dest": "job.csv", "allow_destructive": True, "service": job.kind, "action": job.action}
        while True:
            self.file.write_text("\n".join(self.ground.resolved(job.lines)) + "\n", encoding="utf-8")
            result = self.play("toolsync_upload", options)
            self.found.refused = "finding_count" in result
            refused = {finding["line"] for finding in result.get("findings", ()) if finding["level"] == "error"}
            if not (self.found.refused and job.tidy) or not refused or refused & {None, 1} or len(refused) >= len(job.lines) - 1:
                break
            job.lines = [line for number, line in enumerate(job.lines, 1) if number not in refused]
        if result.get("failed"):
            self.ground.place("job.csv", self.file.read_bytes())

    def options(self, step):
        """(module, its options) of a step."""
        job = self.job
        if job.kind in MODULES:
            return job.kind, self.ground.resolved(job.options)
        patience = IMPATIENT if job.fault.get("kind") == "slow" and job.fault["step"] == step else LONGEST
        return "toolsync_process", {
            "service": job.kind, "action": job.action, "src": str(self.file), "on_failures": "warn", "timeout": patience,
            "allow_destructive": job.allowed, "settings": job.known,
        }  # fmt: skip

    def step(self, step, *, check_mode=False, **other):
        """Play one step; returns (result, Truth). The clock of the site goes on, as it would. other: options that are others."""
        ground = self.ground
        ground.site.clock_offset += 1000
        before, ground.rows = ground.snapshot(), []
        module, options = self.options(step)
        self._trouble(step)
        try:
            result = self.play(module, {**options, **other}, check_mode=check_mode)
        finally:
            self._peace()
        truth = Truth(difference(before, ground.snapshot()), ground.rows)
        self.found.told.append((step, result, truth))
        self.hold(step, result, truth, check_mode)
        return result, truth

    def _trouble(self, step):
        fault = dict(self.job.fault)
        if fault.pop("step", None) != step:
            return
        if fault["kind"] == "slow":
            self.ground.site.latency.record_ms = SLOW_ROW_MS
        else:
            self.ground.fault(**fault)

    def _peace(self):
        ground = self.ground
        ground.clear_faults()
        waited = time.monotonic() + PATIENCE
        while ground.running:
            ground.site.latency.record_ms = 0
            if time.monotonic() > waited:
                raise RuntimeError("a run does not end")
            time.sleep(0.01)
        ground.site.latency.record_ms = 0
