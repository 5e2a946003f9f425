# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a job on a practice Moodle and holds every statement of the collection against the database."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import LOCATIONS

from tests.scenarios import Scenario

from .ground import difference
from .jobs import MODULES, SERVICES

CHANGING = ("created", "updated", "deleted")
#: The steps of a job: check mode and what it foretells, twice.
STEPS = (("foretold", "run"), ("foretold again", "again"))
#: The tables whose new and lost records a row's outcome is named after. Not so with enrols: somebody who is enrolled by another method,
#: or swaps one enrolment for another, may be called updated.
MAIN = {"users": "user", "cohorts": "cohort", "courses": "course"}
#: Outcomes of planned rows that say that the row changes something, and that say that it does not.
DOES, DOES_NOT = ("create", "update", "delete"), ("unchanged", "skip")
#: What no function shows, and the plugin sets to its defaults in every account of a file without these columns. It counts where the file
#: names it. Otherwise nothing about an account could ever be certain.
NEVER_SHOWN = ("maildisplay", "maildigest")
#: Seconds to wait for a run that goes on after its client has left; what it costs a row then; how long the client waits.
PATIENCE, SLOW_ROW_MS, IMPATIENT = 20, 400, 1
#: Seconds that a call may take otherwise: none but one over a file without a header does.
LONGEST = 10


@dataclass
class Verdict:
    """What was said in a job and whether it was so. plans, runs: whether what check mode and what a run said was certain, of those that
    were not refused; wrong: (step, what); told: (step, result, Truth); refused: whether the check of the file refused it."""

    job: object
    plans: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    told: list = field(default_factory=list)
    refused: bool = False

    @property
    def kinds(self):
        """What is wrong, without the figures: whether a smaller job is wrong in the same way."""
        return {(step, what.partition(":")[0]) for step, what in self.wrong}


@dataclass
class Truth:
    """What really happened in a step."""

    net: object
    rows: list

    @property
    def changed(self):
        """True, False, or None where rows did something and other rows undid it: then either may be said."""
        if any(row.did for row in self.rows) and not self.net:
            return None
        return bool(self.net)


def judge(ground, job):
    """Play a job; returns its Verdict."""
    return _Trial(ground, job).verdict()


