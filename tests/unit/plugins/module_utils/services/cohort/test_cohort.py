# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts made, changed and deleted on the practice Moodle."""

from __future__ import annotations

import pytest

MODULE = "toolsync_cohort"
CREATE, UPDATE, DELETE = "core_cohort_create_cohorts", "core_cohort_update_cohorts", "tool_sync_cohort_delete"
LISTS = ("tool_sync_get_cohorts", "core_cohort_get_cohorts")


def fields(school, *names):
    return [tuple(row[name] for name in names) for row in school.rows("cohort")]


# -- present ----------------------------------------------------------------------------------------------------------


def test_a_cohort_is_made_once(school):
    wanted = {"cohort": "Y1", "name": "First & best", "description": "<p>R&D</p>", "visible": False}
    first = school.both(MODULE, **wanted)
    assert first["changed"] and first["changed_is_certain"] and first["created"] == [{"cohort": "Y1", "id": 1}]
    assert fields(school, "name", "idnumber", "description", "visible") == [("First & best", "Y1", "<p>R&D</p>", 0)]
    again = school.both(MODULE, **wanted)
    assert not again["changed"] and again["unchanged"] == [{"cohort": "Y1", "id": 1}]
    assert school.executed(CREATE, UPDATE) == [1, 0]


def test_many_cohorts_take_one_request_and_share_the_options_of_the_task(school):
    items = [{"cohort": "A", "name": "a"}, {"cohort": "B", "name": "b", "visible": True}, {"cohort": "A", "name": "a"}]
    result = school.both(MODULE, cohorts=items, visible=False)
    assert result.lists("cohort") == {"created": ["A", "B"]}
    assert fields(school, "idnumber", "visible") == [("A", 0), ("B", 1)]
    assert school.executed(CREATE) == [1]


def test_batches_keep_within_the_limit_of_php(school):
    school.practice.configure(limits={"max_input_vars": 60})
    result = school.run(MODULE, cohorts=[{"cohort": f"C{number}", "name": "c"} for number in range(30)])
    assert result["counts"]["created"] == 30 and len(school.rows("cohort")) == 30
    assert [entry["id"] for entry in result["created"]] == list(range(1, 31))
    assert school.executed(CREATE)[0] > 3


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"name": "Other"}, "name", "Other"),
        ({"description": ""}, "description", ""),
        ({"visible": False}, "visible", 0),
        ({"idnumber": "Y2"}, "idnumber", "Y2"),
        ({"idnumber": ""}, "idnumber", ""),
    ],
)
def test_only_what_is_asked_for_changes(school, change, column, value):
    school.run(MODULE, cohort="Y1", name="Name", description="Text")
    (before,) = school.rows("cohort")
    result = school.both(MODULE, cohort="Name", cohort_identifier="name", **change)
    assert result.lists("id") == {"updated": [1]}
    (after,) = school.rows("cohort")
    assert {key for key in after if after[key] != before[key]} - {"timemodified"} == {column}
    assert after[column] == value
    assert list(result["diff"]["after"]["Name"]) == list(change)


def test_a_new_cohort_may_be_named_only(school):
    assert school.both(MODULE, cohort="Staff", cohort_identifier="name").lists("cohort") == {"created": ["Staff"]}
    assert fields(school, "name", "idnumber") == [("Staff", "")]
    second = school.both(MODULE, cohort="More", cohort_identifier="name")
    assert second["failed"] and "only one cohort without an idnumber" in second.reasons[0]


def test_a_task_makes_one_cohort_without_an_idnumber(school):
    result = school.both(MODULE, cohorts=[{"cohort": "A"}, {"cohort": "B"}, {"cohort": "C", "idnumber": "C1"}], cohort_identifier="name")
    assert result["failed"] and result.lists("cohort") == {"created": ["A", "C"]}
    assert fields(school, "name", "idnumber") == [("A", ""), ("C", "C1")]


