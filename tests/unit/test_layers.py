# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The import rule: each layer knows the layers below it and nothing else.

errors <- transport <- moodle (with catalogue) <- services <- module <- modules; csvfile, report, memory and options are leaves.
The files are parsed, not imported, so imports inside functions count too.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.activeprolearn.toolsync."

#: What each place may import of ours. A place is a file of module_utils, or a folder; csvfile and report are the faces
#: of families of files ("csv*", "report*") that nobody else may know. A new file must be given its place here.
MAY_IMPORT = {
    "module_utils/errors": set(),
    "module_utils/transport": {"module_utils/errors"},
    "module_utils/catalogue": {"module_utils/errors"},
    "module_utils/moodle": {"module_utils/errors", "module_utils/transport", "module_utils/catalogue"},
    "module_utils/csvfile": {"module_utils/errors", "module_utils/csv*"},
    "module_utils/csv*": {"module_utils/errors", "module_utils/csv*"},
    "module_utils/report": {"module_utils/errors", "module_utils/report*"},
    "module_utils/report*": {"module_utils/errors", "module_utils/report*"},
    "module_utils/memory": {"module_utils/errors"},
    "module_utils/moodlehost": {"module_utils/errors"},
    "module_utils/options": set(),
    "module_utils/services": {
        "module_utils/errors",
        "module_utils/catalogue",
        "module_utils/moodle",
        "module_utils/csvfile",
        "module_utils/report",
        "module_utils/memory",
        "module_utils/moodlehost",
        "module_utils/services",
    },
    "module_utils/module": {
        "module_utils/errors",
        "module_utils/transport",
        "module_utils/moodle",
        "module_utils/csvfile",
        "module_utils/report",
        "module_utils/memory",
        "module_utils/moodlehost",
        "module_utils/services",
    },
    "modules": {"module_utils/module", "module_utils/options", "module_utils/services"},
    "plugin_utils": {"module_utils/module", "modules"},
    "action": {"module_utils/module", "modules", "plugin_utils"},
    "filter": {"module_utils/errors", "module_utils/csvfile", "module_utils/services"},
    "doc_fragments": set(),
}
#: Where Ansible may be known.
KNOWS_ANSIBLE = {"module_utils/module", "modules", "plugin_utils", "action", "filter"}
ANSIBLE_NAMES = {"AnsibleModule", "fail_json", "exit_json", "print"}
NAMES_FUNCTIONS = {"module_utils/catalogue", "module_utils/services"}
HTTP_LIBRARIES = {"requests", "urllib3", "http", "socket", "ansible.module_utils.urls"}
WEB_SERVICE_FUNCTION = re.compile(r"\b(?:tool_sync|core|enrol_manual)_[a-z]+_[a-z_]+\b")
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def place_of(parts):
    """("module_utils", "services", "base") -> "module_utils/services"; a "csvrules" is one of "csv*"."""
    place = "/".join(parts[:2]) if parts[0] == "module_utils" else parts[0]
    if place not in MAY_IMPORT:
        for family in ("module_utils/csv", "module_utils/report"):
            if place.startswith(family):
                return f"{family}*"
    return place


def imported_names(tree, package):
    """The full names that a file of a package (a list of parts below the collection) imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".") if node.module else []
            if node.level:
                module = [*COLLECTION.strip(".").split("."), *package[: len(package) - node.level + 1], *module]
            yield from (".".join([*module, alias.name]) for alias in node.names)


def texts(tree):
    """The string constants that are neither docstrings nor Ansible's documentation."""
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            documentation.add(id(node.value))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in DOCUMENTATION:
            documentation.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def used_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def violations(file, source):
    """What a plugin file (its path below plugins/) does that its layer must not, as texts."""
    parts = file.removesuffix(".py").split("/")
    place = place_of(parts)
    if place not in MAY_IMPORT:
        return [f"{file} has no place in MAY_IMPORT"]
    tree = ast.parse(source)
    found = []
    for name in imported_names(tree, ["plugins", *parts[:-1]]):
        if name.startswith(COLLECTION):
            target = place_of(name[len(COLLECTION) :].split(".")[1:])
            if target not in MAY_IMPORT[place]:
                found.append(f"{file} imports {target}")
        elif any(f"{name}.".startswith(f"{library}.") for library in HTTP_LIBRARIES) and parts[-1] != "transport":
            found.append(f"{file} imports {name}")
        elif name.split(".")[0].startswith("ansible") and place not in KNOWS_ANSIBLE | {"doc_fragments"}:
            found.append(f"{file} imports {name}")
    if place not in KNOWS_ANSIBLE:
        found += [f"{file} uses {name}" for name in sorted(set(used_names(tree)) & ANSIBLE_NAMES)]
    if place not in NAMES_FUNCTIONS:
        found += [f"{file} names {name}" for text in texts(tree) for name in WEB_SERVICE_FUNCTION.findall(text)]
    return found


