# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many records in few requests: batches by the number of form variables, and what to do when one is refused.

Private to this collection. PHP drops the variables of a request beyond C(max_input_vars), and a bulk function of the
plugin stops at the first record that it refuses, without saying which.
"""

from __future__ import annotations

import typing as t

from ..errors import AccessRefused, EditionError, FunctionUnknown, MoodleError, NotMoodle, OptionError, TokenRefused

#: wstoken, wsfunction, moodlewsrestformat, moodlewssettinglang.
CREDENTIALS = 4
DEFAULT_MAX_INPUT_VARS = 1000
LEAST_MAX_INPUT_VARS = 20
#: So many records of a group fail alone before the rest of the group is given up.
_ENOUGH = 2


def checked_limit(max_input_vars):
    """Raises OptionError for a limit that leaves no room for a record."""
    if max_input_vars < LEAST_MAX_INPUT_VARS:
        raise OptionError(f"max_input_vars must be at least {LEAST_MAX_INPUT_VARS}.", option="max_input_vars")
    return max_input_vars


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


def concerns_records(error):
    """Whether a refusal may come from a record, and not from the token or the site."""
    return isinstance(error, MoodleError) and not isinstance(
        error, (AccessRefused, EditionError, FunctionUnknown, TokenRefused)
    )


class Bulk:
    """Sends records in batches until each has been taken or refused on its own.

    send: list of records -> how many the server took notice of (None: it does not say); raises a ToolsyncError.
    cost: record -> variables. max_input_vars: of the site. overhead: variables of a request besides records and
    credentials. group: record -> what it shares with others, such as course and role (None: nothing): where C(_ENOUGH)
    records of a group were refused alone and none was taken, the rest of the group is given up unsent. lowered: called
    with the lower number of variables once a request turns out to be cut off earlier than max_input_vars says.
    """

    def __init__(self, send, cost, max_input_vars, *, overhead=0, group=None, lowered=None):
        self._send, self._cost = send, cost
        self._room = max_input_vars - CREDENTIALS - overhead
        self._overhead = overhead
        self._group = group or (lambda record: None)
        self._lowered = lowered or (lambda limit: None)
        self._refused: dict[t.Any, list[MoodleError]] = {}
        self._taken: set[t.Any] = set()
        self._largest = 0

    def run(self, records):
        """Yields (record, None, True) for a record that was taken, and (record, error, whether it was tried) for another.

        Raises the ToolsyncError of a call that failed for another reason than its records; what was yielded by then is true.
        """
        for batch in batches(records, self._cost, lambda: self._room):
            self._largest = 0
            split, refused = yield from self._deliver(batch)
            if split and not refused:
                self._lower(self._largest)

    def _deliver(self, batch):
        """Returns whether the batch had to be split, and how many records were refused."""
        hopeless = [record for record in batch if self._is_hopeless(record)]
        for record in hopeless:
            yield record, self._refused[self._group(record)][0], False
        batch = [record for record in batch if not self._is_hopeless(record)]
        if not batch:
            return False, len(hopeless)
        try:
            seen = self._send(batch)
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
