# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are foretold, run, and held against the practice Moodle's database."""

from __future__ import annotations

import functools

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_config, toolsync_process, toolsync_upload

SETTINGS = {
    "users": {"primaryidentity": "username"},
    "enrols": {"courseidentifier": "shortname", "useridentifier": "username"},
    "cohorts": {"useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"},
    "courses": {"filedeleteidentifier": "shortname", "fileresetidentifier": "shortname"},
}
LOCATIONS = {"create": "fileuploadlocation", "delete": "filedeletelocation", "reset": "fileresetlocation"}
#: Columns that any run may touch, and that say nothing.
_BOOKKEEPING = {"timemodified", "timecreated", "maildisplay", "maildigest"}
_TABLES = ("user", "user_enrolments", "role_assignments", "groups", "groups_members", "cohort", "cohort_members", "course")


class Told:
    """What a task said: counts without zeros, rows by line, and the rest of its result."""

    def __init__(self, result):
        self.result = result
        self.counts = {name: count for name, count in result["counts"].items() if count and name != "rows"}
        self.rows = {row["line"]: (row["outcome"], row["because"]) for row in result["rows"]}
        self.changed, self.certain = result["changed"], result["changed_is_certain"]


class Job:
    def __init__(self, practice, perform, tmp_path):
        self.practice, self.perform, self._folder = practice, perform, tmp_path

    def put(self, service, content, action="sync", check=True, **settings):
        """check: with that of the upload."""
        self.service, self.action, self.path = service, action, self._folder / "job.csv"
        self.path.write_text(content, encoding="utf-8")
        options = {"src": str(self.path), "dest": "job.csv", "allow_destructive": True}
        done = self.perform(toolsync_upload.TASK, **({"service": service, "action": action} if check else {}), **options)
        assert not done.get("failed"), done
        named = {LOCATIONS.get(action, "filelocation"): "job.csv", **SETTINGS[service], **settings}
        assert not self.perform(toolsync_config.TASK, service=service, settings=named).get("failed")
        return self

    def task(self, check_mode=False, **options):
        given = {"service": self.service, "action": self.action, "src": str(self.path), "on_failures": "warn", **options}
        return self.perform(toolsync_process.TASK, check_mode, **given)

    def foretold(self, **options):
        return Told(self.task(check_mode=True, **options))

    def run(self, **options):
        return Told(self.task(**options))

    def database(self):
        state = self.practice.state()
        return {
            table: {row["id"]: {name: value for name, value in row.items() if name not in _BOOKKEEPING} for row in state[table]}
            for table in _TABLES
        }

    def both(self, service, content, action="sync", **settings):
        """(foretold, done, names of the tables that the run changed)."""
        self.put(service, content, action, **settings)
        foretold, before = self.foretold(), self.database()
        done, after = self.run(), self.database()
        return foretold, done, {table for table in _TABLES if before[table] != after[table]}


@pytest.fixture
def job(practice, perform, token_for, tmp_path):
    """With a token for all that the collection calls."""
    return Job(practice, functools.partial(perform, token=token_for(*FUNCTIONS)), tmp_path)
