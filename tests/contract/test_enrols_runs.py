# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""enrols / sync: commands, methods, groups."""
from __future__ import annotations

import time

import pytest

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import Practice


@pytest.fixture(autouse=True)
def three_users(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    run(practice, "users", "sync", "userimport.csv", HEAD + "a;A;A;;I1\nb;B;B;;I2\nc;C;C;;I3\n")
    configure(practice, "enrols", useridentifier="username", courseidentifier="shortname")


def sync(practice: Practice, content: str) -> list[str]:
    return run(practice, "enrols", "sync", "enrols.csv", content)


def test_each_physical_line_has_a_marker(practice: Practice) -> None:
    content = "# note\nuid;cid;rolename;enrol\na;MATH101;student;manual\n\n# c\nb;MATH101;student;manual"
    assert sync(practice, content) == [
        "# -- 2",
        "User a (a) enrolled in course MATH101",
        "# -- 3",
        "# -- 4",
        "# -- 5",
        "User b (b) enrolled in course MATH101",
        "",
    ]


def test_without_an_enrol_column_only_roles_are_given_and_never_found_again(practice: Practice) -> None:
    content = "uid;cid;rolename\na;MATH101;student\n"
    expected = [
        "# -- 2",
        "The required enrol method is not active in the course",
        'Role "student" added for a (a) in course MATH101',
        "# -- 3",
        "",
    ]
    assert sync(practice, content) == expected
    assert sync(practice, content) == expected
    assert not table(practice, "user_enrolments")
    assert [row["component"] for row in table(practice, "role_assignments")] == ["enrol_manual"]


def test_empty_enrol_is_manual_empty_command_is_an_error(practice: Practice) -> None:
    content = "cmd;uid;cid;rolename;enrol\nadd;a;MATH101;student;\n;b;MATH101;student;\n"
    assert sync(practice, content)[1:4] == [
        "User a (a) enrolled in course MATH101",
        "# -- 3",
        "Error at line 3 :  student b (b) MATH101 : bad command column value.",
    ]


def test_dates_are_the_servers_and_the_start_moves_without_one(practice: Practice) -> None:
    head = "uid;cid;rolename;enrol;starttime;endtime\n"
    sync(practice, head + "a;MATH101;student;manual;2026-09-01 08:00:00;2027-06-30 18:00:00\n")
    enrolment = table(practice, "user_enrolments")[0]
    assert enrolment["timestart"] == int(time.mktime((2026, 9, 1, 8, 0, 0, 0, 0, -1)))
    assert enrolment["timeend"] == int(time.mktime((2027, 6, 30, 18, 0, 0, 0, 0, -1)))
    sync(practice, head + "a;MATH101;student;manual;1790000000;1790000000\n")
    enrolment = table(practice, "user_enrolments")[0]
    assert abs(enrolment["timestart"] - time.time()) < 60 and enrolment["timeend"] == 0


def test_groups(practice: Practice) -> None:
    head = "uid;cid;rolename;enrol;gcmd;g1;g2\n"
    assert sync(practice, head + "a;MATH101;student;manual;gaddcreate;Red;Blue\n") == [
        "# -- 2",
        "User a (a) enrolled in course MATH101",
        "Group Red created in course MATH101",
        "User a (3) added to group {$a->mygroup}",
        "Group Blue created in course MATH101",
        "User a (3) added to group {$a->mygroup}",
        "# -- 3",
        "",
    ]
    assert sync(practice, head + "b;MATH101;student;manual;gadd;Green;\n")[2] == (
        "This group Green is not known in MATH101 and cannot be created."
    )
    assert sync(practice, head + "a;MATH101;student;manual;gdel;Red;Green\n")[2:4] == [
        "User a (3) removed from group Red",
        "User a (3) not removed from group Green (may not exist)",
    ]
    assert sync(practice, head + "a;MATH101;norole;manual;gwhat;Red;\n")[1:3] == [
        "Error at line 2: add norole a (a) MATH101 : you need mention a role identifier for assigning or changing "
        "assignation",
        "Error at line 2 : add norole a (a) MATH101 : No group command column value",
    ]


def test_replacing_groups_aborts_after_the_memberships_are_gone(practice: Practice) -> None:
    head = "uid;cid;rolename;enrol;gcmd;g1\n"
    sync(practice, head + "a;MATH101;student;manual;gaddcreate;Red\n")
    practice.put("enrols.csv", head + "a;MATH101;student;manual;greplace;Red\n")
    assert practice.call("tool_sync_process", service="enrols", action="sync")["errorcode"] == "codingerror"
    assert not table(practice, "groups_members")


def test_shift_enable_disable(practice: Practice) -> None:
    head = "cmd;uid;cid;rolename;enrol\n"
    sync(practice, head + "add;a;MATH101;student;manual\n")
    assert sync(practice, head + "shift;a;MATH101;teacher;manual\n")[1:3] == [
        "User a (a) unenrolled from course MATH101",
        "User a (a) enrolled in course MATH101",
    ]
    assert [role["roleid"] for role in table(practice, "role_assignments")] == [4]
    assert sync(practice, head + "enable;a;MATH101;teacher;manual\n")[1] == (
        "User a (a) {$e->enrol} enrolment in course MATH101 has been enableenrol"
    )
    assert sync(practice, "cmd;uid;cid;rolename\nenable;a;MATH101;teacher\n")[2] == "[[allenrolsupdated]]"
    practice.put("enrols.csv", head + "disable;a;MATH101;teacher;manual\n")
    answer = practice.call("tool_sync_process", service="enrols", action="sync")
    assert answer == {"exception": "Error", "message": 'Undefined constant "tool_sync\\ENROL_USER_INACTIVE"'}


def test_unenrolling_takes_roles_and_groups_along(practice: Practice) -> None:
    sync(practice, "uid;cid;rolename;enrol;gcmd;g1\na;MATH101;student;manual;gaddcreate;Red\n")
    sync(practice, "cmd;uid;cid;rolename;enrol\ndel;a;MATH101;student;manual\n")
    state = practice.state()
    assert not state["user_enrolments"] and not state["role_assignments"] and not state["groups_members"]


def test_deleting_an_unknown_role_without_a_method_throws(practice: Practice) -> None:
    practice.put("enrols.csv", "cmd;uid;cid;rolename\ndel;a;MATH101;norole\n")
    assert practice.call("tool_sync_process", service="enrols", action="sync")["errorcode"] == "codingerror"


def test_wrong_identifier_setting_is_a_database_error(practice: Practice) -> None:
    configure(practice, "enrols", useridentifier="shortname")
    practice.put("enrols.csv", "uid;cid;rolename;enrol\na;MATH101;student;manual\n")
    answer = practice.call("tool_sync_process", service="enrols", action="sync")
    assert (answer["exception"], answer["errorcode"]) == ("dml_read_exception", "dmlreadexception")
    configure(practice, "enrols", useridentifier="id")
    assert practice.call("tool_sync_process", service="enrols", action="sync")["errorcode"] == "dmlreadexception"


def test_missing_plugin_is_a_php_error(practice: Practice) -> None:
    practice.put("enrols.csv", "uid;cid;rolename;enrol\na;MATH101;student;sync\n")
    answer = practice.call("tool_sync_process", service="enrols", action="sync")
    assert answer["exception"] == "Error" and "errorcode" not in answer


def test_headers(practice: Practice) -> None:
    assert sync(practice, "uid;cid;rolename;hidden\n")[-1] == "Error: column name as nhidden is invalid"
    assert sync(practice, "uid;cid\n")[-1] == "Error : Missing column: rolename"
    assert sync(practice, "uid ; cid ;rolename;enrol\na;MATH101;student;manual\n")[1].endswith("course MATH101")


def test_tryback_and_archive_are_of_the_input_file(practice: Practice) -> None:
    practice.configure(plugin={"filearchive": 1, "filecleanup": 1})
    sync(practice, "uid;cid;rolename;enrol\nnobody;MATH101;student;manual\n")
    names = {file["filename"].replace("_tryback_", " ").partition("_")[2] for file in table(practice, "files")}
    assert "enrols.csv" in names
    assert not table(practice, "files", filename="enrols.csv")
    assert [file for file in table(practice, "files") if file["filename"].startswith("enrols_tryback_")]
