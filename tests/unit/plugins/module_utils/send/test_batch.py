# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests at a time, where the process must not wait for them."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import MoodleError
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.send.batch import LEAST_MAX_INPUT_VARS, Bulk

#: What Ansible's own time-out for a task does.
HANGS = """
import signal, threading
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.send.batch import Bulk

def send(batch):
    if batch != [0]:
        threading.Event().wait()

def time_out(number, frame):
    raise TimeoutError

signal.signal(signal.SIGALRM, time_out)
signal.setitimer(signal.ITIMER_REAL, 0.5)
for number, _error, _tried in Bulk(send, lambda number: 16, 20, lanes=2).run(range(4)):
    print(number, flush=True)
"""


def test_a_process_ends_though_a_request_is_not_answered():
    done = subprocess.run([sys.executable, "-c", HANGS], timeout=60, capture_output=True, text=True, check=False)
    assert done.stdout == "0\n" and "TimeoutError" in done.stderr


def test_what_goes_wrong_in_another_thread_arrives():
    def send(numbers):
        if 2 in numbers:
            raise MoodleError("no such thing")
        if 3 in numbers:
            raise ZeroDivisionError

    told = []
    with pytest.raises(ZeroDivisionError):
        for number, error, _tried in Bulk(send, lambda number: 16, LEAST_MAX_INPUT_VARS, lanes=2).run(range(5)):
            told.append((number, error and error.message))
    assert told == [(0, None), (1, None), (2, "no such thing")]


def test_what_writes_is_under_way_at_a_time_once_the_first_was_taken():
    together, sent = threading.Barrier(3), []

    def send(numbers):
        sent.append(numbers)
        if numbers != [0]:
            together.wait(timeout=30)  # breaks, unless three of them meet

    bulk = Bulk(send, lambda number: 16, LEAST_MAX_INPUT_VARS, lanes=3, look=lambda numbers: [True] * len(numbers))
    assert len(list(bulk.run(range(7)))) == 7
    assert sent[0] == [0]


def test_what_only_reads_is_under_way_at_a_time_from_the_first():
    together = threading.Barrier(3)

    def send(numbers):
        together.wait(timeout=30)

    ends = Bulk(send, lambda number: 16, LEAST_MAX_INPUT_VARS, lanes=3).run(range(6))
    assert [end.record for end in ends] == list(range(6))
