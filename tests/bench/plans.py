# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What looking costs: files of which nothing or little differs, beside a bare script that reads the same, and beside version 1.0.0."""

from __future__ import annotations

import io
import json
import math
import subprocess
import tarfile
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.scenarios import MODULES, ROOT, Scenario

from .kit import REAL, REST, UPLOAD, connection, in_child, note, practice

#: What an enrolled user in a list, or an account, costs to read, in milliseconds.
READ_MS = 1.5
NUMBER, COURSES, COHORTS, CHANGED = 2000, 100, 20, 20
#: Requests at a time, of the bare script and of the tasks that take the option.
LANES = 2
SETTINGS = {
    "users": {"primaryidentity": "username"},
    "enrols": {"courseidentifier": "shortname", "useridentifier": "username"},
    "cohorts": {"useridentifier": "username", "cohortidentifier": "idnumber", "autocreate": "1"},
}
NAMED = {"users": f"{NUMBER:,} users", "enrols": f"{NUMBER:,} enrolments in {COURSES} courses", "cohorts": f"{NUMBER:,} cohort members"}
#: How often what takes a second or two is measured.
TIMES = 3
#: The last commit whose task looked twice at everything.
FIRST_VERSION = "5591fee"


def files(number=NUMBER, courses=COURSES, accounts=NUMBER):
    """service -> the lines of its file."""
    start = "2026-09-01 08:00:00"
    users = [f"u{index};A;B;u{index}@x.org;I{index};;;Paris;NZ;en;Europe/London" for index in range(accounts)]
    return {
        "courses": ["shortname;fullname;category", *(f"C{index};Course {index};1" for index in range(courses))],
        "users": ["username;firstname;lastname;email;idnumber;institution;department;city;country;lang;timezone", *users],
        "enrols": [
            "cmd;uid;cid;rolename;enrol;starttime",
            *(f"add;u{index % accounts};C{index * courses // number};student;manual;{start}" for index in range(number)),
        ],
        "cohorts": ["cmd;userid;cidnumber;cname", *(f"add;u{i};Y{i % COHORTS};Year {i % COHORTS}" for i in range(accounts))],
    }


def little(service, lines):
    """(the file with some rows that differ from what is there, just these)."""
    before, after = {"users": ("Paris", "Rome"), "enrols": ("student", "teacher"), "cohorts": ("Y0;Year 0", "Y1;Year 1")}[service]
    changed = [number for number, line in enumerate(lines) if before in line][:CHANGED]
    found = [line.replace(before, after) if number in changed else line for number, line in enumerate(lines)]
    return found, [lines[0], *(found[number] for number in changed)]


def establish(world, service, lines):
    """Let the plugin itself make what its file says, for nothing."""
    order = [("users", "sync")]
    order += [("courses", "create")] if service == "enrols" else []
    order += [(service, "sync")] if service != "users" else []
    world.practice.configure(latency={"call_ms": 0, "record_ms": 0})
    for one, action in order:
        settings = {"fileuploadlocation": "courses.csv"} if one == "courses" else {"filelocation": f"{one}.csv", **SETTINGS[one]}
        world.input_file(one, f"{one}.csv", "\n".join(lines[one]) + "\n", **settings)
        world.call("tool_sync_process", service=one, action=action)


# -- the bare script ----------------------------------------------------------------------------------------------


class Script:
    """What somebody would write who needs this once: requests, LANES at a time, and no looking at what may go wrong."""

    def __init__(self, world):
        self._world, self._own = world, threading.local()

    def ask(self, function, **form):
        return self._post(REST, {"wstoken": self._world.token, "wsfunction": function, "moodlewsrestformat": "json", **form})

    def _post(self, path, form, files=None):
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
        answer = self._own.session.post(self._world.practice.url + path, data=form, files=files, timeout=600).json()
        if isinstance(answer, dict) and "exception" in answer:
            raise RuntimeError(str(answer)[:300])
        return answer

    def read(self, service, lines):
        """Seconds to read once what the file names."""
        begun = time.monotonic()
        with ThreadPoolExecutor(LANES) as pool:
            found = READERS[service](lines, self.ask, pool, lambda names: self._accounts(pool, names))
        if found != len(lines) - 1:
            raise RuntimeError(f"the bare script read {found} of {len(lines) - 1}")
        return time.monotonic() - begun

    def _accounts(self, pool, names):
        # As few requests as PHP's limit of variables allows, and the same for each lane.
        size = math.ceil(len(names) / LANES / math.ceil(len(names) / LANES / 900))

        def some(start):
            values = {f"values[{number}]": name for number, name in enumerate(names[start : start + size])}
            return self.ask("core_user_get_users_by_field", field="username", **values)

        return sum(map(len, pool.map(some, range(0, len(names), size))))

    def send(self, service, lines):
        """Seconds to upload a file, to say where it lies, and to run it."""
        begun = time.monotonic()
        files = {"file_1": ("script.csv", "\n".join(lines) + "\n")}
        uploaded = self._post(UPLOAD, {"token": self._world.token, "filepath": "/", "itemid": 0}, files)
        self.ask("tool_sync_commit_file", draftitemid=uploaded[0]["itemid"])
        self.ask("tool_sync_set_config", service=service, confkey="filelocation", confvalue="script.csv")
        self.ask("tool_sync_process", service=service, action="sync")
        return time.monotonic() - begun


