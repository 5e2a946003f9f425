# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The import rule: each layer knows the layers below it and nothing else.

errors <- wire <- send <- read <- rows <- services <- module <- modules; csvfile, report, memory, settings and options are leaves; plan is
what services and module share. The files are parsed, not imported, so imports inside functions count too.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.activeprolearn.toolsync."

#: What each place of module_utils, a file or a folder, may import of ours. A new one must be given its layer here.
LAYERS = {
    "errors": (),
    "options": (),
    "files": (),
    "memory": ("errors", "files"),
    "csvfile": ("errors", "csvfile"),
    "report": ("errors", "report"),
    "wire": ("errors", "wire"),
    "settings": ("errors", "csvfile", "wire"),
    "plan": ("errors", "memory", "wire"),
    "send": ("errors", "wire", "plan", "send"),
    "read": ("errors", "wire", "plan", "send", "read"),
    "rows": ("errors", "csvfile", "wire", "read", "rows"),
    "services": ("errors", "files", "memory", "csvfile", "report", "wire", "settings", "plan", "send", "read", "rows", "services"),
    "module": ("errors", "memory", "wire", "plan"),
}
MAY_IMPORT = {
    **{f"module_utils/{place}": {f"module_utils/{other}" for other in others} for place, others in LAYERS.items()},
    "modules": {f"module_utils/{place}" for place in ("module", "options", "services", "settings", "csvfile")},
    "plugin_utils": {*(f"module_utils/{place}" for place in ("errors", "files", "rows", "settings", "module")), "modules", "plugin_utils"},
    "action": {"module_utils/errors", "module_utils/module", "modules", "plugin_utils"},
    "filter": {"module_utils/errors", "module_utils/csvfile", "module_utils/services"},
    "doc_fragments": set(),
}
#: Where Ansible may be known.
KNOWS_ANSIBLE = {"module_utils/module", "modules", "plugin_utils", "action", "filter"}
ANSIBLE_NAMES = {"AnsibleModule", "fail_json", "exit_json", "print"}
NAMES_FUNCTIONS = {"module_utils/wire/catalogue", "module_utils/read", "module_utils/services"}
HTTP_LIBRARIES = {"requests", "urllib3", "http", "socket", "ansible.module_utils.urls"}
WEB_SERVICE_FUNCTION = re.compile(r"\b(?:tool_sync|core|enrol_manual)_[a-z]+_[a-z_]+\b")
MODULES = {file.stem for file in (ROOT / "plugins/modules").glob("toolsync_*.py")}
ROOMS = {file.stem for file in (ROOT / "plugins/module_utils/services").glob("*.py")}
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def place_of(parts):
    """("module_utils", "services", "cohort") -> "module_utils/services"."""
    return "/".join(parts[:2]) if parts[0] == "module_utils" else parts[0]


def head_of(room, rooms):
    """The service that a file of services/ belongs to: "enrol_records" helps "enrol", "cohort_members" is a module's own."""
    if f"toolsync_{room}" in MODULES:
        return room
    return max((name for name in rooms if room.startswith(f"{name}_") and f"toolsync_{name}" in MODULES), key=len, default=room)


def may_help(room, other):
    """Whether a file of services/ may import another: only a helper of the same module, or the module of a helper."""
    return head_of(room, ROOMS) == head_of(other, ROOMS)


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
            rooms = name[len(COLLECTION) :].split(".")[3:4]
            if target not in MAY_IMPORT[place]:
                found.append(f"{file} imports {target}")
            elif target == place == "module_utils/services" and rooms and not may_help(parts[-1], rooms[0]):
                found.append(f"{file} imports {target}/{rooms[0]}")
        elif any(f"{name}.".startswith(f"{library}.") for library in HTTP_LIBRARIES) and parts[-1] != "transport":
            found.append(f"{file} imports {name}")
        elif name.split(".")[0].startswith("ansible") and place not in KNOWS_ANSIBLE | {"doc_fragments"}:
            found.append(f"{file} imports {name}")
    if place not in KNOWS_ANSIBLE:
        found += [f"{file} uses {name}" for name in sorted(set(used_names(tree)) & ANSIBLE_NAMES)]
    if not {place, "/".join(parts)} & NAMES_FUNCTIONS:
        found += [f"{file} names {name}" for text in texts(tree) for name in WEB_SERVICE_FUNCTION.findall(text)]
    return found


