# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four services one after the other, and many sites."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.secrets.ways import playbook
from tests.simulator.fixture import PracticeSites

from .kit import CALL_MS, FQCN, RECORD_MS, connection, note, play, practice, uri


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
