# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook awx_setup does when asked, in an organization beside another one that has everything by the same names."""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner.awx_api import Awx, Record
from tests.runner.job import AWX_FILES, credential_type
from tests.runner.setup import LYON, NANTES, RRULE, TOKEN, Setup, site

QUESTIONS = [question["variable"] for question in yaml.safe_load((AWX_FILES / "survey.yml").read_text(encoding="utf-8"))["spec"]]
MAIL: Record = {
    "name": "Moodle: mail", "type": "email", "messages": {"error": {"message": "{{ '{{ job.name }}' }} failed"}},
    "configuration": {
        "host": "smtp.example.org", "port": 25, "username": "awx", "password": "mail-5ecret", "use_tls": True, "use_ssl": False,
        "sender": "awx@example.org", "recipients": ["operators@example.org"],
    },
}
CHAT: Record = {
    "name": "Moodle: chat", "type": "webhook", "configuration": {"url": "https://chat.example.org/hook", "headers": {"X-Room": "Moodle"}},
}
ALL: dict[str, Any] = {
    "awx_organization": "Other", "awx_execution_environment_image": "registry.example.org/toolsync-ee:1.0.0",
    "awx_project_url": "https://git.example.org/exports.git", "awx_project_credential": "git key", "awx_project_playbook": "sync.yml",
    "awx_teams": ["Operators"], "awx_approval_teams": ["Heads"], "awx_delete_teams": ["Registrars"], "awx_notifications": [MAIL, CHAT],
    "awx_keep_dir": "/srv/toolsync", "awx_approval_timeout": "3600",
    "awx_sites": [
        site(LYON, schedule="DTSTART;TZID=Europe/Paris:20260901T020000\nRRULE:FREQ=DAILY;INTERVAL=1"),
        site(NANTES, variables=dict.fromkeys(QUESTIONS, "false")),
    ],
}


def fill(awx: Awx) -> None:
    """Another organization with records of the same names; and what the new one must have."""
    made_type = awx.put("credential_types", credential_type())
    for number, name in ((1, "Default"), (0, "Other")):
        organization = number or awx.put("organizations", {"name": name})["id"]
        awx.put("credentials", {"name": "git key", "organization": organization, "credential_type": 2, "inputs": {"username": "git"}})
        for team in ("Operators", "Heads", "Registrars"):
            awx.put("teams", {"name": team, "organization": organization})
    inventory = awx.put("inventories", {"name": "Moodle sync", "organization": 1})["id"]
    awx.put("hosts", {"name": "localhost", "inventory": inventory})
    project = awx.put("projects", {"name": "Moodle sync", "organization": 1, "scm_revision": "1", "status": "successful"})["id"]
    awx.put("credentials", {"name": f"Moodle: {LYON}", "organization": 1, "credential_type": made_type["id"]})
    awx.put("execution_environments", {"name": "Moodle sync (Default)", "organization": 1, "image": "x:1"})
    awx.put("notification_templates", {"name": MAIL["name"], "organization": 1, "notification_type": "email"})
    for kind in ("check", "run"):
        name = f"Moodle sync: {LYON} ({kind})"
        template = awx.put("job_templates", {"name": name, "organization": 1, "project": project, "inventory": inventory})
    awx.put("workflow_job_templates", {"name": f"Moodle sync: {LYON}", "organization": 1})
    awx.put("schedules", {"name": "Moodle sync: Elsewhere", "unified_job_template": template["id"], "rrule": RRULE})
    awx.playbooks = {"sync.yml"}


