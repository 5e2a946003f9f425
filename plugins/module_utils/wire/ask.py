# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a function that the token may lack.

Private to this collection.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, AccessRefused, FunctionUnknown, lacks_function


def read_or_none(moodle, function, parameters):
    """The value of a reading function, None where the token does not have it."""
    try:
        return moodle.call(function, parameters).value
    except (AccessRefused, FunctionUnknown) as error:
        if not lacks_function(error):
            raise
        return None


def require_function(moodle, function, cure=None):
    """Raise, before anything is sent, where the token may not call a function."""
    allowed = moodle.may_call(function)
    if allowed is None:
        raise FunctionUnknown(f"{moodle.base} does not know the web service function {function}.")
    if not allowed:
        raise AccessRefused(
            f"The token may not call {function}, which this task needs.",
            cure=cure or f"Add it to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
        )
