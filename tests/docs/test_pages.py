# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the guides and of the READMEs, in the order of the page: files are written, commands and playbooks are run."""

from __future__ import annotations

import io
import json
import re
import shlex

import pytest
import yaml
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check

from .blocks import PAGES, ROOT, Block, blocks
from .conftest import told

#: Page and file or first words of a playbook -> why it is only checked for syntax. It holds for the page in French too.
NOT_RUN = {
    ("guide_awx.rst", "sync.yml"): "its files lie where AWX's survey says; tests/runner runs it as a job",
    ("guide_prepare_moodle.rst", "prepare.yml"): "needs a shell on a Moodle host; the integration target of moodle_site has one",
    ("moodle_site", "hosts: moodle"): "needs a shell on a Moodle host; the integration target of moodle_site has one",
    ("moodle_site", "moodle_site_report.in_order"): "speaks of what the role left behind; the integration target of moodle_site reads it",
}
#: The first page of the site, which is no guide.
FRONT = ROOT / "docs/site/front.rst"
#: The folder that the reader of a guide works in.
HERE = "/srv/moodle"
#: What a CSV of a guide is for: a step of the role sync. In the order in which they are run.
STEPS = {
    "courses.csv": {"service": "courses", "action": "create"},
    "users.csv": {"service": "users", "config": {"primaryidentity": "username"}},
    "cohorts.csv": {
        "service": "cohorts", "config": {"cohortidentifier": "idnumber", "useridentifier": "username", "autocreate": True},
    },
    "enrols.csv": {"service": "enrols", "config": {"courseidentifier": "shortname", "useridentifier": "username"}},
    "checkcourses.csv": {"service": "courses", "action": "check", "on_failures": "warn"},
    "resetcourses.csv": {"service": "courses", "action": "reset", "config": {"fileresetidentifier": "shortname"}},
    "deleteusers.csv": {"service": "users", "config": {"primaryidentity": "username"}, "allow_destructive": True},
    "deletecourses.csv": {"service": "courses", "action": "delete", "allow_destructive": True},
}
#: CSVs of the guides that no run can take, as what they are checked.
ONLY_CHECKED = {"metas.csv": ("courses", "bindmetas")}


def with_examples():
    return [page for page in (FRONT, *PAGES) if any(block.content or block.name or block.language == "shell" for block in blocks(page))]


def reason_not_run(page, block: Block) -> str:
    where = page.name.replace("fr_", "guide_") if page.suffix == ".rst" else page.parent.name
    return next((why for (at, what), why in NOT_RUN.items() if at == where and (what == block.name or what in block.text)), "")


@pytest.mark.parametrize("page", with_examples(), ids=lambda page: f"{page.parent.name}-{page.stem}" if page.suffix == ".md" else page.stem)
def test_page(page, kitchen):
    waiting: dict[str, Block] = {}
    csvs: dict[str, Block] = {}
    said = ""
    # Tasks that a playbook of the page includes are run with it.
    included = {name for block in blocks(page) for name in re.findall(r"(?:include|import)_tasks: (\S+)", block.text)}
    for number, block in enumerate(blocks(page)):
        if block.language == "shell":
            for program, *command in commands(block, kitchen.folder):
                if block.kind == "approved":  # of the plan that was shown before
                    command = [re.sub(r"(?<==)[0-9a-f]{16}$", re.findall(r"plan_id: (\w{16})", said)[-1], word) for word in command]
                waiting = {name: other for name, other in waiting.items() if name not in command}
                done = kitchen.playbook(*command) if program == "ansible-playbook" else kitchen.python(*command)
                assert (done.returncode != 0) == (block.kind == "fails"), f"line {block.line}: {told(done)}"
                said = done.stdout.replace(str(kitchen.folder), HERE)
            continue
        if block.kind == "output":
            assert [line for line in block.text.splitlines() if line.strip() not in said] == [], f"line {block.line}"
            continue
        name = block.name or f"block{number}.yml"
        if block.is_tasks and block.name not in included:
            play = {"name": name, "hosts": "localhost", "gather_facts": False, "tasks": block.content}
            waiting[name] = Block("yaml", name, "", yaml.safe_dump([play], sort_keys=False), block.line)
        elif block.is_playbook:
            waiting[name] = block
        if block.name.endswith(".csv"):
            csvs[block.name] = block
        if block.name or name in waiting:
            kitchen.write(name, waiting[name].text if name in waiting else block.text)
    for name, block in waiting.items():
        if reason_not_run(page, block):
            kitchen.succeeds("--syntax-check", name)
        else:
            kitchen.succeeds(name)
    if len(csvs) > 1 and not any(block.language == "shell" for block in blocks(page)):
        run_all(csvs, kitchen)


