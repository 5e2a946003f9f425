# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body says: the JSON value that ends it, whether that is of a function's shape, PHP's last words, a page's title.

Private to this collection. Takes any bytes, in a time in proportion to their number.
"""

from __future__ import annotations

import html
import json
import re
import typing as t

#: The kinds of value in the catalogue's shapes. Moodle declares most of its texts as such that may be null, and gives truth as true or 1.
NUMBER, TEXT, MAYBE, FLAG, NOTHING = "a number", "a text", "a text or null", "true or false", "null"

#: What JSON of 1 byte takes in memory, at most: a structure, and any other value. Together they may take so much.
_STRUCTURE, _VALUE, _MOST_MEMORY = 200, 40, 128 << 20
#: Python takes the square of its length for a number; Moodle's have 64 bits.
_LONGEST_NUMBER = 60
#: A bare number counts only on a line of its own: PHP's messages end with "on line 12".
_LITERAL_END = re.compile(r"(?:(?<![\w$-])(?:true|false|null)|(?:^|(?<=[\n>]))-?\d+)$")
#: In a text that is written backwards: a quote and the backslashes that were in front of it, or a bracket.
_BACKWARDS = re.compile(r'"\\*|[{}\[\]]')
#: How an answer begins that holds texts, and what is printed in front of one does not: the answer was cut off.
_BEGINS_AS_JSON = re.compile(r'[\[{\s]*"')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title>\s*([^<]{1,80})", re.IGNORECASE)
_PHP = re.compile(r"(?:PHP )?(?:Fatal|Parse|Compile|Recoverable fatal|Catchable fatal) error\s*:[^\n]{0,300}")


class Answer(t.NamedTuple):
    """value: decoded JSON; noise: text that the server printed in front of it (mostly empty)."""

    value: t.Any
    noise: str


def text_of(body):
    """The text of a body."""
    return body.decode("utf-8", "replace").lstrip("\ufeff").strip()


def decode(body):
    """bytes -> Answer: the whole body as JSON, else the JSON value that ends it; ValueError when there is none."""
    text = text_of(body)
    if (text.count("{") + text.count("[")) * _STRUCTURE + text.count(",") * _VALUE > _MOST_MEMORY:
        raise ValueError("too many values")
    try:
        return Answer(_loads(text), "")
    except ValueError:
        pass
    start = -1 if _BEGINS_AS_JSON.match(text) else _start(text)
    if start < 0:
        raise ValueError("no JSON value at the end of the body")
    noise = text[:start]
    # What stands in front of a value inside JSON, but not in front of an answer: the answer was cut off.
    if noise.rstrip(" \t").endswith(("[", "{", ",", ":", '"')):
        raise ValueError("the end of a longer JSON value")
    return Answer(_loads(text[start:]), noise)


def _loads(text):
    """The value of JSON in which each number is one, and each text can be encoded; ValueError."""
    try:
        value = json.loads(text, parse_int=_integer, parse_float=_real, parse_constant=_refused)
        return _encodable(value) if _SURROGATE.search(text) else value
    except RecursionError:
        raise ValueError("nested too deep") from None


def _integer(digits):
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number too long")
    return int(digits)


def _real(digits):
    value = float(digits)
    if value - value:
        raise ValueError("a number too great")
    return value


def _refused(name):
    raise ValueError(f"{name} is not JSON")


def _encodable(value):
    """The value with a sign in the place of each half of a character."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    return value


def _start(text):
    """Where the one value begins that may end the text; -1 when there is none.

    In JSON each quote inside a text is escaped and each bracket has its partner, so going backwards from its end finds a value's
    beginning for sure.
    """
    if text[-1:] not in ('"', "}", "]"):
        # No literal is longer.
        found = _LITERAL_END.search(text, max(0, len(text) - _LONGEST_NUMBER - 2))
        return found.start() if found else -1
    depth, inside = 0, False
    for token in _BACKWARDS.finditer(text[::-1]):
        sign = token.group()[0]
        if sign == '"':
            escaped = len(token.group()) % 2 == 0
            if escaped and not inside:
                return -1
            inside = inside != (not escaped)
        elif not inside:
            depth += 1 if sign in "}]" else -1
        if not inside and depth <= 0:
            return len(text) - token.start() - 1
    return -1


class Structure(t.NamedTuple):
    """The shape of a structure. must, may: name -> shape, of what has to be in it and of what can; there may be more. A dict is a must."""

    must: dict[str, t.Any]
    may: dict[str, t.Any] = {}


def misfit(value, shape):
    """What keeps a value from being of a shape (a text for people), or None.

    shape: one of the kinds above; C([shape]) a list of such; a dict or a Structure; a tuple of shapes: one of them; None: anything.
    """
    found = _misfit(value, shape)
    return found and " of ".join([*found[1], "the answer"]) + found[0]


def _misfit(value, shape):
    """(what is wrong, the way there from within) or None. Looks at every value of every answer, so that it asks the plain kinds itself."""
    if isinstance(shape, str):
        return None if _KINDS[shape](value) else (f" is not {shape}", [])
    if isinstance(shape, list):
        if not isinstance(value, list):
            return " is not a list", []
        for inner in value:
            found = _misfit(inner, shape[0])
            if found:
                return _within("an entry", found)
        return None
    if isinstance(shape, dict):
        shape = Structure(shape)
    if isinstance(shape, Structure):
        if not isinstance(value, dict):
            return " is not a structure", []
        must, may = shape
        for name in must:
            if name not in value:
                return f" has no {name}", []
        for name, inner in value.items():
            wanted = may.get(name) or must.get(name)
            if wanted and not (isinstance(wanted, str) and _KINDS[wanted](inner)):
                found = _misfit(inner, wanted)
                if found:
                    return _within(name, found)
        return None
    found = [_misfit(value, one) for one in shape or ()]
    return found[0] if found and all(found) else None


def _within(name, found):
    return found[0], [*found[1], name]


def _is_text(value):
    return isinstance(value, str) and (value.isascii() or not _LONE.search(value))


_KINDS = {
    NUMBER: lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63,
    TEXT: _is_text,
    MAYBE: lambda value: value is None or isinstance(value, str) and value.isascii() or _is_text(value),
    FLAG: lambda value: value is None or isinstance(value, int) and value in (0, 1),
    NOTHING: lambda value: value is None,
}


def last_words(text):
    """What PHP said when it died, in one line without tags; empty where it did not."""
    # Whoever prints that much prints it at the end.
    said = _PHP.search(html.unescape(_TAG.sub("", text[-100_000:])))
    return " ".join(said.group().split()) if said else ""


def title(text):
    """The title of a web page, for a message."""
    found = _TITLE.search(text)
    return f' ("{" ".join(found.group(1).split())}")' if found else ""
