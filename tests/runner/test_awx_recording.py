# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for AWX against the recording of a real AWX 24.6: every request in its order, status and answer."""
from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.runner.awx_api import Awx
from tests.runner.awx_api.fields import KINDS

RECORDING = json.loads(gzip.decompress((Path(__file__).parent / "recordings/awx-24.6.recording.json.gz").read_bytes()))
RUNS = {run["name"]: run["requests"] for run in RECORDING["runs"]}
#: Runs that follow each other on one AWX. Nothing of the playbook was there before the first one.
SERIES = (
    ["check-on-empty"],
    ["first-with-schedule"],
    ["first", "again-without-secrets", "bad-organization", "bad-url", "bad-validate-certs", "bad-rrule", "bad-playbook", "token-unset",
     "all-questions-fixed"],
    ["one-site", "other-organization"],
)
ENDPOINTS = {kind.type: endpoint for endpoint, kind in KINDS.items()}
#: What nothing reads: where and when it ran, and AWX's other addresses for a record.
UNREAD = {
    "named_url", "execution_node", "controller_node", "launched_by", "started", "finished", "canceled_on", "elapsed", "job_cwd",
    "work_unit_id", "dtstart", "dtend", "next_run", "job_tags", "instance_group", "webhook_guid", "scm_revision", "defaults",
}


def new() -> Awx:
    """An AWX with the two organizations of the recording."""
    awx = Awx()
    awx.following["organizations"] = 2
    awx.put("organizations", {"name": "Other"})
    return awx


def expect_numbers(awx: Awx, answer: Any) -> None:
    """The next records get the numbers that they have in a recorded answer."""
    if isinstance(answer, dict) and answer.get("type") in ENDPOINTS:
        awx.following[ENDPOINTS[answer["type"]]] = answer["id"]
        update = answer.get("summary_fields", {}).get("current_update")
        if update:
            awx.following["project_updates"] = update["id"]


def differences(recorded: Any, given: Any, where: str = "") -> list[str]:
    """Where an answer lacks what was recorded, or says something else. It may say more."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        # An update of a project is given the place where it runs at any time.
        unread = UNREAD | ({"execution_environment"} if recorded.get("type") == "project_update" else set())
        return [
            line for name, value in recorded.items() if name not in unread
            for line in (differences(value, given[name], f"{where}.{name}") if name in given else [f"{where}.{name} is missing"])
        ]
    if isinstance(recorded, list) and isinstance(given, list) and len(recorded) == len(given):
        return [line for number, pair in enumerate(zip(recorded, given)) for line in differences(*pair, f"{where}[{number}]")]
    return [] if recorded == given else [f"{where}: {json.dumps(given)[:300]} instead of {json.dumps(recorded)[:300]}"]


def play(awx: Awx, request: dict[str, Any]) -> list[str]:
    """Send a recorded request; returns in what the answer differs."""
    created = request["status"] in (201, 202)
    if created:
        expect_numbers(awx, request["answer"])
    if "/project_updates/" in request["path"]:  # when the recorder looked is no matter of the answers
        update = awx.records["project_updates"][request["answer"]["id"]]
        while update["status"] != request["answer"]["status"] and not update["finished"]:
            awx.advance(update)
    authorization = request.get("headers", {"Authorization": f"Bearer {awx.token}"}).get("Authorization")
    status, answer = awx.ask(request["method"], request["path"], request.get("body"), authorization)
    awx.following.clear()
    found = [f"status {status} instead of {request['status']}"] if status != request["status"] else []
    found += differences(request["answer"], answer)
    return [f"{request['method']} {request['path']} {request.get('note', '')}: {line}" for line in found]


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series[0])
def test_the_playbooks_requests_get_the_recorded_answers(series: list[str]) -> None:
    awx = new()
    found = [f"{name}: {line}" for name in series for request in RUNS[name] for line in play(awx, request)]
    assert found == [], "\n".join(found)


def test_every_run_is_played() -> None:
    assert sorted(name for series in SERIES for name in series) == sorted(RUNS)


def test_what_was_asked_directly_gets_the_recorded_answers() -> None:
    awx = new()
    for name in SERIES[-1]:
        for request in RUNS[name]:
            play(awx, request)
    found: list[str] = []
    before = {endpoint: set(records) for endpoint, records in awx.records.items()}
    for request in RECORDING["asked_directly"]:
        prepare(awx, request, before)
        found += play(awx, request)
    assert found == [], "\n".join(found)


def prepare(awx: Awx, request: dict[str, Any], before: dict[str, set[int]]) -> None:
    """What was done between the recorded requests: probes were taken away, and a template without a survey was made."""
    path = re.fullmatch(r"/api/v2/(\w+)/(\d+/)?.*", request["path"])
    assert path
    endpoint = path[1]
    if request["method"] == "POST" and request["status"] == 201 and not path[2]:
        probes = set(awx.records[endpoint]) - before[endpoint]
        for number in [number for number in probes if awx.records[endpoint][number].get("name") == request["body"].get("name")]:
            del awx.records[endpoint][number]
    if request["path"] == "/api/v2/job_templates/116/survey_spec/" and 116 not in awx.records["job_templates"]:
        awx.following["job_templates"] = 116
        awx.put("job_templates", {"name": "Moodle probe survey", "project": 108, "inventory": 16})
