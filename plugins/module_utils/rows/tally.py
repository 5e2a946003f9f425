# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row does, one thing after the other, summed up in an Outcome.

Private to this collection.
"""

from __future__ import annotations

from .plan import CREATE, DELETE, FAIL, HIDDEN, LOOK, NO_FIELDS, REPORT, SETS, SKIP, SURE, UNCHANGED, UNKNOWN, UPDATE, Outcome


class Tally:
    """says: what the report will call the row, if it does not fail. ended: whether there is nothing more to be said of the row."""

    def __init__(self, line, key, doubt=SURE):
        self._line, self._key = line, key
        self.says, self.ended = None, False
        self._doubt, self._why = doubt, ""
        #: (doubt, why) of whatever may be wrong.
        self._open = [(doubt, "settings: what identifies the records of this service is not known")]
        self._sure: set[str] = set()
        #: What the row may have done besides: (kind, SETS or None, who can tell, why).
        self._maybe: list[tuple] = []
        self._fields: dict[str, tuple] = {}
        self._failed = self._fails_anyway = self._unknown = self._skipped = False
        self._stops: bool | None = False
        self._wrecks = ""
        self._removes = 0

    def doubted(self, doubt, why=""):
        """Whatever is said of the row may be wrong."""
        self._doubt = max(self._doubt, doubt)
        self._open.append((doubt, why))

    def did(self, kind, *, removes=0):
        self._sure.add(kind)
        self._removes += removes

    def may(self, kind, doubt, why, *, removes=0):
        """The row may do something of a kind; SETS, or None: something else that is no change of what can be seen."""
        self._maybe.append((kind, doubt, why))
        self._removes += removes

    def only_open(self, number):
        """Whether a look has nothing to tell of the row but that many doubts."""
        looks = sum(doubt == LOOK for _kind, doubt, _why in self._maybe)
        return not self._sure and not self._failed and self._doubt in (SURE, HIDDEN) and looks == number

    def say_at_least(self, outcome):
        if self.says in (None, "unchanged"):
            self.says = outcome

    def field(self, column, before, after):
        old = self._fields.get(column, (before,))[0]
        self._fields[column] = (old, after)

    def fail(self, why, doubt=SURE):
        self._why = why if not self._failed else self._why
        self._fails_anyway |= doubt == SURE or self._failed
        self._failed = True
        self.doubted(doubt, f"{why}, as far as can be seen")

    def skip(self, why):
        self._skipped, self._why, self.says = True, why, "skipped"

    def unknown(self, why):
        self._unknown = self.ended = True
        self._why = why
        self.doubted(HIDDEN)

    def stop(self, why, *, sure=True):
        """The run ends with this row; sure: or perhaps."""
        self._why, self.ended = why, True
        if sure:
            self._failed = self._stops = True
        else:
            self._unknown, self._stops = True, None
            self.doubted(REPORT)

    def wrecks(self, why):
        """The row does harm that it does not say."""
        self._wrecks = why
        self._why = self._why or why

    def outcome(self):
        # Where something is known to change, it does not matter that another change of the same record can't be seen.
        drowned = bool(self._sure & {CREATE, UPDATE})
        open_ = [one for one in self._maybe if not drowned or one[0] == DELETE]
        done = self._sure | {kind for kind, _doubt, _why in open_}
        changes = True if self._sure else None if open_ else False
        doubts = [*self._open, *((doubt, why) for _kind, doubt, why in open_)]
        if self._fails_anyway:
            # The report calls it failed whatever comes of one of these.
            doubts = [(LOOK if doubt == REPORT else doubt, why) for doubt, why in doubts]
        doubt = max(doubt for doubt, _why in doubts)
        open_why = next((why for one, why in doubts if why and one == doubt), "") if doubt else ""
        why = self._why or next((why for _kind, _doubt, why in open_), "") or next((why for doubt, why in self._open[1:] if doubt), "")
        if self._unknown:
            kind, changes, says = UNKNOWN, None, None
        elif self._failed:
            kind, says = FAIL, "failed"
        else:
            kind = next((kind for kind in (CREATE, DELETE, UPDATE) if kind in done), SKIP if self._skipped else UNCHANGED)
            says = self.says
        fields = self._fields or NO_FIELDS
        made = Outcome(
            self._line, self._key, kind, why, changes=changes, doubt=doubt, open=open_why, says=says, fields=fields, removes=self._removes
        )
        made.stops, made.wrecks, made.looks = self._stops, self._wrecks, any(doubt == LOOK for doubt, _why in doubts)
        made.repeats = kind == UNCHANGED and self._doubt == SURE and {kind for kind, _doubt, _why in self._maybe} == {SETS}
        return made
