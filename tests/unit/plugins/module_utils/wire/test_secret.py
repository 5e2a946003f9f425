# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token is in nothing that a server said, however it was spelt there."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.secret import Secret

TOKENS = ["3f9a0c52e17bd84466fd09ab12c7e85d", 'zq+ab/cd==&e"f<g>h%20i\'j', "p\u00e4sswort-mit-\u20ac-zeichen"]


def in_base64(text):
    """As base64 with something of any length in front and behind."""
    for before in range(4):
        for behind in range(4):
            yield base64.b64encode(b"x" * before + text.encode() + b"y" * behind).decode()
            yield base64.urlsafe_b64encode(b"=&?"[:before] + text.encode() + b"z" * behind).decode()


def spellings(token):
    yield token
    yield token.upper()
    yield urllib.parse.quote(token, safe="")
    yield urllib.parse.quote_plus(token)
    yield json.dumps(token)
    yield json.dumps(token).replace("/", "\\/")
    yield html.escape(token)
    yield html.escape(token).replace("&#x27;", "&#039;")
    yield token.encode().hex()
    yield "".join(f"%{byte:02X}" for byte in token.encode())
    yield "".join(f"\\u{byte:04x}" for byte in token.encode())
    yield "".join(f"&#{byte};" for byte in token.encode())
    yield token[:-2]
    yield token[3:]
    yield from in_base64(token)
    yield from in_base64("wstoken=" + token)


def plain(text):
    """What a reader could make of a text."""
    made = [text, re.sub("[0-9a-f]{2}", lambda pair: chr(int(pair.group(), 16)), text), re.sub(r"\\\\u00", "%", text)]
    made += [urllib.parse.unquote(made[-1]), urllib.parse.unquote_plus(text), html.unescape(text), text.replace("\\/", "/")]
    for start in range(4):
        for end in range(len(text), len(text) - 4, -1):
            piece = text[start:end].translate({ord("-"): "+", ord("_"): "/"})
            try:
                made.append(base64.b64decode(piece + "=" * (-len(piece) % 4), validate=True).decode("utf-8", "replace"))
            except ValueError:
                pass
    return "\n".join(made).casefold()


@pytest.mark.parametrize("token", TOKENS)
def test_no_spelling_shows_it(token):
    for spelt in spellings(token):
        shown = Secret(token).hide(f"a {spelt} b".encode()).decode("utf-8", "replace")
        assert "********" in shown, spelt
        inner = shown[2:-2]
        for start in range(len(token) - 9):
            assert token[start : start + 10].casefold() not in plain(inner), (spelt, shown)


@pytest.mark.parametrize("token", TOKENS)
def test_what_is_not_of_it_stays(token):
    text = 'Ada Lovelace <ada@example.org> {"id": 12345678901, "name": "Mathematik \u00e9"} 3f9a0c52e17 ' * 20
    assert Secret(token).hide(text.encode()).decode() == text


def test_each_place_is_hidden_once():
    token = TOKENS[0]
    assert Secret(token).hide(f"{token}{token} {token[:20]}-{token[10:]}".encode()) == b"**************** ********-********"


def test_json_stays_json():
    body = json.dumps({"message": f"wstoken={TOKENS[1]}", "n": [1, TOKENS[1]]}).encode()
    assert json.loads(Secret(TOKENS[1]).hide(body)) == {"message": "wstoken=********", "n": [1, "********"]}


def test_a_short_secret_is_in_every_text():
    assert Secret("abc").hide(b"abc") == b"abc"
