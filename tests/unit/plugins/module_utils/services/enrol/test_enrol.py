# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolments against the practice Moodle: what is sent, what is left alone, what is told."""

from __future__ import annotations

import time

import pytest

STUDENT, TEACHER = 5, 4
READS = ("core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users")
EVERYTHING = (*READS, "tool_sync_enrol_users_enrol", "enrol_manual_unenrol_users", "core_role_unassign_roles")


# -- present --------------------------------------------------------------------------------------------------------


def test_a_user_is_enrolled_once(school, enrol):
    first = enrol(course="MATH101", user="ada")
    assert first["changed"] and first["changed_is_certain"] and first.lists == {"enrolled": ["ada"]}
    assert school.assignments() == {("ada", STUDENT)}
    again = enrol(course="MATH101", user="ada")
    assert not again["changed"] and again.lists == {"unchanged": ["ada"]}
    assert school.sent() == {"tool_sync_enrol_users_enrol": 1}


@pytest.mark.parametrize(
    ("options", "checks"),
    [
        ({"course": "MATH101", "users": ["ada", "bob"]}, {"enrolled": ["ada", "bob"]}),
        ({"course": "MATH101", "users": ["ada", "nobody"]}, {"enrolled": ["ada"]}),
        ({"course": "MATH101", "users": ["ada"], "suspended": True, "timeend": "2030-01-01"}, {"enrolled": ["ada"]}),
    ],
)
def test_check_mode_tells_what_the_real_run_does(school, enrol, options, checks):
    predicted = enrol(check_mode=True, **options)
    assert school.practice.counters()["writes"] == 0
    real = enrol(**options)
    assert real.lists == checks
    assert predicted == real


