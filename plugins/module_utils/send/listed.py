# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of many items: what becomes of each is listed, and those that fail do not keep the others from being done.

Private to this collection.
"""

from __future__ import annotations

import collections
import itertools
import typing as t
from dataclasses import dataclass, field

from ..errors import MoodleError, ParameterRefused, PartlyFailed, ToolsyncError
from ..plan import Plan
from ..wire.ask import Asker, require_functions
from ..wire.catalogue import FUNCTIONS
from ..wire.moodle import Columns
from ..wire.transport import NEVER
from .batch import TAKEN, UNKNOWN, UNTRIED, Bulk, checked_lanes, checked_limit

#: Entries that a list of the result holds at most; the counts are complete.
LISTED = 1000


@dataclass(eq=False)
class Step:
    """What is to be done for an item.

    becomes: the list of the result that it will be in; item: as it is listed; shown: its keys in the diff, outermost first;
    before, after: its two sides there. certain: whether it is known to change something. sent: the variables, by key, or the one value.
    group: what it shares with steps that would be refused for the same reason. remembered: what the memory file gets.
    about: what its plan knows of it besides. because: where it is not certain, what could not be seen.
    """

    becomes: str
    item: dict[str, t.Any]
    shown: tuple[str, ...]
    before: t.Any
    after: t.Any
    certain: bool = True
    sent: t.Any = field(default_factory=dict)
    group: t.Any = None
    remembered: dict[str, t.Any] = field(default_factory=dict)
    about: t.Any = None
    because: str = "whether it was so before can't be seen"


class ListedPlan(Plan):
    """Base. changes: what is done to items -> (the function that does it, its parameter; None: one call for each step), in the order of
    doing. lists: the names of the result's lists, besides C(unchanged) for items that need nothing; section: where the memory file keeps
    what steps remember. params: the options of its module.

    A subclass fills C(unchanged) and C(failures), and adds steps, while it plans, then calls C(ready). C(look) sees what came of them. What
    nobody can see is neither done nor failed, but unknown. In check mode, C(obstacle) and C(unseen) say of a step what is going to come of
    it.
    """

    changes: t.Mapping[str, tuple[str, str | None]] = {}
    section = ""
    #: What nobody can see of a step that Moodle took, and that is not in place: it may have changed something. Empty for nothing.
    half_done = ""
    #: What messages call an item, and several.
    noun = ("item", "items")

    def __init__(self, site, params):
        super().__init__(changed=False, before={}, after={}, result={})
        self.site, self.moodle = site, site.moodle
        self._on_failures = params["on_failures"]
        self.asker = Asker(self.moodle, checked_limit(params["max_input_vars"]), checked_lanes(params.get("parallel_requests", 1)))
        self.steps: dict[str, list[Step]] = {change: [] for change in self.changes}
        self.done: list[Step] = []
        self.unchanged: list[dict[str, t.Any]] = []
        self.failures: list[dict[str, t.Any]] = []
        #: Whether what is called unchanged is known to be.
        self.certain = True
        #: Step -> what Moodle's answer, though no error, says against it. Filled by C(heed).
        self.objections: dict[Step, str] = {}
        self._half_done = 0
        self._unknown: dict[Step, str] = {}

    @property
    def lists(self):
        return tuple(self.changes)

    def add(self, step, change=None):
        """change: which of C(changes) it is, where it will be in another list than that of this name."""
        self.steps[change or step.becomes].append(step)

    def needed(self):
        """Function -> what it is needed for; nothing: not needed."""
        return {function: self.steps[change] for change, (function, _parameter) in self.changes.items()}

    def ready(self):
        """Raise where the token lacks a function; say what is planned."""
        require_functions(self.moodle, [function for function, steps in self.needed().items() if steps])
        self._tell([*itertools.chain(*self.steps.values())])

    def sendable(self, change):
        """The steps that can be sent, now that those before them were."""
        return self.steps[change]

    def lanes(self, change):
        """(how many of its requests are under way at a time, step -> what two of them must not write to; None: nothing)."""
        return 1, None

    def heed(self, batch, value):
        """Take what the answer to a request says of its steps. Where there are several lanes, it is called in other threads."""

    def reason(self, step, error):
        """Why Moodle refused a step, as far as it can be told."""
        return told(error)

    def look(self, steps):
        """For each step, whether what it was to do is in place now: True, False, or None where nobody can tell. Only reads."""
        raise NotImplementedError

    def is_doubtful(self, step):
        """Whether Moodle may be silent about a step that it did not do."""
        return False

    def why_left(self, step):
        """Why a doubtful step may not have been done, for a failure."""
        raise NotImplementedError

    def obstacle(self, step):
        """Why Moodle is going to refuse a step, as far as that was seen; else None."""
        return None

    def unseen(self, step):
        """What decides whether a step can be done, and could not be seen; None where all was seen."""
        return None

    def rehearse(self):
        """Tell what is going to fail, and what nobody can tell."""
        predicted = []
        for step in itertools.chain(*self.steps.values()):
            obstacle = self.obstacle(step)
            if obstacle is not None:
                self.fail(step.item, obstacle)
                continue
            unseen = self.unseen(step) if step.certain else None
            if unseen is not None:
                step.certain, step.because = False, unseen
            predicted.append(step)
        self._tell(predicted)
        self.conclude()

    def apply(self):
        if self._on_failures == "stop" and self.failures:
            self._tell([])
            self.conclude()
        try:
            for change in self.changes:
                self._send(change)
            self._verify()
        finally:
            self._tell(self.done)
            self.remember()
        self.conclude()

    def fail(self, item, reason):
        self.failures.append({**item, "reason": reason})

    # -- sending --------------------------------------------------------------------------------------------------

    def _send(self, change):
        """Send steps in batches, as the parameter of their function; where that is None, each alone as its parameters."""
        steps, (function, parameter) = list(self.sendable(change)), self.changes[change]
        lanes, place = self.lanes(change)

        def send_batch(batch):
            value = self.moodle.call(function, _parameters(parameter, [step.sent for step in batch])).value
            self.heed(batch, value)
            return len(value) if isinstance(value, list) else None

        bulk = Bulk(
            send_batch,
            lambda step: variables(step.sent) if parameter else self.asker.max_input_vars,
            self.asker.max_input_vars,
            group=lambda step: step.group,
            lowered=self._warn_of_limit,
            lanes=lanes,
            place=place,
            look=self._seen,
            repeatable=FUNCTIONS[function].repeat != NEVER,
        )
        why = "the task ended before it was answered"
        try:
            for number, end in enumerate(bulk.run(steps), 1):
                self.site.progress(f"{number} of {len(steps)} sent")
                if end.becomes == TAKEN:
                    self.done.append(end.record)
                elif end.becomes == UNKNOWN:
                    self._unknown[end.record] = self.reason(end.record, end.error)
                else:
                    untried = " (not tried: others were refused for it)" if end.becomes == UNTRIED else ""
                    self.fail(end.record.item, self.reason(end.record, end.error) + untried)
        except ToolsyncError as error:
            why = told(error)
            raise
        finally:
            self._unknown.update((step, why) for step in steps if step in bulk.open)

    def _seen(self, steps):
        """As C(look), where the site may refuse to show it."""
        try:
            return self.look(steps)
        except MoodleError:
            return [None] * len(steps)

    def _verify(self):
        """Look again at what Moodle took and may not have done."""
        doubtful = [step for step in self.done if step in self.objections or self.is_doubtful(step)]
        try:
            seen = dict(zip(doubtful, self._seen(doubtful))) if doubtful else {}
        except ToolsyncError:
            for step in doubtful:
                step.certain = False
            raise
        for step, there in seen.items():
            if there is False:
                self.fail(step.item, self.objections.get(step) or self.why_left(step))
                self._half_done += bool(self.half_done)
            elif there is None and step in self.objections:
                self._unknown[step] = self.objections[step]
            elif there is None:
                step.certain = False
        self.done = [step for step in self.done if seen.get(step) is not False and step not in self._unknown]

    def _warn_of_limit(self, limit):
        self.site.warn(
            f"The site cuts requests off after {limit} variables or a few more: set max_input_vars to its value in the site's php.ini."
        )

    # -- telling --------------------------------------------------------------------------------------------------

    def _tell(self, steps):
        """Set result, changed and both sides of the diff from what is, or will be, done."""
        listed: dict[str, list[dict[str, t.Any]]] = {name: [] for name in (*self.lists, "unchanged")}
        self.before, self.after = {}, {}
        for step in steps:
            listed[step.becomes].append(step.item)
            if step.becomes != "unchanged":
                _put(self.before, step.shown, step.before, keep=True)
                _put(self.after, step.shown, step.after)
        listed["unchanged"] += self.unchanged
        counts = {name: len(entries) for name, entries in listed.items()}
        # What may have changed is never called unchanged.
        self.changed = bool(self.after) or bool(self._unknown) or bool(self._half_done)
        why = collections.Counter(step.because for step in steps if not step.certain)
        why.update({self.half_done: self._half_done} if self._half_done else {})
        self.result.update({name: entries[:LISTED] for name, entries in listed.items()})
        self.result.update(
            counts={**counts, "failed": len(self.failures), "unknown": len(self._unknown)},
            failures=self.failures,
            unknown=self.unknown,
            changed_is_certain=self.certain and not why and not self._unknown,
            uncertain=[{"because": because, "items": number} for because, number in why.most_common()],
        )

    @property
    def unknown(self):
        """The items of which nobody knows whether they were done, with the reason."""
        return [{**step.item, "reason": why} for step, why in self._unknown.items()]

    def remember(self):
        """Keep in the memory file what the steps that were done remember; what may have been done is no longer known."""
        remembered = {key: value for step in self.done for key, value in step.remembered.items()}
        remembered.update((key, None) for step in self._unknown for key in step.remembered)
        if remembered:
            self.site.memory.put(self.section, remembered)

    def conclude(self):
        """Raise or warn for what failed or is unknown, as the user wants it."""
        said = (
            (self.failures, "failed"),
            (self.unknown, "refused, which may be done all the same, as nobody can look with this token"),
        )
        message = " ".join(self._sentence(entries, what) for entries, what in said if entries)
        if message and self._on_failures == "warn":
            self.site.warn(message)
        elif message:
            raise PartlyFailed(message)

    def number_of(self, entries):
        """How messages count the entries of a list: "2 items"."""
        return f"{len(entries)} {self.noun[len(entries) != 1]}"

    def _sentence(self, entries, what):
        """One sentence on entries with reasons. A reason that several share is told once."""
        alike: dict[str, list[dict[str, t.Any]]] = {}
        for entry in entries:
            alike.setdefault(entry["reason"], []).append(entry)
        first = list(itertools.islice(alike.items(), 3))
        left = len(entries) - sum(len(some) for _reason, some in first)
        reasons = "; ".join(f"{_named(some)}: {reason.rstrip('.')}" for reason, some in first)
        return f"{self.number_of(entries)} {what}: {reasons}{f'; and {left} more' if left else ''}."


def variables(value):
    """How many form variables a value takes."""
    if isinstance(value, dict):
        return sum(variables(inner) for inner in value.values())
    return 0 if value is None else 1


def told(error: ToolsyncError):
    """What Moodle said, the more telling text where its debugging is on."""
    return error.debuginfo.splitlines()[0] if error.debuginfo else error.message


def told_of_groups(step, error):
    """Why Moodle refused a step that is about a group, or puts somebody into one, as far as it can be told."""
    if error.errorcode in ("nopermissions", "errorcoursecontextnotvalid"):
        return f"{told(error)} The token's account needs the capability moodle/course:managegroups in the course"
    if step.becomes == "added" and isinstance(error, ParameterRefused) and not error.debuginfo:
        return "Moodle refuses: only enrolled users may be in a group"
    return told(error)


def _parameters(parameter, sent):
    if parameter is None:
        return sent[0]
    return {parameter: Columns(sent) if isinstance(sent[0], dict) else sent}


def _named(entries):
    first = " ".join(str(value) for key, value in entries[0].items() if key not in ("reason", "id") and value is not None)
    return f"{first} and {len(entries) - 1} more" if len(entries) > 1 else first


def _put(tree, keys, value, keep=False):
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    if not keep or keys[-1] not in tree:
        tree[keys[-1]] = value
