# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One job template for all sites: what the playbook awx_setup makes of AWX, and the job from what AWX then holds."""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runner.awx_api import Awx
from tests.runner.job import EXAMPLE, ROOT, Job
from tests.runner.job import run as run_job
from tests.runner.setup import LYON, NANTES, RRULE, TOKEN, Setup, site
from tests.simulator.fixture import Practice, PracticeSites

HOSTS = ["campus-lyon", "campus-nantes"]
TITLE = "Moodle sync: all sites"


@pytest.fixture(scope="module")
def moodles() -> Iterator[list[Practice]]:
    with PracticeSites(2) as many:
        yield many.sites


@pytest.fixture(scope="module")
def setup(moodles: list[Practice], awx_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with Awx() as awx:
        setup = Setup(awx, tmp_path_factory.mktemp("awx"), awx_collection)
        awx.put("teams", {"name": "Operators", "organization": 1})
        all_of_it: dict[str, Any] = {
            "awx_layout": "inventory", "awx_schedule": RRULE, "awx_teams": ["Operators"],
            "awx_sites": [
                {**site(LYON), "url": moodles[0].url, "token": moodles[0].token},
                {
                    **site(NANTES), "url": moodles[1].url, "token": moodles[1].token,
                    "variables": {"sync_separator": ",", "sync_site_separator": ";"},
                },
            ],
            "awx_keep_dir": str(tmp_path_factory.mktemp("exposed")),
        }
        setup.run("--check", **all_of_it).ok()
        setup.run(**all_of_it).ok()
        again = setup.run(**all_of_it).ok()
        assert again.writes == []
        yield setup


def test_one_template_asks_for_sites_and_for_check_or_run(setup: Setup) -> None:
    [template] = setup.awx.records["job_templates"].values()
    assert (template["name"], template["job_type"]) == (f"{TITLE} (check or run)", "check")
    assert template["ask_job_type_on_launch"] is template["ask_limit_on_launch"] is True
    assert template["playbook"] == "playbooks/many_sites.yml" and (ROOT / template["playbook"]).exists()
    asked = {question["variable"] for question in setup.awx.survey("job_templates", template)["spec"]}
    # What one site has of its own would be overruled for it by an answer for all.
    assert asked == {"sync_encoding", "sync_on_failures", "sync_rows_per_run"}
    assert setup.awx.allowed("Operators") == [(TITLE, "execute_role"), (f"{TITLE} (check or run)", "execute_role")]


def test_the_workflow_and_the_schedule_say_which(setup: Setup) -> None:
    nodes = {node["identifier"]: node["job_type"] for node in setup.awx.records["workflow_job_template_nodes"].values()}
    assert nodes == {"check": "check", "approve": None, "run": "run"}
    [schedule] = setup.awx.records["schedules"].values()
    assert schedule["job_type"] == "run"
    [workflow] = setup.awx.records["workflow_job_templates"].values()
    assert workflow["ask_limit_on_launch"] is True


def launch(setup: Setup, folder: Path, check: bool) -> Job:
    """A job of the template as AWX would start it, with the survey's defaults."""
    awx = setup.awx
    [template] = awx.records["job_templates"].values()
    [credential] = awx.associated("job_templates", template, "credentials")
    made_type = awx.records["credential_types"][awx.records["credentials"][credential]["credential_type"]]
    [group] = awx.records["groups"].values()
    hosts = {
        host["name"]: json.loads(host["variables"]) for host in awx.records["hosts"].values()
        if host["id"] in awx.associated("groups", group, "hosts")
    }
    answers = {question["variable"]: question["default"] for question in awx.survey("job_templates", template)["spec"]}
    variables = {**json.loads(group["variables"]), "awx_csv_dir": f"{folder}/project/csv"}
    project = {template["playbook"]: (ROOT / template["playbook"]).read_text(encoding="utf-8")}
    for number, host in enumerate(HOSTS):
        text = EXAMPLE["csv/users.csv"].replace("ines.prevost", f"ines{number}")
        project[f"csv/{host}/users.csv"] = text.replace(";", ",") if number else text
    return run_job(
        folder, awx.records["credentials"][credential]["inputs"], playbook=template["playbook"], project=project, made_type=made_type,
        extra_vars={**json.loads(template["extra_vars"] or "{}"), **answers, "awx_job_id": 7}, check=check,
        sites={"all": {"children": {group["name"]: {"hosts": hosts, "vars": variables}}}},
    )


@pytest.fixture(scope="module")
def ended(setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A run on all sites."""
    return launch(setup, tmp_path_factory.mktemp("jobs") / "run", check=False)


def test_a_job_works_on_every_site_with_its_own_token(ended: Job, moodles: list[Practice]) -> None:
    assert ended.status == "successful", ended.output
    assert sorted(ended.stats["ok"]) == HOSTS
    for number, moodle in enumerate(moodles):
        assert {f"ines{number}"} == {user["username"] for user in moodle.state()["user"] if user["username"].startswith("ines")}
    assert [name for name, text in ended.everything().items() for moodle in moodles if moodle.token in text] == []


def test_memory_and_reports_outlive_the_job(setup: Setup, ended: Job) -> None:
    [group] = setup.awx.records["groups"].values()
    folder = Path(json.loads(group["variables"])["awx_keep_dir"])
    assert {file.name for file in (folder / "reports").glob("*.html")} == {f"{host}-7.html" for host in HOSTS}
    assert {file.name for file in folder.glob("*.state.json")} == {f"{host}.state.json" for host in HOSTS}


def test_tokens_are_secret(setup: Setup) -> None:
    [credential] = setup.awx.records["credentials"].values()
    assert setup.awx.shown("credentials", credential)["inputs"] == {"tokens": "$encrypted$"}
    assert TOKEN not in json.dumps([setup.awx.records["hosts"], setup.awx.records["groups"]])
