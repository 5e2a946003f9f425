# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules: the rules that AWX takes, and the answers to the survey that it wants with them."""
from __future__ import annotations

import re

from .fields import Record, Refused
from .survey import answer_errors

NO_START = "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
NAIVE = "DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ."
NO_ZONE = "rrule parsing failed validation: A valid TZID must be provided (e.g., America/New_York)"


def check(values: Record, asked: list[Record], extra_vars_asked: bool) -> None:
    """Refuse a schedule whose rule or answers AWX would not take. asked: the questions of its template."""
    errors = rule_errors(values["rrule"])
    if errors:
        raise Refused(400, {"rrule": errors})
    missing = answer_errors(asked, values["extra_data"])
    if missing:
        raise Refused(400, {"variables_needed_to_start": missing})
    unknown = sorted(set(values["extra_data"]) - {question["variable"] for question in asked})
    if unknown and not extra_vars_asked:
        raise Refused(400, {"extra_data": [
            f"Variables {', '.join(unknown)} are not allowed on launch. Check the Prompt on Launch setting on the Job Template to include "
            "Extra Variables."
        ]})


def rule_errors(rrule: str) -> list[str]:
    start = re.search(r"DTSTART(;TZID=[^:\s]+)?:(\d{8}T\d{6})(Z?)", rrule)
    rules = re.findall(r"RULE:\S*", rrule)
    errors = [] if start else [NO_START]
    if not rules:
        errors.append("One or more rule required in rrule.")
    for rule in rules:
        if "INTERVAL" not in rule:
            errors.append(f"INTERVAL required in rrule: {rule}")
        if "SECONDLY" in rule:
            errors.append(f"SECONDLY is not supported: {rule}")
    if start and not start[1] and not start[3]:
        errors.append(NAIVE)
    if not start and not rules:
        errors.append("rrule parsing failed validation: not enough values to unpack (expected 2, got 1)")
    elif not start or (not start[1] and not start[3]):
        errors.append(NO_ZONE)
    return errors


def kept(rrule: str) -> str:
    """The rule as AWX keeps it."""
    return " ".join(rrule.split())


def timezone(rrule: str) -> str:
    found = re.search(r"TZID=([^:\s]+)", rrule)
    return found[1] if found else "UTC"
