# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and their members: through Moodle's functions, through runs of the plugin, and where there is no way."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import group
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_config import TASK as CONFIG
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_group import TASK

GROUPS, MEMBERS, CREATE, ADD, REMOVE, DELETE = (
    "core_group_" + name
    for name in (
        "get_course_groups", "get_group_members", "create_groups", "add_group_members", "delete_group_members", "delete_groups"
    )
)
READS = ("core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users")
CORE = (*READS, GROUPS, MEMBERS, CREATE, ADD, REMOVE, DELETE)
RUN = ("tool_sync_set_config", "tool_sync_commit_file", "tool_sync_process")
#: The options of a task that says nothing, whose failures are no error.
OPTIONS = {name: option.get("default") for name, option in TASK.options.items()} | {"on_failures": "ignore"}
LISTS = ("created", "deleted", "added", "removed", "unchanged")


class Groups:
    """The task on a practice Moodle, and what is in its groups afterwards."""

    def __init__(self, practice, perform, school, token):
        self.practice, self._perform, self.token = practice, perform, token
        self.school = school

    def __call__(self, check_mode=False, **options):
        options.setdefault("token", self.token)
        options.setdefault("course", "MATH101")
        return self._perform(TASK, check_mode, **{key: value for key, value in options.items() if value is not None})

    def both(self, **options):
        """Check mode, then the real run, which must agree and write only in the second; the real result."""
        writes = self.practice.counters()["writes"]
        foretold = self(check_mode=True, **options)
        assert self.practice.counters()["writes"] == writes
        done = self(**options)
        for key in ("changed", "counts", "diff", "failures", *LISTS):
            assert foretold[key] == done[key], key
        return done

    @property
    def now(self):
        """Group -> usernames of its members, of all courses."""
        state = self.practice.state()
        names = {user["id"]: user["username"] for user in state["user"]}
        inside = {group["id"]: (group["name"], set()) for group in state["groups"]}
        for member in state["groups_members"]:
            inside[member["groupid"]][1].add(names[member["userid"]])
        return dict(inside.values())


@pytest.fixture
def groups(practice, perform, school, token_for):
    return Groups(practice, perform, school, token_for(*CORE))


@pytest.fixture
def by_run(practice, perform, school, token_for):
    return Groups(practice, perform, school, token_for(*READS, *RUN))


@pytest.fixture(params=["core", "run"])
def either(request):
    return request.getfixturevalue({"core": "groups", "run": "by_run"}[request.param])


def users(result, name):
    return [entry["user"] for entry in result[name]]


# -- what both ways can do ----------------------------------------------------------------------------------------


def test_a_group_with_members(either):
    wanted = {"group": "A", "members": ["ada", "Bob"]}
    done = either.both(**wanted)
    assert done["changed"] and "warnings" not in done
    assert done["created"] == [{"course": "MATH101", "group": "A", "user": None}]
    assert users(done, "added") == ["ada", "bob"]
    assert done["counts"] == {"created": 1, "deleted": 0, "added": 2, "removed": 0, "unchanged": 0, "failed": 0}
    assert done["diff"] == {
        "before": {"MATH101": {"A": {"exists": False, "members": {"ada": False, "bob": False}}}},
        "after": {"MATH101": {"A": {"exists": True, "members": {"ada": True, "bob": True}}}},
    }
    assert either.now == {"A": {"ada", "bob"}}

    again = either.both(**wanted)
    assert not again["changed"] and again["diff"] == {"before": {}, "after": {}}
    assert users(again, "unchanged") == ["ada", "bob"]


@pytest.mark.parametrize(
    ("by", "members"),
    [("username", ["ada", "cleo"]), ("idnumber", ["Uada", "Ucleo"]), ("email", ["ADA@example.com", "cleo@example.com"])],
)
@pytest.mark.parametrize(("course_by", "course"), [("idnumber", "M101"), ("id", "3")])
def test_exactly_these_by_any_identifier(either, by, members, course_by, course):
    either.school.group("A", "ada", "bob")
    done = either.both(
        course=course, course_identifier=course_by, group="A", members=members, user_identifier=by, members_state="exact"
    )
    assert (users(done, "added"), users(done, "removed")) == ([members[1]], ["bob"])
    assert either.now == {"A": {"ada", "cleo"}}


