# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large files: sent, checked, and their reports read."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios import ROOT

from .kit import in_child, note

TRANSFER = """
import json, sys, time
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import Moodle
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import Transport
url, path = sys.argv[1:]
begun = time.monotonic()
with Transport(url, "x" * 32, timeout=600) as transport:
    Moodle(transport, "x" * 32).upload(path, "big.csv")
print(json.dumps(time.monotonic() - begun))
"""
TASK = """
import json, pathlib, sys, time, types
from tests.scenarios import Scenario
url, path, more = sys.argv[1:]
world = types.SimpleNamespace(token="x" * 32, folder=pathlib.Path(path).parent, practice=types.SimpleNamespace(url=url))
scenario = Scenario("toolsync_upload", lambda world: {"src": path, "commit": False, **json.loads(more)})
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
begun = time.monotonic()
result = run(scenario.task(), scenario.parameters(world))
print(json.dumps([time.monotonic() - begun, result.get("msg"), result.get("rows")]))
"""


def bench_upload():
    """A file of 1 GiB to a server that throws it away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.csv"
        line = "{0};Given{0};Family{0};user{0}@mail.example.org;ID{0};Springfield;Department of many things;some more words here\n"
        with path.open("w") as stream:
            stream.write("username;firstname;lastname;email;idnumber;city;department;description\n")
            number = 0
            while stream.tell() < 1 << 30:
                stream.write("".join(line.format(f"user{index}") for index in range(number, number + 10000)))
                number += 10000
        size = path.stat().st_size / (1 << 20)
        port_file = Path(folder) / "port"
        sink = subprocess.Popen([sys.executable, str(ROOT / "tests/bench/sink.py"), str(port_file)])
        try:
            while not port_file.exists() or not port_file.read_text():
                time.sleep(0.05)
            url = f"http://127.0.0.1:{port_file.read_text()}"
            ours, theirs, peaks = [], [], []
            for _turn in range(5):
                seconds, peak = in_child(TRANSFER, url, path)
                ours.append(seconds)
                peaks.append(peak)
                command = [
                    "curl",
                    "-s",
                    "-o",
                    "/dev/null",
                    "-w",
                    "%{time_total}",
                    "-F",
                    "token=x",
                    "-F",
                    f"file_1=@{path}",
                    f"{url}/webservice/upload.php",
                ]
                theirs.append(float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))
            whole = {label: in_child(TASK, url, path, more) for label, more in (("no service", "{}"), ("users", '{"service": "users"}'))}
        finally:
            sink.terminate()
            sink.wait()
    note("1 GiB upload: the transfer, MiB/s", size / min(ours), "MiB/s", how="best of 5, loopback, null sink")
    note("1 GiB upload: curl, MiB/s", size / min(theirs), "MiB/s", how="best of 5")
    note("1 GiB upload: transfer / curl, best of 5 each", min(theirs) / min(ours), "x", at_least=0.9)
    note("1 GiB upload: transfer / curl, medians", statistics.median(theirs) / statistics.median(ours), "x")
    note("1 GiB upload: peak memory of the transfer", max(peaks), "MiB", limit=100)
    for label, ((seconds, message, found), peak) in whole.items():
        if message:
            raise RuntimeError(message)
        note(f"1 GiB upload: the whole task with its check, {label}", seconds, "s", how=f"{found:,} rows")
        # Of users, values that stand twice in a column are looked for, among a million rows.
        note(f"1 GiB upload: peak memory of the whole task, {label}", peak, "MiB", limit=150 if label == "users" else 100)


CHECK = """
import json, sys, time
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check
begun = time.monotonic()
with open(sys.argv[1], "rb") as stream:
    check = Check(stream, "users", "sync", separator=";", settings={})
print(json.dumps([time.monotonic() - begun, check.rows, check.counts["error"]]))
"""
REPORT = """
import json, sys, time
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import read_rows
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import outcome as report
text = open(sys.argv[2]).read()
begun = time.monotonic()
with open(sys.argv[1], "rb") as stream:
    parsed = report.parse(text, "users", "sync", rows=read_rows(stream, "users", "sync", separator=";"), settings={})
print(json.dumps([time.monotonic() - begun, parsed.counts["rows"], len(text) / 1048576]))
"""


def bench_csv():
    """1,000,000 rows and lines."""
    number = 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path, told = Path(folder) / "users.csv", Path(folder) / "report.txt"
        with path.open("w") as stream:
            stream.write("username;firstname;lastname;email;idnumber\n")
            stream.writelines(f"user{index};Given{index};Family{index};user{index}@x.org;I{index}\n" for index in range(number))
        with told.open("w") as stream:
            stream.write("Starting...1\nStarting users synchronisation...\n")
            stream.writelines(f"User account added: {index} , user{index}\n" for index in range(number))
            stream.write("\nend of report\n")
        (seconds, found, errors), peak = in_child(CHECK, path)
        if found != number or errors:
            raise RuntimeError(f"{found} rows, {errors} errors")
        note("CSV check of 1,000,000 rows", number / seconds, "rows/s", how=f"{seconds:.1f} s")
        note("CSV check of 1,000,000 rows: peak memory", peak, "MiB")
        (seconds, found, size), peak = in_child(REPORT, path, told)
        if found != number:
            raise RuntimeError(f"{found} rows")
        note("report of 1,000,000 lines beside its file", number / seconds, "lines/s", how=f"{seconds:.1f} s")
        note("report of 1,000,000 lines: peak memory", peak, "MiB", how=f"the text has {size:.0f} MiB")
