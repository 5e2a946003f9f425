# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body says: the JSON in it, its shape, PHP's last words."""

from __future__ import annotations

import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.answer import (
    FLAG,
    MAYBE,
    NOTHING,
    NUMBER,
    TEXT,
    Structure,
    decode,
    last_words,
    misfit,
    title,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS, UPLOADED

from tests.contract.replay import KINDS, VERSIONS, load


@pytest.mark.parametrize(
    "body, value, noise",
    [
        (b"true", True, ""),
        (b"null", None, ""),
        (b"6", 6, ""),
        (b"\xef\xbb\xbf[]", [], ""),
        (b'"line\\nend of report\\n"\n', "line\nend of report\n", ""),
        (b'Finalization\n"Starting...1\\n"', "Starting...1\n", "Finalization\n"),
        (b'Cleaning out input file... cleaned.true', True, "Cleaning out input file... cleaned."),
        (b'a "quoted" word\n"the \\"report\\" of it"', 'the "report" of it', 'a "quoted" word\n'),
        (b'Notice: [x] {y}<br/>{"errorcode":"z"}', {"errorcode": "z"}, "Notice: [x] {y}<br/>"),
        (b"Restoring\n7", 7, "Restoring\n"),
        (b'User [ada] "x"\n' * 5000 + b'"end of \\"report\\" \\\\"', 'end of "report" \\', 'User [ada] "x"\n' * 5000),
        (b"{$a->x}\n" * 1000 + b'{"a": [{}]}', {"a": [{}]}, "{$a->x}\n" * 1000),
        (b'caf\xe9 "r\\u00e9sultat"', "r\u00e9sultat", "caf\ufffd "),
        (b'["\\ud83d\\ude00", "\\ud800", {"\\udfff": "\\\\ud800"}]', ["\U0001f600", "\ufffd", {"\ufffd": "\\ud800"}], ""),
        (b"[12345678901234567890, -1.5e3]", [12345678901234567890, -1500.0], ""),
    ],
)  # fmt: skip
def test_decode(body, value, noise):
    assert decode(body) == (value, noise)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>It works</body></html>",
        b"PHP Fatal error: Uncaught Error in process.php on line 12",
        b'"half a repo',
        b'[{"id": 1}, {"id"',
        b'[{"id": 1}, {"id": "x"',
        b'[1, 2',
        b'{"a": true',
        b'Finalization\n[{"id": 1}, {"id":1}',
        b"untrue",
        b"<b>12</b",
        b"[" * 100000,
        b"[[[[[[" * 1000 + b"]" * 6000,
        b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"[1e999]", b"[" + b"1" * 61 + b"]",
        b"[" + b"[]," * 700_000 + b"[]]",
        b'Notice\n{"a": NaN}',
    ],
)
def test_decode_finds_no_value_where_there_is_none(body):
    with pytest.raises(ValueError):
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"a " + b'\\"' * 2_000_000 + b'""',
        b"notice\n" + b"[1,\n" * 900 + b"1," * 1_000_000 + b"1 2]",
        b"x" * 5_000_000 + b"{ y " * 2000 + b"}",
        b"x " + b"{" * 1_000_000 + b"}",
        b"x " + b"\\" * 5_000_000 + b'"',
        b"x " + b"true " * 1_000_000 + b"x",
        b"x" + b"\n1" * 1_000_000,
    ],
    ids=["quotes", "nested", "far", "openers", "backslashes", "words", "numbers"],
)
def test_a_long_body_takes_no_longer_than_its_length(body):
    try:
        decode(body)
    except ValueError:
        pass


SHAPE = Structure({"id": NUMBER, "name": TEXT}, {"note": MAYBE, "on": FLAG, "list": [(NUMBER, TEXT)], "more": None})


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "name": ""},
        {"id": -(1 << 62), "name": "\u00e9", "note": None, "on": True, "list": [], "more": 1.5, "other": [{}]},
        {"id": 0, "name": "x", "note": "y", "on": 0, "list": [1, "a"]},
    ],
)
def test_what_fits(value):
    assert misfit(value, SHAPE) is None


@pytest.mark.parametrize(
    "value, complaint",
    [
        (None, "the answer is not a structure"),
        ([], "the answer is not a structure"),
        ({}, "the answer has no id"),
        ({"id": True, "name": ""}, "id of the answer is not a number"),
        ({"id": 1.0, "name": ""}, "id of the answer is not a number"),
        ({"id": 1 << 63, "name": ""}, "id of the answer is not a number"),
        ({"id": "1", "name": ""}, "id of the answer is not a number"),
        ({"id": 1, "name": None}, "name of the answer is not a text"),
        ({"id": 1, "name": "\ud800"}, "name of the answer is not a text"),
        ({"id": 1, "name": "", "note": 1}, "note of the answer is not a text or null"),
        ({"id": 1, "name": "", "on": 2}, "on of the answer is not true or false"),
        ({"id": 1, "name": "", "on": ""}, "on of the answer is not true or false"),
        ({"id": 1, "name": "", "list": {}}, "list of the answer is not a list"),
        ({"id": 1, "name": "", "list": [1, None]}, "an entry of list of the answer is not a number"),
    ],
)
def test_what_does_not_fit_is_told(value, complaint):
    assert misfit(value, SHAPE) == complaint


def test_nothing_is_nothing():
    assert misfit(None, NOTHING) is None
    assert misfit(False, NOTHING) == "the answer is not null"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_answer_is_of_its_functions_shape(version):
    seen = set()
    for kind in (*KINDS, "conditions"):
        for exchange in load(version, kind):
            path, form = exchange["request"]["path"], dict(exchange["request"].get("form", []))
            name = "upload.php" if path.endswith("/upload.php") else form.get("wsfunction")
            shape = UPLOADED if name == "upload.php" else FUNCTIONS[name].answers if name in FUNCTIONS else None
            try:
                value = json.loads(exchange["response"]["body"])
            except ValueError:
                continue
            if shape is None or isinstance(value, dict) and {"exception", "errorcode"} & set(value):
                continue
            assert misfit(value, shape) is None, exchange["label"]
            seen.add(name)
    assert len(seen) > 30


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "<br />\n<b>Fatal error</b>:  Maximum execution time of 300 seconds exceeded in <b>/www/lib/dml.php</b> on line <b>1</b><br />",
            "Fatal error: Maximum execution time of 300 seconds exceeded in /www/lib/dml.php on line 1",
        ),
        ("Starting...1\nPHP Fatal error:  Allowed memory size of 1 bytes\nStack", "PHP Fatal error: Allowed memory size of 1 bytes"),
        ("<html>It works</html>", ""),
        ("Notice: fatal is not an error", ""),
        ("", ""),
    ],
)
def test_the_last_words_of_php(text, words):
    assert last_words(text) == words


def test_a_title():
    assert title("<head><TITLE>\n 502  Bad\nGateway </title>") == ' ("502 Bad Gateway")'
    assert title("<p>none</p>") == ""
