# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that holds what a feature needs, and no more, is enough: tasks find out and do what they would with every function."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.site_info import FEATURES
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.site_info_needs import needs

from tests import scenarios
from tests.scenarios import Scenario, World

STAFF = ["zqada", "zqbob"]
SCENARIOS = {
    **scenarios.SCENARIOS,
    "plan leavers": Scenario(
        "toolsync_plan",
        lambda world: {
            "service": "users",
            "src": world.file("users.csv", scenarios.USERS),
            "leavers": {"auth": "manual"},
            "removals_limit": "100%",
        },
    ),
    "exact": Scenario(
        "toolsync_enrol",
        lambda world: {"course": "MATH101", "role": "student", "users": STAFF[:1], "state": "exact"},
        lambda world: (world.users("ada", "bob"), world.enrol("ada", "bob")),
    ),
}

#: What a task of each scenario needs, as the options of toolsync_site_info have it.
NEEDED = {
    "upload": ["upload"],
    "config": ["config"],
    "process users": ["process", "compare_users"],
    "process enrols": ["process", "compare_enrols"],
    "process cohorts": ["process", "compare_cohorts"],
    "check courses": ["check_courses"],
    "deploy": ["deploy", "compare_courses"],
    "update course": ["deploy", "compare_courses", "update_courses"],
    "enrol": ["enrol", "compare_enrols"],
    "enrol groups": ["enrol", "enrol_groups"],
    "unenrol": ["unenrol"],
    "exact": ["enrol", "exact"],
    "plan leavers": ["compare_users", "leavers"],
    "unassign": ["unassign_role"],
    "site info": ["upload", "process"],
    "course info": ["course_info"],
    "enrol info": ["enrol_info"],
    "cohort": ["cohorts"],
    "cohort deleted": ["cohorts"],
    "cohort info": ["cohort_info"],
    "cohort members": ["cohort_members"],
    "cohort enrol": ["cohort_enrol"],
    "group": ["groups"],
    "role": ["roles"],
}


def test_every_feature_is_tried():
    assert {feature for features in NEEDED.values() for feature in features} == set(FEATURES)


@pytest.mark.parametrize("name", NEEDED)
def test_what_a_feature_needs_is_enough(practice, token_for, tmp_path, name):
    results = []
    for features in (None, NEEDED[name]):
        (tmp_path / str(features)).mkdir()
        world, scenario = World(practice, tmp_path / str(features)), SCENARIOS[name]
        scenario.prepare(world)
        token = world.token if features is None else token_for(*needs(features)["functions"])
        results.append([])
        for _again in range(2):
            result = run(scenario.task(), {**scenario.parameters(world), "token": token}, diff=True)
            assert not result.get("failed"), result["msg"]
            result.pop("draft_item_id", None)
            results[-1].append(result)
    if name != "site info":  # it tells the functions themselves
        assert results[0] == results[1]
