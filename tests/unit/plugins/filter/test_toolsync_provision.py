# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter toolsync_provision."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.filter.toolsync_provision import FilterModule, toolsync_provision

COURSE = {"shortname": "A", "fullname": "Course A"}


def test_it_is_registered():
    assert FilterModule().filters() == {"toolsync_provision": toolsync_provision}


def test_a_course_takes_what_is_said_for_all_unless_it_says_otherwise():
    first, second = toolsync_provision(
        [COURSE, {**COURSE, "shortname": "B", "template": "OWN", "update": False}], category="1", template="TPL"
    )[0]["deploy"]
    assert first == {**COURSE, "category": "1", "template": "TPL", "update": True}
    assert (second["template"], second["update"]) == ("OWN", False)


def test_exactly_the_listed_people_are_in_a_course_and_where_there_is_no_list_nobody_is_touched():
    courses = [
        {**COURSE, "teachers": ["t"], "students": ["s", 7]},
        {**COURSE, "shortname": "B", "students": []},
        {**COURSE, "shortname": "C"},
    ]
    steps = toolsync_provision(courses, user_identifier="idnumber", teacher_role="teacher")
    assert [step["name"] for step in steps] == ["courses", "teachers", "students", "no students of B"]
    assert steps[1]["enrol"] == [{"course": "A", "user": "t"}]
    assert steps[1]["defaults"] == {"role": "teacher", "user_identifier": "idnumber", "state": "exact"}
    assert steps[2]["enrol"] == [{"course": "A", "user": "s"}, {"course": "A", "user": "7"}]
    assert steps[3]["enrol"] == [] and steps[3]["defaults"]["course"] == "B" and steps[3]["defaults"]["allow_empty"]
    assert all(step["needs"] == ["courses"] for step in steps[1:])


@pytest.mark.parametrize(
    ("courses", "words"),
    [
        ({"shortname": "A"}, "must be a list of courses"),
        (["A"], "must be a list of courses"),
        ([{"fullname": "A"}], "course 1 has no shortname"),
        ([COURSE, COURSE], "two courses A"),
        ([{**COURSE, "student": []}], "A has an unknown student"),
    ],
)
def test_what_makes_no_sense_is_named(courses, words):
    with pytest.raises(AnsibleFilterError, match=words):
        toolsync_provision(courses)


def test_an_unknown_option_is_named():
    with pytest.raises(AnsibleFilterError, match="the filter has an unknown categry"):
        toolsync_provision([COURSE], categry="1")
