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


PARAMS = {"state": "present", "pid": None, "host": None, "wait": 0}


@pytest.fixture
def planned(site, path):
    def make(run_id, **more):
        return lock.plan(site, {**PARAMS, "run_id": run_id, "owner": f"owner of {run_id}", "path": str(path), **more})

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


HERE = socket.gethostname()


@pytest.fixture(scope="module")
def gone():
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("host", [HERE, lock.where()])
def test_a_process_that_lives_here_keeps_its_lock(planned, host):
    take(planned, "a", pid=os.getpid(), host=host)
    with pytest.raises(errors.LockHeld):
        take(planned, "b")


@pytest.mark.parametrize("host", ["another.example.org", "another.example.org pid:[1]", f"{HERE} pid:[1]", "", None])
def test_a_process_number_of_elsewhere_tells_nothing(planned, gone, host):
    """Of another host, or of a container whose host has the same name: that no process has the number here proves nothing."""
    take(planned, "a", pid=gone, host=host)
    with pytest.raises(errors.LockHeld):
        take(planned, "b")


@pytest.mark.parametrize("host", [HERE, lock.where()])
def test_the_lock_of_a_process_that_is_gone_is_taken_over(planned, site, gone, host):
    take(planned, "a", pid=gone, host=host)
    assert take(planned, "b").changed
    assert "owner of a" in site.warnings[0]


@pytest.mark.parametrize("pid", [None, 0, -1, 1 << 70])
def test_a_number_that_no_process_can_have_tells_nothing(planned, pid):
    take(planned, "a", pid=pid, host=lock.where())
    with pytest.raises(errors.LockHeld):
        take(planned, "b")


def test_a_place_is_named_by_its_process_namespace_too():
    name, _space, namespace = lock.where().partition(" ")
    assert name == HERE and (namespace.startswith("pid:[") or not os.path.exists("/proc/self/ns/pid"))


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_a_holder_that_was_killed_and_that_nobody_reaped_is_gone(planned):
    killed = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    take(planned, "a", pid=killed.pid, host=lock.where())
    with pytest.raises(errors.LockHeld):
        take(planned, "b")
    killed.kill()
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    assert take(planned, "b").changed
    killed.wait()


class TestWhatAnotherUserMayLayInTheFolder:
    @pytest.fixture(autouse=True)
    def folder(self, path):
        path.parent.mkdir()

    @pytest.mark.parametrize("name", [".site.sequence.new", "site.sequence.new", "site.sequence"])
    def test_nothing_is_written_through_a_symlink(self, planned, path, tmp_path, name):
        victim = tmp_path / "victim"
        victim.write_text("precious")
        (path.parent / name).symlink_to(victim)
        assert take(planned, "a").changed
        assert victim.read_text() == "precious" and not path.is_symlink()

    def test_no_guard_is_made_through_a_symlink(self, planned, path, tmp_path):
        (path.parent / "site.sequence.guard").symlink_to(tmp_path / "victim")
        with pytest.raises(errors.StateFileError):
            take(planned, "a")
        assert not (tmp_path / "victim").exists()

    def test_a_fifo_is_not_waited_for(self, planned, path):
        os.mkfifo(path)
        with pytest.raises(errors.StateFileError, match="not a regular file"):
            take(planned, "a")
        assert not take(planned, "a", state="absent").changed

    def test_a_lock_that_may_not_be_read_is_a_lock(self, planned, path, monkeypatch):
        take(planned, "a")
        opened = os.open

        def refused(name, *args, **kwargs):
            if name == str(path):
                raise PermissionError(13, "Permission denied")
            return opened(name, *args, **kwargs)

        monkeypatch.setattr(os, "open", refused)
        with pytest.raises(errors.LockHeld, match=r"another user \(uid \d+\), since 0 min"):
            take(planned, "b")
        assert not take(planned, "b", state="absent").changed
        os.utime(path, (0, 0))
        assert take(planned, "b").changed, "one that is left behind for days"

    def test_others_may_read_who_holds_it(self, planned, path):
        take(planned, "a")
        assert path.stat().st_mode & 0o777 == 0o644 & ~_umask()


def _umask():
    os.umask(current := os.umask(0))
    return current


def test_a_folder_in_its_place_is_told_at_once(site, tmp_path):
    with pytest.raises(errors.StateFileError, match="is a folder. No lock was taken"):
        lock.plan(site, {**PARAMS, "run_id": "a", "owner": None, "path": str(tmp_path)})


def test_an_old_lock_is_taken_over(planned, path):
    take(planned, "a")
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "since": time.time() - 7200}))
    with pytest.raises(errors.LockHeld, match="since 2 h"):
        take(planned, "b")
    path.write_text(json.dumps({**held, "since": time.time() - 25 * 3600}))
    assert take(planned, "b").changed


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
