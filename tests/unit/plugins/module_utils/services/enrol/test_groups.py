# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""groups: whoever is enrolled is put into groups of the course."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS

MATH101 = "3"
JOIN = "core_group_add_group_members"
READS = ("core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users")
GROUP_READS = ("core_group_get_course_groups", "core_group_get_group_members")
ENROL = "tool_sync_enrol_users_enrol"


@pytest.fixture
def token(school):
    """One for all functions."""
    return school.token_for(*FUNCTIONS)


@pytest.fixture
def enrol(school, token):
    return lambda check_mode=False, **options: school.enrol(check_mode, **{"token": token, **options})


@pytest.fixture
def groups(school, token):
    """groups() -> {group: its members}; Group A (idnumber GA), Groupe é and R&D are in MATH101, Group A is in TPL too."""
    made = [("3", "Group A", "GA"), ("3", "Groupe é", ""), ("3", "R&D", "B"), ("2", "Group A", "")]
    form = {}
    for number, (course, name, idnumber) in enumerate(made):
        group = {"courseid": course, "name": name, "description": "", "idnumber": idnumber}
        form.update({f"groups[{number}][{key}]": value for key, value in group.items()})
    assert len(school.practice.call("core_group_create_groups", token, **form)) == 4
    school.practice.control("DELETE", "counters")

    def read():
        state = school.practice.state()
        names = {user["id"]: user["username"] for user in state["user"]}
        inside = {}
        for row in state["groups"]:
            members = {names[one["userid"]] for one in state["groups_members"] if one["groupid"] == row["id"]}
            inside.setdefault(row["name"] if str(row["courseid"]) == MATH101 else f"{row['name']} of TPL", set()).update(members)
        return {name: members for name, members in inside.items() if members}

    return read


def test_who_is_enrolled_is_put_into_groups_once(school, enrol, groups):
    enrol(course="MATH101", user="ada")
    items = [{"user": "ada", "groups": ["Group A"]}, {"user": "bob", "groups": ["GA", "R&D", " Group A "]}, {"user": "cleo"}]
    predicted = enrol(check_mode=True, course="MATH101", enrolments=items)
    assert groups() == {}
    result = enrol(course="MATH101", enrolments=items)
    assert result == predicted and result["changed_is_certain"]
    assert result.lists == {"enrolled": ["bob", "cleo"], "unchanged": ["ada"]}
    assert [(entry["user"], entry["group"]) for entry in result["added"]] == [("ada", "Group A"), ("bob", "GA"), ("bob", "R&D")]
    assert groups() == {"Group A": {"ada", "bob"}, "R&D": {"bob"}}
    inside = {"roles": ["student"], "suspended": False}
    assert result["diff"]["before"]["MATH101"] == {"ada": {**inside, "groups": []}, "bob": None, "cleo": None}
    assert result["diff"]["after"]["MATH101"] == {
        "ada": {**inside, "groups": ["Group A"]}, "bob": {**inside, "groups": ["Group A", "R&D"]}, "cleo": {**inside, "groups": []},
    }  # fmt: skip
    again = enrol(course="MATH101", enrolments=items)
    assert not again["changed"] and again["changed_is_certain"] and again["counts"]["unchanged"] == 3 + 3
    assert school.practice.counters()["executed"][JOIN] == 1


def test_the_task_names_groups_for_all(school, enrol, groups):
    result = enrol(course="MATH101", users=["ada", "bob"], groups="Groupe é,R&D")
    assert result["counts"]["added"] == 4 and groups() == {"Groupe é": {"ada", "bob"}, "R&D": {"ada", "bob"}}
    items = [{"user": "ada", "groups": ["Group A"]}, {"user": "bob", "groups": ""}, {"user": "cleo", "state": "absent"}]
    enrol(course="TPL", enrolments=items, groups=["Group A"])
    assert groups()["Group A of TPL"] == {"ada", "bob"}


