# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of many items: what becomes of each is listed, and those that fail do not keep the others from being done.

Private to this collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..errors import MoodleError, PartlyFailed, ToolsyncError
from ..plan import Plan
from ..wire.ask import require_functions
from ..wire.moodle import Columns
from .batch import Bulk

#: Entries that a list of the result holds at most; the counts are complete.
LISTED = 1000


@dataclass(eq=False)
class Step:
    """What is to be done for an item.

    becomes: the list of the result that it will be in; item: as it is listed; shown: its keys in the diff, outermost first;
    before, after: its two sides there. certain: whether it is known to change something. sent: the variables, by key.
    group: what it shares with steps that would be refused for the same reason. remembered: what the memory file gets.
    """

    becomes: str
    item: dict[str, t.Any]
    shown: tuple[str, ...]
    before: t.Any
    after: t.Any
    certain: bool = True
    sent: dict[str, t.Any] = field(default_factory=dict)
    group: t.Any = None
    remembered: dict[str, t.Any] = field(default_factory=dict)


class ListedPlan(Plan):
    """Base. lists: the names of the result's lists, the last one for items that need nothing.

    A subclass fills C(steps), C(unchanged) and C(failures) while it plans, then calls C(report) with the steps.
    """

    lists: tuple[str, ...] = ()

    def __init__(self, site, on_failures):
        super().__init__(changed=False, before={}, after={}, result={})
        self.site, self.moodle = site, site.moodle
        self._on_failures = on_failures
        self.steps: list[Step] = []
        self.done: list[Step] = []
        self.unchanged: list[dict[str, t.Any]] = []
        self.failures: list[dict[str, t.Any]] = []
        #: Whether what is called unchanged is known to be.
        self.certain = True
        self.unanswered = False

    def rehearse(self):
        self.conclude()

    def fail(self, item, reason):
        self.failures.append({**item, "reason": reason})

    def need(self, functions):
        """Raise where the token lacks some of the functions. functions: name -> what it is needed for; nothing: not needed."""
        require_functions(self.moodle, [function for function, steps in functions.items() if steps])

    def send(self, steps, function, parameter, max_input_vars, reason, answered=None):
        """Send steps in batches as the parameter of a function.

        reason: (step, error) -> why Moodle refused it. answered: called with a batch and the function's value after each.
        """

        def send_batch(batch):
            value = self.call(function, {parameter: Columns(step.sent for step in batch)})
            if answered is not None:
                answered(batch, value)

        bulk = Bulk(
            send_batch,
            lambda step: variables(step.sent),
            max_input_vars,
            group=lambda step: step.group,
            lowered=self._warn_of_limit,
        )
        for step, error, tried in bulk.run(steps):
            if error is None:
                self.done.append(step)
            else:
                self.fail(step.item, reason(step, error) + ("" if tried else " (not tried: others were refused for it)"))

    def call(self, function, parameters):
        """The value of a function that writes; C(unanswered) stays true where no answer came."""
        self.unanswered = True
        try:
            value = self.moodle.call(function, parameters).value
        except MoodleError:
            self.unanswered = False
            raise
        self.unanswered = False
        return value

    def _warn_of_limit(self, limit):
        self.site.warn(
            f"The site cuts requests off after {limit} variables or a few more: set max_input_vars to its value in the site's php.ini."
        )

    def report(self, steps):
        """Set result, changed and both sides of the diff from what is, or will be, done."""
        listed: dict[str, list[dict[str, t.Any]]] = {name: [] for name in self.lists}
        self.before, self.after = {}, {}
        for step in steps:
            listed[step.becomes].append(step.item)
            if step.becomes == self.lists[-1]:
                continue
            _put(self.before, step.shown, step.before, keep=True)
            _put(self.after, step.shown, step.after)
        listed[self.lists[-1]] += self.unchanged
        counts = {name: len(entries) for name, entries in listed.items()}
        self.changed = bool(self.after) or self.unanswered
        self.result.update({name: entries[:LISTED] for name, entries in listed.items()})
        self.result.update(
            counts={**counts, "failed": len(self.failures)},
            failures=self.failures,
            changed_is_certain=self.certain and all(step.certain for step in steps) and not self.unanswered,
        )

    def conclude(self):
        """Raise or warn for the failures, as the user wants it."""
        if not self.failures or self._on_failures == "ignore":
            return
        number = len(self.failures)
        message = f"{number} item{'s' if number > 1 else ''} failed: {'; '.join(map(_told, self.failures[:3]))}"
        message += f"; and {number - 3} more." if number > 3 else "."
        if self._on_failures == "warn":
            self.site.warn(message)
        else:
            raise PartlyFailed(message)



def variables(value):
    """How many form variables a value takes."""
    if isinstance(value, dict):
        return sum(variables(inner) for inner in value.values())
    return 0 if value is None else 1



def told(error: ToolsyncError):
    """What Moodle said, the more telling text where its debugging is on."""
    return error.debuginfo.splitlines()[0] if error.debuginfo else error.message


def _told(failure):
    named = " ".join(str(value) for key, value in failure.items() if key not in ("reason", "id") and value is not None)
    return f"{named}: {failure['reason']}"


def _put(tree, keys, value, keep=False):
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    if not keep or keys[-1] not in tree:
        tree[keys[-1]] = value