def test_users_by_their_ids(either):
    number = either.school.group("A", "ada", "bob")
    ids = either.school.ids
    done = either.both(group=number, group_identifier="id", members=[ids["ada"]], user_identifier="id", members_state="absent")
    assert users(done, "removed") == [str(ids["ada"])]
    assert either.now == {"A": {"bob"}}


def test_an_empty_exact_list_empties_the_group(either):
    either.school.group("A", "ada", "bob")
    done = either.both(group="A", members=[], members_state="exact")
    assert users(done, "removed") == ["ada", "bob"]
    assert either.now == {"A": set()}


def test_the_notation_of_the_plugins_page(either):
    done = either.both(course=None, group="MATH101@A@B", members=["ada"])
    assert done["created"] == [{"course": "MATH101", "group": "A@B", "user": None}]
    assert either.now == {"A@B": {"ada"}}


def test_names_that_a_web_page_writes_otherwise(either):
    either.school.group("R & D", "ada")
    done = either.both(group=" R & D ", members=["ada", "bob"])
    assert not done["created"] and users(done, "added") == ["bob"]
    assert either.now == {"R & D": {"ada", "bob"}}


def test_many_groups_in_several_courses(either):
    either.school.enrol("dan", course="TPL")
    either.school.group("Old", "ada")
    done = either.both(
        course=None,
        groups=[
            {"course": "MATH101", "group": "A", "members": ["ada"]},
            {"course": "M101", "course_identifier": "idnumber", "group": "A", "members": ["bob"]},
            {"course": "TPL", "group": "T", "members": ["dan"]},
            {"course": "MATH101", "group": "Old", "members": ["ada"], "members_state": "absent"},
        ],
    )
    assert done["counts"] == {"created": 2, "deleted": 0, "added": 3, "removed": 1, "unchanged": 0, "failed": 0}
    assert either.now == {"A": {"ada", "bob"}, "T": {"dan"}, "Old": set()}


def test_those_that_fail_do_not_keep_the_others_from_being_done(either):
    done = either.both(group="A", members=["ada", "dan", "nobody"], on_failures="warn")
    assert users(done, "added") == ["ada"] and not done.get("failed")
    reasons = {failure["user"]: failure["reason"] for failure in done["failures"]}
    assert "is not enrolled" in reasons["dan"]
    assert "no user has the username nobody" in reasons["nobody"]
    assert any("nobody" in warning for warning in done["warnings"])
    assert either.now == {"A": {"ada"}}
    failed = either(group="A", members=["ada", "dan"])
    assert failed["failed"] and failed["error"]["kind"] == "partly_failed" and not failed["changed"]


def test_nobody_is_removed_while_somebody_could_not_be_identified(either):
    either.school.group("A", "ada", "bob")
    done = either.both(group="A", members=["ada", "nobody"], members_state="exact", on_failures="ignore")
    assert not done["removed"] and either.now == {"A": {"ada", "bob"}}
    assert any("Nobody was removed" in warning for warning in done["warnings"])


def test_unknown_courses_and_ids(either):
    done = either.both(
        course=None,
        groups=[
            {"course": "NOPE", "group": "A", "members": ["ada"]},
            {"course": "MATH101", "group": "99", "group_identifier": "id"},
        ],
        on_failures="ignore",
    )
    assert "no course has the shortname NOPE" in done["failures"][0]["reason"]
    assert "no group of the course has the id 99" in done["failures"][1]["reason"]
    assert not done["changed"]


# -- Moodle's own functions ---------------------------------------------------------------------------------------


