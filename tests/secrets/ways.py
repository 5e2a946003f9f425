# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of all modules, run by ansible-playbook: inside the controller, and as modules."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.matrix import ALL_STEPS, BETWEEN, FAULTS, Step
from tests.scenarios import SCENARIOS, World
from tests.simulator.fixture import PracticeSites

FQCN = "activeprolearn.toolsync."
#: The two ways. A module is what is run where the task names another Python than that of ansible-playbook.
WAYS = ("inside", "module")


@dataclass(frozen=True)
class Case:
    """A task: a scenario's, with other options and keywords. fault: (Step, fault's name) that strikes it, always."""

    scenario: str
    options: dict[str, Any] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)
    fault: tuple[Step, str] | None = None
    without: tuple[str, ...] = ()
    twice: bool = False

    @property
    def module(self):
        return SCENARIOS[self.scenario].module

    def strike(self, practice):
        if self.fault is None:
            return
        step, name = self.fault
        how = FAULTS[name].how
        if how["kind"] == "refuse":
            practice.fault("refuse", seconds=3600)
        else:
            seconds = {"seconds": 0.1} if "seconds" in how else {}
            practice.fault(**{**how, **seconds}, function=step.function, skip=step.nth, count=0)


def _writing_steps():
    """For each fault of the practice Moodle another call, the writing ones in turn."""
    steps = [step for step in ALL_STEPS if step.writes]
    return {name: steps[number % len(steps)] for number, name in enumerate(name for name in FAULTS if name not in BETWEEN)}


CASES: dict[str, Case] = {
    **{name: Case(name) for name in SCENARIOS},
    **{f"{name}, in check mode": Case(name, keywords={"check_mode": True}) for name in SCENARIOS},
    **{f"{name}, wrong token": Case(name, {"token": "zqwrong0zqwrong0zqwrong0zqwrong0"}) for name in SCENARIOS},
    **{
        f"{step.scenario}, {name}": Case(step.scenario, {"retries": 0, "timeout": 1}, fault=(step, name))
        for name, step in _writing_steps().items()
    },
    "again": Case("upload", twice=True),
    "no diff": Case("config", keywords={"diff": False}),
    "unknown option": Case("config", {"colour": "blue"}),
    "wrong type": Case("enrol", {"allow_empty": "perhaps"}),
    "wrong choice": Case("process users", {"service": "teachers"}),
    "no such item": Case("enrol", {"enrolments": "zqada"}, without=("users",)),
    "wrong choice in an item": Case("enrol", {"enrolments": [{"user": "zqada", "state": "zqgone"}]}, without=("users",)),
    "unknown key in an item": Case("enrol", {"enrolments": [{"user": "zqada", "zqcolour": "zqblue"}]}, without=("users",)),
    "missing option": Case("config", without=("service",)),
    "options that exclude each other": Case("enrol", {"enrolments": [{"user": "zqada", "course": "MATH101"}]}),
    "an alias": Case("config", {"moodle_url": "{url}"}, without=("url",)),
    "an option and its alias": Case("config", {"moodle_url": "{url}"}),
    "an option and its alias in items": Case(
        "enrol", {"enrolments": [{"user": "zqada", "userid": "zqada", "course": "MATH101"}] * 2}, without=("users", "course", "state")
    ),
    "empty cells in items": Case(
        "enrol",
        {"enrolments": [{"user": "zqada", "course": "MATH101", "suspended": "", "state": "", "course_identifier": "", "timestart": ""}]},
        without=("users", "course", "state"),
    ),
    "a time stamp that YAML made": Case(
        "upload",
        {
            "rows": [{"cmd": "add", "uid": "zqada", "cid": "MATH101", "rolename": "student", "enrol": "manual",
                      "starttime": "{{ '2026-09-01 08:00:00' | to_datetime }}"}],
            "service": "enrols", "dest": "e.csv",
        },
        without=("src",),
    ),
    "connection from the environment": Case(
        "config", keywords={"environment": {"TOOLSYNC_URL": "{url}", "TOOLSYNC_TOKEN": "{token}"}}, without=("url", "token")
    ),
    "no connection": Case("config", without=("url", "token")),
    "a file that is not there": Case("upload", {"src": "/nonexistent/zqfile.csv"}),
    "a template": Case("config", {"settings": {"filelocation": "{{ 'us' ~ 'ers.csv' }}"}}),
    "rows": Case(
        "upload",
        {"rows": [{"username": "zqada", "firstname": "Zqfirstada", "lastname": "Zqlast", "password": "ZqPass-1"}], "dest": "u.csv"},
        without=("src",),
    ),
    "content": Case(
        "upload",
        {"content": "username;firstname;lastname;city\nzqada;Zqfirst;Zqlast;Zqcity;one too many\n", "dest": "u.csv"},
        without=("src",),
    ),
    "content without a header": Case("upload", {"content": "zqada;Zqfirst;Zqlast\n", "dest": "u.csv"}, without=("src",)),
    "the task's time-out": Case(
        "config", {"retries": 0, "timeout": 30}, {"timeout": 1},
        fault=(next(step for step in ALL_STEPS if step.scenario == "config"), "hang before"),
    ),
}  # fmt: skip


