# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the plugin's reports, English and French, with Moodle's way of filling them in.

A text that has no French form is shown in English; one that has no form at all as ``[[key]]``.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Union

Argument = Union[None, str, int, Mapping[str, object]]

ENGLISH = {
    "endofreport": "end of report",
    "filenotfound": "File {$a} not found.",
    "useraccountadded": "User account added: {$a} ",
    "useraccountupdated": "User account changed: {$a} ",
    "usersstarting": "Starting users synchronisation...",
    "invalidfieldname": '"{$a}" is not a valid field name',
    "fieldrequired": '"{$a}" is a required field',
}
FRENCH: dict[str, str] = {}
INSTALLED = {"en": ENGLISH, "fr": FRENCH}


def get_string(key: str, lang: str, a: Argument = None) -> str:
    """The text for ``key``: ``{$a}`` takes a plain value, ``{$a->name}`` a mapping's; the unknown stays as it is."""
    found = INSTALLED.get(lang, ENGLISH).get(key) or ENGLISH.get(key)
    if found is None:
        return f"[[{key}]]"
    if a is None:
        return found
    if isinstance(a, Mapping):
        for name, value in a.items():
            found = found.replace("{$a->" + name + "}", "" if value is None else str(value))
        return found
    return found.replace("{$a}", str(a))
