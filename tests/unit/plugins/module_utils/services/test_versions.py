# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Moodle is dealt with as the oldest one is, in whatever way it says what it does not have."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.scenarios import SCENARIOS, World
from tests.simulator.fixture import Practice

#: Beginnings of functions that a site may not have: without the plugin, or of a Moodle that was cut down.
MISSING = ["tool_sync_", "core_course_", "core_user_", "core_enrol_", "core_group_ core_cohort_", "core_webservice_"]


@pytest.fixture(scope="module")
def oldest():
    with Practice("--moodle", "4.1") as running:
        yield running


@pytest.fixture(scope="module")
def newest():
    with Practice("--moodle", "5.1") as running:
        yield running


def told(practice, folder, name, missing, check_mode):
    """What a task of a scenario tells on a site that lacks functions, without what is Moodle's own or the site's."""
    folder.mkdir()
    world, scenario = World(practice, folder), SCENARIOS[name]
    scenario.prepare(world)
    practice.condition("functions-missing", value=missing)
    result = run(scenario.task(), scenario.parameters(world), check_mode=check_mode)
    if result.get("error"):
        result["error"].pop("errorcode")
    plain = without(copy.deepcopy(result), practice.url, str(folder))
    return {key: value for key, value in plain.items() if key not in ("state_file", "draft_item_id", "plan_id")}


def without(value, *texts):
    """A value in whose texts some others are cut out."""
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, "")
        return value
    if isinstance(value, dict):
        return {without(key, *texts): without(inner, *texts) for key, inner in value.items() if key not in ("version", "release")}
    return [without(inner, *texts) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("missing", MISSING)
# Of groups, Moodle 4.3 and later tell less: see test_enrol_info.py.
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in ("enrol info", "lock")])
def test_a_site_that_lacks_functions_is_dealt_with_alike(oldest, newest, tmp_path, name, missing):
    for check_mode in (True, False):
        expected = told(oldest, tmp_path / f"old{check_mode}", name, missing, check_mode)
        assert told(newest, tmp_path / f"new{check_mode}", name, missing, check_mode) == expected


def test_the_sites_own_address_is_told_alike(oldest, newest, tmp_path):
    """Newer Moodles lead to the path that was asked, older ones to their root."""
    for practice in (oldest, newest):
        world = World(practice, tmp_path)
        practice.condition("other-host")
        parameters = SCENARIOS["config"].parameters(world, url=practice.url.replace("127.0.0.1", "localhost"))
        result = run(SCENARIOS["config"].task(), parameters)
        assert result["error"]["kind"] == "redirect" and f"redirects to {practice.url}: use that as url" in result["msg"]


def test_a_site_without_the_plugin_is_told_as_such(newest, tmp_path):
    for name, function in (("enrol", "enrol_users_enrol"), ("config", "set_config"), ("deploy", "deploy_course")):
        result = told(newest, tmp_path / name, name, "tool_sync_", False)
        assert result["failed"] and result["error"]["kind"] == "function_unknown", result["msg"]
        assert f"does not know the web service function tool_sync_{function}." in result["msg"]
    survey = told(newest, tmp_path / "survey", "site info", "tool_sync_", False)
    assert survey["plugin"]["edition"] == "absent" and "which the site does not know: the plugin tool_sync" in survey["msg"]
    cohorts = told(newest, tmp_path / "cohorts", "cohort info", "tool_sync_", False)
    assert [cohort["idnumber"] for cohort in cohorts["cohorts"]] == ["COH1"]
