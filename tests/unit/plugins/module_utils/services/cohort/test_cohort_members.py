# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users put into cohorts and taken out, on the practice Moodle."""

from __future__ import annotations

import pytest

MODULE = "toolsync_cohort_members"
ADD, REMOVE = "tool_sync_cohort_add_members", "tool_sync_cohort_delete_members"
LISTS = ("tool_sync_get_cohorts", "core_cohort_get_cohorts")
MEMBERS, USERS = "core_cohort_get_cohort_members", "core_user_get_users_by_field"


def members(school, cohort):
    names = {number: name for name, number in school.ids.items()}
    return sorted(names[row["userid"]] for row in school.rows("cohort_members", cohortid=cohort))


# -- what changes -----------------------------------------------------------------------------------------------------


def test_users_are_added_once(school, cohort):
    number = cohort("Y1", "cleo")
    wanted = {"cohort": "Y1", "users": ["ada", "bob", "cleo", "ADA"]}
    first = school.both(MODULE, **wanted)
    assert first["changed"] and first["changed_is_certain"]
    assert first.lists("user") == {"added": ["ada", "bob"], "unchanged": ["cleo"]}
    assert first["diff"] == {"before": {"Y1": {"ada": None, "bob": None}}, "after": {"Y1": {"ada": "member", "bob": "member"}}}
    assert members(school, number) == ["ada", "bob", "cleo"]
    again = school.both(MODULE, **wanted)
    assert not again["changed"] and again.lists("user") == {"unchanged": ["ada", "bob", "cleo"]}
    assert again["diff"] == {"before": {}, "after": {}}
    assert school.executed(ADD, REMOVE) == [2, 0]


def test_users_are_taken_out_once(school, cohort):
    number = cohort("Y1", "ada", "bob")
    gone = {"cohort": "Y1", "users": ["ada", "cleo"], "state": "absent"}
    assert school.both(MODULE, **gone).lists("user") == {"removed": ["ada"], "unchanged": ["cleo"]}
    assert members(school, number) == ["bob"]
    assert not school.both(MODULE, **gone)["changed"]
    assert school.executed(REMOVE) == [1]


def test_exactly_these_are_members(school, cohort):
    number = cohort("Y1", "ada", "bob")
    exact = {"cohort": "Y1", "users": ["bob", "cleo"], "state": "exact"}
    assert school.both(MODULE, **exact).lists("user") == {"added": ["cleo"], "removed": ["ada"], "unchanged": ["bob"]}
    assert members(school, number) == ["bob", "cleo"]
    assert not school.both(MODULE, **exact)["changed"]


def test_an_empty_list_needs_leave(school, cohort):
    number = cohort("Y1", "ada")
    refused = school.both(MODULE, cohort="Y1", users=[], state="exact")
    assert refused["failed"] and "allow_empty" in refused["msg"] and members(school, number) == ["ada"]
    assert school.both(MODULE, cohort="Y1", users=[], state="exact", allow_empty=True).lists("user") == {"removed": ["ada"]}


@pytest.mark.parametrize("by", ["id", "idnumber", "name"])
@pytest.mark.parametrize("user_by", ["id", "username", "idnumber", "email"])
def test_any_identifier_will_do(school, cohort, by, user_by):
    number = cohort("Y1")
    name = {"id": str(number), "idnumber": "Y1", "name": "Cohort Y1"}[by]
    user = {"id": str(school.ids["ada"]), "username": "ada", "idnumber": "Uada", "email": "ada@example.com"}[user_by]
    result = school.both(MODULE, chid=name, chidsource=by, userid=[user], useridsource=user_by)
    assert result["added"] == [{"cohort": name, "user": user}] and members(school, number) == ["ada"]


def test_many_cohorts_at_once(school, cohort):
    first, second = cohort("Y1", "dan"), cohort("Y2", "dan", "ada")
    items = [
        {"cohort": "Y1", "users": ["ada"]},
        {"cohort": "Y2", "users": ["bob"], "state": "exact"},
        {"cohort": str(first), "cohort_identifier": "id", "users": ["dan@example.com"], "user_identifier": "email", "state": "absent"},
    ]
    result = school.both(MODULE, memberships=items)
    assert result["counts"] == {"added": 2, "removed": 3, "unchanged": 0, "failed": 0, "unknown": 0}
    assert (members(school, first), members(school, second)) == (["ada"], ["bob"])
    assert school.executed(ADD, REMOVE) == [3, 1]


