# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed against a practice Moodle with the costs of a real one, each figure beside what one would use instead.

Usage: python -m tests.bench.bench [NAME ...]   (names: the functions below without bench_; all by default)

Every ratio comes from one run on one machine. Prints a table, and writes .cache/bench.json.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.scenarios import ROOT, Scenario, World
from tests.secrets.ways import interpreter, playbook
from tests.simulator.fixture import Practice, PracticeSites

#: What a call and a record cost on a real site (Moodle 4.1, PHP 8.2, PostgreSQL), in milliseconds.
CALL_MS, RECORD_MS = 24, 5.5
REAL = {"call_ms": CALL_MS, "record_ms": RECORD_MS}
REST = "/webservice/rest/server.php"
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


def enrolment(user):
    return {
        "roleidsource": "shortname", "roleid": "student", "useridsource": "username", "userid": user,
        "courseidsource": "shortname", "courseid": "MATH101",
    }  # fmt: skip


def bench_task():
    """The fixed cost of one task, from a loop against a site that answers at once."""
    number = 30
    with practice() as world:
        world.practice.configure(latency={"call_ms": 0, "record_ms": 0})
        ours = {
            FQCN + "toolsync_config": {**connection(world), "service": "users", "settings": {"filelocation": "users.csv"}},
            "loop": list(range(number)),
        }
        setting = {"service": "users", "confkey": "filelocation", "confvalue": "users.csv"}
        theirs = {**uri(world, "tool_sync_set_config", **setting), "loop": list(range(number))}
        other = interpreter(world.folder)
        seconds = {"inside": [], "module": [], "uri": []}
        for turn in range(3):
            for way, task, python in (("inside", ours, sys.executable), ("module", ours, other), ("uri", theirs, sys.executable)):
                timed, _whole = play([{"name": way, **task}], world, python=python, name=f"{way}{turn}")
                seconds[way].append(timed[way] / number)
        best = {way: min(values) for way, values in seconds.items()}
        names = {"inside": "toolsync_config, inside", "module": "toolsync_config, module", "uri": "ansible.builtin.uri"}
        for way, value in best.items():
            note(f"one task: {names[way]}", value * 1000, "ms", how="best of 3 loops")
        note("one task: as a module / uri", best["module"] / best["uri"], "x", limit=1.1)
        note("one task: inside / uri", best["inside"] / best["uri"], "x", limit=0.1)


def enrol_all(world, users, **more):
    return {"name": "ours", FQCN + "toolsync_enrol": {**connection(world), "course": "MATH101", "role": "student", "users": users, **more}}


def bench_enrol_1000():
    """1,000 enrolments in one course."""
    users = [f"u{number}" for number in range(1000)]
    with practice(1000) as world:
        begun = time.monotonic()
        with requests.Session() as session:
            for start in range(0, 1000, 166):
                form = {"wstoken": world.token, "wsfunction": "tool_sync_enrol_users_enrol", "moodlewsrestformat": "json"}
                for number, user in enumerate(users[start : start + 166]):
                    form.update({f"enrols[{number}][{key}]": value for key, value in enrolment(user).items()})
                answer = session.post(world.practice.url + REST, data=form, timeout=600).json()
                if len(answer) != len(users[start : start + 166]):
                    raise RuntimeError(str(answer)[:300])
        bare = time.monotonic() - begun
    with practice(1000) as world:
        empty = {"name": "empty", FQCN + "toolsync_enrol": {**connection(world), "course": "MATH101", "users": [], "role": "student"}}
        fixed = play([empty], world, name="empty")[0]["empty"]
        timed = play([enrol_all(world, users)], world)[0]["ours"]
        calls = sum(world.practice.counters()["calls"].values())
    with practice(1000) as world:
        in_turn = play([enrol_all(world, users, parallel_requests=1)], world)[0]["ours"]
    sample = 40
    with practice(sample) as world:
        single = {**uri(world, "tool_sync_enrol_user_enrol", **enrolment("{{ item }}")), "loop": users[:sample]}
        looped = play([{"name": "loop", **single}], world)[0]["loop"] / sample * 1000
    note("1,000 enrolments: one toolsync_enrol task", timed, "s", how=f"{calls} requests, two at a time")
    note("1,000 enrolments: the same with parallel_requests: 1", in_turn, "s")
    note("1,000 enrolments: a loop of ansible.builtin.uri", looped, "s", how=f"{sample} measured, times {1000 // sample}")
    note("1,000 enrolments: a bare requests script with the same bulk calls", bare, "s")
    note("1,000 enrolments: uri loop / toolsync_enrol", looped / timed, "x", at_least=50)
    note(
        "1,000 enrolments: toolsync_enrol, one request at a time / (1.1 x bare script + a task)",
        in_turn / (1.1 * bare + fixed),
        "x",
        limit=1,
        how=f"a task: {fixed:.3f} s",
    )


