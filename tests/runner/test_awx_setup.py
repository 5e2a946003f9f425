# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook awx_setup with the real modules of awx.awx, and the jobs that it makes, from what AWX then holds."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner import job
from tests.runner.awx_api import HIDDEN, Awx, Record
from tests.runner.job import ROOT, Job, Start, credential_type
from tests.runner.setup import LYON, NANTES, RRULE, TOKEN, Setup, site
from tests.simulator.fixture import Practice

FIRST: Record = {
    "awx_execution_environment_image": "registry.example.org/toolsync-ee:1.0.0",
    "awx_sites": [
        site(LYON, token="{{ lookup('ansible.builtin.env', 'MOODLE_TOKEN') }}", schedule=RRULE),
        site(NANTES, token="f" * 32, validate_certs=False, variables={
            "sync_steps": [{"service": "users", "src": "/exports/nantes.csv"}], "sync_separator": ",", "sync_on_failures": "warn",
        }),
    ],
}


@pytest.fixture(scope="module")
def setup(awx_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """AWX after a check and a first run of the playbook for two sites, and the way to run it again."""
    with Awx() as awx:
        setup = Setup(awx, tmp_path_factory.mktemp("awx"), awx_collection, {"MOODLE_TOKEN": TOKEN})
        foretold = setup.run("--check", **FIRST).ok()
        assert foretold.writes == [] and foretold.changed > 0
        assert f"Moodle sync: {LYON}: job templates, a workflow, a schedule" in foretold.output
        setup.run("-vvv", **FIRST).ok()
        yield setup


@pytest.fixture(scope="module")
def awx(setup: Setup) -> Awx:
    return setup.awx


def test_again_it_sends_nothing(setup: Setup) -> None:
    before = setup.awx.state()
    again = setup.run(**FIRST).ok()
    assert (again.changed, again.writes) == (0, [])
    assert setup.awx.state() == before


def test_check_mode_foretells_a_change(setup: Setup) -> None:
    foretold = setup.run("--check", **FIRST, awx_project_branch="next").ok()
    assert (foretold.changed, foretold.writes) == (1, [])


def test_the_credential_type_arrives_as_it_is_in_the_file(awx: Awx) -> None:
    stored = awx.named("credential_types", credential_type()["name"])
    assert {key: stored[key] for key in credential_type()} == credential_type()


def test_credentials(awx: Awx) -> None:
    stored = awx.named("credentials", f"Moodle: {LYON}")
    assert stored["inputs"] == {"url": "https://lyon.example.org", "token": TOKEN, "validate_certs": "true"}
    assert awx.shown("credentials", stored)["inputs"]["token"] == HIDDEN
    assert awx.named("credentials", f"Moodle: {NANTES}")["inputs"]["validate_certs"] == "false"


def test_job_templates(awx: Awx) -> None:
    for kind in ("check", "run"):
        template = awx.named("job_templates", f"Moodle sync: {LYON} ({kind})")
        assert template["job_type"] == kind and template["allow_simultaneous"] is False and template["survey_enabled"] is True
        assert template["project"] == awx.named("projects", "Moodle sync")["id"]
        assert template["inventory"] == awx.named("inventories", "Moodle sync")["id"]
        assert template["execution_environment"] == awx.named("execution_environments", "Moodle sync (Default)")["id"]
        assert awx.associated("job_templates", template, "credentials") == [awx.named("credentials", f"Moodle: {LYON}")["id"]]
        assert (ROOT / template["playbook"]).exists()  # AWX lets only playbooks of the project be named


def test_the_host_runs_in_the_process_of_the_job(awx: Awx) -> None:
    assert json.loads(awx.named("hosts", "localhost")["variables"]) == {
        "ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }


def test_surveys_ask_for_variables_of_the_role(awx: Awx) -> None:
    specs = yaml.safe_load((ROOT / "roles/sync/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    survey = yaml.safe_load((job.AWX_FILES / "survey.yml").read_text(encoding="utf-8"))
    asked = awx.survey("job_templates", awx.named("job_templates", f"Moodle sync: {LYON} (run)"))
    # Who may delete has templates of their own.
    assert asked == {**survey, "spec": [question for question in survey["spec"] if question["variable"] != "sync_allow_destructive"]}
    for question in survey["spec"]:
        option = options[question["variable"]]
        assert question["type"] in ("text", "multiplechoice", "integer") and isinstance(question["required"], bool)
        assert question["question_name"] and "question_description" in question
        if question["type"] == "multiplechoice":
            assert question["default"] in question["choices"]
            allowed = option.get("choices", ["true", "false"] if option["type"] == "bool" else question["choices"])
            assert set(question["choices"]) == set(allowed)
        elif question["type"] == "integer":
            assert option["type"] == "int" and question["min"] <= question["default"] <= question["max"]
        else:
            assert question["min"] <= len(question["default"]) <= question["max"]
        if "default" in option:
            assert str(question["default"]).lower() == str(option["default"]).lower()


def test_what_a_site_fixes_is_not_asked(awx: Awx) -> None:
    template = awx.named("job_templates", f"Moodle sync: {NANTES} (run)")
    asked = {question["variable"] for question in awx.survey("job_templates", template)["spec"]}
    assert asked == {"sync_encoding", "sync_rows_per_run"}
    assert json.loads(template["extra_vars"])["sync_steps"] == [{"service": "users", "src": "/exports/nantes.csv"}]


def test_workflow_checks_waits_and_runs(awx: Awx) -> None:
    workflow = awx.named("workflow_job_templates", f"Moodle sync: {LYON}")
    nodes = {
        node["identifier"]: node for node in awx.records["workflow_job_template_nodes"].values()
        if node["workflow_job_template"] == workflow["id"]
    }
    assert set(nodes) == {"check", "approve", "run"}
    for name, following in (("check", "approve"), ("approve", "run")):
        assert awx.associated("workflow_job_template_nodes", nodes[name], "success_nodes") == [nodes[following]["id"]]
        assert awx.associated("workflow_job_template_nodes", nodes[name], "always_nodes") == []
    for name in ("check", "run"):
        template = awx.named("job_templates", f"Moodle sync: {LYON} ({name})")
        assert nodes[name]["unified_job_template"] == template["id"]
    approval = awx.records["workflow_approval_templates"][nodes["approve"]["unified_job_template"]]
    assert (approval["name"], approval["timeout"]) == (f"Run the sync of {LYON}?", 86400)
    assert awx.survey("workflow_job_templates", workflow)["spec"]


def test_schedule(awx: Awx) -> None:
    [schedule] = awx.records["schedules"].values()
    assert (schedule["rrule"], schedule["enabled"]) == (RRULE, True)
    assert schedule["extra_data"] == {
        "sync_csv_dir": "/runner/project/csv", "sync_separator": ";", "sync_encoding": "utf-8", "sync_on_failures": "continue",
        "sync_rows_per_run": 0,
    }
    assert schedule["unified_job_template"] == awx.named("job_templates", f"Moodle sync: {LYON} (run)")["id"]


def launch(awx: Awx, start: Start, name: str, inputs: Record, handed_on: Record | None = None, users: str = "") -> Job:
    """A job of that template as AWX would start it, with the survey's defaults but for the folder.

    handed_on: what the jobs before it in a workflow left. users: other text for the file of users.
    """
    template = awx.named("job_templates", name)
    [credential] = awx.associated("job_templates", template, "credentials")
    made_type = awx.records["credential_types"][awx.records["credentials"][credential]["credential_type"]]
    answers = {question["variable"]: question["default"] for question in awx.survey("job_templates", template)["spec"]}
    playbook = template["playbook"]
    return start(
        inputs, playbook=playbook,
        project={playbook: (ROOT / playbook).read_text(encoding="utf-8"), **({"csv/users.csv": users} if users else {})},
        extra_vars={**json.loads(template["extra_vars"] or "{}"), **answers, "sync_csv_dir": "{project}/csv", **(handed_on or {})},
        check=template["job_type"] == "check", made_type=made_type,
        host_vars=json.loads(awx.named("hosts", "localhost")["variables"]),
    )


def test_the_jobs_of_the_workflow_do_what_was_approved_or_nothing(awx: Awx, start: Start, practice: Practice) -> None:
    inputs = {**awx.named("credentials", f"Moodle: {LYON}")["inputs"], "url": practice.url, "token": practice.token}
    check = launch(awx, start, f"Moodle sync: {LYON} (check)", inputs)
    assert check.status == "successful", check.output
    users = job.EXAMPLE["csv/users.csv"] + "late;Late;Comer;late@example.org;L1;Lyon;FR\n"
    run = launch(awx, start, f"Moodle sync: {LYON} (run)", inputs, check.artifacts, users)
    assert run.status == "failed" and "another one than the approved" in " ".join(run.failures())
    assert practice.counters()["writes"] == 0
    run = launch(awx, start, f"Moodle sync: {LYON} (run)", inputs, check.artifacts)
    assert run.status == "successful", run.output
    assert "ines.prevost" in {user["username"] for user in practice.state()["user"]}


def test_without_a_check_before_it_a_run_is_approved_by_nobody(awx: Awx, start: Start, practice: Practice) -> None:
    inputs = {**awx.named("credentials", f"Moodle: {LYON}")["inputs"], "url": practice.url, "token": practice.token}
    run = launch(awx, start, f"Moodle sync: {LYON} (run)", inputs)
    assert run.status == "successful", run.output


def test_the_surveys_folder_is_where_awx_puts_the_project(awx: Awx) -> None:
    survey = awx.survey("job_templates", awx.named("job_templates", f"Moodle sync: {LYON} (run)"))
    [folder] = [question["default"] for question in survey["spec"] if question["variable"] == "sync_csv_dir"]
    assert Path(folder).is_relative_to(job.IN_CONTAINER / "project")
