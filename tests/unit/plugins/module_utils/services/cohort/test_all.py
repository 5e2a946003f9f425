# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for cohorts and roles have in common."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import MoodleError, TokenRefused
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.cohorts import Cohorts
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.ask import Asker

TASKS = {
    "toolsync_cohort": {"cohort": "Y2", "name": "n"},
    "toolsync_cohort_info": {"members": "list"},
    "toolsync_cohort_members": {"cohort": "Y1", "users": ["ada"]},
    "toolsync_cohort_enrol": {"cohort": "Y1", "course": "MATH101"},
    "toolsync_role": {"role": "4", "role_identifier": "id", "users": ["ada"], "context": "system"},
}
FUNCTIONS = {
    "toolsync_cohort": "core_cohort_create_cohorts",
    "toolsync_cohort_members": "tool_sync_cohort_add_members",
    "toolsync_cohort_enrol": "tool_sync_cohort_bind",
    "toolsync_role": "core_role_assign_roles",
}


@pytest.fixture(autouse=True)
def _y1(cohort):
    cohort("Y1")


@pytest.mark.parametrize("condition", ["account-suspended", "service-off", "token-expired"])
@pytest.mark.parametrize("module", TASKS)
def test_a_token_that_is_good_for_nothing_ends_the_task(school, module, condition):
    school.practice.condition(condition)
    result = school.run(module, **TASKS[module])
    assert result["failed"] and not result["changed"] and result["error"]["kind"] in ("access", "token")


@pytest.mark.parametrize("module", FUNCTIONS)
def test_a_site_without_a_function_is_told(school, module):
    school.practice.condition("functions-missing", value=FUNCTIONS[module])
    result = school.both(module, **TASKS[module])
    assert result["failed"] and not result["changed"]
    assert f"does not know the web service function {FUNCTIONS[module]}" in result["msg"]


@pytest.mark.parametrize("module", ["toolsync_cohort_enrol", "toolsync_role"])
def test_an_answer_that_is_lost_is_no_certain_change(school, module):
    """Neither bindings nor roles in the system can be read."""
    # The first call of it only asks whether it is allowed.
    school.practice.fault("reset", function=FUNCTIONS[module], when="after", skip=1)
    result = school.run(module, retries=0, **TASKS[module])
    assert result["failed"] and result["changed"] and not result["changed_is_certain"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("module", ["toolsync_cohort", "toolsync_cohort_members"])
def test_what_became_of_an_answer_that_is_lost_is_looked_at(school, module, when):
    school.practice.control("DELETE", "counters")
    school.practice.fault("reset", function=FUNCTIONS[module], when=when, skip=1)
    result = school.run(module, retries=0, **TASKS[module])
    done = when == "after"
    assert result["changed"] and result.get("failed", False) is not done and result["changed_is_certain"] is done
    assert result["counts"]["unknown"] == (not done) and bool(result["diff"]["after"]) is done
    assert school.executed(FUNCTIONS[module]) == [int(done)]


class Refusing:
    """A client whose every call fails."""

    def __init__(self, error):
        self._error = error

    def call(self, name, parameters, **more):
        raise self._error


def test_a_category_that_may_not_be_searched_is_not_known():
    assert Cohorts(Asker(Refusing(MoodleError("no", errorcode="nopermissions")))).lies_in(1, 2) is None
    with pytest.raises(TokenRefused):
        Cohorts(Asker(Refusing(TokenRefused("no", errorcode="invalidtoken")))).lies_in(1, 2)
