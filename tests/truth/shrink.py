# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a failing job small: leaves out what it fails without."""

from __future__ import annotations

import copy

from .jobs import Job
from .play import judge

#: Trials for one job.
TRIALS = 200


def shrunk(ground, verdict):
    """The Verdict of a smaller job that is wrong in one of the same ways."""
    wanted, refused = verdict.kinds, verdict.refused
    left, again = TRIALS, True
    while again and left > 0:
        again = False
        for edit in edits(verdict.job):
            smaller = copy.deepcopy(verdict.job)
            if left <= 0 or not edit(smaller):
                continue
            left -= 1
            try:
                tried = judge(ground, smaller)
            except Exception:
                continue  # a record that another one needs
            # A file that is refused is wrong in ways of its own.
            if tried.kinds & wanted and tried.refused <= refused:
                verdict, again = tried, True
    return verdict


def edits(job):
    """Functions that take one thing out of a job and return whether it was there, what is at the end first."""
    usual = Job("", "", "")
    for name in ("fault", "conditions", "lacking", "capabilities", "told", "known", "allowed", "sent_again"):
        nothing = getattr(usual, name)
        yield lambda job, name=name, nothing=nothing: getattr(job, name) != nothing and _set(job, name, nothing)
    yield from [lambda job, name=name: job.records.pop(name, None) is not None for name in list(job.records)]
    first = 0 if job.action in ("delete", "check") else 1
    yield from [lambda job, place=place: _drop(job.lines, place, first + 1) for place in range(len(job.lines) - 1, first - 1, -1)]
    for name in job.options:
        yield from [lambda job, n=name, p=p: _drop(job.options[n], p, 1) for p in range(_length(job.options[name]) - 1, -1, -1)]
    if first and job.lines:
        yield from [lambda job, place=place: _narrow(job, place) for place in range(job.lines[0].count(";"), -1, -1)]
    for name, records in job.records.items():
        yield from [lambda job, n=name, p=p: _drop(job.records.get(n), p, 1) for p in range(_length(records) - 1, -1, -1)]
    for name, records in job.records.items():
        for place in range(_length(records)):
            for key in records[place] if isinstance(records[place], dict) else ():
                yield lambda job, n=name, p=place, k=key: _forget(job.records.get(n), p, k)


def _set(job, name, value):
    setattr(job, name, value)
    return True


def _length(items):
    return len(items) if isinstance(items, list) else 0


def _drop(items, place, least):
    """Whether an item of a list was taken out, of which so many stay at least."""
    if _length(items) <= max(place, least):
        return False
    del items[place]
    return True


def _narrow(job, place):
    """Whether a column was taken out."""
    if job.lines[0].startswith("#") or not job.lines[0].count(";"):
        return False
    cells = [line.split(";") for line in job.lines]
    job.lines = [";".join(line[:place] + line[place + 1 :]) for line in cells]
    return True


def _forget(records, place, key):
    return _length(records) > place and records[place].pop(key, None) is not None
