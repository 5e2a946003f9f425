# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the parts of a file as one result."""

from __future__ import annotations

import itertools

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.filter.toolsync_combine import (
    COUNTS,
    OUTCOMES,
    FilterModule,
    toolsync_combine,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import process


def result(outcome="complete", changed=False, certain=True, simulated=False, failures=(), **counts):
    return {
        "service": "users",
        "action": "sync",
        "outcome": outcome,
        "counts": {**dict.fromkeys(COUNTS, 0), **counts},
        "failures": list(failures),
        "report": ["Starting...", "end of report"],
        "changed": changed,
        "changed_is_certain": certain,
        "simulated": simulated,
    }


def combined(*results):
    return toolsync_combine([{"result": one, "line_offset": 100 * place} for place, one in enumerate(results)])


def test_the_filter_is_found_under_its_name():
    assert FilterModule().filters() == {"toolsync_combine": toolsync_combine}


def test_the_counts_are_those_of_a_run():
    assert COUNTS == process.COUNTS


def test_no_part_is_complete_and_changed_nothing():
    assert toolsync_combine([]) == {
        "outcome": "complete",
        "counts": dict.fromkeys(COUNTS, 0),
        "failures": [],
        "changed": False,
        "changed_is_certain": True,
        "simulated": False,
    }


def test_counts_are_added_up():
    counts = combined(result(rows=3, created=2, unparsed=1), result(rows=4, created=1, unchanged=3), result())["counts"]
    assert counts == {**dict.fromkeys(COUNTS, 0), "rows": 7, "created": 3, "unchanged": 3, "unparsed": 1}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(OUTCOMES, OUTCOMES)))
def test_the_outcome_is_the_worst(first, second):
    worst = max(first, second, key=["complete", "predicted", "aborted", "executed_unreadable", "unknown"].index)
    assert combined(result(first), result(second))["outcome"] == worst


def test_failures_have_the_lines_of_the_whole_file():
    first = [{"line": 3, "key": "ada", "reason": "taken"}, {"line": None, "key": None, "reason": "somebody"}]
    second = [{"line": 2, "key": "bob", "reason": "taken"}]
    assert combined(result(failures=first), result(failures=second))["failures"] == [
        {"line": 3, "key": "ada", "reason": "taken"},
        {"line": None, "key": None, "reason": "somebody"},
        {"line": 102, "key": "bob", "reason": "taken"},
    ]
    assert second[0]["line"] == 2


def test_changed_is_any_certain_is_all_simulated_is_any():
    one = combined(result(), result(changed=True, simulated=True), result(certain=False))
    assert (one["changed"], one["changed_is_certain"], one["simulated"]) == (True, False, True)


def test_reports_are_left_out():
    assert "report" not in combined(result(), result())


def without(name):
    return {key: value for key, value in result().items() if key != name}


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (None, "its input must be a list, and is NoneType"),
        ("abc", "its input must be a list, and is str"),
        ({"result": result(), "line_offset": 0}, "its input must be a list, and is dict"),
        ([result(), 1], "part 1 has no result; is it a result of toolsync_process?"),
        ([1], "part 1 must be a dictionary, and is int"),
        ([{"result": result()}], "part 1 has no line_offset"),
        ([{"result": result(), "line_offset": "7"}], "part 1.line_offset must be a whole number, and is str"),
        ([{"result": result(), "line_offset": True}], "part 1.line_offset must be a whole number, and is bool"),
        ([{"result": None, "line_offset": 0}], "part 1.result must be a dictionary, and is NoneType"),
        ([{"result": {"failed": True, "msg": "no"}, "line_offset": 0}], "part 1, result has no outcome"),
        ([{"result": result("done"), "line_offset": 0}], "part 1, result.outcome is none of complete, predicted"),
        ([{"result": without("counts"), "line_offset": 0}], "part 1, result has no counts"),
        ([{"result": {**result(), "counts": {"rows": 1}}, "line_offset": 0}], "part 1, result.counts has no created"),
        ([{"result": result(rows="1"), "line_offset": 0}], "part 1, result.counts.rows must be a whole number"),
        ([{"result": result(failures=["x"]), "line_offset": 0}], "part 1, result.failures, item 1 must be a dictionary"),
        ([{"result": result(failures=[{"line": "2"}]), "line_offset": 0}], "item 1.line must be a whole number"),
        ([{"result": result(changed="yes"), "line_offset": 0}], "part 1, result.changed must be true or false"),
    ],
)
def test_wrong_types_are_named(parts, says):
    with pytest.raises(AnsibleFilterError) as caught:
        toolsync_combine(parts)
    assert str(caught.value).startswith("toolsync_combine: ")
    assert says in str(caught.value)
