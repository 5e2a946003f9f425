# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task costs, and what many enrolments do."""

from __future__ import annotations

import json
import sys
import time

import requests
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.scenarios import Scenario
from tests.secrets.ways import interpreter

from .kit import FQCN, REAL, REST, connection, note, play, practice, uri


def enrolment(user):
    return {
        "roleidsource": "shortname", "roleid": "student", "useridsource": "username", "userid": user,
        "courseidsource": "shortname", "courseid": "MATH101",
    }  # fmt: skip


def bench_task():
    """The fixed cost of one task, from a loop against a site that answers at once."""
    number = 30
    with practice() as world:
        world.practice.configure(latency={"call_ms": 0, "record_ms": 0})
        ours = {
            FQCN + "toolsync_config": {**connection(world), "service": "users", "settings": {"filelocation": "users.csv"}},
            "loop": list(range(number)),
        }
        setting = {"service": "users", "confkey": "filelocation", "confvalue": "users.csv"}
        theirs = {**uri(world, "tool_sync_set_config", **setting), "loop": list(range(number))}
        other = interpreter(world.folder)
        seconds = {"inside": [], "module": [], "uri": []}
        for turn in range(3):
            for way, task, python in (("inside", ours, sys.executable), ("module", ours, other), ("uri", theirs, sys.executable)):
                timed, _whole = play([{"name": way, **task}], world, python=python, name=f"{way}{turn}")
                seconds[way].append(timed[way] / number)
        best = {way: min(values) for way, values in seconds.items()}
        names = {"inside": "toolsync_config, inside", "module": "toolsync_config, module", "uri": "ansible.builtin.uri"}
        for way, value in best.items():
            note(f"one task: {names[way]}", value * 1000, "ms", how="best of 3 loops")
        note("one task: as a module / uri", best["module"] / best["uri"], "x", limit=1.1)
        note("one task: inside / uri", best["inside"] / best["uri"], "x", limit=0.1)


def enrol_all(world, users, **more):
    return {"name": "ours", FQCN + "toolsync_enrol": {**connection(world), "course": "MATH101", "role": "student", "users": users, **more}}


def bench_enrol_1000():
    """1,000 enrolments in one course."""
    users = [f"u{number}" for number in range(1000)]
    with practice(1000) as world:
        begun = time.monotonic()
        with requests.Session() as session:
            for start in range(0, 1000, 166):
                form = {"wstoken": world.token, "wsfunction": "tool_sync_enrol_users_enrol", "moodlewsrestformat": "json"}
                for number, user in enumerate(users[start : start + 166]):
                    form.update({f"enrols[{number}][{key}]": value for key, value in enrolment(user).items()})
                answer = session.post(world.practice.url + REST, data=form, timeout=600).json()
                if len(answer) != len(users[start : start + 166]):
                    raise RuntimeError(str(answer)[:300])
        bare = time.monotonic() - begun
    with practice(1000) as world:
        empty = {"name": "empty", FQCN + "toolsync_enrol": {**connection(world), "course": "MATH101", "users": [], "role": "student"}}
        fixed = play([empty], world, name="empty")[0]["empty"]
        timed = play([enrol_all(world, users)], world)[0]["ours"]
        calls = sum(world.practice.counters()["calls"].values())
    with practice(1000) as world:
        in_turn = play([enrol_all(world, users, parallel_requests=1)], world)[0]["ours"]
    sample = 40
    with practice(sample) as world:
        single = {**uri(world, "tool_sync_enrol_user_enrol", **enrolment("{{ item }}")), "loop": users[:sample]}
        looped = play([{"name": "loop", **single}], world)[0]["loop"] / sample * 1000
    note("1,000 enrolments: one toolsync_enrol task", timed, "s", how=f"{calls} requests, two at a time")
    note("1,000 enrolments: the same with parallel_requests: 1", in_turn, "s")
    note("1,000 enrolments: a loop of ansible.builtin.uri", looped, "s", how=f"{sample} measured, times {1000 // sample}")
    note("1,000 enrolments: a bare requests script with the same bulk calls", bare, "s")
    note("1,000 enrolments: uri loop / toolsync_enrol", looped / timed, "x", at_least=50)
    note(
        "1,000 enrolments: toolsync_enrol, one request at a time / (1.1 x bare script + a task)",
        in_turn / (1.1 * bare + fixed),
        "x",
        limit=1,
        how=f"a task: {fixed:.3f} s",
    )


def bench_enrol_10000():
    """10,000 enrolments of which one per cent is missing: how many requests."""
    number = 10000
    users = [f"u{index}" for index in range(number)]
    with practice(number) as world:
        world.practice.configure(latency={"call_ms": 0, "record_ms": 0}, limits={"max_input_vars": 100000})
        there = [user for index, user in enumerate(users) if index % 100]
        for start in range(0, len(there), 1000):
            form = {}
            for index, user in enumerate(there[start : start + 1000]):
                form.update({f"enrols[{index}][{key}]": value for key, value in enrolment(user).items()})
            world.call("tool_sync_enrol_users_enrol", **form)
        world.practice.configure(latency=REAL, limits={"max_input_vars": 1000})
        scenario = Scenario("toolsync_enrol", lambda world: {"course": "MATH101", "role": "student", "users": users})
        for label in ("1 % missing", "nothing missing"):
            world.practice.control("DELETE", "counters")
            begun = time.monotonic()
            result = run(scenario.task(), scenario.parameters(world))
            seconds = time.monotonic() - begun
            counters = world.practice.counters()
            if result.get("failed"):
                raise RuntimeError(result["msg"])
            writes = counters["executed"].get("tool_sync_enrol_users_enrol", 0)
            missing = number // 100 if label == "1 % missing" else 0
            note(f"10,000 enrolments, {label}: seconds", seconds, "s")
            note(f"10,000 enrolments, {label}: writing requests", writes, "", limit=-(-missing * len(enrolment("")) // 996))
            reads = sum(counters["calls"].values()) - writes
            note(f"10,000 enrolments, {label}: all others", reads, "", how=json.dumps(counters["calls"]))
