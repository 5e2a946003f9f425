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
#: So many characters in a row of a secret are taken for a part of it. Each such part holds a block whole, counted from the beginning.
_LEAST_PART, _BLOCK = 12, 6
MASK = b"********"


class Secret:
    """hide(bytes) -> the same without the secret: whole, or a part of it, in upper or lower case, in any of its spellings."""

    def __init__(self, text):
        forms = {form.lower() for form in _spellings(text)} if len(text) >= LEAST_SECRET else ()
        length = len(text.encode("utf-8", "surrogateescape"))
        # With the number of characters that stand for one.
        self._forms = [(form, max(1, len(form) // length)) for form in forms]

    def hide(self, data):
        lower = data.lower()
        # A mark without which there is none of a spelling spares looking for all its parts.
        spans = sorted(span for form, width in self._forms if width < 3 or form[:2] in lower for span in _found(lower, form, width))
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
    yield raw.hex().encode()
    yield from ("".join(each % byte for byte in raw).encode() for each in ("%%%02x", "\\u%04x", "&#%d;", "&#x%x;"))
    yield from (one.encode("utf-8", "surrogateescape") for one in quoted)
    # Inside of other text, base64 has three ways to write it, and shares its first and last characters with the neighbours.
    for before, start in enumerate((0, 2, 3)):
        end = (before + len(raw)) * 4 // 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw)[start:end]


def _found(data, form, width):
    """The spans (start, end) of a spelling or of a part of it in data; both in lower case."""
    least, block = min(len(form), _LEAST_PART * width), _BLOCK * width
    for offset in range(0, len(form) - block + 1, block):
        at = data.find(form[offset : offset + block])
        while at >= 0:
            start, end = at, at + block
            first, last = offset, offset + block
            while start and first and data[start - 1] == form[first - 1]:
                start, first = start - 1, first - 1
            while end < len(data) and last < len(form) and data[end] == form[last]:
                end, last = end + 1, last + 1
            if end - start >= least:
                yield start, end
            at = data.find(form[offset : offset + block], max(end, at + 1))
