# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site to plan on: the real client and a memory file, in front of a scripted server."""

from __future__ import annotations

import contextlib
import functools
import hashlib

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.memory import Memory
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.plan import Site
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Moodle
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import Transport

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def site_on(tmp_path):
    """A factory: site_on(url, token=..., check_mode=False) -> Site. All of a test share one memory file."""
    with contextlib.ExitStack() as stack:

        def make(url, token=TOKEN, check_mode=False):
            transport = stack.enter_context(Transport(url, token, sleep=lambda seconds: None, retries=0))
            memory = Memory(transport.base, str(tmp_path / "state.json"), read_only=check_mode)
            return Site(Moodle(transport, token, read_only=check_mode), memory)

        yield make


@pytest.fixture
def site(site_on, server):
    """A site behind the scripted server."""
    return site_on(server.url)


@pytest.fixture
def perform(practice, tmp_path):
    """perform(TASK, check_mode=False, **options as a user writes them) -> the result of a module on the practice Moodle."""

    def do(task, check_mode=False, **options):
        given = {"url": practice.url, "token": practice.token, **options}
        if "state_file" in task.argument_spec:
            given.setdefault("state_file", str(tmp_path / "state.json"))
        checked = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return run(task, checked.validated_parameters, check_mode=check_mode, diff=True)

    return do


def _token_for(practice, *functions, account="admin"):
    token = hashlib.md5(" ".join((account, *functions)).encode()).hexdigest()
    service = {"shortname": token, "functions": functions, "token": token, "username": account, "restrictedusers": 0}
    practice.configure(service=service)
    return token


@pytest.fixture
def token_for(practice):
    """token_for(function, ..., account="admin"): a token of a service that holds just these functions, and takes files."""
    return functools.partial(_token_for, practice)


def form(name, *items):
    """Items as the form variables of a parameter that is a list of structures."""
    return {f"{name}[{number}][{key}]": str(value) for number, item in enumerate(items) for key, value in item.items()}


class School:
    """Users of the practice Moodle, each with the e-mail NAME@example.com and the idnumber UNAME. ids: by username."""

    def __init__(self, practice, *names):
        self.practice = practice
        users = [
            {
                "username": name, "firstname": name.title(), "lastname": "X", "email": f"{name}@example.com",
                "idnumber": f"U{name}", "password": "Secret-1234",
            }
            for name in names
        ]
        self.ids = {user["username"]: user["id"] for user in practice.call("core_user_create_users", **form("users", *users))}

    def enrol(self, *names, course="MATH101", role="student", suspend=0):
        sent = {"suspend": suspend, "roleidsource": "shortname", "roleid": role, "useridsource": "username"}
        sent.update(courseidsource="shortname", courseid=course)
        done = self.practice.call("tool_sync_enrol_users_enrol", **form("enrols", *({**sent, "userid": name} for name in names)))
        assert len(done) == len(names), done

    def group(self, name, *members, course=3):
        """Make a group with these members; its id."""
        token = _token_for(self.practice, "core_group_create_groups", "core_group_add_group_members")
        wanted = {"name": name, "description": "", "courseid": course}
        number = self.practice.call("core_group_create_groups", token, **form("groups", wanted))[0]["id"]
        pairs = [{"groupid": number, "userid": self.ids[member]} for member in members]
        if pairs:
            assert self.practice.call("core_group_add_group_members", token, **form("members", *pairs)) is None
        return number


@pytest.fixture
def school(practice):
    """Ada, Bob, Cleo and Dan; the first three are students of MATH101."""
    made = School(practice, "ada", "bob", "cleo", "dan")
    made.enrol("ada", "bob", "cleo")
    return made
