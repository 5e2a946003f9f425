# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide on AWX, read by somebody who does what it says, in its order, with an AWX that has nothing yet."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import Block, blocks
from tests.runner.awx_api import Awx
from tests.runner.setup import LYON, TOKEN, Setup
from tests.simulator.fixture import ROOT

GUIDE = ROOT / "docs/docsite/rst/guide_awx.rst"
BLOCKS = blocks(GUIDE)


def named(name: str) -> list[Block]:
    return [block for block in BLOCKS if block.name == name]


@pytest.fixture(scope="module")
def setup(awx_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    folder = tmp_path_factory.mktemp("guide")
    # The collection is there already, and Galaxy may not be.
    stub = folder / "bin/ansible-galaxy"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\nexec test "$*" = "collection install awx.awx"\n', encoding="utf-8")
    stub.chmod(0o755)
    (folder / "nantes-ca.pem").write_text("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n", encoding="utf-8")
    with Awx() as awx:
        yield Setup(awx, folder, awx_collection, {"PATH": f"{stub.parent}:{os.environ['PATH']}"})


def test_its_commands_in_order(setup: Setup) -> None:
    [first] = named("awx.yml")
    (setup.folder / "awx.yml").write_text(first.text, encoding="utf-8")
    [commands] = [block for block in BLOCKS if block.language == "console" and "awx_setup" in block.text]
    script = re.sub(r"^\$ ", "", commands.text, flags=re.MULTILINE).replace("https://awx.example.org", setup.awx.url)
    ended = setup.command("bash", "-euxc", script, stdin=f"{setup.awx.token}\n{TOKEN}\n{TOKEN[::-1]}\n")
    assert ended.rc == 0, ended.output
    checked, made = ended.output.split("PLAY RECAP")[:2]
    assert f"Moodle sync: {LYON}: job templates, a workflow, a schedule" in checked
    assert "fatal:" not in made
    assert setup.awx.named("credentials", f"Moodle: {LYON}")["inputs"]["token"] == TOKEN
    assert setup.awx.named("schedules", f"Moodle sync: {LYON}")["enabled"] is True


def additions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in named("added to awx.yml"):
        found.update(block.content)
    return found


def test_what_it_adds(setup: Setup) -> None:
    """After its commands: all that may be added to awx.yml, at once."""
    awx = setup.awx
    added = additions()
    assert set(added) > {"awx_project_url", "awx_teams", "awx_notifications", "awx_keep_dir"}
    for team in added["awx_teams"] + added["awx_approval_teams"] + added["awx_delete_teams"]:
        awx.put("teams", {"name": team, "organization": 1})
    awx.put("credentials", {"name": added["awx_project_credential"], "organization": 1, "credential_type": 2})
    awx.playbooks = {block.name for block in named("sync.yml")}
    first = yaml.safe_load(named("awx.yml")[0].text)
    setup.env.update(TOKEN_LYON=TOKEN, TOKEN_NANTES=TOKEN[::-1])
    setup.run(**first, **added).ok()
    assert setup.run(**first, **added).ok().writes == []
    assert set(awx.records["notification_templates"]) and awx.named("projects", "Moodle sync")["scm_url"] == added["awx_project_url"]
    assert awx.allowed(added["awx_delete_teams"][0])
