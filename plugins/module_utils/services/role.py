# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles given to users in a context, and taken away.

Private to this collection. The plugin's functions for this die on PHP 8 whatever they are given (plugin.md A.5), so Moodle's own are used.
They take numbers of roles, which no web service tells but in the list of those who are enrolled in a course; and only there it can be
read who holds which role. Elsewhere everything is sent, which changes nothing where it is so already, and compared with what was last sent
from this host.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE, OptionError, ParameterRefused
from ..read.account import Account
from ..read.categories import CATEGORIES
from ..read.courses import COURSES
from ..read.directory import Directory, Ref, reference
from ..read.enrolments import Enrolments
from ..read.users import USERS
from ..send.batch import checked_limit
from ..send.listed import ListedPlan, Step, told
from ..wire.ask import Asker

ASSIGN = "core_role_assign_roles"
UNASSIGN = "core_role_unassign_roles"
#: Where the memory file keeps the numbers of roles that courses told.
ROLE_IDS = "role_ids"
#: context -> (Moodle's name of the level, identifiers of its instance, the first being the default).
CONTEXTS = {
    "system": ("system", ()),
    "category": ("coursecat", ("id", "idnumber")),
    "course": ("course", ("shortname", "id", "idnumber")),
    "module": ("module", ("id",)),
    "user": ("user", ("username", "id", "idnumber", "email")),
}
_LOOKED_UP_BY = {"category": CATEGORIES, "course": COURSES, "user": USERS}
_WHOSE = "whose role it is can't be seen: one that comes from an enrolment method, such as a cohort, stays"
_STILL_THERE = "is still held: it comes from an enrolment method (a cohort, for example), and ends with that"


@dataclass(frozen=True)
class Assignment:
    """One role that a user is to hold, or not to hold. where: what messages call it; instance: None in the system."""

    where: str
    user: Ref
    role: Ref
    context: str
    instance: Ref | int | None
    present: bool

    @property
    def item(self):
        instance = self.instance.value if isinstance(self.instance, Ref) else self.instance and str(self.instance)
        return {"user": self.user.value, "role": self.role.value, "context": self.context, "instance": instance}


@dataclass
class Place:
    """A context as the site knows it. number: its instance's id. enrolled: who is in the course, None where that can't be read."""

    number: int
    enrolled: t.Any = None
    ref: Ref | None = None


def plan(site, params):
    """params: the options of toolsync_role. Raises OptionError before anything is sent."""
    limit = checked_limit(params["max_input_vars"])
    wanted = assignments(params)
    numbers = {name: _number(name, value) for name, value in (params["role_ids"] or {}).items()}
    return RolePlan(site, wanted, numbers, on_failures=params["on_failures"], max_input_vars=limit)


def assignments(params):
    """The Assignments of toolsync_role's options, in their order. Raises OptionError."""
    if params["assignments"] is None:
        return [_assignment("the task", {**params, "user": user}) for user in params["users"]]
    found = []
    for number, item in enumerate(params["assignments"], 1):
        given = {key: value for key, value in item.items() if value is not None}
        found.append(_assignment(f"item {number} of assignments", {**params, **given}))
    return found


def _assignment(where, item):
    if item["role"] is None:
        raise OptionError(f"role is missing for {where}.", option="role")
    user = reference("user", item["user_identifier"], item["user"], f"user of {where}")
    role = reference("role", item["role_identifier"], item["role"], f"role of {where}")
    context = item["context"]
    return Assignment(where, user, role, context, _instance(where, context, item), item["state"] == "present")


