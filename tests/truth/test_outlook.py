# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides and can't be seen: check mode says so of enrolments and roles, and the run is certain of what it looked at."""

from __future__ import annotations

import pytest

from .ground import VERSIONS
from .jobs import Job
from .play import judge
from .test_cases import inside, people

ENROL, ROLE = "toolsync_enrol", "toolsync_role"
SITE_INFO = "core_webservice_get_site_info"
#: ann is in the course by a cohort, ben by manual, cleo by both; dan is in no course.
COHORT = {
    "users": people("ann", "ben", "cleo", "dan"),
    "enrolments": inside("ben", "cleo"),
    "cohorts": [{"name": "One", "members": ["ann", "cleo"]}],
    "bindings": [{"cohort": "One", "course": "MATH101", "role": "student"}],
}
MANUAL = {"users": people("ann", "ben", "dan"), "enrolments": [*inside("ann", "ben"), *inside("ben", role="teacher", course="TPL")]}
OFF = {**MANUAL, "courses": [{"shortname": "MATH101", "methods": {"manual": False, "self": True}}]}
OFF_COHORT = {**COHORT, "bindings": [{**COHORT["bindings"][0], "status": 1}]}
TWO_ROLES = {**MANUAL, "roles": [{"user": "ann", "course": "MATH101", "role": "teacher"}]}
#: ann is suspended there, ben is not, both by self-enrolment.
SELF = {
    "users": people("ann", "ben"),
    "courses": [{"shortname": "MATH101", "methods": {"self": True}}],
    "enrolments": [{**one, "method": "self"} for one in inside("ann", "ben")],
}
SELF["enrolments"][0]["status"] = 1


def enrolment(**more):
    return {"enrolments": [{"course": "MATH101", **more}]}


def role(**more):
    return {"role_ids": {"student": 5, "teacher": 4}, "assignments": [{"context": "course", "instance": "MATH101", **more}]}


#: name -> (module, what is on the site, options, what check mode says and why it is not certain, what the run says and whether it is).
CASES = {
    "the end of an enrolment by manual": (
        ENROL, MANUAL, enrolment(user="ann", state="absent"), {"unenrolled": 1}, None, {"unenrolled": 1}, True,
    ),
    "the end of an enrolment by a cohort": (
        ENROL, COHORT, enrolment(user="ann", state="absent"), {"unenrolled": 1}, "more than manual: cohort", {"failed": 1}, False,
    ),
    "the end of an enrolment by both": (
        ENROL, COHORT, enrolment(user="cleo", state="absent"), {"unenrolled": 1}, "more than manual: cohort", {"failed": 1}, False,
    ),
    "the end of an enrolment by manual beside a cohort": (
        ENROL, COHORT, enrolment(user="ben", state="absent"), {"unenrolled": 1}, "more than manual: cohort", {"unenrolled": 1}, True,
    ),
    "a new one beside a cohort": (ENROL, COHORT, enrolment(user="dan"), {"enrolled": 1}, None, {"enrolled": 1}, True),
    "a role more beside a cohort": (
        ENROL, COHORT, enrolment(user="ann", role="teacher"), {"updated": 1}, None, {"updated": 1}, True,
    ),
    "a role that nobody holds": (
        ENROL, MANUAL, enrolment(user="dan", role="norole"), {"enrolled": 1}, "nobody was seen to hold it", {"failed": 1}, True,
    ),
    "a role by its id, which somebody holds": (
        ENROL, MANUAL, enrolment(user="dan", role="5", role_identifier="id"), {"enrolled": 1}, None, {"enrolled": 1}, True,
    ),
    "the method is off": (ENROL, OFF, enrolment(user="dan"), {"failed": 1}, None, {"failed": 1}, True),
    "the method is off, and another role would go": (
        ENROL,
        OFF,
        {"course": "MATH101", "enrolments": [{"user": "ann", "role": "teacher"}, {"user": "ann", "state": "absent", "role": "student"}]},
        {"failed": 2},
        None,
        {"failed": 2},
        True,
    ),
    "another method": (ENROL, MANUAL, enrolment(user="dan", method="self"), {"enrolled": 1}, "by the method self", {"failed": 1}, True),
    "a suspension by manual": (ENROL, MANUAL, enrolment(user="ann", suspended=True), {"updated": 1}, None, {"updated": 1}, True),
    "a suspension beside a self-enrolment": (
        ENROL, SELF, enrolment(user="ben", suspended=True), {"updated": 1}, "more than manual: self", {"failed": 1}, False,
    ),
    "the end of a suspension": (ENROL, SELF, enrolment(user="ann", suspended=False), {"updated": 1}, None, {"updated": 1}, True),
    "a role in a course with manual only": (
        ROLE, MANUAL, role(user="ann", role="student", state="absent"), {"unassigned": 1}, "whose role it is", {"unassigned": 1}, True,
    ),
    "a role that comes from a cohort whose binding is off": (
        ROLE, OFF_COHORT, role(user="ann", role="student", state="absent"), {"unassigned": 1}, "whose role it is", {"failed": 1}, False,
    ),
    "one role of two": (
        ENROL, TWO_ROLES, enrolment(user="ann", role="student", state="absent"), {"updated": 1}, "whose role it is", {"updated": 1}, True,
    ),
    "a role that comes from a cohort": (
        ROLE, COHORT, role(user="ann", role="student", state="absent"), {"unassigned": 1}, "whose role it is", {"failed": 1}, False,
    ),
    "a role of both kinds": (
        ROLE, COHORT, role(user="cleo", role="student", state="absent"), {"unassigned": 1}, "whose role it is", {"failed": 1}, False,
    ),
    "an id that nobody was seen to hold": (
        ROLE, MANUAL, role(user="ann", role="teacher"), {"assigned": 1}, "a role with the id 4", {"assigned": 1}, True,
    ),
}  # fmt: skip


