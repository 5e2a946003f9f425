# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dates of an enrolment as a row gives them.

Private to this collection. The server reads them in a time zone that it does not tell, and its clock is its own.
"""

from __future__ import annotations

import calendar
import re
import time

NOW = "now"
#: Seconds after which a start that was "now" is another one.
LATER = 1.1
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)\s+(\d\d):(\d\d):(\d\d)")
#: Seconds by which a server's clock and time zone may be off, as seen from here.
_ZONES = 26 * 3600


class Dates:
    """start: what it was given as, or NOW for a cell that is none; end: the same, or None for never.

    endless: whether the end is surely not yet; past_start: whether the start surely was; active: whether an enrolment with these dates is
    active, None where that can't be told. Moodle takes a start of this minute for one to come.
    """

    __slots__ = ("start", "end", "endless", "past_start", "active")

    def __init__(self, start, end):
        """The cells of a row, or None."""
        self.start, self.end = _moment(start) or NOW, _moment(end)
        begun = None if self.begins_now else _side(self.start)
        over = 1 if self.end is None else _side(self.end)
        self.endless, self.past_start = over == 1, begun == -1
        self.active: bool | None = None
        if over == -1 or begun == 1:
            self.active = False
        elif self.past_start and self.endless:
            self.active = True

    @property
    def begins_now(self):
        return self.start == NOW

    def same(self, other):
        return self.start == other.start != NOW and self.end == other.end

    def differs(self, other):
        """Whether these are other dates; two that are now may differ by a second."""
        return self.end != other.end or self.start != other.start


def _moment(cell):
    found = _MOMENT.search(cell or "")
    return found.groups() if found else None


def _side(moment):
    """-1 for the past, 1 for the future, 0 where that depends on the time zone."""
    try:
        when = calendar.timegm((*map(int, moment), 0, 0, 0))
    except (OverflowError, ValueError):
        return 0
    distance = when - time.time()
    return 0 if abs(distance) < _ZONES else 1 if distance > 0 else -1
