# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the decoder of answers: it takes any bytes, and never takes a part of an answer for the whole."""

from __future__ import annotations

import json

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.answer import decode
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
#: Answers with texts in them, as Moodle gives them: a report, records, an error.
KEYS = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=6)
ANSWERS = st.text(min_size=1, max_size=60) | st.lists(st.dictionaries(KEYS, SCALARS, min_size=1, max_size=4), min_size=1, max_size=4)
#: Bytes that look more like an answer than bytes at random do.
PIECES = st.lists(st.sampled_from(['"', "{", "}", "[", "]", ",", ":", "\\", "\\u00", "true", "null", "12", "\n", "é", "a"]), max_size=30)


def encoded(value):
    return json.dumps(value).encode()


@given(st.binary(max_size=200) | PIECES.map("".join).map(str.encode))
def test_any_bytes_are_an_answer_or_a_value_error(body):
    try:
        answer = decode(body)
    except ValueError:
        return
    assert isinstance(answer.noise, str)
    json.dumps(answer.value)


@given(SCALARS | ANSWERS)
def test_what_was_encoded_is_decoded(value):
    assert decode(encoded(value)).value == value
    assert decode(b"\xef\xbb\xbf " + encoded(value) + b"\r\n").value == value


@given(ANSWERS, st.lists(st.sampled_from(["Notice: x in lib.php on line 12", "Finalization", "Storing report", "<br/>"]), min_size=1))
def test_what_is_printed_in_front_is_told_apart(value, lines):
    noise = "\n".join(lines) + "\n"
    assert decode(noise.encode() + encoded(value)) == (value, noise)


@given(ANSWERS, st.data())
def test_an_answer_that_was_cut_off_is_none(value, data):
    whole = encoded(value)
    part = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(ValueError):
        decode(part)
