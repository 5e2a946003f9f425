# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and their members: what is read, what is sent, and where there is no way."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import group
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_group import TASK

GROUPS, MEMBERS, CREATE, ADD, REMOVE, DELETE = (
    "core_group_" + name
    for name in (
        "get_course_groups", "get_group_members", "create_groups", "add_group_members", "delete_group_members", "delete_groups"
    )
)
READS = ("core_course_get_courses_by_field", "core_user_get_users_by_field", "core_enrol_get_enrolled_users")
CORE = (*READS, GROUPS, MEMBERS, CREATE, ADD, REMOVE, DELETE)
#: The options of a task that says nothing, whose failures are no error.
OPTIONS = {name: option.get("default") for name, option in TASK.options.items()} | {"on_failures": "warn"}
LISTS = ("created", "deleted", "added", "removed", "unchanged")
REFUSED = {"exception": "x", "errorcode": "invalidparameter", "message": "Invalid parameter value detected"}


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
        predicted = self(check_mode=True, **options)
        assert self.practice.counters()["writes"] == writes
        done = self(**options)
        for key in ("changed", "counts", "diff", "failures", *LISTS):
            assert predicted[key] == done[key], key
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


def users(result, name):
    return [entry["user"] for entry in result[name]]


def test_a_group_with_members(groups):
    wanted = {"group": "A", "members": ["ada", "Bob"]}
    done = groups.both(**wanted)
    assert done["changed"] and "warnings" not in done
    assert done["created"] == [{"course": "MATH101", "group": "A", "user": None}]
    assert users(done, "added") == ["ada", "bob"]
    assert done["counts"] == {"created": 1, "deleted": 0, "added": 2, "removed": 0, "unchanged": 0, "failed": 0, "unknown": 0}
    assert done["diff"] == {
        "before": {"MATH101": {"A": {"exists": False, "members": {"ada": None, "bob": None}}}},
        "after": {"MATH101": {"A": {"exists": True, "members": {"ada": "member", "bob": "member"}}}},
    }
    assert groups.now == {"A": {"ada", "bob"}}

    again = groups.both(**wanted)
    assert not again["changed"] and again["diff"] == {"before": {}, "after": {}}
    assert users(again, "unchanged") == ["ada", "bob"]


@pytest.mark.parametrize(
    ("by", "members"),
    [("username", ["ada", "cleo"]), ("idnumber", ["Uada", "Ucleo"]), ("email", ["ADA@example.com", "cleo@example.com"])],
)
@pytest.mark.parametrize(("course_by", "course"), [("idnumber", "M101"), ("id", "3")])
def test_exactly_these_by_any_identifier(groups, by, members, course_by, course):
    groups.school.group("A", "ada", "bob")
    done = groups.both(
        course=course, course_identifier=course_by, group="A", members=members, user_identifier=by, state="exact"
    )
    assert (users(done, "added"), users(done, "removed")) == ([members[1]], ["bob"])
    assert groups.now == {"A": {"ada", "cleo"}}


def test_users_by_their_ids(groups):
    number = groups.school.group("A", "ada", "bob")
    ids = groups.school.ids
    done = groups.both(group=number, group_identifier="id", absent_members=[ids["ada"]], user_identifier="id")
    assert users(done, "removed") == [str(ids["ada"])]
    assert groups.now == {"A": {"bob"}}


def test_some_are_to_be_in_and_some_are_not(groups):
    groups.school.group("A", "ada", "bob")
    wanted = {"group": "A", "members": ["cleo"], "absent_members": ["Bob", "dan"]}
    done = groups.both(**wanted)
    assert (users(done, "added"), users(done, "removed"), users(done, "unchanged")) == (["cleo"], ["bob"], ["dan"])
    assert groups.now == {"A": {"ada", "cleo"}}
    assert not groups.both(**wanted)["changed"]


def test_the_state_of_the_task_is_that_of_its_items(groups):
    groups.school.group("A", "ada", "bob")
    groups.school.group("B", "ada", "bob")
    done = groups.both(state="exact", groups=[{"group": "A", "members": ["ada"]}, {"group": "B", "members": ["bob"], "state": "present"}])
    assert [(entry["group"], entry["user"]) for entry in done["removed"]] == [("A", "bob")]
    before, after = ({"MATH101": {"A": {"members": {"bob": there}}}} for there in ("member", None))
    assert done["diff"] == {"before": before, "after": after}
    assert groups.now == {"A": {"ada"}, "B": {"ada", "bob"}}