@pytest.mark.parametrize(
    "options",
    [
        {"cohort": "Old", "cohort_identifier": "name", "name": "New & better"},
        {"cohort": "Old", "cohort_identifier": "name", "name": "New", "idnumber": "N1"},
        {"cohort": "O1", "idnumber": "N1"},
        {"cohort": "O1", "idnumber": "N1", "name": "New"},
    ],
)
def test_a_cohort_is_renamed_once(school, options):
    school.run(MODULE, cohort="O1", name="Old")
    assert school.both(MODULE, **options).lists("id") == {"updated": [1]}
    again = school.both(MODULE, **options)
    assert not again["changed"] and again["changed_is_certain"] and again.lists("id") == {"unchanged": [1]}
    assert len(school.rows("cohort")) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cohort": "Y9"}, "a new one needs a name"),
        ({"cohort": "9", "cohort_identifier": "id", "name": "n"}, "no cohort has the id 9"),
        ({"cohort": "Same", "cohort_identifier": "name", "visible": False}, "several cohorts have the name Same (ids 2, 3)"),
        ({"cohort": "Y1", "idnumber": "S1"}, "the cohort with the id 2 has the idnumber S1 already"),
        ({"cohort": "New", "cohort_identifier": "name", "idnumber": "S1"}, "the cohort with the id 2 has the idnumber S1 already"),
        ({"cohort": "Y9", "name": "n", "category": "99"}, "no category has the id 99"),
        ({"cohort": "Y1", "category": "NO", "category_identifier": "idnumber"}, "no category has the idnumber NO"),
    ],
)
def test_a_failure_names_the_culprit_and_keeps_nobody_else(school, options, says):
    school.run(MODULE, cohorts=[{"cohort": "Y1", "name": "n"}, {"cohort": "S1", "name": "Same"}, {"cohort": "S2", "name": "Same"}])
    result = school.both(MODULE, cohorts=[options, {"cohort": "Z", "name": "z"}])
    assert result["failed"] and says in result["msg"] and says in result.reasons[0]
    assert result.lists("cohort") == {"created": ["Z"]}
    assert school.run(MODULE, cohorts=[options], on_failures="warn")["warnings"]


@pytest.mark.parametrize(
    ("cohort", "by"), [("1", "id"), ("One", "name"), ("New", "name")], ids=["changed by id", "changed by name", "made"]
)
def test_one_task_gives_no_two_cohorts_one_idnumber(school, cohort, by):
    """Moodle's update would do it without a word."""
    school.run(MODULE, cohorts=[{"cohort": "A", "name": "One"}, {"cohort": "B", "name": "Two"}])
    items = [{"cohort": "B", "idnumber": "Z"}, {"cohort": cohort, "cohort_identifier": by, "idnumber": "Z"}]
    result = school.both(MODULE, cohorts=items)
    assert result["failed"] and result.reasons == ["item 1 of cohorts gives the idnumber Z to another cohort"]
    assert fields(school, "name", "idnumber") == [("One", "A"), ("Two", "Z")]


def test_a_cohort_is_named_once_in_a_task(school):
    """The second one would be sent with what the first has changed as it was before."""
    school.run(MODULE, cohort="A", name="One")
    items = [{"cohort": "1", "cohort_identifier": "id", "name": "Two"}, {"cohort": "A", "description": "d"}]
    result = school.both(MODULE, cohorts=items)
    assert result["failed"] and result.reasons == ["item 1 of cohorts names the same cohort by its id: name it once"]
    assert fields(school, "name", "description") == [("Two", "")]


