# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the figures of the last `make bench` (.cache/bench.json) into the guide on performance, in the place of those there.

Usage: figures.py
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs/docsite/rst/guide_performance.rst"
MARK = ".. Made by scripts/figures.py of .cache/bench.json; everything below is written anew.\n"


def table(found: dict) -> str:
    about = found["about"]
    lines = [
        f"Measured on a machine with {about['cores']} cores and Python {about['python']}, against a practice Moodle where a call costs",
        f"{about['call_ms']} ms and an enrolment {about['record_ms']} ms. The machine's load was {about['load']:.1f} before it began.",
        "Look at the ratios: what they compare was measured in one run.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 52 18 14 16",
        "",
        "   * - figure",
        "     - measured",
        "     - wanted",
        "     - how",
    ]
    for figure in found["figures"]:
        lines += [
            f"   * - {figure['name']}",
            f"     - {shown(figure['value'])} {figure['unit']}".rstrip(),
            f"     - {figure['wanted']}{'' if figure['kept'] else ' (not kept)'}".rstrip(),
            f"     - {plain(figure['how'])}".rstrip(),
        ]
    return "\n".join(lines) + "\n"


def shown(value: float) -> str:
    """Three digits of it, or all of those before the point."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def plain(how: str) -> str:
    """What it says of calls, as words."""
    return ", ".join(f"{count} {name}" for name, count in json.loads(how).items()) if how.startswith("{") else how


def main() -> None:
    text, _mark, _old = GUIDE.read_text(encoding="utf-8").partition(MARK)
    found = json.loads((ROOT / ".cache/bench.json").read_text(encoding="utf-8"))
    GUIDE.write_text(f"{text}{MARK}\n{table(found)}", encoding="utf-8")


if __name__ == "__main__":
    main()
