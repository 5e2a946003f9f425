# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of many jobs, as a table."""

from __future__ import annotations

import collections


class Tally:
    """Adds up verdicts, and the figures of other tallies."""

    def __init__(self):
        self.figures = collections.defaultdict(collections.Counter)
        #: kind -> why plans of jobs where all is shown are not certain: number of plans.
        self.doubts = collections.defaultdict(collections.Counter)

    def add(self, verdict):
        found = self.figures[verdict.job.kind]
        found["jobs"] += 1
        found["refused"] += verdict.refused
        for name, said in (("plans", verdict.plans), ("runs", verdict.runs)):
            found[name] += len(said)
            found[f"certain {name}"] += sum(said)
        wrong = {step for step, _what in verdict.wrong}
        plans = {step for step in wrong if step.startswith(("foretold", "planned"))}
        found["wrong plans"] += len(plans)
        found["wrong runs"] += len(wrong - plans)
        if verdict.job.plain and not verdict.refused:
            found["plain plans"] += len(verdict.plans)
            found["plain certain"] += sum(verdict.plans)
            self.doubts[verdict.job.kind].update(verdict.doubts)

    def update(self, other):
        for kind, found in other.items():
            self.figures[kind].update(found)

    @property
    def wrong(self):
        return sum(found["wrong plans"] + found["wrong runs"] for found in self.figures.values())

    def lines(self):
        """The table: how much of what is said is certain, and how much of that is wrong."""
        whole = collections.Counter()
        for found in self.figures.values():
            whole.update(found)
        rows = [*self.figures.items(), *([("all", whole)] if len(self.figures) > 1 else [])]
        yield (
            f"{'':24}{'jobs':>6}{'refused':>9} |{'plans':>7}{'certain':>9}{'wrong':>7}{'certain where all is shown':>28} |"
            f"{'runs':>7}{'certain':>9}{'wrong':>7}"
        )
        for kind, found in rows:
            plain = f"{_share(found['plain certain'], found['plain plans'])} of {found['plain plans']}"
            plans, runs = (
                f"{found[name]:>7}{_share(found[f'certain {name}'], found[name]):>9}{found[f'wrong {name}']:>7}"
                for name in ("plans", "runs")
            )
            yield f"{kind:24}{found['jobs']:>6}{found['refused']:>9} |{plans}{plain:>28} |{runs}"

    def reasons(self):
        """Why plans are not certain although all is shown, by kind."""
        for kind, found in self.doubts.items():
            for why, number in found.most_common():
                yield f"{kind:10}{number:>6}  {why}"


def _share(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "-"