@pytest.mark.parametrize(
    "options",
    [
        {"cohort": "x" * 101, "idnumber": "y" * 101},
        {"cohort": "A", "name": "n" * 255},
        {"cohort": "A", "name": " "},
        {"cohort": "A", "category": "x"},
        {"cohort": "", "name": "n"},
        {"cohort": "x", "cohort_identifier": "id"},
        {"cohorts": [{"cohort": "A", "name": "a"}, {"cohort": "A", "name": "b"}]},
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(school, options):
    result = school.run(MODULE, **options)
    assert result["failed"] and result["error"]["kind"] == "option"
    assert not school.practice.counters()["calls"]


# -- categories -------------------------------------------------------------------------------------------------------


def context(school, category):
    (row,) = school.rows("context", contextlevel=40, instanceid=category)
    return row["id"]


def test_a_cohort_moves_to_a_category_and_back(school):
    school.run(MODULE, cohort="Y1", name="n")
    assert school.both(MODULE, cohort="Y1", category="1")["diff"]["after"] == {"Y1": {"category": 1}}
    assert fields(school, "contextid") == [(context(school, 1),)]
    assert not school.both(MODULE, cohort="Y1", category="1")["changed"]
    assert school.both(MODULE, cohort="Y1", category="0")["changed"]
    assert fields(school, "contextid") == [(1,)]


def test_a_change_leaves_a_cohort_in_its_category(school):
    school.run(MODULE, cohort="Y1", name="n", category="1")
    assert school.both(MODULE, cohort="Y1", name="m").lists("cohort") == {"updated": ["Y1"]}
    assert fields(school, "name", "contextid") == [("m", context(school, 1))]


def test_a_cohort_whose_category_can_not_be_told_is_not_moved_by_accident(school):
    school.run(MODULE, cohort="Y1", name="n", category="1")
    token = school.without("core_cohort_search_cohorts")
    result = school.both(MODULE, cohort="Y1", name="m", token=token)
    assert result["failed"] and "core_cohort_search_cohorts" in result["msg"]
    assert school.executed(UPDATE) == [0]


def test_what_was_sent_last_stands_in_for_a_category_that_can_not_be_read(school):
    school.run(MODULE, cohort="Y1", name="n")
    token = school.without("core_cohort_search_cohorts")
    first = school.both(MODULE, cohort="Y1", category="1", token=token)
    assert first["changed"] and not first["changed_is_certain"]
    assert "core_cohort_search_cohorts" in first["uncertain"][0]["because"]
    again = school.both(MODULE, cohort="Y1", category="1", token=token)
    assert not again["changed"] and not again["changed_is_certain"]


# -- absent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", [("Y1", "idnumber"), ("1", "id"), ("n", "name")])
def test_a_cohort_is_deleted_once(school, identifier):
    school.run(MODULE, cohort="Y1", name="n")
    gone = {"cohort": identifier[0], "cohort_identifier": identifier[1], "state": "absent"}
    first = school.both(MODULE, **gone)
    assert first["deleted"] == [{"cohort": identifier[0], "id": 1}] and school.rows("cohort") == []
    again = school.both(MODULE, **gone)
    assert not again["changed"] and again["changed_is_certain"] and again.lists("cohort") == {"unchanged": [identifier[0]]}
    assert school.executed("tool_sync_cohort_delete") == [1]


def test_without_a_list_the_plugin_itself_says_whether_there_was_a_cohort(school):
    school.run(MODULE, cohort="Y1", name="n")
    gone = {"cohorts": [{"cohort": "Y1"}, {"cohort": "Y2"}], "state": "absent", "token": school.token_for("tool_sync_cohort_delete")}
    predicted = school.run(MODULE, check_mode=True, **gone)
    assert predicted["changed"] and not predicted["changed_is_certain"]
    real = school.run(MODULE, **gone)
    assert real["changed_is_certain"] and real.lists("cohort") == {"deleted": ["Y1"], "unchanged": ["Y2"]}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("functions", [(DELETE,), (DELETE, *LISTS)], ids=["unseen", "seen"])
def test_a_deletion_without_an_answer_is_not_sent_again_but_looked_at(school, functions, when):
    school.run(MODULE, cohort="Y1", name="n")
    school.practice.fault("reset", function=DELETE, when=when, skip=1)
    result = school.run(MODULE, cohort="Y1", state="absent", token=school.token_for(*functions), retries=1)
    gone = when == "after"
    assert (school.rows("cohort") == []) is gone and school.executed(DELETE) == [int(gone)] and result["changed"]
    assert result["changed_is_certain"] is (gone and len(functions) > 1)
    assert result.lists("cohort") == ({"deleted": ["Y1"]} if result["changed_is_certain"] else {"unknown": ["Y1"]})


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "options", "says"),
    [
        (LISTS, {"name": "n"}, "Add tool_sync_get_cohorts or core_cohort_get_cohorts"),
        (LISTS, {"cohort_identifier": "name", "state": "absent"}, "Add tool_sync_get_cohorts"),
        ((CREATE,), {"name": "n"}, CREATE),
        (("core_course_get_categories",), {"name": "n", "category": "X", "category_identifier": "idnumber"}, "core_course_get_categories"),
    ],
)
def test_a_function_that_is_missing_is_named_before_anything_is_sent(school, missing, options, says):
    result = school.both(MODULE, cohort="Y1", token=school.without(*missing), **options)
    assert result["failed"] and says in result["msg"]
    assert school.practice.counters()["writes"] == 0


