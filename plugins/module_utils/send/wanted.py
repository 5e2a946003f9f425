# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants, in the words of its options, which mean the same in all modules. Private to this collection."""

from __future__ import annotations

from ..errors import OptionError

#: The state of a list that names exactly those who are in: everybody else is taken out.
EXACT = "exact"


def items_of(params, option, is_said=lambda name, value: value is not None):
    """(what messages call it, its options) of each item of a list; what an item does not say is the task's to say.

    Where there is no list, the task itself is the one item. is_said: (option of an item, its value) -> whether it says something.
    """
    if params[option] is None:
        return [("the task", params)]
    return [
        (f"item {number} of {option}", {**params, **{name: value for name, value in item.items() if is_said(name, value)}})
        for number, item in enumerate(params[option], 1)
    ]


def check_exact(where, names, option, place, allow_empty):
    """Refuse a list that says that nobody is in, unless that is allowed. names: the list of an option; place: where they are in."""
    if not names and not allow_empty:
        raise OptionError(
            f"{option} of {where} is empty, and state exact would take everybody out of the {place}.",
            option=option,
            cure="If that is meant, set allow_empty to true; nothing was sent.",
        )