@dataclass
class Played:
    """What came of all cases in one way. results: by case, normalised by plain(); output: of ansible-playbook."""

    results: dict[str, dict[str, Any]]
    output: str
    folder: Path
    everything: str


def interpreter(folder):
    """Another path to the Python that ansible-playbook runs in, with the same libraries: a virtual environment of links."""
    venv = Path(sys.executable).parents[1]
    made = folder / "venv"
    (made / "bin").mkdir(parents=True)
    (made / "bin/python").symlink_to(os.path.realpath(sys.executable))
    (made / "pyvenv.cfg").write_text((venv / "pyvenv.cfg").read_text())
    (made / "lib").symlink_to(venv / "lib")
    return str(made / "bin/python")


def playbook(plays, folder, *, python, name="play", arguments=("-vvvv", "--diff"), extra=None, inventory="localhost,"):
    """Run plays (a list, or the name of a playbook); returns (results as they came, output)."""
    results = folder / f"{name}.jsonl"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE", "TOOLSYNC"))},
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "plugins"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "EVERY_RESULT": str(results),
        "HOME": str(folder),
        "COLUMNS": "10000",
    }
    if not isinstance(plays, str):
        written = folder / f"{name}.yml"
        written.write_text(json.dumps(plays, indent=1))
        plays = str(written)
    command = [sys.executable, str(Path(sys.executable).parent / "ansible-playbook"), "-i", inventory, plays]
    # In a file: Ansible prints what stands on the command line.
    (folder / f"{name}.vars.json").write_text(
        json.dumps({"ansible_connection": "local", "ansible_python_interpreter": python, **(extra or {})})
    )
    done = subprocess.run(
        [*command, "-e", f"@{folder}/{name}.vars.json", *arguments],
        env=environment, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    lines = results.read_text().splitlines() if results.exists() else []
    return [json.loads(line) for line in lines], done.stdout


def filled(value, world):
    """Options in which {url} and {token} stand for the site's."""
    if isinstance(value, dict):
        return {key: filled(inner, world) for key, inner in value.items()}
    return value.replace("{url}", world.practice.url).replace("{token}", world.token) if isinstance(value, str) else value


def task_of(name, case, world):
    scenario = SCENARIOS[case.scenario]
    scenario.prepare(world)
    arguments = {key: value for key, value in scenario.arguments(world).items() if key not in case.without}
    case.strike(world.practice)
    task = {"name": name, FQCN + scenario.module: {**arguments, **filled(case.options, world)}, "ignore_errors": True}
    return {**task, **filled(case.keywords, world)}


def plain(value, world):
    """A result without what differs from site to site: addresses, folders, numbers of drafts."""
    text = json.dumps(value, sort_keys=True)
    for given, shown in ((world.practice.url, "URL"), (world.practice.url.split("://")[1], "HOST"), (str(world.folder), "FOLDER")):
        text = text.replace(json.dumps(given)[1:-1], shown)
    # A plan is named after its site, too; that it is named the same in every process is held by the tests of plans.
    text = re.sub(r'"plan_id": "[0-9a-f]{16}"', '"plan_id": "PLAN"', text)
    # What Ansible lists in no order, and what is named after the site's address or the process.
    text = re.sub(r"(Valid booleans include: ).*?\"", r'\1"', text)
    text = re.sub(r"process \d+", "process PID", text)
    text = re.sub(r'"pid": \d+', '"pid": 1', text)
    result = json.loads(text)
    if result.get("draft_item_id"):
        result["draft_item_id"] = 1
    return result


def play(way, folder):
    """Run all cases in one way, in one ansible-playbook, each on a site of its own."""
    python = sys.executable if way == "inside" else interpreter(folder)
    with contextlib.ExitStack() as stack:
        sites = stack.enter_context(PracticeSites(len(CASES))).sites
        worlds, tasks = {}, []
        for number, (name, case) in enumerate(CASES.items()):
            (folder / f"case{number}").mkdir()
            worlds[name] = World(sites[number], folder / f"case{number}")
            tasks += [task_of(name, case, worlds[name])] * (2 if case.twice else 1)
        play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
        found, output = playbook([play], folder, python=python)
        logs = "".join(site.access_log() for site in sites)
    results = {line["task"]: plain(line["result"], worlds[line["task"]]) for line in found}
    missing = set(CASES) - set(results)
    if missing:
        raise RuntimeError(f"no result of {sorted(missing)}: {output[-3000:]}")
    return Played(results, output, folder, logs)
