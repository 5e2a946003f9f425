# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One play over fifty sites: each gets its own data with its own token, and what fails on a site stays with it."""
from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.simulator.fixture import ROOT, Practice, PracticeSites

SITES = 50
DOWN, WRONG_TOKEN, BAD_ROW = 17, 31, 42
TROUBLED = {DOWN, WRONG_TOKEN, BAD_ROW}
REPORTED = (0, DOWN, BAD_ROW)
EXAMPLE_INVENTORY = ROOT / "playbooks/inventory/sites.example.yml"


@pytest.fixture(scope="module")
def many() -> Iterator[PracticeSites]:
    with PracticeSites(SITES) as running:
        yield running


@dataclass
class Play:
    """A play that has ended."""

    rc: int
    output: str
    folder: Path

    def recap(self) -> dict[str, dict[str, int]]:
        """The counts of each host in the recap."""
        lines = self.output.rpartition("PLAY RECAP")[2].splitlines()[1:]
        found = [re.match(r"(\S+)\s+:\s+(.*)", line) for line in lines]
        return {
            match[1]: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", match[2])} for match in found if match
        }

    def report(self, number: int) -> dict[str, object]:
        return json.loads((self.folder / f"reports/toolsync-{name(number)}.json").read_text(encoding="utf-8"))


def name(number: int) -> str:
    return f"campus-{number:02}"


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def users_of(number: int) -> str:
    rows = [f"teacher{number};Tea{number};Cher;teacher{number}@example.org", f"pupil{number};Pu{number};Pil;pupil{number}@example.org"]
    if number == BAD_ROW:
        rows.append("other;Other;Admin;admin@example.com")  # the address of the site's administrator
    return "\n".join(["username;firstname;lastname;email", *rows]) + "\n"


@pytest.fixture(scope="module")
def play(many: PracticeSites, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The play over all of them, with the example inventory's variables, 20 forks and one site down."""
    folder = tmp_path_factory.mktemp("many")
    env = {**os.environ, "HOME": str(folder), "ANSIBLE_NOCOLOR": "1"}
    inventory = yaml.safe_load(EXAMPLE_INVENTORY.read_text(encoding="utf-8"))
    group = inventory["moodle_sites"]
    group["vars"].update(
        sync_csv_dir=str(folder / "exports/{{ inventory_hostname }}"), sync_report_dir="", sync_retries=1,
    )
    group["hosts"] = {}
    for number, site in enumerate(many.sites):
        group["hosts"][name(number)] = {"sync_url": site.url}
        env[f"TOOLSYNC_TOKEN_CAMPUS_{number:02}"] = site.token
        (folder / "exports" / name(number)).mkdir(parents=True)
        (folder / "exports" / name(number) / "users.csv").write_text(users_of(number), encoding="utf-8")
    for number in REPORTED:
        group["hosts"][name(number)]["sync_report_dir"] = str(folder / "reports")
    group["hosts"][name(DOWN)]["sync_url"] = f"http://127.0.0.1:{unused_port()}"
    env[f"TOOLSYNC_TOKEN_CAMPUS_{WRONG_TOKEN:02}"] = many.sites[0].token
    (folder / "sites.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    command = ["ansible-playbook", "-i", str(folder / "sites.yml"), "--forks", "20", "activeprolearn.toolsync.many_sites"]
    run = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600, check=False)
    return Play(run.returncode, run.stdout + run.stderr, folder)


def usernames(site: Practice) -> set[str]:
    return {user["username"] for user in site.state()["user"]} - {"guest", "admin"}


def test_every_healthy_site_has_its_users_and_no_others(play: Play, many: PracticeSites) -> None:
    for number, site in enumerate(many.sites):
        expected = set() if number in (DOWN, WRONG_TOKEN) else {f"teacher{number}", f"pupil{number}"}
        assert usernames(site) == expected, (number, play.output[-3000:])


def test_failures_stay_with_their_sites(play: Play) -> None:
    recap = play.recap()
    failed = {host for host, counts in recap.items() if counts["failed"]}
    assert failed == {name(number) for number in TROUBLED}
    assert {counts["unreachable"] for counts in recap.values()} == {0}
    assert len(recap) == SITES
    assert play.rc == 2


def test_the_end_says_which_sites_failed_and_why(play: Play) -> None:
    told = play.output.partition("TASK [Tell how the sites did]")[2].partition("TASK [")[0]
    assert f"Sites: {SITES}, failed: {len(TROUBLED)}" in told
    for number, words in ((DOWN, "refused"), (WRONG_TOKEN, "oken"), (BAD_ROW, "users: 1 of 3 rows failed")):
        assert re.search(f"{name(number)}: .*{words}", told), told


def test_each_site_has_its_report(play: Play) -> None:
    assert [play.report(number)["status"] for number in (0, DOWN, BAD_ROW)] == ["done", "refused", "rows_failed"]
    written = {file.name for file in (play.folder / "reports").glob("*.html")}
    assert written == {f"toolsync-{name(number)}.html" for number in REPORTED}


def test_no_token_is_told(play: Play, many: PracticeSites) -> None:
    texts = [play.output] + [file.read_text(encoding="utf-8") for file in (play.folder / "reports").glob("*")]
    assert not [site.token for site in many.sites for text in texts if site.token in text]


def test_the_example_itself_is_an_inventory(tmp_path: Path) -> None:
    # A host of the example whose token is in the environment; the others' variables need not resolve.
    env = {**os.environ, "TOOLSYNC_TOKEN_CAMPUS_LYON": "abc", "HOME": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
    command = ["ansible", "-i", str(EXAMPLE_INVENTORY), "campus-lyon", "-m", "ansible.builtin.debug", "-a", "var=sync_token"]
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert '"sync_token": "abc"' in run.stdout, run.stdout + run.stderr
