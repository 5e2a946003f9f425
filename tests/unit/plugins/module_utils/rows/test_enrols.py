# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of enrolments: Ada, Bob and Cleo are students of MATH101, Dan is nowhere."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_enrol

HEAD = "cmd;uid;cid;rolename;enrol;starttime\n"
START = "2024-09-01 08:00:00"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f"add;nobody;TPL;editingteacher;manual;{START}", "uid: there is no such user"),
        (f"add;ada;NOPE;student;manual;{START}", "cid: there is no such course"),
        (f"add;ada;MATH101;;manual;{START}", "rolename: is empty"),
    ],
)
def test_a_row_that_can_not_succeed(school, job, row, why):
    job.put("enrols", HEAD + f"add;dan;TPL;student;manual;{START}\n")
    # Past the check of the upload, which would refuse an empty role.
    job.path.write_text(HEAD + row + "\n")
    foretold = job.foretold()
    assert foretold.counts == {"failed": 1} and foretold.rows == {2: ("fail", why)}
    assert foretold.certain and not foretold.changed


def test_rows_that_fail_for_sure_and_by_all_likelihood(school, job):
    content = "cmd;uid;cid;rolename;enrol\nadd;ada;MATH101;norole;manual\nadd;nobody;MATH101;student;self\n"
    foretold, done, tables = job.both("enrols", content)
    assert foretold.counts == done.counts == {"failed": 2} and not tables
    assert not foretold.certain, "somebody may have made that role without giving it to anybody"
    assert done.certain and not done.changed


def test_a_role_without_an_enrolment(school, job):
    foretold, done, tables = job.both("enrols", "cmd;uid;cid;rolename;enrol\nadd;dan;TPL;student;self\n")
    assert tables == {"role_assignments"} and done.changed and not done.certain and not foretold.certain
    assert "can't be seen" in done.rows[2][1]


def test_a_role_without_an_enrolment_and_a_group_that_is_not_there(school, job):
    content = f"cmd;uid;cid;rolename;starttime;gcmd;g1\nadd;dan;TPL;student;{START};gadd;Nowhere\n"
    foretold, done, tables = job.both("enrols", content)
    assert tables == {"role_assignments"} and foretold.counts == done.counts == {"failed": 1}
    assert not done.certain and done.rows[2][1] == "g1: there is no such group"


def test_enrolled_and_then_the_group_is_not_there(school, job):
    content = f"cmd;uid;cid;rolename;enrol;starttime;gcmd;g1\nadd;dan;MATH101;student;manual;{START};gadd;Nowhere\n"
    foretold, done, tables = job.both("enrols", content)
    assert tables == {"user_enrolments", "role_assignments"}
    assert foretold.counts == done.counts == {"failed": 1}
    assert foretold.changed and foretold.certain and done.changed and done.certain


def test_a_deleted_account_is_found_by_its_id_and_the_group_is_not_there(school, job):
    job.both("users", "username;firstname;lastname;email;deleted\ndan;Dan;X;dan@example.com;1\n")
    content = f"cmd;uid;cid;rolename;enrol;gcmd;g1\nadd;{school.ids['dan']};MATH101;student;manual;gadd;Nowhere\n"
    foretold, done, tables = job.both("enrols", content, useridentifier="id")
    assert "user_enrolments" in tables and foretold.counts == done.counts == {"failed": 1}
    assert not foretold.certain and not done.certain and done.changed, "it failed by its group, and not for want of a user"


@pytest.mark.parametrize("command", ["add", "del"])
def test_a_group_that_may_be_there_is_not_made_for_certain(school, job, token_for, command):
    school.group("Group A")
    content = f"cmd;uid;cid;rolename;enrol;gcmd;g1\n{command};dan;MATH101;student;manual;gaddcreate;Group A\n"
    job.put("enrols", content)
    blind = token_for(*(name for name in FUNCTIONS if not name.startswith("core_group_get")))
    foretold, done = job.foretold(token=blind), job.run(token=blind)
    assert not foretold.certain and not done.certain, "the report's word is the same with the group and without it"


def test_dates_are_as_the_file_has_them_until_this_host_sends_others(school, job):
    job.put("enrols", HEAD + f"add;dan;MATH101;student;manual;{START}\n")
    assert job.run().changed and not job.run().changed
    given = {"course": "MATH101", "role": "student", "users": ["dan"], "timestart": "2025-01-01 08:00:00"}
    assert job.perform(toolsync_enrol.TASK, **given)["changed"]
    again = job.run()
    assert again.changed and not again.certain and not job.run().changed


