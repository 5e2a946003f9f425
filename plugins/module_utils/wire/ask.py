# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a function that the token may lack. Private to this collection."""

from __future__ import annotations

import math
import threading

from ..errors import AccessRefused, FunctionUnknown, ToolsyncError, not_in_service
from .lanes import each
from .moodle import function_unknown

#: Values that are worth a request of their own.
_WORTH_A_REQUEST = 100


class Asker:
    """Asks reading functions, each as long as the token has it.

    max_input_vars: of the site; lanes: so many requests may be under way at a time, however many threads ask.
    lacking: function -> the error that told that the token does not have it; it is not asked for again.
    """

    def __init__(self, moodle, max_input_vars=1000, lanes=1):
        self.moodle, self.max_input_vars, self.lanes = moodle, max_input_vars, lanes
        self._free = threading.BoundedSemaphore(lanes)
        self.lacking: dict[str, ToolsyncError] = {}

    def ask(self, function, parameters, *, timeout=None):
        """The value of a function, None where the token does not have it."""
        if function in self.lacking:
            return None
        try:
            with self._free:
                return self.moodle.call(function, parameters, timeout=timeout).value
        except (AccessRefused, FunctionUnknown) as error:
            if isinstance(error, AccessRefused) and error.errorcode != "accessexception":
                raise
            self.lacking[function] = error
            return None

    def share(self, number, room):
        """How many of a number of values to ask for in a request that has room for so many: all lanes shall have the same to do."""
        rounds = max(1, math.ceil(number / (room * self.lanes)))
        return min(room, max(_WORTH_A_REQUEST, math.ceil(number / (rounds * self.lanes))))

    def each(self, work, items):
        """Yields work(item) for each item, in their order and several at a time. work: only asks."""
        return each(work, items, self.lanes)

    def together(self, *steps):
        """Do steps that only ask, and do not wait for each other, at a time, or one by one where there is one lane."""
        for _done in each(lambda step: step(), steps, 1 if self.lanes == 1 else len(steps)):
            pass


def require_functions(moodle, functions, *, timeout=None):
    """Raise, before anything is sent, where the token may not call all functions; the error names every one that is missing."""
    missing = []
    for function in functions:
        allowed = moodle.may_call(function, timeout=timeout)
        if allowed is None:
            raise function_unknown(moodle.base, function)
        if not allowed:
            missing.append(function)
    if missing:
        named = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise not_in_service(f"The token may not call {named}, which this task needs.", "it" if len(missing) == 1 else "them")