def test_groups_without_members_are_made_and_deleted(groups):
    done = groups.both(groups=[{"group": "A"}, {"group": "B"}])
    assert [entry["group"] for entry in done["created"]] == ["A", "B"] and done["changed_is_certain"]
    assert not groups.both(groups=[{"group": "A"}, {"group": "B"}])["changed"]
    gone = groups.both(groups=[{"group": "A"}, {"group": "C"}], state="absent")
    assert [entry["group"] for entry in gone["deleted"]] == ["A"]
    assert [entry["group"] for entry in gone["unchanged"]] == ["C"]
    assert groups.now == {"B": set()}
    assert not groups.both(group="A", state="absent")["changed"]


def test_many_in_few_requests(groups):
    names = [f"G{number}" for number in range(60)]
    done = groups(groups=[{"group": name, "members": ["ada", "bob", "cleo"]} for name in names], max_input_vars=200)
    assert done["counts"]["created"] == 60 and done["counts"]["added"] == 180
    calls = groups.practice.counters()["executed"]
    assert calls[CREATE] == 1 and calls[ADD] == 2
    groups.practice.configure(limits={"max_input_vars": 50})
    gone = groups(groups=[{"group": name} for name in names], state="absent", max_input_vars=1000, on_failures="ignore")
    left = groups.now
    assert gone["counts"] == {"created": 0, "deleted": 60 - len(left), "added": 0, "removed": 0, "unchanged": 0, "failed": len(left)}
    assert left and "the group is still there" in gone["failures"][0]["reason"]


def test_a_refused_member_does_not_keep_the_others_out(groups, practice, token_for):
    """Without a list of the enrolled users, only Moodle can tell who is."""
    token = token_for(*(name for name in CORE if name != "core_enrol_get_enrolled_users"))
    done = groups(group="A", members=["ada", "dan", "bob"], token=token, on_failures="ignore")
    assert users(done, "added") == ["ada", "bob"]
    assert [(failure["user"], failure["reason"]) for failure in done["failures"]] == [
        ("dan", "Moodle refuses: only enrolled users may be in a group")
    ]
    assert groups.now == {"A": {"ada", "bob"}}


def test_a_name_that_was_taken_meanwhile(groups, site_on):
    """So it looks as well where the database takes names for equal that differ in case."""
    made = group.plan(site_on(groups.practice.url, groups.token), {**OPTIONS, "course": "MATH101", "group": "A", "members": ["ada"]})
    groups.school.group("A")
    made.apply()
    assert [(failure["user"], failure["reason"]) for failure in made.result["failures"]] == [
        (None, "Moodle refuses the name: another group of the course has it, as the database compares names"),
        ("ada", "the group could not be made"),
    ]
    assert not made.changed and groups.now == {"A": set()}


def test_a_long_name(groups):
    assert groups(group="x" * 254)["counts"]["created"] == 1
    assert "longer than 254" in groups(group="x" * 255)["msg"]