def plugin_files():
    return sorted(file.relative_to(ROOT / "plugins").as_posix() for file in (ROOT / "plugins").rglob("*.py"))


@pytest.mark.parametrize("file", [file for file in plugin_files() if not file.endswith("__init__.py")])
def test_every_plugin_file_keeps_to_its_layer(file):
    assert violations(file, (ROOT / "plugins" / file).read_text(encoding="utf-8")) == []


def test_nothing_is_imported_in_a_circle():
    files = {file.removesuffix(".py").replace("/", "."): file for file in plugin_files()}
    known = {}
    for name, file in files.items():
        imports = imported_names(
            ast.parse((ROOT / "plugins" / file).read_text(encoding="utf-8")), ["plugins", *name.split(".")[:-1]]
        )
        ours = {full[len(COLLECTION) + len("plugins.") :] for full in imports if full.startswith(COLLECTION)}
        known[name] = {other for other in files if any(f"{full}.".startswith(f"{other}.") for full in ours)}
    while known:
        free = {name for name, imports in known.items() if not imports & set(known)}
        assert free, f"these import each other in a circle: {sorted(known)}"
        known = {name: imports for name, imports in known.items() if name not in free}


@pytest.mark.parametrize(
    ("file", "source", "expected"),
    [
        ("module_utils/errors.py", "from .transport import Reply", ["imports module_utils/transport"]),
        ("module_utils/moodle.py", "from . import services", ["imports module_utils/services"]),
        ("module_utils/services/users.py", "from ..transport import Reply", ["imports module_utils/transport"]),
        ("module_utils/services/users.py", "from .files import commit\nfrom ..moodle import Moodle", []),
        ("module_utils/memory.py", "def f():\n    from .report import parse", ["imports module_utils/report"]),
        (
            "modules/toolsync_x.py",
            "from ansible_collections.activeprolearn.toolsync.plugins.module_utils.moodle import Moodle",
            ["imports module_utils/moodle"],
        ),
        (
            "modules/toolsync_x.py",
            "from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run_module",
            [],
        ),
        ("module_utils/csvfile.py", "from .csvrules import RULES\nfrom . import csvcheck", []),
        ("module_utils/services/files.py", "from ..csvrules import RULES", ["imports module_utils/csv*"]),
        ("module_utils/moodle.py", "import requests.auth", ["imports requests.auth"]),
        ("module_utils/moodle.py", "from requests import Session", ["imports requests.Session"]),
        ("module_utils/transport.py", "from requests import Session", []),
        ("module_utils/report.py", "from ansible.errors import AnsibleError", ["imports ansible.errors"]),
        ("module_utils/csvfile.py", "print(1)", ["uses print"]),
        ("module_utils/services/users.py", "def f(module):\n    module.fail_json(msg='')", ["uses fail_json"]),
        ("module_utils/moodle.py", "call('core_webservice_get_site_info')", ["names core_webservice_get_site_info"]),
        ("module_utils/moodle.py", "f'add enrol_manual_unenrol_users to {x}'", ["names enrol_manual_unenrol_users"]),
        ("module_utils/moodle.py", "'''Docstring: tool_sync_set_config.'''", []),
        ("modules/toolsync_x.py", "DOCUMENTATION = 'tool_sync_set_config'", []),
        ("modules/toolsync_x.py", "x = 'tool_sync_set_config'", ["names tool_sync_set_config"]),
        ("module_utils/services/users.py", "x = 'tool_sync_set_config'", []),
        ("module_utils/helpers.py", "", ["has no place"]),
    ],
)
def test_a_violation_is_seen(file, source, expected):
    found = violations(file, source)
    assert len(found) == len(expected)
    for text, part in zip(found, expected):
        assert f"{file} {part}" in text
