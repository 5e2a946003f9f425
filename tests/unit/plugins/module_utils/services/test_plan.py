# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a file: whom it removes, what it sends, and what keeps it from being run."""

from __future__ import annotations

import functools

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_cohort, toolsync_cohort_members, toolsync_plan

ENROLS = "cmd;uid;cid;rolename;enrol;starttime\n"
START = "2024-09-01 08:00:00"
SETTINGS = {
    "users": {"primaryidentity": "username"},
    "enrols": {"courseidentifier": "shortname", "useridentifier": "username"},
    "cohorts": {"useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"},
    "courses": {"forceupdate": "0", "coursecategoryidentifier": "idname", "fileuploadidentifier": "shortname"},
}


@pytest.fixture
def plan(practice, perform, token_for):
    """plan(service, content, check_mode=False, **options) -> the module's result; nothing may be written to the site."""
    do = functools.partial(perform, token=token_for(*FUNCTIONS))

    def make(service, content, check_mode=False, **options):
        before = practice.counters()["writes"]
        options.setdefault("settings", SETTINGS[service])
        result = do(toolsync_plan.TASK, check_mode, service=service, content=content, **options)
        assert practice.counters()["writes"] == before
        return result

    return make


def outcomes(result):
    return [(row["line"], row["outcome"]) for row in result["rows"]]


def test_rows_and_their_outcomes(school, plan):
    content = ENROLS + f"add;dan;MATH101;student;manual;{START}\nadd;nobody;MATH101;student;manual;{START}\ndel;bob;MATH101;;manual;\n"
    result = plan("enrols", content)
    assert outcomes(result) == [(2, "create"), (3, "fail"), (4, "delete")] and result["changed"]
    assert result["rows"][1]["because"] == "uid: there is no such user" and result["certain"]
    assert result["removals"] == 1 and result["covered"] == 3 and result["removals_allowed"] == 5
    assert result["counts"] == {
        "rows": 3, "created": 1, "updated": 0, "deleted": 1, "unchanged": 0, "skipped": 0, "failed": 1, "unreported": 0,
    }  # fmt: skip
    assert result["rows"][0]["fields"] == ["enrol", "rolename"]
    shown = plan("enrols", content, show_values=True)
    assert shown["rows"][0]["fields"]["rolename"] == [None, "student"] and shown["plan_id"] == result["plan_id"]
    assert plan("enrols", content, show_rows="none")["rows"] == [] and len(plan("enrols", content, show_rows="all")["rows"]) == 3
    assert outcomes(plan("enrols", content, show_rows="failed")) == [(3, "fail")]


def test_what_is_to_come_is_taken_for_there_and_nothing_of_it_is_certain(school, plan):
    new = {"users": [{"username": "zoe", "email": "zoe@example.com"}], "courses": [{"shortname": "NEW1", "idnumber": "N1"}]}
    lines = ["zoe;MATH101", "zoe;NEW1", "ada;NEW1", "ada;MATH101", "nobody;NEW1", "zoe;GONE"]
    content = ENROLS.replace("starttime", "gcmd;g1") + "".join(f"add;{line};student;manual;gaddcreate;Team\n" for line in lines)
    result = plan("enrols", content, coming=new, show_rows="all")
    assert not result.get("failed"), result
    assert [row["outcome"] for row in result["rows"]] == ["create", "create", "create", "update", "fail", "fail"]
    assert [row["because"] for row in result["rows"][4:]] == ["uid: there is no such user", "cid: there is no such course"]
    assert not result["certain"] and result["changed"]
    assert outcomes(plan("enrols", content)) == [(2, "fail"), (3, "fail"), (4, "fail"), (5, "update"), (6, "fail"), (7, "fail")]
    by_number = {"courseidentifier": "idnumber", "useridentifier": "email"}
    found = plan("enrols", ENROLS + f"add;zoe@example.com;N1;student;manual;{START}\n", coming=new, settings=by_number)
    assert outcomes(found) == [(2, "create")]
    member = plan("cohorts", "cmd;userid;cidnumber;cname\nadd;zoe;C9;Cohort 9\nadd;nobody;C9;Cohort 9\n", coming=new)
    assert outcomes(member) == [(2, "create"), (3, "fail")] and "userid" in member["rows"][0]["fields"]


def test_an_approved_plan_is_that_of_the_same_site_file_and_outcomes(school, plan):
    content = ENROLS + f"add;dan;MATH101;student;manual;{START}\n"
    approved = plan("enrols", content)["plan_id"]
    assert plan("enrols", content, approved_plan=approved)["plan_id"] == approved
    other = plan("enrols", content.replace("dan", "cleo"), approved_plan=approved)
    assert other["failed"] and other["error"]["option"] == "approved_plan" and other["plan_id"] in other["msg"]
    school.enrol("dan")
    later = plan("enrols", content, approved_plan=approved)
    assert later["failed"] and "unchanged 1" in later["msg"] and not later["rows"]


