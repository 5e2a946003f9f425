# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a site."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import lock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "locks" / "site.sequence"


@pytest.fixture
def planned(site, path):
    def make(run_id, state="present", **more):
        more.setdefault("wait", 0)
        return lock.plan(site, state=state, run_id=run_id, owner=f"owner of {run_id}", path=str(path), **more)

    return make


def take(planned, run_id, **more):
    made = planned(run_id, **more)
    made.apply()
    return made


def test_one_takes_it_the_other_is_told_who(planned, path):
    assert take(planned, "a").changed
    with pytest.raises(errors.LockHeld, match="owner of a, since 0 min") as caught:
        take(planned, "b")
    assert str(path) in caught.value.cure
    assert take(planned, "a", state="absent").changed
    assert take(planned, "b").changed


def test_the_same_run_may_take_it_twice(planned):
    take(planned, "a")
    assert not take(planned, "a").changed


def test_only_its_run_releases_it(planned, path):
    take(planned, "a")
    assert not take(planned, "b", state="absent").changed and path.exists()
    take(planned, "a", state="absent")
    assert not path.exists()
    assert not take(planned, "a", state="absent").changed


def test_planning_writes_nothing(planned, path):
    planned("a")
    planned("a", state="absent")
    assert not path.parent.exists()


def test_it_waits(planned):
    take(planned, "a")
    threading.Timer(0.5, lambda: take(planned, "a", state="absent")).start()
    begun = time.monotonic()
    assert take(planned, "b", wait=20).changed
    assert 0.4 < time.monotonic() - begun < 5


def test_the_lock_of_a_process_that_is_gone_is_taken_over(planned, site):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    take(planned, "a", pid=gone.pid, host=socket.gethostname())
    assert take(planned, "b").changed
    assert "owner of a" in site.warnings[0]


@pytest.mark.parametrize(
    "pid, host",
    [(os.getpid(), socket.gethostname()), (1, "another.example.org"), (None, None)],
    ids=["alive", "elsewhere", "unknown"],
)
def test_the_lock_of_a_process_that_may_live_is_kept(planned, pid, host):
    take(planned, "a", pid=pid, host=host)
    with pytest.raises(errors.LockHeld):
        take(planned, "b")


def test_an_old_lock_is_taken_over(planned, path):
    take(planned, "a")
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "since": time.time() - 7200}))
    with pytest.raises(errors.LockHeld, match="since 2 h"):
        take(planned, "b")
    assert take(planned, "b", stale_after=3600).changed


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"since": "x"}', "half a"])
def test_a_damaged_lock_is_taken_over(planned, path, content):
    path.parent.mkdir()
    path.write_text(content)
    assert take(planned, "b").changed


def test_many_at_once_get_it_one_by_one(planned):
    inside, most = [], []

    def sequence(run_id):
        take(planned, run_id, wait=30)
        inside.append(run_id)
        most.append(len(inside))
        time.sleep(0.05)
        inside.remove(run_id)
        take(planned, run_id, state="absent")

    threads = [threading.Thread(target=sequence, args=(f"run {number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_a_folder_that_cannot_be_written(planned, path):
    path.parent.write_text("a file")
    with pytest.raises(errors.StateFileError):
        take(planned, "a")
