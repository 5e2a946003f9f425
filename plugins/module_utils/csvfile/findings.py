# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check of a file found, told and acted upon.

Private to this collection.
"""

from __future__ import annotations

from ..errors import CsvRefused

#: Findings in a message; all of the first 50 are in the result.
SHOWN = 5


def text(finding):
    """A finding as a sentence with its place."""
    place = [f"line {finding.line}"] if finding.line else []
    place += [f"column {finding.column}"] if finding.column else []
    return f"{', '.join(place)}: {finding.message}" if place else finding.message


def refuse(check, name, allow_destructive):
    """Raise CsvRefused for a Check that found errors, or what does harm where that is not allowed."""
    findings, count, why = check.errors, check.error_count, "has errors"
    if not count and check.destructive_count and not allow_destructive:
        findings, count = check.destructive, check.destructive_count
        why = "deletes or resets, which needs allow_destructive: true"
    if not count:
        return
    shown = "; ".join(text(finding) for finding in findings[:SHOWN])
    more = f"; and {count - SHOWN} more, the first {len(findings)} in findings" if count > SHOWN else ""
    raise CsvRefused(
        f"{name} {why} ({count}): {shown}{more}.",
        option="src",
        result={"findings": [vars(finding) for finding in findings], "finding_count": count},
    )