def test_only_what_differs_is_written(school, plan, tmp_path):
    lines = [f"add;{name};MATH101;student;manual;{START}" for name in ("ada", "dan", "bob")]
    dest = tmp_path / "out.csv"
    result = plan("enrols", ENROLS + "\n".join(lines) + "\n", send="differing", dest_file=str(dest))
    assert dest.read_text() == ENROLS + lines[1] + "\n" and dest.stat().st_mode & 0o777 == 0o600
    assert result["files"] == [{"path": str(dest), "rows": 1, "spans": [[2, 3, 1]], "leavers": False}]
    dest.unlink()
    result = plan("enrols", ENROLS + lines[0] + "\n", send="differing", dest_file=str(dest))
    assert not result["changed"] and result["files"] == [] and not dest.exists()
    result = plan("enrols", ENROLS + lines[1] + "\n", True, send="differing", dest_file=str(dest))
    assert result["changed"] and not dest.exists(), "check mode writes no file"


def test_several_files(school, plan, tmp_path):
    lines = [f"add;{name};MATH101;teacher;manual;{START}\n" for name in ("ada", "dan", "bob", "cleo", "admin")]
    result = plan("enrols", ENROLS + "# a remark\n" + "".join(lines), dest_file=str(tmp_path / "out.csv"), rows_per_file=2)
    paths = [file["path"] for file in result["files"]]
    assert paths == [str(tmp_path / f"out-00{number}-of-003.csv") for number in (1, 2, 3)]
    assert [(tmp_path / f"out-00{number}-of-003.csv").read_text() for number in (1, 2, 3)] == [
        ENROLS + lines[0] + lines[1], ENROLS + lines[2] + lines[3], ENROLS + lines[4]
    ]  # fmt: skip
    assert [file["spans"] for file in result["files"]] == [[[2, 3, 2]], [[2, 5, 2]], [[2, 7, 1]]]


@pytest.mark.parametrize("command", ["cmd;", ""])
def test_exactly_these_enrolments(school, plan, tmp_path, command):
    school.enrol("dan", role="teacher")
    head = f"{command}uid;cid;rolename;enrol;starttime\n"
    row = f"{'add;' if command else ''}ada;MATH101;student;manual;{START}\n"
    dest = tmp_path / "out.csv"
    result = plan("enrols", head + row, exact=True, dest_file=str(dest), send="differing")
    assert sorted(line.split(";")[1] for line in dest.read_text().splitlines()[1:]) == ["bob", "cleo"]
    assert all(line.startswith("del;") and ";MATH101;student;manual;" in line for line in dest.read_text().splitlines()[1:])
    assert result["removals"] == 2 and outcomes(result) == [(None, "delete"), (None, "delete")], "Dan is there as something else"
    assert result["files"][0]["rows"] == 2


def test_exactly_these_members(school, plan, perform, token_for):
    do = functools.partial(perform, token=token_for(*FUNCTIONS))
    assert not do(toolsync_cohort.TASK, cohort="CO1", name="Cohort 1").get("failed")
    assert not do(toolsync_cohort_members.TASK, cohort="CO1", users=["ada", "cleo"]).get("failed")
    content = "cmd;userid;cidnumber;cname\nadd;ada;CO1;Cohort 1\nadd;bob;CO1;Cohort 1\n"
    result = plan("cohorts", content, exact=True)
    assert outcomes(result) == [(3, "update"), (None, "delete")] and result["rows"][1]["key"] == "CO1 / cleo"
    assert result["removals"] == 1 and result["covered"] == 2


def test_the_limit_on_removals(school, plan):
    content = ENROLS + "".join(f"del;{name};MATH101;student;manual;\n" for name in ("ada", "bob", "cleo"))
    assert not plan("enrols", content).get("failed"), "five are always allowed by a percentage"
    for check_mode in (True, False):
        result = plan("enrols", content, check_mode, removals_limit="2")
        assert result["failed"] and result["error"]["option"] == "removals_limit" and "removes 3 of 3" in result["msg"]
        assert result["removals"] == 3 and len(result["rows"]) == 3, "so that one can look"
    assert not plan("enrols", content, removals_limit="3").get("failed")


