# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what the collection said of a job against the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from .jobs import SERVICES

CHANGING = ("created", "updated", "deleted")
#: The tables whose new and lost records a row's outcome is named after. Not so with enrols: somebody who is enrolled by another method,
#: or swaps one enrolment for another, may be called updated.
MAIN = {"users": "user", "cohorts": "cohort", "courses": "course"}
#: Outcomes of planned rows that say that the row changes something, and that say that it does not.
DOES, DOES_NOT = ("create", "update", "delete"), ("unchanged", "skip")


@dataclass
class Verdict:
    """What was said in a job and whether it was so. plans, runs: whether what check mode and what a run said was certain, of those that
    were not refused; doubts: why plans were not; wrong: (step, what); told: (step, result, Truth); refused: whether the check of the file
    refused it."""

    job: object
    plans: list = field(default_factory=list)
    doubts: list = field(default_factory=list)
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


class Judge:
    """Judges the steps of one job into found, a Verdict."""

    def __init__(self, job):
        self.job = job
        self.found = Verdict(job)

    def wrong(self, step, what):
        self.found.wrong.append((step, what))

    def doubted(self, plan):
        """Note why a plan is not certain."""
        self.found.doubts += [doubt["because"] for doubt in plan.get("uncertain", ())]

    def hold(self, step, result, truth, check_mode):
        """Judge what a step says of itself."""
        if "exception" in result:
            self.wrong(step, f"a defect: {result['msg']}")
        if check_mode:
            if truth.net or truth.rows:
                self.wrong(step, f"check mode wrote: {truth.net}")
            self.found.plans += [result["changed_is_certain"]] if "changed_is_certain" in result else []
            self.doubted(result)
            return
        self.found.runs += [result["changed_is_certain"]] if "changed_is_certain" in result else []
        self.hold_changed(step, result, truth)
        if self.job.kind in SERVICES:
            self.hold_counts(step, result, truth)

    def compare(self, foretelling, doing, foretold, done):
        """Judge what check mode said by what the run did."""
        (said, _nothing), (result, truth) = foretold, done
        if self.job.fault.get("step") in (foretelling, doing) or self.job.conditions or said.get("failed") and result.get("failed"):
            return  # nobody can foretell what breaks
        self.hold_changed(foretelling, said, truth)
        if self.job.kind in SERVICES:
            self.hold_counts(foretelling, said, truth)
        if certain(said) and certain(result) and result.get("outcome", "complete") in ("complete", "predicted"):
            ours, theirs = _without(said.get("counts")), _without(result.get("counts"))
            if ours != theirs:
                self.wrong(foretelling, f"other counts than the run: {_few(ours)}, then {_few(theirs)}")

    def hold_changed(self, step, result, truth):
        if not certain(result) and not result["changed"] and truth.changed:
            self.wrong(step, f"uncertain, and changed is false: {truth.net}")
        if certain(result) and truth.changed is not None and result["changed"] != truth.changed:
            self.wrong(step, f"changed is {str(result['changed']).lower()}: {truth.net}")

    def hold_counts(self, step, result, truth):
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
