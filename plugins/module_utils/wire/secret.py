# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the token out of whatever a server says, however it is spelt there.

Private to this collection. A page that quotes a request may cut the token, or encode it for a URL, for HTML, as JSON or base64.
"""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

#: Shorter secrets are in every text by chance; Moodle's tokens have 32 characters.
LEAST_SECRET = 8
#: So many characters in a row of a longer secret are taken for a part of it.
_LEAST_PART = 12
_BLOCK = 6
MASK = b"********"


class Secret:
    """hide(bytes) -> the same without the secret: whole, or a part of it, in upper or lower case, in any of its spellings."""

    def __init__(self, text):
        # The longest first: a shorter one may be a part of it.
        self._forms = sorted({form.lower() for form in _spellings(text)}, key=len, reverse=True) if len(text) >= LEAST_SECRET else []

    def hide(self, data):
        lower = data.lower()
        spans = sorted(span for form in self._forms for span in _found(lower, form))
        if not spans:
            return data
        pieces, at = [], 0
        for start, end in spans:
            if start >= at:
                pieces += [data[at:start], MASK]
            at = max(at, end)
        return b"".join([*pieces, data[at:]])


def _spellings(text):
    """The ways in which a page may quote a text, as bytes."""
    raw = text.encode("utf-8", "surrogateescape")
    as_json = json.dumps(text)[1:-1]
    quoted = [
        quote(raw, safe=""),
        quote_plus(raw),
        quote(raw),
        as_json,
        as_json.replace("/", "\\/"),
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
        html.escape(text).replace("&#x27;", "&#039;"),
    ]
    yield raw
    yield from (one.encode("utf-8", "surrogateescape") for one in quoted)
    # Inside of other text, base64 has three ways to write it, and shares its first and last characters with the neighbours.
    for before in range(3):
        start = (0, 2, 3)[before]
        end = (before + len(raw)) * 4 // 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw)[start:end]


def _found(data, form):
    """The spans (start, end) of a spelling or of a part of it in data; both in lower case."""
    least = min(len(form), _LEAST_PART)
    # Whatever part has the least length holds one of these blocks whole.
    for offset in range(0, len(form) - _BLOCK + 1, _BLOCK):
        at = data.find(form[offset : offset + _BLOCK])
        while at >= 0:
            start, end = at, at + _BLOCK
            first, last = offset, offset + _BLOCK
            while start and first and data[start - 1] == form[first - 1]:
                start, first = start - 1, first - 1
            while end < len(data) and last < len(form) and data[end] == form[last]:
                end, last = end + 1, last + 1
            if end - start >= least:
                yield start, end
            at = data.find(form[offset : offset + _BLOCK], max(end, at + 1))
