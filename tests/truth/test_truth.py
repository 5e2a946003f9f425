# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random jobs: no statement that is certain is wrong. TRUTH_JOBS: how many in all; TRUTH_SEED: which."""

from __future__ import annotations

import os

import pytest

from tests.scenarios import ROOT

from . import jobs
from .__main__ import keep, story
from .ground import VERSIONS
from .play import judge
from .shrink import shrunk
from .tally import Tally

NUMBER = int(os.environ.get("TRUTH_JOBS") or 432)
SEED = os.environ.get("TRUTH_SEED") or "1"
#: Jobs of one test, so that tests can be shared among processes.
BATCH = 25
FAILURES = ROOT / ".cache/truth"


def _batches():
    each = -(-NUMBER // (len(VERSIONS) * len(jobs.KINDS)))
    for moodle in VERSIONS:
        for kind in jobs.KINDS:
            for start in range(0, each, BATCH):
                yield moodle, kind, range(start, min(start + BATCH, each))


@pytest.mark.parametrize(
    ("moodle", "kind", "numbers"), list(_batches()), ids=lambda value: str(value) if isinstance(value, str) else value.start
)
def test_what_is_certain_is_so(grounds, record_property, moodle, kind, numbers):
    tally, wrong = Tally(), []
    for number in numbers:
        verdict = judge(grounds(moodle), jobs.make(f"{SEED}-{number}", kind, moodle))
        tally.add(verdict)
        wrong += [verdict] if verdict.wrong else []
    record_property("tally", {name: dict(found) for name, found in tally.figures.items()})
    if wrong:
        small = shrunk(grounds(moodle), wrong[0])
        path = keep(FAILURES, small)
        pytest.fail(f"{len(wrong)} jobs, the first of them, made small: python -m tests.truth {path}\n{story(small)}", pytrace=False)
