# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled, by each of the three lists, and what each does not tell."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import enrol_info
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_enrol_info import TASK

COURSES = "core_course_get_courses_by_field"
CORE = "core_enrol_get_enrolled_users"
FULL = "tool_sync_get_enrolled_full_users"
LIGHT = "tool_sync_get_enrolled_users"


@pytest.fixture
def math(school):
    """Ada is in group A and a teacher too, Bob is suspended."""
    school.enrol("ada", role="teacher")
    school.enrol("bob", suspend=1)
    school.group("A & B", "ada")
    return school


def told(result, name):
    return {user["username"]: user[name] for user in result["users"]}


@pytest.mark.parametrize("functions", [(COURSES, CORE), (FULL,), (COURSES, FULL)])
@pytest.mark.parametrize(("by", "course"), [("shortname", "MATH101"), ("idnumber", "M101"), ("id", "3")])
def test_everything_is_told(perform, math, functions, by, course, token_for):
    result = perform(TASK, course=course, course_identifier=by, token=token_for(*functions))
    assert result["source"] == functions[-1]
    assert result["users"][0] == {
        "id": math.ids["ada"],
        "username": "ada",
        "firstname": "Ada",
        "lastname": "X",
        "email": "ada@example.com",
        "idnumber": "Uada",
        "roles": ["teacher", "student"],
        "groups": ["A & B"],
        "active": True,
    }
    assert told(result, "groups") == {"ada": ["A & B"], "bob": [], "cleo": []}
    assert told(result, "active") == {"ada": True, "bob": False, "cleo": True}
    assert (result["unknown"], result["not_enrolled"], result["changed"]) == ([], [], False)
    assert result["course_id"] == (3 if COURSES in functions or by == "id" else None)


GROUPS = ("core_group_get_course_groups", "core_group_get_group_members")


def test_nobody_is_in_a_group(practice, perform, school, token_for):
    # Newer Moodles then tell the same as where groups are not shown.
    lone = {"ada": [], "bob": [], "cleo": []} if not practice.version.leaves_out_empty_groups else dict.fromkeys(["ada", "bob", "cleo"])
    for group in (None, "Empty"):
        if group:
            school.group(group)
        for functions, groups in (((), lone), (GROUPS[:1], lone if group else dict.fromkeys(lone, [])), (GROUPS, dict.fromkeys(lone, []))):
            result = perform(TASK, course="MATH101", token=token_for(COURSES, CORE, *functions))
            assert told(result, "groups") == groups
            assert result["unknown"] == (["groups"] if None in groups.values() else [])


def test_the_groups_of_a_list_that_tells_none_are_read_by_themselves(perform, math, token_for):
    result = perform(TASK, course="MATH101", token=token_for(COURSES, LIGHT, *GROUPS))
    assert told(result, "groups") == {"ada": ["A & B"], "bob": [], "cleo": []} and result["unknown"] == ["email", "roles"]


def test_the_light_list_says_what_it_does_not_tell(perform, math, token_for):
    result = perform(TASK, course="MATH101", token=token_for(LIGHT))
    assert result["source"] == LIGHT
    assert result["unknown"] == ["email", "roles", "groups"]
    assert told(result, "roles") == {"ada": None, "bob": None, "cleo": None}
    assert told(result, "active") == {"ada": True, "bob": False, "cleo": True}
    assert told(result, "idnumber")["ada"] == "Uada"


@pytest.mark.parametrize(
    ("by", "users", "names", "absent"),
    [
        ("username", ["Ada", "dan", "nobody"], ["ada"], ["dan", "nobody"]),
        ("email", ["ADA@example.com", "dan@example.com"], ["ada"], ["dan@example.com"]),
        ("idnumber", ["Ucleo", "Udan"], ["cleo"], ["Udan"]),
    ],
)
def test_only_some(perform, math, by, users, names, absent):
    result = perform(TASK, course="MATH101", users=users, user_identifier=by)
    assert list(told(result, "id")) == names
    assert result["not_enrolled"] == absent


def test_only_some_by_id_and_nobody(perform, math):
    result = perform(TASK, course="MATH101", users=[math.ids["bob"], math.ids["dan"]], user_identifier="id")
    assert list(told(result, "id")) == ["bob"] and result["not_enrolled"] == [str(math.ids["dan"])]
    nobody = perform(TASK, course="MATH101", users=[])
    assert (nobody["users"], nobody["not_enrolled"]) == ([], [])


def test_what_the_list_does_not_show_is_looked_up(perform, math, token_for):
    token = token_for(LIGHT, "core_user_get_users_by_field")
    result = perform(TASK, course="MATH101", users=["ada@example.com", "dan@example.com"], user_identifier="email", token=token)
    assert list(told(result, "id")) == ["ada"]
    assert result["not_enrolled"] == ["dan@example.com"]


def test_what_can_neither_be_seen_nor_looked_up_is_not_guessed(perform, math, token_for):
    token = token_for(LIGHT)
    result = perform(TASK, course="MATH101", users=["ada@example.com"], user_identifier="email", token=token)
    assert result["failed"] and result["error"]["option"] == "users"
    assert "core_user_get_users_by_field" in result["msg"]


def test_no_list_at_all(practice, perform):
    result = perform(TASK, course="MATH101", token=practice.service_tokens["tool_sync"])
    assert result["failed"] and result["error"]["kind"] == "access" and CORE in result["msg"]


@pytest.mark.parametrize("functions", [(COURSES, CORE), (FULL,), (LIGHT,)])
@pytest.mark.parametrize(("by", "course"), [("shortname", "NOPE"), ("id", "99")])
def test_an_unknown_course(perform, functions, by, course, token_for):
    result = perform(TASK, course=course, course_identifier=by, token=token_for(*functions))
    assert result["failed"]
    assert course in result["msg"] and "Traceback" not in result["msg"]


def test_an_account_without_rights(practice, perform, school, token_for):
    practice.configure(account={"username": "clerk", "capabilities": ["webservice/rest:use"]})
    token = token_for(COURSES, CORE, account="clerk")
    result = perform(TASK, course="MATH101", token=token)
    assert result["failed"] and "moodle/course:viewparticipants" in result["msg"]


def test_an_account_that_may_not_review_enrolments(practice, perform, school, token_for):
    rights = ["webservice/rest:use", "moodle/course:viewparticipants", "moodle/user:viewalldetails"]
    practice.configure(account={"username": "clerk", "capabilities": rights})
    result = perform(TASK, course="MATH101", token=token_for(COURSES, CORE, account="clerk"))
    assert told(result, "active") == {"ada": None, "bob": None, "cleo": None}
    assert "active" in result["unknown"]


@pytest.mark.parametrize(("answer", "unknown"), [([], []), (None, ["groups"])])
def test_nobody_in_a_group_or_no_right_to_see_groups(server, site, answer, unknown):
    """Newer Moodles leave out the groups of a user in none."""
    user = {"id": 5, "username": "ada", "roles": []}
    server.answer({"courses": [{"id": 3}]}).answer([user]).answer([])
    if answer is None:
        server.answer({"exception": "x", "errorcode": "accessexception", "message": "no"})
    else:
        server.answer(answer)
    result = enrol_info.plan(site, "MATH101", "shortname").result
    assert result["unknown"] == unknown
    assert result["users"] and list(result["users"])[0]["groups"] == (None if unknown else [])


def test_options(practice, perform):
    assert "course is empty" in perform(TASK, course=" ")["msg"]
    assert "item 2 of users must be a number" in perform(TASK, course="TPL", users=["1", "x"], user_identifier="id")["msg"]
    assert practice.counters()["calls"] == {}
