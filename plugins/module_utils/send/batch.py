# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many records in few requests: batches by the number of form variables, and what to do when one is refused or lost.

Private to this collection. PHP drops the variables of a request beyond C(max_input_vars), and a bulk function of the
plugin stops at the first record that it refuses, without saying which. An error may come after the work: a Moodle 4.5 enrols, then
fails to greet, and stops there too. So nothing is called refused before somebody looked, where it can be looked at.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t
from collections import deque

from ..errors import MoodleError, NotMoodle, OptionError, ToolsyncError
from ..wire.lanes import begin

#: wstoken, wsfunction, moodlewsrestformat, moodlewssettinglang.
CREDENTIALS = 4
LEAST_MAX_INPUT_VARS = 20
#: More requests at a time take more of a site's PHP workers than a task should.
MOST_LANES = 8
#: So many records of a group fail alone before the rest of the group is given up.
_ENOUGH = 2
#: What becomes of a record. Taken: Moodle took it, or it is seen to be in place; untried: others of its group were refused; unknown: an
#: error came, and nobody can tell whether it was done.
TAKEN, REFUSED, UNTRIED, UNKNOWN = "taken", "refused", "untried", "unknown"


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


class End(t.NamedTuple):
    """What became of a record. error: why it was not simply taken, else None."""

    record: t.Any
    error: MoodleError | None = None
    becomes: str = TAKEN