def test_an_empty_exact_list_empties_the_group(groups):
    groups.school.group("A", "ada", "bob")
    done = groups.both(group="A", members=[], state="exact", allow_empty=True)
    assert users(done, "removed") == ["ada", "bob"]
    assert groups.now == {"A": set()}


def test_the_notation_of_the_plugins_page(groups):
    done = groups.both(course=None, group="MATH101@A@B", members=["ada"])
    assert done["created"] == [{"course": "MATH101", "group": "A@B", "user": None}]
    assert groups.now == {"A@B": {"ada"}}


def test_names_that_a_web_page_writes_otherwise(groups):
    groups.school.group("R & D", "ada")
    done = groups.both(group=" R & D ", members=["ada", "bob"])
    assert not done["created"] and users(done, "added") == ["bob"]
    assert groups.now == {"R & D": {"ada", "bob"}}


def test_many_groups_in_several_courses(groups):
    groups.school.enrol("dan", course="TPL")
    groups.school.group("Old", "ada")
    done = groups.both(
        course=None,
        groups=[
            {"course": "MATH101", "group": "A", "members": ["ada"]},
            {"course": "M101", "course_identifier": "idnumber", "group": "A", "members": ["bob"]},
            {"course": "TPL", "group": "T", "members": ["dan"]},
            {"course": "MATH101", "group": "Old", "absent_members": ["ada"]},
        ],
    )
    assert done["counts"] == {"created": 2, "deleted": 0, "added": 3, "removed": 1, "unchanged": 0, "failed": 0, "unknown": 0}
    assert groups.now == {"A": {"ada", "bob"}, "T": {"dan"}, "Old": set()}


def test_those_that_fail_do_not_keep_the_others_from_being_done(groups):
    done = groups.both(group="A", members=["ada", "dan", "nobody"], on_failures="warn")
    assert users(done, "added") == ["ada"] and not done.get("failed")
    reasons = {failure["user"]: failure["reason"] for failure in done["failures"]}
    assert "is not enrolled" in reasons["dan"]
    assert "no user has the username nobody" in reasons["nobody"]
    assert any("nobody" in warning for warning in done["warnings"])
    assert groups.now == {"A": {"ada"}}
    failed = groups(groups=[{"group": "A", "members": ["ada", "dan", "nobody"]}, {"group": "99", "group_identifier": "id"}])
    assert failed["msg"].startswith("1 group and 2 memberships failed: ")
    failed = groups(group="A", members=["ada", "dan"])
    assert failed["msg"].startswith("1 membership failed: MATH101 A dan: the user is not enrolled")
    assert failed["failed"] and failed["error"]["kind"] == "partly_failed" and not failed["changed"]


def test_nobody_is_removed_while_somebody_could_not_be_identified(groups):
    groups.school.group("A", "ada", "bob")
    done = groups.both(group="A", members=["ada", "nobody"], state="exact", on_failures="warn")
    assert not done["removed"] and groups.now == {"A": {"ada", "bob"}}
    assert any("Nobody was taken out" in warning for warning in done["warnings"])


def test_unknown_courses_and_ids(groups):
    done = groups.both(
        course=None,
        groups=[
            {"course": "NOPE", "group": "A", "members": ["ada"]},
            {"course": "MATH101", "group": "99", "group_identifier": "id"},
        ],
        on_failures="warn",
    )
    assert "no course has the shortname NOPE" in done["failures"][0]["reason"]
    assert "no group of the course has the id 99" in done["failures"][1]["reason"]
    assert not done["changed"]


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
    gone = groups(groups=[{"group": name} for name in names], state="absent", max_input_vars=1000, on_failures="warn")
    left = groups.now
    assert {name: number for name, number in gone["counts"].items() if number} == {"deleted": 60 - len(left), "failed": len(left)}
    assert left and "the group is still there" in gone["failures"][0]["reason"]


def test_a_refused_member_does_not_keep_the_others_out(groups, practice, token_for):
    """Without a list of the enrolled users, only Moodle can tell who is."""
    token = token_for(*(name for name in CORE if name != "core_enrol_get_enrolled_users"))
    done = groups(group="A", members=["ada", "dan", "bob"], token=token, on_failures="warn")
    assert users(done, "added") == ["ada", "bob"]
    assert [(failure["user"], failure["reason"]) for failure in done["failures"]] == [
        ("dan", "Moodle refuses: only enrolled users may be in a group")
    ]
    assert groups.now == {"A": {"ada", "bob"}}


