# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The French pages say what the English ones say: with the same examples, names, links, tables and headings.

Where this fails, an English page has changed and the French one has not. test_pages.py runs the examples of both.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from .blocks import BLOCK, ROOT, Block, blocks

RST = ROOT / "docs/docsite/rst"
PAGES = sorted(RST.glob("fr_*.rst"))
#: Keys of YAML whose texts are in the reader's language. What ``needs`` names are names of steps.
FREE = ("name", "msg", "stdin", "needs", "awx_teams", "awx_approval_teams", "awx_delete_teams", "awx_project_credential")
#: What only French playbooks say.
ONLY_FRENCH = "sync_language"


def english(page):
    return page.with_name(page.name.replace("fr_", "guide_", 1))


def example(block: Block):
    """What must be the same in both languages."""
    return block.language, block.name, block.kind, _code(block)


def _code(block):
    if block.kind == "output":
        return len(block.text.splitlines())
    if block.name.endswith(".csv"):
        first, *rows = block.text.splitlines()
        # Files without a header begin with a record.
        return first if re.fullmatch("[a-z0-9_;]+", first) else "", [row.count(";") for row in rows]
    if block.language == "yaml" or block.name.endswith(".yml"):
        return _neutral(yaml.safe_load(block.text))
    lines = [line.replace(f" -e {ONLY_FRENCH}=fr", "") for line in block.text.splitlines()]
    return [line for line in lines if not re.match(" *#|Description=", line)]


def _neutral(content):
    if isinstance(content, dict):
        return {key: _blank(value) if key in FREE else _neutral(value) for key, value in content.items() if key != ONLY_FRENCH}
    return [_neutral(value) for value in content] if isinstance(content, list) else content


def _blank(value):
    """Texts in the reader's language: that they are there, how many, and the expressions in them."""
    return [_blank(text) for text in value] if isinstance(value, list) else re.findall(r"{{.*?}}", str(value))


def prose(page):
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def names(page):
    """What is set as code: options, values, files."""
    found = (re.sub(r"\s+", " ", name) for name in re.findall(r"(?<!`)``([^`]+)``(?!`)", prose(page)))
    return {name for name in found if not name.startswith(ONLY_FRENCH)}


def links(page):
    """The targets of roles that link. Those of the English page lead to what is there in French, as the French ones must."""
    there = {} if page in PAGES else {english(other).stem: other.stem for other in PAGES}
    found = set()
    for role, label in re.findall(r":(ref|ansplugin|ansopt|ansretval):`([^`]+)`", prose(page)):
        target = (re.search("<(.*)>", label) or re.match("(.*)", label)).group(1)
        head, docsite, name = target.rpartition(".docsite.")
        stem, dot, section = name.partition(".")
        found.add((role, f"{head}{docsite}{there.get(stem, stem)}{dot}{section}"))
    return found


def shape(page):
    """How many headings of each kind, rows of tables, items of lists, pictures and warnings there are."""
    text = prose(page)
    patterns = {
        "rows": r"^ *\* - ", "cells": r"^ *(?:\* )?- ", "items": r"^ *(?:\*|\d\.|#\.) (?!- )", "pictures": r"^\.\. image::",
        "warnings": r"^\.\. (?:warning::|admonition:: Attention)", "title": r"^=+$", "sections": r"^-+$", "subsections": r"^~+$",
    }
    return Counter({name: len(re.findall(pattern, text, re.MULTILINE)) for name, pattern in patterns.items()})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("of", [names, links, shape])
def test_says_what_the_english_page_says(page, of):
    assert of(page) == of(english(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_has_the_examples_of_the_english_page(page):
    french, ours = blocks(page), blocks(english(page))
    assert [(block.language, block.name) for block in french] == [(block.language, block.name) for block in ours]
    for block, other in zip(french, ours):
        assert example(block) == example(other), f"{page.name}, line {block.line}"
