# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of many items in which one function stands for each thing that may become of them. Private to this collection."""

from __future__ import annotations

import typing as t

from ..wire.ask import Asker
from .batch import checked_limit
from .listed import ListedPlan, Step, told


class ChangesPlan(ListedPlan):
    """Base. changes: what becomes of a step -> (the function that does it, its parameter; None: one call for each step), in the order of
    doing.

    A subclass adds steps while it plans, then calls C(ready). params: the options of its module.
    """

    changes: t.Mapping[str, tuple[str, str | None]] = {}

    def __init__(self, site, params):
        super().__init__(site, params["on_failures"], checked_limit(params["max_input_vars"]))
        self.asker = Asker(self.moodle, self.max_input_vars)
        self.steps: dict[str, list[Step]] = {becomes: [] for becomes in self.changes}

    @property
    def lists(self):
        return (*self.changes, "unchanged")

    def add(self, step):
        self.steps[step.becomes].append(step)

    def ready(self, also=None):
        """Raise where the token lacks a function; say what is planned. also: name -> what it is needed for, of other functions."""
        needed = {function: self.steps[becomes] for becomes, (function, _parameter) in self.changes.items()}
        self.need({**(also or {}), **needed})
        self.report([step for steps in self.steps.values() for step in steps])
        self.result["uncertain"] = self.uncertain

    def act(self):
        for becomes, (function, parameter) in self.changes.items():
            self.send(self.sendable(becomes), function, parameter, self.reason, answered=self.heed)

    def sendable(self, becomes):
        """The steps that can be sent, now that those before them were."""
        return self.steps[becomes]

    def heed(self, batch, value):
        """Take what the answer to a request says of its steps."""

    def reason(self, step, error):
        """Why Moodle refused a step, as far as it can be told."""
        return told(error)
