# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles given and taken away on the practice Moodle."""

from __future__ import annotations

import pytest

MODULE = "toolsync_role"
ASSIGN, UNASSIGN = "core_role_assign_roles", "core_role_unassign_roles"
MANAGER, TEACHER, STUDENT = 1, 4, 5
IDS = {"manager": MANAGER, "teacher": TEACHER, "student": STUDENT}
EVERYWHERE = [
    ({"context": "system"}, (10, 0)),
    ({"context": "category", "instance": "1"}, (40, 1)),
    ({"context": "course", "instance": "MATH101"}, (50, 3)),
    ({"instance": "M101", "instance_identifier": "idnumber"}, (50, 3)),
    ({"contexttype": "course", "instanceid": "3", "instanceidsource": "id"}, (50, 3)),
    ({"context": "module", "instance": "2"}, (70, 2)),
    ({"context": "user", "instance": "admin"}, (30, 2)),
    ({"context": "user", "instance": "admin@example.com", "instance_identifier": "email"}, (30, 2)),
]


@pytest.fixture(autouse=True)
def _teachers_everywhere(practice):
    """Moodle's own teachers have their place in courses and activities only."""
    practice.configure(role={"shortname": "teacher", "contexts": ["system", "coursecat", "course", "module", "user"]})


def held(school):
    """[(user, role id, context level, instance)] of all role assignments."""
    names = {number: name for name, number in school.ids.items()}
    contexts = {row["id"]: (row["contextlevel"], row["instanceid"]) for row in school.rows("context")}
    rows = school.rows("role_assignments")
    return sorted((names[row["userid"]], row["roleid"], *contexts[row["contextid"]]) for row in rows)


@pytest.mark.parametrize(("where", "context"), EVERYWHERE)
def test_a_role_is_given_and_taken_in_any_context(school, where, context):
    given = {"users": ["ada"], "role": "teacher", "role_ids": IDS, **where}
    first = school.both(MODULE, **given)
    assert first["changed"] and first["counts"]["assigned"] == 1 and not first["changed_is_certain"]
    assert held(school) == [("ada", TEACHER, *context)]
    again = school.both(MODULE, **given)
    assert not again["changed"] and again["counts"]["unchanged"] == 1 and not again["changed_is_certain"]
    gone = school.both(MODULE, state="absent", **given)
    assert gone["changed"] and gone["counts"]["unassigned"] == 1 and held(school) == []
    assert not school.both(MODULE, state="absent", **given)["changed"]
    assert school.executed(ASSIGN, UNASSIGN) == [2, 2]


@pytest.mark.parametrize(("user", "instance"), [("ada@3", "admin"), ("ada", "ada@3")])
def test_an_account_of_another_site_is_not_found_by_its_username(school, user, instance):
    result = school.both(MODULE, role="teacher", role_ids=IDS, users=[user], context="user", instance=instance)
    assert result["failed"] and "accounts of other sites (username@mnethostid)" in result["msg"]


def test_what_nobody_can_ask_for_is_sent_again(school):
    """Another one took the role away; that a task says unchanged does not keep it from mending that."""
    given = {"users": ["ada"], "role": "1", "role_identifier": "id", "context": "system"}
    school.run(MODULE, **given)
    school.run(MODULE, state="absent", state_file=school.state_file + ".other", **given)
    assert held(school) == []
    assert not school.run(MODULE, **given)["changed"]
    assert held(school) == [("ada", MANAGER, 10, 0)]


def enrol(school, *users, role="student"):
    school.run("toolsync_enrol", course="MATH101", users=list(users), role=role)


