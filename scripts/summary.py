# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what a run did and close it with one line: N passed, M failed, K skipped.

Usage: summary.py FOLDER

The folder holds ``checks.tsv`` (part, name, passed|failed|skipped, seconds: written by ``note`` of lib.sh) and
``PART/*.xml``, JUnit files. Exit status 1 when anything failed or nothing ran.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

OUTCOMES = ("passed", "failed", "skipped")


def outcome_of(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def count_junit(file: Path) -> tuple[Counter[str], list[str]]:
    """The outcomes in one JUnit file and the names of what failed."""
    try:
        cases = [
            (outcome_of(case), f"{case.get('classname', '')} {case.get('name', '')}".strip())
            for case in ElementTree.parse(file).getroot().iter("testcase")
        ]
    except ElementTree.ParseError as error:
        return Counter(failed=1), [f"{file.name}: not readable: {error}"]
    failed = [name for outcome, name in cases if outcome == "failed"]
    return Counter(outcome for outcome, _name in cases), failed


def count_checks(file: Path) -> dict[str, tuple[Counter[str], list[str]]]:
    """The outcomes of the checks by part, and what failed."""
    parts: dict[str, tuple[Counter[str], list[str]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        part, name, outcome, _seconds = line.split("\t")
        counts, failed = parts.setdefault(part, (Counter(), []))
        counts[outcome] += 1
        if outcome == "failed":
            failed.append(name)
    return parts


def main(folder: Path) -> int:
    checks = folder / "checks.tsv"
    parts = count_checks(checks) if checks.exists() else {}
    for file in sorted(folder.glob("*/*.xml")):
        counts, failed = parts.setdefault(file.parent.name, (Counter(), []))
        more, names = count_junit(file)
        counts.update(more)
        failed.extend(names)
    total: Counter[str] = Counter()
    print()
    for part, (counts, failed) in parts.items():
        total.update(counts)
        print(f"{part:<22}" + ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES))
        for name in failed:
            print(f"    failed: {name}")
    print("\n" + ", ".join(f"{total[outcome]} {outcome}" for outcome in OUTCOMES), flush=True)
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
