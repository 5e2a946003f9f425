# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts made, changed and deleted: read what is there, plan the difference, send only that.

Private to this collection. The plugin has a function that deletes a cohort and none that makes one; so Moodle's own are used.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE, OptionError
from ..read.categories import CATEGORIES
from ..read.cohorts import COHORT_SEARCH, SYSTEM, Cohort, Cohorts
from ..read.directory import Directory, Ref, reference
from ..send.batch import checked_limit
from ..send.listed import ListedPlan, Step, told
from ..wire.ask import Asker

CREATE = "core_cohort_create_cohorts"
UPDATE = "core_cohort_update_cohorts"
DELETE = "tool_sync_cohort_delete"
#: What the columns of Moodle's cohort table hold, in characters.
LENGTHS = {"name": 254, "idnumber": 100}
#: What an item may ask for, beside its place.
_CONTENT = ("name", "idnumber", "description", "visible")
_UNPLACED = (
    "it lies in a category that can't be told, and Moodle's update sets the category in any case: give category, or add "
    f"{COHORT_SEARCH} and {CATEGORIES} to the token's service ({FUNCTIONS_PAGE})"
)


@dataclass(frozen=True)
class WantedCohort:
    """One cohort as it is wanted. where: what messages call it; None: as it is. category: a Ref, or SYSTEM."""

    where: str
    ref: Ref
    name: str | None
    idnumber: str | None
    description: str | None
    visible: bool | None
    category: Ref | int | None
    present: bool

    @property
    def item(self):
        return {"cohort": self.ref.value}


def plan(site, params):
    """params: the options of toolsync_cohort. Raises OptionError before anything is sent."""
    limit = checked_limit(params["max_input_vars"])
    return CohortPlan(site, wanted(params), on_failures=params["on_failures"], max_input_vars=limit)


def wanted(params):
    """The WantedCohort of toolsync_cohort's options, in their order and without doubles. Raises OptionError."""
    if params["cohorts"] is None:
        return [_wanted("the task", params)]
    found: dict[Ref, WantedCohort] = {}
    for number, item in enumerate(params["cohorts"], 1):
        given = {key: value for key, value in item.items() if value is not None}
        one = _wanted(f"item {number} of cohorts", {**params, **given})
        first = found.setdefault(one.ref, one)
        if first.__dict__ != {**one.__dict__, "where": first.where}:
            raise OptionError(f"{one.where} and {first.where} contradict each other for {one.ref}.", option="cohorts")
    return list(found.values())


def _wanted(where, item):
    ref = reference("cohort", item["cohort_identifier"], item["cohort"], f"cohort of {where}")
    texts = {name: item[name] for name in ("name", "idnumber")}
    for name, text in texts.items():
        if text is not None and len(text) > LENGTHS[name]:
            raise OptionError(f"{name} of {where} is longer than {LENGTHS[name]} characters.", option=name)
        if text is not None and name == "name" and not text.strip():
            raise OptionError(f"name of {where} is empty.", option=name)
    return WantedCohort(
        where,
        ref,
        texts["name"],
        texts["idnumber"],
        item["description"],
        item["visible"],
        _category(where, item),
        item["state"] == "present",
    )


def _category(where, item):
    value, by = item["category"], item["category_identifier"]
    if value is None:
        return None
    if by == "id" and str(value).strip() == "0":
        return SYSTEM
    return reference("category", by, value, f"category of {where}")