def test_out_and_in_again(school, job):
    content = "cmd;uid;cid;rolename;enrol\ndel;ada;MATH101;student;manual\nadd;ada;MATH101;editingteacher;manual\n"
    foretold, done, tables = job.both("enrols", content)
    assert foretold.counts == done.counts == {"deleted": 1, "created": 1}
    assert done.changed and done.certain and foretold.certain and "user_enrolments" in tables


def test_without_a_start_in_the_file_it_moves(school, job):
    content = "cmd;uid;cid;rolename;enrol\nadd;ada;MATH101;student;manual\n"
    foretold, done, tables = job.both("enrols", content)
    assert tables == {"user_enrolments"} and foretold.counts == done.counts == {"updated": 1}
    assert done.changed and done.certain and foretold.certain


def test_a_start_that_can_not_be_seen_is_not_called_unchanged_for_sure(school, job):
    content = HEAD + f"add;ada;MATH101;student;manual;{START}\n"
    foretold, done, tables = job.both("enrols", content)
    assert tables == {"user_enrolments"} and foretold.counts == done.counts == {"unchanged": 1}
    assert not done.certain and not foretold.certain


def test_what_can_be_seen_is_certain(school, job):
    content = HEAD + f"add;dan;MATH101;student;manual;{START}\nadd;ada;MATH101;teacher;manual;{START}\ndel;bob;MATH101;;manual;\n"
    foretold, done, _tables = job.both("enrols", content)
    assert foretold.counts == done.counts == {"created": 1, "updated": 1, "deleted": 1}
    assert foretold.certain and done.certain and done.changed


def test_somebody_suspended_becomes_active(school, job):
    school.enrol("bob", suspend=1)
    foretold, done, tables = job.both("enrols", HEAD + f"add;bob;MATH101;student;manual;{START}\n")
    assert foretold.changed and done.changed and tables == {"user_enrolments"} and foretold.counts == {"updated": 1}


def test_groups(school, job):
    school.group("R&D", "ada")
    head = "cmd;uid;cid;rolename;enrol;starttime;gcmd;g1\n"
    rows = f"add;dan;MATH101;student;manual;{START};gadd;R&D\nadd;bob;MATH101;teacher;manual;{START};gaddcreate;New\n"
    foretold, done, tables = job.both("enrols", head + rows + f"del;cleo;MATH101;student;manual;{START};;\n")
    assert foretold.counts == done.counts == {"created": 1, "updated": 1, "deleted": 1}
    assert foretold.certain and done.certain and {"groups", "groups_members"} <= tables
    foretold, done, tables = job.both("enrols", head + f"add;bob;MATH101;editingteacher;manual;{START};gdel;New\n")
    assert "groups_members" in tables and done.changed and foretold.changed


@pytest.mark.parametrize("row", [f"disable;ada;MATH101;student;manual;{START};;", f"add;ada;MATH101;student;manual;{START};greplace;A"])
def test_a_row_that_would_end_the_run_keeps_it_from_starting(school, job, row):
    head = "cmd;uid;cid;rolename;enrol;starttime;gcmd;g1\n"
    job.put("enrols", head + f"add;dan;TPL;student;manual;{START};;\n")
    job.path.write_text(head + f"add;dan;MATH101;student;manual;{START};;\n{row}\nadd;dan;TPL;student;manual;{START};;\n")
    for check_mode in (True, False):
        result = job.task(check_mode)
        assert result["failed"] and not result["changed"] and result["outcome"] == "refused"
        assert "Line 3 would end the run" in result["msg"] and "nothing was sent" in result["msg"]
    assert "tool_sync_process" not in job.practice.counters()["executed"]


def test_letter_case_as_the_database_sees_it(school, job):
    content = HEAD + f"add;Ada;MATH101;student;manual;{START}\nadd;dan;math101;student;manual;{START}\n"
    foretold, done, tables = job.both("enrols", content)
    assert foretold.counts == done.counts == {"failed": 2} and foretold.certain and done.certain and not tables


def test_a_site_whose_settings_are_not_told_is_not_certain(school, job):
    job.put("enrols", HEAD + f"add;dan;MATH101;student;manual;{START}\n")
    job.practice.configure(plugin={"enrols_defaultcmd": "del"})
    job.path.write_text(f"uid;cid;rolename;enrol;starttime\ndan;MATH101;student;manual;{START}\n")
    assert not job.foretold().certain
    assert job.foretold(settings={"defaultcmd": "del"}).counts == {"unchanged": 1}
