# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that real Moodles were seen to take otherwise than was said: what check mode and the run have to say of them."""

from __future__ import annotations

import pytest

from .ground import VERSIONS
from .jobs import Job
from .play import judge

ENROLS = {"courseidentifier": "shortname", "useridentifier": "username"}
COHORTS = {"useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"}
SETTINGS = {"users": {"primaryidentity": "username"}, "enrols": ENROLS, "cohorts": COHORTS, "courses": {}}
KNOWN = {"courses": {"fileuploadidentifier": "shortname", "coursecategoryidentifier": "idname", "forceupdate": "0"}}


def people(*names, **more):
    return [{"username": name, "firstname": "F", "lastname": "L", "email": f"{name}@x.org", **more} for name in names]


def inside(*names, role="student", course="MATH101"):
    return [{"user": name, "course": course, "role": role, "timestart": 1700000000} for name in names]


#: name -> (service, what is on the site, the lines of the file, counts that are not 0, changed).
CASES = {
    "nobody of that name": (
        "enrols",
        {},
        ["cmd;uid;cid;rolename;enrol;starttime", "add;ann;MATH101;student;manual;2026-09-01 08:00:00"],
        {"failed": 1},
        False,
    ),
    "no such role, and nobody of that name": (
        "enrols",
        {"users": people("ann")},
        ["cmd;uid;cid;rolename;enrol", "add;ann;MATH101;pupil;manual", "add;ben;MATH101;student;self"],
        {"failed": 2},
        False,
    ),
    "an address that another one has, on the site and by now": (
        "users",
        {"users": [*people("dan", email="ann@x.org"), *people("ben")]},
        ["username;firstname;lastname;email", "ann;A;A;ann@x.org", "ben;B;B;ann@x.org", "eve;E;E;eve@x.org"],
        {"failed": 2, "created": 1},
        True,
    ),
    "the method is off: a role, and no enrolment": (
        "enrols",
        {"users": people("ann")},
        ["cmd;uid;cid;rolename;enrol", "add;ann;TPL;student;self"],
        {"updated": 1},
        True,
    ),
    "no method, and an unknown group: a role": (
        "enrols",
        {"users": people("ann")},
        ["uid;cid;rolename;gcmd;g1", "ann;TPL;student;gadd;Nobody's"],
        {"failed": 1},
        True,
    ),
    "enrolled, and then the group is not there": (
        "enrols",
        {"users": people("ann")},
        ["uid;cid;rolename;enrol;gcmd;g1", "ann;MATH101;student;manual;gadd;Nobody's"],
        {"failed": 1},
        True,
    ),
    "thrown out and taken in again": (
        "enrols",
        {"users": people("ann"), "enrolments": inside("ann", role="editingteacher")},
        ["cmd;uid;cid;rolename;enrol", "del;ann;MATH101;student;manual", "add;ann;MATH101;editingteacher;manual"],
        {"deleted": 1, "created": 1},
        True,
    ),
    "no start in the file: it moves": (
        "enrols",
        {"users": people("ann"), "enrolments": inside("ann")},
        ["uid;cid;rolename;enrol", "ann;MATH101;student;manual"],
        {"updated": 1},
        True,
    ),
    "the row fails, and the cohort gets its description": (
        "cohorts",
        {"cohorts": [{"name": "Four", "idnumber": "C4", "description": "old"}]},
        ["userid;cidnumber;cname;cdescription", "ann;C4;Four;new"],
        {"failed": 1},
        True,
    ),
    "a cohort that goes with a user whom nobody knows, and is made again": (
        "cohorts",
        {"users": people("ben", "cleo"), "cohorts": [{"name": "One", "idnumber": "C1", "members": ["cleo"]}]},
        ["cmd;userid;cidnumber;cname", "del;ann;C1;One", "add;ben;C1;One"],
        {"deleted": 1, "created": 1},
        True,
    ),
    "descriptions to and fro": (
        "cohorts",
        {"users": people("ann", "ben"), "cohorts": [{"name": "One", "idnumber": "C1", "description": "b", "members": ["ann", "ben"]}]},
        ["userid;cidnumber;cdescription", "ann;C1;a", "ben;C1;a", "ann;C1;b"],
        {"updated": 2, "unchanged": 1},
        True,
    ),
    "no such template": ("courses", {}, ["shortname;fullname;category;template", "NEW;New;1;NOPE"], {"failed": 1}, False),
}


