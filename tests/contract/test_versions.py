# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the versions of Moodle do each in its own way, and core functions in a way that nobody expects."""
from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.contract.helpers import HEAD, configure, run, table
from tests.simulator.fixture import Practice
from tests.simulator.versions import VERSIONS

TOKEN = "5" * 32
FUNCTIONS = """
    core_cohort_create_cohorts core_cohort_get_cohorts core_cohort_search_cohorts core_cohort_update_cohorts
    core_cohort_delete_cohorts core_cohort_get_cohort_members core_course_get_courses_by_field core_enrol_get_enrolled_users
    core_group_create_groups core_group_get_course_groups core_user_create_users core_user_get_users_by_field
    core_webservice_get_site_info tool_sync_enrol_user_enrol tool_sync_enrol_users_enrol tool_sync_get_cohorts
""".split()


@pytest.fixture()
def moodle(practice: Practice) -> Practice:
    practice.configure(service={"shortname": "own", "functions": FUNCTIONS, "token": TOKEN, "restrictedusers": 0})
    return practice


def call(practice: Practice, function: str, **form: object) -> Any:
    return practice.call(function, token=TOKEN, **{name: str(value) for name, value in form.items()})


def listed(what: str, *items: dict[str, object]) -> dict[str, object]:
    return {f"{what}[{number}][{key}]": value for number, item in enumerate(items) for key, value in item.items()}


def account(name: str) -> dict[str, object]:
    return {"username": name, "firstname": "F", "lastname": name, "email": f"{name}@example.org", "password": "x"}


def cohort(name: str, idnumber: str) -> dict[str, object]:
    return {"name": name, "idnumber": idnumber, "categorytype][type": "system", "categorytype][value": ""}


def enrolment(user: str, role: str = "student") -> dict[str, object]:
    return {
        "roleidsource": "shortname", "roleid": role, "useridsource": "username", "userid": user,
        "courseidsource": "shortname", "courseid": "MATH101",
    }


def enrolled(practice: Practice) -> list[tuple[str, list[str]]]:
    """Who is in MATH101, and the roles there."""
    found = call(practice, "core_enrol_get_enrolled_users", courseid=3)
    return [(user["username"], [role["shortname"] for role in user["roles"]]) for user in found]


# -- greetings ----------------------------------------------------------------------------------------------------


@pytest.fixture()
def people(moodle: Practice) -> Practice:
    call(moodle, "core_user_create_users", **listed("users", *map(account, ("ada", "bob", "cleo"))))
    moodle.condition("mail-broken")
    return moodle


def test_a_greeting_that_cannot_be_sent_comes_after_the_work(people: Practice) -> None:
    people.configure(greeting={"MATH101": "noreply"})
    answer = call(people, "tool_sync_enrol_users_enrol", **listed("enrols", *map(enrolment, ("ada", "bob", "cleo"))))
    if not people.version.greets_enrolled:
        assert [item["status"] for item in answer] == [True] * 3
        return
    assert (answer["exception"], answer["message"]) == ("core\\exception\\moodle_exception", "Message was not sent")
    assert enrolled(people) == [("ada", ["student"])]
    # Those who are enrolled are greeted again.
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("ada"))["message"] == "Message was not sent"
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("bob", "teacher"))["message"] == "Message was not sent"
    assert enrolled(people) == [("ada", ["student"]), ("bob", ["teacher"])]
    people.condition("mail-broken", on=False)
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("cleo")) is True


def test_a_course_greets_in_the_name_of_a_teacher_if_it_has_one(people: Practice) -> None:
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("ada")) is True
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("bob", "editingteacher")) is True
    refused = call(people, "tool_sync_enrol_user_enrol", **enrolment("cleo"))
    assert (refused is not True) == people.version.greets_enrolled
    assert len(enrolled(people)) == 3
    people.configure(greeting={"MATH101": "nobody"})
    assert call(people, "tool_sync_enrol_user_enrol", **enrolment("cleo")) is True


def test_a_run_ends_at_a_greeting_before_the_role_is_given(people: Practice) -> None:
    people.configure(greeting={"MATH101": "noreply"})
    configure(people, "enrols", useridentifier="username", courseidentifier="shortname")
    people.put("enrols.csv", "uid;cid;rolename;enrol\nada;MATH101;student;manual\nbob;MATH101;student;manual\n")
    answer = people.call("tool_sync_process", service="enrols", action="sync")
    if people.version.greets_enrolled:
        assert answer["message"] == "Message was not sent" and enrolled(people) == [("ada", [])]
    else:
        assert enrolled(people) == [("ada", ["student"]), ("bob", ["student"])]


def test_a_greeting_needs_a_course_and_a_sender_that_there_are(practice: Practice) -> None:
    for greeting in ({"NOPE": "noreply"}, {"MATH101": "everybody"}):
        with pytest.raises(RuntimeError, match="greeting"):
            practice.configure(greeting=greeting)


# -- names --------------------------------------------------------------------------------------------------------


def test_names_come_back_as_a_web_page_needs_them(moodle: Practice) -> None:
    version = moodle.version
    made = call(moodle, "core_cohort_create_cohorts", **listed("cohorts", cohort("R&D <i>x</i>", "RD"), cohort("a < b &amp; c", "LT")))
    shown = ["R&amp;D x", "a &lt; b &amp; c"] if version.formats_cohort_names else ["R&D <i>x</i>", "a < b &amp; c"]
    assert [row["name"] for row in made] == [row["name"] for row in call(moodle, "core_cohort_get_cohorts")] == shown
    found = call(moodle, "core_cohort_search_cohorts", query="R&D", includes="all", **{"context[contextid]": 1})
    assert [row["name"] for row in found["cohorts"]] == shown[:1]
    assert [row["name"] for row in call(moodle, "core_cohort_get_cohorts", moodlewssettingraw=1)] == ["R&D <i>x</i>", "a < b &amp; c"]
    assert call(moodle, "tool_sync_get_cohorts", cohortidsource="id")[0]["name"] == "R&D <i>x</i>"
    (group,) = call(moodle, "core_group_create_groups", **listed("groups", {"courseid": 3, "name": "R&D", "description": ""}))
    (again,) = call(moodle, "core_group_get_course_groups", courseid=3)
    assert (group["name"], again["name"]) == ("R&D", "R&amp;D" if version.formats_group_names else "R&D")


