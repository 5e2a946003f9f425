# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether courses exist: by Moodle's function, by the plugin's, and by neither."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import course_info
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_course_info import TASK

COURSES = "core_course_get_courses_by_field"
CHECK = "tool_sync_check_course"


@pytest.mark.parametrize(
    ("by", "asked", "ids"),
    [
        ("shortname", ["TPL", "NOPE", "MATH101"], [2, None, 3]),
        ("idnumber", ["TPL1", "NOPE", "M101"], [2, None, 3]),
        ("id", ["2", "99", "3"], [2, None, 3]),
    ],
)
def test_by_any_identifier(practice, perform, by, asked, ids):
    result = perform(TASK, courses=asked, course_identifier=by)
    assert [course["id"] for course in result["courses"]] == ids
    assert [course["course"] for course in result["courses"]] == asked
    assert (result["existing"], result["missing"]) == ([asked[0], asked[2]], [asked[1]])
    assert result["changed"] is False and "warnings" not in result
    assert practice.counters()["writes"] == 0


def test_the_details(practice, perform):
    result = perform(TASK, courses="MATH101")
    assert result["courses"] == [
        {
            "course": "MATH101",
            "exists": True,
            "id": 3,
            "shortname": "MATH101",
            "fullname": "Math 101",
            "idnumber": "M101",
            "category_id": 1,
            "category_name": "Category 1",
            "visible": True,
            "format": "topics",
            "startdate": 0,
            "enddate": 0,
            "lang": "",
            "url": f"{practice.url}/course/view.php?id=3",
        }
    ]


def test_many_ids_are_one_request(practice, perform):
    result = perform(TASK, courses=[2, 3, 2], course_identifier="id")
    assert result["existing"] == ["2", "3"]
    assert practice.counters()["calls"] == {COURSES: 1}


def test_no_course_is_asked_for_nothing(practice, perform):
    result = perform(TASK, courses=[])
    assert (result["courses"], result["missing"]) == ([], [])
    assert practice.counters()["calls"] == {}


def test_the_plugin_alone_tells_what_exists(practice, perform):
    result = perform(TASK, courses=["MATH101", "NOPE"], token=practice.service_tokens["tool_sync"])
    assert (result["existing"], result["missing"]) == (["MATH101"], ["NOPE"])
    assert result["courses"][0]["fullname"] is None
    assert any(COURSES in warning for warning in result["warnings"])
    assert practice.counters()["calls"][COURSES] == 1
    numbered = perform(TASK, courses=["3"], course_identifier="id", token=practice.service_tokens["tool_sync"])
    assert numbered["courses"][0]["id"] == 3


def test_moodle_alone_may_hide_a_course(perform, token_for):
    token = token_for(COURSES)
    result = perform(TASK, courses=["MATH101", "NOPE"], token=token)
    assert (result["existing"], result["missing"]) == (["MATH101"], ["NOPE"])
    assert any(CHECK in warning for warning in result["warnings"])
    assert "warnings" not in perform(TASK, courses=["MATH101"], token=token)


def test_a_course_that_moodle_does_not_show_exists_all_the_same(server, site):
    server.answer({"courses": [], "warnings": []}).answer(True)
    made = course_info.plan(site, ["HIDDEN"], "shortname")
    assert made.result["existing"] == ["HIDDEN"] and made.result["courses"][0]["id"] is None


def test_names_are_not_those_of_a_web_page(server, site):
    server.answer({"courses": [{"id": 5, "shortname": "A&amp;B", "fullname": "A &amp; B", "visible": 0}], "warnings": []})
    (course,) = course_info.plan(site, ["A&B"], "shortname").result["courses"]
    assert (course["shortname"], course["fullname"], course["visible"], course["idnumber"]) == ("A&B", "A & B", False, None)


def test_several_courses_of_one_idnumber(server, site):
    server.answer({"courses": [{"id": 5}, {"id": 6}], "warnings": []})
    made = course_info.plan(site, ["X"], "idnumber")
    assert made.result["courses"][0]["exists"] is True and made.result["courses"][0]["id"] is None
    assert site.warnings == ["Several courses have the idnumber X (ids 5, 6), so no details of it are given."]


def test_neither_function(practice, perform):
    result = perform(TASK, courses=["MATH101"], token=practice.service_tokens["tool_sync_core_ext"])
    assert result["failed"] and result["error"]["kind"] == "access"
    assert COURSES in result["msg"] and CHECK in result["msg"]


@pytest.mark.parametrize(
    ("courses", "by", "says"),
    [
        (["TPL", ""], "shortname", "item 2 of courses is empty"),
        (["x" * 300], "shortname", "longer than 255"),
        (["<b>"], "idnumber", "holds a <"),
        (["TPL"], "id", "item 1 of courses must be a number"),
        (["-1"], "id", "must be a number"),
        (["a\nb"], "shortname", "control character"),
    ],
)
def test_what_can_be_no_identifier(practice, perform, courses, by, says):
    result = perform(TASK, courses=courses, course_identifier=by)
    assert result["failed"] and says in result["msg"]
    assert practice.counters()["calls"] == {}