@pytest.mark.parametrize("moodle", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_what_is_said_is_right(grounds, moodle, name):
    service, records, lines, counts, changed = CASES[name]
    verdict = judge(grounds(moodle), job(name, moodle, service, records, lines))
    assert verdict.wrong == []
    for step, result, _truth in verdict.told[:2]:
        said = {outcome: number for outcome, number in result["counts"].items() if number and outcome != "rows"}
        assert (said, result["changed"]) == (counts, changed) or not result["changed_is_certain"], step


@pytest.mark.parametrize("moodle", VERSIONS)
@pytest.mark.parametrize(
    ("service", "records", "lines"),
    [
        CASES["a cohort that goes with a user whom nobody knows, and is made again"][:3],
        ("courses", {}, ["shortname;fullname;category", "A;A;1", "B;B;999", "C;C;1"]),
    ],
    ids=["a cohort of others", "a category that is not there"],
)
def test_what_would_do_harm_or_stop_in_the_middle_is_not_started(grounds, moodle, service, records, lines):
    verdict = judge(grounds(moodle), job("refused", moodle, service, records, lines, allowed=False))
    assert verdict.wrong == []
    assert [(result["failed"], result["outcome"], result["changed"]) for _step, result, _truth in verdict.told] == [
        (True, "refused", False)
    ] * 4
    assert not any(truth.net for _step, _result, truth in verdict.told)


@pytest.mark.parametrize("moodle", VERSIONS)
@pytest.mark.parametrize("by", ["id", "email", "username"])
def test_a_deleted_account_is_no_account_that_is_not_there(grounds, moodle, by):
    """The plugin finds it, and takes it out of the cohort in place of deleting that."""
    gone = {"username": "ann@x.org.1700000000", "email": "5d41402abc4b2a76b9719d911017c592", "deleted": 1}
    named = "{id:user:ann@x.org.1700000000}" if by == "id" else gone[by]
    one = job(
        "deleted",
        moodle,
        "cohorts",
        {"users": [gone], "cohorts": [{"name": "One", "idnumber": "C1"}]},
        ["cmd;userid;cidnumber", f"del;{named};C1"],
    )
    one.settings = {**COHORTS, "useridentifier": by}
    assert judge(grounds(moodle), one).wrong == []


@pytest.mark.parametrize("service", ["cohorts", "enrols"])
def test_who_shares_an_address_with_somebody_is_left_where_he_is(grounds, service):
    """By it the plugin would find the other one."""
    records = {
        "users": [*people("ann"), *people("ben", "cleo", email="same@x.org")],
        "cohorts": [{"name": "One", "idnumber": "C1", "members": ["cleo"]}],
        "enrolments": inside("cleo"),
    }
    lines = {
        "cohorts": ["cmd;userid;cidnumber", "add;ann@x.org;C1"],
        "enrols": ["cmd;uid;cid;rolename;enrol", "add;ann@x.org;MATH101;student;manual"],
    }
    one = job("shared", "4.1", service, records, lines[service], send={"send": "differing", "exact": True})
    one.settings = {**SETTINGS[service], "useridentifier": "email"}
    found = judge(grounds("4.1"), one)
    assert found.wrong == []
    plans = [result for step, result, _truth in found.told if step.startswith("planned")]
    assert [result["counts"]["deleted"] for result in plans] == [0, 0]
    assert all(any("without an own email" in warning for warning in result["warnings"]) for result in plans)


@pytest.mark.parametrize("moodle", VERSIONS)
def test_a_course_that_ends_the_run_leaves_its_category(grounds, moodle):
    one = job("left", moodle, "courses", {}, ["shortname;fullname;category;newsitems", "K1;Course;Fresh;11"])
    assert judge(grounds(moodle), one).wrong == []


@pytest.mark.parametrize("moodle", VERSIONS)
def test_a_template_that_is_not_restored_to_the_end_leaves_a_course_that_nobody_finds(grounds, moodle):
    records = {"courses": [{"shortname": "TPL", "backup": True}]}
    one = job("half", moodle, "courses", records, ["shortname;fullname;category;template;newsitems", "K1;Course;1;TPL;11"])
    found = judge(grounds(moodle), one)
    assert found.wrong == []
    assert [result["changed"] for step, result, _truth in found.told if step in ("run", "again")] == [True, True]


def job(name, moodle, service, records, lines, **more):
    action = "create" if service == "courses" else "sync"
    return Job(name, moodle, service, records, action, SETTINGS[service], lines=lines, known=KNOWN.get(service, {}), **more)
