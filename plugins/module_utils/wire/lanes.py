# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on several things at a time, each in a thread of its own.

Private to this collection. Not a ThreadPoolExecutor: for that, a process would stay until its last request is answered, even after
Ansible's time-out.
"""

from __future__ import annotations

import threading
import typing as t
from collections import deque
from concurrent.futures import Future


def begin(work, item):
    """Call work(item) in a thread of its own; returns a function that waits for its outcome and gives or raises it."""
    future: Future[t.Any] = Future()
    _start(deque([(item, future)]), work)
    return future.result


def each(work, items, lanes):
    """Yields work(item) for each item, in their order; up to C(lanes) are under way at a time. After an error no more are begun."""
    if lanes == 1:
        yield from map(work, items)
        return
    outcomes = deque((item, Future()) for item in items)
    waiting = deque(outcomes)
    for _lane in range(min(lanes, len(waiting))):
        _start(waiting, work)
    try:
        while outcomes:
            # Those that are told are not kept.
            yield outcomes.popleft()[1].result()
    finally:
        waiting.clear()


def _start(waiting, work):
    """Begin a thread that works on pairs of an item and the Future of its outcome, in their order, until none is waiting."""

    def run():
        while True:
            try:
                item, future = waiting.popleft()
            except IndexError:
                return
            try:
                future.set_result(work(item))
            except BaseException as error:  # whoever waits shall get it
                future.set_exception(error)
                # Who waits for the first of them comes to it before those that are left.
                waiting.clear()

    threading.Thread(target=run, daemon=True).start()
