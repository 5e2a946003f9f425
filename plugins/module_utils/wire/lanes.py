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

    def run():
        try:
            future.set_result(work(item))
        except BaseException as error:  # whoever waits shall get it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result


def each(work, items, lanes):
    """Yields work(item) for each item, in their order; up to C(lanes) are under way at a time."""
    if lanes == 1:
        yield from map(work, items)
        return
    under_way: deque[t.Any] = deque()
    for item in items:
        if len(under_way) >= lanes:
            yield under_way.popleft()()
        under_way.append(begin(work, item))
    while under_way:
        yield under_way.popleft()()
