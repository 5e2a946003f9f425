# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way into a trial."""

from __future__ import annotations

from .planned import PlannedTrial
from .trial import Trial


def judge(ground, job):
    """Play a job on a Ground; returns its Verdict."""
    return (PlannedTrial if job.send else Trial)(ground, job).verdict()