def test_the_diff_shows_those_who_change(enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    result = enrol(course="MATH101", users=["ada", "bob", "cleo"], role="teacher", suspended=False)
    before = {"roles": ["student"], "suspended": False}
    after = {"roles": ["student", "teacher"], "suspended": False}
    new = {"roles": ["teacher"], "suspended": False}
    assert result["diff"]["before"] == {"MATH101": {"ada": before, "bob": before, "cleo": None}}
    assert result["diff"]["after"] == {"MATH101": {"ada": after, "bob": after, "cleo": new}}


def test_a_role_is_added_to_those_that_are_there(school, enrol):
    enrol(course="MATH101", user="ada")
    result = enrol(course="MATH101", user="ada", role="teacher")
    assert result.lists == {"updated": ["ada"]}
    assert school.assignments() == {("ada", STUDENT), ("ada", TEACHER)}


def test_adding_a_role_keeps_a_suspension(school, enrol):
    enrol(course="MATH101", user="ada", suspended=True)
    enrol(course="MATH101", user="ada", role="teacher")
    assert school.enrolment("ada")["status"] == 1


@pytest.mark.parametrize(
    ("old", "new", "status", "outcome"),
    [
        (None, None, 0, "unchanged"),
        (None, True, 1, "updated"),
        (None, False, 0, "unchanged"),
        (True, None, 1, "unchanged"),
        (True, True, 1, "unchanged"),
        (True, False, 0, "updated"),
    ],
)
def test_suspension(school, enrol, old, new, status, outcome):
    enrol(course="MATH101", user="ada", suspended=old)
    assert enrol(course="MATH101", user="ada", suspended=new).lists == {outcome: ["ada"]}
    assert school.enrolment("ada")["status"] == status


@pytest.mark.parametrize(
    "options",
    [
        {"course": "3", "course_identifier": "id", "users": ["ADA", "bob"]},
        {"courseid": "M101", "courseidsource": "idnumber", "users": ["Uada", "Ubob"], "useridsource": "idnumber"},
        {"course": "MATH101", "users": ["ada@example.com", "bob@example.com"], "user_identifier": "email"},
        {"course": "MATH101", "users": ["ada", "bob"], "roleid": "5", "roleidsource": "id"},
    ],
)
def test_every_identifier_names_the_same(school, enrol, options):
    assert enrol(**options)["counts"]["enrolled"] == 2
    assert school.assignments() == {("ada", STUDENT), ("bob", STUDENT)}
    assert enrol(**options)["counts"]["unchanged"] == 2
    assert enrol(course="MATH101", users=["ada", "bob"])["counts"]["unchanged"] == 2


def test_an_item_overrides_the_task(school, enrol):
    result = enrol(
        course="MATH101",
        role="teacher",
        suspended=True,
        enrolments=[
            {"user": "ada"},
            {"userid": "bob", "roleid": "student", "suspend": False},
            {"user": "M101", "course": "TPL1", "course_identifier": "idnumber"},
            {"user": "Ucleo", "user_identifier": "idnumber", "course": "TPL"},
        ],
        on_failures="warn",
    )
    assert result.lists == {"enrolled": ["ada", "bob", "Ucleo"]} and result.users("failures") == ["m101"]
    assert school.assignments() == {("ada", TEACHER), ("bob", STUDENT), ("cleo", TEACHER)}
    assert [school.enrolment(name)["status"] for name in ("ada", "bob", "cleo")] == [1, 0, 1]


def test_doubles_are_folded(school, enrol):
    result = enrol(
        course="MATH101",
        enrolments=[{"user": "ada"}, {"user": "ada"}, {"user": "ada@example.com", "user_identifier": "email"}],
    )
    assert result.lists == {"enrolled": ["ada"]}


@pytest.mark.parametrize(
    "second",
    [
        {"user": "ada", "suspended": True},
        {"user": "ada", "role": "teacher", "timeend": "2030-01-01"},
        {"user": "ada@example.com", "user_identifier": "email", "suspended": True},
        {"user": "ada", "state": "absent"},
        {"user": "ada", "state": "absent", "role": "student"},
    ],
)
def test_contradictions_are_refused_with_their_positions(school, enrol, second):
    for enrolments in ([{"user": "ada"}, {"user": "bob"}, second], [second, {"user": "bob"}, {"user": "ada"}]):
        result = enrol(course="MATH101", enrolments=enrolments)
        assert result["failed"] and "item 3 of enrolments and item 1 of enrolments contradict" in result["msg"]
    assert school.sent() == {}


def test_two_roles_of_one_user_are_no_contradiction(school, enrol):
    roles = [{"user": "ada", "role": "student"}, {"user": "ada", "role": "teacher"}]
    assert enrol(course="MATH101", enrolments=roles).lists == {"enrolled": ["ada"], "updated": ["ada"]}
    assert school.assignments() == {("ada", STUDENT), ("ada", TEACHER)}


def test_a_suspension_that_can_not_be_read_is_not_ended_in_silence(school, enrol, tmp_path):
    enrol(course="MATH101", user="ada", suspended=True)
    given = {"course": "MATH101", "user": "ada", "role": "teacher", "state_file": str(tmp_path / "elsewhere.json")}
    for check_mode in (True, False):
        result = enrol(check_mode, token=school.token_for(EVERYTHING[3]), **given)
        assert result["changed"] and not result["changed_is_certain"]
        assert any("may become active again" in text for text in result["warnings"])
    assert school.enrolment("ada")["status"] == 0


def test_a_suspension_that_this_account_may_not_see_is_not_ended_in_silence(school, enrol, tmp_path):
    """The course shows him who is enrolled, and not who of them is suspended."""
    enrol(course="MATH101", users=["ada", "bob"])
    may = [
        "webservice/rest:use", "enrol/manual:enrol", "moodle/role:assign", "moodle/user:viewalldetails", "moodle/course:viewparticipants"
    ]
    school.practice.configure(account={"username": "robot", "capabilities": may})
    token = school.token_for(*EVERYTHING, username="robot")
    given = {"token": token, "course": "MATH101", "state_file": str(tmp_path / "elsewhere.json")}
    result = enrol(check_mode=True, user="ada", role="teacher", **given)
    assert result["changed"] and not result["changed_is_certain"]
    assert any("(1) are sent as active" in text for text in result["warnings"])
    # Who is new was no one's to suspend, and who says what he wants is not warned.
    for options in ({"user": "cleo"}, {"user": "ada", "role": "teacher", "suspended": False}):
        told = enrol(check_mode=True, **options, **given)
        assert told["changed"] and not any("active again" in text for text in told.get("warnings", ()))


def test_a_suspension_of_this_host_is_kept_where_nothing_can_be_read(school, enrol):
    enrol(course="3", course_identifier="id", user="ada", suspended=True, timeend="1900000000")
    number = next(user["id"] for user in school.practice.state()["user"] if user["username"] == "ada")
    given = {"course": "3", "course_identifier": "id", "user": str(number), "user_identifier": "id", "role": "teacher"}
    result = enrol(token=school.token_for(EVERYTHING[3]), **given)
    assert result["changed"] and not result["changed_is_certain"] and school.enrolment("ada")["status"] == 1
    said = enrol(token=school.token_for(EVERYTHING[3]), suspended=False, **given)
    assert not any("active again" in text for text in said["warnings"]) and school.enrolment("ada")["status"] == 0


# -- dates ----------------------------------------------------------------------------------------------------------


def test_dates_are_remembered_and_sent_again_only_when_they_change(school, enrol):
    period = {"timestart": "2026-09-01T08:00:00+02:00", "timeend": "1900000000"}
    first = enrol(course="MATH101", user="ada", **period)
    assert first["changed_is_certain"] and first.lists == {"enrolled": ["ada"]}
    row = school.enrolment("ada")
    assert (int(row["timestart"]), int(row["timeend"])) == (1788242400, 1900000000)
    assert not enrol(course="MATH101", user="ada", **period)["changed"]
    assert not enrol(course="MATH101", user="ada")["changed"]
    later = enrol(course="MATH101", user="ada", timeend="1950000000")
    assert later.lists == {"updated": ["ada"]} and later["changed_is_certain"]
    row = school.enrolment("ada")
    assert (int(row["timestart"]), int(row["timeend"])) == (1788242400, 1950000000)


def test_dates_of_others_are_sent_without_certainty(enrol):
    enrol(course="MATH101", user="ada")
    result = enrol(course="MATH101", user="ada", timestart="2026-09-01", timeend="0")
    assert result["changed"] and not result["changed_is_certain"]
    assert not enrol(course="MATH101", user="ada", timestart="2026-09-01", timeend="0")["changed"]


def test_unknown_dates_that_are_lost_are_warned_of(school, enrol):
    enrol(course="MATH101", user="ada")
    result = enrol(course="MATH101", user="ada", suspended=True)
    assert any("Enrolments that may exist (1) are sent without a start" in text for text in result["warnings"])


def test_remembered_dates_survive_a_change_of_something_else(school, enrol):
    enrol(course="MATH101", user="ada", timestart="1790000000", timeend="1900000000")
    result = enrol(course="MATH101", user="ada", role="teacher")
    assert result.lists == {"updated": ["ada"]} and not any("without a start" in text for text in result.get("warnings", ()))
    assert int(school.enrolment("ada")["timeend"]) == 1900000000


@pytest.mark.parametrize(
    ("start", "end"), [(int(time.time()) + 9999999, 0), (1500000000, 1600000000)], ids=["not yet", "no longer"]
)
def test_a_period_that_does_not_cover_today_is_no_suspension(school, enrol, start, end):
    dates = {"timestart": str(start), "timeend": str(end)}
    enrol(course="MATH101", user="ada", suspended=False, **dates)
    assert not enrol(course="MATH101", user="ada", suspended=False, **dates)["changed"]
    assert enrol(course="MATH101", user="ada", suspended=True, **dates)["changed"]
    assert not enrol(course="MATH101", user="ada", suspended=True, **dates)["changed"]
    assert school.enrolment("ada")["status"] == 1


def test_the_memory_file_names_nobody(enrol, tmp_path):
    enrol(course="MATH101", user="Uada", user_identifier="idnumber", timeend="1900000000")
    text = (tmp_path / "state.json").read_text(encoding="utf-8")
    # Two letters that no checksum holds.
    assert "1900000000" in text and "Ua" not in text and "MA" not in text


def test_an_enrolment_that_ended_is_forgotten(school, enrol):
    enrol(course="MATH101", user="ada", timeend="1900000000")
    enrol(course="MATH101", user="ada", state="absent")
    enrol(course="MATH101", user="ada")
    assert int(school.enrolment("ada")["timeend"]) == 0


# -- absent ---------------------------------------------------------------------------------------------------------


def test_an_enrolment_ends_once(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    enrol(course="MATH101", user="ada", role="teacher")
    result = enrol(course="MATH101", users=["ada", "cleo"], state="absent")
    assert result.lists == {"unenrolled": ["ada"], "unchanged": ["cleo"]} and result["changed_is_certain"]
    assert result["diff"]["after"] == {"MATH101": {"ada": None}}
    assert school.assignments() == {("bob", STUDENT)}
    assert not enrol(course="MATH101", users=["ada", "cleo"], state="absent")["changed"]


def test_only_the_named_role_is_taken(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    enrol(course="MATH101", user="ada", role="teacher")
    given = {"course": "MATH101", "users": ["ada", "bob", "cleo"], "role": "student", "state": "absent"}
    result = enrol(token=school.token_for(*EVERYTHING), **given)
    assert result.lists == {"updated": ["ada"], "unenrolled": ["bob"], "unchanged": ["cleo"]}
    assert school.assignments() == {("ada", TEACHER)}


def test_a_role_among_others_is_not_taken_where_only_the_enrolment_could_end(school, enrol):
    enrol(course="MATH101", enrolments=[{"user": "ada"}, {"user": "ada", "role": "teacher"}])
    for check_mode in (True, False):
        result = enrol(check_mode, course="MATH101", user="ada", role="student", state="absent")
        assert result["failed"] and not result["changed"]
        assert "add core_role_unassign_roles to the token's service" in result.reason
    assert school.assignments() == {("ada", STUDENT), ("ada", TEACHER)}


def test_roles_change_places_without_the_enrolment_ending(school, enrol):
    enrol(course="MATH101", user="ada")
    born = school.enrolment("ada")["id"]
    change = [{"user": "ada", "role": "student", "state": "absent"}, {"user": "ada", "role": "teacher"}]
    result = enrol(token=school.token_for(*EVERYTHING), course="MATH101", enrolments=change)
    assert result.users("updated") == ["ada", "ada"]
    assert school.assignments() == {("ada", TEACHER)} and school.enrolment("ada")["id"] == born


def test_who_is_refused_the_new_role_keeps_the_old_one(school, enrol):
    enrol(course="MATH101", users=["ada", "bob"])
    change = [{"user": "ada", "role": "student", "state": "absent"}, {"user": "ada", "role": "norole"}]
    change += [{"user": "bob", "role": "student", "state": "absent"}, {"user": "bob", "role": "teacher"}]
    result = enrol(token=school.token_for(*EVERYTHING), course="MATH101", enrolments=change)
    assert result.users("failures") == ["ada", "ada"] and result.lists == {"updated": ["bob", "bob"]}
    assert school.assignments() == {("ada", STUDENT), ("bob", TEACHER)}


def test_both_roles_gone_is_the_end(school, enrol):
    roles = [{"user": "ada", "role": "student"}, {"user": "ada", "role": "teacher"}]
    enrol(course="MATH101", enrolments=roles)
    enrol(course="MATH101", enrolments=roles, state="absent")
    assert school.enrolment("ada") is None


def test_what_another_method_enrolled_stays_and_is_told(school, enrol):
    school.enrol_by_cohort("bob")
    assert enrol(course="MATH101", users=["ada", "bob"]).lists == {"enrolled": ["ada"], "unchanged": ["bob"]}
    result = enrol(course="MATH101", users=["ada", "bob"], state="absent")
    assert result["failed"] and result.lists == {"unenrolled": ["ada"]}
    assert "another enrolment method" in result.reason and result.users("failures") == ["bob"]
    assert result["diff"]["after"] == {"MATH101": {"ada": None}}


def test_the_packaged_service_cannot_unenrol_and_is_told_what_it_lacks(school, enrol):
    enrol(course="MATH101", user="ada")
    token = school.practice.service_tokens["tool_sync_core_ext"]
    for check_mode in (True, False):
        result = enrol(check_mode, token=token, course="MATH101", user="ada", state="absent")
        assert result["failed"] and "enrol_manual_unenrol_users" in result["msg"] and "External services" in result["msg"]
    assert school.enrolment("ada")