def commands(block: Block, folder):
    """Each ansible-playbook and python3 in a block of commands, with its arguments; others set up what is set up here."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.replace("$PWD", str(folder)))
        if words[:1] in (["ansible-playbook"], ["python3"]):
            yield words


def run_all(csvs, kitchen):
    """Every CSV of a page of formats passes the check and goes through a run, or what stands for one."""
    assert set(csvs) <= set(STEPS) | set(ONLY_CHECKED), "say what it is for in STEPS"
    for name, (service, action) in ONLY_CHECKED.items():
        if name in csvs:
            assert Check(io.BytesIO(csvs[name].text.encode()), service, action, separator=";", settings={}).errors == []
    steps = [{**step, "name": name, "src": name} for name, step in STEPS.items() if name in csvs]
    play = {
        "name": "All formats", "hosts": "localhost", "gather_facts": False,
        "roles": [{"role": "activeprolearn.toolsync.sync", "vars": {"sync_steps": steps}}],
        "post_tasks": [
            {"name": "All rows were processed", "ansible.builtin.assert": {"that": [
                f"sync_result.steps | length == {len(steps)}",
                "sync_result.steps | map(attribute='state') | unique == ['done']",
                "sync_result.steps | rejectattr('action', 'equalto', 'check') | map(attribute='counts.failed') | sum == 0",
                "sync_result.steps | rejectattr('action', 'equalto', 'check') | map(attribute='counts.rows') | min > 0",
            ]}},
        ],
    }
    kitchen.write("all.yml", yaml.safe_dump([play], sort_keys=False))
    kitchen.succeeds("all.yml")


def test_the_files_of_the_readme_pass_the_check_without_a_remark():
    files = {block.name: block.text for block in blocks(ROOT / "README.md") if block.language == "csv"}
    assert sorted(files) == [f"exports/{name}.csv" for name in ("cohorts", "courses", "enrols", "users")]
    for name, text in files.items():
        step = STEPS[name.rpartition("/")[2]]
        stream, settings = io.BytesIO(text.encode()), step.get("config", {})
        found = Check(stream, step["service"], step.get("action", "sync"), separator=";", settings=settings)
        assert found.errors == found.warnings == [], name


def test_a_night_that_goes_wrong_is_told_by_mail_to_the_chat_and_to_the_monitor(kitchen, hook):
    for block in blocks(ROOT / "docs/docsite/rst/guide_nightly.rst"):
        if block.name:
            kitchen.write(block.name, block.text)
    refused = kitchen.playbook("nightly.yml", "-e", "sync_csv_dir=nowhere")
    assert refused.returncode == 2
    mail = (kitchen.folder / "mail.txt").read_text(encoding="utf-8")
    assert "Subject: Moodle sync: refused, rows that failed: 0" in mail and "holds none of them" in mail.partition("<html")[2]
    assert hook.got[0]["text"].startswith("Practice Moodle: refused") or hook.got[0]["text"].startswith("refused: There is nothing to do")
    report = "reports/toolsync-localhost.json"
    assert kitchen.python("check_moodle_sync.py", report).returncode == 2
    kitchen.succeeds("nightly.yml")
    done = kitchen.python("check_moodle_sync.py", report)
    assert (done.returncode, done.stdout) == (0, "OK: done, rows: 1, failed: 0. \n")
    assert kitchen.python("check_moodle_sync.py", "reports/gone.json").returncode == 3
    assert (kitchen.folder / "mail.txt").read_text(encoding="utf-8") == mail
    with (kitchen.folder / "exports/users.csv").open("a", encoding="utf-8") as stream:
        stream.write("other;Other;Admin;admin@example.com\n")
    assert kitchen.playbook("nightly.yml").returncode == 2
    assert "Subject: Moodle sync: rows_failed, rows that failed: 1" in (kitchen.folder / "mail.txt").read_text(encoding="utf-8")
    assert len(hook.got) == 3 and "users: 1 of 2 rows failed" in hook.got[2]["text"] and "admin@example.com" not in hook.got[2]["text"]
    warned = kitchen.python("check_moodle_sync.py", report)
    assert (warned.returncode, warned.stdout.split(". ")[0]) == (1, "WARNING: rows_failed, rows: 2, failed: 1")
    told = json.loads((kitchen.folder / report).read_text(encoding="utf-8"))
    kitchen.write(report, json.dumps({**told, "started": "2026-01-01T00:00:00Z"}))
    assert kitchen.python("check_moodle_sync.py", report).returncode == 2


def test_what_is_not_run_exists():
    for at, what in NOT_RUN:
        (page,) = [page for page in PAGES if at in (page.name, page.parent.name)]
        assert any(what == block.name or what in block.text for block in blocks(page)), (at, what)
