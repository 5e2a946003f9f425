# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts bound to courses of the practice Moodle."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import cohort_enrol

MODULE = "toolsync_cohort_enrol"
BIND, UNBIND, SUSPEND = ("tool_sync_cohort_" + name for name in ("bind", "unbind", "suspend_enrol"))
COURSES, COHORTS = "core_course_get_courses_by_field", ("tool_sync_get_cohorts", "core_cohort_get_cohorts")
ON, OFF = 0, 1
STUDENT, TEACHER = 5, 4


@pytest.fixture(autouse=True)
def _y1(cohort):
    """The cohort Y1 with ada in it."""
    cohort("Y1", "ada")


@pytest.fixture
def bind(school):
    """bind(state, check_mode=False, **options) -> Result, for Y1 and MATH101."""

    def run(state="present", check_mode=False, **options):
        result = school.run(MODULE, check_mode, cohort="Y1", course="MATH101", state=state, **options)
        assert [doubt["items"] for doubt in result.get("uncertain", ())] == [1] * (result.get("changed_is_certain") is False)
        return result

    return run


def bindings(school):
    return sorted((row["roleid"], row["status"]) for row in school.rows("enrol", enrol="cohort"))


def forget(school, bind):
    """bind on another host: one that remembers nothing."""
    return lambda *args, **options: bind(*args, state_file=school.state_file + ".other", **options)


def test_a_binding_is_made_once(school, bind):
    predicted = bind(check_mode=True)
    # Nobody can look whether there is such a role.
    assert predicted["changed"] and not predicted["changed_is_certain"] and bindings(school) == []
    assert "no web service lists them" in predicted["uncertain"][0]["because"]
    first = bind()
    assert first["changed"] and first["changed_is_certain"] and not first["restored"]
    assert (first["previous"], first["state"]) == ("absent", "present")
    assert first["diff"] == {"before": {"state": "absent"}, "after": {"state": "present"}}
    assert bindings(school) == [(STUDENT, ON)]
    again = bind()
    assert not again["changed"] and again["changed_is_certain"]
    assert again["diff"] == {"before": {"state": "present"}, "after": {"state": "present"}}
    checked = bind(check_mode=True)
    assert not checked["changed"] and not checked["changed_is_certain"]


def test_a_host_that_remembers_nothing_sees_that_a_binding_is_there(school, bind):
    bind()
    other = forget(school, bind)
    predicted = other(check_mode=True)
    assert predicted["changed"] and not predicted["changed_is_certain"] and predicted["previous"] is None
    real = other()
    assert not real["changed"] and real["changed_is_certain"] and real["previous"] == "present"


def test_a_cohort_is_bound_by_several_roles(school, bind):
    bind()
    assert bind(role="4", role_identifier="id")["changed"]
    assert bindings(school) == [(TEACHER, ON), (STUDENT, ON)]
    assert not bind()["changed"]


def test_a_binding_that_somebody_else_took_away_is_made_again(school, bind):
    bind()
    bind("absent", state_file=school.state_file + ".other")
    predicted = bind(check_mode=True)
    assert predicted["changed"] and not predicted["changed_is_certain"] and predicted["previous"] is None
    assert bind()["previous"] == "absent" and bindings(school) == [(STUDENT, ON)]


def test_another_cohort_in_the_course_does_not_count(school, bind, cohort):
    cohort("Y2")
    school.run(MODULE, cohort="Y2", course="MATH101")
    assert bind()["changed"]
    assert len(bindings(school)) == 2


@pytest.mark.parametrize("start", ["absent", "present"])
def test_a_binding_is_suspended_once(school, bind, start):
    bind(start)
    assert bind("suspended", check_mode=True)["changed"]
    first = bind("suspended")
    assert first["changed"] and first["changed_is_certain"] and bindings(school) == [(STUDENT, OFF)]
    again = bind("suspended")
    assert not again["changed"] and again["previous"] == "suspended" and bindings(school) == [(STUDENT, OFF)]
    assert not bind("suspended", check_mode=True)["changed"]


def test_a_host_that_remembers_nothing_sees_that_a_binding_is_suspended(school, bind):
    bind("suspended")
    real = forget(school, bind)("suspended")
    assert not real["changed"] and real["changed_is_certain"] and bindings(school) == [(STUDENT, OFF)]


@pytest.mark.parametrize("remembers", [True, False])
def test_a_suspended_binding_is_restored(school, bind, remembers):
    bind("suspended")
    task = bind if remembers else forget(school, bind)
    assert task(check_mode=True)["changed"]
    result = task()
    assert result["changed"] and result["changed_is_certain"] and result["restored"] and result["previous"] == "suspended"
    assert bindings(school) == [(STUDENT, ON)]
    assert not task()["changed"]


def test_a_binding_that_somebody_else_has_suspended_is_remembered_once_it_is_restored(school, bind):
    bind()
    forget(school, bind)("suspended")
    assert bind()["restored"] and bindings(school) == [(STUDENT, ON)]
    assert not bind(check_mode=True)["changed"] and bind("absent", check_mode=True)["previous"] == "present"


def test_restoring_makes_the_bindings_of_other_roles_anew(school, bind):
    bind("suspended")
    bind(role="teacher")
    assert bindings(school) == [(TEACHER, ON), (STUDENT, OFF)]
    assert bind()["restored"] and bindings(school) == [(TEACHER, ON), (STUDENT, ON)]


def test_restoring_tells_what_is_lost(school, bind):
    bind(role="teacher")
    bind("suspended")
    assert bindings(school) == [(TEACHER, OFF), (STUDENT, OFF)]
    result = bind()
    assert "shortname=teacher was lost" in result["warnings"][-1] and bindings(school) == [(STUDENT, ON)]


