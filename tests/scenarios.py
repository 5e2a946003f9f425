# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks for tests that must hold for every module: what a site needs first, and the options as a user writes them.

Everything personal in them begins with "zq" in some spelling, so that it is found wherever it gets to; passwords begin with
"ZqPass".
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS

from tests.simulator.fixture import Practice

ROOT = Path(__file__).resolve().parents[1]
COLLECTION = "ansible_collections.activeprolearn.toolsync"
#: What only the role sync uses: an action that runs the other modules, and no module.
INTERNAL = {"toolsync_sequence"}
MODULES = sorted({file.stem for file in (ROOT / "plugins/modules").glob("toolsync_*.py")} - INTERNAL)
NAMES = ("ada", "bob", "cleo", "dan", "eve")


def user_fields(name):
    return {
        "username": f"zq{name}",
        "firstname": f"Zqfirst{name}",
        "lastname": f"Zqlast{name}",
        "email": f"zq{name}@zqmail.example",
        "idnumber": f"ZQID{name.upper()}",
        "city": f"Zqcity{name}",
        "password": f"ZqPass-{name}-1",
    }


def csv_of(rows):
    return "".join(";".join(row) + "\n" for row in [list(rows[0]), *(row.values() for row in rows)])


USERS = csv_of([user_fields(name) for name in NAMES])
ENROLS = csv_of(
    [
        {"cmd": "add", "uid": f"zq{name}", "cid": "MATH101", "rolename": "student", "enrol": "manual", "starttime": "2026-09-01 08:00:00"}
        for name in NAMES
    ]
)
COHORTS = csv_of([{"cmd": "add", "userid": f"zq{name}", "cidnumber": "COH1", "cname": "Cohort one"} for name in NAMES])
COURSES = csv_of([{"shortname": "C1", "fullname": "Course one", "category": "1", "idnumber": "I1"}])


class World:
    """A practice Moodle to prepare, a folder for files, and a token for all functions that the collection calls."""

    token = "zqtoken0zqtoken0zqtoken0zqtoken0"

    def __init__(self, practice: Practice, folder: Path):
        self.practice, self.folder = practice, folder
        practice.reset()
        functions = [*FUNCTIONS, "core_user_create_users", "tool_sync_enrol_user_enrol"]
        service = {"shortname": "all", "functions": functions, "token": self.token, "restrictedusers": 0}
        practice.configure(service=service)

    def file(self, name, text):
        """The path of a new file."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def call(self, name, **form):
        """A web service call for set-up; an error of Moodle is one of the test."""
        answer = self.practice.call(name, self.token, **form)
        if isinstance(answer, dict) and "exception" in answer:
            raise RuntimeError(f"{name}: {answer}")
        return answer

    def users(self, *names):
        keys = ("username", "firstname", "lastname", "email", "idnumber", "password")
        form = {f"users[{i}][{key}]": user_fields(name)[key] for i, name in enumerate(names) for key in keys}
        self.call("core_user_create_users", **form)

    def enrol(self, *names, role="student"):
        for name in names:
            self.call(
                "tool_sync_enrol_user_enrol",
                roleidsource="shortname", roleid=role, useridsource="username", userid=f"zq{name}",
                courseidsource="shortname", courseid="MATH101",
            )  # fmt: skip

    def cohort(self, idnumber, *members):
        names = {"name": f"Cohort {idnumber}", "idnumber": idnumber, "categorytype][type": "system", "categorytype][value": ""}
        self.call("core_cohort_create_cohorts", **{f"cohorts[0][{key}]": value for key, value in names.items()})
        for name in members:
            keys = {"cohorttype][type": "idnumber", "cohorttype][value": idnumber}
            keys.update({"usertype][type": "username", "usertype][value": f"zq{name}"})
            self.call("tool_sync_cohort_add_members", **{f"members[0][{key}]": value for key, value in keys.items()})

    def input_file(self, service, name, text, **settings):
        """Put a file where a service of the plugin reads it."""
        self.practice.put(name, text)
        for key, value in settings.items():
            self.call("tool_sync_set_config", service=service, confkey=key, confvalue=value)


@dataclass(frozen=True)
class Scenario:
    """module: its short name; options: World -> the options besides the connection; prepare: World -> what must be there first."""

    module: str
    options: Callable[[World], dict[str, Any]]
    prepare: Callable[[World], Any] = lambda world: None

    def task(self):
        return importlib.import_module(f"{COLLECTION}.plugins.modules.{self.module}").TASK

    def arguments(self, world, **connection):
        """The options with the connection's, as a user writes them."""
        given = {"url": world.practice.url, "token": world.token, **self.options(world), **connection}
        if "state_file" in self.task().argument_spec:
            given.setdefault("state_file", str(world.folder / "state.json"))
        return given

    def parameters(self, world, **connection):
        """The same as a module gets them."""
        task = self.task()
        checked = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(self.arguments(world, **connection))
        if checked.error_messages:
            raise ValueError(checked.error_messages)
        return checked.validated_parameters


def _users_ready(world):
    world.input_file("users", "users.csv", USERS, filelocation="users.csv", primaryidentity="username")


def _enrols_ready(world):
    world.users(*NAMES)
    settings = {"filelocation": "enrols.csv", "courseidentifier": "shortname", "useridentifier": "username"}
    world.input_file("enrols", "enrols.csv", ENROLS, **settings)


def _cohorts_ready(world):
    world.users(*NAMES)
    settings = {"filelocation": "cohorts.csv", "cohortidentifier": "idnumber", "useridentifier": "username", "autocreate": "1"}
    world.input_file("cohorts", "cohorts.csv", COHORTS, **settings)


def _members(world, *names):
    world.users(*NAMES)
    world.enrol(*names)


