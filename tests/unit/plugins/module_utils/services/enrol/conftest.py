# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle with users to enrol, and the task that enrols them, as a module runs it."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_enrol import TASK

from tests.simulator.fixture import Practice

LISTS = ("enrolled", "updated", "unenrolled", "unchanged")
WRITES = ("tool_sync_enrol_users_enrol", "enrol_manual_unenrol_users", "core_role_unassign_roles")


class Result(dict):
    """A task's result, and how to ask it."""

    def users(self, name):
        return [entry["user"] for entry in self[name]]

    @property
    def lists(self):
        """List -> users, of the lists that are not empty."""
        return {name: self.users(name) for name in LISTS if self[name]}

    @property
    def doubt(self):
        """Why the only one that is unknown is."""
        (entry,) = self["unknown"]
        return entry["reason"]

    @property
    def reason(self):
        (failure,) = self["failures"]
        return failure["reason"]


class School:
    """practice: the practice Moodle; call: its web services."""

    def __init__(self, practice, state_file):
        self.practice, self._state_file = practice, state_file
        self.call = practice.call
        self.add_users("ada", "bob", "cleo", "dan")

    def add_users(self, *names, **fields):
        """The ids of new users, by name; e-mail NAME@example.com, idnumber UNAME. 100 a request."""
        ids = {}
        for start in range(0, len(names), 100):
            form = {}
            for number, name in enumerate(names[start : start + 100]):
                user = {
                    "username": name, "firstname": name, "lastname": "X", "email": f"{name}@example.com",
                    "idnumber": f"U{name}", "password": "Secret-1234", **fields,
                }
                form.update({f"users[{number}][{key}]": value for key, value in user.items()})
            ids.update({user["username"]: user["id"] for user in self.call("core_user_create_users", **form)})
        return ids

    def enrol(self, check_mode=False, **options):
        """Run the task; options as a user writes them, aliases included."""
        given = {"url": self.practice.url, "token": self.practice.token, "state_file": self._state_file, **options}
        checked = ArgumentSpecValidator(TASK.argument_spec, **TASK.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return Result(run(TASK, checked.validated_parameters, check_mode=check_mode, diff=True))

    def enrol_by_cohort(self, *names):
        """Enrol users as students of MATH101 through a cohort."""
        settings = {
            "filelocation": "cohorts.csv", "useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"
        }
        for key, value in settings.items():
            self.call("tool_sync_set_config", service="cohorts", confkey=key, confvalue=value)
        self._run_cohorts("cmd;cname;cidnumber\nadd;C;C\n")
        bind = {"chidsource": "idnumber", "chid": "C", "cidsource": "shortname", "cid": "MATH101"}
        assert self.call("tool_sync_cohort_bind", ridsource="shortname", rid="student", method="cohort", **bind) is True
        self._run_cohorts("cmd;cname;userid;cidnumber\n" + "".join(f"add;C;{name};C\n" for name in names))

    def _run_cohorts(self, content):
        self.practice.put("cohorts.csv", content)
        self.call("tool_sync_process", service="cohorts", action="sync")

    def token_for(self, *functions, username="admin"):
        """A token of a service that holds just these functions."""
        token = f"{len(functions):032d}"
        self.practice.configure(
            service={"shortname": f"only{len(functions)}", "functions": functions, "token": token, "username": username}
        )
        return token

    def assignments(self):
        """{(username, role id)} of all role assignments."""
        state = self.practice.state()
        names = {user["id"]: user["username"] for user in state["user"]}
        return {(names[row["userid"]], row["roleid"]) for row in state["role_assignments"]}

    def enrolment(self, username):
        """The row of a user's only enrolment, or None."""
        state = self.practice.state()
        number = next(user["id"] for user in state["user"] if user["username"] == username)
        found = [row for row in state["user_enrolments"] if row["userid"] == number]
        assert len(found) < 2
        return found[0] if found else None

    def sent(self):
        """Writing function of the task -> how often it ran."""
        executed = self.practice.counters()["executed"]
        return {name: executed[name] for name in WRITES if executed.get(name)}


@pytest.fixture
def school(practice, tmp_path):
    """The practice Moodle with ada, bob, cleo and dan, whom nobody has enrolled yet."""
    practice.configure(limits={"max_input_vars": 1000})
    made = School(practice, str(tmp_path / "state.json"))
    practice.control("DELETE", "counters")
    return made


@pytest.fixture
def enrol(school):
    """enrol(check_mode=False, **options) -> Result. All of a test share one memory file."""
    return school.enrol


@pytest.fixture(scope="session")
def _greeting():
    with Practice("--moodle", "4.5") as running:
        yield running


@pytest.fixture
def greeting_school(_greeting, tmp_path):
    """The same on a Moodle 4.5 that can't send mail, and greets in MATH101."""
    _greeting.reset()
    made = School(_greeting, str(tmp_path / "state.json"))
    _greeting.configure(greeting={"MATH101": "noreply"}, limits={"max_input_vars": 1000})
    _greeting.condition("mail-broken")
    _greeting.control("DELETE", "counters")
    return made