def bench_enrol_10000():
    """10,000 enrolments of which one per cent is missing: how many requests."""
    number = 10000
    users = [f"u{index}" for index in range(number)]
    with practice(number) as world:
        world.practice.configure(latency={"call_ms": 0, "record_ms": 0}, limits={"max_input_vars": 100000})
        there = [user for index, user in enumerate(users) if index % 100]
        for start in range(0, len(there), 1000):
            form = {}
            for index, user in enumerate(there[start : start + 1000]):
                form.update({f"enrols[{index}][{key}]": value for key, value in enrolment(user).items()})
            world.call("tool_sync_enrol_users_enrol", **form)
        world.practice.configure(latency=REAL, limits={"max_input_vars": 1000})
        scenario = Scenario("toolsync_enrol", lambda world: {"course": "MATH101", "role": "student", "users": users})
        for label in ("1 % missing", "nothing missing"):
            world.practice.control("DELETE", "counters")
            begun = time.monotonic()
            result = run(scenario.task(), scenario.parameters(world))
            seconds = time.monotonic() - begun
            counters = world.practice.counters()
            if result.get("failed"):
                raise RuntimeError(result["msg"])
            writes = counters["executed"].get("tool_sync_enrol_users_enrol", 0)
            missing = number // 100 if label == "1 % missing" else 0
            note(f"10,000 enrolments, {label}: seconds", seconds, "s")
            note(f"10,000 enrolments, {label}: writing requests", writes, "", limit=-(-missing * len(enrolment("")) // 996))
            reads = sum(counters["calls"].values()) - writes
            note(f"10,000 enrolments, {label}: all others", reads, "", how=json.dumps(counters["calls"]))


def sequence_files(world, number=200):
    users = [f"p{index}" for index in range(number)]
    return {
        "users": "username;firstname;lastname;email;idnumber\n" + "".join(f"{u};A;B;{u}@x.org;I{u}\n" for u in users),
        "courses": "shortname;fullname;category\n" + "".join(f"C{index};Course {index};1\n" for index in range(10)),
        "enrols": "cmd;uid;cid;rolename;enrol;starttime\n" + "".join(f"add;{u};C1;student;manual;2026-09-01 08:00:00\n" for u in users),
        "cohorts": "cmd;userid;cidnumber;cname\n" + "".join(f"add;{u};Y1;Year one\n" for u in users),
    }


SETTINGS = {
    "courses": {"fileuploadlocation": "courses.csv"},
    "users": {"filelocation": "users.csv", "primaryidentity": "username"},
    "enrols": {"filelocation": "enrols.csv", "courseidentifier": "shortname", "useridentifier": "username"},
    "cohorts": {"filelocation": "cohorts.csv", "useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"},
}


def bench_sequence():
    """The four services: the role, three modules a service, and what the same takes with ansible.builtin.uri."""
    order = ("courses", "users", "enrols", "cohorts")

    def paths(world):
        return {service: world.file(f"{service}.csv", text) for service, text in sequence_files(world).items()}

    def action(service):
        return "create" if service == "courses" else "sync"

    with practice() as world:
        files = paths(world)
        steps = [
            {"service": one, "action": action(one), "src": files[one], "config": dict(list(SETTINGS[one].items())[1:])} for one in order
        ]
        role = {"name": "role", "ansible.builtin.include_role": {"name": FQCN + "sync"}}
        extra = {
            "sync_url": world.practice.url,
            "sync_token": world.token,
            "sync_steps": steps,
            "sync_state_file": f"{world.folder}/s.json",
        }
        _timed, by_role = play([role], world, extra=extra)
        _timed, again = play([role], world, name="again", extra=extra)
    with practice() as world:
        files = paths(world)
        tasks = []
        for one in order:
            common = connection(world)
            tasks += [
                {"name": f"upload {one}", FQCN + "toolsync_upload": {**common, "src": files[one], "service": one, "action": action(one)}},
                {"name": f"config {one}", FQCN + "toolsync_config": {**common, "service": one, "settings": SETTINGS[one]}},
                {"name": f"process {one}", FQCN + "toolsync_process": {**common, "service": one, "action": action(one), "src": files[one]}},
            ]
        _timed, by_modules = play(tasks, world)
    with practice() as world:
        tasks = [task for one in order for task in uri_sequence(world, one, action(one), sequence_files(world)[one])]
        _timed, by_uri = play(tasks, world)
    note("four services: the role sync (preflight, checks, lock, report)", by_role, "s", how="whole ansible-playbook, 200 users")
    note("four services: the role sync, again", again, "s")
    note("four services: 12 toolsync tasks", by_modules, "s")
    note("four services: 20 uri tasks", by_uri, "s", how="raw multipart bodies from files, against the base64 of form-multipart")
    note("four services: uri / toolsync tasks", by_uri / by_modules, "x", at_least=1)
    note("four services: uri / role", by_uri / by_role, "x")


def uri_sequence(world, service, action, text):
    """Upload, commit, settings and run by uri; the body of the upload is a file, since uri would send base64."""
    mark = "boundary7MA4YWxk"
    name = f"{service}.csv"
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{world.token}\r\n--{mark}\r\n'
        f'Content-Disposition: form-data; name="file_1"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n--{mark}--\r\n'
    )
    upload = {
        "url": world.practice.url + "/webservice/upload.php", "method": "POST", "src": world.file(f"{service}.body", body),
        "headers": {"Content-Type": f"multipart/form-data; boundary={mark}"}, "return_content": True,
    }  # fmt: skip
    yield {"name": f"upload {service}", "ansible.builtin.uri": upload, "register": "sent"}
    draft = "{{ (sent.content | from_json)[0].itemid }}"
    yield {"name": f"commit {service}", **uri(world, "tool_sync_commit_file", draftitemid=draft)}
    for key, value in SETTINGS[service].items():
        yield {"name": f"config {service} {key}", **uri(world, "tool_sync_set_config", service=service, confkey=key, confvalue=value)}
    yield {"name": f"process {service}", **uri(world, "tool_sync_process", service=service, action=action)}


# Not getrusage: what this process has held before the exec would count as the child's.
PEAK = """
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
"""


def in_child(code, *arguments):
    """Run Python code in a process of its own; returns (what it prints as JSON, peak memory in MiB)."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{PEAK}", *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    *_noise, told, peak = done.stdout.strip().splitlines()
    return json.loads(told), float(peak)


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
        note(f"1 GiB upload: peak memory of the whole task, {label}", peak, "MiB", limit=100)


CHECK = """
import json, sys, time
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import file as csvfile
begun = time.monotonic()
with open(sys.argv[1], "rb") as stream:
    check = csvfile.check(stream, "users", "sync", separator=";", settings={}, allow_destructive=False)
print(json.dumps([time.monotonic() - begun, check.rows, check.error_count]))
"""
REPORT = """
import json, sys, time
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import file as csvfile
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import outcome as report
text = open(sys.argv[2]).read()
begun = time.monotonic()
with open(sys.argv[1], "rb") as stream:
    parsed = report.parse(text, "users", "sync", rows=csvfile.read_rows(stream, "users", "sync", separator=";"), settings={})
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


def bench_sites():
    """A role on 100 sites."""
    number = 100
    with PracticeSites(number, "--call-ms", str(CALL_MS), "--record-ms", str(RECORD_MS)) as many, tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "users.csv").write_text("username;firstname;lastname;email\n" + "".join(f"m{i};A;B;m{i}@x.org\n" for i in range(20)))
        hosts = {
            f"site{index}": {"sync_url": site.url, "sync_token": site.token, "sync_state_file": f"{folder}/state{index}.json"}
            for index, site in enumerate(many.sites)
        }
        (folder / "sites.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        steps = [{"service": "users", "src": str(folder / "users.csv"), "config": {"primaryidentity": "username"}}]
        whole = {}
        for forks in (10, 50):
            begun = time.monotonic()
            found, output = playbook(
                FQCN + "full_sync", folder, python=sys.executable, name=f"forks{forks}", arguments=("--forks", str(forks)),
                extra={"sync_hosts": "all", "sync_steps": steps, "sync_force": True}, inventory=str(folder / "sites.json"),
            )  # fmt: skip
            whole[forks] = time.monotonic() - begun
            if "failed=0" not in output or " failed=1" in output or len({line["host"] for line in found}) != number:
                raise RuntimeError(output[-2000:])
            note(
                f"100 sites, {forks} forks: seconds per site",
                whole[forks] / number,
                "s",
                how=f"{whole[forks]:.1f} s in all, 20 users a site",
            )


BENCHES = {name[6:]: function for name, function in list(globals().items()) if name.startswith("bench_")}


def main(names):
    load = os.getloadavg()[0]  # before it is ours
    for name in names or BENCHES:
        print(f"-- {name}: {BENCHES[name].__doc__.splitlines()[0]}", flush=True)
        begun = len(rows)
        BENCHES[name]()
        for row in rows[begun:]:
            row["bench"] = name
    about = {
        "python": platform.python_version(), "cores": os.cpu_count(), "load": load, "call_ms": CALL_MS,
        "record_ms": RECORD_MS,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    target = ROOT / ".cache/bench.json"
    target.parent.mkdir(exist_ok=True)
    # Figures of what was not measured now stay as they are.
    older = json.loads(target.read_text())["figures"] if names and target.exists() else []
    kept = [row for row in older if row.get("bench") in BENCHES and row["bench"] not in names] + rows
    kept.sort(key=lambda row: list(BENCHES).index(row["bench"]))
    target.write_text(json.dumps({"about": about, "figures": kept}, indent=1))
    missed = [row["name"] for row in rows if not row["kept"]]
    print(f"\n{len(rows)} figures in {target.relative_to(ROOT)}" + (f"; not as wanted: {'; '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
