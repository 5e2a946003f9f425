# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that Moodle writes otherwise than they were given: made once, found again, and never changed for ever."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_cohort import TASK as COHORT
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_cohort_info import TASK as COHORT_INFO
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_group import TASK as GROUP

from tests.simulator.fixture import Practice

READS = ["core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users"]
GROUPS = ["core_group_get_course_groups", "core_group_get_group_members", "core_group_create_groups", "core_group_delete_groups"]
COHORTS = ["core_cohort_get_cohorts", "core_cohort_create_cohorts", "core_cohort_update_cohorts", "core_cohort_search_cohorts"]
CATEGORIES = ["core_course_get_categories"]
NAMES = [
    "R&D team", "L'équipe", 'The "A" team', "Fish &amp; chips", "2B 🎓", " padded ", "a  b", "Ünïcode ﬁ", "1 > 0", "e\u0301te\u0301",
    "&lt;b&gt;", "&amp;lt;x",
]


@pytest.fixture(scope="module", params=["4.1", "4.5", "5.1"])
def school(request):
    """A Moodle whose token holds what groups and cohorts take, with core's lists only."""
    with Practice("--moodle", request.param) as practice:
        yield practice


@pytest.fixture
def perform(school, tmp_path):
    school.reset()
    token = "7" * 32
    functions = [*READS, *GROUPS, *COHORTS, *CATEGORIES]
    school.configure(service={"shortname": "x", "functions": functions, "token": token, "username": "admin", "restrictedusers": 0})

    def do(task, **options):
        given = {"url": school.url, "token": token, "state_file": str(tmp_path / "state.json"), **options}
        given = {name: value for name, value in given.items() if name in task.argument_spec}
        checked = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return run(task, checked.validated_parameters, check_mode=options.get("check_mode", False), diff=True)

    return do


@pytest.mark.parametrize("name", NAMES)
def test_a_group_is_made_once(perform, school, name):
    told = [perform(GROUP, course="MATH101", group=name)["changed"] for _twice in range(2)]
    assert told == [True, False]
    assert [row["name"] for row in school.state()["groups"]] == [name.strip()]


@pytest.mark.parametrize("name", NAMES)
def test_a_cohort_is_made_once_and_not_renamed_for_ever(perform, school, name):
    given = {"cohort": "K1", "name": name, "description": name}
    told = [perform(COHORT, **given)["changed"] for _thrice in range(3)]
    assert told == [True, False, False]
    assert perform(COHORT, cohort=name, cohort_identifier="name", visible=True)["changed"] is False
    assert len(school.state()["cohort"]) == 1


def test_another_name_is_another_name(perform, school):
    assert perform(COHORT, cohort="K1", name="R&D")["changed"]
    assert perform(COHORT, cohort="K1", name="R & D")["changed"]
    assert [row["name"] for row in school.state()["cohort"]] == ["R & D"]
    assert [cohort["name"] for cohort in perform(COHORT_INFO)["cohorts"]] == ["R & D"]
    assert perform(GROUP, course="MATH101", group="R&D")["changed"] and perform(GROUP, course="MATH101", group="R & D")["changed"]
    assert len(school.state()["groups"]) == 2