def test_leavers(school, plan, practice, tmp_path):
    dest = tmp_path / "users.csv"
    content = "username;firstname;lastname;email;idnumber\nada;Ada;X;ada@example.com;Uada\n"
    result = plan("users", content, leavers={"idnumber_prefix": "U", "keep": ["Cleo"]}, dest_file=str(dest), removals_limit="2")
    assert result["removals"] == 2 and result["covered"] == 4
    lines = (tmp_path / "users-leavers.csv").read_text().splitlines()
    names = lines[0].split(";")
    rows = [dict(zip(names, line.split(";"))) for line in lines[1:]]
    assert sorted(row["username"] for row in rows) == ["bob", "dan"] and {row["suspended"] for row in rows} == {"1"}
    assert rows[0]["email"].endswith("@example.com") and rows[0]["idnumber"].startswith("U")
    assert result["files"][1] == {"path": str(tmp_path / "users-leavers.csv"), "rows": 2, "spans": [], "leavers": True}
    everybody = plan("users", content, leavers={"auth": "manual"}, removals_limit="100%")
    assert {row["key"] for row in everybody["rows"] if row["line"] is None} == {"bob", "cleo", "dan"}, "nor the administrator"
    gone = plan("users", content, leavers={"idnumber_prefix": "Ub", "action": "delete", "confirm": True}, dest_file=str(dest))
    assert [(row["key"], row["outcome"]) for row in gone["rows"] if row["line"] is None] == [("bob", "delete")]
    assert "deleted" in (tmp_path / "users-leavers.csv").read_text().splitlines()[0].split(";")


@pytest.mark.parametrize(
    ("service", "options", "option"),
    [
        ("enrols", {"removals_limit": "a few"}, "removals_limit"),
        ("enrols", {"removals_limit": "120%"}, "removals_limit"),
        ("users", {"exact": True}, "exact"),
        ("enrols", {"leavers": {"auth": "ldap"}}, "leavers"),
        ("users", {"leavers": {}}, "leavers"),
        ("users", {"leavers": {"auth": " ", "idnumber_prefix": ""}}, "leavers"),
        ("users", {"leavers": {"auth": "ldap", "action": "delete"}}, "leavers"),
        ("enrols", {"rows_per_file": 0, "dest_file": "/tmp/x.csv"}, "rows_per_file"),
        ("enrols", {"dest_file": "/nowhere/at/all.csv"}, "dest_file"),
        ("enrols", {"settings": {"nonsense": "1"}}, "settings"),
        ("enrols", {"parallel_requests": 99}, "parallel_requests"),
    ],
)
def test_bad_options_are_named(school, plan, service, options, option):
    content = {"enrols": ENROLS + f"add;ada;MATH101;student;manual;{START}\n", "users": "username;firstname;lastname\nada;A;B\n"}
    result = plan(service, content[service], **options)
    assert result["failed"] and result["error"]["option"] == option and "nothing was sent" in result["msg"], result["msg"]


def test_exact_without_the_columns_that_it_needs(school, plan):
    result = plan("enrols", "uid;cid;rolename\nada;MATH101;student\n", exact=True)
    assert result["failed"] and result["error"]["option"] == "exact"


def test_a_file_with_errors_is_refused_with_all_findings(school, plan):
    result = plan("enrols", ENROLS + "add;;MATH101;student;manual;\nnonsense;ada;MATH101;student;manual;\n")
    assert result["failed"] and result["finding_count"] == 2 and len(result["findings"]) == 2


def test_a_row_that_ends_the_run_and_one_that_does_harm(school, plan):
    result = plan("courses", "shortname;fullname;category\nK1;C;1\nK2;C;999\n", action="create")
    assert result["failed"] and "Line 3 would end the run" in result["msg"] and outcomes(result) == [(2, "create"), (3, "fail")]


def test_the_diff_is_readable(school, plan):
    content = "username;firstname;lastname;email;idnumber\nada;Zoé;X;ada@example.com;Uada\nnew;N;X;n@example.com;N1\n"
    diff = plan("users", content)["diff"]
    assert "line 2 ada" in diff["before"] and "line 2 ada: update" in diff["after"] and "Zoé" not in diff["after"]
    assert "line 3 new: create" in diff["after"]
    assert "Zoé" in plan("users", content, show_values=True)["diff"]["after"]


def test_what_a_token_may_not_read_is_unknown(school, plan, perform, token_for, practice):
    content = ENROLS + f"add;ada;MATH101;student;manual;{START}\n"
    token = token_for("core_course_get_courses_by_field")
    result = perform(toolsync_plan.TASK, service="enrols", content=content, settings=SETTINGS["enrols"], token=token)
    assert outcomes(result) == [(2, "unknown")] and not result["certain"] and result["changed"]
    assert any("core_user_get_users_by_field" in warning for warning in result["warnings"])
