# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers on a practice Moodle: that they are right, that they ask little, and that a name means what people mean."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import MoodleError, TokenRefused
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.categories import Categories
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.cohorts import Cohorts
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.courses import Courses
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.directory import Ref
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.enrolments import Enrolments
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.groups import CourseGroups, Groups
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.names import meant, plain
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.users import Users
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.answer import Answer
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.ask import Asker
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.lanes import each

from tests.simulator.fixture import Practice
from tests.simulator.versions import VERSIONS

USERS = "core_user_get_users_by_field"
COURSES = "core_course_get_courses_by_field"
CATEGORIES = "core_course_get_categories"
ENROLLED = "core_enrol_get_enrolled_users"
GROUP_LISTS = ("core_group_get_course_groups", "core_group_get_group_members")


@pytest.fixture(params=[1, 4], ids=["one at a time", "four at a time"])
def asker(request, practice, site_on):
    return Asker(site_on(practice.url).moodle, lanes=request.param)


@pytest.fixture
def newest(site_on):
    """(Practice, Asker) of a Moodle that writes names of groups and cohorts for a web page."""
    with Practice("--moodle", "5.1") as practice:
        yield practice, Asker(site_on(practice.url).moodle)


def refs(kind, by, *values):
    return [Ref(kind, by, value) for value in values]


def calls(practice, function):
    return practice.counters()["calls"].get(function, 0)


def make_users(practice, number):
    rows = "".join(f"u{n:04};U{n};X;u{n}@example.com;ID{n}\n" for n in range(number))
    practice.put("userimport.csv", f"username;firstname;lastname;email;idnumber\n{rows}")
    practice.call("tool_sync_process", service="users", action="sync")


def make_courses(practice, *rows):
    practice.put("uploadcourses.csv", "\n".join(["shortname;fullname;idnumber;category;visible", *rows, ""]))
    practice.call("tool_sync_process", service="courses", action="create")


# -- lanes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", [1, 3])
def test_what_is_done_at_a_time_comes_in_order_and_all_lanes_are_used(lanes):
    together = threading.Barrier(lanes)

    def work(item):
        together.wait(10)
        return -item

    assert list(each(work, range(6), lanes)) == [0, -1, -2, -3, -4, -5]


def test_an_error_in_a_lane_is_raised_where_its_outcome_is_due():
    def work(item):
        return 1 // item

    told = each(work, [1, 0, 1], 2)
    assert next(told) == 1
    with pytest.raises(ZeroDivisionError):
        next(told)


@pytest.mark.parametrize("lanes", [1, 2])
def test_steps_that_do_not_wait_for_each_other_keep_to_the_number_of_lanes(lanes):
    under_way, most, done, together = [], [], [], threading.Barrier(lanes)

    class Site:
        def call(self, function, parameters, timeout):
            under_way.append(function)
            most.append(len(under_way))
            together.wait(30)
            under_way.remove(function)
            return Answer(function, "")

    asker = Asker(Site(), lanes=lanes)

    def step(name):
        done.extend(asker.each(lambda number: asker.ask(f"{name}{number}", {}), range(4)))

    asker.together(*(partial(step, name) for name in "abc"))
    assert sorted(done) == [f"{name}{number}" for name in "abc" for number in range(4)]
    assert max(most) == lanes


