# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of parameters and their validation, with the words Moodle uses in ``debuginfo``."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from . import php
from .errors import InvalidParameter, InvalidResponse

REQUIRED = object()
OPTIONAL = object()


@dataclass(frozen=True)
class Value:
    """``default`` is REQUIRED, OPTIONAL or the value an absent parameter takes."""

    kind: str = "text"
    default: Any = REQUIRED


@dataclass(frozen=True)
class Struct:
    keys: Mapping[str, Description]
    default: Any = REQUIRED


@dataclass(frozen=True)
class Multi:
    content: Description
    default: Any = REQUIRED


Description = Union[Value, Struct, Multi]
_NAMES = {"bool": "bool", "int": "int", "text": "text", "raw": "raw", "notags": "notags"}


def _value(description: Value, given: Any) -> Any:
    if isinstance(given, (dict, list)):
        raise InvalidParameter("Scalar type expected, array or object received.")
    if description.kind == "bool" and given in (True, False, 0, 1, "0", "1"):
        return given in (True, 1, "1")
    given_text = "" if given is None else str(given)
    cleaned = php.clean(given_text, description.kind)
    if cleaned != given_text:
        name = _NAMES.get(description.kind, description.kind)
        raise InvalidParameter(
            f'Invalid external api parameter: the value is "{given_text}", the server was expecting "{name}" type'
        )
    return int(cleaned) if description.kind == "int" else cleaned


def validate(description: Description, given: Any) -> Any:
    """Check a request's variables against a description, fill in defaults; InvalidParameter says what is wrong."""
    if isinstance(description, Value):
        return _value(description, given)
    if not isinstance(given, dict):
        raise InvalidParameter(f"Only arrays accepted. The bad value is: '{given}'")
    if isinstance(description, Multi):
        return [validate(description.content, item) for item in given.values()]
    result = {}
    for key, inner in description.keys.items():
        if key not in given:
            if inner.default is REQUIRED:
                raise InvalidParameter("Missing required key in single structure: " + key)
            if inner.default is not OPTIONAL:
                result[key] = inner.default
            continue
        try:
            result[key] = validate(inner, given[key])
        except InvalidParameter as error:
            raise InvalidParameter(f"{key} => {error.message}: {error.debuginfo}") from error
    unexpected = [key for key in given if key not in description.keys]
    if unexpected:
        raise InvalidParameter(f"Unexpected keys ({', '.join(unexpected)}) detected in parameter array.")
    return result


def text_response(value: str | None) -> str | None:
    """A returned PARAM_TEXT: markup, or bytes that are no UTF-8, make Moodle refuse what the function has done."""
    if value is None:
        return None
    if php.clean(value, "text") != value:
        shown = value.encode("utf-8", "replace").decode()
        raise InvalidResponse(
            f'Invalid external api response: the value is "{shown}", the server was expecting "text" type'
        )
    return value
