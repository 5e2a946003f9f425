# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PHP's strtotime(), of the forms that occur in practice."""
from __future__ import annotations

import re
import time

_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})\Z")
_EUROPEAN = re.compile(r"(\d{1,2})[-.](\d{1,2})[-.](\d{4})\Z")
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\Z")


def strtotime(value: str, now: int) -> int:
    """Unix time of a date, with a time or without, in the server's time zone; 0 (PHP's false) for anything else.

    A plain Unix number is no date for PHP; one after an ``@`` is.
    """
    value = value.strip().lower()
    if value in ("now", "today", "midnight", "tomorrow", "yesterday"):
        if value == "now":
            return now
        day = time.localtime(now)
        shift = {"tomorrow": 1, "yesterday": -1}.get(value, 0)
        return _local(day.tm_year, day.tm_mon, day.tm_mday + shift)
    if re.fullmatch(r"@-?\d+", value):
        return int(value[1:])
    bare = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d)", value)
    if bare:
        # Four digits are a time of today, not a year.
        day = time.localtime(now)
        return _local(day.tm_year, day.tm_mon, day.tm_mday, int(bare.group(1)), int(bare.group(2)))
    date, _blank, clock = value.replace("t", " ").partition(" ")
    hours = minutes = seconds = 0
    if clock:
        found = _CLOCK.match(clock.strip())
        if not found:
            return 0
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
    for pattern, order in ((_DATE, (0, 1, 2)), (_COMPACT, (0, 1, 2)), (_EUROPEAN, (2, 1, 0)), (_AMERICAN, (2, 0, 1))):
        found = pattern.match(date)
        if found:
            year, month, day_of_month = (int(found.group(place + 1)) for place in order)
            if 1 <= month <= 12 and 1 <= day_of_month <= 31 and hours < 24 and minutes < 60 and seconds < 60:
                return _local(year, month, day_of_month, hours, minutes, seconds)
    return 0


def _local(year: int, month: int, day: int, hours: int = 0, minutes: int = 0, seconds: int = 0) -> int:
    try:
        return int(time.mktime((year, month, day, hours, minutes, seconds, 0, 0, -1)))
    except (OverflowError, ValueError):
        return 0