@pytest.fixture(scope="module")
def setup(awx_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with Awx() as awx:
        fill(awx)
        before = {endpoint: set(records) for endpoint, records in awx.records.items()}
        kept = json.dumps(awx.state())
        setup = Setup(awx, tmp_path_factory.mktemp("awx"), awx_collection)
        ended = setup.run("-vv", **ALL).ok()
        assert MAIL["configuration"]["password"] not in ended.output
        for endpoint, records in json.loads(kept)[0].items():
            assert {number: awx.records[endpoint][int(number)] for number in records} == records, "the other organization's are left alone"
        setup.made = {
            endpoint: [record for number, record in awx.records[endpoint].items() if number not in before[endpoint]]
            for endpoint in awx.records
        }
        yield setup


def the(setup: Setup, endpoint: str, name: str) -> Record:
    [found] = [record for record in setup.made[endpoint] if name in (record.get("name"), record.get("identifier"))]
    return found


def test_again_it_sends_nothing(setup: Setup) -> None:
    assert setup.run(**ALL).ok().writes == []


def test_everything_is_of_the_organization(setup: Setup) -> None:
    inventory, project = the(setup, "inventories", "Moodle sync"), the(setup, "projects", "Moodle sync")
    assert {inventory["organization"], project["organization"]} == {setup.awx.named("organizations", "Other")["id"]}
    assert the(setup, "hosts", "localhost")["inventory"] == inventory["id"]
    for template in setup.made["job_templates"]:
        assert (template["project"], template["inventory"]) == (project["id"], inventory["id"])
        assert template["execution_environment"] == the(setup, "execution_environments", "Moodle sync (Other)")["id"]
    lyon = the(setup, "job_templates", f"Moodle sync: {LYON} (run)")
    assert setup.awx.associated("job_templates", lyon, "credentials") == [the(setup, "credentials", f"Moodle: {LYON}")["id"]]


def test_a_repository_of_ones_own_is_fetched_before_each_job_with_its_credential(setup: Setup) -> None:
    project = the(setup, "projects", "Moodle sync")
    assert project["scm_update_on_launch"] is True
    credential = setup.awx.records["credentials"][project["credential"]]
    assert (credential["name"], credential["organization"]) == ("git key", project["organization"])


def test_a_site_that_answers_all_questions_has_no_survey(setup: Setup) -> None:
    for kind in ("check", "run"):
        template = the(setup, "job_templates", f"Moodle sync: {NANTES} ({kind})")
        assert template["survey_enabled"] is False and setup.awx.survey("job_templates", template) == {}
    assert setup.awx.survey("workflow_job_templates", the(setup, "workflow_job_templates", f"Moodle sync: {NANTES}")) == {}


def asked(setup: Setup, name: str) -> set[str]:
    return {question["variable"] for question in setup.awx.survey("job_templates", the(setup, "job_templates", name))["spec"]}


def test_only_templates_of_those_who_may_delete_ask_about_it(setup: Setup) -> None:
    for kind in ("check", "run"):
        assert asked(setup, f"Moodle sync: {LYON} ({kind})") == set(QUESTIONS) - {"sync_allow_destructive"}
        assert asked(setup, f"Moodle sync: {LYON}, files may delete ({kind})") == set(QUESTIONS)
    # A site that answers it itself needs none.
    assert not [template for template in setup.made["job_templates"] if template["name"].startswith(f"Moodle sync: {NANTES},")]


def test_teams_may_start_and_approve(setup: Setup) -> None:
    usual = [f"Moodle sync: {name}{kind}" for name in (LYON, NANTES) for kind in ("", " (check)", " (run)")]
    deleting = [f"Moodle sync: {LYON}, files may delete{kind}" for kind in ("", " (check)", " (run)")]
    awx = setup.awx
    organization = awx.named("organizations", "Other")["id"]
    awx.records["teams"] = {number: team for number, team in awx.records["teams"].items() if team["organization"] == organization}
    assert awx.allowed("Operators") == sorted((name, "execute_role") for name in usual)
    assert awx.allowed("Registrars") == sorted((name, "execute_role") for name in deleting)
    assert awx.allowed("Heads") == sorted((name, "approval_role") for name in (usual[0], usual[3], deleting[0]))


def test_who_is_told_of_failures_and_of_approvals(setup: Setup) -> None:
    mail, chat = the(setup, "notification_templates", MAIL["name"]), the(setup, "notification_templates", CHAT["name"])
    assert mail["notification_configuration"] == {**MAIL["configuration"], "timeout": 30}
    assert mail["messages"]["error"] == {"message": "{{ job.name }} failed"}
    for template in setup.made["job_templates"]:
        assert set(setup.awx.associated("job_templates", template, "notification_templates_error")) == {mail["id"], chat["id"]}
    for workflow in setup.made["workflow_job_templates"]:
        assert set(setup.awx.associated("workflow_job_templates", workflow, "notification_templates_approvals")) == {mail["id"], chat["id"]}


def test_what_outlives_the_container_is_on_the_exposed_path(setup: Setup) -> None:
    variables = json.loads(the(setup, "job_templates", f"Moodle sync: {LYON} (run)")["extra_vars"])
    assert (variables.pop("awx_keep_dir"), variables.pop("awx_site_name")) == ("/srv/toolsync", "campus-lyon")
    specs = yaml.safe_load((AWX_FILES.parents[2] / "roles/sync/meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert set(variables) <= set(specs["argument_specs"]["main"]["options"])
    assert variables["sync_state_file"] == "{{ awx_keep_dir }}/{{ awx_site_name }}.state.json"


def test_the_approval_waits_as_long_as_it_says(setup: Setup) -> None:
    assert {approval["timeout"] for approval in setup.made["workflow_approval_templates"]} == {3600}


def test_schedules_that_are_gone_are_switched_off_or_named_and_a_new_token_is_noticed(setup: Setup) -> None:
    awx = setup.awx
    [schedule] = setup.made["schedules"]
    assert schedule["rrule"] == "DTSTART;TZID=Europe/Paris:20260901T020000 RRULE:FREQ=DAILY;INTERVAL=1"
    assert schedule["extra_data"].keys() == set(QUESTIONS) - {"sync_allow_destructive"}
    nantes = the(setup, "job_templates", f"Moodle sync: {NANTES} (run)")
    left = awx.put("schedules", {"name": f"Moodle sync: {NANTES}", "unified_job_template": nantes["id"], "rrule": RRULE})
    new = TOKEN[::-1]
    ended = setup.run(**{**ALL, "awx_sites": [site(LYON, token=new)]}).ok()
    credential = the(setup, "credentials", f"Moodle: {LYON}")
    assert credential["inputs"]["token"] == new
    assert sorted(ended.writes) == [f"PATCH credentials/{credential['id']}/", f"PATCH schedules/{schedule['id']}/"]
    assert schedule["enabled"] is False and left["enabled"] is True
    assert f"were left as they are: Moodle sync: {NANTES}\"" in ended.output