class Bulk:
    """Sends records in batches until each has been taken or refused on its own.

    send: list of records -> how many the server took notice of (None: it does not say); raises a ToolsyncError.
    cost: record -> variables. max_input_vars: of the site. overhead: variables of a request besides records and
    credentials. group: record -> what it shares with others, such as course and role (None: nothing): where C(_ENOUGH)
    records of a group were refused alone and none was taken, the rest of the group is given up unsent. lowered: called
    with the lower number of variables once a request turns out to be cut off earlier than max_input_vars says.
    lanes: so many requests are under way at a time, of what writes once one was taken whole; send is then called in other threads.
    place: record -> what must not be written by two requests at a time.
    look: list of records -> for each, whether what it was sent for is in place now: True, False, or None where nobody can tell; raises a
    ToolsyncError. Without it, as for what only reads, an error is the end of a record. repeatable: whether sending a record twice has
    the effect of once; else one that was refused with others is sent again only where it is seen not to be in place.

    open: the records that were sent and of which nothing is known yet. Those that are left when run raises may be done or not.
    """

    def __init__(
        self,
        send,
        cost,
        max_input_vars,
        *,
        overhead=0,
        group=None,
        lowered=None,
        lanes=1,
        place=None,
        look=None,
        repeatable=True,
    ):
        self._send, self._cost = send, cost
        self._room = max_input_vars - CREDENTIALS - overhead
        self._overhead = overhead
        self._group = group or (lambda record: None)
        self._lowered = lowered or (lambda limit: None)
        self._lanes, self._place = lanes, place or (lambda record: None)
        self._look, self._repeatable = look, repeatable
        self._refused: dict[t.Any, list[MoodleError]] = {}
        self._taken: set[t.Any] = set()
        # Groups whose records were in place though refused alone: their errors come after the work.
        self._late: set[t.Any] = set()
        # Refused alone, and not looked at yet: looks are dear, and one serves many records.
        self._doubtful: list[tuple[t.Any, MoodleError]] = []
        self._largest, self._split, self._erred = 0, False, False
        self.open: set[t.Any] = set()

    def run(self, records):
        """Yields the End of each record.

        Raises the ToolsyncError of a call that failed for another reason than its records, unless they are seen to be in place; what was
        yielded by then is true.
        """
        for end in self._run(records):
            self.open.discard(end.record)
            yield end

    def _run(self, records):
        under_way: deque[t.Any] = deque()
        try:
            for batch in batches(records, self._cost, lambda: self._room):
                while under_way and (len(under_way) >= self._lanes_for(batch) or self._meets(batch, under_way)):
                    yield from self._finish(*under_way.popleft())
                if self._lanes == 1 or self._look is not None and not self._taken:
                    yield from self._finish(batch)
                    continue
                batch, hopeless = self._without_hopeless(batch)
                yield from hopeless
                if batch:
                    self.open.update(batch)
                    under_way.append((batch, begin(self._send, batch)))
            while under_way:
                yield from self._finish(*under_way.popleft())
        except ToolsyncError:
            for batch, answer in under_way:
                yield from self._told(batch, answer)
            with contextlib.suppress(ToolsyncError):
                yield from self._look_at([])
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
            if not _may_be_done(error):
                self.open.difference_update(batch)
                return
            with contextlib.suppress(ToolsyncError):
                yield from self._look_at(batch)
        else:
            for record in batch if seen is None or seen >= len(batch) else batch[: max(seen - 1, 0)]:
                yield End(record)

    def _finish(self, batch, answer=None):
        """Send a batch, unless its answer is on its way, and what is left of it, until all of its records have their ends."""
        self._largest, self._split, self._erred = 0, False, False
        waiting = deque([batch])
        while waiting:
            left = yield from self._deliver(waiting.popleft(), answer)
            waiting.extendleft(reversed(left))
            answer = None
        yield from self._look_at([])
        if self._split and not self._erred:
            self._lower(self._largest)

    def _without_hopeless(self, batch):
        """(the records worth a try, what is to be said of the others)."""
        hopeless = [record for record in batch if self._is_hopeless(self._group(record))]
        kept = [record for record in batch if not self._is_hopeless(self._group(record))] if hopeless else batch
        return kept, [End(record, self._refused[self._group(record)][0], UNTRIED) for record in hopeless]

    def _deliver(self, batch, answer):
        """Send a batch, or wait for the answer to one that was sent; returns the batches that are to be sent now."""
        if answer is None:
            batch, hopeless = self._without_hopeless(batch)
            self._erred = self._erred or bool(hopeless)
            yield from hopeless
            late = [record for record in batch if self._group(record) in self._late]
            if late and len(batch) > 1:
                others = [record for record in batch if self._group(record) not in self._late]
                return [*([record] for record in late), *filter(None, [others])]
            if not batch:
                return []
            self.open.update(batch)
            answer = functools.partial(self._send, batch)
        try:
            seen = answer()
            if seen is not None and seen < len(batch) and seen <= 1:
                raise NotMoodle(
                    f"The site took notice of {seen} of {len(batch)} records of a request.",
                    cure="Something cuts requests: look at PHP's max_input_vars and post_max_size, and at proxies.",
                )
        except ToolsyncError as error:
            return (yield from self._after_error(batch, error))
        return (yield from self._taken_by_server(batch, seen))

    def _after_error(self, batch, error):
        """What came of a batch that was answered by an error, or not at all."""
        if not isinstance(error, MoodleError):
            yield from self._after_loss(batch, error)
            return []
        self._split = self._split or len(batch) > 1
        if len(batch) == 1:
            self._erred = True
            self._doubtful.append((batch[0], error))
            group = self._group(batch[0])
            # Whether the rest of the group is hopeless, it needs a look to tell.
            if self._is_hopeless(group, sum(self._group(record) == group for record, _error in self._doubtful)):
                yield from self._look_at([])
            return []
        left = [(record, None) for record in batch] if self._look is None else (yield from self._look_at(batch))
        progress = len(left) < len(batch)
        self._erred = self._erred or progress
        if not self._repeatable:
            yield from (End(record, error, UNKNOWN) for record, there in left if there is None)
            left = [(record, there) for record, there in left if there is False]
        rest = [record for record, _there in left]
        # The server stopped at one of them: the next in turn, or any.
        middle = 1 if progress else len(rest) // 2
        return [part for part in (rest[:middle], rest[middle:]) if part]

    def _after_loss(self, batch, error):
        """Raises the error, unless the whole batch is seen to be in place: else the server may still be at it."""
        if not _may_be_done(error):
            self.open.difference_update(batch)
        elif self._look is not None:
            # Where nobody can look now, the loss is what is to be told.
            with contextlib.suppress(ToolsyncError):
                if not (yield from self._look_at(batch)):
                    return
        raise error

    def _look_at(self, batch):
        """Look at a batch and at the doubtful; returns (record, whether it is in place) of those of the batch that are not seen there."""
        doubtful, self._doubtful = self._doubtful, []
        records = [*batch, *(record for record, _error in doubtful)]
        seen = self._look(records) if records and self._look is not None else [False] * len(records)
        left = []
        for record, there in zip(batch, seen):
            if there:
                self._taken.add(self._group(record))
                yield End(record)
            else:
                left.append((record, there))
        for (record, error), there in zip(doubtful, seen[len(batch) :]):
            group = self._group(record)
            if there:
                self._taken.add(group)
                self._late.update({group} - {None})
                yield End(record)
            elif there is None:
                yield End(record, error, UNKNOWN)
            else:
                self._refused.setdefault(group, []).append(error)
                yield End(record, error, REFUSED)
        return left

    def _taken_by_server(self, batch, seen):
        """Returns the batches of those of which the server took no notice."""
        cut = seen is not None and seen < len(batch)
        # The last one that the server saw may have lost its last keys.
        taken = batch[: seen - 1] if cut else batch
        for record in taken:
            self._taken.add(self._group(record))
            yield End(record)
        if not cut:
            self._largest = max(self._largest, self._size(batch))
            return []
        self._split = True
        self._lower(self._size(taken))
        self.open.difference_update(batch[len(taken) :])
        return list(batches(batch[len(taken) :], self._cost, lambda: self._room))

    def _is_hopeless(self, group, doubtful=0):
        """doubtful: how many more of it may have been refused."""
        return group is not None and group not in self._taken and len(self._refused.get(group, ())) + doubtful >= _ENOUGH

    def _size(self, batch):
        return sum(map(self._cost, batch))

    def _lower(self, room):
        if room < self._room:
            self._room = room
            self._lowered(room + CREDENTIALS + self._overhead)


def _may_be_done(error):
    """Whether records of a request that ended in an error may have been worked on: those before a refused one are."""
    return error.may_be_done or isinstance(error, MoodleError)
