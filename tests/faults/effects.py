# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task did to the practice Moodle's data, held against what it says of it."""

from __future__ import annotations

import json

#: Scenario -> the tables of which each row that came or went is an item that the task tells.
ITEMS = {
    "process users": ("user",),
    "process enrols": ("user_enrolments",),
    "process cohorts": ("cohort_members",),
    "deploy": ("course",),
    "enrol": ("user_enrolments",),
    "enrol groups": ("user_enrolments", "groups_members"),
    "unenrol": ("user_enrolments",),
    "unassign": ("role_assignments",),
    "cohort": ("cohort",),
    "cohort deleted": ("cohort",),
    "cohort members": ("cohort_members",),
    "group": ("groups", "groups_members"),
    "role": ("role_assignments",),
}
#: Counts of items that were left as they are, or of which nobody knows.
_NOT_DONE = ("rows", "unchanged", "skipped", "failed", "not_done", "unreported", "unparsed", "unknown")
#: What differs between two runs that do the same, and what only one of two that end alike says.
_OF_THE_WAY = ("invocation", "warnings", "draft_item_id", "confirmed", "course_url")


def done_items(scenario, before, found):
    """How many items were done by the site's data before and after."""
    return sum(len(_rows(before[table]) ^ _rows(found[table])) for table in ITEMS[scenario])


def told_items(result):
    """(how many items a result calls done, of how many it says that it does not know)."""
    if "created" in result and "counts" not in result:
        return int(bool(result["created"])), int(result["created"] is None)
    counts = result.get("counts", {})
    unsaid = counts.get("unknown", 0) + counts.get("unreported", 0)
    if result.get("outcome") == "unknown":
        # What was seen not to be done, by a run that may still be going on.
        unsaid += counts["not_done"]
    return sum(number for name, number in counts.items() if name not in _NOT_DONE), unsaid


def essence(result, folder):
    """What two runs that end alike must both say. folder: of this run's own files."""
    said = {key: value for key, value in result.items() if key not in _OF_THE_WAY}
    return json.loads(json.dumps(said).replace(str(folder), "FOLDER"))


def judge(scenario, result, before, found):
    """Raise AssertionError for what a result says and the site's data deny."""
    assert found == before or result["changed"], "called unchanged, but the site is another one"
    certain = result.get("changed_is_certain", False)
    assert not certain or result["changed"] == (found != before), "certain, and not so"
    if scenario not in ITEMS:
        return
    done, (told, unknown) = done_items(scenario, before, found), told_items(result)
    assert not certain or (told == done and not unknown), f"{told} items told with certainty, {done} done"
    assert told <= done <= told + unknown, f"{told} items told, {unknown} unknown, {done} done"


def _rows(table):
    return {json.dumps({key: value for key, value in row.items() if key != "id"}, sort_keys=True) for row in table}