def test_core_lists_cohorts_where_the_plugin_may_not(school):
    token = school.without("tool_sync_get_cohorts")
    assert school.both(MODULE, cohort="Y1", name="n", token=token)["changed"]
    assert not school.both(MODULE, cohort="Y1", name="n", token=token)["changed"]


def test_an_account_without_the_right_is_told(school):
    school.practice.configure(account={"username": "robot", "capabilities": ["webservice/rest:use", "moodle/category:manage"]})
    token = school.token_for(*LISTS, CREATE, UPDATE, "core_webservice_get_site_info", username="robot")
    predicted = school.run(MODULE, check_mode=True, cohort="Y1", name="n", token=token)
    assert predicted["changed"] and not predicted["changed_is_certain"]
    assert predicted["uncertain"] == [
        {"because": "whether the token's account may do this, unless it is an administrator's, can't be seen", "items": 1}
    ]
    result = school.run(MODULE, cohort="Y1", name="n", token=token)
    assert result["failed"] and "moodle/cohort:manage" in result["msg"]
    school.run(MODULE, cohort="Y1", name="n")
    result = school.run(MODULE, cohort="Y1", name="n", token=token)
    assert result["failed"] and "moodle/cohort:view" in result["msg"]


def test_a_cohort_whose_answer_is_lost_is_found_with_its_id(school):
    school.practice.fault("reset", function=CREATE, when="after", skip=1)  # the first call only asks whether it is allowed
    result = school.run(MODULE, cohorts=[{"cohort": "Y1", "name": "n"}, {"cohort": "m", "cohort_identifier": "name"}], retries=0)
    assert not result.get("failed") and result["changed_is_certain"]
    assert result["created"] == [{"cohort": "Y1", "id": 1}, {"cohort": "m", "id": 2}] and school.executed(CREATE) == [1]


def test_a_cohort_that_was_not_made_is_not_called_made(school):
    school.practice.fault("reset", function=CREATE, skip=1)
    result = school.run(MODULE, cohort="Y1", name="n", retries=0)
    assert result["failed"] and result["error"]["kind"] == "unknown" and result["changed"] and not result["changed_is_certain"]
    assert result["created"] == [] and [entry["cohort"] for entry in result["unknown"]] == ["Y1"]


@pytest.mark.parametrize(
    "options", [{"name": "o"}, {"idnumber": "Y2"}, {"description": "d"}, {"visible": False}, {"category": "1"}, {"state": "absent"}]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_became_of_a_change_is_looked_at(school, options, when):
    school.run(MODULE, cohort="Y1", name="n")
    function = DELETE if "state" in options else UPDATE
    school.practice.fault("close", function=function, when=when, skip=1)
    result = school.run(MODULE, cohort="Y1", retries=0, **options)
    assert result.get("failed", False) is (when == "before") and result["changed_is_certain"] is (when == "after")
    assert result["changed"] and result["counts"]["unknown"] == (when == "before")
