# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EXAMPLES of every module and filter, run in one play each."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.scenarios import INTERNAL

from .blocks import PLUGINS, examples

#: Task of an example -> why it is not run. The others of its plugin are.
NOT_RUN = {
    "Create a course from a backup on the server, with texts of its own": "the practice Moodle restores no backups by path",
    "On the Moodle host, set only what differs": "needs a shell on a Moodle host; the integration target of toolsync_config has one",
}
#: Variables that examples speak of.
VARIABLES = {
    "toolsync_role": {"role_ids": {"teacher": 4, "parent": 9}},
}
PREFIX = "activeprolearn.toolsync."
#: Tasks before the examples of a plugin, for what they take for granted.
BEFORE = {
    "toolsync_cohort_enrol": [{f"{PREFIX}toolsync_cohort": {"cohort": "STAFF", "name": "Staff"}}],
    "toolsync_cohort_info": [{f"{PREFIX}toolsync_cohort": {"cohort": "Y2", "name": "Second year"}}],
    "toolsync_enrol": [{f"{PREFIX}toolsync_group": {"course": "MATH101", "groups": [{"group": "Group A"}, {"group": "Lab 2"}]}}],
    "toolsync_group": [{f"{PREFIX}toolsync_enrol": {"course": "MATH101", "users": ["ada", "bob", "cleo"]}}],
    "toolsync_role": [{f"{PREFIX}toolsync_enrol": {"course": "MATH101", "users": ["ada"], "role": "teacher"}}],
    "toolsync_process": [
        {f"{PREFIX}toolsync_upload": {"service": "courses", "action": "create", "src": "courses.csv"}},
        {f"{PREFIX}toolsync_config": {"service": "courses", "settings": {"fileuploadlocation": "courses.csv"}}},
    ],
}


def tasks_of(listed):
    """All tasks, those in blocks too."""
    for task in listed:
        inner = [other for part in ("block", "rescue", "always") for other in task.get(part, [])]
        yield from tasks_of(inner) if inner else [task]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.stem)
def test_examples(plugin, inhabited, kitchen):
    """They are tasks with names, use what they document, and do what they say."""
    tasks = examples(plugin)
    everything = list(tasks_of(tasks))
    assert all(task.get("name") for task in everything)
    # What is internal to a role has its examples.
    internal = plugin.stem in INTERNAL
    assert internal or plugin.stem in str(everything)
    run = [task for task in tasks if task["name"] not in NOT_RUN]
    before = BEFORE.get(plugin.stem, [])
    connection = {"url": kitchen.practice.url, "token": kitchen.practice.token}
    play = {
        "name": plugin.stem, "hosts": "localhost", "gather_facts": False, "pre_tasks": before, "tasks": run,
        "vars": VARIABLES.get(plugin.stem, {}),
        "module_defaults": {"group/activeprolearn.toolsync.toolsync": connection},
    }
    kitchen.write("play.yml", yaml.safe_dump([play], allow_unicode=True, sort_keys=False))
    output = kitchen.succeeds("play.yml")
    recap = dict(re.findall(r"(\w+)=(\d+)", output.partition("PLAY RECAP")[2]))
    # A loop over what is wrong has nothing to do here.
    skipped = re.findall(r"^TASK \[(.*?)\] \*+\n(?:skipping:.*\n)", output, re.MULTILINE)
    ours = {task["name"] for task in tasks_of(run) if any(key.startswith(PREFIX) for key in task)}
    assert not ours & set(skipped), output
    # A role has tasks of its own.
    has_role = any("ansible.builtin.include_role" in task for task in tasks_of(run))
    assert internal or has_role or int(recap["ok"]) + len(skipped) == len(before) + len(list(tasks_of(run))), output
    assert recap["ignored"] == "0"


def test_what_is_not_run_exists():
    names = {task["name"] for plugin in PLUGINS for task in tasks_of(examples(plugin))}
    assert set(NOT_RUN) <= names
