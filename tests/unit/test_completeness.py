# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is left out: every function of the plugin has its place, every module and filter its documentation and tests."""

from __future__ import annotations

import ast
import functools
import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS

from tests.contract import replay
from tests.scenarios import MODULES

ROOT = Path(__file__).resolve().parents[2]
FQCN = "activeprolearn.toolsync."
FILTERS = sorted(file.stem for file in (ROOT / "plugins/filter").glob("toolsync_*.py"))
#: What modules import that is not what they do.
COMMON = {"module", "services", "base", "Task", "run_module", "checked_action"}
TARGETS = ROOT / "tests/integration/targets"
_FAILS_ON_PHP_8 = "it ends in a PHP error on every call, on PHP 8; core_role_assign_roles and core_role_unassign_roles do its work"

#: The plugin's functions that this collection does not call, and why (plugin.md A.5 and A.6).
UNSUPPORTED = {
    "tool_sync_enrol_user_enrol": "tool_sync_enrol_users_enrol does the same for any number of users",
    "tool_sync_enrol_user_unenrol": "it fails on every call for manual enrolments; enrol_manual_unenrol_users does its work",
    "tool_sync_enrol_users_unenrol": "it fails on every call for manual enrolments; enrol_manual_unenrol_users does its work",
    "tool_sync_enrol_role_assign": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_assigns": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_unassign": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_unassigns": _FAILS_ON_PHP_8,
    "tool_sync_cohort_get_users": "it fails on every call; core_cohort_get_cohort_members does its work",
    "tool_sync_cohort_restore_enrol": "it answers true and does nothing; the binding is made anew instead",
}


def registered(version):
    """The plugin's functions that a real Moodle listed in its first recorded answer."""
    answer = json.loads(replay.load(version, "sequence")[0]["response"]["body"])
    return {function["name"] for function in answer["functions"] if function["name"].startswith("tool_sync_")}


def strings_in(folder, but=""):
    """All text constants in the Python files of a folder (but one), docstrings and documentation left out."""
    found = set()
    for file in set(folder.glob("*.py")) - {folder / but}:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
        }
    return found


def imports_of(file):
    """The last parts of all names that a file imports of this collection."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and "activeprolearn" in (node.module or ""):
            yield node.module.rpartition(".")[2]
            yield from (alias.name for alias in node.names)


# -- functions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", replay.VERSIONS)
def test_every_function_of_the_plugin_is_used_or_told_why_not(version):
    assert len(registered(version)) == 24
    assert registered(version) == {name for name in (*FUNCTIONS, *UNSUPPORTED) if name.startswith("tool_sync_")}
    assert not set(FUNCTIONS) & set(UNSUPPORTED)
    assert all(reason.strip() for reason in UNSUPPORTED.values())


def test_every_function_of_the_catalogue_is_called():
    utils = ROOT / "plugins/module_utils"
    # What features need is a list, and no call.
    assert set(FUNCTIONS) - strings_in(utils / "services", "site_info_needs.py") - strings_in(utils / "read") == set()


def test_what_is_unsupported_is_not_called():
    called = {text for folder in ("plugins/module_utils/services", "plugins/modules") for text in strings_in(ROOT / folder)}
    assert set(UNSUPPORTED) & called == set()


# -- modules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_action_plugin(module):
    assert module in set(imports_of(ROOT / f"plugins/action/{module}.py"))


@functools.cache
def covered_by_tests():
    """What the unit tests of plugins import of ours, and the texts in them."""
    folders = [ROOT / "tests/unit/plugins", *(path for path in (ROOT / "tests/unit/plugins").rglob("*") if path.is_dir())]
    imported = {name for folder in folders for file in folder.glob("*.py") for name in imports_of(file)}
    return imported | {text for folder in folders for text in strings_in(folder)}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_unit_tests(module):
    services = set(imports_of(ROOT / f"plugins/modules/{module}.py")) - COMMON
    assert covered_by_tests() & {module, *services}


def plays(target):
    """The text of all tasks of an integration target."""
    return "".join(file.read_text(encoding="utf-8") for file in (TARGETS / target / "tasks").glob("*.yml"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_integration_target(module):
    assert f"{FQCN}{module}:" in plays(module)
    assert (TARGETS / module / "aliases").is_file()


# -- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_documented_and_tested(name):
    documentation = yaml.safe_load((ROOT / f"plugins/filter/{name}.yml").read_text(encoding="utf-8"))
    assert documentation["DOCUMENTATION"]["name"] == name
    assert documentation["DOCUMENTATION"]["short_description"] and documentation["RETURN"]["_value"]
    assert f"{FQCN}{name}" in documentation["EXAMPLES"]
    assert (ROOT / f"tests/unit/plugins/filter/test_{name}.py").is_file()
    assert any(f"{FQCN}{name}" in plays(target.name) for target in TARGETS.iterdir())
