# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random jobs: a site, and a file with its settings or a module's list, as users have them and as nobody should."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict, dataclass, field

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import file as csvfile

from . import files, lists
from .chance import Chance
from .sites import around, site

SERVICES = tuple(files.MAKERS)
MODULES = tuple(lists.MAKERS)
KINDS = (*SERVICES, *MODULES)


@dataclass
class Job:
    """kind: a service or a module. records: see Ground.make. settings: what the service's are set to; told: through toolsync_config, or
    behind the back of the collection. lines: the file. options: of a module without a file. fault: of the practice Moodle, and at which
    step. conditions: of the practice Moodle. lacking: functions that the token's service has not; capabilities: of the token's account,
    None for an administrator's."""

    name: str
    moodle: str
    kind: str
    records: dict = field(default_factory=dict)
    action: str = "sync"
    settings: dict = field(default_factory=dict)
    told: bool = True
    lines: list = field(default_factory=list)
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
        """Whether everything that it is about can be read: no hidden columns, and a site that is set up as usual."""
        if self.fault or self.conditions or self.lacking or self.capabilities is not None or not self.told or self.records.get("plugin"):
            return False
        if self.kind == "enrols" and "enrol" not in self.columns:
            return False  # roles without an enrolment
        return not files.HIDDEN.get(self.kind, set()) & set(self.columns)

    def dump(self):
        """The job as JSON, without what is as usual."""
        usual = asdict(Job("", "", ""))
        return json.dumps({k: v for k, v in asdict(self).items() if v != usual[k]}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, text):
        return cls(**json.loads(text))


def tidy(job):
    """Take out the rows that the check of the service refuses, so that a fair part of the jobs are as users have them."""
    while len(job.lines) > 1:
        text = re.sub(r"\{id:[^}]*\}", "7", "\n".join(job.lines) + "\n")
        found = csvfile.check(io.BytesIO(text.encode()), job.kind, job.action, settings=job.settings, allow_destructive=True)
        refused = {finding.line for finding in found.errors}
        if not refused or refused & {None, 1}:
            return
        job.lines = [line for number, line in enumerate(job.lines, 1) if number not in refused]


def make(seed, kind, moodle):
    """The job of a seed (any text), always the same."""
    name = f"{kind}-{moodle}-{seed}"
    chance = Chance(name)
    job = Job(name, moodle, kind, records=site(chance))
    if kind in MODULES:
        job.options = lists.MAKERS[kind](chance)
    else:
        files.MAKERS[kind](chance, job)
        if chance.of(70):
            tidy(job)
    around(chance, job, file=kind in SERVICES)
    return job