def _users(lines, ask, pool, accounts):
    return accounts([line.partition(";")[0] for line in lines[1:]])


def _enrols(lines, ask, pool, accounts):
    def course(name):
        number = ask("core_course_get_courses_by_field", field="shortname", value=name)["courses"][0]["id"]
        options = {"options[0][name]": "userfields", "options[0][value]": "id,username,roles,groups"}
        return ask("core_enrol_get_enrolled_users", courseid=number, **options)

    return sum(map(len, pool.map(course, sorted({line.split(";")[2] for line in lines[1:]}))))


def _cohorts(lines, ask, pool, accounts):
    everybody = pool.submit(ask, "tool_sync_get_cohorts", cohortidsource="id").result()
    ids = {f"cohortids[{number}]": cohort["id"] for number, cohort in enumerate(everybody)}
    members = pool.submit(ask, "core_cohort_get_cohort_members", **ids)
    accounts([line.split(";")[1] for line in lines[1:]])
    return sum(len(cohort["userids"]) for cohort in members.result())


READERS = {"users": _users, "enrols": _enrols, "cohorts": _cohorts}


# -- the tasks ----------------------------------------------------------------------------------------------------


def task(world, module, check_mode=False, **options):
    """Seconds of a task, and its result."""
    scenario = Scenario(module, lambda _world: {**connection(world), **options})
    if "parallel_requests" in scenario.task().argument_spec:
        options["parallel_requests"] = LANES
    begun = time.monotonic()
    result = run(scenario.task(), scenario.parameters(world), check_mode=check_mode)
    if result.get("failed"):
        raise RuntimeError(result["msg"])
    return time.monotonic() - begun, result


def look(world, service, lines, name="rows.csv"):
    """Seconds to tell what a file would do, the result, and the file of what is to be sent (None: not told apart)."""
    options = {"service": service, "src": world.file(name, "\n".join(lines) + "\n"), "settings": SETTINGS[service]}
    if "toolsync_plan" not in MODULES:
        return *task(world, "toolsync_process", check_mode=True, **options), None
    target = world.folder / f"differing-{name}"
    return *task(world, "toolsync_plan", send="differing", dest_file=str(target), **options), target


def send(world, service, lines):
    """Seconds to look, and to send and run only what differs."""
    seconds, result, target = look(world, service, lines, "little.csv")
    source = str(target) if target else str(world.folder / "little.csv")
    settings = {"filelocation": "sent.csv", **SETTINGS[service]}
    sequence = (
        ("toolsync_upload", {"src": source, "dest": "sent.csv", "service": service}),
        ("toolsync_config", {"service": service, "settings": settings}),
        ("toolsync_process", {"service": service, "src": source, "settings": settings}),
    )
    for module, options in sequence:
        spent, result = task(world, module, **options)
        seconds += spent
    changed = sum(result["counts"][outcome] for outcome in ("created", "updated", "deleted"))
    if changed != CHANGED or not result["changed"]:
        raise RuntimeError(f"{changed} rows changed, and it should be {CHANGED}: {result['counts']}")
    return seconds


OLD = """
import importlib, json, sys, time
root = "ansible_collections.activeprolearn.toolsync.plugins."
task = importlib.import_module(root + "modules.toolsync_process").TASK
run = importlib.import_module(root + "module_utils.module").run
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
checked = ArgumentSpecValidator(task.argument_spec, **task.constraints).validate(json.loads(sys.argv[1]))
begun = time.monotonic()
result = run(task, checked.validated_parameters)
print(json.dumps([time.monotonic() - begun, result.get("msg"), result["counts"]]))
"""


def first_version(world, service):
    """Seconds of version 1.0.0's task over the same file; None where the history is not there."""
    archived = subprocess.run(
        ["git", "archive", "--format=tar", FIRST_VERSION, "plugins", "meta", "galaxy.yml"], cwd=ROOT, capture_output=True, check=False
    )
    if archived.returncode:
        return None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ansible_collections/activeprolearn/toolsync"
        with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
            archive.extractall(root, filter="data")
        options = {**connection(world), "service": service, "src": str(world.folder / "rows.csv"), "settings": SETTINGS[service]}
        (seconds, message, counts), _peak = in_child(OLD, json.dumps(options), path=folder)
    if message or counts["unchanged"] != NUMBER:
        raise RuntimeError(f"version 1.0.0: {message} {counts}")
    return seconds


