# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all benchmarks share: a practice Moodle with a price, tasks to play on it, figures to keep."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios import ROOT, World
from tests.secrets.ways import playbook
from tests.simulator.fixture import Practice

#: What a call and a record cost on a real site (Moodle 4.1, PHP 8.2, PostgreSQL), in milliseconds.
CALL_MS, RECORD_MS = 24, 5.5
REAL = {"call_ms": CALL_MS, "record_ms": RECORD_MS}
REST = "/webservice/rest/server.php"
UPLOAD = "/webservice/upload.php"
FQCN = "activeprolearn.toolsync."

rows: list[dict] = []


def note(name, value, unit, *, limit=None, at_least=None, how=""):
    """Keep a figure; limit and at_least: what it should keep to."""
    kept = (limit is None or value <= limit) and (at_least is None or value >= at_least)
    wanted = "" if limit is at_least is None else f"<= {limit:g}" if at_least is None else f">= {at_least:g}"
    rows.append({"name": name, "value": round(value, 4), "unit": unit, "wanted": wanted, "kept": kept, "how": how})
    print(f"{'' if kept else '! '}{name:<66} {value:>12,.3f} {unit:<8} {wanted}", flush=True)


@contextlib.contextmanager
def practice(users=0):
    """A practice Moodle whose set-up was quick and whose service has its price; with so many users."""
    with Practice() as running, tempfile.TemporaryDirectory() as folder:
        world = World(running, Path(folder))
        for start in range(0, users, 150):
            form = {}
            for number in range(start, min(start + 150, users)):
                fields = {"username": f"u{number}", "firstname": "A", "lastname": "B", "email": f"u{number}@x.org", "password": "P-1"}
                form.update({f"users[{number - start}][{key}]": value for key, value in fields.items()})
            running.configure(limits={"max_input_vars": 5000})
            world.call("core_user_create_users", **form)
        running.configure(limits={"max_input_vars": 1000}, latency=REAL)
        running.control("DELETE", "counters")
        yield world


def play(tasks, world, *, python=sys.executable, name="play", **more):
    """Run tasks by ansible-playbook; returns (task name -> seconds, seconds of everything)."""
    begun = time.monotonic()
    found, output = playbook(
        [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], world.folder, python=python, name=name, arguments=(), **more
    )
    whole = time.monotonic() - begun
    failed = [line for line in found if line["result"].get("failed")]
    if failed or not found:
        raise RuntimeError(f"{failed[:1]} {output[-2000:]}")
    return {
        line["task"]: line["seconds"] for line in found if "item" not in line["result"] and not line["result"].get("_ansible_item_result")
    }, whole


def connection(world):
    return {"url": world.practice.url, "token": world.token, "state_file": str(world.folder / "state.json")}


def uri(world, function, **parameters):
    body = {"wstoken": world.token, "wsfunction": function, "moodlewsrestformat": "json", **parameters}
    return {
        "ansible.builtin.uri": {
            "url": world.practice.url + REST, "method": "POST", "body_format": "form-urlencoded", "body": body, "return_content": True,
        }
    }  # fmt: skip


# Not getrusage: what this process has held before the exec would count as the child's.
PEAK = """
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
"""


def in_child(code, *arguments, path=""):
    """Run Python code in a process of its own; returns (what it prints as JSON, peak memory in MiB). path: where it looks first."""
    command = [sys.executable, "-c", f"{code}\n{PEAK}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=True
    )
    *_noise, told, peak = done.stdout.strip().splitlines()
    return json.loads(told), float(peak)
