# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of cohorts."""

from __future__ import annotations

import pytest

HEAD = "cmd;userid;cidnumber;cname;cdescription\n"


@pytest.fixture
def cohort(school, job):
    """Ada and Bob in CO1."""
    job.both("cohorts", HEAD + "add;ada;CO1;Cohort 1;d1\nadd;bob;CO1;Cohort 1;\n")
    return job


def test_made_and_filled(school, job):
    content = HEAD + "add;ada;CO1;Cohort 1;d1\nadd;bob;CO1;Cohort 1;d1\n"
    foretold, done, tables = job.both("cohorts", content)
    assert foretold.counts == done.counts == {"created": 1, "updated": 1} and foretold.certain and done.certain
    assert tables == {"cohort", "cohort_members"}
    foretold, done, tables = job.both("cohorts", content)
    assert foretold.counts == done.counts == {"unchanged": 2} and not done.changed and done.certain and not tables


def test_a_cohort_changes_although_the_row_fails(cohort):
    foretold, done, tables = cohort.both("cohorts", HEAD + "add;nobody;CO1;Cohort 1;d2\n")
    assert foretold.counts == done.counts == {"failed": 1} and tables == {"cohort"}
    assert foretold.changed and done.changed and foretold.certain and done.certain


def test_later_rows_see_what_earlier_ones_did(cohort):
    content = HEAD + "add;ada;CO1;Cohort 1;d2\nadd;ada;CO1;Cohort 1;d2\nadd;bob;CO1;Cohort 1;d1\n"
    foretold, done, tables = cohort.both("cohorts", content)
    assert foretold.counts == done.counts == {"updated": 2, "unchanged": 1} and not tables
    assert foretold.certain and done.certain


def test_a_cohort_that_an_unknown_user_would_delete_keeps_the_run_from_starting(cohort):
    cohort.put("cohorts", HEAD + "del;nobody;CO1;Cohort 1;\nadd;cleo;CO1;Cohort 1;\n")
    for check_mode in (True, False):
        result = cohort.task(check_mode)
        assert result["failed"] and not result["changed"] and "2 members" in result["msg"] and "allow_destructive" in result["msg"]
    foretold, before = cohort.foretold(allow_destructive=True), cohort.database()
    done = cohort.run(allow_destructive=True)
    assert foretold.counts == done.counts == {"deleted": 1, "created": 1} and done.changed and done.certain and foretold.certain
    assert before["cohort"].keys() != cohort.database()["cohort"].keys()


def test_members_go(cohort):
    content = HEAD + "del;ada;CO1;Cohort 1;\ndel;cleo;CO1;Cohort 1;\ndel;ada;NOPE;Cohort 1;\n"
    foretold, done, tables = cohort.both("cohorts", content)
    assert foretold.counts == done.counts == {"deleted": 1, "unchanged": 2} and tables == {"cohort_members"}
    assert foretold.certain and done.certain
    foretold, done, tables = cohort.both("cohorts", HEAD + "free;;CO1;;\nfree;;CO1;;\nfree;;NOPE;;\n")
    assert foretold.counts == done.counts == {"updated": 1, "unchanged": 1, "skipped": 1} and tables == {"cohort_members"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("add;ada;CO2;Cohort 1;", "cname: another cohort has this name, so that no new one is made"),
        ("add;;CO1;Cohort 1;", "userid: is empty"),
        ("add;nobody;CO1;Cohort 1;", "userid: there is no such user"),
    ],
)
def test_rows_that_fail(cohort, row, why):
    foretold, done, tables = cohort.both("cohorts", HEAD + row + "\n")
    assert foretold.rows[2] == ("fail", why) and done.rows[2] == ("fail", why) and not tables
    assert foretold.certain and done.certain and not done.changed


def test_without_autocreate(cohort):
    foretold, done, tables = cohort.both("cohorts", HEAD + "add;ada;CO9;New;\n", autocreate="0")
    assert foretold.counts == done.counts == {"failed": 1} and not tables and done.certain


def test_a_cohort_without_a_name_ends_the_run(cohort):
    cohort.put("cohorts", HEAD + "add;ada;CO1;Cohort 1;\nadd;ada;CO9;;\n")
    assert "Line 3 would end the run" in cohort.task()["msg"]


def test_by_name_and_by_id(cohort):
    content = "userid;cname;cidnumber\nada;Cohort 1;CO1\ncleo;Choir;CH1\n"
    foretold, done, _tables = cohort.both("cohorts", content, cohortidentifier="name")
    assert foretold.counts == done.counts == {"unchanged": 1, "created": 1} and foretold.certain and done.certain
