# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the results of the integration targets, whose tasks ran inside the controller in one run and as modules in another.

Usage: same_results.py INSIDE MODULE   (files that the callback every_result wrote)

Only this collection's modules count. Names each difference, and exits with 1 if there is any or nothing to compare.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OURS = "activeprolearn.toolsync."
#: What is another in each run: drawn by lot, measured, or (the last one) added by Ansible to what a module calls a failure.
VOLATILE = {
    "draft_item_id", "run_id", "pid", "plan_id", "approved_plan", "started", "seconds", "waited", "failed_when_suppressed_exception",
}  # fmt: skip
#: Ports, processes and temporary folders, as they stand in texts.
NAMES = (
    (re.compile(r"127\.0\.0\.1[:_]\d+(-[0-9a-f]{8})?"), "SITE"),
    (re.compile(r"process \d+"), "process PID"),
    (re.compile(r"practice-[0-9a-f]{8}"), "PRACTICE"),
    (re.compile(r"/integration/(\w+)-[^/]+/"), r"/integration/\1/"),
    # A plan is named after its site, too.
    (re.compile(r"(approved|it is) [0-9a-f]{16}"), r"\1 PLAN"),
    (re.compile(r"/ansible\.\w{8}\."), "/ansible.X."),
)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        for pattern, name in NAMES:
            value = pattern.sub(name, value)
    return value


def results(file: str) -> list[dict[str, Any]]:
    lines = map(json.loads, Path(file).read_text(encoding="utf-8").splitlines())
    return [
        {"task": line["task"], "host": line["host"], "result": plain(line["result"])}
        for line in lines
        if line["action"].startswith(OURS)
    ]


def differences(inside: Any, module: Any, where: str = "") -> Iterator[str]:
    if isinstance(inside, dict) and isinstance(module, dict):
        for key in sorted(inside.keys() | module.keys()):
            yield from differences(inside.get(key, "nothing"), module.get(key, "nothing"), f"{where}.{key}")
    elif isinstance(inside, list) and isinstance(module, list):
        for place, (one, other) in enumerate(itertools.zip_longest(inside, module, fillvalue="nothing")):
            yield from differences(one, other, f"{where}[{place}]")
    elif inside != module:
        yield f"{where}: {inside!r} inside the controller, {module!r} as a module"


def main(inside: str, module: str) -> int:
    one, other = results(inside), results(module)
    found = list(differences(one, other))
    for line in found[:20]:
        place = int(re.match(r"\[(\d+)\]", line).group(1))
        print(f"{(one[place:] or other[place:])[0]['task']}: {line}")
    print(f"{len(one)} results inside the controller, {len(other)} as modules, {len(found)} differences")
    return 1 if found or not one else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