def test_roles_of_those_who_are_enrolled_are_read(school):
    enrol(school, "ada", "bob")
    enrol(school, "bob", role="teacher")
    given = {"users": ["ada", "bob"], "role": "teacher", "instance": "MATH101"}
    first = school.both(MODULE, **given)
    assert first["changed_is_certain"] and first.lists("user") == {"assigned": ["ada"], "unchanged": ["bob"]}
    assert first["diff"]["after"] == {"course MATH101": {"ada": {"teacher": "assigned"}}}
    again = school.both(MODULE, **given)
    assert not again["changed"] and again["changed_is_certain"] and school.executed(ASSIGN) == [1]
    gone = school.both(MODULE, state="absent", **given)
    assert gone["changed_is_certain"] and gone.lists("user") == {"unassigned": ["ada", "bob"]}
    assert [entry[:2] for entry in held(school)] == [("ada", STUDENT), ("bob", STUDENT)]
    assert not school.both(MODULE, state="absent", **given)["changed"]


def test_the_id_of_a_role_is_learnt_from_a_course(school):
    unknown = {"users": ["cleo"], "role": "teacher", "context": "system"}
    result = school.both(MODULE, **unknown)
    assert result["failed"] and "the id of the role teacher (shortname) can't be read" in result["msg"]
    enrol(school, "ada", role="teacher")
    in_course = {"user": "cleo", "context": "course", "instance": "MATH101"}
    assert school.both(MODULE, role="teacher", assignments=[in_course, {"user": "dan", "context": "system"}])["changed"]
    assert held(school) == [("ada", TEACHER, 50, 3), ("cleo", TEACHER, 50, 3), ("dan", TEACHER, 10, 0)]
    # From then on this host knows it.
    assert school.both(MODULE, **unknown)["changed"]


def test_a_role_that_comes_from_a_cohort_stays(school, cohort):
    cohort("Y1", "ada")
    school.run("toolsync_cohort_enrol", cohort="Y1", course="MATH101")
    school.run("toolsync_cohort_members", cohort="Y1", users=["bob"])
    result = school.run(MODULE, users=["bob"], role="student", instance="MATH101", state="absent")
    assert result["failed"] and "still held" in result["msg"]
    # Somebody may have given the same role by hand.
    assert result["changed"] and not result["changed_is_certain"] and "given by hand" in result["uncertain"][0]["because"]


def test_many_assignments_take_few_requests(school):
    school.practice.configure(limits={"max_input_vars": 21})
    items = [
        {"user": user, "context": context, "instance": instance}
        for user in school.ids
        for context, instance in (("course", "TPL"), ("course", "MATH101"), ("category", "1"))
    ]
    result = school.run(MODULE, role="4", role_identifier="id", assignments=[*items, *items])
    assert result["counts"]["assigned"] == 12 and len(held(school)) == 12
    assert 3 < school.executed(ASSIGN)[0] < 12
    result = school.run(MODULE, role="4", role_identifier="id", assignments=items, state="absent", max_input_vars=20)
    assert result["counts"]["unassigned"] == 12 and held(school) == []


