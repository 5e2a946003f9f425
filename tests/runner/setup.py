# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the playbook awx_setup with the real modules of awx.awx against the stand-in, as on a machine of its user."""
from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.runner.awx_api import Awx, Record

LYON, NANTES = "Campus Lyon", "Campus Nantes"
RRULE = "DTSTART:20260901T020000Z RRULE:FREQ=DAILY;INTERVAL=1"
TOKEN = "0123456789abcdef0123456789abcdef"


def site(name: str = LYON, **more: Any) -> dict[str, Any]:
    return {"name": name, "url": f"https://{name.rpartition(' ')[2].lower()}.example.org", "token": TOKEN, **more}


@dataclass
class Ended:
    """A run that has ended. ``requests``: what it sent to AWX."""

    rc: int
    output: str
    requests: list[str]

    def ok(self) -> Ended:
        assert self.rc == 0, self.output
        return self

    def refused(self) -> Ended:
        assert self.rc == 2, self.output
        return self

    @property
    def writes(self) -> list[str]:
        """What was sent besides questions."""
        return [request for request in self.requests if not request.startswith("GET ")]

    @property
    def changed(self) -> int:
        [count] = re.findall(r" changed=(\d+) ", self.output)
        return int(count)

    @property
    def reasons(self) -> str:
        """What failed tasks said, on one line."""
        found = re.findall(r"fatal: \[localhost\]: FAILED! => (?:.*?)\"msg\": \"(.*?)\"[,}]", self.output)
        return " ".join(found)


@dataclass
class Setup:
    """The playbook, as often as one likes, with awx.yml in ``folder``. ``made``: for tests, what it made, by endpoint."""

    awx: Awx
    folder: Path
    collections: Path
    env: dict[str, str] = field(default_factory=dict)
    made: dict[str, list[Record]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ, "HOME": str(self.folder), "ANSIBLE_COLLECTIONS_PATH": str(self.collections), "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": self.awx.url, "CONTROLLER_OAUTH_TOKEN": self.awx.token,
            # Ansible takes the home for it from the list of users, and others work there too.
            "ANSIBLE_REMOTE_TMP": str(self.folder / "remote"), **self.env,
        }

    def run(self, *arguments: str, **variables: Any) -> Ended:
        """With these variables in awx.yml."""
        (self.folder / "awx.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
        return self.command("ansible-playbook", "activeprolearn.toolsync.awx_setup", "-e", "@awx.yml", *arguments)

    def command(self, *command: str, stdin: str = "") -> Ended:
        before = len(self.awx.requests)
        run = subprocess.run(
            command, cwd=self.folder, env=self.environment(), input=stdin, capture_output=True, text=True, timeout=600, check=False,
        )
        ended = Ended(run.returncode, run.stdout + run.stderr, self.awx.requests[before:])
        assert TOKEN not in ended.output
        return ended
