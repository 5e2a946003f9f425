# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cohorts made, changed and deleted: read what is there, plan the difference, send only that.

Private to this collection. The plugin has a function that deletes a cohort and none that makes one; so Moodle's own are used, or,
where the token does not have them, a run of the plugin over a file of a few rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE, EditionError, OptionError
from ..read.cohorts import SEARCH, Cohort, Cohorts, Whereabouts
from ..read.directory import CATEGORIES, Directory, Ref, reference
from ..send.batch import checked_limit
from ..send.listed import ListedPlan, Step, told
from .cohort_run import CohortRun

CREATE = "core_cohort_create_cohorts"
UPDATE = "core_cohort_update_cohorts"
DELETE = "tool_sync_cohort_delete"
#: What the columns of Moodle's cohort table hold, in characters.
LENGTHS = {"name": 254, "idnumber": 100}
#: A category's number for the place above all categories.
SYSTEM = 0
#: What an item may ask for, beside its place.
_FIELDS = ("name", "idnumber", "description", "visible")


@dataclass(frozen=True)
class Wanted:
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
    run = CohortRun(site, separator=params["separator"], timeout=params["run_timeout"])
    return CohortPlan(site, wanted(params), run, via=params["via"], on_failures=params["on_failures"], max_input_vars=limit)


