# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync says of rows that nobody knows of."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "roles/sync/templates"
NAMES = ("rows", "created", "updated", "deleted", "unchanged", "skipped", "failed", "unreported", "unparsed")


def rendered(name, **variables):
    # As Ansible renders them.
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True)
    return environment.get_template(name).render(**variables)


@pytest.mark.parametrize(("outcome", "word"), [("predicted", "not foretold"), ("complete", "unreported")])
def test_rows_that_nobody_knows_of(outcome, word):
    step = {
        "name": "users sync", "file": "users.csv", "state": "done", "outcome": outcome, "changed": True, "changed_is_certain": False,
        "counts": {**dict.fromkeys(NAMES, 0), "rows": 3, "created": 1, "unreported": 2}, "message": "", "failures": [], "seconds": 1,
    }  # fmt: skip
    assert f"3 rows: 1 created, 2 {word}\n" in rendered("summary.txt.j2", sync_results=[step])
    figures = {"site": "s", "failed": False, "check_mode": outcome == "predicted", "started": "2026", "steps": [step]}
    assert f"| failed | {word} |" in rendered("report.md.j2", __sync_figures=figures)
