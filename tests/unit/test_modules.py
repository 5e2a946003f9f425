# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises: documentation and specification say the same, check mode writes nothing and returns what the real
run returns, all that is returned is documented, and the token is in nothing of it."""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import invocation, run

from tests.scenarios import MODULES, SCENARIOS, World

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.activeprolearn.toolsync.plugins"
FQCN = "activeprolearn.toolsync."
ATTRIBUTES = ("check_mode", "diff_mode", "idempotent", "action_group")
#: Ansible's own return values, which need no documentation.
COMMON = {"changed", "failed", "msg", "warnings", "diff"}


# -- documentation and specification ------------------------------------------------------------------------------


def parts_of(module):
    """The parsed DOCUMENTATION and RETURN of a module."""
    tree = ast.parse((ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    return {
        node.targets[0].id: yaml.safe_load(ast.literal_eval(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "RETURN")
    }


def fragment(name):
    """A documentation fragment by its full name, such as activeprolearn.toolsync.connection.state_file."""
    file, _dot, part = name[len(FQCN) :].partition(".")
    holder = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
    return yaml.safe_load(getattr(holder, part.upper() or "DOCUMENTATION"))


def documentation(module):
    """A module's documentation with its fragments, merged as Ansible does it: what comes first, the module's own above all, goes before."""
    merged = parts_of(module)["DOCUMENTATION"]
    for name in merged["extends_documentation_fragment"]:
        for key in ("options", "attributes"):
            for option, said in fragment(name).get(key, {}).items():
                mine = merged.setdefault(key, {}).get(option, {})
                merged[key][option] = {**said, **mine}
    return merged


def documented(options):
    """Documented options in the form of a specification."""
    return {
        name: {
            "type": said.get("type", "str"),
            "required": said.get("required", False),
            "default": said.get("default"),
            "choices": said.get("choices"),
            "aliases": sorted(said.get("aliases", [])),
            "elements": said.get("elements"),
            "options": documented(said["suboptions"]) if "suboptions" in said else None,
        }
        for name, said in options.items()
    }


def specified(spec):
    """A specification reduced to what is documented."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": sorted(option.get("aliases", [])),
            "elements": option.get("elements"),
            "options": specified(option["options"]) if "options" in option else None,
        }
        for name, option in spec.items()
    }


def task_of(module):
    return importlib.import_module(f"{PACKAGE}.modules.{module}").TASK


@pytest.mark.parametrize("module", MODULES)
def test_the_documentation_is_the_specification(module):
    assert documented(documentation(module)["options"]) == specified(task_of(module).argument_spec)


@pytest.mark.parametrize("module", MODULES)
def test_the_attributes_are_declared(module):
    attributes = documentation(module)["attributes"]
    for name in ATTRIBUTES:
        assert attributes[name]["description"] and attributes[name]["support"], name
    assert attributes["action_group"]["membership"] == ["activeprolearn.toolsync.toolsync"]
    assert attributes["check_mode"]["support"] in ("full", "partial")


@pytest.mark.parametrize("module", MODULES)
def test_the_action_plugin_runs_the_module_s_task(module):
    action = importlib.import_module(f"{PACKAGE}.action.{module}").ActionModule
    assert action.task is task_of(module)


@pytest.mark.parametrize("module", MODULES)
def test_a_token_is_a_secret(module):
    assert task_of(module).argument_spec["token"]["no_log"] is True
    assert "token" in task_of(module).secrets


# -- runs ---------------------------------------------------------------------------------------------------------


def test_every_module_has_a_scenario():
    assert {scenario.module for scenario in SCENARIOS.values()} == set(MODULES)


@pytest.fixture
def world(practice, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return World(practice, folder)


@pytest.fixture(params=SCENARIOS.values(), ids=SCENARIOS)
def scenario(request):
    return request.param


def files_in(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def stored(practice):
    """All tables but that of contexts, which the practice Moodle fills when it first looks at a course."""
    return {name: rows for name, rows in practice.state().items() if name != "context"}


def undocumented(scenario, result):
    return set(result) - COMMON - set(parts_of(scenario.module)["RETURN"])


def said(scenario, parameters, result):
    """Everything that a user or a log gets to see of a task."""
    return json.dumps([result, invocation(scenario.task(), parameters)], default=str)


def test_check_mode_writes_nothing_and_returns_what_the_real_run_returns(scenario, world):
    scenario.prepare(world)
    parameters = scenario.parameters(world)
    before = world.practice.counters()["writes"], stored(world.practice), files_in(world.folder)
    foretold = run(scenario.task(), parameters, check_mode=True, diff=True)
    assert (world.practice.counters()["writes"], stored(world.practice), files_in(world.folder)) == before
    done = run(scenario.task(), parameters, diff=True)
    assert not foretold.get("failed") and not done.get("failed"), done
    assert foretold["changed"] == done["changed"]
    assert set(foretold) - {"warnings"} == set(done) - {"warnings"}
    assert undocumented(scenario, done) == set()
    assert world.token not in said(scenario, parameters, [foretold, done])


def test_all_that_is_documented_for_success_is_returned(scenario, world):
    scenario.prepare(world)
    done = run(scenario.task(), scenario.parameters(world), diff=True)
    missing = {
        name
        for name, about in parts_of(scenario.module)["RETURN"].items()
        if name not in done and not any(word in about["returned"] for word in ("failure", "when", "with "))
    }
    assert missing == set()


WRONG = {"token": {"token": "zqwrong0zqwrong0zqwrong0zqwrong0"}, "url": {"url": "http://127.0.0.1:9", "retries": 0}}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_failures_are_documented_too_and_hold_no_token(scenario, world, wrong):
    scenario.prepare(world)
    parameters = scenario.parameters(world, **wrong)
    result = run(scenario.task(), parameters, diff=True)
    assert undocumented(scenario, result) == set()
    assert parameters["token"] not in said(scenario, parameters, result)
    if result.get("failed"):
        assert result["msg"] and "Traceback" not in result["msg"]
        assert set(result["error"]) == {"kind", "option", "errorcode", "debuginfo"}
