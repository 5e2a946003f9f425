# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a practice Moodle that ends with the ansible-playbook that asked for it, however that ends.

Usage: practice.py ROOT FOLDER [ARGUMENT...]

ROOT: the collection's folder; FOLDER: where data and log go; the rest goes to ``python -m tests.simulator``. Prints
a JSON object: url, token, data, log, pid.

Nothing that is written in a play runs for certain at its end, so a guard stays behind: it is the parent of the practice
Moodle and ends it when ansible-playbook is gone.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 30
PATIENCE = 0.1


def parent_and_command(pid):
    """The pid of a process's parent, and the process's command line."""
    if os.path.exists("/proc/self/stat"):
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
        return int(status.rpartition(")")[2].split()[1]), command
    listing = subprocess.run(["ps", "-o", "ppid=,args=", "-p", str(pid)], check=True, stdout=subprocess.PIPE, text=True)
    parent, _space, command = listing.stdout.strip().partition(" ")
    return int(parent), command


def playbook_process():
    """The pid of the outermost ansible-playbook above this process; its workers have the same command line."""
    pid, found = os.getppid(), None
    while pid > 1:
        parent, command = parent_and_command(pid)
        if "ansible-playbook" in command:
            found = pid
        pid = parent
    if found is None:
        raise SystemExit("practice.py works only below ansible-playbook: nothing else would end the practice Moodle.")
    return found


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def guard(owner, log, command, root):
    """Run the practice Moodle until it ends or its owner is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(log, "ab") as output:
        server = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    while server.poll() is None and alive(owner):
        time.sleep(PATIENCE)
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()


def address(log, guardian):
    """What the practice Moodle prints when it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        found = re.search(r"https?://\S+", text)
        if found:
            return found.group()
        if guardian.poll() is not None:
            raise SystemExit(f"The practice Moodle ended at once:\n{text}")
        time.sleep(0.02)
    raise SystemExit(f"The practice Moodle was not ready after {START_SECONDS} s:\n{text}")


def main(root, folder, *arguments):
    name = f"practice-{secrets.token_hex(4)}"
    data, log = Path(folder, f"{name}.sqlite"), Path(folder, f"{name}.log")
    token = secrets.token_hex(16)
    simulator = [sys.executable, "-m", "tests.simulator", "--port", "0", "--token", token, "--data", str(data)]
    guardian = subprocess.Popen(
        [sys.executable, __file__, "--guard", str(playbook_process()), str(log), root, *simulator, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = address(log, guardian)
    print(json.dumps({"url": url, "token": token, "data": str(data), "log": str(log), "pid": guardian.pid}))


if __name__ == "__main__":
    if sys.argv[1] == "--guard":
        guard(int(sys.argv[2]), sys.argv[3], sys.argv[5:], sys.argv[4])
    else:
        main(*sys.argv[1:])