def plugin_files():
    return sorted(file.relative_to(ROOT / "plugins").as_posix() for file in (ROOT / "plugins").rglob("*.py"))


@pytest.mark.parametrize("file", [file for file in plugin_files() if not file.endswith("__init__.py")])
def test_every_plugin_file_keeps_to_its_layer(file):
    assert violations(file, (ROOT / "plugins" / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", [file for file in plugin_files() if file.startswith("module_utils/read/")])
def test_what_reads_names_only_functions_that_read(file):
    tree = ast.parse((ROOT / "plugins" / file).read_text(encoding="utf-8"))
    named = {name for text in texts(tree) for name in WEB_SERVICE_FUNCTION.findall(text)}
    assert named - set(FUNCTIONS) == set()
    assert [name for name in named if FUNCTIONS[name].writes] == []


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
        ("module_utils/errors.py", "from .wire.transport import Reply", ["imports module_utils/wire"]),
        ("module_utils/wire/moodle.py", "from .. import services", ["imports module_utils/services"]),
        ("module_utils/wire/moodle.py", "from ..send.batch import Bulk", ["imports module_utils/send"]),
        ("module_utils/send/batch.py", "from ..read.directory import Ref", ["imports module_utils/read"]),
        ("module_utils/read/users.py", "from ..services.enrol import plan", ["imports module_utils/services"]),
        ("module_utils/services/enrol.py", "from ..wire.moodle import Moodle\nfrom .enrol_records import Record", []),
        ("module_utils/services/enrol_records.py", "from .enrol import plan", []),
        ("module_utils/services/enrol.py", "from .upload import plan", ["imports module_utils/services/upload"]),
        ("module_utils/services/enrol.py", "from . import role", ["imports module_utils/services/role"]),
        ("module_utils/services/cohort_members.py", "from .cohort import plan", ["imports module_utils/services/cohort"]),
        ("module_utils/memory.py", "def f():\n    from .report.outcome import parse", ["imports module_utils/report"]),
        (
            "modules/toolsync_x.py",
            "from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Moodle",
            ["imports module_utils/wire"],
        ),
        (
            "modules/toolsync_x.py",
            "from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run_module",
            [],
        ),
        ("module_utils/csvfile/file.py", "from .rules import RULES\nfrom . import check", []),
        ("module_utils/wire/moodle.py", "import requests.auth", ["imports requests.auth"]),
        ("module_utils/wire/moodle.py", "from requests import Session", ["imports requests.Session"]),
        ("module_utils/wire/transport.py", "from requests import Session", []),
        ("module_utils/report/outcome.py", "from ansible.errors import AnsibleError", ["imports ansible.errors"]),
        ("module_utils/csvfile/file.py", "print(1)", ["uses print"]),
        ("module_utils/services/users.py", "def f(module):\n    module.fail_json(msg='')", ["uses fail_json"]),
        ("module_utils/wire/moodle.py", "call('core_webservice_get_site_info')", ["names core_webservice_get_site_info"]),
        ("module_utils/send/batch.py", "f'add enrol_manual_unenrol_users to {x}'", ["names enrol_manual_unenrol_users"]),
        ("module_utils/wire/moodle.py", "'''Docstring: tool_sync_set_config.'''", []),
        ("modules/toolsync_x.py", "DOCUMENTATION = 'tool_sync_set_config'", []),
        ("modules/toolsync_x.py", "x = 'tool_sync_set_config'", ["names tool_sync_set_config"]),
        ("module_utils/services/users.py", "x = 'tool_sync_set_config'", []),
        ("module_utils/read/users.py", "x = 'core_user_get_users_by_field'", []),
        ("module_utils/wire/catalogue.py", "x = 'core_user_get_users_by_field'", []),
        ("module_utils/helpers.py", "", ["has no place"]),
    ],
)
def test_a_violation_is_seen(file, source, expected):
    found = violations(file, source)
    assert len(found) == len(expected)
    for text, part in zip(found, expected):
        assert f"{file} {part}" in text
