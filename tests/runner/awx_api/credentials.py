# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credential types and credentials: what AWX refuses, and what it makes of what it takes."""
from __future__ import annotations

from typing import Any

from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .fields import HIDDEN, Record, Refused

FIELD_KEYS = {"id", "label", "type", "format", "help_text", "secret", "multiline", "choices", "default", "ask_at_runtime"}


def check_type(values: Record, in_use: bool, before: Record | None) -> None:
    """Refuse a credential type: bad fields, bad injectors, other inputs than those that credentials were made with."""
    if values["kind"] not in ("cloud", "net"):
        raise Refused(400, {"kind": [f"Must be 'cloud' or 'net', not {values['kind']}"]})
    fields = values["inputs"].get("fields", [])
    for number, field in enumerate(fields):
        error = _field_error(number, field, [other["id"] for other in fields[:number]])
        if error:
            raise Refused(400, {"inputs": [error]})
    error = _injector_error(values["injectors"], [field["id"] for field in fields])
    if error:
        raise Refused(400, {"injectors": [error]})
    if before is not None and in_use and before["inputs"] != values["inputs"]:
        raise Refused(403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"})


def _field_error(number: int, field: Record, before: list[str]) -> str:
    unknown = sorted(set(field) - FIELD_KEYS)
    if unknown:
        return f"Schema validation error in relative path ['fields', {number}] ({_unexpected(unknown)})"
    if field["id"] == "tower":
        return '"tower" is a reserved field name'
    if field["id"] in before:
        return f"field IDs must be unique ({field['id']})"
    if field.get("type") == "boolean" and "choices" in field:
        return f"choices not allowed for boolean type ({field['id']})"
    if "default" in field and field.get("type") != "boolean" and not isinstance(field["default"], str):
        return f"{field['default']} is not a string"
    return ""


def _unexpected(names: list[str]) -> str:
    were = "was" if len(names) == 1 else "were"
    return f"Additional properties are not allowed ({', '.join(map(repr, names))} {were} unexpected)"


def _injector_error(injectors: Record, fields: list[str]) -> str:
    """AWX fills each template in with every field."""

    class NoFile:
        @property
        def filename(self) -> str:
            raise UndefinedError("Must define unnamed file injector in order to reference `tower.filename`.")

    class File:
        filename = "FILE"

    known = dict.fromkeys(fields, "EXAMPLE")
    tower: Any = File() if "template" in injectors.get("file", {}) else NoFile()
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind in ("env", "file", "extra_vars"):
        for name, template in sorted(injectors.get(kind, {}).items(), key=lambda item: (len(item[0]), item[0])):  # as its database does
            if kind == "env" and (name.startswith("ANSIBLE_") or name in ENV_BLOCKLIST):
                return f"Environment variable {name} may affect Ansible configuration so its use is not allowed in credentials."
            try:
                sandbox.from_string(template).render(**known, tower=tower)
            except UndefinedError as error:
                return f"{name} uses an undefined field ({error})"
    return ""


def inputs(made_type: Record, given: Record, stored: Record) -> Record:
    """What is kept of a credential's inputs. A field that is required and left out is no error: the job fails then."""
    fields = {field["id"]: field for field in made_type["inputs"].get("fields", [])}
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise Refused(400, {"inputs": [_unexpected(unknown)]})
    kept, wrong = {}, {}
    for name, value in given.items():
        field = fields[name]
        if value == HIDDEN:
            value = stored.get(name)
        elif value == "" and "choices" in field:
            value = field.get("default")
        elif value is not None:
            error = _input_error(field, value)
            if error:
                wrong[name] = [error]
        if value not in (None, ""):
            kept[name] = value
    if wrong:
        raise Refused(400, {"inputs": wrong})
    return kept


def _input_error(field: Record, value: Any) -> str:
    if "choices" in field and value not in field["choices"]:
        return f"'{value}' is not one of {field['choices']}"
    if field.get("format") == "url" and "://" not in str(value):
        return "Invalid URL: Missing url scheme (http, https, etc.)"
    if not isinstance(value, str):
        return f"{value!r} is not of type 'string'"
    return ""


def shown(made_type: Record, stored: Record) -> Record:
    """Inputs as AWX gives them back."""
    secret = {field["id"] for field in made_type["inputs"].get("fields", []) if field.get("secret")}
    return {name: HIDDEN if name in secret else value for name, value in stored.items()}