def test_a_group_that_somebody_made_meanwhile_is_there(groups, site_on):
    """Moodle refuses it by its name. It is looked for, and found."""
    made = group.plan(site_on(groups.practice.url, groups.token), {**OPTIONS, "course": "MATH101", "group": "A", "members": ["ada"]})
    groups.school.group("A")
    made.apply()
    assert not made.result["failures"] and made.result["counts"]["created"] == 1 and groups.now == {"A": {"ada"}}


def test_a_name_that_the_database_takes_for_another_one(server, site):
    server.answer({"courses": [{"id": 3}]}).answer([]).answer(REFUSED).answer(REFUSED).answer([{"id": 7, "name": "a"}])
    made = group.plan(site, {**OPTIONS, "course": "MATH101", "group": "A"})
    made.apply()
    assert [(failure["user"], failure["reason"]) for failure in made.result["failures"]] == [
        (None, "Moodle refuses the name: another group of the course has it, as the database compares names")
    ]
    assert not made.changed and made.result["changed_is_certain"] and server.script == []


def test_a_long_name(groups):
    assert groups(group="x" * 254)["counts"]["created"] == 1
    assert "longer than 254" in groups(group="x" * 255)["msg"]


def test_who_may_not_be_removed(server, site):
    """As Moodle answers for somebody whom cohort enrolment put in."""
    server.answer({"courses": [{"id": 3}]}).answer([{"id": 7, "name": "A"}])
    server.answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    server.answer(REFUSED)
    refusal = {"exception": "x", "errorcode": "errorremovenotpermitted", "message": "You do not have permission to remove Ada"}
    server.answer(refusal)
    server.answer([{"id": 7, "name": "A"}]).answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    made = group.plan(site, {**OPTIONS, "course": "MATH101", "group": "A", "absent_members": ["ada"]})
    made.apply()
    (failure,) = made.result["failures"]
    assert failure["user"] == "ada" and "You do not have permission to remove Ada" in failure["reason"]
    assert not made.changed and made.result["changed_is_certain"]


def test_who_is_still_there(server, site):
    server.answer({"courses": [{"id": 3}]}).answer([{"id": 7, "name": "A"}])
    server.answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    server.answer(REFUSED).answer(None)
    server.answer([{"id": 7, "name": "A"}]).answer([{"id": 5, "username": "ada"}]).answer([{"groupid": 7, "userids": [5]}])
    made = group.plan(site, {**OPTIONS, "course": "MATH101", "group": "A", "members": [], "state": "exact", "allow_empty": True})
    made.apply()
    assert not made.changed and "still in the group" in made.result["failures"][0]["reason"]


@pytest.mark.parametrize("function", [CREATE, ADD, REMOVE, DELETE])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_became_of_an_answer_that_is_lost_is_looked_at(groups, practice, function, when):
    if function != CREATE:
        groups.school.group("A", "ada")
    practice.control("DELETE", "counters")
    wanted = {
        CREATE: {"members": ["ada"]},
        ADD: {"members": ["bob"]},
        REMOVE: {"absent_members": ["ada"]},
        DELETE: {"state": "absent"},
    }[function]
    practice.fault("close", function=function, when=when, skip=1)  # the first call only asks whether it is allowed
    done = groups(group="A", retries=0, **wanted)
    assert practice.counters()["executed"].get(function, 0) == (when == "after")
    assert done["changed"] and done["changed_is_certain"] is (when == "after") and done["counts"]["unknown"] == (when == "before")
    if when == "before":
        assert done["failed"] and done["error"]["kind"] == ("unknown" if function in (CREATE, ADD) else "unreachable")
    else:
        assert not done.get("failed") and not groups(group="A", **wanted)["changed"]


def test_a_group_that_is_lost_where_empty_ones_can_not_be_seen_is_unknown(groups, practice, token_for):
    practice.fault("close", function=CREATE, when="after", skip=1)
    done = groups(group="A", members=["ada"], token=token_for(*READS, CREATE, ADD))
    assert done["failed"] and done["changed"] and not done["changed_is_certain"]
    assert done["unknown"][0]["group"] == "A" and "broke" in done["unknown"][0]["reason"] and groups.now == {"A": set()}


def test_an_account_without_rights(groups, practice, token_for):
    rights = ["webservice/rest:use", "moodle/course:viewparticipants", "moodle/user:viewalldetails"]
    practice.configure(account={"username": "clerk", "capabilities": rights})
    done = groups(group="A", members=["ada"], token=token_for(*CORE, account="clerk"))
    assert done["failed"] and "moodle/course:managegroups" in done["failures"][0]["reason"]