def test_suspending_tells_that_it_takes_all_roles(bind):
    bind(role="teacher")
    assert "that of shortname=teacher too" in bind("suspended")["warnings"][-1]


def test_a_binding_that_stays_inactive_is_told(school, bind, monkeypatch):
    """Where Moodle's method itself is off, courses list no binding, however many there are."""
    read = cohort_enrol.BindingPlan._read_course
    monkeypatch.setattr(cohort_enrol.BindingPlan, "_read_course", lambda plan: (read(plan)[0], 0))
    result = bind()
    assert result["changed"] and not result["changed_is_certain"] and "Cohort sync enabled" in result["warnings"][-1]
    assert bindings(school) == [(STUDENT, ON)]


@pytest.mark.parametrize("start", ["present", "suspended"])
def test_a_binding_is_taken_away_once(school, bind, start):
    bind(start)
    bind(start, role="teacher")
    assert bind("absent", check_mode=True)["changed"]
    first = bind("absent")
    assert first["changed"] and first["changed_is_certain"] is (start == "present") and first["role"] is None and bindings(school) == []
    assert any("keep their role" in warning for warning in first.get("warnings", ())) == (start == "present")
    again = bind("absent")
    assert not again["changed"] and not again["changed_is_certain"] and again["previous"] == "absent"
    assert not bind("absent", check_mode=True)["changed"]


def test_a_suspended_binding_that_somebody_else_made_is_not_called_absent_for_certain(school, bind):
    bind()
    bind("absent")
    forget(school, bind)("suspended")
    result = bind("absent")
    assert bindings(school) == [] and not result["changed"] and not result["changed_is_certain"]


def test_what_was_never_there_is_absent_but_not_for_certain(school, bind):
    for check_mode in (True, False):
        result = bind("absent", check_mode)
        assert result["changed"] and not result["changed_is_certain"] and result["previous"] is None and not result.get("warnings")
    again = bind("absent")
    assert not again["changed"] and not again["changed_is_certain"]
    bind("suspended")
    unseen = forget(school, bind)("absent")
    assert unseen["changed"] and not unseen["changed_is_certain"] and bindings(school) == []


@pytest.mark.parametrize(
    "options",
    [
        {"chid": "1", "chidsource": "id", "cid": "3", "cidsource": "id", "rid": "5", "ridsource": "id"},
        {"cohort": "Cohort Y1", "cohort_identifier": "name", "course": "M101", "course_identifier": "idnumber"},
    ],
)
def test_any_identifier_will_do(school, bind, options):
    assert school.run(MODULE, **options)["changed"] and bindings(school) == [(STUDENT, ON)]
    assert not bind()["changed"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cohort": "NO"}, "cohort: no cohort has the idnumber NO"),
        ({"course": "NO"}, "course: no course has the shortname NO"),
        ({"course": "x", "course_identifier": "id"}, "course must be a number"),
        ({"cohort": "a<b"}, "markup"),
    ],
)
def test_what_does_not_exist_is_told_before_anything_is_sent(school, options, says):
    writes = school.practice.counters()["writes"]
    for check_mode in (True, False):
        result = school.run(MODULE, check_mode, **{"cohort": "Y1", "course": "MATH101", **options})
        assert result["failed"] and says in result["msg"] and result["error"]["kind"] == "option"
    assert school.practice.counters()["writes"] == writes


def test_an_unknown_role_is_named(school, bind):
    result = bind(role="norole")
    assert result["failed"] and not result["changed"] and "Moodle knows no role norole (shortname)" in result["msg"]
    assert result["error"]["option"] == "role" and result["state"] is None and result["diff"]["before"] == result["diff"]["after"]
    bind("absent")
    assert bind(role="norole")["state"] == "absent"
    school.practice.configure(core={"debug": "15"})
    assert "Role not found by shortname : norole" in bind(role="norole")["msg"]


@pytest.mark.parametrize(
    ("state", "missing"), [("present", BIND), ("present", UNBIND), ("suspended", SUSPEND), ("absent", UNBIND)]
)
def test_a_function_that_is_missing_is_named_before_anything_is_sent(school, bind, state, missing):
    for check_mode in (True, False):
        result = bind(state, check_mode, token=school.without(missing))
        assert result["failed"] and missing in result["msg"]
    assert bindings(school) == []


def test_the_packaged_service_is_enough(school, bind):
    token = school.practice.service_tokens["tool_sync_cohort_ext"]
    first = bind(token=token)
    assert first["changed"] and not first["changed_is_certain"] and bindings(school) == [(STUDENT, ON)]
    assert not bind(token=token)["changed"]
    assert bind("suspended", token=token)["changed_is_certain"] and bindings(school) == [(STUDENT, OFF)]
    assert bind(token=token)["restored"] and bindings(school) == [(STUDENT, ON)]
    assert bind("absent", token=token)["changed"] and bindings(school) == []
    unknown = school.run(MODULE, cohort="NO", course="NO", token=token)
    assert "no cohort NO (idnumber) or no course NO (shortname)" in unknown["msg"]
    named = school.run(MODULE, cohort="Y1", cohort_identifier="name", course="MATH101", token=token)
    assert COHORTS[0] in named["msg"]


@pytest.mark.parametrize(("function", "state"), [(BIND, "present"), (UNBIND, "absent")])
def test_what_is_lost_is_no_longer_known(school, bind, function, state):
    bind()
    assert bind(check_mode=True)["previous"] == "present"
    school.practice.fault("reset", function=function, when="after", skip=1)
    lost = bind(state, retries=0)
    assert lost["failed"] and lost["changed"] and not lost["changed_is_certain"] and lost["state"] is None
    assert bind(check_mode=True)["previous"] is None
