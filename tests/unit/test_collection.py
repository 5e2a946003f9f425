# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module, role and playbook of the collection must have, whichever they are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from tests.scenarios import INTERNAL

ROOT = Path(__file__).resolve().parents[2]
FQCN = "activeprolearn.toolsync."
MODULES = sorted(file.stem for file in (ROOT / "plugins/modules").glob("*.py") if file.stem != "__init__")
ROLES = sorted(folder.name for folder in (ROOT / "roles").glob("*") if folder.is_dir())
PLAYBOOKS = sorted(file.name for file in (ROOT / "playbooks").glob("*.yml"))
CHILDREN = ("pre_tasks", "tasks", "post_tasks", "block", "rescue", "always")
COPYRIGHT = "# Copyright (c) 2026 ActiveProLearn toolsync contributors"
LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later"
GPL = "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)"


def load(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def documentation(module):
    """The parsed DOCUMENTATION, EXAMPLES and RETURN of a module, by name."""
    tree = ast.parse((ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    return {
        node.targets[0].id: yaml.safe_load(ast.literal_eval(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("DOCUMENTATION", "EXAMPLES", "RETURN")
    }


def tasks_in(block):
    """The tasks of a list of tasks or plays, those in blocks included."""
    for entry in block or []:
        children = [child for key in CHILDREN for child in entry.get(key, [])]
        if not children:
            yield entry
        yield from tasks_in(children)


def test_the_action_group_holds_every_module():
    runtime = load("meta/runtime.yml")
    assert runtime["action_groups"]["toolsync"] == MODULES
    assert runtime["requires_ansible"] == ">=2.16.0"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_documented(module):
    parts = documentation(module)
    assert set(parts) == {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    assert parts["DOCUMENTATION"]["module"] == module
    assert parts["DOCUMENTATION"]["author"]
    assert parts["RETURN"]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_states_its_attributes(module):
    fragments = documentation(module)["DOCUMENTATION"]["extends_documentation_fragment"]
    assert [name for name in fragments if name.split(".attributes")[0] == FQCN.rstrip(".")], fragments


@pytest.mark.parametrize("module", [module for module in MODULES if module not in INTERNAL])
def test_the_examples_use_the_module_by_its_full_name(module):
    used = [name for task in tasks_in(documentation(module)["EXAMPLES"]) for name in task]
    assert f"{FQCN}{module}" in used
    assert not set(used) & set(MODULES)


def test_an_action_plugin_has_a_module():
    actions = {file.stem for file in (ROOT / "plugins/action").glob("toolsync_*.py")}
    assert actions <= set(MODULES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_specifies_its_arguments(role):
    entry_points = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    assert "main" in entry_points
    for name, entry_point in entry_points.items():
        assert entry_point["short_description"], name
        for option, specification in entry_point.get("options", {}).items():
            assert option.startswith(f"{role}_"), f"{option} lacks the role's prefix"
            assert specification.get("description"), f"{option} has no description"


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_of_a_role_are_in_its_specification(role):
    defaults = load(f"roles/{role}/defaults/main.yml") if (ROOT / f"roles/{role}/defaults/main.yml").exists() else {}
    options = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert {name for name in defaults or {} if not name.startswith("_")} <= set(options)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_is_a_list_of_named_plays(playbook):
    plays = load(f"playbooks/{playbook}")
    assert isinstance(plays, list)
    assert all(play.get("name") for play in plays)


def python_files():
    folders = ("plugins", "tests", "scripts", ".ci", "docs", "roles")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return sorted(
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.name != "__init__.py" and "tests/output" not in file.as_posix()
    )


@pytest.mark.parametrize("file", python_files())
def test_a_python_file_names_its_licence(file):
    head = (ROOT / file).read_text(encoding="utf-8").splitlines()[:6]
    assert COPYRIGHT in head
    assert LICENCE in head
    assert GPL in head or not file.startswith("plugins/")


def test_the_version_is_the_same_everywhere():
    version = load("galaxy.yml")["version"]
    assert version in load("changelogs/changelog.yaml")["releases"]
    transport = (ROOT / "plugins/module_utils/wire/transport.py").read_text(encoding="utf-8")
    assert f"activeprolearn.toolsync/{version}" in transport


def test_the_execution_environment_gets_what_the_controller_needs():
    def requirements(path):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    assert requirements("meta/ee-requirements.txt") == requirements("requirements.txt")