def test_who_may_not_be_removed(server, site):
    """As Moodle answers for somebody whom cohort enrolment put in."""
    server.answer({"courses": [{"id": 3}]}).answer([{"id": 7, "name": "A"}])
    server.answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    server.answer({"exception": "x", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"})
    refusal = {"exception": "x", "errorcode": "errorremovenotpermitted", "message": "You do not have permission to remove Ada"}
    server.answer(refusal)
    made = group.plan(site, {**OPTIONS, "course": "MATH101", "group": "A", "members": ["ada"], "members_state": "absent"})
    made.apply()
    (failure,) = made.result["failures"]
    assert failure["user"] == "ada" and "You do not have permission to remove Ada" in failure["reason"]
    assert not made.changed and made.result["changed_is_certain"]


def test_who_is_still_there(server, site):
    server.answer({"courses": [{"id": 3}]}).answer([{"id": 7, "name": "A"}])
    server.answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    server.answer({"exception": "x", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}).answer(None)
    server.answer([{"id": 7, "name": "A"}]).answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    made = group.plan(site, {**OPTIONS, "course": "MATH101", "group": "A", "members": [], "members_state": "exact"})
    made.apply()
    assert not made.changed and "still in the group" in made.result["failures"][0]["reason"]


def test_no_answer(groups, practice):
    practice.fault("close", function=CREATE, when="after", skip=1)  # the first call only asks whether it is allowed
    done = groups(group="A", retries=0)
    assert done["failed"] and done["error"]["kind"] == "unknown"
    assert done["changed"] and not done["changed_is_certain"]
    assert groups.now == {"A": set()} and not groups(group="A")["changed"]


def test_an_account_without_rights(groups, practice, token_for):
    rights = ["webservice/rest:use", "moodle/course:viewparticipants", "moodle/user:viewalldetails"]
    practice.configure(account={"username": "clerk", "capabilities": rights})
    done = groups(group="A", members=["ada"], token=token_for(*CORE, account="clerk"))
    assert done["failed"] and "moodle/course:managegroups" in done["failures"][0]["reason"]


def test_only_what_is_needed_is_needed(groups, token_for):
    groups.school.group("A", "ada")
    token = token_for(*READS, GROUPS, MEMBERS, REMOVE)
    assert users(groups.both(group="A", members=[], members_state="exact", token=token), "removed") == ["ada"]
    refused = groups(group="A", state="absent", token=token)
    assert refused["failed"] and DELETE in refused["msg"] and refused["error"]["kind"] == "access"


def test_core_only(by_run):
    refused = by_run(group="A", members=["ada"], via="core")
    assert refused["failed"] and CREATE in refused["msg"] and by_run.now == {}


# -- runs of the plugin -------------------------------------------------------------------------------------------


def test_a_run_leaves_enrolments_alone(by_run):
    before = {name: by_run.practice.state()[name] for name in ("user_enrolments", "role_assignments")}
    by_run(group="A", members=["ada", "bob"])
    by_run(group="A", members=["ada"], members_state="absent")
    assert by_run.now == {"A": {"bob"}}
    assert {name: by_run.practice.state()[name] for name in before} == before


def test_a_run_gives_known_settings_back(by_run, perform):
    perform(CONFIG, service="enrols", settings={"filelocation": "mine.csv", "useridentifier": "email"})
    by_run(group="A", members=["ada"])
    settings = {row["name"]: row["value"] for row in by_run.practice.state()["config_plugins"]}
    assert (settings["enrols_filelocation"], settings["enrols_useridentifier"]) == ("mine.csv", "email")


def test_a_group_without_members_cannot_be_seen_or_made(by_run):
    by_run.school.group("Empty")
    done = by_run.both(groups=[{"group": "A"}, {"group": "Empty", "state": "absent"}], on_failures="ignore")
    assert not done["changed"]
    assert CREATE in done["failures"][1]["reason"] or CREATE in done["failures"][0]["reason"]
    assert any(GROUPS in failure["reason"] for failure in done["failures"])


def test_a_group_that_was_there_unseen(by_run):
    by_run.school.group("Empty")
    done = by_run.both(group="Empty", members=["ada"])
    assert by_run.now == {"Empty": {"ada"}} and len(by_run.practice.state()["groups"]) == 1
    assert not done["changed_is_certain"]


def test_names_that_a_csv_cannot_hold(by_run):
    done = by_run.both(group="A;B", members=["ada"], on_failures="ignore")
    assert not done["changed"] and "separator" in done["failures"][0]["reason"]


def test_a_site_in_simulation(by_run):
    by_run.practice.configure(plugin={"simulate": "1"})
    done = by_run(group="A", members=["ada"], on_failures="ignore")
    assert by_run.now == {} and not done["added"] and done["counts"]["failed"] == 2
    assert any("simulat" in warning for warning in done["warnings"])


def test_a_site_that_protects_groups(by_run):
    by_run.school.group("A", "ada")
    by_run.practice.configure(plugin={"enrols_protectgroups": "1"})
    done = by_run(group="A", members=["ada"], members_state="absent", on_failures="ignore")
    assert by_run.now == {"A": {"ada"}} and not done["removed"]
    assert "enrols_protectgroups" in done["failures"][0]["reason"]


def test_the_community_release_has_no_runs(by_run):
    by_run.practice.condition("community")
    done = by_run(group="A", members=["ada"])
    assert done["failed"] and done["error"]["kind"] == "edition" and not done["changed"] and by_run.now == {}


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 504}, {"kind": "empty"}, {"kind": "close"}])
def test_a_run_without_an_answer(by_run, fault):
    by_run.practice.fault(function="tool_sync_process", when="after", skip=1, **fault)  # the first call asks whether it is allowed
    done = by_run(group="A", members=["ada"])
    assert done["failed"] and done["error"]["kind"] == "unknown"
    assert done["changed"] and not done["changed_is_certain"]
    assert by_run.now == {"A": {"ada"}} and not by_run(group="A", members=["ada"])["changed"]


