# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose token it is. Private to this collection."""

from __future__ import annotations

import functools

from ..errors import FUNCTIONS_PAGE

SITE_INFO = "core_webservice_get_site_info"


class Account:
    """The token's own account. Asked for once, when it is needed. None: the token does not tell."""

    def __init__(self, asker):
        self._asker = asker

    @functools.cached_property
    def _told(self):
        return self._asker.ask(SITE_INFO, {}) or {}

    @property
    def id(self):
        return self._told.get("userid")

    @property
    def unseen(self):
        """Why it can't be seen whether it may do something; None for an administrator, who may. Of others no web service tells."""
        if self._told.get("userissiteadmin"):
            return None
        missing = "" if self._told else f": add {SITE_INFO} to the token's service ({FUNCTIONS_PAGE})"
        return f"whether the token's account may do this, unless it is an administrator's, can't be seen{missing}"