# -- the benchmarks -----------------------------------------------------------------------------------------------


def bench_unchanged():
    """Files of which nothing differs, and of which 1 % does."""
    for service, what in NAMED.items():
        with practice() as world:
            lines, script = files(), Script(world)
            establish(world, service, lines)
            world.practice.configure(latency={**REAL, "read_ms": READ_MS})
            bare, seconds, calls = _reading(world, script, service, lines[service])
            made = sum(calls[0].values())
            note(f"{what}, nothing differs: a bare script that reads them once", bare, "s", how=f"{made} requests, {LANES} at a time")
            note(f"{what}, nothing differs: looking", seconds, "s", how=json.dumps(calls[1]))
            note(f"{what}, nothing differs: looking / the bare script", seconds / bare, "x", limit=1.1, how=f"best of {TIMES} each")
            old = first_version(world, service)
            if old is None:
                print(f"{what}: no history here, so nothing to compare with version 1.0.0")
            else:
                note(f"{what}, nothing differs: the task of version 1.0.0", old, "s")
                note(f"{what}, nothing differs: looking / the task of version 1.0.0", seconds / old, "x", limit=0.4)
            begun = time.monotonic()
            world.call("tool_sync_process", service=service, action="sync")
            plain = time.monotonic() - begun
            spent, _result = task(
                world, "toolsync_process", service=service, src=str(world.folder / "rows.csv"), settings=SETTINGS[service]
            )
            note(f"{what}, nothing differs: toolsync_process, which runs them all", spent, "s", how=f"the run alone: {plain:.1f} s")
            note(f"{what}, nothing differs: toolsync_process / (the bare script + the run alone)", spent / (bare + plain), "x", limit=1.1)
            differing, rows = little(service, lines[service])
            spent = send(world, service, differing)
            least = bare + script.send(service, rows)
            note(f"{what}, 1 % differs: looking, sending, running", spent, "s")
            note(
                f"{what}, 1 % differs: all / the bare script that reads all, and sends and runs {CHANGED} rows",
                spent / least,
                "x",
                limit=1.2,
                how="the task looks at these rows again before it runs them, and sets every setting",
            )


def _reading(world, script, service, lines):
    """(seconds of the bare script, of the task that looks; the best of each; and the calls of each, {function: number})."""
    best, calls = [math.inf, math.inf], [{}, {}]
    for _time in range(TIMES):
        for number, read in enumerate((lambda: (script.read(service, lines), None), lambda: look(world, service, lines)[:2])):
            world.practice.control("DELETE", "counters")
            seconds, result = read()
            best[number], calls[number] = min(best[number], seconds), world.practice.counters()["calls"]
            if result and result["changed"]:
                raise RuntimeError(f"a row differs, and none should: {result['counts']}")
    return *best, calls


GROWTH = """
import json, pathlib, sys, time, types
from tests.bench import plans
url, token, folder, service = sys.argv[1:]
world = types.SimpleNamespace(token=token, folder=pathlib.Path(folder), practice=types.SimpleNamespace(url=url))
world.file = lambda name, text: str(world.folder / "enrols.csv")
begun = time.process_time()
seconds, result, _target = plans.look(world, service, ())
print(json.dumps([seconds, time.process_time() - begun, result["counts"]["rows"]]))
"""


def bench_growth():
    """Enrolments, ten and a hundred times as many, on a site that answers at once."""
    each = []
    for number, courses in ((1_000, 20), (10_000, 200), (100_000, 2_000)):
        with practice() as world:
            lines = files(number, courses, number // 20)
            establish(world, "enrols", lines)
            world.file("enrols.csv", "\n".join(lines["enrols"]) + "\n")
            (seconds, own, rows), peak = in_child(GROWTH, world.practice.url, world.token, world.folder, "enrols")
        if rows != number:
            raise RuntimeError(f"{rows} rows, and it should be {number}")
        each.append(own / number)
        what = f"{number:,} enrolments in {courses:,} courses"
        note(f"{what}, nothing differs: looking", seconds, "s", how=f"{number / seconds:,.0f} rows a second with the site's work")
        note(f"{what}, nothing differs: peak memory", peak, "MiB")
        note(f"{what}, nothing differs: processor time of the task", own, "s")
    # Not of the seconds: other work on the machine would count.
    note("100,000 enrolments / 10,000: processor time a row", each[2] / each[1], "x", limit=1.25, how="linear is 1")
