# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle with what the examples speak of, and a folder with the files that they name."""

from __future__ import annotations

import http.server
import json
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.fixture import Practice

SITE = "https://moodle.example.org"
#: A webhook of examples.
HOOK = "https://chat.example.org/hooks/moodle"
#: The names that examples give to the token.
TOKENS = ("moodle_token", "vault_moodle_token")
#: Environment variables that examples take tokens from, besides TOOLSYNC_TOKEN.
TOKEN_VARIABLES = ("TOOLSYNC_TOKEN_CAMPUS_LYON", "TOOLSYNC_TOKEN_CAMPUS_NANTES")
#: Files that examples send.
FILES = {
    "users.csv": "username;firstname;lastname;email\nada;Ada;Lovelace;ada@example.com\ncleo;Cleo;Duval;cleo@example.com\n",
    "courses.csv": "shortname;fullname;category\nLAW1;Law 1;Faculties/Law\n",
    "cohorts.csv": "cmd;userid;cidnumber;cname\nadd;ada;Y2;Second year\n",
    "enrols.csv": "cmd;uid;cid;rolename;enrol;starttime\nadd;ada;MATH101;student;manual;2026-09-01 08:00:00\n",
    "exports/users.csv": "username;firstname;lastname;email\nada;Ada;Lovelace;ada@example.com\n",
    "enrolments.json": json.dumps([{"user": "ada", "course": "MATH101"}, {"user": "nobody", "course": "MATH101"}]),
}
EXPORT = "username,firstname,lastname,email\nelo,Eloïse,Noël,elo@example.com\n"
#: Users of the examples, besides those of the site's demo state.
USERS = """username;firstname;lastname;email;idnumber
ada;Ada;Byron;ada@example.com;A1
bob;Bob;Jones;bob@example.com;B1
cleo;Cleo;Duval;cleo@example.com;C1
dan;Dan;Duval;dan@example.com;D1
"""


@pytest.fixture(scope="session")
def running():
    with Practice("--seed", "demo") as practice:
        yield practice


@pytest.fixture
def practice(running):
    """In its first state."""
    running.reset()
    return running


@pytest.fixture
def inhabited(running, practice):
    """With the users of the examples, and their role of a parent."""
    running.configure(role={"shortname": "parent", "contexts": ["user"]})
    running.put("people.csv", USERS)
    for key, value in (("filelocation", "people.csv"), ("primaryidentity", "username")):
        assert running.call("tool_sync_set_config", service="users", confkey=key, confvalue=value) is True
    assert running.call("tool_sync_process", service="users", action="sync")
    return running


class Hook:
    """A web server that takes what examples send to a webhook. got: the JSON of each message."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Kitchen:
    """A folder to run examples in, against a practice Moodle. hook: the address of a webhook. mails lie in mail.txt."""

    def __init__(self, folder: Path, practice: Practice, hook: str = HOOK):
        self.folder, self.practice, self.hook = folder, practice, hook
        for name, text in FILES.items():
            self.write(name, text)
        self.write("bin/sendmail", f"#!/bin/sh\ncat >> {shlex.quote(str(folder / 'mail.txt'))}\n").chmod(0o700)
        (folder / "export.csv").write_bytes(EXPORT.encode("cp1252"))
        self.write("variables.json", json.dumps(dict.fromkeys(TOKENS, practice.token)))

    def write(self, name: str, text: str) -> Path:
        """Write a file of an example, with the practice Moodle's address in the place of the documentation's."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(SITE, self.practice.url).replace(HOOK, self.hook), encoding="utf-8")
        return file

    def playbook(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """ansible-playbook, in the folder. environment: more variables."""
        given = environment or {}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE", "TOOLSYNC"))}
        environment.update(
            HOME=str(self.folder),
            PATH=f"{self.folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            ANSIBLE_HOME=str(self.folder / ".ansible"),
            ANSIBLE_REMOTE_TMP=str(self.folder / ".ansible/tmp"),
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
            ANSIBLE_NOCOLOR="true",
            TOOLSYNC_URL=self.practice.url,
            TOOLSYNC_TOKEN=self.practice.token,
            **dict.fromkeys(TOKEN_VARIABLES, self.practice.token),
            **given,
        )
        return subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "--extra-vars", "@variables.json", *arguments],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", timeout=300, check=False,
        )

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A program of an example, in the folder."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", timeout=60, check=False,
        )

    def succeeds(self, *arguments: str) -> str:
        done = self.playbook(*arguments)
        assert done.returncode == 0, told(done)
        return done.stdout


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What a playbook says of failures, and its end."""
    failures = [line[:1000] for line in done.stdout.splitlines() if line.startswith(("fatal:", "failed:", "ERROR", "[ERROR]"))]
    return "\n".join([*failures, done.stdout[-600:]])


@pytest.fixture
def hook():
    taking = Hook()
    yield taking
    taking.close()


@pytest.fixture
def kitchen(tmp_path, practice, hook):
    return Kitchen(tmp_path, practice, hook.url)
