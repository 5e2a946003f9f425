# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the jobs of files, or of seeds: C(python -m tests.truth FILE...), C(python -m tests.truth --jobs 100 --seed 7 --kind enrols)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import jobs
from .ground import VERSIONS, Ground
from .play import judge
from .shrink import shrunk
from .tally import Tally


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a job, as a failure leaves it")
    parser.add_argument("--jobs", type=int, default=10, help="of each kind and version (default %(default)s)")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--kind", action="append", choices=jobs.KINDS)
    parser.add_argument("--moodle", action="append", choices=VERSIONS)
    parser.add_argument("--failures", type=Path, metavar="FOLDER", help="where failing jobs are written, made small")
    parser.add_argument("--most", type=int, default=1000, help="failures to write of each kind (default %(default)s)")
    args = parser.parse_args()
    if args.files:
        return replay(args.files)
    tally = Tally()
    for moodle in args.moodle or VERSIONS:
        with Ground(moodle) as ground:
            for kind in args.kind or jobs.KINDS:
                written = 0
                for number in range(args.jobs):
                    verdict = judge(ground, jobs.make(f"{args.seed}-{number}", kind, moodle))
                    tally.add(verdict)
                    if verdict.wrong and args.failures and written < args.most:
                        written += 1
                        keep(args.failures, shrunk(ground, verdict))
    print("\n".join([*tally.lines(), "", "Why plans are not certain where all is shown:", *tally.reasons()]))
    return 1 if tally.wrong else 0


def keep(folder, verdict):
    """Write a job that failed; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{verdict.job.name.replace(' ', '_')}.json"
    path.write_text(verdict.job.dump(), encoding="utf-8")
    return path


def replay(files):
    failed = False
    for path in files:
        job = jobs.Job.load(path.read_text(encoding="utf-8"))
        with Ground(job.moodle) as ground:
            verdict = judge(ground, job)
        print(f"== {path}")
        print(story(verdict))
        failed = failed or bool(verdict.wrong)
    return 1 if failed else 0


def story(verdict):
    """A job and what was said and done, to read."""
    lines = [verdict.job.dump()]
    for step, result, truth in verdict.told:
        shown = ("failed", "msg", "changed", "changed_is_certain", "outcome", "counts", "failures", "warnings")
        lines.append(f"{step}: " + ", ".join(f"{name}={result[name]}" for name in shown if result.get(name) not in (None, [], "")))
        lines += [f"  row {row}" for row in result.get("rows") or ()]
        lines.append(f"  really: {truth.net}")
        lines += [f"  line {row.line}: {row.did}  {row.said}" for row in truth.rows]
        if "exception" in result:
            lines.append(result["exception"])
    return "\n".join(lines + [f"WRONG {step}: {what}" for step, what in verdict.wrong])


if __name__ == "__main__":
    sys.exit(main())