def test_an_error_of_a_step_is_raised():
    with pytest.raises(ZeroDivisionError):
        Asker(None, lanes=2).together(list, lambda: 1 // 0)


# -- users ----------------------------------------------------------------------------------------------------------


def test_two_thousand_users_are_read_once_and_in_even_requests_where_several_are_under_way(practice, asker):
    make_users(practice, 2000)
    users = Users(asker)
    names = [f"u{n:04}" for n in range(2000)]
    users.look_up(refs("user", "username", *names))
    assert all(len(users.find(ref)) == 1 for ref in refs("user", "username", *names))
    users.look_up(refs("user", "username", *names))
    ids = [users.find(ref)[0].id for ref in refs("user", "username", *names)]
    assert users.usernames(ids) == dict(zip(ids, names))
    assert calls(practice, USERS) == (3 if asker.lanes == 1 else 4)


def test_one_impossible_user_name_does_not_hide_the_others(practice, asker):
    make_users(practice, 4)
    users = Users(asker)
    users.look_up(refs("user", "username", "u0000", "with space", "U0001", "nobody"))
    assert [len(users.find(ref)) for ref in refs("user", "username", "u0000", "U0001", "u0001", "nobody")] == [1, 1, 1, 0]
    assert isinstance(users.refusal(Ref("user", "username", "with space")), MoodleError)
    assert users.refusal(Ref("user", "username", "nobody")) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_many_impossible_user_names_cost_few_requests(version, site_on):
    with Practice("--moodle", version) as practice:
        make_users(practice, 300)
        odd = [name for n in range(40) for name in (f"él{n}", f"a b{n}")]
        wanted = refs("user", "username", *(f"U{n:04}" for n in range(150)), *odd, *(f"u{n:04}" for n in range(150, 300)))
        users = Users(Asker(site_on(practice.url).moodle))
        users.look_up(wanted)
        assert [len(users.find(ref)) for ref in wanted] == [1] * 150 + [0] * 80 + [1] * 150
        assert all(users.refusal(ref) for ref in wanted[150:230]) and not any(users.refusal(ref) for ref in wanted[:150])
        assert calls(practice, USERS) < 25
        wrong = refs("user", "email", "u1@example.com", *(f"none{n}" for n in range(40)))
        users.look_up(wrong)
        assert [len(users.find(ref)) for ref in wrong] == [1] + [0] * 40 and calls(practice, USERS) < 50


def test_where_a_site_takes_any_user_name_all_are_asked_for(server, site):
    def user(number, name):
        return {"id": number, "username": name}

    refused = {"exception": "x", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}
    server.answer(refused).answer([user(3, "él")]).answer(refused).answer([]).answer([user(4, "a b")])
    users = Users(Asker(site.moodle, max_input_vars=9))
    wanted = refs("user", "username", "él", "x y", "ñ", "a b")
    users.look_up(wanted)
    assert [len(users.find(ref)) for ref in wanted] == [1, 0, 0, 1] and len(server.seen) == 5


def test_fields_are_what_a_file_would_carry(practice, asker):
    make_users(practice, 1)
    users = Users(asker)
    users.look_up(refs("user", "idnumber", "ID0"))
    fields = users.find(Ref("user", "idnumber", "ID0"))[0].fields
    assert fields["username"] == "u0000" and fields["email"] == "u0@example.com" and fields["suspended"] == "0"
    assert set(map(type, fields.values())) == {str}
    assert users.shows("email") and not users.shows("department") and not users.hides("idnumber")


# -- courses and categories -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.1", "5.1"])
def test_an_unknown_id_among_many_courses_is_found_by_halving(version, site_on):
    with Practice("--moodle", version) as practice:
        make_courses(practice, *(f"C{n};Course {n};;1;1" for n in range(30)))
        rows = practice.state()["course"]
        ids = [str(row["id"]) for row in rows if row["shortname"].startswith("C")]
        courses = Courses(Asker(site_on(practice.url).moodle))
        wanted = refs("course", "id", *ids[:20], "9999", *ids[20:])
        courses.look_up(wanted)
        assert [len(courses.find(ref)) for ref in wanted] == [1] * 20 + [0] + [1] * 10
        assert calls(practice, COURSES) < 15


def test_what_moodle_hides_the_plugin_knows(server, site):
    shown = {"id": 5, "shortname": "R1", "fullname": "R&amp;D one", "visible": 1}
    for answer in ({"courses": [shown]}, {"courses": []}, {"courses": []}, True, False):
        server.answer(answer)
    courses = Courses(Asker(site.moodle))
    wanted = refs("course", "shortname", "R1", "HIDDEN", "NOPE")
    for _twice in range(2):
        courses.look_up(wanted)
        courses.check(wanted)
    assert [courses.exists(ref) for ref in wanted] == [True, True, False]
    assert [len(courses.find(ref)) for ref in wanted] == [1, 0, 0]
    found = courses.find(wanted[0])[0]
    assert (found.fullname, found.visible, found.idnumber, found.methods) == ("R&D one", True, None, None)


def test_nothing_is_said_of_courses_that_nobody_can_ask_for(practice, token_for, site_on):
    courses = Courses(Asker(site_on(practice.url, token_for("tool_sync_set_config")).moodle))
    wanted = refs("course", "shortname", "MATH101")
    courses.look_up(wanted)
    courses.check(wanted)
    assert not courses.readable and courses.exists(wanted[0]) is None


def test_categories_by_path_and_by_many_ids(practice, asker):
    make_courses(practice, "A;A;;Faculty/R&D;1", "B;B;;Faculty;1", "C;C;;Other/R&D;1")
    categories = Categories(asker)
    ids = [Ref("category", "id", str(row["id"])) for row in practice.state()["course_categories"]]
    assert len(ids) == 5
    before = calls(practice, CATEGORIES)
    paths = refs("category", "path", "Faculty/R&D", "/Faculty/", "Other/R&D", "R&D", "Faculty/R&D/Deeper")
    categories.look_up([*paths, *ids, Ref("category", "id", "999")])
    assert [[one.name for one in categories.find(ref)] for ref in paths] == [["R&D"], ["Faculty"], ["R&D"], [], []]
    assert categories.find(paths[0]) != categories.find(paths[2])
    assert [len(categories.find(ref)) for ref in ids] == [1] * 5 and categories.find(Ref("category", "id", "999")) == []
    assert calls(practice, CATEGORIES) - before == 2


# -- enrolments and groups ------------------------------------------------------------------------------------------


def test_courses_are_read_several_at_a_time_with_who_is_suspended(practice, school, asker):
    school.enrol("bob", suspend=1)
    school.enrol("dan", role="teacher", course="TPL")
    school.group("Lab", "ada")
    before = calls(practice, ENROLLED)
    enrolments = Enrolments(asker, fields="id,username,roles,groups")
    told = list(enrolments.read_all([(Ref("course", "id", "3"), 3), (Ref("course", "id", "2"), 2)]))
    math, template = [enrolled for enrolled, problem in told]
    assert [problem for enrolled, problem in told] == [None, None]
    assert math.inactive() == {school.ids["bob"]} and template.inactive() == set()
    assert list(math.members[school.ids["ada"]].groups.values()) == ["Lab"] and math.tells_groups
    assert (math.roles, template.roles) == ({"student": 5}, {"teacher": 4})
    assert calls(practice, ENROLLED) - before == 4 and enrolments.readable


def test_an_unknown_course_is_told_beside_the_others(practice, school, token_for, site_on):
    asker = Asker(site_on(practice.url, token_for("tool_sync_get_enrolled_full_users")).moodle, lanes=2)
    wanted = refs("course", "shortname", "MATH101", "NOPE")
    (math, no_problem), (nothing, problem) = Enrolments(asker).read_all([(ref, None) for ref in wanted])
    assert len(math.members) == 3 and no_problem is None
    assert nothing is None and "no course has the shortname NOPE" in problem


@pytest.mark.parametrize("warn", [None, lambda text: None], ids=["raising", "warning"])
def test_who_is_inactive_is_not_told_of_a_course_that_went_meanwhile(site, server, warn):
    server.answer([{"id": 5, "username": "ada"}])
    server.answer({"exception": "e", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"})
    ((enrolled, problem),) = Enrolments(Asker(site.moodle), warn).read_all([(Ref("course", "shortname", "MATH101"), None)])
    assert list(enrolled.members) == [5] and problem is None
    assert enrolled.inactive() is None
    assert [dict(seen.form).get("options[0][name]") for seen in server.seen] == ["userfields", "onlyactive"]


@pytest.mark.parametrize("functions", [GROUP_LISTS, ()], ids=["by lists of groups", "by who is enrolled"])
def test_a_group_is_found_by_its_name_however_moodle_writes_it(newest, site_on, functions):
    practice, _asker = newest
    made_by = ("core_group_create_groups", "core_group_add_group_members", "tool_sync_get_enrolled_full_users", ENROLLED)
    practice.configure(service={
        "shortname": "g", "functions": [*made_by, *functions], "token": "9" * 32, "username": "admin", "restrictedusers": 0,
    })
    make_users(practice, 1)
    enrol = {"roleidsource": "shortname", "roleid": "student", "useridsource": "username", "userid": "u0000"}
    enrol.update(courseidsource="shortname", courseid="MATH101")
    practice.call("tool_sync_enrol_users_enrol", **{f"enrols[0][{key}]": value for key, value in enrol.items()})
    names = ["R&D", "A &amp; B", "Empty"]
    form = {f"groups[{n}][{key}]": value for n, name in enumerate(names) for key, value in {"courseid": 3, "name": name}.items()}
    form.update({f"groups[{n}][description]": "" for n in range(3)})
    made = [row["id"] for row in practice.call("core_group_create_groups", "9" * 32, **form)]
    user = next(row["id"] for row in practice.state()["user"] if row["username"] == "u0000")
    form = {f"members[{n}][{key}]": value for n in range(2) for key, value in {"groupid": made[n], "userid": user}.items()}
    practice.call("core_group_add_group_members", "9" * 32, **form)

    asker = Asker(site_on(practice.url, "9" * 32).moodle)
    course, wanted = CourseGroups(Ref("course", "id", "3"), 3), refs("group", "name", "R&D", "A & B", "Empty")
    Groups(asker, lambda text: None).read_all([(course, wanted)])
    assert [course.find(ref)[0].members for ref in wanted[:2]] == [{user}, {user}]
    assert course.find(Ref("group", "name", "R&amp;D")) == course.find(wanted[0])
    assert course.complete is bool(functions) and len(course.find(wanted[2])) == bool(functions)
    assert set(course.enrolled.members[user].groups.values()) == {"R&D", "A & B"}
    told = [Groups(asker, None).memberships(number) for number in (3, 2, 99, None)]
    assert told == ([{user: ["A & B", "R&D"]}, {}, None, None] if functions else [None] * 4)


# -- cohorts --------------------------------------------------------------------------------------------------------


def make_cohorts(practice, *names):
    practice.configure(service={
        "shortname": "c", "functions": ["core_cohort_create_cohorts", "core_cohort_get_cohorts", "core_cohort_get_cohort_members"],
        "token": "8" * 32, "username": "admin", "restrictedusers": 0,
    })
    form = {}
    for number, name in enumerate(names):
        form.update({
            f"cohorts[{number}][name]": name, f"cohorts[{number}][idnumber]": f"K{number}", f"cohorts[{number}][description]": "a & b",
            f"cohorts[{number}][categorytype][type]": "system", f"cohorts[{number}][categorytype][value]": "",
        })
    return [row["id"] for row in practice.call("core_cohort_create_cohorts", "8" * 32, **form)]


def test_a_cohort_is_found_by_its_name_however_moodle_writes_it(newest, site_on):
    practice, asker = newest
    make_cohorts(practice, "R&D", "Plain", "Fish &amp; chips")
    for reader in (Cohorts(asker), Cohorts(Asker(site_on(practice.url, "8" * 32).moodle))):
        wanted = refs("cohort", "name", "R&D", "R&amp;D", "Plain", "Fish & chips", "Plai")
        reader.look_up(wanted)
        assert [len(reader.find(ref)) for ref in wanted] == [1, 1, 1, 1, 0]
        found = reader.find(wanted[0])[0]
        assert found.has("name", "R&D") and found.has("idnumber", "K0") and found.has("description", "a & b")
        assert not found.has("name", "R & D") and not found.has("idnumber", "k0")


def test_members_are_read_in_bulk_and_an_unknown_cohort_spoils_nothing(practice, asker):
    ids = make_cohorts(practice, *(f"Cohort {number}" for number in range(8)))
    told = Cohorts(asker).members([*ids[:5], 999, *ids[5:]])
    assert isinstance(told.pop(999), MoodleError)
    assert told == dict.fromkeys(ids, ())
    reader = Cohorts(asker)
    before = calls(practice, "core_cohort_get_cohort_members")
    assert reader.members(ids) == reader.members(ids)
    assert calls(practice, "core_cohort_get_cohort_members") - before == 1


def test_where_a_cohort_lies(practice, asker):
    ids = make_cohorts(practice, "Above")
    cohorts = Cohorts(asker)
    assert cohorts.category_of(ids[0]) == 0 and cohorts.lies_in(ids[0], 1) is False


# -- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        ("R&D", "R&amp;D"),
        ("Fish &amp; chips", "Fish &amp; chips"),
        ("Fish & chips", "Fish &amp; chips"),
        ("A <b>bold</b>", "A bold"),
        ("R&D <lab>", "R&amp;D "),
        ("1 > 0", "1 &gt; 0"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("&amp;lt;", "&amp;lt;"),
        ("L'équipe \"A\"", "L'équipe &quot;A&quot;"),
    ],
)
def test_two_writings_of_one_name(wanted, read):
    assert meant(wanted) == meant(read) == meant(plain(read))


@pytest.mark.parametrize(("wanted", "read"), [("R&D", "RD"), ("a  b", "a b"), ("Lab", "lab"), ("3 < 4", "3 ")])
def test_two_names(wanted, read):
    assert meant(wanted) != meant(read)


def test_what_is_no_name_stays_as_it_is():
    assert plain(None) is None and plain("a &lt; b") == "a < b"


def test_an_asker_does_not_take_a_bad_token_for_a_lacking_function(practice, site_on):
    with pytest.raises(TokenRefused):
        Asker(site_on(practice.url, "0" * 32).moodle).ask(COURSES, {"field": "id", "value": "3"})
