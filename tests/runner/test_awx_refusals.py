# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook awx_setup refuses, and what it says when AWX does."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.runner.awx_api import Awx
from tests.runner.job import credential_type
from tests.runner.setup import LYON, NANTES, TOKEN, Setup, site

WEBHOOK = {"name": "chat", "type": "webhook"}


@pytest.fixture
def setup(awx_collection: Path, tmp_path: Path) -> Iterator[Setup]:
    """A new AWX for every test."""
    with Awx() as awx:
        yield Setup(awx, tmp_path, awx_collection)


def test_all_that_is_wrong_is_said_and_nothing_is_sent(setup: Setup) -> None:
    ended = setup.run(
        awx_sites=[
            site(LYON, token="{{ lookup('ansible.builtin.env', 'UNSET') }}"), site(NANTES, shedule="x"),
            {"name": "A", "url": "a.example.org", "token": TOKEN}, {"name": "B", "url": "https://b.example.org"}, site("campus lyon"),
            site("C", schedule="every day"), site("D", schedule="DTSTART:20260901T020000Z RRULE:FREQ=DAILY"),
            site("E", validate_certs="maybe"), site("F", variables=["sync_separator"]), {"url": "https://g.example.org", "token": "  "},
        ],
        awx_approval_timeout="1 day", awx_update_secrets=False, awx_layout="hosts", awx_notifications=[WEBHOOK],
    ).refused()
    assert ended.requests == []
    for words in (
        f"The site {LYON}: token is empty.", f"The site {NANTES}: nothing reads shedule.", "The site A: url must begin with https://",
        "The site B: token is empty.", "The schedule every day is none of AWX",
        "The schedule DTSTART:20260901T020000Z RRULE:FREQ=DAILY is none",
        "The site E: validate_certs", "The site F: variables must be a mapping", "The site number 10: name must be there",
        "The site number 10: token is empty.", "Two sites have the same name", "awx_approval_timeout must be a number of seconds",
        "awx_layout must be", "Each of awx_notifications has name, type and configuration",
    ):
        assert words in ended.output, words


def test_without_sites_it_says_what_there_is(setup: Setup) -> None:
    for sites in ({}, {"awx_sites": site()}):
        ended = setup.run(**sites).refused()
        assert "Give awx_sites, a list of sites" in ended.reasons and ended.requests == []


def test_what_awx_lacks_is_named_before_anything_is_written(setup: Setup) -> None:
    sites = {"awx_sites": [site()]}
    ended = setup.run(**sites, awx_organization="Nowhere").refused()
    assert "no organization Nowhere" in ended.reasons and ended.writes == []
    setup.awx.put("teams", {"name": "Operators", "organization": 1})
    setup.awx.put("credential_types", {**credential_type(), "inputs": {"fields": [{"id": "url", "type": "string", "label": "x"}]}})
    ended = setup.run(
        **sites, awx_teams=["Operators", "Nobody"], awx_project_url="https://git.example.org/x.git", awx_project_credential="none",
    ).refused()
    assert "has no team Nobody." in ended.reasons and "Operators" not in ended.reasons
    assert "0 credentials with the name none" in ended.reasons
    assert "another name" in ended.reasons
    assert ended.writes == []


def test_why_awx_refuses_a_credential_is_told(setup: Setup) -> None:
    # A type of one's own, that takes other addresses only.
    made_type = credential_type()
    made_type["inputs"]["fields"][0]["choices"] = ["https://other.example.org"]
    (setup.folder / "type.yml").write_text(yaml.safe_dump(made_type), encoding="utf-8")
    ended = setup.run("-vvv", awx_sites=[site()], awx_credential_type_file=str(setup.folder / "type.yml")).refused()
    told = ended.output.partition("Say why AWX refused it")[2]
    assert f"The credential of {LYON}: Unable to create credential" in told and "is not one of" in told


def test_a_failed_update_of_the_project_is_told_and_tried_again(setup: Setup) -> None:
    setup.awx.broken = "Failed to download remote objects and refs: fatal: repository not found"
    ended = setup.run(awx_sites=[site()]).refused()
    assert "(failed)" in ended.reasons and setup.awx.broken in ended.reasons
    again = setup.run(awx_sites=[site()]).refused()
    assert setup.awx.broken in again.reasons and [write for write in again.writes if write.endswith("/update/")] == again.writes
    setup.awx.broken = ""
    mended = setup.run(awx_sites=[site()]).ok()
    assert len([write for write in mended.writes if write.endswith("/update/")]) == 1
    assert setup.awx.named("job_templates", f"Moodle sync: {LYON} (run)")