class _Trial:
    def __init__(self, ground, job):
        self.ground, self.job = ground, job
        self.found = Verdict(job)

    def verdict(self):
        ground, job = self.ground, self.job
        ground.make(job.records)
        ground.site.clock_offset = 0
        ground.unjudged = [name for name in NEVER_SHOWN if name not in job.columns]
        if job.kind in SERVICES:
            self._prepare()
        ground.offer(lacking=job.lacking, capabilities=job.capabilities)
        for name in job.conditions:
            ground.condition(name)
        for foretelling, doing in STEPS:
            if job.kind in SERVICES and (job.sent_again or doing == "run"):
                self._send()
            foretold = self._step(foretelling, check_mode=True)
            done = self._step(doing)
            self._compare(foretelling, doing, foretold, done)
        return self.found

    # -- playing --------------------------------------------------------------------------------------------------

    def _play(self, module, options, **how):
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
            result = self._play("toolsync_config", {"service": job.kind, "settings": settings})
            assert not result.get("failed"), result
        else:
            ground.configure(plugin={f"{job.kind}_{name}": value for name, value in settings.items()})

    def _send(self):
        """Upload the file, in a tidy job without the rows that the check refuses; where it is refused all the same, past the check."""
        job = self.job
        options = {"src": str(self.file), "dest": "job.csv", "allow_destructive": True, "service": job.kind, "action": job.action}
        while True:
            self.file.write_text("\n".join(self.ground.resolved(job.lines)) + "\n", encoding="utf-8")
            result = self._play("toolsync_upload", options)
            self.found.refused = "finding_count" in result
            refused = {finding["line"] for finding in result.get("findings", ()) if finding["level"] == "error"}
            if not (self.found.refused and job.tidy) or not refused or refused & {None, 1} or len(refused) >= len(job.lines) - 1:
                break
            job.lines = [line for number, line in enumerate(job.lines, 1) if number not in refused]
        if result.get("failed"):
            self.ground.place("job.csv", self.file.read_bytes())

    def _options(self, step):
        job = self.job
        if job.kind in MODULES:
            return job.kind, self.ground.resolved(job.options)
        patience = IMPATIENT if job.fault.get("kind") == "slow" and job.fault["step"] == step else LONGEST
        options = {"service": job.kind, "action": job.action, "src": str(self.file), "on_failed_rows": "ignore", "timeout": patience}
        if "allow_destructive" in Scenario("toolsync_process", None).task().argument_spec:
            options.update(allow_destructive=job.allowed, settings=job.known)
        return "toolsync_process", options

    def _step(self, step, check_mode=False):
        """Play one step; returns (result, Truth). The clock of the site goes on, as it would."""
        ground = self.ground
        ground.site.clock_offset += 1000
        before, ground.rows = ground.snapshot(), []
        self._trouble(step)
        try:
            result = self._play(*self._options(step), check_mode=check_mode)
        finally:
            self._peace()
        truth = Truth(difference(before, ground.snapshot()), ground.rows)
        self.found.told.append((step, result, truth))
        self._hold(step, result, truth, check_mode)
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

    # -- judging --------------------------------------------------------------------------------------------------

    def wrong(self, step, what):
        self.found.wrong.append((step, what))

    def _hold(self, step, result, truth, check_mode):
        """Judge what a step says of itself."""
        if "exception" in result:
            self.wrong(step, f"a defect: {result['msg']}")
        if check_mode:
            if truth.net or truth.rows:
                self.wrong(step, f"check mode wrote: {truth.net}")
            self.found.plans += [result["changed_is_certain"]] if "changed_is_certain" in result else []
            return
        self.found.runs += [result["changed_is_certain"]] if "changed_is_certain" in result else []
        self._hold_changed(step, result, truth)
        if self.job.kind in SERVICES:
            self._hold_counts(step, result, truth)

    def _compare(self, foretelling, doing, foretold, done):
        """Judge what check mode said by what the run did."""
        (said, _nothing), (result, truth) = foretold, done
        if self.job.fault.get("step") in (foretelling, doing) or said.get("failed") and result.get("failed"):
            return
        self._hold_changed(foretelling, said, truth)
        if self.job.kind in SERVICES:
            self._hold_counts(foretelling, said, truth)
        if certain(said) and certain(result) and result.get("outcome", "complete") in ("complete", "predicted"):
            ours, theirs = _without(said.get("counts")), _without(result.get("counts"))
            if ours != theirs:
                self.wrong(foretelling, f"other counts than the run: {_few(ours)}, then {_few(theirs)}")

    def _hold_changed(self, step, result, truth):
        if certain(result) and truth.changed is not None and result["changed"] != truth.changed:
            self.wrong(step, f"changed is {str(result['changed']).lower()}: {truth.net}")

    def _hold_counts(self, step, result, truth):
        counts = result.get("counts")
        if counts and counts["rows"] != sum(number for name, number in counts.items() if name not in ("rows", "unparsed")):
            self.wrong(step, f"counts that are not the sum of their parts: {_few(counts)}")
        if not counts or not certain(result) or result.get("simulated"):
            return
        rows = [row for row in truth.rows if row.did]
        changing, failed = sum(counts[name] for name in CHANGING), counts["failed"]
        if not len(rows) - failed <= changing <= len(rows):
            self.wrong(step, f"rows that change: {_few(counts)}, but it is {len(rows)} of {len(truth.rows)}: {_lines(rows)}")
        main = MAIN.get(self.job.kind)
        for name, here in (("created", lambda did: did.made), ("deleted", lambda did: [*did.gone, *_deletions(did)])):
            some = [row for row in rows if here(row.did)]
            there = [row for row in some if any(table == main for table, *_more in here(row.did))]
            both = [row for row in there if _has(row.did.made, main) and _has(row.did.gone, main)]
            if not len(there) - len(both) - failed <= counts[name] <= len(some):
                self.wrong(step, f"rows {name}: {_few(counts)}, but it is {len(there)} to {len(some)}: {_lines(some)}")
        self._hold_rows(step, result, truth)

    def _hold_rows(self, step, result, truth):
        """Judge the outcome of each row, where the result names them."""
        did = {}
        for row in truth.rows:
            did[row.line] = did.get(row.line, False) or bool(row.did)
        for row in result.get("rows") or ():
            outcome, line = row["outcome"], row["line"]
            if outcome in DOES and not did.get(line) or outcome in DOES_NOT and did.get(line):
                self.wrong(step, f"a row is called {outcome}: line {line} {_lines([one for one in truth.rows if one.line == line])}")
        if "rows" in result:
            listed = {row["line"] for row in result["rows"]}
            silent = [row for row in truth.rows if row.did and row.line not in listed]
            if silent:
                self.wrong(step, f"rows are called unchanged: {_lines(silent)}")


def certain(result):
    """Whether the result says of itself that it is certain; one that was refused says so by saying that nothing changed."""
    return result.get("changed_is_certain", not result["changed"])


def _deletions(did):
    """Accounts that a row marked as deleted."""
    return [(table, key) for table, key, columns in did.changed if table == "user" and "deleted 0 -> 1" in columns]


def _has(keys, table):
    return any(one == table for one, *_more in keys)


def _without(counts):
    return {name: number for name, number in (counts or {}).items() if name != "unparsed"}


def _few(counts):
    return ", ".join(f"{name} {number}" for name, number in counts.items() if number) or "nothing"


def _lines(rows):
    return " | ".join(f"line {row.line} {row.did}" for row in rows) or "none"
