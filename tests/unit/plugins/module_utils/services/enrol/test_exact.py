# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""state exact: exactly these users hold the role."""

from __future__ import annotations

import pytest

STUDENT, TEACHER = 5, 4
TAKING_OUT = (
    "core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users",
    "core_webservice_get_site_info", "tool_sync_enrol_users_enrol", "enrol_manual_unenrol_users", "core_role_unassign_roles",
)


def test_others_with_the_role_go_and_the_rest_stays(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    enrol(course="MATH101", user="cleo", role="teacher")
    enrol(course="TPL", user="bob")
    given = {"course": "MATH101", "users": ["ada", "dan"], "state": "exact"}
    predicted = enrol(check_mode=True, **given)
    result = enrol(**given)
    assert result == predicted and result["changed"]
    assert result.lists == {"unchanged": ["ada"], "enrolled": ["dan"], "unenrolled": ["bob"]}
    assert school.assignments() == {("ada", STUDENT), ("dan", STUDENT), ("cleo", TEACHER), ("bob", STUDENT)}
    assert not enrol(**given)["changed"]


@pytest.mark.parametrize("role", [{"role": "student"}, {"role": "5", "role_identifier": "id"}])
def test_the_role_counts_by_whatever_name(enrol, role):
    enrol(course="MATH101", users=["ada", "bob"])
    assert enrol(course="M101", course_identifier="idnumber", users=["ada"], state="exact", **role).lists == {
        "unchanged": ["ada"], "unenrolled": ["bob"],
    }


def test_one_role_by_two_names_is_one_list(enrol):
    names = [{"user": "ada"}, {"user": "bob", "role": "5", "role_identifier": "id"}]
    enrol(course="MATH101", enrolments=names)
    assert not enrol(course="MATH101", enrolments=names, state="exact")["changed"]


def test_who_holds_other_roles_keeps_them(school, enrol):
    enrol(course="MATH101", enrolments=[{"user": "ada"}, {"user": "bob"}, {"user": "bob", "role": "teacher"}])
    given = {"course": "MATH101", "users": ["ada"], "state": "exact"}
    refused = enrol(**given)
    assert refused["failed"] and refused.users("failures") == ["bob"] and not refused["changed"]
    result = enrol(token=school.token_for(*TAKING_OUT), **given)
    assert result.lists == {"unchanged": ["ada"], "updated": ["bob"]}
    assert school.assignments() == {("ada", STUDENT), ("bob", TEACHER)}


def test_nobody_goes_while_a_user_could_not_be_identified(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    result = enrol(course="MATH101", users=["adda"], state="exact")
    assert result["failed"] and not result["changed"]
    assert any("Nobody was taken out of the course MATH101" in text for text in result["warnings"])
    assert school.assignments() == {("ada", STUDENT), ("bob", STUDENT)}


def test_the_tokens_own_account_stays(school, enrol):
    enrol(course="MATH101", users=["admin", "ada", "bob"])
    result = enrol(course="MATH101", users=["ada"], state="exact")
    assert result.lists == {"unchanged": ["ada"], "unenrolled": ["bob"]}
    assert any("own account" in text for text in result["warnings"])
    assert ("admin", STUDENT) in school.assignments()


@pytest.mark.parametrize("empty", [{"users": []}, {"enrolments": []}])
def test_an_empty_list_needs_to_be_meant(school, enrol, empty):
    enrol(course="MATH101", users=["ada", "bob"])
    enrol(course="MATH101", user="cleo", role="teacher")
    refused = enrol(course="MATH101", state="exact", **empty)
    assert refused["failed"] and "allow_empty" in refused["msg"]
    assert enrol(course="MATH101", state="exact", allow_empty=True, **empty).lists == {"unenrolled": ["ada", "bob"]}
    assert school.assignments() == {("cleo", TEACHER)}


def test_an_unknown_course_with_an_empty_list_is_told(enrol):
    result = enrol(course="NOPE", users=[], state="exact", allow_empty=True)
    assert result["failed"] and "no course has the shortname NOPE" in result.reason


@pytest.mark.parametrize("lacks", ["core_enrol_get_enrolled_users", "core_webservice_get_site_info", "enrol_manual_unenrol_users"])
def test_a_token_that_cannot_take_anybody_out_is_told_what_it_lacks(school, enrol, lacks):
    enrol(course="MATH101", users=["ada", "bob"])
    token = school.token_for(*(name for name in TAKING_OUT if name != lacks))
    for check_mode in (True, False):
        result = enrol(check_mode, token=token, course="MATH101", users=["ada", "cleo"], state="exact")
        assert result["failed"] and lacks in result["msg"] and "External services" in result["msg"]
    assert school.assignments() == {("ada", STUDENT), ("bob", STUDENT)}


def test_members_of_a_cohort_are_told_and_stay(school, enrol):
    school.enrol_by_cohort("bob")
    result = enrol(course="MATH101", users=["ada"], state="exact")
    assert result["failed"] and result.lists == {"enrolled": ["ada"]} and "another enrolment method" in result.reason


def test_absent_items_are_no_part_of_the_list(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    result = enrol(course="MATH101", enrolments=[{"user": "ada"}, {"user": "bob", "state": "absent"}], state="exact")
    assert result.lists == {"unchanged": ["ada"], "unenrolled": ["bob"]}


def test_an_item_can_be_exact_of_itself(school, enrol):
    """Those of the same course and role who are to be there are kept; other courses and roles are not its affair."""
    enrol(course="MATH101", users=["ada", "bob", "cleo"])
    enrol(course="MATH101", user="dan", role="teacher")
    enrol(course="TPL", users=["bob", "cleo"])
    items = [{"user": "ada", "state": "exact"}, {"user": "bob"}, {"user": "dan", "course": "TPL"}]
    predicted = enrol(check_mode=True, course="MATH101", enrolments=items)
    result = enrol(course="MATH101", enrolments=items)
    assert result == predicted and result.lists == {"unchanged": ["ada", "bob"], "enrolled": ["dan"], "unenrolled": ["cleo"]}
    assert result["diff"]["after"]["MATH101"] == {"cleo": None}
    assert school.assignments() == {("ada", STUDENT), ("bob", STUDENT), ("dan", TEACHER), ("cleo", STUDENT), ("dan", STUDENT)}


def test_a_single_user_may_be_all_there_is(enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    assert enrol(course="MATH101", user="ada", state="exact").lists == {"unchanged": ["ada"], "unenrolled": ["bob"]}
