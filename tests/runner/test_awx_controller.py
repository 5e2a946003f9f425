# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook awx_setup with ansible.controller, the collection of Automation Platform, which is made of awx.awx."""
from __future__ import annotations

from pathlib import Path

import pytest

from tests.runner.awx_api import Awx
from tests.runner.setup import LYON, RRULE, Setup, site


@pytest.fixture
def controller_collection(awx_collection: Path, tmp_path: Path) -> Path:
    """A folder for ANSIBLE_COLLECTIONS_PATH that holds ansible.controller and nothing else. Its makers change these two things."""
    made = tmp_path / "collections/ansible_collections/ansible/controller"
    source = awx_collection / "ansible_collections/awx/awx"
    for file in [*source.glob("plugins/**/*.py"), source / "meta/runtime.yml"]:
        text = file.read_text(encoding="utf-8").replace("awx.awx", "ansible.controller")
        target = made / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace('_COLLECTION_TYPE = "awx"', '_COLLECTION_TYPE = "controller"'), encoding="utf-8")
    return tmp_path / "collections"


def test_with_the_collection_of_automation_platform(controller_collection: Path, tmp_path: Path) -> None:
    with Awx("/api/controller/v2/", "Red Hat Ansible Automation Platform") as awx:
        setup = Setup(awx, tmp_path, controller_collection, {"TMPDIR": str(tmp_path)})
        given = {"awx_collection": "ansible.controller", "awx_sites": [site(schedule=RRULE)]}
        ended = setup.run("--check", **given).ok()
        assert ended.writes == [] and ended.changed > 0
        ended = setup.run(**given).ok()
        assert awx.named("schedules", f"Moodle sync: {LYON}")["extra_data"]["sync_separator"] == ";"
        assert "[WARNING]: You are using" not in ended.output and "deprecated" not in ended.output
        assert list(tmp_path.rglob("awx_site.yml")) == []
