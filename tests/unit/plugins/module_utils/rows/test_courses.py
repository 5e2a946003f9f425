# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of courses."""

from __future__ import annotations

import pytest

#: What a user may know of the practice Moodle's settings, and no web service tells.
TOLD = {"forceupdate": "0", "coursecategoryidentifier": "idname", "fileuploadidentifier": "shortname"}


def test_new_and_known(job):
    content = "shortname;fullname;category;idnumber\nC1;Course;1;I1\nMATH101;Math;1;M101\nC2;Course;Category 1/New;\n"
    job.put("courses", content, "create")
    foretold = job.foretold(settings=TOLD)
    assert foretold.counts == {"created": 2, "unchanged": 1} and foretold.certain
    assert not job.foretold().certain, "what the site does with courses that exist, and what its categories are named by, is not known"
    done = job.run()
    assert done.counts == foretold.counts and done.certain and done.changed
    foretold = job.foretold()
    assert foretold.counts == {"unchanged": 3} and foretold.certain and not foretold.changed, "the run has shown how the site is set"


def test_a_template_that_is_not_there(job):
    foretold, done, tables = job.both("courses", "shortname;fullname;category;template\nK32;Course;Category 1;NOPE\n", "create")
    assert foretold.counts == done.counts == {"failed": 1} and not tables and done.certain and not done.changed
    assert foretold.rows[2] == ("fail", "template: there is no such course")


def test_a_template_that_is_not_there_and_a_category_that_is_made_all_the_same(job):
    content = "shortname;fullname;category;template\nK32;Course;Category 1/Fresh;NOPE\nK33;Course;Category 1/Fresh;NOPE\n"
    job.put("courses", content, "create")
    foretold = job.foretold(settings=TOLD)
    assert foretold.counts == {"failed": 2} and foretold.changed and foretold.certain
    assert not job.foretold().certain, "whether that is a path is a setting of the site"
    before = len(job.practice.state()["course_categories"])
    done = job.run(settings=TOLD)
    assert len(job.practice.state()["course_categories"]) == before + 1
    assert done.counts == {"failed": 2} and done.changed and done.certain
    again = job.run(settings=TOLD)
    assert not again.changed and again.certain


def test_a_category_that_is_not_there_keeps_the_run_from_starting(job):
    content = "shortname;fullname;category\nK25;C;1\nK39;C;1\nK34;C;999\nK11;C;1\n"
    job.put("courses", content, "create")
    for check_mode in (True, False):
        result = job.task(check_mode)
        assert result["failed"] and not result["changed"] and "Line 4 would end the run" in result["msg"]
        assert "category: there is none of this id" in result["msg"]
    assert "tool_sync_process" not in job.practice.counters()["executed"]


def test_a_run_that_ends_in_the_middle_all_the_same(job, monkeypatch):
    """Where the category goes after the plan was made."""
    from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import process

    content = "shortname;fullname;category\nK25;C;1\nK39;C;1\nK34;C;999\nK11;C;1\n"
    job.put("courses", content, "create")
    monkeypatch.setattr(process.ProcessPlan, "rehearse", lambda plan: None)
    before = job.database()
    result = job.task()
    assert result["failed"] and result["changed"] and result["outcome"] == "aborted" and "see rows" in result["msg"]
    assert [(row["line"], row["outcome"]) for row in result["rows"]] == [(2, "create"), (3, "create"), (4, "fail"), (5, "skip")]
    assert len(job.database()["course"]) - len(before["course"]) == 2


def test_which_row_of_several_has_made_a_category_is_not_certain(job):
    """The first ends the run, and has made the category of both."""
    content = "shortname;fullname;category;newsitems\nK0;C;Category 1/Fresh/Deep;11\nK4;C;Category 1/Fresh;5\n"
    job.put("courses", content, "create", check=False)
    before = len(job.practice.state()["course_categories"])
    done = job.run(settings=TOLD)
    assert len(job.practice.state()["course_categories"]) == before + 2 and done.changed
    assert done.rows[2][0] == "update" and not done.certain


def test_an_idnumber_of_another_course_ends_the_run(job):
    job.put("courses", "shortname;fullname;category;idnumber\nK1;C;1;M101\n", "create")
    assert "idnumber: another course has it" in job.task()["msg"]


def test_deleted(job):
    foretold, done, tables = job.both("courses", "TPL\nNOPE\nTPL\n", "delete")
    assert foretold.counts == done.counts == {"deleted": 1, "skipped": 2} and "course" in tables
    assert foretold.certain and done.certain
    foretold, done, tables = job.both("courses", "TPL\n", "delete")
    assert foretold.counts == done.counts == {"skipped": 1} and not tables and not done.changed and done.certain


@pytest.mark.parametrize("name, counts", [("TPL", {"updated": 1}), ("NOPE", {"failed": 1})])
def test_reset(job, name, counts):
    content = f"shortname;events;logs;notes;grades;roles;local_roles;groups;groupings;modules\n{name};yes;no;no;;student;;;;\n"
    foretold, done, _tables = job.both("courses", content, "reset")
    assert foretold.counts == done.counts == counts
    assert done.certain == (name == "NOPE"), "what there was to reset can't be seen"