def test_only_what_is_needed_is_needed(groups, token_for):
    groups.school.group("A", "ada")
    token = token_for(*READS, GROUPS, MEMBERS, REMOVE)
    assert users(groups.both(group="A", members=[], state="exact", allow_empty=True, token=token), "removed") == ["ada"]
    refused = groups(group="A", state="absent", token=token)
    assert refused["failed"] and DELETE in refused["msg"] and refused["error"]["kind"] == "access"


# -- what a token lacks -------------------------------------------------------------------------------------------


def test_all_that_a_token_lacks_is_named_at_once(groups, token_for):
    refused = groups(group="A", members=["ada"], token=token_for(*READS, GROUPS, MEMBERS))
    assert refused["failed"] and refused["error"]["kind"] == "access" and groups.now == {}
    assert f"{CREATE} and {ADD}" in refused["msg"] and REMOVE not in refused["msg"]
    unseen = groups(group="A", members=["ada"], token=token_for(READS[0]))
    assert unseen["failed"] and GROUPS in unseen["msg"]


def test_the_list_of_the_enrolled_shows_groups_with_members_only(groups, token_for):
    groups.school.group("A", "ada", "bob")
    groups.school.group("Empty")
    token = token_for(*READS, CREATE, ADD, REMOVE, DELETE)
    assert users(groups.both(group="A", members=["ada"], state="exact", token=token), "removed") == ["bob"]
    done = groups.both(group="Empty", state="absent", token=token)
    assert not done["changed"] and GROUPS in done["failures"][0]["reason"]
    predicted = groups(check_mode=True, group="Empty", token=token)
    assert predicted["changed"] and not predicted["changed_is_certain"]


def test_a_course_that_can_not_be_looked_up(groups, token_for):
    """It is known by its shortname only, which Moodle's functions that make groups do not take."""
    groups.school.group("A", "ada", "bob")
    token = token_for("tool_sync_get_enrolled_full_users", CREATE, ADD, REMOVE)
    assert users(groups.both(group="A", members=["ada"], state="exact", token=token), "removed") == ["bob"]
    refused = groups(group="B", token=token)
    assert refused["failed"] and READS[0] in refused["msg"]
    unknown = groups(group="A", course="NOPE", members=["ada"], token=token, on_failures="continue")
    assert unknown["failed"] and "no course has the shortname NOPE" in unknown["msg"]


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
        ({"group": "A", "state": "exact"}, "members of the task is missing: state exact needs the list"),
        ({"group": "A", "state": "exact", "members": []}, "set allow_empty to true"),
        ({"group": "A", "state": "absent", "absent_members": ["ada"]}, "absent_members of the task is for groups that are to be there"),
        ({"group": "A", "members": ["ada"], "absent_members": ["ADA"]}, "members and absent_members of the task both name the user ada"),
        ({"group": "A", "state": "absent", "members": ["ada"]}, "name them in absent_members, without state"),
        ({"group": "A", "members": ["ada", ""]}, "item 2 of members of the task is empty"),
        ({"group": "A", "max_input_vars": 3}, "max_input_vars must be at least"),
        ({"groups": [{"group": "A"}, {"group": "A", "state": "absent"}]}, "item 2 of groups and item 1 of groups contradict"),
        (
            {"groups": [{"group": "A", "members": ["ada"]}, {"group": "A", "absent_members": ["ada"]}]},
            "contradict",
        ),
        (
            {"state": "exact", "groups": [{"group": "A", "members": ["ada"]}, {"group": "A", "members": ["bob"]}]},
            "contradict",
        ),
    ],
)
def test_what_is_refused(groups, options, says):
    refused = groups(**options)
    assert refused["failed"] and refused["error"]["kind"] == "option" and says in refused["msg"], refused["msg"]
    assert groups.now == {}


def test_a_user_by_two_names_can_not_be_in_and_out(groups):
    groups.school.group("A", "ada", "bob")
    refused = groups(
        groups=[{"group": "A", "members": ["ada"]}, {"group": "A", "absent_members": ["Uada"], "user_identifier": "idnumber"}],
    )
    assert refused["failed"] and refused["error"]["option"] == "absent_members" and "user Uada (idnumber)" in refused["msg"]
    assert groups.now == {"A": {"ada", "bob"}}


def test_no_groups_are_nothing_to_do(groups):
    done = groups(groups=[])
    assert not done["changed"] and done["counts"]["unchanged"] == 0


def test_a_group_by_two_names(groups):
    number = groups.school.group("A", "ada")
    done = groups(
        groups=[{"group": "A", "members": ["bob"]}, {"group": str(number), "group_identifier": "id", "state": "absent"}],
        on_failures="warn",
    )
    assert "names the same group" in done["failures"][0]["reason"] and groups.now == {"A": {"ada", "bob"}}
