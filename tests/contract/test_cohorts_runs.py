# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cohorts / sync, and the cohort functions beside it."""
from __future__ import annotations

import pytest

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import Practice

START = ["Starting cohorts operations...", "Cohort sync starting..."]
COLUMNS = "cmd;cidnumber;cname;userid\n"


@pytest.fixture(autouse=True)
def two_users(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    run(practice, "users", "sync", "userimport.csv", HEAD + "a;A;A;;I1\nb;B;B;;I2\n")
    configure(practice, "cohorts", useridentifier="idnumber", cohortidentifier="idnumber", autocreate="1")


def sync(practice: Practice, content: str) -> list[str]:
    report = run(practice, "cohorts", "sync", "cohorts.csv", content)
    assert report[:2] == START and report[-1] == ""
    return report[2:-1]


def test_deleting_an_unknown_user_deletes_the_cohort(practice: Practice) -> None:
    sync(practice, COLUMNS + "add;K;Kids;I1\nadd;K;Kids;I2\n")
    assert len(table(practice, "cohort_members")) == 2
    assert sync(practice, COLUMNS + "del;K;;NOBODY\n") == [
        "Processing del by idnumber:K for idnumber:NOBODY",
        "Cohort Kids deleted",
    ]
    assert not table(practice, "cohort") and not table(practice, "cohort_members")


def test_removing_a_member_of_a_missing_cohort_says_nothing(practice: Practice) -> None:
    assert sync(practice, COLUMNS + "del;NOPE;;I1\ndel;NOPE;;\nwhat;NOPE;;I1\n") == [
        "Processing del by idnumber:NOPE for idnumber:I1",
        "Processing del by idnumber:NOPE for idnumber:",
        "Cohort NOPE not found by idnumber. Skipping.",
        "Processing what by idnumber:NOPE for idnumber:I1",
    ]


def test_free_has_its_prefix_the_wrong_way_round(practice: Practice) -> None:
    sync(practice, COLUMNS + "add;K;Kids;I1\n")
    assert sync(practice, COLUMNS + "free;K;;\nfree;K;;\n") == [
        "Processing free by idnumber:K for idnumber:",
        "SIMULATION: Cohort [K] Kids emptied",
        "Processing free by idnumber:K for idnumber:",
    ]


def test_conflicts_and_missing_keys(practice: Practice) -> None:
    sync(practice, COLUMNS + "add;K;Kids;\n")
    assert sync(practice, COLUMNS + "add;K2;Kids;I1\nadd;;Kids;I1\n") == [
        "Processing add by idnumber:K2 for idnumber:I1",
        "The cohort creation has been skeeped because conflicting by name.",
        "Processing add by idnumber: for idnumber:I1",
        "Primary identifier (idnumber) for cohort was not given on line 0. Cannot perform. Skipping.",
    ]
    configure(practice, "cohorts", autocreate="0")
    assert sync(practice, COLUMNS + "add;K9;Other;\n")[-1] == (
        "Cohort K9 as idnumber was not found. Script cannot create."
    )


def test_a_new_cohort_without_a_name_is_a_database_error(practice: Practice) -> None:
    practice.put("cohorts.csv", "cmd;cidnumber\nadd;K\n")
    assert practice.call("tool_sync_process", service="cohorts", action="sync")["errorcode"] == "dmlwriteexception"


def test_category_contexts(practice: Practice) -> None:
    content = "cmd;cidnumber;cname;ccatcontext\nadd;K;Kids;1\nadd;L;Late;99\n"
    assert sync(practice, content)[-2:] == [
        "Bad context (missing required category 99) for cohort",
        "Cohort Late created",
    ]
    contexts = {cohort["idnumber"]: cohort["contextid"] for cohort in table(practice, "cohort")}
    assert contexts["L"] == 1 and contexts["K"] != 1


def test_the_site_wants_its_separator(practice: Practice) -> None:
    practice.configure(plugin={"csvseparator": None})
    report = run(practice, "cohorts", "sync", "cohorts.csv", COLUMNS)
    assert report[-1].startswith("Invalid separator detected.")


def test_bound_cohorts_enrol_their_members_at_the_next_run(practice: Practice) -> None:
    sync(practice, COLUMNS + "add;K;Kids;I1\n")
    bind = {"chidsource": "idnumber", "chid": "K", "cidsource": "shortname", "cid": "MATH101"}
    role = {"ridsource": "shortname", "rid": "student"}
    assert practice.call("tool_sync_cohort_bind", **bind, **role)["errorcode"] == "invalidparameter"
    assert practice.call("tool_sync_cohort_bind", **bind, **role, method="cohort") is True
    assert not table(practice, "user_enrolments")
    sync(practice, COLUMNS + "add;K;Kids;I2\n")
    assert len(table(practice, "user_enrolments")) == 2
    assert practice.call("tool_sync_cohort_suspend_enrol", **bind) is True
    again = practice.call("tool_sync_cohort_bind", **bind, **role, method="cohort")
    assert again == {"exception": "Error", "message": 'Attempt to assign property "enrolstartdate" on string'}
    assert practice.call("tool_sync_cohort_restore_enrol", **bind) is True
    assert table(practice, "enrol", enrol="cohort")[0]["status"] == 1
    assert practice.call("tool_sync_cohort_unbind", **bind) is True
    assert not table(practice, "enrol", enrol="cohort")
    assert len(table(practice, "user_enrolments")) == 2


def test_adding_members_stops_before_anything_is_done(practice: Practice) -> None:
    sync(practice, COLUMNS + "add;K;Kids;\n")
    form = {}
    for number, name in enumerate(("a", "nobody")):
        form[f"members[{number}][cohorttype][type]"] = "idnumber"
        form[f"members[{number}][cohorttype][value]"] = "K"
        form[f"members[{number}][usertype][type]"] = "username"
        form[f"members[{number}][usertype][value]"] = name
    assert practice.call("tool_sync_cohort_add_members", **form)["errorcode"] == "invalidparameter"
    assert not table(practice, "cohort_members")
    form["members[1][usertype][value]"] = "b"
    form["members[1][cohorttype][value]"] = "NOPE"
    warnings = practice.call("tool_sync_cohort_add_members", **form)["warnings"]
    assert [warning["warningcode"] for warning in warnings] == ["2"]
    assert len(table(practice, "cohort_members")) == 1
