# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's own functions for groups."""
from __future__ import annotations

from typing import Any

import pytest

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import Practice

TOKEN = "44444444444444444444444444444444"
FUNCTIONS = [
    "core_group_" + name
    for name in (
        "create_groups", "get_course_groups", "get_group_members", "add_group_members", "delete_group_members",
        "delete_groups",
    )
]
COURSE = 3


@pytest.fixture(autouse=True)
def a_class(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    run(practice, "users", "sync", "userimport.csv", HEAD + "ada;Ada;B;;\nbob;Bob;A;;\neve;Eve;C;;\n")
    for user in ("ada", "bob"):
        practice.call(
            "tool_sync_enrol_user_enrol", roleidsource="shortname", roleid="student", useridsource="username",
            userid=user, courseidsource="id", courseid=str(COURSE),
        )
    practice.configure(service={"shortname": "groups", "functions": FUNCTIONS, "token": TOKEN, "restrictedusers": 0})


def call(practice: Practice, name: str, **arguments: Any) -> Any:
    return practice.call("core_group_" + name, token=TOKEN, **{key: str(value) for key, value in arguments.items()})


def create(practice: Practice, *names: str, courseid: int = COURSE) -> Any:
    form: dict[str, Any] = {}
    for number, name in enumerate(names):
        form.update({f"groups[{number}][description]": "", f"groups[{number}][name]": name})
        form[f"groups[{number}][courseid]"] = courseid
    return call(practice, "create_groups", **form)


def members(practice: Practice, function: str, *pairs: tuple[int, int]) -> Any:
    form = {}
    for number, (group, user) in enumerate(pairs):
        form.update({f"members[{number}][groupid]": group, f"members[{number}][userid]": user})
    return call(practice, function, **form)


def user_id(practice: Practice, username: str) -> int:
    return table(practice, "user", username=username)[0]["id"]


def test_groups_are_made_all_or_none(practice: Practice) -> None:
    made = create(practice, " A & B ", "C")
    assert [(group["name"], group["courseid"]) for group in made] == [("A & B", COURSE), ("C", COURSE)]
    refused = create(practice, "D", "C")
    assert refused["errorcode"] == "invalidparameter"
    assert create(practice, " ")["errorcode"] == "invalidparameter"
    assert create(practice, "<b>")["errorcode"] == "invalidparameter"
    assert create(practice, "D", courseid=99)["errorcode"] == "errorcoursecontextnotvalid"
    formatted = "A &amp; B" if practice.version.formats_group_names else "A & B"
    for raw, name in (("0", formatted), ("1", "A & B")):
        shown = call(practice, "get_course_groups", courseid=COURSE, moodlewssettingraw=raw)
        assert [group["name"] for group in shown] == [name, "C"]


def test_only_enrolled_users_may_be_members(practice: Practice) -> None:
    group = create(practice, "A")[0]["id"]
    ada, bob, eve = (user_id(practice, name) for name in ("ada", "bob", "eve"))
    assert members(practice, "add_group_members", (group, ada), (group, eve))["errorcode"] == "invalidparameter"
    assert table(practice, "groups_members") == []
    for _again in range(2):
        assert members(practice, "add_group_members", (group, ada), (group, bob)) is None
    assert call(practice, "get_group_members", **{"groupids[0]": group}) == [{"groupid": group, "userids": [bob, ada]}]
    for _again in range(2):
        assert members(practice, "delete_group_members", (group, ada), (group, eve)) is None
    assert [row["userid"] for row in table(practice, "groups_members")] == [bob]
    unnamed = practice.version.missing_record_unnamed
    assert members(practice, "add_group_members", (99, ada))["errorcode"] == ("invalidrecordunknown" if unnamed else "invalidrecord")
    assert members(practice, "add_group_members", (group, 99))["errorcode"] == ("invalidrecordunknown" if unnamed else "invaliduser")


def test_deletion_is_silent_about_what_is_not_there(practice: Practice) -> None:
    group = create(practice, "A")[0]["id"]
    members(practice, "add_group_members", (group, user_id(practice, "ada")))
    assert call(practice, "delete_groups", **{"groupids[0]": group, "groupids[1]": 99}) is None
    assert table(practice, "groups") == table(practice, "groups_members") == []
    assert call(practice, "get_group_members", **{"groupids[0]": group})["exception"] == "dml_missing_record_exception"


def test_rights_are_asked_for(practice: Practice) -> None:
    practice.configure(account={"username": "clerk", "capabilities": ["webservice/rest:use"]})
    practice.configure(service={"shortname": "groups", "token": TOKEN, "username": "clerk"})
    assert call(practice, "get_course_groups", courseid=COURSE)["errorcode"] == "nopermissions"