# -- what is not there, or no value -------------------------------------------------------------------------------


def test_what_is_missing_is_told_without_the_table_by_new_versions(moodle: Practice) -> None:
    unnamed = moodle.version.missing_record_unnamed
    function = call(moodle, "tool_sync_no_such_function")
    members = call(moodle, "core_cohort_get_cohort_members", **{"cohortids[0]": 99})
    course = call(moodle, "core_enrol_get_enrolled_users", courseid=99)
    for answer, table_name in ((function, "external_functions"), (members, "cohort"), (course, "course")):
        assert answer["exception"] == "dml_missing_record_exception"
        assert answer["errorcode"] == ("invalidrecordunknown" if unnamed else "invalidrecord")
        assert (table_name in answer["message"]) != unnamed


@pytest.mark.parametrize(
    ("field", "value"), [("username", "BOB"), ("username", "a b"), ("email", "no address"), ("id", "x"), ("id", "")]
)
def test_one_value_that_is_none_refuses_a_whole_look_up(people: Practice, field: str, value: str) -> None:
    good = {"username": "ada", "email": "ada@example.org", "id": "3"}[field]
    values = {"values[0]": good, "values[1]": value}
    assert call(people, "core_user_get_users_by_field", field=field, **values)["errorcode"] == "invalidparameter"
    values["values[1]"] = {"username": "nobody", "email": "no@body.org", "id": "99"}[field]
    assert [user["username"] for user in call(people, "core_user_get_users_by_field", field=field, **values)] == ["ada"]


def test_one_unknown_course_breaks_a_look_up_by_ids(moodle: Practice) -> None:
    found = call(moodle, "core_course_get_courses_by_field", field="ids", value="3,2,3")
    assert [course["id"] for course in found["courses"]] == [3, 2]
    broken = call(moodle, "core_course_get_courses_by_field", field="ids", value="2,99")
    assert broken["exception"] == "Error" and "errorcode" not in broken


def test_an_update_gives_two_cohorts_one_idnumber(moodle: Practice) -> None:
    first, second = call(moodle, "core_cohort_create_cohorts", **listed("cohorts", cohort("A", "a"), cohort("B", "b")))
    assert call(moodle, "core_cohort_update_cohorts", **listed("cohorts", {"id": second["id"], **cohort("B", "a")})) is None
    assert [row["idnumber"] for row in table(moodle, "cohort")] == ["a", "a"]
    assert call(moodle, "core_cohort_delete_cohorts", **{"cohortids[0]": first["id"], "cohortids[1]": 99})["errorcode"]
    assert len(table(moodle, "cohort")) == 2
    assert call(moodle, "core_cohort_delete_cohorts", **{"cohortids[0]": first["id"]}) is None
    assert [row["id"] for row in table(moodle, "cohort")] == [second["id"]]


# -- the rest -----------------------------------------------------------------------------------------------------


def test_a_redirect_to_the_own_address_keeps_the_path_in_new_versions(practice: Practice) -> None:
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *given: object) -> None:
            return None

    practice.condition("other-host")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(NoRedirect).open(f"{practice.url}/webservice/rest/server.php?wstoken=secret")
    path = "/webservice/rest/server.php" if practice.version.redirect_keeps_path else ""
    assert refused.value.headers["Location"] == practice.url + path


def test_the_version_is_told_by_site_info(moodle: Practice) -> None:
    info = call(moodle, "core_webservice_get_site_info")
    assert (info["version"], info["release"]) == (moodle.version.core_version, moodle.version.release)
    assert info["release"].startswith(moodle.version.name + ("." if moodle.version.name > "4.4" else " "))


def test_ids_are_never_given_out_twice(moodle: Practice) -> None:
    configure(moodle, "users", primaryidentity="username")
    run(moodle, "users", "sync", "userimport.csv", HEAD + "ada;A;B;;\n")
    twice = listed("cohorts", cohort("A", "a"), cohort("B", "a"))
    assert call(moodle, "core_cohort_create_cohorts", **twice)["errorcode"] == "invalidparameter"
    assert call(moodle, "core_cohort_create_cohorts", **listed("cohorts", cohort("A", "a")))[0]["id"] == 2


def test_the_versions_are_told_apart_by_name() -> None:
    assert [(name, version.name) for name, version in VERSIONS.items()] == [(name, name) for name in ("4.1", "4.3", "4.5", "5.1")]


def test_a_site_without_the_plugin_knows_none_of_its_functions(moodle: Practice) -> None:
    moodle.condition("functions-missing")
    assert call(moodle, "tool_sync_get_cohorts")["exception"] == "dml_missing_record_exception"
    listed_there = [function["name"] for function in call(moodle, "core_webservice_get_site_info")["functions"]]
    assert "core_cohort_get_cohorts" in listed_there and not any(name.startswith("tool_sync_") for name in listed_there)
    moodle.condition("functions-missing", value="core_cohort_get_cohorts core_group_")
    assert call(moodle, "tool_sync_get_cohorts", cohortidsource="id") == []
    assert call(moodle, "core_group_get_course_groups", courseid=3)["exception"] == "dml_missing_record_exception"