def test_a_run_that_stops(by_run):
    by_run.school.group("A", "ada")
    by_run.practice.configure(plugin={"csvseparator": ","})
    done = by_run(group="A", members=["bob"], on_failures="ignore")
    assert done["counts"]["failed"] == 1 and done["warnings"] and by_run.now == {"A": {"ada"}}


def test_no_way_at_all(practice, perform, school, token_for):
    nothing = Groups(practice, perform, school, token_for(*READS))
    refused = nothing(group="A", members=["ada"])
    assert refused["failed"] and refused["error"]["kind"] == "access"
    assert CREATE in refused["msg"] and ADD in refused["msg"] and RUN[0] in refused["msg"]
    unseen = Groups(practice, perform, school, token_for(READS[0]))
    refused = unseen(group="A", members=["ada"])
    assert refused["failed"] and GROUPS in refused["msg"]


def test_the_plugins_packaged_list_is_enough_to_see(practice, perform, school, token_for):
    """A course that can't be looked up is known by its shortname only."""
    token = token_for("tool_sync_get_enrolled_full_users", *RUN)
    groups = Groups(practice, perform, school, token)
    assert users(groups.both(group="A", members=["ada", "bob"]), "added") == ["ada", "bob"]
    assert not groups.both(group="A", members=["ada"])["changed"]
    assert users(groups.both(group="A", members=["ada"], members_state="exact"), "removed") == ["bob"]
    done = groups(group="A", course="NOPE", members=["ada"])
    assert done["failed"] and "no course has the shortname NOPE" in done["msg"]


# -- options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"course": None, "group": "A"}, "course is missing for the task"),
        ({"course": None, "group": "@A"}, "course of the task is empty"),
        ({"course": None, "group": "MATH101@"}, "group of the task is empty"),
        ({"group": " "}, "group of the task is empty"),
        ({"group": "<b>"}, "holds a <"),
        ({"group": "A", "group_identifier": "id"}, "must be a number"),
        ({"group": "A", "members_state": "exact"}, "members of the task is missing"),
        ({"group": "A", "state": "absent", "members": ["ada"]}, "is for groups that are to be present"),
        ({"group": "A", "members": ["ada", ""]}, "item 2 of members of the task is empty"),
        ({"group": "A", "max_input_vars": 3}, "max_input_vars must be at least"),
        ({"groups": [{"group": "A"}, {"group": "A", "state": "absent"}]}, "item 2 of groups and item 1 of groups contradict"),
        (
            {"groups": [{"group": "A", "members": ["ada"]}, {"group": "A", "members": ["ada"], "members_state": "absent"}]},
            "contradict",
        ),
        (
            {"members_state": "exact", "groups": [{"group": "A", "members": ["ada"]}, {"group": "A", "members": ["bob"]}]},
            "contradict",
        ),
    ],
)
def test_what_is_refused(groups, options, says):
    refused = groups(**options)
    assert refused["failed"] and refused["error"]["kind"] == "option" and says in refused["msg"], refused["msg"]
    assert groups.now == {}


def test_no_groups_are_nothing_to_do(groups):
    done = groups(groups=[])
    assert not done["changed"] and done["counts"]["unchanged"] == 0


def test_a_group_by_two_names(groups):
    number = groups.school.group("A", "ada")
    done = groups(
        groups=[{"group": "A", "members": ["bob"]}, {"group": str(number), "group_identifier": "id", "state": "absent"}],
        on_failures="ignore",
    )
    assert "names the same group" in done["failures"][0]["reason"] and groups.now == {"A": {"ada", "bob"}}
