# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services that read records share.

Private to this collection.
"""

from __future__ import annotations

#: Values in one read; with the other variables of the request it stays below PHP's default max_input_vars of 1,000.
BATCH = 900


def batches(values, size=BATCH):
    """Lists of at most size different values, without empty ones."""
    batch: dict[object, None] = {}
    for value in values:
        if value:
            batch[value] = None
        if len(batch) == size:
            yield list(batch)
            batch = {}
    if batch:
        yield list(batch)


def text(value):
    """A field as a CSV would carry it."""
    return str(int(value)) if isinstance(value, bool) else str(value if value is not None else "")
