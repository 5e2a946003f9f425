# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The full sequence as a job of AWX: credential injected, run by ansible-runner, what it leaves behind looked through."""
from __future__ import annotations

from typing import Any

from tests.docs.blocks import blocks
from tests.runner.job import EXAMPLE, Job, Start
from tests.simulator.fixture import ROOT, Practice

ROWS = {"courses create": 3, "users": 5, "cohorts": 4, "enrols": 5}


def figures(ended: Job) -> dict[str, Any]:
    return ended.artifacts["toolsync"]["localhost"]


def created(ended: Job) -> dict[str, int]:
    return {step["name"]: step["counts"]["created"] for step in figures(ended)["steps"]}


def usernames(practice: Practice) -> set[str]:
    return {user["username"] for user in practice.state()["user"]}


def test_full_sequence(start: Start, practice: Practice) -> None:
    ended = start()
    assert (ended.status, ended.rc) == ("successful", 0), ended.output
    assert "ines.prevost" in usernames(practice)
    assert ended.stats["failures"] == {} and ended.stats["dark"] == {} and list(ended.stats["ok"]) == ["localhost"]
    assert {step["name"]: step["counts"]["rows"] for step in figures(ended)["steps"]} == ROWS
    assert {step["state"] for step in figures(ended)["steps"]} == {"done"}
    assert figures(ended)["status"] == "done" and not figures(ended)["check_mode"]
    assert figures(ended)["site"] == practice.url


def test_figures_name_nobody(start: Start) -> None:
    ended = start()
    assert ended.artifacts["toolsync"]
    assert "prevost" not in str(ended.artifacts).lower()


def test_check_first_then_run(start: Start, practice: Practice) -> None:
    predicted = start(check=True)
    assert predicted.status == "successful", predicted.output
    assert practice.counters()["writes"] == 0
    assert figures(predicted)["check_mode"]
    done = start(check=False)
    assert done.status == "successful", done.output
    assert practice.counters()["writes"] > 0
    assert created(predicted)["users"] == created(done)["users"] == ROWS["users"]


def test_answers_of_the_survey_arrive(start: Start, practice: Practice) -> None:
    # AWX hands every choice over as text.
    comma = EXAMPLE["csv/users.csv"].replace(";", ",")
    answers = {
        "sync_csv_dir": "{project}/other", "sync_separator": ",", "sync_site_separator": ";", "sync_encoding": "utf-8",
        "sync_on_failures": "warn", "sync_allow_destructive": "false", "sync_rows_per_run": 2,
    }
    ended = start(project={"other/users.csv": comma}, extra_vars=answers)
    assert ended.status == "successful", ended.output
    [step] = figures(ended)["steps"]
    assert step["counts"]["created"] == 5
    assert practice.counters()["calls"]["tool_sync_process"] == 3


def test_a_file_that_deletes_needs_the_surveys_word(start: Start, practice: Practice) -> None:
    files = {"gone/users.csv": "username;firstname;lastname;deleted\nadmin2;Old;Admin;1\n"}
    refused = start(project=files, extra_vars={"sync_csv_dir": "{project}/gone", "sync_allow_destructive": "false"})
    assert refused.status == "failed"
    assert "allow_destructive" in " ".join(refused.failures())
    assert practice.counters()["writes"] == 0
    allowed = start(project=files, extra_vars={
        "sync_csv_dir": "{project}/gone", "sync_allow_destructive": "true", "sync_on_failures": "warn",
    })
    assert allowed.status == "successful", allowed.output


def test_a_wrong_token_fails_the_job_and_is_not_told(start: Start, practice: Practice) -> None:
    ended = start({"token": "ffffffffffffffffffffffffffffffff"})
    assert (ended.status, ended.rc) == ("failed", 2)
    assert "oken" in " ".join(ended.failures())
    assert practice.counters()["writes"] == 0


def test_a_failed_row_fails_the_job_and_the_figures_say_so(start: Start) -> None:
    bad = EXAMPLE["csv/users.csv"] + "other;Other;Admin;admin@example.com;X1;Paris;FR\n"
    ended = start(project={"csv/users.csv": bad})
    assert ended.status == "failed"
    users = next(step for step in figures(ended)["steps"] if step["name"] == "users")
    assert (users["state"], users["counts"]["failed"], users["failed_rows"]) == ("done", 1, 1)
    assert figures(ended)["status"] == "rows_failed"
    assert list(ended.stats["failures"]) == ["localhost"]


def test_a_playbook_of_the_project(start: Start, practice: Practice) -> None:
    # AWX takes no name of a playbook in a collection, so a project has a file that imports it, as the guide says.
    [block] = [block for block in blocks(ROOT / "docs/docsite/rst/guide_awx.rst") if block.name == "sync.yml"]
    ended = start(project={"sync.yml": block.text}, playbook="sync.yml")
    assert ended.status == "successful", ended.output
    assert "ines.prevost" in usernames(practice)


def test_as_modules_where_the_action_plugins_cannot_be(start: Start, practice: Practice) -> None:
    # Called by another name it is not the controller's own Python: every task is a process that reads the credential from its environment.
    python = "{{ ansible_playbook_python | dirname }}/./{{ ansible_playbook_python | basename }}"
    ended = start(host_vars={"ansible_connection": "local", "ansible_python_interpreter": python})
    assert ended.status == "successful", ended.output
    assert "ines.prevost" in usernames(practice)
