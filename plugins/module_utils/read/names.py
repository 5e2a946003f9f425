# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people mean them, however Moodle writes them.

Private to this collection. Moodle writes names of courses and categories, from 4.3 on of groups, and from 5.1 on of cohorts for a
web page: C(R&D) comes back as C(R&amp;D), and C(Lab <b>1</b>) as C(Lab 1). Functions that the catalogue marks C(raw) mostly don't.
"""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<(?!\s)[^>]*>?")


def plain(name):
    """A name without what it was written for a web page; what is no text stays as it is."""
    return html.unescape(name) if isinstance(name, str) else name


def meant(name):
    """What a name is compared by: two names with the same one can't be told apart on every Moodle. Of C(plain(name)) it is the same."""
    while html.unescape(name) != name:
        name = html.unescape(name)
    return _TAG.sub("", name).strip()
