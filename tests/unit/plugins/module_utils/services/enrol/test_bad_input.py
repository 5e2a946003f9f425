# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that make no sense end in a message that names them, before anything is sent."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.enrol_records import moment, records
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_enrol import TASK


def checked(**options):
    """The parameters that Ansible makes of options, or its message."""
    given = {"url": "http://127.0.0.1:9", "token": "0" * 32, **options}
    validated = ArgumentSpecValidator(TASK.argument_spec, **TASK.constraints).validate(given)
    return validated.validated_parameters, "; ".join(validated.error_messages)


def message(**options):
    """What a user is told; the site's address is one where nothing answers, so nothing can have been sent."""
    params, refusal = checked(**options)
    if refusal:
        return refusal
    result = run(TASK, params)
    assert result["failed"] and "exception" not in result and result["error"]["kind"] == "option", result
    return result["msg"]


LONG = "x" * 256


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the following is required: user, users, enrolments"),
        ({"course": "C"}, "one of the following is required"),
        ({"user": "ada"}, "course is missing for the task"),
        ({"course": None, "user": "ada"}, "course is missing for the task"),
        ({"course": "", "user": "ada"}, "course of the task is empty"),
        ({"course": "   ", "user": "ada"}, "course of the task is empty"),
        ({"course": "C", "user": ""}, "user of the task is empty"),
        ({"course": "C", "user": "ada", "users": ["bob"]}, "mutually exclusive"),
        ({"course": "C", "users": ["ada", ""]}, "user of item 2 of users is empty"),
        ({"course": "C", "users": ["ada", None]}, "item 2 of users is empty"),
        ({"course": LONG, "user": "ada"}, "course of the task is longer than 255"),
        ({"course": "C", "users": ["ada", LONG]}, "user of item 2 of users is longer than 255"),
        ({"course": "C", "user": "a<b"}, "user of the task holds a <"),
        ({"course": "<p>", "user": "ada"}, "course of the task holds a <"),
        ({"course": "C\n", "user": "ada"}, "course of the task holds a control character"),
        ({"course": "C", "user": "a\u0000b"}, "user of the task holds a <"),
        ({"course": "C", "user": "\udcff"}, "broken UTF-8"),
        ({"course": "C", "user": "ada", "role": "<b>"}, "role of the task holds a <"),
        ({"course": "C", "user": "ada", "course_identifier": "id"}, "course of the task must be a number"),
        ({"course": "0", "user": "ada", "course_identifier": "id"}, "course of the task must be a number"),
        ({"course": "-1", "user": "ada", "course_identifier": "id"}, "course of the task must be a number"),
        ({"course": "\u0663", "user": "ada", "course_identifier": "id"}, "course of the task must be a number"),
        ({"course": "9" * 30, "user": "ada", "course_identifier": "id"}, "course of the task must be a number"),
        ({"course": "C", "user": "ada", "user_identifier": "id"}, "set user_identifier to username or idnumber or email"),
        ({"course": "C", "user": "ada", "role": "student", "role_identifier": "id"}, "role of the task must be a number"),
        ({"course": "C", "user": "ada", "course_identifier": "name"}, "value of course_identifier must be one of"),
        ({"course": "C", "user": "ada", "user_identifier": "phone"}, "value of user_identifier must be one of"),
        ({"course": "C", "user": "ada", "role_identifier": "name"}, "value of role_identifier must be one of"),
        ({"course": "C", "user": "ada", "state": "gone"}, "value of state must be one of"),
        ({"course": "C", "user": "ada", "on_failures": "panic"}, "value of on_failures must be one of"),
        ({"course": "C", "user": "ada", "suspended": "perhaps"}, "suspended"),
        ({"course": "C", "user": "ada", "method": "Man ual"}, "method of the task must be the name"),
        ({"course": "C", "user": "ada", "method": "x" * 21}, "method of the task must be the name"),
        ({"course": "C", "user": "ada", "method": "self", "state": "absent"}, "only manual enrolments can be ended"),
        ({"course": "C", "user": "ada", "timestart": "tomorrow"}, "timestart of the task must be epoch seconds"),
        ({"course": "C", "user": "ada", "timestart": "-5"}, "timestart of the task must be epoch seconds"),
        ({"course": "C", "user": "ada", "timeend": "12345678901"}, "timeend of the task must be epoch seconds"),
        ({"course": "C", "user": "ada", "timeend": "2026-02-30"}, "timeend of the task must be epoch seconds"),
        ({"course": "C", "user": "ada", "timestart": "2026-09-02", "timeend": "2026-09-01"}, "is not after its timestart"),
        ({"course": "C", "user": "ada", "max_input_vars": 3}, "max_input_vars must be at least 20"),
        ({"course": "C", "user": "ada", "max_input_vars": "many"}, "max_input_vars"),
        ({"course": "C", "users": {"ada": 1}}, "users"),
        ({"course": "C", "enrolments": ["ada"]}, "enrolments"),
        ({"course": "C", "enrolments": [{}]}, "user"),
        ({"course": "C", "enrolments": [{"user": None}]}, "user"),
        ({"enrolments": [{"user": "ada"}]}, "course is missing for item 1 of enrolments"),
        ({"enrolments": [{"user": "ada", "course": "C", "roll": "student"}]}, "enrolments.roll"),
        ({"enrolments": [{"user": "ada", "course": "C", "user_identifier": "phone"}]}, "user_identifier must be one of"),
        ({"course": "C", "enrolments": [{"user": "ada"}, {"user": "bob", "timestart": "x"}]}, "timestart of item 2 of enrolments"),
        ({"course": "C", "users": [], "state": "exact"}, "users of the task is empty, and state exact would take everybody out"),
        ({"course": "C", "enrolments": [], "state": "exact"}, "enrolments of the task is empty"),
        ({"course": "C", "enrolments": [{"user": "a", "state": "absent"}], "state": "exact"}, "set allow_empty to true"),
        ({"users": [], "state": "exact", "allow_empty": True}, "course is missing for the task"),
        ({"course": "C", "enrolments": [{"user": "a", "state": "exact"}, {"user": "a", "state": "absent"}]}, "item 2 of enrolments and"),
        ({"course": "C", "enrolments": [{"user": "a"}, {"user": "a", "suspended": True}]}, "item 2 of enrolments and item 1"),
    ],
)
def test_a_message_names_what_is_wrong(options, says):
    told = message(**options)
    assert says in told, told
    assert "0" * 32 not in told