def _instance(where, context, item):
    value, by = item["instance"], item["instance_identifier"]
    allowed = CONTEXTS[context][1]
    if not allowed:
        if value is not None:
            raise OptionError(f"instance of {where}: the system is one, leave instance out.", option="instance")
        return None
    if value is None:
        raise OptionError(f"instance is missing for {where}: which {context} is it?", option="instance")
    by = by or allowed[0]
    if by not in allowed:
        raise OptionError(
            f"instance_identifier of {where}: a {context} is identified by {', '.join(allowed)}; not by {by}.",
            option="instance_identifier",
        )
    if by == "id" and _as_id(value) is None:
        other = "" if context == "module" else ", or choose another instance_identifier"
        raise OptionError(
            f"instance of {where} must be a number, because the {context} is identified by its id.",
            option="instance",
            cure=f"Correct it{other}; nothing was sent.",
        )
    if context == "module":
        return _as_id(value)
    return reference(context, by, value, f"instance of {where}")


def _number(name, value):
    number = _as_id(value)
    if number is None:
        raise OptionError(f"role_ids: the id of {name} must be a number.", option="role_ids")
    return number


def _as_id(value):
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) < 2**63 else None


class RolePlan(ListedPlan):
    lists = ("assigned", "unassigned", "unchanged")
    section = "roles"
    half_done = "whether the same role, given by hand, was taken away can't be seen, as it is held by an enrolment method too"

    def __init__(self, site, wanted, numbers, *, on_failures, max_input_vars):
        super().__init__(site, on_failures, max_input_vars)
        asker = Asker(self.moodle, max_input_vars)
        self._directory, self._account = Directory(asker), Account(asker)
        self._reader = Enrolments(asker, site.warn, "id,username,roles")
        self._remembered = site.memory.get(self.section)
        self._givings: list[Step] = []
        self._takings: list[Step] = []
        self._places: dict[t.Any, Place] = {}
        self._problems: dict[t.Any, str] = {}
        self._read(wanted)
        told = {**site.memory.get(ROLE_IDS), **self._told_by_courses()}
        #: Ids of roles that somebody was seen to hold in a course, if by this host before.
        self._seen_roles = set(told.values())
        self._role_ids = {**told, **numbers}
        self._decide(wanted)
        # A token that can't even look up may be good for nothing at all.
        doubtful = [] if self._directory.readable else wanted
        self.need(
            {
                ASSIGN: self._givings or [one for one in doubtful if one.present],
                UNASSIGN: self._takings or [one for one in doubtful if not one.present],
            }
        )
        self.report([*self._givings, *self._takings])
        self.result["uncertain"] = self.uncertain

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, wanted):
        refs = [one.user for one in wanted] + [one.instance for one in wanted if isinstance(one.instance, Ref)]
        self._directory.look_up(refs)
        for one in wanted:
            if self._key(one) not in self._places and self._key(one) not in self._problems:
                self._find(one)

    @staticmethod
    def _key(one):
        return one.context, one.instance

    def _find(self, one):
        """Settle an Assignment's place, or what is wrong with it."""
        key, instance = self._key(one), one.instance
        if not isinstance(instance, Ref):
            self._places[key] = Place(instance or 0)
            return
        number, problem = self._directory.id_of(instance), self._directory.problem(instance)
        if problem is None and number is None:
            problem = _unsaid(instance)
        if problem is not None:
            self._problems[key] = problem
            return
        # A course by two names is one course.
        place = self._places[key] = self._places.get((one.context, number)) or Place(number)
        self._places[one.context, number] = place
        if one.context == "course" and place.ref is None:
            place.ref = instance
            place.enrolled = self._reader.read(instance, number)

    def _told_by_courses(self):
        """shortname -> id of the roles that somebody holds in a course that was read."""
        return {name: number for place in self._places.values() if place.enrolled for name, number in place.enrolled.roles.items()}

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, wanted):
        seen: dict[t.Any, Assignment] = {}
        for one in wanted:
            user, role = self._directory.id_of(one.user), self._role_id(one.role)
            problem = self._problems.get(self._key(one)) or self._directory.problem(one.user)
            if problem is None and user is None:
                problem = _unsaid(one.user)
            if problem is None and role is None:
                problem = (
                    f"the id of the {one.role} can't be read over web services, unless somebody holds it in the course: give the id with "
                    "role_identifier=id or in role_ids (Site administration > Users > Permissions > Define roles: it ends the address of "
                    "the role's page)"
                )
            if problem is not None:
                self.fail(one.item, problem)
                continue
            place = self._places[self._key(one)]
            known = (CONTEXTS[one.context][0], place.number, role, user)
            first = seen.setdefault(known, one)
            if first.present != one.present:
                raise OptionError(f"{one.where} and {first.where} contradict each other for {one.user}.", option="assignments")
            if first is one:
                self._decide_one(one, place, known)

    def _role_id(self, role):
        return int(role.value) if role.by == "id" else self._role_ids.get(role.value)

    def _decide_one(self, one, place, known):
        level, instance, role, user = known
        holds = _holds(place.enrolled, user, role)
        if holds is one.present:
            self.unchanged.append(one.item)
            return
        text = ":".join(map(str, known))
        wanted = "assigned" if one.present else "unassigned"
        is_so = holds is None and self._remembered.get(text) == wanted
        step = Step(
            "unchanged" if is_so else wanted,
            one.item,
            (" ".join(filter(None, (one.context, one.item["instance"]))), one.user.value, one.role.value),
            None if one.present else "assigned",
            "assigned" if one.present else None,
            certain=holds is not None,
            # What Moodle would not do without comes last: a request that PHP cuts off is then refused.
            sent={"contextlevel": level, "instanceid": instance, "roleid": role, "userid": user},
            group=(level, instance, role),
            remembered={text: wanted} if holds is None else {},
            about=place,
        )
        (self._givings if one.present else self._takings).append(step)

    # -- predicting -----------------------------------------------------------------------------------------------

    def unseen(self, step):
        if self._account.unseen is not None:
            return self._account.unseen
        if step.sent["roleid"] not in self._seen_roles:
            return f"whether there is a role with the id {step.sent['roleid']} can't be seen: nobody was seen to hold it in a course"
        # Nor is a method told that is off, and its roles are still there.
        return _WHOSE if step.after is None else None

    # -- doing ----------------------------------------------------------------------------------------------------

    def act(self):
        self.send(self._givings, ASSIGN, "assignments", _reason)
        self.send(self._takings, UNASSIGN, "unassignments", _reason)

    def look(self, steps):
        places = {id(step.about): step.about for step in steps}
        lists = {key: self._reader.read(place.ref, place.number) for key, place in places.items() if place.enrolled is not None}
        found = [_holds(lists.get(id(step.about)), step.sent["userid"], step.sent["roleid"]) for step in steps]
        return [None if holds is None else holds == (step.after is not None) for step, holds in zip(steps, found)]

    def is_doubtful(self, step):
        # Moodle is silent for a role that came from an enrolment method, which stays.
        return step.after is None and step.about.enrolled is not None

    def why_left(self, step):
        return _STILL_THERE

    def remember(self):
        super().remember()
        known = self.site.memory.get(ROLE_IDS)
        new = {name: number for name, number in self._told_by_courses().items() if known.get(name) != number}
        if new:
            self.site.memory.put(ROLE_IDS, new)


def _holds(enrolled, user, role):
    """Whether a user holds a role in a course; None where its list doesn't tell."""
    member = enrolled.members.get(user) if enrolled is not None else None
    # Who is not enrolled may hold a role all the same.
    return None if member is None or member.roles is None else role in member.roles.values()


def _unsaid(ref):
    return f"{ref} can't be looked up: add {_LOOKED_UP_BY[ref.kind]} to the token's service ({FUNCTIONS_PAGE}), or give the id"


def _reason(step, error):
    if error.errorcode == "nopermissions":
        return "the token's account lacks the capability moodle/role:assign there"
    if error.errorcode == "codingerror":
        return "Moodle knows no such user"
    if isinstance(error, ParameterRefused) and not error.debuginfo:
        place = "there is no module with this id, or " if step.sent["contextlevel"] == "module" else ""
        return (
            f"{place}the role does not exist, can't be given there (Define roles: context types), or not by the token's account "
            "(Allow role assignments)"
        )
    return told(error)
