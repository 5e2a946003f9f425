# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How courses / create looks at a cell: what is wrong becomes a warning line and an empty value, not a refusal."""
from __future__ import annotations

import re
from collections.abc import Callable

from .. import php
from ..phptime import strtotime
from ..store import Store

TOPIC = re.compile(r"^(topic)([0-9]|[1-4][0-9]|5[0-2])$")
TEACHER = re.compile(r"^(teacher)([1-9]+\d*)(_account|_role)$")
FLAG = ("set", "0,1")
FORMATS = "singleactivity,social,topics,weeks"

# name: (kind, limits...); a text's are longest and whether it may not be empty, a number's largest and smallest.
RULES: dict[str, tuple] = {
    "fullname": ("text", 254, True),
    "shortname": ("text", 150, True),
    "sortorder": ("number", 4294967295, 0),
    "summary": ("text", 0, False),
    "format": ("set", FORMATS),
    "showgrades": FLAG,
    "newsitems": ("number", 10, 0),
    "legacyfiles": FLAG,
    "marker": ("time",),
    "startdate": ("time",),
    "maxbytes": ("number", 0, 0),
    "visible": FLAG,
    "visibleold": FLAG,
    "groupmode": ("set", "0,1,2"),
    "timecreated": ("time",),
    "timemodified": ("time",),
    "idnumber": ("text", 100, False),
    "groupmodeforce": FLAG,
    "lang": ("text", 50, False),
    "theme": ("text", 50, False),
    "showreports": FLAG,
    "guest": FLAG,
    "self": FLAG,
    "template": ("text", 0, False),
    "topic": ("text", 0, False),
    "teacher_account": ("account",),
    "teacher_role": ("text", 40, False),
}
Tell = Callable[[str, dict], None]


def is_whole(value: str) -> bool:
    """PHP's test: the number a text begins with equals the text."""
    found = re.match(r"\s*([+-]?\d+)", value)
    whole = int(found.group(1)) if found else 0
    try:
        return float(value) == whole
    except ValueError:
        return str(whole) == value


def validate(
    store: Store, tell: Tell, say: Callable[[str], None], value: str, rule: str, line: int, field: str, now: int
) -> str | int | None:
    """The value to store, or None after a line in the report."""
    if rule not in RULES:
        say(f'Coding Error: Unvalidated field type: "{rule}"')
        return None
    where = {"i": line, "fieldname": field or rule}
    kind, *limits = RULES[rule]
    if kind == "text":
        if limits[0] and len(value.encode("utf-8", "surrogateescape")) > limits[0]:
            tell("errorvalidationstringlength", {**where, "length": limits[0]})
            return None
        if limits[1] and not value.strip():
            tell("errorvalidationempty", where)
            return None
    elif kind == "number":
        return _number(tell, value, where, *limits)
    elif kind == "time":
        return strtotime(value, now)
    elif kind == "set":
        if value not in limits[0].split(","):
            tell("errorvalidationvalueset", {**where, "set": limits[0]})
            return None
    else:
        return _account(store, tell, value.strip(), where)
    return value


def _number(tell: Tell, value: str, where: dict, largest: int, smallest: int) -> str | None:
    if not is_whole(value):
        tell("errorvalidationintegercheck", where)
        return None
    number = float(value)
    if largest and number > largest:
        tell("errorvalidationintegerabove", {**where, "max": largest})
        return None
    if number < smallest:
        tell("errorvalidationintegerbeneath", {**where, "min": smallest})
        return None
    return value


def _account(store: Store, tell: Tell, value: str, where: dict) -> str | int | None:
    """A user id, or words that match just one account."""
    if is_whole(value):
        if not store.exists("user", id=value):
            tell("errorvalidationbaduserid", {**where, "value": value})
            return None
        return value
    if not php.truthy(value):
        return value
    like = f"%{value}%"
    found = store.rows(
        'SELECT id FROM "user" WHERE deleted = 0 AND id <> 1 AND '
        "(firstname || ' ' || lastname LIKE ? OR email LIKE ? OR username = ?)",
        [like, like, value],
    )
    if not found:
        tell("errorvalidationsearchfails", where)
        return None
    if len(found) > 1:
        tell("errorvalidationmultipleresults", {**where, "ucount": len(found)})
        return None
    return found[0]["id"]
