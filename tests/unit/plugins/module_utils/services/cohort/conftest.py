# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle with users, cohorts and courses, and tasks on it, as modules run them."""

from __future__ import annotations

import importlib
import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.simulator.seed import CONTRACT_FUNCTIONS, EXTRA_FUNCTIONS

MODULES = "ansible_collections.activeprolearn.toolsync.plugins.modules"
EVERYTHING = (*CONTRACT_FUNCTIONS, *EXTRA_FUNCTIONS)
NAMES = ("ada", "bob", "cleo", "dan")


class Result(dict):
    """A task's result, and how to ask it."""

    def lists(self, key):
        """List -> what its entries hold under a key, of the lists that are not empty."""
        return {name: [entry[key] for entry in self[name]] for name, number in self["counts"].items() if number and name != "failed"}

    @property
    def reasons(self):
        return [failure["reason"] for failure in self["failures"]]

    @property
    def doubts(self):
        """Why things are unknown."""
        return [entry["reason"] for entry in self["unknown"]]


class School:
    """practice: the practice Moodle; ids: of the users, by name."""

    def __init__(self, practice, state_file):
        self.practice, self.state_file = practice, state_file
        self.token = self.token_for(*EVERYTHING)
        form = {}
        for number, name in enumerate(NAMES):
            user = {"username": name, "firstname": name, "lastname": "X", "email": f"{name}@example.com"}
            user.update(idnumber=f"U{name}", password="Secret-1234")
            form.update({f"users[{number}][{key}]": value for key, value in user.items()})
        made = practice.call("core_user_create_users", **form)
        self.ids = {user["username"]: user["id"] for user in made}

    def token_for(self, *functions, username="admin"):
        """A token of a service that holds just these functions."""
        token = f"{hash((functions, username)) % 10**30:032d}"
        service = {"shortname": f"only{token}", "functions": list(functions), "token": token, "username": username}
        self.practice.configure(service=service)
        return token

    def without(self, *functions):
        """A token that may call everything else."""
        return self.token_for(*(name for name in EVERYTHING if name not in functions))

    def run(self, module, check_mode=False, **options):
        """Run a module's task; options as a user writes them, aliases included."""
        task = importlib.import_module(f"{MODULES}.{module}").TASK
        # As it arrives from a playbook: no object is in it twice.
        given = json.loads(json.dumps({"url": self.practice.url, "token": self.token, **options}))
        if "state_file" in task.argument_spec:
            given.setdefault("state_file", self.state_file)
        checked = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return Result(run(task, checked.validated_parameters, check_mode=check_mode, diff=True))

    def both(self, module, **options):
        """Run it in check mode, then for real, and hold the one to the other; returns the real result."""
        writes = self.practice.counters()["writes"]
        predicted = self.run(module, check_mode=True, **options)
        assert self.practice.counters()["writes"] == writes
        real = self.run(module, **options)
        assert {key: predicted.get(key) for key in ("changed", "counts", "msg", "diff")} == {
            key: real.get(key) for key in ("changed", "counts", "msg", "diff")
        }
        return real

    def rows(self, table, **conditions):
        return [row for row in self.practice.state()[table] if all(row[key] == value for key, value in conditions.items())]

    def executed(self, *functions):
        counted = self.practice.counters()["executed"]
        return [counted.get(name, 0) for name in functions]


@pytest.fixture
def school(practice, tmp_path):
    """ada, bob, cleo and dan; the courses TPL and MATH101; no cohort yet."""
    made = School(practice, str(tmp_path / "state.json"))
    practice.control("DELETE", "counters")
    return made


@pytest.fixture
def cohort(school):
    """cohort(idnumber, *usernames, category="0") -> the id of a new cohort named after its idnumber."""

    def make(idnumber, *members, **options):
        result = school.run("toolsync_cohort", cohort=idnumber, name=f"Cohort {idnumber}", state_file="/dev/null", **options)
        (entry,) = result["created"]
        form = {}
        for number, name in enumerate(members):
            form[f"members[{number}][cohorttype][type]"] = "id"
            form[f"members[{number}][cohorttype][value]"] = str(entry["id"])
            form[f"members[{number}][usertype][type]"] = "username"
            form[f"members[{number}][usertype][value]"] = name
        if form:
            assert school.practice.call("tool_sync_cohort_add_members", **form) == {"warnings": []}
        return entry["id"]

    return make
