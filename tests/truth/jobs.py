# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random jobs: a site, and a file with its settings or a module's list, as users have them and as nobody should."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from . import files, lists, sites
from .chance import Chance
from .hidden import hidden

SERVICES = tuple(files.MAKERS)
MODULES = tuple(lists.MAKERS)
KINDS = (*SERVICES, *MODULES)


@dataclass
class Job:
    """kind: a service or a module. records: see Ground.make. settings: what the service's are set to; told: through toolsync_config, or
    behind the back of the collection; known: what a user knows of the settings that no web service shows. lines: the file; tidy: without
    the rows that its check refuses; allowed: to do harm; sent_again: before each run. send: options of toolsync_plan, for a job that
    sends what a plan wrote. options: of a module without a file. fault: of the
    practice Moodle, and at which step. conditions: of the practice Moodle. lacking: functions that the token's service has not;
    capabilities: of the token's account, None for an administrator's."""

    name: str
    moodle: str
    kind: str
    records: dict = field(default_factory=dict)
    action: str = "sync"
    settings: dict = field(default_factory=dict)
    told: bool = True
    lines: list = field(default_factory=list)
    tidy: bool = False
    known: dict = field(default_factory=dict)
    allowed: bool = True
    sent_again: bool = True
    send: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    fault: dict = field(default_factory=dict)
    conditions: list = field(default_factory=list)
    lacking: list = field(default_factory=list)
    capabilities: list | None = None

    @property
    def columns(self):
        """The header of the file, where it has one."""
        header = next((line for line in self.lines if not line.startswith("#")), "")
        return header.split(";")

    @property
    def plain(self):
        """Whether everything that it is about can be read or is known: nothing that is hidden, nothing that is out of the ordinary."""
        usual = Job("", "", "")
        odd = ("told", "allowed", "sent_again", "fault", "conditions", "lacking", "capabilities")
        if any(getattr(self, name) != getattr(usual, name) for name in odd) or "plugin" in self.records:
            return False
        if self.kind in sites.KNOWABLE and not self.known:
            return False
        return not hidden(self)

    def dump(self):
        """The job as JSON, without what is as usual."""
        usual = asdict(Job("", "", ""))
        return json.dumps({k: v for k, v in asdict(self).items() if v != usual[k]}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, text):
        return cls(**json.loads(text))


def make(seed, kind, moodle):
    """The job of a seed (any text), always the same."""
    name = f"{kind}-{moodle}-{seed}"
    chance = Chance(name)
    job = Job(name, moodle, kind, records=sites.site(chance))
    if kind in MODULES:
        job.options = lists.MAKERS[kind](chance)
    else:
        files.MAKERS[kind](chance, job)
        job.tidy = chance.of(70)
        if chance.of(30) and job.action != "check":
            job.send = {"send": chance.pick((3, "differing"), (1, "all"))}
            if chance.of(25):
                job.send["rows_per_file"] = chance.choice((1, 2))
            if chance.of(25) and kind in ("enrols", "cohorts"):
                job.send["exact"] = True
    if kind == "cohorts":
        # A run ends with what cron does every hour, in all courses; see README.md.
        for binding in job.records.get("bindings", ()):
            binding["status"] = 0
    sites.around(chance, job, file=kind in SERVICES)
    return job
