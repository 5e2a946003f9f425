# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task says and does the same, whether it runs inside the controller or as a module."""

from __future__ import annotations

import pytest

from tests.secrets.ways import CASES, WAYS


@pytest.mark.parametrize("name", CASES)
def test_both_ways_say_the_same(played, name):
    inside, module = (played[way].results[name] for way in ("inside", "module"))
    assert inside == module


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("an option and its alias", "Both option url and its alias moodle_url are set."),
        ("an option and its alias in items", "Both option enrolments.user and its alias enrolments.userid are set."),
        ("empty cells in items", None),
        ("a time stamp that YAML made", None),
    ],
)
def test_it_does_what_was_meant(played, way, name, warning):
    result = played[way].results[name]
    assert not result.get("failed"), result["msg"]
    assert [text for text in result.get("warnings", ()) if text.startswith("Both ")] == ([warning] if warning else [])
