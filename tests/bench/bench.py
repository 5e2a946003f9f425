# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed against a practice Moodle with the costs of a real one, each figure beside what one would use instead.

Usage: python -m tests.bench.bench [NAME ...]   (names: the functions bench_* of the modules here, without bench_; all by default)

Every ratio comes from one run on one machine. Prints a table, and writes .cache/bench.json.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys

from tests.scenarios import ROOT

from . import files, plans, sequences, tasks
from .kit import CALL_MS, RECORD_MS, rows

BENCHES = {
    name[6:]: function
    for room in (tasks, plans, sequences, files)
    for name, function in vars(room).items()
    if name.startswith("bench_")
}


def main(names):
    load = os.getloadavg()[0]  # before it is ours
    for name in names or BENCHES:
        print(f"-- {name}: {BENCHES[name].__doc__.splitlines()[0]}", flush=True)
        begun = len(rows)
        BENCHES[name]()
        for row in rows[begun:]:
            row["bench"] = name
    about = {
        "python": platform.python_version(), "cores": os.cpu_count(), "load": load, "call_ms": CALL_MS,
        "record_ms": RECORD_MS,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    target = ROOT / ".cache/bench.json"
    target.parent.mkdir(exist_ok=True)
    # Figures of what was not measured now stay as they are.
    older = json.loads(target.read_text())["figures"] if names and target.exists() else []
    kept = [row for row in older if row.get("bench") in BENCHES and row["bench"] not in names] + rows
    kept.sort(key=lambda row: list(BENCHES).index(row["bench"]))
    target.write_text(json.dumps({"about": about, "figures": kept}, indent=1))
    missed = [row["name"] for row in rows if not row["kept"]]
    print(f"\n{len(rows)} figures in {target.relative_to(ROOT)}" + (f"; not as wanted: {'; '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
