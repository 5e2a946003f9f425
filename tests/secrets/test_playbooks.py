# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks at highest verbosity: no token and no password, and no cell but where failed rows and reports are told."""

from __future__ import annotations

import json
import sys

import pytest

from tests.scenarios import COURSES, ENROLS, NAMES, ROOT, USERS, World, user_fields
from tests.secrets.test_leaks import PERSONAL, SECRET, texts
from tests.secrets.ways import playbook
from tests.simulator.fixture import Practice

#: A row that the plugin refuses, and a user that does not exist.
FAILING = USERS + ";".join({**user_fields("fay"), "email": "admin@example.com"}.values()) + "\n"
ENROLMENTS = [{"user": "zqada", "course": "MATH101", "role": "teacher"}, {"user": "zqnobody", "course": "MATH101", "role": "teacher"}]
#: Where results may name people: keys and reasons of rows, and what is said to people. And where in a report, with sync_report_rows.
MESSAGES = ("msg", "message", "many_sites_reason", "summary", "reason")
TELLS = ("failures", "rows", "diff")


def steps(world):
    identity = {"primaryidentity": "username"}
    enrols = {"courseidentifier": "shortname", "useridentifier": "username"}
    return [
        {"service": "courses", "action": "create", "src": world.file("courses.csv", COURSES)},
        {"service": "users", "src": world.file("users.csv", FAILING), "config": identity},
        {"service": "users", "rows": [user_fields("hal")], "dest": "more.csv", "config": identity, "needs": []},
        {"service": "enrols", "src": world.file("enrols.csv", ENROLS), "config": enrols, "needs": []},
        {"enrol": ENROLMENTS, "needs": []},
    ]


def variables(name, world):
    """What a playbook is given; None for one that can't run here."""
    connection = {
        "sync_url": world.practice.url,
        "sync_token": world.token,
        "sync_state_file": str(world.folder / "state.json"),
        "sync_report_dir": str(world.folder / "reports"),
        "sync_steps": steps(world),
    }
    people = {"provision_template": "TPL", "provision_courses": [{"shortname": "P1", "fullname": "P 1", "students": ["zqada"]}]}
    return {
        "full_sync.yml": connection,
        "many_sites.yml": {**connection, "sync_hosts": "all"},
        "provision_course.yml": {**{key: connection[key] for key in ("sync_url", "sync_token")}, **people},
        "demo.yml": {**connection, "sync_steps": [{"service": "users", "src": str(ROOT / "playbooks/demo_data/sixty_users.csv")}]},
        "awx_setup.yml": None,  # needs an AWX and its collection: tests/runner
    }[name]


@pytest.fixture(scope="module")
def practice():
    with Practice() as running:
        yield running


@pytest.mark.parametrize("rows", ["none", "failed", "all"])
@pytest.mark.parametrize("name", sorted(file.name for file in (ROOT / "playbooks").glob("*.yml")))
def test_a_playbook_tells_no_secret(practice, tmp_path, name, rows):
    world = World(practice, tmp_path)
    given = variables(name, world)
    if given is None:
        pytest.skip("needs more than a Moodle")
    if name == "provision_course.yml":
        world.users(*NAMES)
    results, output = playbook(
        f"activeprolearn.toolsync.{name[:-4]}", tmp_path, python=sys.executable, extra={**given, "sync_report_rows": rows}
    )
    assert len(results) > 5, output[-2000:]
    assert SECRET.findall(output) == []
    found = [
        (line["task"], path, text)
        for line in results
        for path, text in texts(line["result"])
        if SECRET.search(text) or (PERSONAL.search(text) and (rows == "none" or not set(path.split(".")) & {*TELLS, *MESSAGES}))
    ]
    assert found == []
    # What is said to people names records by their keys, never by other cells.
    cells = json.dumps([text for line in results for path, text in texts(line["result"]) if path.split(".")[-1] in MESSAGES])
    assert not [cell for cell in ("Zqfirst", "Zqlast", "Zqcity", "zqmail") if cell in cells]
    reports = [file for file in (tmp_path / "reports").rglob("*") if file.is_file()]
    assert reports or name == "provision_course.yml"
    for file in [*reports, tmp_path / "state.json"]:
        named = PERSONAL.findall(file.read_text(encoding="utf-8")) if file.exists() else []
        assert named == [] or (rows != "none" and file in reports)
        assert not [cell for cell in ("Zqfirst", "Zqlast", "Zqcity", "zqmail") if cell in named]
    assert PERSONAL.findall(practice.access_log()) == []