def test_batches_keep_within_the_limit_of_php(school, cohort):
    cohort("Y1")
    school.practice.configure(limits={"max_input_vars": 21})
    result = school.run(MODULE, cohort="Y1", users=list(school.ids))
    assert result["counts"]["added"] == 4
    result = school.run(MODULE, cohort="Y1", users=list(school.ids), max_input_vars=20, state="absent")
    assert result["counts"]["removed"] == 4 and not result.get("warnings", [])[1:]


# -- what fails -------------------------------------------------------------------------------------------------------


def test_an_unknown_user_keeps_nobody_else_out(school, cohort):
    number = cohort("Y1")
    result = school.both(MODULE, cohort="Y1", users=["ada", "nobody", "bob"])
    assert result["failed"] and result["changed"] and "no user has the username nobody" in result.reasons[0]
    assert result.lists("user") == {"added": ["ada", "bob"]} and members(school, number) == ["ada", "bob"]


def test_an_unknown_user_keeps_everybody_in(school, cohort):
    number = cohort("Y1", "ada")
    result = school.both(MODULE, cohort="Y1", users=["nobody", "bob"], state="exact", on_failures="warn")
    assert result.lists("user") == {"added": ["bob"]} and members(school, number) == ["ada", "bob"]
    assert any("Nobody was taken out of cohort Y1" in warning for warning in result["warnings"])


@pytest.mark.parametrize(("value", "by"), [("NO", "idnumber"), ("99", "id"), ("n", "name")])
def test_an_unknown_cohort_is_named(school, value, by):
    result = school.both(MODULE, users=["ada"], cohort=value, cohort_identifier=by)
    assert result["failed"] and f"no cohort has the {by} {value}" in result["msg"]
    assert result["failures"][0]["user"] == "ada"


def test_a_reason_that_many_share_is_told_once(school, cohort):
    cohort("Y1")
    items = [{"cohort": "NO", "users": ["ada", "bob", "cleo"]}, {"cohort": "Y1", "users": ["eve", "fay", "gil"]}]
    result = school.both(MODULE, memberships=items)
    assert len(result["failures"]) == 6
    assert result["msg"].startswith("6 memberships failed: NO ada and 2 more: no cohort has the idnumber NO, ")
    assert result["msg"].count("idnumber NO") == 1 and "; and 1 more." in result["msg"] and ".." not in result["msg"]
    assert school.both(MODULE, cohort="Y1", users=["eve"])["msg"].startswith("1 membership failed: Y1 eve: no user has the username eve")


@pytest.mark.parametrize(
    "options",
    [
        {"users": ["ada"]},
        {"cohort": "Y1", "users": ["a" * 256]},
        {"cohort": "Y1", "users": ["x"], "user_identifier": "id"},
        {"memberships": [{"users": ["ada"]}]},
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(school, options):
    result = school.run(MODULE, **options)
    assert result["failed"] and result["error"]["kind"] == "option"
    assert not school.practice.counters()["calls"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"users": ["ada"]}, {"users": ["Uada"], "user_identifier": "idnumber", "state": "absent"}),
        ({"users": ["ada"]}, {"users": ["bob"], "state": "exact"}),
        ({"users": ["ada"], "state": "exact"}, {"users": ["bob"]}),
    ],
)
def test_items_that_contradict_each_other_are_refused(school, cohort, first, second):
    cohort("Y1")
    result = school.both(MODULE, cohort="Y1", memberships=[first, second])
    assert result["failed"] and "item 2 of memberships and item 1 of memberships contradict" in result["msg"]


