# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's own functions for cohorts and role assignments, as its externallib files have them."""
from __future__ import annotations

import pytest

from tests.contract.helpers import table
from tests.simulator.fixture import Practice

FUNCTIONS = [
    "core_cohort_create_cohorts", "core_cohort_update_cohorts", "core_cohort_search_cohorts", "core_role_assign_roles",
    "core_role_unassign_roles", "core_course_get_courses_by_field", "tool_sync_cohort_bind",
]
TOKEN = "c" * 32


@pytest.fixture()
def moodle(practice: Practice) -> Practice:
    practice.configure(service={"shortname": "own", "functions": FUNCTIONS, "token": TOKEN})
    return practice


def call(practice: Practice, function: str, what: str, *items: dict[str, object]) -> object:
    form = {f"{what}[{number}][{key}]": str(value) for number, item in enumerate(items) for key, value in item.items()}
    return practice.call(function, token=TOKEN, **form)


def cohort(name: str, idnumber: str, kind: str = "system", value: str = "", **more: object) -> dict[str, object]:
    return {"categorytype][type": kind, "categorytype][value": value, "name": name, "idnumber": idnumber, **more}


def names_in(practice: Practice, level: str, number: int) -> list[str]:
    answer = practice.call(
        "core_cohort_search_cohorts", token=TOKEN, query="", includes="self",
        **{"context[contextlevel]": level, "context[instanceid]": str(number)},
    )
    return [found["name"] for found in answer["cohorts"]]


def test_cohorts_are_made_all_or_none(moodle: Practice) -> None:
    made = call(moodle, "core_cohort_create_cohorts", "cohorts", cohort("A", "a"), cohort("B", "b", "id", "1", visible=0))
    assert [(row["name"], row["visible"]) for row in made] == [("A", True), ("B", False)]
    assert (names_in(moodle, "system", 0), names_in(moodle, "coursecat", 1)) == (["A"], ["B"])
    refused = call(moodle, "core_cohort_create_cohorts", "cohorts", cohort("C", "c"), cohort("again", "a"))
    assert refused["errorcode"] == "invalidparameter"
    assert names_in(moodle, "system", 0) == ["A"]


def test_an_update_sets_the_category_and_keeps_what_is_left_out(moodle: Practice) -> None:
    (made,) = call(moodle, "core_cohort_create_cohorts", "cohorts", cohort("A", "a", "id", "1", description="d", visible=0))
    assert call(moodle, "core_cohort_update_cohorts", "cohorts", {"id": made["id"], **cohort("B", "b")}) is None
    (row,) = moodle.state()["cohort"]
    assert (row["name"], row["idnumber"], row["description"], row["visible"]) == ("B", "b", "d", 0)
    assert (names_in(moodle, "system", 0), names_in(moodle, "coursecat", 1)) == (["B"], [])


PLACES = [("system", 0), ("coursecat", 1), ("course", 3), ("user", 2), ("module", 1)]


@pytest.mark.parametrize(("level", "number"), PLACES)
def test_a_role_is_given_and_taken_where_it_has_its_place(moodle: Practice, level: str, number: int) -> None:
    moodle.configure(role={"shortname": "mentor", "contexts": [level]})
    role = table(moodle, "role", shortname="mentor")[0]["id"]
    item = {"roleid": role, "userid": 2, "contextlevel": level, "instanceid": number}
    for _time in range(2):
        assert call(moodle, "core_role_assign_roles", "assignments", item) is None
        assert len(moodle.state()["role_assignments"]) == 1
    for _time in range(2):
        assert call(moodle, "core_role_unassign_roles", "unassignments", item) is None
        assert moodle.state()["role_assignments"] == []
    for other, instance in PLACES:
        if other != level:
            item.update(contextlevel=other, instanceid=instance)
            assert call(moodle, "core_role_assign_roles", "assignments", item)["errorcode"] == "invalidparameter"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"instanceid": 99}, "invalidparameter"),
        ({"contextlevel": "planet"}, "invalidparameter"),
        ({"roleid": 99}, "invalidparameter"),
        ({"userid": 99}, "codingerror"),
    ],
)
def test_what_a_role_assignment_is_refused_for(moodle: Practice, change: dict[str, object], code: str) -> None:
    item = {"roleid": 1, "userid": 2, "contextlevel": "course", "instanceid": 3, **change}
    assert call(moodle, "core_role_assign_roles", "assignments", item)["errorcode"] == code


def test_a_course_lists_each_enabled_instance_of_its_enrolment_methods(moodle: Practice) -> None:
    call(moodle, "core_cohort_create_cohorts", "cohorts", cohort("A", "a"))
    bind = {"chidsource": "idnumber", "chid": "a", "cidsource": "id", "cid": "3", "ridsource": "id", "method": "cohort"}
    for role in ("4", "5"):
        assert moodle.call("tool_sync_cohort_bind", token=TOKEN, rid=role, **bind) is True
    found = moodle.call("core_course_get_courses_by_field", token=TOKEN, field="id", value="3")
    assert sorted(found["courses"][0]["enrollmentmethods"]) == ["cohort", "cohort", "manual"]