def said(result):
    return {outcome: number for outcome, number in result["counts"].items() if number}


@pytest.mark.parametrize("moodle", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_check_mode_is_certain_of_what_it_saw(grounds, moodle, name):
    module, records, options, predicted, doubt, done, certain = CASES[name]
    verdict = judge(grounds(moodle), Job(name, moodle, module, records, options=options))
    assert verdict.wrong == []
    (_step, check, _truth), (_step, run, truth) = verdict.told[:2]
    assert (said(check), check["changed_is_certain"]) == (predicted, doubt is None)
    assert [doubt in entry["because"] for entry in check["uncertain"]] == ([True] if doubt else [])
    assert (said(run), run["changed_is_certain"]) == (done, certain)
    assert [entry["reason"] for entry in run["failures"]] == [entry["reason"] for entry in check["failures"]] or doubt
    assert bool(run["uncertain"]) is not certain and (run["changed"] if truth.net else not certain or not run["changed"])


@pytest.mark.parametrize(("lacking", "doubt"), [([], "unless it is an administrator's"), ([SITE_INFO], f"add {SITE_INFO}")])
def test_what_an_account_may_do_is_told_of_administrators_only(grounds, lacking, doubt):
    rights = ["webservice/rest:use", "moodle/course:viewparticipants", "enrol/manual:enrol", "moodle/user:viewalldetails"]
    for module, options in ((ENROL, enrolment(user="dan")), (ROLE, role(user="ann", role="teacher"))):
        job = Job(f"{module} {doubt}", "5.1", module, MANUAL, options=options, lacking=lacking, capabilities=rights)
        verdict = judge(grounds("5.1"), job)
        (_step, check, _truth), (_step, run, _truth) = verdict.told[:2]
        assert verdict.wrong == [] and check["changed"] and doubt in check["uncertain"][0]["because"]
        assert said(run) == {"failed": 1} and run["changed_is_certain"]


def test_who_can_not_be_looked_up_may_not_be_there(grounds):
    lacking = ["core_user_get_users_by_field"]
    job = Job("nobody", "5.1", ENROL, MANUAL, options=enrolment(user="nobody"), lacking=lacking)
    verdict = judge(grounds("5.1"), job)
    assert verdict.wrong == [] and "whether there is the user nobody" in verdict.told[0][1]["uncertain"][0]["because"]
    assert said(verdict.told[1][1]) == {"failed": 1}
