# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle of each version for all jobs, and the table that is printed when they are done."""

from __future__ import annotations

import pytest

from .ground import Ground
from .tally import Tally


@pytest.fixture(scope="session")
def grounds():
    """version -> Ground"""
    running = {}

    def ground(moodle):
        if moodle not in running:
            running[moodle] = Ground(moodle).start()
        return running[moodle]

    yield ground
    for one in running.values():
        one.stop()


def pytest_terminal_summary(terminalreporter):
    tally = Tally()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "tally" and report.when == "call":
                tally.update(value)
    if tally.figures:
        terminalreporter.write_line("")
        for line in tally.lines():
            terminalreporter.write_line(line)