@pytest.mark.parametrize("options", [{"users": []}, {"course": "C", "users": []}, {"enrolments": []}])
def test_an_empty_list_is_nothing_to_do(options):
    params, refusal = checked(**options)
    result = run(TASK, params)
    assert not refusal and not result.get("failed") and result["changed"] is False
    assert set(result["counts"].values()) == {0}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        (" ", None),
        ("0", 0),
        (1790000000, 1790000000),
        ("9999999999", 9999999999),
        ("2026-09-01", 1788220800),
        ("2026-09-01T00:00", 1788220800),
        ("2026-09-01 00:00:00", 1788220800),
        ("2026-09-01T00:00:00Z", 1788220800),
        ("2026-09-01T02:00:00+02:00", 1788220800),
        ("2026-08-31T19:00:00.999-0500", 1788220800),
        ("2026-09-01 00:00:00+00:00", 1788220800),
    ],
)
def test_dates(text, seconds):
    assert moment(text, "timestart", "timestart") == seconds


@pytest.mark.parametrize(
    "text",
    ["1.79e9", "2026", "20260901", "2026-9-1", "01/09/2026", "2026-13-01", "1969-12-31", "2300-01-01", "2026-09-01T25:00", "\u0661", "<b>"],
)
def test_dates_that_are_none(text):
    with pytest.raises(errors.OptionError, match="timestart must be epoch seconds or a date such as") as caught:
        moment(text, "timestart", "timestart")
    assert "<" not in caught.value.message


def test_empty_cells_of_an_item_are_the_task_s():
    items = [{"user": "ada", "role": "", "timestart": "", "method": ""}, {"user": "bob", "role": "student"}]
    params, _refusal = checked(course="C", role="teacher", enrolments=items)
    first, second = records(params)
    assert (first.role.value, first.timestart, first.method, second.role.value) == ("teacher", None, "manual", "student")


@pytest.mark.parametrize("name", ["Zo\u00eb", "\u674e\u5c0f\u9f99", "o'neil", "a;b", 'a"b', "{{ a }}", "a < b", "x&y", "\U0001f393"])
def test_unusual_identifiers_are_passed_as_they_are(name):
    params, _refusal = checked(course=name, user=name, user_identifier="idnumber")
    (record,) = records(params)
    assert (record.course.value, record.user.value) == (name, name)


def test_a_hundred_thousand_records_are_checked():
    params, refusal = checked(course="C", enrolments=[{"user": f"u{number}"} for number in range(100000)])
    assert not refusal and len(records(params)) == 100000