def test_two_items_of_one_user_add_up(enrol, groups):
    items = [
        {"user": "ada", "groups": ["Group A"]},
        {"user": "ada@example.com", "user_identifier": "email", "groups": ["R&D", "GA"]},
        {"user": "ada", "role": "teacher", "groups": ["Groupe é"]},
    ]
    assert enrol(course="MATH101", enrolments=items)["counts"]["added"] == 3
    assert groups() == {"Group A": {"ada"}, "R&D": {"ada"}, "Groupe é": {"ada"}}


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_unknown_group_is_a_failure_of_its_own(school, enrol, groups, check_mode):
    result = enrol(check_mode, course="MATH101", users=["ada"], groups=["Group A", "Nobody's"])
    assert result["failed"] and result.lists == {"enrolled": ["ada"]} and result["counts"]["added"] == 1
    assert result.reason == "no group of the course has the name or the idnumber Nobody's"
    assert result["failures"][0]["group"] == "Nobody's" and groups() == ({} if check_mode else {"Group A": {"ada"}})


def test_several_groups_of_a_name_are_told_apart_by_nobody(school, enrol, groups, token):
    form = {"groups[0][courseid]": MATH101, "groups[0][name]": "R&amp;D", "groups[0][description]": ""}
    school.practice.call("core_group_create_groups", token, **form)
    assert "several groups of the course are called R&D" in enrol(course="MATH101", user="ada", groups=["R&D"]).reason
    assert enrol(course="MATH101", user="ada", groups=["B"])["counts"]["added"] == 1


def test_who_is_refused_is_put_into_no_group(school, enrol, groups):
    result = enrol(course="MATH101", enrolments=[{"user": "ada", "role": "norole", "groups": ["GA"]}, {"user": "bob", "groups": ["GA"]}])
    assert result.users("failures") == ["ada", "ada"] and "another record" in result["failures"][1]["reason"]
    assert groups() == {"Group A": {"bob"}}


def test_who_goes_is_put_into_no_group(enrol, groups):
    enrol(course="MATH101", users=["ada", "bob"], groups=["GA"])
    assert enrol(course="MATH101", users=["ada"], state="absent", groups=["Nobody's"]).lists == {"unenrolled": ["ada"]}
    assert enrol(course="MATH101", users=["cleo"], state="exact", groups=["GA"])["counts"]["added"] == 1
    assert groups() == {"Group A": {"cleo"}}


def test_groups_that_are_seen_in_the_list_of_the_enrolled_will_do(school, enrol, groups):
    enrol(course="MATH101", user="ada", groups=["GA"])
    result = enrol(token=school.token_for(*READS, ENROL, JOIN), course="MATH101", users=["bob"], groups=["Group A", "R&D"])
    assert groups() == {"Group A": {"ada", "bob"}} and f"add {GROUP_READS[0]}" in result.reason


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("functions", [(*READS, *GROUP_READS, ENROL), (ENROL, JOIN)])
def test_a_token_that_lacks_what_groups_take_is_told_so(school, enrol, groups, functions, check_mode):
    token = school.token_for(*functions)
    result = enrol(check_mode, token=token, course="MATH101", users=["ada"], groups=["GA"])
    missing = GROUP_READS[0] if JOIN in functions else JOIN
    assert result["failed"] and missing in result["msg"] and "nothing was sent" in result["msg"] and school.enrolment("ada") is None


def test_a_right_that_is_lacking_is_named(school, enrol, groups):
    enrol(course="MATH101", user="ada")
    may = ["webservice/rest:use", "moodle/user:viewalldetails", "moodle/course:viewparticipants"]
    school.practice.configure(account={"username": "robot", "capabilities": may})
    token = school.token_for(*READS, *GROUP_READS, ENROL, JOIN, username="robot")
    result = enrol(token=token, course="MATH101", user="ada", groups=["GA"])
    assert result["failed"] and "moodle/course:managegroups" in result.reason and groups() == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_became_of_an_answer_that_is_lost_is_looked_at(school, enrol, groups, when):
    school.practice.fault("close", function=JOIN, skip=1, when=when)
    result = enrol(course="MATH101", users=["ada", "bob"], groups=["GA"], retries=0)
    done = when == "after"
    assert result.get("failed", False) is not done and result["changed_is_certain"] is done
    assert result["counts"]["added"] == 2 * done and result["counts"]["unknown"] == 2 * (not done)
    assert not enrol(course="MATH101", users=["ada", "bob"], groups=["GA"]).get("failed") and groups() == {"Group A": {"ada", "bob"}}


@pytest.mark.parametrize(("name", "says"), [("<b>", "holds a <"), ("x" * 256, "longer than 255")])
def test_a_name_that_can_be_none_is_refused(enrol, name, says):
    result = enrol(course="MATH101", user="ada", groups=[name])
    assert result["failed"] and f"groups of the task {says}" in result["msg"].replace(" is longer", " longer")
