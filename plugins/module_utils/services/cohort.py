# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts made, changed and deleted: read what is there, plan the difference, send only that.

Private to this collection. The plugin has a function that deletes a cohort and none that makes one; so Moodle's own are used.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import FUNCTIONS_PAGE, OptionError
from ..read.account import Account
from ..read.categories import CATEGORIES
from ..read.cohorts import COHORT_SEARCH, SYSTEM, Cohorts
from ..read.directory import Directory, Ref, reference
from ..send.listed import ListedPlan, Step
from ..send.wanted import items_of

#: What the columns of Moodle's cohort table hold, in characters.
COLUMN_LENGTHS = {"name": 254, "idnumber": 100}
#: What an item may ask for, beside its place.
_CONTENT = ("name", "idnumber", "description", "visible")
_UNPLACED = (
    "it lies in a category that can't be told, and Moodle's update sets the category in any case: give category, or add "
    f"{COHORT_SEARCH} and {CATEGORIES} to the token's service ({FUNCTIONS_PAGE})"
)


class Impossible(Exception):
    """An item can't be done. Its text says why."""


@dataclass(frozen=True)
class WantedCohort:
    """One cohort as it is wanted. where: what messages call it; content: what of _CONTENT it is to have.

    category: a Ref, or SYSTEM; None: as it is.
    """

    where: str = field(compare=False)
    ref: Ref
    content: dict
    category: Ref | int | None
    present: bool

    @property
    def item(self):
        return {"cohort": self.ref.value}

    @property
    def renamed(self):
        """The Ref that fits once the cohort has the new name or idnumber that it is to get."""
        return self.ref._replace(value=self.content.get(self.ref.by) or self.ref.value) if self.present else self.ref


def plan(site, params):
    """params: the options of toolsync_cohort. Raises OptionError before anything is sent."""
    return CohortPlan(site, params)


def wanted_cohorts(params):
    """The WantedCohorts of toolsync_cohort's options, in their order and without doubles. Raises OptionError."""
    found: dict[Ref, WantedCohort] = {}
    for where, item in items_of(params, "cohorts"):
        one = _wanted_cohort(where, item)
        first = found.setdefault(one.ref, one)
        if first != one:
            raise OptionError(f"{one.where} and {first.where} contradict each other for {one.ref}.", option="cohorts")
    return list(found.values())


def _wanted_cohort(where, item):
    ref = reference("cohort", item["cohort_identifier"], item["cohort"], f"cohort of {where}")
    content = {name: item[name] for name in _CONTENT if item[name] is not None}
    for name, longest in COLUMN_LENGTHS.items():
        if len(content.get(name, "")) > longest:
            raise OptionError(f"{name} of {where} is longer than {longest} characters.", option=name)
    if not content.get("name", "x").strip():
        raise OptionError(f"name of {where} is empty.", option="name")
    category, by = item["category"], item["category_identifier"]
    if by == "id" and str(category).strip() == "0":
        category = SYSTEM
    elif category is not None:
        category = reference("category", by, category, f"category of {where}")
    return WantedCohort(where, ref, content, category, item["state"] == "present")