def _two_roles(world):
    _members(world, *NAMES)
    world.enrol(*NAMES, role="teacher")


def _group(world):
    world.users(*NAMES)
    group = {"courseid": "3", "name": "Group A", "description": ""}
    world.call("core_group_create_groups", **{f"groups[0][{key}]": value for key, value in group.items()})


_ZQ = [f"zq{name}" for name in NAMES]
#: Five enrolments in two requests.
_SMALL = {"course": "MATH101", "role": "student", "users": _ZQ, "max_input_vars": 28}

SCENARIOS = {
    "upload": Scenario(
        "toolsync_upload",
        lambda world: {"src": world.file("users.csv", USERS), "service": "users"},
    ),
    "config": Scenario(
        "toolsync_config",
        lambda world: {"service": "users", "settings": {"filelocation": "users.csv", "primaryidentity": "username"}},
    ),
    "process users": Scenario(
        "toolsync_process",
        lambda world: {"service": "users", "src": world.file("users.csv", USERS)},
        _users_ready,
    ),
    "process enrols": Scenario(
        "toolsync_process",
        lambda world: {"service": "enrols", "src": world.file("enrols.csv", ENROLS)},
        _enrols_ready,
    ),
    "process cohorts": Scenario(
        "toolsync_process",
        # One at a time, so that a fault meets the call that it is meant for.
        lambda world: {"service": "cohorts", "src": world.file("cohorts.csv", COHORTS), "parallel_requests": 1},
        _cohorts_ready,
    ),
    "plan users": Scenario("toolsync_plan", lambda world: {"service": "users", "src": world.file("users.csv", USERS)}),
    "plan enrols": Scenario(
        "toolsync_plan",
        lambda world: {
            "service": "enrols", "src": world.file("enrols.csv", ENROLS), "exact": True, "removals_limit": "100%", "send": "differing",
            "settings": {"courseidentifier": "shortname", "useridentifier": "username"}, "dest_file": str(world.folder / "out.csv"),
        },  # fmt: skip
        lambda world: world.users(*NAMES),
    ),
    "check courses": Scenario(
        "toolsync_process",
        # One at a time, so that a fault meets the call that it is meant for.
        lambda world: {
            "service": "courses", "action": "check", "src": world.file("check.csv", "MATH101\nTPL\n"), "parallel_requests": 1,
        },  # fmt: skip
    ),
    "deploy": Scenario(
        "toolsync_deploy_course",
        lambda world: {
            "category": "1", "template": "TPL", "shortname": "D1", "fullname": "Deployed one", "idnumber": "DI1", "poll_timeout": 0,
        },  # fmt: skip
    ),
    "update course": Scenario(
        "toolsync_deploy_course",
        lambda world: {
            "category": "1", "template": "TPL", "shortname": "MATH101", "fullname": "Another name", "idnumber": "DI2", "update": True,
        },  # fmt: skip
    ),
    "enrol": Scenario("toolsync_enrol", lambda world: dict(_SMALL), lambda world: world.users(*NAMES)),
    "enrol groups": Scenario(
        "toolsync_enrol", lambda world: {"course": "MATH101", "role": "student", "users": _ZQ, "groups": ["Group A"]}, _group
    ),
    "unenrol": Scenario(
        "toolsync_enrol",
        lambda world: {**_SMALL, "state": "absent", "max_input_vars": 1000},
        lambda world: _members(world, *NAMES),
    ),
    "unassign": Scenario(
        "toolsync_enrol",
        lambda world: {**_SMALL, "role": "teacher", "state": "absent", "max_input_vars": 1000},
        _two_roles,
    ),
    "site info": Scenario(
        "toolsync_site_info", lambda world: {"features": ["upload", "process"], "fail_on_problems": True}
    ),
    "course info": Scenario("toolsync_course_info", lambda world: {"courses": ["MATH101", "NOPE"]}),
    "enrol info": Scenario(
        "toolsync_enrol_info",
        lambda world: {"course": "MATH101", "users": _ZQ},
        lambda world: _members(world, *NAMES),
    ),
    "cohort": Scenario(
        "toolsync_cohort", lambda world: {"cohorts": [{"cohort": "COH1", "name": "Cohort one"}, {"cohort": "COH2", "name": "Cohort two"}]}
    ),
    "cohort deleted": Scenario(
        "toolsync_cohort", lambda world: {"cohort": "COH1", "state": "absent"}, lambda world: world.cohort("COH1")
    ),
    "cohort info": Scenario(
        "toolsync_cohort_info",
        lambda world: {"cohorts": ["COH1"], "members": "list"},
        lambda world: (world.users(*NAMES), world.cohort("COH1", "ada")),
    ),
    "cohort members": Scenario(
        "toolsync_cohort_members",
        lambda world: {"cohort": "COH1", "users": _ZQ[1:], "state": "exact"},
        lambda world: (world.users(*NAMES), world.cohort("COH1", "ada")),
    ),
    "cohort enrol": Scenario(
        "toolsync_cohort_enrol", lambda world: {"cohort": "COH1", "course": "MATH101"}, lambda world: world.cohort("COH1")
    ),
    "group": Scenario(
        "toolsync_group",
        lambda world: {"course": "MATH101", "group": "Group A", "members": _ZQ},
        lambda world: _members(world, *NAMES),
    ),
    "role": Scenario(
        "toolsync_role",
        lambda world: {"role": "teacher", "role_ids": {"teacher": 4}, "users": _ZQ[:2], "context": "course", "instance": "MATH101"},
        lambda world: _members(world, *NAMES),
    ),
    "lock": Scenario("toolsync_lock", lambda world: {"run_id": "r1", "path": str(world.folder / "lock")}),
}  # fmt: skip
