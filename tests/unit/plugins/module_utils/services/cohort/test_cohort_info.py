# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts and members as toolsync_cohort_info tells them."""

from __future__ import annotations

import pytest

MODULE = "toolsync_cohort_info"
READS = ("tool_sync_get_cohorts", "core_cohort_get_cohort_members", "core_user_get_users_by_field")


def test_all_cohorts_are_told(school, cohort):
    cohort("A")
    cohort("B", description="<p>b</p>", visible=False)
    result = school.run(MODULE)
    first = {"id": 1, "name": "Cohort A", "idnumber": "A", "description": "", "visible": True}
    second = {"id": 2, "name": "Cohort B", "idnumber": "B", "description": "<p>b</p>", "visible": False}
    assert result["cohorts"] == [first, second] and not result["changed"] and result["missing"] == []


@pytest.mark.parametrize(
    ("options", "ids", "missing"),
    [
        ({"cohorts": ["B", "NO", "B"]}, [2], ["NO"]),
        ({"cohorts": ["2", "9"], "cohort_identifier": "id"}, [2], ["9"]),
        ({"cohort": "Cohort A", "chidsource": "name"}, [1], []),
        ({"cohorts": []}, [], []),
    ],
)
def test_those_that_are_named_are_told(school, cohort, options, ids, missing):
    cohort("A")
    cohort("B")
    result = school.run(MODULE, **options)
    assert [one["id"] for one in result["cohorts"]] == ids and result["missing"] == missing


def test_members_are_told_on_request(school, cohort):
    cohort("A", "ada", "bob")
    cohort("B")
    counted = school.run(MODULE, members="count")
    assert [one["member_count"] for one in counted["cohorts"]] == [2, 0] and "members" not in counted["cohorts"][0]
    listed = school.run(MODULE, members="list")["cohorts"]
    assert sorted(member["username"] for member in listed[0]["members"]) == ["ada", "bob"] and listed[1]["members"] == []
    assert school.executed("core_cohort_get_cohort_members") == [2]


def test_batches_keep_within_the_limit_of_php(school, cohort):
    school.practice.configure(limits={"max_input_vars": 21})
    for number in range(20):
        cohort(f"C{number}", "ada")
    listed = school.run(MODULE, members="list", cohorts=[f"C{number}" for number in range(20)], max_input_vars=20)
    assert len(listed["cohorts"]) == 20 and {one["member_count"] for one in listed["cohorts"]} == {1}


@pytest.mark.parametrize(
    ("functions", "says"),
    [((), "tool_sync_get_cohorts or core_cohort_get_cohorts"), (READS[:1], "core_cohort_get_cohort_members")],
)
def test_a_function_that_is_missing_is_named(school, cohort, functions, says):
    cohort("A")
    result = school.run(MODULE, members="count", token=school.token_for(*functions))
    assert result["failed"] and says in result["msg"]


def test_usernames_that_can_not_be_read_are_null(school, cohort):
    cohort("A", "ada")
    result = school.run(MODULE, members="list", token=school.token_for(*READS[:2]))
    assert result["cohorts"][0]["members"] == [{"id": school.ids["ada"], "username": None}]
    assert "core_user_get_users_by_field" in result["warnings"][-1]