def wanted(params):
    """The Wanted of toolsync_cohort's options, in their order and without doubles. Raises OptionError."""
    if params["cohorts"] is None:
        return [_wanted("the task", params)]
    found: dict[Ref, Wanted] = {}
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
    return Wanted(
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

    def __init__(self, site, items, run, *, via, on_failures, max_input_vars):
        super().__init__(site, on_failures)
        self._max_input_vars, self._via, self._run = max_input_vars, via, run
        self._cohorts = Cohorts(self.moodle, max_input_vars)
        self._directory = Directory(self.moodle, max_input_vars)
        self._places = Whereabouts(self.moodle)
        self._creations: list[Step] = []
        self._updates: list[Step] = []
        self._deletions: list[Step] = []
        self._read(items)
        for item in items:
            self._decide(item)
        self._choose_way()
        self.steps = [*self._creations, *self._updates, *self._deletions]
        self.report(self.steps)

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
        if ambiguous or (item.present and found is None and item.ref.by == "id"):
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
        fields = {name: getattr(item, name) for name in _FIELDS}
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
        fields = {name: getattr(item, name) for name in _FIELDS if getattr(item, name) is not None}
        differing = {name: value for name, value in fields.items() if getattr(found, name) != value}
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
            inside = self._places.lies_in(found.id, place)
            if inside is None:
                # Not to be read: what was last sent from here decides.
                inside = self.site.memory.get("cohorts", str(found.id)) == place
                self.certain = certain = False
            if not inside:
                before["category"], after["category"] = None, _place_shown(place)
        if not after:
            self.unchanged.append({**item.item, "id": found.id})
            return
        if place is None:
            place = self._places.category_of(found.id)
        self._add_update(item, found, differing, place, before, after, certain)

    def _add_update(self, item, found, differing, place, before, after, certain):
        sent = {name: differing.get(name) for name in ("description", "visible")}
        sent["categorytype"] = None if place is None else _place_sent(place)
        sent.update(idnumber=differing.get("idnumber", found.idnumber), name=differing.get("name", found.name), id=found.id)
        step = Step("updated", {**item.item, "id": found.id}, (item.ref.value,), before, after, certain, sent)
        if "category" in after:
            step.remembered = {str(found.id): place}
        self._updates.append(step)

    def _may_have(self, item, idnumber, found):
        """Whether no other cohort has an idnumber; Moodle would refuse it, or worse, have two."""
        others = self._cohorts.find(Ref("cohort", "idnumber", idnumber)) if idnumber else ()
        taken = [cohort.id for cohort in others if found is None or cohort.id != found.id]
        if taken:
            self.fail(item.item, f"the cohort with the id {taken[0]} has the idnumber {idnumber} already")
        return not taken

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

    # -- the way --------------------------------------------------------------------------------------------------

    def _choose_way(self):
        """Settle how each step is done, and drop those that can't be. Raises where the token has no way at all."""
        if self._deletions:
            self.need(DELETE)
        self._creates_by_run = self._goes_by_run(CREATE, self._creations)
        self._updates_by_run = self._goes_by_run(UPDATE, self._updates)
        if self._creates_by_run:
            self._cohorts.look_up([Ref("cohort", "name", step.sent["name"]) for step in self._creations])
            self._drop(self._creations, self._problem_of_new)
        self._drop(self._updates, self._run.problem_of_change if self._updates_by_run else _problem_of_update)
        by_run = (self._creates_by_run and self._creations) or (self._updates_by_run and self._updates)
        for function in self._run.functions if by_run else ():
            self.need(
                function,
                f"Add {CREATE} and {UPDATE} to the token's service ({FUNCTIONS_PAGE}), or {function}, for a run of the plugin; nothing "
                "was sent.",
            )

    def _goes_by_run(self, function, steps):
        """Whether steps have to go without a function. Raises where that was ruled out."""
        if not steps or self._via == "run":
            return bool(steps)
        if self._via == "core":
            self.need(function)
            return False
        return not self.moodle.may_call(function)

    def _drop(self, steps, problem):
        for step in list(steps):
            reason = problem(step)
            if reason is not None:
                steps.remove(step)
                self.fail(step.item, reason)

    def _problem_of_new(self, step):
        if self._cohorts.find(Ref("cohort", "name", step.sent["name"])):
            name = step.sent["name"]
            return f"there is another cohort named {name}, so a run of the plugin makes none: add {CREATE} to the token's service"
        return self._run.problem_of_new(step)

    # -- doing ----------------------------------------------------------------------------------------------------

    def apply(self):
        try:
            if not self._creates_by_run:
                self.send(self._creations, CREATE, "cohorts", self._max_input_vars, _reason, _note_ids)
            if not self._updates_by_run:
                self.send(self._updates, UPDATE, "cohorts", self._max_input_vars, _reason)
            self._apply_run()
            for step in self._deletions:
                self._delete(step)
        finally:
            self.report(self.done)
            remembered = {key: value for step in self.done for key, value in step.remembered.items()}
            if remembered:
                self.site.memory.put("cohorts", remembered)
        self.conclude()

    def _apply_run(self):
        creations = self._creations if self._creates_by_run else []
        updates = self._updates if self._updates_by_run else []
        if not creations and not updates:
            return
        self.unanswered = True
        try:
            self._run.send(creations, updates)
        except EditionError as error:
            self.unanswered = False
            error.cure = f"Add {CREATE} and {UPDATE} to the token's service ({FUNCTIONS_PAGE}): then no run is needed."
            raise
        for step in creations + updates:
            found, problem = self._seen(self._run.ref_of(step))
            wanted = {name: step.after[name] for name in ("name", "description") if name in step.after}
            if found is not None and all(getattr(found, name) == value for name, value in wanted.items()):
                step.item["id"] = found.id
                self.done.append(step)
            else:
                self.fail(step.item, self._run.said(step) or problem or "the run of the plugin did not do it")
        # Only now: until the cohorts were seen, the run may have made them.
        self.unanswered = False

    def _seen(self, ref):
        cohorts = Cohorts(self.moodle, self._max_input_vars)
        cohorts.look_up([ref])
        return cohorts.one(ref)

    def _delete(self, step):
        # The plugin says whether there was such a cohort: not where the request had to be sent again, because its answer was lost.
        if self.call(DELETE, step.sent) or step.before is not None:
            step.certain = True
            self.done.append(step)
        else:
            self.unchanged.append(step.item)


def _note_ids(batch, value):
    for step, row in zip(batch, value if isinstance(value, list) else ()):
        step.item["id"] = row["id"]


def _reason(step, error):
    if error.errorcode == "nopermissions":
        return "the token's account lacks the capability moodle/cohort:manage in the category, or in the system"
    return told(error)


def _problem_of_update(step):
    if step.sent["categorytype"] is not None:
        return None
    return (
        "it lies in a category that can't be told, and Moodle's update sets the category in any case: give category, or add "
        f"{SEARCH} and {CATEGORIES} to the token's service ({FUNCTIONS_PAGE})"
    )


def _shown(cohort: Cohort):
    return {name: getattr(cohort, name) for name in _FIELDS}


def _place_sent(place):
    return {"type": "system", "value": ""} if place == SYSTEM else {"type": "id", "value": place}


def _place_shown(place):
    return "system" if place == SYSTEM else place
