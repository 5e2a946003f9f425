# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documentation: code blocks of pages, and EXAMPLES of plugins."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/docsite/rst").glob("*.rst")) + [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]
PLUGINS = sorted((ROOT / "plugins/modules").glob("*.py")) + sorted((ROOT / "plugins/filter").glob("*.yml"))
#: A block of code in a page.
BLOCK = re.compile(r"^( *)\.\. code-block:: *(\S+)\n((?:\1   :.*\n)*)\n((?:(?:\1   .*)?\n)+)", re.MULTILINE)


@dataclass
class Block:
    """language: of the block. name: the file that it is, from its caption, or "".
    kind: its class in the page: commands of ``fails`` must fail, those of ``approved`` are given the plan that was
    shown before, and ``output`` is what the command before it prints.
    """

    language: str
    name: str
    kind: str
    text: str
    line: int

    @property
    def content(self):
        """Decoded YAML; None for other languages."""
        return yaml.safe_load(self.text) if self.language in ("yaml", "yaml+jinja") else None

    @property
    def is_playbook(self):
        content = self.content
        return isinstance(content, list) and any("hosts" in play or "ansible.builtin.import_playbook" in play for play in content)

    @property
    def is_tasks(self):
        return isinstance(self.content, list) and not self.is_playbook


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return _rst(text) if page.suffix == ".rst" else _markdown(text)


def _rst(text: str) -> list[Block]:
    found = []
    for match in BLOCK.finditer(text):
        options = dict(re.findall(r":(\w+): *(.*)", match.group(3)))
        body = textwrap.dedent(match.group(4)).strip("\n") + "\n"
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match.group(2).lower(), options.get("caption", ""), options.get("class", ""), body, line))
    return found


def _markdown(text: str) -> list[Block]:
    """Fenced blocks, of the file that a line of its own before them names, and indented ones that are lists in YAML."""
    fenced = re.compile(r"(?:^`([\w/.-]+)`:?\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    indented = re.compile(r"(?<=\n\n)((?:    .*\n|\n(?=    ))+)")
    found = [(match.start(2), match.group(2), match.group(1) or "", match.group(3)) for match in fenced.finditer(text)]
    rest = fenced.sub(lambda match: re.sub(r"[^\n]", "x", match.group()), text)
    for match in indented.finditer(rest):
        body = textwrap.dedent(match.group(1))
        if body.startswith("- "):
            found.append((match.start(), "yaml", "", body))
    return [Block(language, name, "", body, text.count("\n", 0, start) + 1) for start, language, name, body in sorted(found)]


def examples(plugin: Path) -> list[dict]:
    """The tasks of EXAMPLES."""
    text = plugin.read_text(encoding="utf-8")
    if plugin.suffix == ".yml":
        return yaml.safe_load(yaml.safe_load(text)["EXAMPLES"])
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{plugin.name} has no EXAMPLES")