class CohortPlan(ListedPlan):
    lists = ("created", "updated", "deleted", "unchanged")
    section = "cohorts"

    def __init__(self, site, items, *, on_failures, max_input_vars):
        super().__init__(site, on_failures, max_input_vars)
        self._asker = Asker(self.moodle, max_input_vars)
        self._cohorts, self._directory = Cohorts(self._asker), Directory(self._asker)
        self._creations: list[Step] = []
        self._updates: list[Step] = []
        self._deletions: list[Step] = []
        self._decided: dict[int, WantedCohort] = {}
        self._given: dict[str, WantedCohort] = {}
        self._read(items)
        for item in items:
            self._decide(item)
        self.need({CREATE: self._creations, UPDATE: self._updates, DELETE: self._deletions})
        self.report([*self._creations, *self._updates, *self._deletions])

    def _read(self, items):
        refs = [item.ref for item in items]
        refs += [Ref("cohort", "idnumber", item.idnumber) for item in items if item.idnumber and item.present]
        self._cohorts.look_up(refs)
        if any(item.present or item.ref.by == "name" for item in items):
            self._cohorts.require()
        self._directory.look_up([item.category for item in items if item.present and isinstance(item.category, Ref)])

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, item):
        found, problem = self._cohorts.one(item.ref)
        ambiguous = len(self._cohorts.find(item.ref)) > 1
        first = self._decided.setdefault(found.id, item) if found is not None else item
        if first is not item:
            self.fail(item.item, f"{first.where} names the same cohort by its {first.ref.by}: name it once")
        elif ambiguous or (item.present and found is None and item.ref.by == "id"):
            self.fail(item.item, problem)
        elif not item.present:
            self._decide_absent(item, found)
        elif found is None:
            self._decide_new(item)
        else:
            self._decide_change(item, found)

    def _decide_absent(self, item, found):
        if found is None and self._cohorts.readable:
            self.unchanged.append({**item.item, "id": None})
            return
        by, value = ("id", found.id) if found is not None else (item.ref.by, item.ref.value)
        listed = {**item.item, "id": found and found.id}
        before = _shown(found) if found is not None else None
        sent = {"chidsource": by, "chid": value}
        self._deletions.append(Step("deleted", listed, (item.ref.value,), before, None, found is not None, sent))

    def _decide_new(self, item):
        fields = {name: getattr(item, name) for name in _CONTENT}
        if item.ref.by == "name":
            fields["name"] = fields["name"] or item.ref.value
        else:
            fields["idnumber"] = item.ref.value if fields["idnumber"] is None else fields["idnumber"]
        if not fields["name"]:
            self.fail(item.item, "there is no such cohort, and a new one needs a name")
            return
        if not self._may_have(item, fields["idnumber"], None):
            return
        place = self._place(item)
        if place is None:
            return
        fields.update(idnumber=fields["idnumber"] or "", description=fields["description"] or "")
        fields["visible"] = True if fields["visible"] is None else fields["visible"]
        after = {**fields, "category": _place_shown(place)}
        sent = {"description": fields["description"], "visible": fields["visible"], "categorytype": _place_sent(place)}
        sent.update(idnumber=fields["idnumber"], name=fields["name"])
        self._creations.append(Step("created", {**item.item, "id": None}, (item.ref.value,), None, after, True, sent))

    def _decide_change(self, item, found):
        fields = {name: getattr(item, name) for name in _CONTENT if getattr(item, name) is not None}
        differing = {name: value for name, value in fields.items() if not found.has(name, value)}
        if not self._may_have(item, differing.get("idnumber"), found):
            return
        before, after = {}, {}
        for name, value in differing.items():
            before[name], after[name] = getattr(found, name), value
        place, certain = None, True
        if item.category is not None:
            place = self._place(item)
            if place is None:
                return
            inside = self._cohorts.lies_in(found.id, place)
            if inside is None:
                # Not to be read: what was last sent from here decides.
                inside = self.site.memory.get(self.section, str(found.id)) == place
                self.certain = certain = False
            if not inside:
                before["category"], after["category"] = None, _place_shown(place)
        if not after:
            self.unchanged.append({**item.item, "id": found.id})
            return
        if place is None:
            place = self._cohorts.category_of(found.id)
        self._add_update(item, found, differing, place, before, after, certain)

    def _add_update(self, item, found, differing, place, before, after, certain):
        sent = {name: differing.get(name) for name in ("description", "visible")}
        sent["categorytype"] = None if place is None else _place_sent(place)
        sent.update(idnumber=differing.get("idnumber", found.idnumber), name=differing.get("name", found.name), id=found.id)
        if sent["categorytype"] is None:
            self.fail(item.item, _UNPLACED)
            return
        step = Step("updated", {**item.item, "id": found.id}, (item.ref.value,), before, after, certain, sent)
        if "category" in after:
            step.remembered, step.about = {str(found.id): place}, place
        self._updates.append(step)

    def _may_have(self, item, idnumber, found):
        """Whether no other cohort has an idnumber, or is to get it; Moodle would refuse it, or worse, have two."""
        others = self._cohorts.find(Ref("cohort", "idnumber", idnumber)) if idnumber else ()
        taken = [cohort.id for cohort in others if found is None or cohort.id != found.id]
        if taken:
            self.fail(item.item, f"the cohort with the id {taken[0]} has the idnumber {idnumber} already")
            return False
        first = self._given.setdefault(idnumber, item) if idnumber else item
        if first is not item:
            self.fail(item.item, f"{first.where} gives the idnumber {idnumber} to another cohort")
        return first is item

    def _place(self, item):
        """The category's number, or its Ref where that is not known; None after a failure."""
        if not isinstance(item.category, Ref):
            return SYSTEM
        problem = self._directory.problem(item.category)
        if problem is not None:
            self.fail(item.item, problem)
            return None
        number = self._directory.id_of(item.category)
        if number is None:
            self.fail(item.item, f"{item.category} can't be looked up: add {CATEGORIES} to the token's service ({FUNCTIONS_PAGE})")
        return number

    # -- doing ----------------------------------------------------------------------------------------------------

    def act(self):
        self.send(self._creations, CREATE, "cohorts", _reason, answered=_note_ids)
        self.send(self._updates, UPDATE, "cohorts", _reason)
        self.send(self._deletions, DELETE, None, _reason, answered=_heed)

    def look(self, steps):
        refs = [_seen_by(step) for step in steps]
        again = Cohorts(self._asker)
        again.look_up(refs)
        return [_is_done(step, again.find(ref), again) if again.readable else None for step, ref in zip(steps, refs)]


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


def _heed(batch, was_there):
    """The plugin says whether there was such a cohort: not where the request had to be sent again, because its answer was lost."""
    (step,) = batch
    if not was_there and step.before is None:
        step.becomes = "unchanged"
    step.certain = True


def _note_ids(batch, value):
    for step, row in zip(batch, value if isinstance(value, list) else ()):
        step.item["id"] = row["id"]


def _reason(step, error):
    if error.errorcode == "nopermissions":
        return "the token's account lacks the capability moodle/cohort:manage in the category, or in the system"
    return told(error)


def _shown(cohort: Cohort):
    return {name: getattr(cohort, name) for name in _CONTENT}


def _place_sent(place):
    return {"type": "system", "value": ""} if place == SYSTEM else {"type": "id", "value": place}


def _place_shown(place):
    return "system" if place == SYSTEM else place
