# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that are made of the code say what the code says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors

from .blocks import PAGES, ROOT

spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts/reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def test_the_pages_are_current():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/reference.py", "--check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}Run make docs, and commit the pages."


def test_every_class_of_error_is_told_with_cause_and_cure():
    page = reference.errors_page()
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ToolsyncError)]
    assert len(classes) > 20
    for kind in classes:
        section = page.partition(f"\n{kind.kind}\n{'-' * len(kind.kind)}\n")[2].partition("\n---")[0]
        assert reference.plain(kind.cause) in section
        assert reference.plain(kind.cure) in section


def test_what_is_found_of_a_csv_in_the_code_is_told():
    """Every code that is noted anywhere in the check, by a plain search."""
    text = "".join((ROOT / "plugins/module_utils" / name).read_text() for name in ("csvfile/check.py", "csvfile/rules.py"))
    codes = set(re.findall(r'(?:cell|note|error|warn)\((?:[^()"]|"[^"]*"(?=,)|\([^()]*\))*?, "([a-z]+(?:_[a-z0-9]+)+)", ', text))
    told = set(reference.findings())
    assert len(told) > 50
    assert codes - told == {"doubles_not_sought"}
    assert "doubles_not_sought" in reference.findings_page()


def test_every_guide_is_listed_once():
    sections = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text())["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    assert sorted(listed) == sorted(page.stem for page in PAGES if page.suffix == ".rst")


def test_every_guide_has_its_anchor():
    for page in PAGES:
        if page.suffix == ".rst":
            assert f"\n.. _ansible_collections.activeprolearn.toolsync.docsite.{page.stem}:\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["plugins/modules/*.py", "plugins/filter/*.yml", "roles/*", "playbooks/*.yml"])
def test_the_readme_lists_what_the_collection_holds(kind):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [path.stem for path in ROOT.glob(kind) if path.name != "__init__.py"]
    assert names
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_readmes_hold_full_addresses_only():
    for page in PAGES:
        if page.suffix == ".md":
            text = page.read_text(encoding="utf-8")
            assert [target for target in re.findall(r"\]\(([^)]*)\)", text) if not target.startswith("https://")] == [], page


def test_links_of_the_readme_into_the_repository_are_right():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    repository = re.escape("activeprolearn/ansible-toolsync")
    named = re.findall(rf"https://(?:github\.com/{repository}/(?:blob|tree)|raw\.githubusercontent\.com/{repository})/main/([^)\s]+)", text)
    assert "docs/docsite/rst/images/report.png" in named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_a_role_has_a_readme():
    for role in ROOT.glob("roles/*"):
        assert (role / "README.md").is_file(), role
