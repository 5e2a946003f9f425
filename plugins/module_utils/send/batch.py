# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many records in few requests: batches by the number of form variables, and what to do when one is refused.

Private to this collection. PHP drops the variables of a request beyond C(max_input_vars), and a bulk function of the
plugin stops at the first record that it refuses, without saying which.
"""

from __future__ import annotations

import typing as t
from collections import deque

from ..errors import (
    MoodleError,
    NotMoodle,
    OptionError,
    ToolsyncError,
    concerns_records,
)
from ..wire.lanes import begin

#: wstoken, wsfunction, moodlewsrestformat, moodlewssettinglang.
CREDENTIALS = 4
DEFAULT_MAX_INPUT_VARS = 1000
LEAST_MAX_INPUT_VARS = 20
#: More requests at a time take more of a site's PHP workers than a task should.
MOST_LANES = 8
#: So many records of a group fail alone before the rest of the group is given up.
_ENOUGH = 2


def checked_limit(max_input_vars):
    """Raises OptionError for a limit that leaves no room for a record."""
    if max_input_vars < LEAST_MAX_INPUT_VARS:
        raise OptionError(f"max_input_vars must be at least {LEAST_MAX_INPUT_VARS}.", option="max_input_vars")
    return max_input_vars


def checked_lanes(parallel_requests):
    """Raises OptionError for a number of requests at a time that makes no sense."""
    if not 1 <= parallel_requests <= MOST_LANES:
        raise OptionError(f"parallel_requests must be from 1 to {MOST_LANES}.", option="parallel_requests")
    return parallel_requests


def batches(records, cost, room):
    """Lists of records in their order, each costing at most room() variables, which is asked for each batch anew.

    cost: record -> number of variables. A record that costs more than that is alone.
    """
    batch: list[t.Any] = []
    used, limit = 0, room()
    for record in records:
        needed = cost(record)
        if batch and used + needed > limit:
            yield batch
            batch, used, limit = [], 0, room()
        batch.append(record)
        used += needed
    if batch:
        yield batch


class Bulk:
    """Sends records in batches until each has been taken or refused on its own.

    send: list of records -> how many the server took notice of (None: it does not say); raises a ToolsyncError.
    cost: record -> variables. max_input_vars: of the site. overhead: variables of a request besides records and
    credentials. group: record -> what it shares with others, such as course and role (None: nothing): where C(_ENOUGH)
    records of a group were refused alone and none was taken, the rest of the group is given up unsent. lowered: called
    with the lower number of variables once a request turns out to be cut off earlier than max_input_vars says.
    lanes: so many requests are under way at a time, once one was taken whole; send is then called in other threads.
    place: record -> what must not be written by two requests at a time.

    unclear: whether the run ended by an error while a refused request was left of which nobody knows how far it got.
    """

    def __init__(self, send, cost, max_input_vars, *, overhead=0, group=None, lowered=None, lanes=1, place=None):
        self._send, self._cost = send, cost
        self._room = max_input_vars - CREDENTIALS - overhead
        self._overhead = overhead
        self._group = group or (lambda record: None)
        self._lowered = lowered or (lambda limit: None)
        self._lanes, self._place = lanes, place or (lambda record: None)
        self._refused: dict[t.Any, list[MoodleError]] = {}
        self._taken: set[t.Any] = set()
        self._largest = 0
        self.unclear = False

    def run(self, records):
        """Yields (record, None, True) for a record that was taken, and (record, error, whether it was tried) for another.

        Raises the ToolsyncError of a call that failed for another reason than its records; what was yielded by then is true.
        """
        under_way: deque[t.Any] = deque()
        try:
            for batch in batches(records, self._cost, lambda: self._room):
                while under_way and (len(under_way) >= self._lanes_for(batch) or self._meets(batch, under_way)):
                    yield from self._finish(*under_way.popleft())
                if self._lanes == 1 or not self._taken:
                    yield from self._finish(batch)
                    continue
                batch, hopeless = self._without_hopeless(batch)
                yield from hopeless
                if batch:
                    under_way.append((batch, begin(self._send, batch)))
            while under_way:
                yield from self._finish(*under_way.popleft())
        except ToolsyncError:
            for batch, answer in under_way:
                yield from self._told(batch, answer)
            raise

    def _lanes_for(self, batch):
        """One for a batch of a group that may prove to be hopeless: it waits for what becomes of the others."""
        doubtful = self._refused.keys() - self._taken - {None}
        return 1 if doubtful and any(self._group(record) in doubtful for record in batch) else self._lanes

    def _meets(self, batch, under_way):
        """Whether a batch writes to a place that is being written to."""
        places = set(map(self._place, batch)) - {None}
        return any(self._place(record) in places for other, answer in under_way for record in other)

    def _told(self, batch, answer):
        """What is known of a request that was under way when the run failed."""
        try:
            seen = answer()
        except ToolsyncError as error:
            self.unclear = self.unclear or concerns_records(error)
        else:
            self.unclear = self.unclear or (seen is not None and seen < len(batch))
            for record in batch if seen is None or seen >= len(batch) else batch[: max(seen - 1, 0)]:
                yield record, None, True

    def _finish(self, batch, answer=None):
        self._largest = 0
        split, refused = yield from self._deliver(batch, answer)
        if split and not refused:
            self._lower(self._largest)

    def _without_hopeless(self, batch):
        """(the records worth a try, what is to be said of the others)."""
        hopeless = [record for record in batch if self._is_hopeless(record)]
        kept = [record for record in batch if not self._is_hopeless(record)] if hopeless else batch
        return kept, [(record, self._refused[self._group(record)][0], False) for record in hopeless]

    def _deliver(self, batch, answer=None):
        """Returns whether the batch had to be split, and how many records were refused. answer: of what was sent already."""
        hopeless = []
        if answer is None:
            batch, hopeless = self._without_hopeless(batch)
            yield from hopeless
        if not batch:
            return False, len(hopeless)
        try:
            seen = self._send(batch) if answer is None else answer()
        except MoodleError as error:
            if not concerns_records(error):
                raise
            if len(batch) == 1:
                self._refused.setdefault(self._group(batch[0]), []).append(error)
                yield batch[0], error, True
                return False, len(hopeless) + 1
            middle = len(batch) // 2
            refused = len(hopeless)
            for half in (batch[:middle], batch[middle:]):
                refused += (yield from self._deliver(half))[1]
            return True, refused
        return (yield from self._taken_by_server(batch, seen)), len(hopeless)

    def _taken_by_server(self, batch, seen):
        """Returns whether some had to be sent again."""
        cut = seen is not None and seen < len(batch)
        if cut and seen <= 1:
            raise NotMoodle(
                f"The site took notice of {seen} of {len(batch)} records of a request.",
                cure="Something cuts requests: look at PHP's max_input_vars and post_max_size, and at proxies.",
            )
        # The last one that the server saw may have lost its last keys.
        taken = batch[: seen - 1] if cut else batch
        for record in taken:
            self._taken.add(self._group(record))
            yield record, None, True
        if not cut:
            self._largest = max(self._largest, self._size(batch))
            return False
        self._lower(self._size(taken))
        for rest in batches(batch[len(taken) :], self._cost, lambda: self._room):
            yield from self._deliver(rest)
        return True

    def _is_hopeless(self, record):
        group = self._group(record)
        return group is not None and group not in self._taken and len(self._refused.get(group, ())) >= _ENOUGH

    def _size(self, batch):
        return sum(map(self._cost, batch))

    def _lower(self, room):
        if room < self._room:
            self._room = room
            self._lowered(room + CREDENTIALS + self._overhead)
