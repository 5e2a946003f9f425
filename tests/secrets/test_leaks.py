# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks and playbooks print, return and write down holds no token and no password, and personal data only where it belongs."""

from __future__ import annotations

import re

import pytest

from tests.secrets.ways import CASES, WAYS

SECRET = re.compile(r"zqtoken0\w*|zqwrong0\w*|ZqPass[\w-]*")
PERSONAL = re.compile(r"zq\w+", re.IGNORECASE)
#: Return values that tell of people, because that is what the task was asked for (module -> top-level keys).
TELLS = {
    "toolsync_process": {"report", "failures.key", "failures.reason", "rows.key"},
    "toolsync_plan": {"rows.key", "diff"},
    "toolsync_enrol": {"enrolled", "updated", "added", "unenrolled", "unchanged", "failures", "unknown", "diff"},
    "toolsync_enrol_info": {"users", "not_enrolled"},
    "toolsync_cohort_info": {"cohorts"},
    "toolsync_cohort_members": {"added", "removed", "unchanged", "failures", "unknown", "diff"},
    "toolsync_group": {"added", "removed", "unchanged", "failures", "unknown", "diff"},
    "toolsync_role": {"assigned", "unassigned", "unchanged", "failures", "unknown", "diff"},
}
#: What a task that names people in its message was asked to do to them.
NAMES_IN_MESSAGES = {"toolsync_enrol", "toolsync_cohort_members", "toolsync_group", "toolsync_role", "toolsync_enrol_info"}
#: Files that the tests themselves wrote, with the rows that were to be sent; out.csv is what a plan was asked to write.
GIVEN = re.compile(r"(?:users|enrols|cohorts|check)\.csv|play\.(?:yml|jsonl|vars\.json)|out\.csv")


def texts(value, path=()):
    """(dotted path, text) of everything in a result, keys included; items of a list have the list's path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield ".".join(path), str(key)
            yield from texts(inner, (*path, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    else:
        yield ".".join(path), str(value)


def belongs(path, module):
    return any(f"{path}.".startswith(f"{allowed}.") for allowed in TELLS.get(module, ()))


@pytest.mark.parametrize("way", WAYS)
def test_the_output_at_highest_verbosity_holds_no_secret(played, way):
    # Ansible shows the environment of a task that it starts as a module; TOOLSYNC_TOKEN belongs into that of ansible-playbook.
    lines = [line for line in played[way].output.splitlines() if " EXEC " not in line or "TOOLSYNC_TOKEN=" not in line]
    assert SECRET.findall("\n".join(lines)) == []


@pytest.mark.parametrize("way", WAYS)
def test_no_result_holds_a_secret(played, way):
    found = {name: SECRET.findall(text) for name, result in played[way].results.items() for _path, text in texts(result)}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


@pytest.mark.parametrize("way", WAYS)
def test_addresses_that_were_asked_for_hold_no_data(played, way):
    log = played[way].everything
    assert "/webservice/rest/server.php" in log and "/webservice/upload.php" in log
    assert PERSONAL.findall(log) == []
    assert "?" not in log


@pytest.mark.parametrize("way", WAYS)
def test_no_file_is_left_with_personal_data(played, way):
    """Memory files, locks, and whatever Ansible leaves."""
    files = [file for file in played[way].folder.rglob("*") if file.is_file() and not file.is_symlink() and "venv" not in file.parts]
    memories = [file for file in files if file.name == "state.json"]
    assert memories and all(file.stat().st_mode & 0o777 == 0o600 for file in memories)
    found = {
        str(file): PERSONAL.findall(file.read_text(encoding="utf-8", errors="replace"))
        for file in files
        if not GIVEN.fullmatch(file.name)
    }
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_people_are_named_only_where_they_belong(played, way, name):
    module = CASES[name].module
    found = [
        (path, text)
        for path, text in texts(played[way].results[name])
        if PERSONAL.search(text) and not belongs(path, module) and not (path == "msg" and module in NAMES_IN_MESSAGES)
    ]
    if name == "a file that is not there":
        found = [(path, text) for path, text in found if "zqfile.csv" not in text]
    assert found == []
