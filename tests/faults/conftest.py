# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle for all cells, and the matrix that is printed when they are done."""

from __future__ import annotations

import pytest

from tests.simulator.fixture import Practice

#: Outcome -> how a cell shows it.
LETTERS = {
    "ok": ".", "unreachable": "U", "unknown": "?", "http": "H", "not_moodle": "M", "redirect": "R", "throttled": "T", "upload": "L",
    "not_ready": "N", "moodle": "E",
}  # fmt: skip


@pytest.fixture(scope="session")
def practice():
    with Practice() as running:
        yield running


def pytest_terminal_summary(terminalreporter):
    """Rows: calls; columns: faults; a cell: the outcome where the fault strikes once, and where it strikes always."""
    from tests.faults.matrix import ALL_STEPS, FAULTS

    cells, too_often = {}, 0
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "cell" and report.when == "call":
                step, fault, always, outcome, more = value
                too_often += more
                cells[step, fault, always] = LETTERS.get(outcome, "x") if report.passed else "!"
    if not cells:
        return
    write = terminalreporter.write_line
    width = max(len(str(step)) for step in ALL_STEPS)
    write("")
    height = max(map(len, FAULTS))
    for line in range(height):
        write(" " * width + "".join(f" {name.rjust(height)[line]} " for name in FAULTS).rstrip())
    for step in map(str, ALL_STEPS):
        row = ((cells.get((step, fault, always), " ") for always in (False, True)) for fault in FAULTS)
        write(step.ljust(width) + "".join(" " + "".join(pair) for pair in row))
    legend = ", ".join(f"{letter} {outcome}" for outcome, letter in LETTERS.items())
    write(f"\nstruck once, struck always: {legend}, ! not as it should be")
    write(f"{len(cells)} cells, {too_often} executions too many")
