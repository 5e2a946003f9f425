# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys: what AWX takes as one, and as answers."""
from __future__ import annotations

import json
from typing import Any

from .fields import HIDDEN, Record, Refused

TYPES: dict[str, tuple[Any, str]] = {
    "text": (str, "string"), "textarea": (str, "string"), "password": (str, "string"), "multiplechoice": (str, "string"),
    "multiselect": (str, "string"), "integer": (int, "integer"), "float": ((int, float), "float"),
}
KEYS = (("type", str, "string"), ("question_name", str, "string"), ("variable", str, "string"), ("required", bool, "boolean"))


def check_spec(spec: Record) -> None:
    """Refuse what is no survey."""
    error = _spec_error(spec)
    if error:
        raise Refused(400, {"error": error})


def _spec_error(spec: Record) -> str:
    for name, kind, label in (("name", str, "string"), ("description", str, "string"), ("spec", list, "list of items")):
        if name not in spec:
            return f"Field '{name}' is missing from survey spec."
        if not isinstance(spec[name], kind):
            return f"Expected {label} for field '{name}', received {type(spec[name]).__name__} type."
    if not spec["spec"]:
        return "'spec' doesn't contain any items."
    seen = set()
    for number, question in enumerate(spec["spec"]):
        error = _question_error(number, question)
        if not error and question["variable"] in seen:
            error = f"'variable' '{question['variable']}' duplicated in survey question {number}."
        if error:
            return error
        seen.add(question["variable"])
    return ""


def _question_error(number: int, question: Record) -> str:
    for name, kind, label in KEYS:
        if name not in question:
            return f"'{name}' missing from survey question {number}"
        if not isinstance(question[name], kind):
            return f"'{name}' in survey question {number} expected to be {label}."
    if question["type"] not in TYPES:
        return f"'{question['type']}' in survey question {number} is not one of '{', '.join(TYPES)}' allowed question types."
    default = question.get("default", "")
    kind, label = TYPES[question["type"]]
    if default != "" and not (isinstance(default, kind) and not isinstance(default, bool)):
        return f"Default value {default} in survey question {number} expected to be {label}."
    if question["type"] in ("multiplechoice", "multiselect"):
        if not question.get("choices"):
            return f"Survey question {number} of type {question['type']} must specify choices."
        if default != "" and default not in choices(question):
            return "Default choice must be answered from the choices listed."
    return ""


def choices(question: Record) -> list[str]:
    given = question["choices"]
    return given.splitlines() if isinstance(given, str) else given


def shown(spec: Record) -> Record:
    """As AWX gives it back: defaults of passwords are hidden."""
    made = json.loads(json.dumps(spec))
    for question in made.get("spec", []):
        if question["type"] == "password" and question.get("default"):
            question["default"] = HIDDEN
    return made


def questions(template: Record, spec: Record) -> list[Record]:
    """What is asked when the template is started."""
    return spec.get("spec", []) if template["survey_enabled"] else []


def answer_errors(asked: list[Record], answers: Record) -> list[str]:
    """What is wrong with the answers. A default is none: the user interface fills it in, AWX does not."""
    return [error for question in asked for error in _answer_errors(question, answers)]


def _answer_errors(question: Record, answers: Record) -> list[str]:
    name = question["variable"]
    if name not in answers:
        return [f"'{name}' value missing"] if question["required"] else []
    value = answers[name]
    if question["type"] == "multiplechoice":
        if value not in choices(question):
            return [f"Value {value} for '{name}' expected to be one of {choices(question)}."]
    elif question["type"] == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"Value {value} for '{name}' expected to be an integer."]
        if "min" in question and value < question["min"]:
            return [f"'{name}' value {value} is too small (must be at least {question['min']})."]
        if "max" in question and value > question["max"]:
            return [f"'{name}' value {value} is too large (must be no more than {question['max']})."]
    elif question["type"] == "text":
        if not isinstance(value, str):
            return [f"Value {value} for '{name}' expected to be a string."]
        if "min" in question and len(value) < question["min"]:
            return [f"'{name}' value {value} is too small (length is {len(value)} must be at least {question['min']})."]
    return []
