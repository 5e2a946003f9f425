# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bulk enrolment looks like on the wire, and what an answer that is too short makes of it."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import enrol
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.enrol_standing import memory_key
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Columns, flatten

COURSE = {"courses": [{"id": 3}]}
MAY = {"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}


def planned(site, *names, **options):
    params = {
        "course": "C", "course_identifier": "shortname", "users": list(names), "user": None, "enrolments": None,
        "user_identifier": "username", "role": None, "role_identifier": "shortname", "method": "manual", "timestart": None,
        "timeend": None, "suspended": True, "state": "present", "groups": None, "allow_empty": False, "on_failures": "continue",
        "max_input_vars": 1000, "parallel_requests": 2, **options,
    }
    return enrol.plan(site, params)


def script(server, *names):
    """Answers of the reads, and to the question whether the token may enrol."""
    server.answer(COURSE).answer([]).answer([{"id": 10 + place, "username": name} for place, name in enumerate(names)]).answer(MAY)


REQUIRED = ("roleidsource", "roleid", "useridsource", "userid", "courseidsource", "courseid")


@pytest.mark.parametrize(
    ("options", "optional"),
    [
        ({}, ("suspend",)),
        ({"suspended": None}, ()),
        ({"timeend": "1900000000", "method": "sync"}, ("suspend", "timeend", "method")),
    ],
)
def test_variables_go_key_by_key_with_the_required_ones_last_and_without_defaults(site, server, options, optional):
    script(server, "ada", "bob")
    server.answer([{"userid": "10", "status": True}, {"userid": "11", "status": True}])
    planned(site, "ada", "bob", **options).apply()
    names = [name for name, _value in server.seen[-1].form[4:]]
    assert names == [f"enrols[{place}][{key}]" for key in (*optional, *REQUIRED) for place in (0, 1)]
    assert dict(server.seen[-1].form)["enrols[1][userid]"] == "11"


def test_what_one_record_needs_all_say(site, server):
    script(server, "ada", "bob")
    server.answer([{"userid": "10", "status": True}, {"userid": "11", "status": True}])
    items = [{"course": "C", "user": "ada", "timeend": "1900000000"}, {"course": "C", "user": "bob"}]
    planned(site, users=None, enrolments=items, suspended=None).apply()
    form = dict(server.seen[-1].form)
    assert (form["enrols[0][timeend]"], form["enrols[1][timeend]"]) == ("1900000000", "0")
    assert "enrols[0][timestart]" not in form


def test_columns_of_nothing_are_nothing():
    assert flatten({"enrols": Columns()}) == []


def test_what_the_server_took_no_notice_of_is_sent_again(site, server):
    names = [f"u{number}" for number in range(10)]
    script(server, *names)
    server.answer([{"userid": "x", "status": True}] * 6).answer([{"userid": "x", "status": True}] * 5)
    plan = planned(site, *names)
    plan.apply()
    assert plan.result["counts"]["enrolled"] == 10
    users = [[value for name, value in seen.form if name.endswith("[userid]")] for seen in server.seen[-2:]]
    assert users == [[str(10 + place) for place in range(10)], [str(10 + place) for place in range(5, 10)]]
    assert any("max_input_vars" in text for text in site.warnings)


def test_a_server_that_takes_nothing_is_told_of(site, server):
    script(server, "ada", "bob")
    server.answer([])
    with pytest.raises(errors.NotMoodle, match="0 of 2 records"):
        planned(site, "ada", "bob").apply()


def test_a_damaged_memory_says_nothing_of_dates(site, server):
    site.memory.put("enrolments", {memory_key(3, 10, "manual"): "what is this"})
    server.answer(COURSE).answer([{"id": 10, "username": "ada", "roles": [{"roleid": 5, "shortname": "student"}]}]).answer([]).answer(MAY)
    plan = planned(site, "ada", timeend="2030-01-01", suspended=None)
    assert plan.changed and not plan.result["changed_is_certain"]
