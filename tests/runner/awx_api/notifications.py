# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notification templates: mail and webhooks, as AWX's code takes them."""
from __future__ import annotations

from .fields import HIDDEN, Record, Refused

#: Field -> its type, and the default of one that may be left out.
CONFIGURATION: dict[str, dict[str, tuple[type, ...]]] = {
    "email": {
        "host": (str,), "port": (int,), "username": (str,), "password": (str,), "use_tls": (bool,), "use_ssl": (bool,), "sender": (str,),
        "recipients": (list,), "timeout": (int,),
    },
    "webhook": {
        "url": (str,), "http_method": (str,), "disable_ssl_verification": (bool,), "username": (str,), "password": (str,),
        "headers": (dict,),
    },
}
DEFAULTS: dict[str, Record] = {
    "email": {"timeout": 30},
    "webhook": {"http_method": "POST", "disable_ssl_verification": False, "username": "", "password": ""},
}
WORDS = {str: "string", int: "int", bool: "bool", list: "list", dict: "object"}


def configuration(kind: str, given: Record, stored: Record) -> Record:
    """What is kept of a configuration."""
    if kind not in CONFIGURATION:
        raise Refused(400, {"notification_type": [f'"{kind}" is not a valid choice.']})
    made = {**DEFAULTS[kind], **given}
    fields = CONFIGURATION[kind]
    errors = []
    missing = [name for name in fields if name not in made]
    if missing:
        errors.append(f"Missing required fields for Notification Configuration: {missing}.")
    for name, types in fields.items():
        if name in made and type(made[name]) not in types:
            word = "password" if name == "password" else WORDS[types[0]]
            errors.append(f"Configuration field '{name}' incorrect type, expected {word}.")
    if kind == "email" and made.get("recipients") == []:
        errors.append("No values specified for field 'recipients'")
    if errors:
        raise Refused(400, {"__all__": errors})
    if made["password"] == HIDDEN:
        made["password"] = stored.get("password", "")
    return made


def shown(stored: Record) -> Record:
    """A configuration as AWX gives it back."""
    return {**stored, "password": HIDDEN} if stored.get("password") else stored
