# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that is killed at any point leaves a site and a memory file from which the next run converges.

The points are all at which the world outside changes: before and after each request, between the pieces of a file that is sent,
and before and after each step of a write of the memory file. A child process that runs the task ends itself there with SIGKILL.
"""

from __future__ import annotations

import builtins
import json
import os
import signal

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import memory
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire import transport

from tests.faults.matrix import STEPS
from tests.faults.test_matrix import digest, executed, executed_too_often
from tests.scenarios import SCENARIOS, World

KILLED = ["upload", "config", "process users", "process enrols", "deploy", "enrol", "unenrol", "process cohorts", "group", "lock"]


class Points:
    """Counts the points that a task comes by, and kills this process at one of them."""

    def __init__(self, deadly=None):
        self.passed, self._deadly = 0, deadly

    def pass_by(self):
        if self.passed == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1

    def around(self, function):
        def wrapped(*args, **kwargs):
            self.pass_by()
            result = function(*args, **kwargs)
            self.pass_by()
            return result

        return wrapped

    def watch(self, patch):
        """Put the points into the code. patch: as pytest's monkeypatch.setattr."""
        points = self

        class Half:
            """A text file, a piece at a time."""

            def __init__(self, stream):
                self._stream = stream

            def write(self, text):
                self._stream.write(text)
                self._stream.flush()
                points.pass_by()

            def __getattr__(self, name):
                return getattr(self._stream, name)

            def __enter__(self):
                return self

            def __exit__(self, *exc_info):
                self._stream.close()

        pieces = transport.FilePart.__iter__
        fdopen = os.fdopen

        def in_pieces(part):
            for piece in pieces(part):
                points.pass_by()
                yield piece
                points.pass_by()

        patch(transport, "CHUNK", 100)
        patch(transport.FilePart, "__iter__", in_pieces)
        patch(transport.Transport, "_send_once", self.around(transport.Transport._send_once))
        for name in ("replace", "unlink", "fsync", "makedirs"):
            patch(os, name, self.around(getattr(os, name)))
        patch(memory.os, "fdopen", lambda *args, **kwargs: Half(fdopen(*args, **kwargs)))
        patch(builtins, "open", self.around(open))


def run_and_die(task, parameters, deadly):
    """Run a task in a child process that is killed at a point; returns whether it came to that."""
    child = os.fork()
    if not child:
        Points(deadly).watch(setattr)
        run(task, parameters)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("name", KILLED)
def test_killed_at_any_point(practice, tmp_path_factory, name):
    scenario = SCENARIOS[name]

    def new_world():
        world = World(practice, tmp_path_factory.mktemp("killed"))
        scenario.prepare(world)
        return world

    world = new_world()
    points = Points()
    with pytest.MonkeyPatch.context() as patches:
        points.watch(patches.setattr)
        result = run(scenario.task(), scenario.parameters(world))
    assert not result.get("failed"), result
    aim = digest(practice)
    assert points.passed >= 2 * len(STEPS[name].split())

    for deadly in range(points.passed):
        world = new_world()
        parameters = scenario.parameters(world)
        practice.control("DELETE", "counters")
        assert run_and_die(scenario.task(), parameters, deadly), f"point {deadly} was not met"
        assert not executed_too_often(name, executed(practice))
        state = world.folder / "state.json"
        if state.exists():
            known = memory.Memory(world.practice.url, str(state))
            assert known.get("files") is not None and known.problem is None, "a half-written memory file"
            json.loads(state.read_text(encoding="utf-8"))
        left = digest(practice)
        again = run(scenario.task(), parameters)
        assert not again.get("failed"), again
        assert digest(practice) == aim, f"killed at point {deadly}, the next run does not converge"
        assert again["changed"] or left == aim
        # What a killed write leaves is one file, which the next write replaces.
        assert {path.name for path in world.folder.iterdir() if path.name.startswith(".")} <= {".state.json.new"}