# -- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"user": "nobody"}, "no user has the username nobody"),
        ({"instance": "NO"}, "no course has the shortname NO"),
        ({"context": "category", "instance": "9"}, "no category has the id 9"),
        ({"context": "category", "instance": "NO", "instance_identifier": "idnumber"}, "no category has the idnumber NO"),
        ({"context": "user", "instance": "nobody"}, "no user has the username nobody"),
        ({"role": "norole"}, "the id of the role norole"),
    ],
)
def test_a_failure_names_the_culprit_and_keeps_nobody_else(school, item, says):
    items = [{"user": "ada", "instance": "MATH101", **item}, {"user": "bob", "instance": "MATH101"}]
    result = school.both(MODULE, role="teacher", role_ids=IDS, assignments=items)
    assert result["failed"] and says in result["msg"] and says in result.reasons[0]
    assert held(school) == [("bob", TEACHER, 50, 3)]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"context": "module", "instance": "99"}, "there is no module with this id"),
        ({"role": "99", "role_identifier": "id"}, "the role does not exist"),
        ({"role": "5", "role_identifier": "id", "context": "system", "instance": None}, "can't be given there"),
    ],
)
def test_what_only_moodle_knows_is_told_by_it(school, item, says):
    items = [{"user": "ada", "instance": "MATH101", **item}, {"user": "bob", "instance": "MATH101"}]
    result = school.run(MODULE, role="teacher", role_ids=IDS, assignments=items)
    assert result["failed"] and says in result.doubts[0] and held(school) == [("bob", TEACHER, 50, 3)]
    school.practice.configure(core={"debug": "15"})
    assert says not in school.run(MODULE, role="teacher", role_ids=IDS, assignments=items).doubts[0]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"users": ["ada"], "instance": "MATH101"}, "role"),
        ({"users": ["ada"], "role": "teacher"}, "instance"),
        ({"users": ["ada"], "role": "teacher", "context": "system", "instance": "1"}, "instance"),
        ({"users": ["ada"], "role": "x", "role_identifier": "id", "context": "system"}, "role of the task"),
        ({"users": ["ada"], "role": "teacher", "context": "module", "instance": "forum"}, "instance"),
        ({"users": ["ada"], "role": "teacher", "instance": "a", "instance_identifier": "email"}, "instance_identifier"),
        ({"users": ["ada"], "role": "teacher", "context": "system", "role_ids": {"teacher": "x"}}, "role_ids"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(school, options, option):
    result = school.run(MODULE, **options)
    assert result["failed"] and result["error"] == {"kind": "option", "option": option, "errorcode": None, "debuginfo": None}
    assert not school.practice.counters()["calls"]


def test_items_that_contradict_each_other_are_refused(school):
    items = [{"user": "ada"}, {"user": "Uada", "user_identifier": "idnumber", "state": "absent"}]
    result = school.both(MODULE, role="4", role_identifier="id", context="system", assignments=items)
    assert result["failed"] and "item 2 of assignments and item 1 of assignments contradict" in result["msg"]


def test_a_right_that_is_lacking_is_named(school):
    capabilities = ["webservice/rest:use", "moodle/user:viewalldetails"]
    school.practice.configure(account={"username": "robot", "capabilities": capabilities})
    token = school.token_for(ASSIGN, "core_user_get_users_by_field", username="robot")
    result = school.run(MODULE, role="1", role_identifier="id", context="system", users=["ada"], token=token)
    assert result["failed"] and "moodle/role:assign" in result["msg"]


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, ASSIGN),
        ({"state": "absent"}, UNASSIGN),
        ({}, "core_user_get_users_by_field"),
        ({}, "core_course_get_courses_by_field"),
        ({"context": "category", "instance": "X", "instance_identifier": "idnumber"}, "core_course_get_categories"),
    ],
)
def test_a_function_that_is_missing_is_named_before_anything_is_sent(school, options, missing):
    given = {"role": "4", "role_identifier": "id", "users": ["ada"], "instance": "MATH101", **options}
    result = school.both(MODULE, token=school.without(missing), **given)
    assert result["failed"] and missing in result["msg"] and school.executed(ASSIGN, UNASSIGN) == [0, 0]


def test_ids_need_nothing_but_the_function_itself(school):
    given = {"role": "4", "role_identifier": "id", "users": [str(school.ids["ada"])], "user_identifier": "id"}
    result = school.both(MODULE, instance="3", instance_identifier="id", token=school.token_for(ASSIGN), **given)
    assert result["changed"] and not result["changed_is_certain"] and held(school) == [("ada", TEACHER, 50, 3)]


def test_a_user_of_an_unknown_id_is_told_by_moodle_where_nobody_can_be_looked_up(school):
    given = {"role": "4", "role_identifier": "id", "users": ["999"], "user_identifier": "id", "context": "system"}
    result = school.run(MODULE, token=school.token_for(ASSIGN), **given)
    assert result["failed"] and result.doubts == ["Moodle knows no such user"]
