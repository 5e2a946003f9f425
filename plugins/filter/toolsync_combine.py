# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter toolsync_combine: several runs of parts of one file as one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleFilterError

#: What a run can end with, the best first.
OUTCOMES = ("complete", "predicted", "aborted", "executed_unreadable", "unknown")
COUNTS = ("rows", "created", "updated", "deleted", "unchanged", "skipped", "failed", "unreported", "unparsed")
_KINDS = {
    Mapping: "a dictionary",
    Sequence: "a list",
    bool: "true or false",
    int: "a whole number",
    str: "a text",
}


def toolsync_combine(parts):
    """One result of a list of dicts of result (what toolsync_process returned) and line_offset (as toolsync_parts tells).

    Raises AnsibleFilterError, which names the part (from 1) and the key.
    """
    outcome, failures = 0, []
    counts = dict.fromkeys(COUNTS, 0)
    changed, certain, simulated = False, True, False
    for number, part in enumerate(_checked(parts, Sequence, "its input"), 1):
        where = f"part {number}"
        _checked(part, Mapping, where)
        result = _value(part, "result", Mapping, where)
        offset = _value(part, "line_offset", int, where)
        where += ", result"
        outcome = max(outcome, _outcome(result, where))
        for name, count in _counts(result, where):
            counts[name] += count
        failures += _failures(result, offset, where)
        changed |= _value(result, "changed", bool, where)
        certain &= _value(result, "changed_is_certain", bool, where)
        simulated |= _value(result, "simulated", bool, where)
    return {
        "outcome": OUTCOMES[outcome],
        "counts": counts,
        "failures": failures,
        "changed": changed,
        "changed_is_certain": certain,
        "simulated": simulated,
    }


def _outcome(result, where):
    outcome = _value(result, "outcome", str, where)
    if outcome not in OUTCOMES:
        raise AnsibleFilterError(f"toolsync_combine: {where}.outcome is none of {', '.join(OUTCOMES)}")
    return OUTCOMES.index(outcome)


def _counts(result, where):
    counts = _value(result, "counts", Mapping, where)
    for name in COUNTS:
        yield name, _value(counts, name, int, f"{where}.counts")


def _failures(result, offset, where):
    for number, failure in enumerate(_value(result, "failures", Sequence, where), 1):
        place = f"{where}.failures, item {number}"
        _checked(failure, Mapping, place)
        line = failure.get("line")
        yield {**failure, "line": None if line is None else _checked(line, int, f"{place}.line") + offset}


def _value(mapping, name, kind, where):
    if name not in mapping:
        raise AnsibleFilterError(f"toolsync_combine: {where} has no {name}; is it a result of toolsync_process?")
    return _checked(mapping[name], kind, f"{where}.{name}")


def _checked(value, kind, where):
    fits = isinstance(value, kind)
    if kind is int and isinstance(value, bool) or kind is Sequence and isinstance(value, (str, bytes)):
        fits = False
    if not fits:
        raise AnsibleFilterError(f"toolsync_combine: {where} must be {_KINDS[kind]}, and is {type(value).__name__}")
    return value


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        return {"toolsync_combine": toolsync_combine}