def test_a_right_that_is_lacking_is_named(school, cohort):
    cohort("Y1")
    capabilities = ["webservice/rest:use", "moodle/cohort:view", "moodle/user:viewalldetails"]
    school.practice.configure(account={"username": "robot", "capabilities": capabilities})
    token = school.token_for(LISTS[0], MEMBERS, USERS, ADD, username="robot")
    # No web service tells what an account may do, unless it is an administrator's.
    predicted = school.run(MODULE, check_mode=True, cohort="Y1", users=["ada", "bob"], token=token)
    assert predicted["changed"] and not predicted["changed_is_certain"] and predicted["uncertain"][0]["items"] == 2
    assert "core_webservice_get_site_info" in predicted["uncertain"][0]["because"]
    result = school.run(MODULE, cohort="Y1", users=["ada", "bob"], token=token)
    assert result["failed"] and len(result.reasons) == 2 and "moodle/cohort:assign" in result.reasons[0]
    assert not result["changed"] and result["changed_is_certain"] and result["uncertain"] == []


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "missing"), [("present", ADD), ("absent", REMOVE), ("exact", MEMBERS)])
def test_a_function_that_is_missing_is_named_before_anything_is_sent(school, cohort, state, missing):
    cohort("Y1", "bob")
    users = ["bob"] if state == "absent" else ["ada"]
    writes = school.practice.counters()["writes"]
    result = school.both(MODULE, cohort="Y1", users=users, state=state, token=school.without(missing))
    assert result["failed"] and missing in result["msg"]
    assert school.practice.counters()["writes"] == writes


def test_the_packaged_service_is_enough_to_add_users(school, cohort):
    number = cohort("Y1", "ada")
    token = school.practice.service_tokens["tool_sync_cohort_ext"]
    wanted = {"cohort": "Y1", "users": ["ada", "bob", "nobody"], "token": token, "on_failures": "warn"}
    predicted = school.run(MODULE, check_mode=True, **wanted)
    assert predicted["changed"] and not predicted["changed_is_certain"] and predicted["warnings"]
    real = school.run(MODULE, **wanted)
    assert members(school, number) == ["ada", "bob"]
    assert real["counts"]["unknown"] == 1 and real.doubts == ["Moodle knows no user nobody (username) or no cohort Y1 (idnumber)"]
    by_id = {**wanted, "users": [str(school.ids["ada"]), str(school.ids["bob"])], "user_identifier": "id"}
    again = school.run(MODULE, **by_id)
    assert not again["changed"] and again["changed_is_certain"] and again["counts"]["unchanged"] == 2


def test_users_who_are_taken_out_unseen_are_never_certain(school, cohort):
    number = cohort("Y1", "ada")
    token = school.token_for(REMOVE)
    result = school.run(MODULE, cohort=str(number), cohort_identifier="id", users=["ada"], state="absent", token=token)
    assert result["changed"] and not result["changed_is_certain"] and members(school, number) == []


def test_a_cohort_of_an_unknown_id_is_told_even_without_a_list(school, cohort):
    number = cohort("Y1")
    items = [{"cohort": str(number), "users": ["ada"]}, {"cohort": "99", "users": ["bob"]}]
    result = school.both(MODULE, memberships=items, cohort_identifier="id", token=school.without(*LISTS))
    assert result.lists("user") == {"added": ["ada"]} and "Moodle knows no cohort 99 (id)" in result.reasons[0]


def test_a_user_of_an_unknown_id_is_not_called_an_unknown_cohort(school, cohort):
    cohort("Y1")
    result = school.run(MODULE, cohort="Y1", users=["99"], user_identifier="id", token=school.token_for(ADD))
    assert result["failed"] and result.doubts == ["Moodle knows no user 99 (id) or no cohort Y1 (idnumber)"]
    elsewhere = school.run(MODULE, cohort="Y1", users=["eve@3"], token=school.token_for(ADD))
    assert elsewhere["failed"] and "accounts of other sites (username@mnethostid)" in elsewhere.doubts[0]


def test_an_unknown_cohort_is_told_by_moodle_where_nothing_can_be_read(school):
    result = school.run(MODULE, cohort="NO", users=["ada", "bob"], token=school.token_for(ADD, USERS))
    assert result["failed"] and len(result.doubts) == 2 and result["error"]["kind"] == "partly_failed"
    assert "not exists" in result.doubts[0] and "nobody can look" in result["msg"]
    # Nobody has looked, so nobody may say that nothing changed.
    assert result["changed"] and not result["changed_is_certain"]
