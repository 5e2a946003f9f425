# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all services share: the site they work on and the plan they make. Private to this collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .errors import visible
from .memory import Memory
from .wire.moodle import Moodle
from .wire.moodlehost import MoodleHost


@dataclass
class Site:
    """moodle: the client; memory: what was last sent; warnings: texts for the user, in order, made visible.

    host: Moodle's own host, for a task that was given moodle_dir; it has neither moodle nor memory then.
    progress: takes a text on how far a long task is; where nobody can see it, it does nothing.
    """

    moodle: Moodle
    memory: Memory
    warnings: list[str] = field(default_factory=list)
    host: MoodleHost | None = None
    progress: t.Callable[[str], None] = lambda text: None

    def warn(self, text):
        text = visible(text)
        if text not in self.warnings:
            self.warnings.append(text)


class Plan:
    """What a task would do, and doing it.

    changed: whether the site ends up another one; before, after: the two sides of the diff; result: the return values.
    Making a plan only reads. C(apply) sends, and corrects the three from what really happened; C(rehearse) takes its place in check
    mode; C(close) drops temporary files.
    """

    def __init__(self, *, changed, before, after, result):
        self.changed: bool = changed
        self.before: t.Any = before
        self.after: t.Any = after
        self.result: dict[str, t.Any] = result

    def apply(self):
        """Do it. Raises ToolsyncError; what is in result by then stays true."""

    def rehearse(self):
        """Raise what apply is already known to end with. Only reads."""

    def close(self):
        """Release what the plan holds."""


class Reading(Plan):
    """The plan of a task that only reads, made when all is read."""

    def __init__(self, result):
        super().__init__(changed=False, before={}, after={}, result=result)