class CohortPlan(ListedPlan):
    """The C(about) of a step is the category that it puts the cohort in: a number, or SYSTEM."""

    changes = {
        "created": ("core_cohort_create_cohorts", "cohorts"),
        "updated": ("core_cohort_update_cohorts", "cohorts"),
        "deleted": ("tool_sync_cohort_delete", None),
    }
    section = "cohorts"
    noun = ("cohort", "cohorts")

    def __init__(self, site, params):
        super().__init__(site, params)
        self._cohorts, self._directory, self._account = Cohorts(self.asker), Directory(self.asker), Account(self.asker)
        #: A cohort's id, or an idnumber that one is given -> the item that did so first.
        self._firsts: dict[int | str, WantedCohort] = {}
        items = wanted_cohorts(params)
        self._read(items)
        for item in items:
            try:
                self._decide(item)
            except Impossible as error:
                self.fail(item.item, str(error))
        self.ready()

    def _read(self, items):
        given = [item.content["idnumber"] for item in items if item.present and item.content.get("idnumber")]
        self._cohorts.look_up([item.ref for item in items] + [Ref("cohort", "idnumber", idnumber) for idnumber in given])
        if any(item.present or item.ref.by == "name" for item in items):
            self._cohorts.require()
        self._directory.look_up([item.category for item in items if item.present and isinstance(item.category, Ref)])

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, item):
        """Raises Impossible."""
        ref = item.ref if self._cohorts.find(item.ref) else item.renamed
        found, problem = self._cohorts.one(ref)
        first = self._firsts.setdefault(found.id, item) if found is not None else item
        if first is not item:
            raise Impossible(f"{first.where} names the same cohort by its {first.ref.by}: name it once")
        if len(self._cohorts.find(ref)) > 1 or (item.present and found is None and ref.by == "id"):
            raise Impossible(problem)
        if not item.present:
            self._decide_absent(item, found)
        elif found is None:
            self._decide_new(item)
        else:
            self._decide_change(item, found)

    def _decide_absent(self, item, found):
        if found is not None:
            before = {name: getattr(found, name) for name in _CONTENT}
            self._add("deleted", item, found.id, before, None, {"chidsource": "id", "chid": found.id})
        elif self._cohorts.readable:
            self.unchanged.append({**item.item, "id": None})
        else:
            self._add("deleted", item, None, None, None, {"chidsource": item.ref.by, "chid": item.ref.value}, certain=False)

    def _decide_new(self, item):
        content = {"name": "", "idnumber": "", "description": "", "visible": True, item.ref.by: item.ref.value, **item.content}
        if not content["name"]:
            raise Impossible("there is no such cohort, and a new one needs a name")
        self._claim(item, content["idnumber"])
        place = self._place(item)
        self._add("created", item, None, None, {**content, "category": _place_shown(place)}, _sent(content, place), place)

    def _decide_change(self, item, found):
        after = {name: value for name, value in item.content.items() if not found.has(name, value)}
        before = {name: getattr(found, name) for name in after}
        content = {"idnumber": found.idnumber, "name": found.name, **after}
        place, certain, moved = None, True, False
        self._claim(item, after.get("idnumber"), found)
        if item.category is not None:
            place = self._place(item)
            inside = self._cohorts.lies_in(found.id, place)
            if inside is None:
                # Not to be read: what was last sent from here decides.
                inside = self.site.memory.get(self.section, str(found.id)) == place
                self.certain = certain = False
            if not inside:
                moved, before["category"], after["category"] = True, None, _place_shown(place)
        if not after:
            self.unchanged.append({**item.item, "id": found.id})
            return
        if place is None:
            place = self._cohorts.category_of(found.id)
        if place is None:
            raise Impossible(_UNPLACED)
        sent = {**_sent(content, place), "id": found.id}
        step = self._add("updated", item, found.id, before, after, sent, place, certain=certain)
        step.remembered = {str(found.id): place} if moved else {}
        step.because = f"in which category a cohort lies can't be seen: add {COHORT_SEARCH} to the token's service ({FUNCTIONS_PAGE})"

    def _add(self, becomes, item, number, before, after, sent, place=None, *, certain=True):
        step = Step(becomes, {**item.item, "id": number}, (item.ref.value,), before, after, certain, sent, about=place)
        self.add(step)
        return step

    def _claim(self, item, idnumber, found=None):
        """Raise Impossible where another cohort has an idnumber, or is to get it; Moodle would refuse it, or worse, have two."""
        if not idnumber and found is not None:
            return
        if not idnumber:
            self._cohorts.all()
        others = self._cohorts.find(Ref("cohort", "idnumber", idnumber))
        taken = [cohort.id for cohort in others if cohort != found and (idnumber or not cohort.unset)]
        first = self._firsts.setdefault(idnumber, item)
        if not idnumber and (taken or first is not item):
            raise Impossible("Moodle lets web services make only one cohort without an idnumber, and there is one: give an idnumber")
        if taken:
            raise Impossible(f"the cohort with the id {taken[0]} has the idnumber {idnumber} already")
        if first is not item:
            raise Impossible(f"{first.where} gives the idnumber {idnumber} to another cohort")

    def _place(self, item):
        """The number of the category that an item names, or SYSTEM. Raises Impossible."""
        if not isinstance(item.category, Ref):
            return SYSTEM
        number, problem = self._directory.id_of(item.category), self._directory.problem(item.category)
        if number is None:
            raise Impossible(problem or f"{item.category} can't be looked up: add {CATEGORIES} to the token's service ({FUNCTIONS_PAGE})")
        return number

    def unseen(self, step):
        return self._account.unseen

    # -- doing ----------------------------------------------------------------------------------------------------

    def heed(self, batch, value):
        for step, made in zip(batch, value if batch[0].becomes == "created" else ()):
            step.item["id"] = made["id"]
        if batch[0].becomes == "deleted":
            (step,) = batch
            # The plugin says whether there was such a cohort, and is asked only once (wire/catalogue.py).
            step.certain = True
            if not value and step.before is None:
                step.becomes = "unchanged"

    def reason(self, step, error):
        if error.errorcode == "nopermissions":
            return "the token's account lacks the capability moodle/cohort:manage in the category, or in the system"
        return super().reason(step, error)

    def look(self, steps):
        refs = [_seen_by(step) for step in steps]
        again = Cohorts(self.asker)
        again.look_up(refs)
        return [_is_done(step, again.find(ref), again) if again.readable else None for step, ref in zip(steps, refs)]


def _sent(content, place):
    """The variables of a cohort. What has a default comes first: a request that PHP cuts off then lacks what has none."""
    where = {"type": "system", "value": ""} if place == SYSTEM else {"type": "id", "value": place}
    sent = {name: content.get(name) for name in ("description", "visible")}
    return {**sent, "categorytype": where, "idnumber": content["idnumber"], "name": content["name"]}


def _place_shown(place):
    return "system" if place == SYSTEM else place


def _seen_by(step):
    """The Ref by which what becomes of a step is found."""
    if step.becomes == "created":
        by = "idnumber" if step.sent["idnumber"] else "name"
        return Ref("cohort", by, step.sent[by])
    if step.becomes == "updated":
        return Ref("cohort", "id", str(step.sent["id"]))
    return Ref("cohort", step.sent["chidsource"], str(step.sent["chid"]))


def _is_done(step, found, cohorts):
    """Whether what a step was to do shows in what was found of Cohorts by its Ref; None where nobody can tell."""
    if step.becomes == "created":
        made = [cohort.id for cohort in found if cohort.has("name", step.sent["name"])]
        step.item["id"] = made[-1] if made else None
        return bool(made)
    if step.becomes != "updated":
        return not found
    if not found:
        return False
    if not all(found[0].has(name, value) for name, value in step.after.items() if name != "category"):
        return False
    return cohorts.lies_in(found[0].id, step.about) if "category" in step.after else True
