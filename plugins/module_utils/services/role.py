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
from ..read.directory import Directory, Ref, id_in, reference
from ..read.enrolments import Enrolled, Enrolments
from ..read.users import USERS
from ..send.listed import ListedPlan, Step
from ..send.wanted import items_of

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
    """One role that a user is to hold, or not to hold. where: what messages call it; instance: of the context, None in the system."""

    where: str
    user: Ref
    role: Ref
    context: str
    instance: Ref | None
    present: bool

    @property
    def item(self):
        instance = self.instance and self.instance.value
        return {"user": self.user.value, "role": self.role.value, "context": self.context, "instance": instance}


def plan(site, params):
    """params: the options of toolsync_role. Raises OptionError before anything is sent."""
    return RolePlan(site, params)


def assignments(params):
    """The Assignments of toolsync_role's options, in their order. Raises OptionError."""
    if params["assignments"] is None:
        return [_assignment("the task", {**params, "user": user}) for user in params["users"]]
    return [_assignment(where, item) for where, item in items_of(params, "assignments")]


def _assignment(where, item):
    if item["role"] is None:
        raise OptionError(f"role is missing for {where}.", option="role")
    user = reference("user", item["user_identifier"], item["user"], f"user of {where}")
    role = reference("role", item["role_identifier"], item["role"], f"role of {where}")
    context = item["context"]
    return Assignment(where, user, role, context, _instance(where, context, item), item["state"] == "present")


def _instance(where, context, item):
    """The Ref of the instance of an item's context, None in the system."""
    value, allowed = item["instance"], CONTEXTS[context][1]
    if not allowed:
        if value is not None:
            raise OptionError(f"instance of {where}: the system is one, leave instance out.", option="instance")
        return None
    if value is None:
        raise OptionError(f"instance is missing for {where}: which {context} is it?", option="instance")
    by = item["instance_identifier"] or allowed[0]
    if by not in allowed:
        raise OptionError(
            f"instance_identifier of {where}: a {context} is identified by {', '.join(allowed)}; not by {by}.",
            option="instance_identifier",
        )
    if by == "id" and id_in(value) is None:
        other = "" if context == "module" else ", or choose another instance_identifier"
        raise OptionError(
            f"instance of {where} must be a number, because the {context} is identified by its id.",
            option="instance",
            cure=f"Correct it{other}; nothing was sent.",
        )
    if context == "module":
        return Ref("module", "id", str(id_in(value)))
    return reference(context, by, value, f"instance of {where}")


def role_ids(params):
    """shortname -> id of the roles that the task tells. Raises OptionError."""
    told = {name: id_in(value) for name, value in (params["role_ids"] or {}).items()}
    for name, number in told.items():
        if number is None:
            raise OptionError(f"role_ids: the id of {name} must be a number.", option="role_ids")
    return told


class RolePlan(ListedPlan):
    changes = {"assigned": (ASSIGN, "assignments"), "unassigned": (UNASSIGN, "unassignments")}
    section = "roles"
    half_done = "whether the same role, given by hand, was taken away can't be seen, as it is held by an enrolment method too"

    def __init__(self, site, params):
        super().__init__(site, params)
        self._wanted, given = assignments(params), role_ids(params)
        self._directory, self._account = Directory(self.asker), Account(self.asker)
        self._reader = Enrolments(self.asker, site.warn, "id,username,roles")
        self._remembered = site.memory.get(self.section)
        #: Of courses, by their ids: how the task names them, and who is enrolled, None where that can't be read.
        self._courses: dict[int, Ref] = {}
        self._enrolled: dict[int, Enrolled | None] = {}
        self._read()
        told = {**site.memory.get(ROLE_IDS), **self._told_by_courses()}
        #: Ids of roles that somebody was seen to hold in a course, if by this host before.
        self._seen_roles = set(told.values())
        self._role_ids = {**told, **given}
        self._decide()
        self.ready()

    def needed(self):
        # A token that can't even look up may be good for nothing at all.
        doubtful = [] if self._directory.readable else self._wanted
        return {
            ASSIGN: self.steps["assigned"] or [one for one in doubtful if one.present],
            UNASSIGN: self.steps["unassigned"] or [one for one in doubtful if not one.present],
        }

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self):
        self._directory.look_up([one.user for one in self._wanted] + [one.instance for one in self._wanted if one.instance is not None])
        for one in self._wanted:
            number = self._directory.id_of(one.instance)
            if one.context == "course" and number is not None and number not in self._courses:
                self._courses[number] = one.instance
                self._enrolled[number], _problem = self._reader.read(one.instance, number)

    def _identified(self, ref):
        """(its id, why that is not known or None)."""
        number, problem = self._directory.id_of(ref), self._directory.problem(ref)
        if number is None and problem is None:
            missing = _LOOKED_UP_BY[ref.kind]
            problem = f"{ref} can't be looked up: add {missing} to the token's service ({FUNCTIONS_PAGE}), or give the id"
        return number, problem

    def _told_by_courses(self):
        """shortname -> id of the roles that somebody holds in a course that was read."""
        return {name: number for enrolled in self._enrolled.values() if enrolled for name, number in enrolled.roles.items()}

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self):
        seen: dict[t.Any, Assignment] = {}
        for one in self._wanted:
            instance, problem = self._identified(one.instance) if one.instance is not None else (0, None)
            user, of_user = self._identified(one.user)
            role, problem = self._role_id(one.role), problem or of_user
            if problem is None and role is None:
                problem = (
                    f"the id of the {one.role} can't be read over web services, unless somebody holds it in the course: give the id with "
                    "role_identifier=id or in role_ids (Site administration > Users > Permissions > Define roles: it ends the address of "
                    "the role's page)"
                )
            if problem is not None:
                self.fail(one.item, problem)
                continue
            known = (CONTEXTS[one.context][0], instance, role, user)
            first = seen.setdefault(known, one)
            if first.present != one.present:
                raise OptionError(f"{one.where} and {first.where} contradict each other for {one.user}.", option="assignments")
            if first is one:
                self._decide_one(one, *known)

    def _role_id(self, role):
        return int(role.value) if role.by == "id" else self._role_ids.get(role.value)

    def _decide_one(self, one, level, instance, role, user):
        course = instance if level == "course" else None
        holds = _holds(self._enrolled.get(course), user, role)
        if holds is one.present:
            self.unchanged.append(one.item)
            return
        text = f"{level}:{instance}:{role}:{user}"
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
            about=course,
        )
        self.add(step, wanted)

    # -- predicting -----------------------------------------------------------------------------------------------

    def unseen(self, step):
        if self._account.unseen is not None:
            return self._account.unseen
        if step.sent["roleid"] not in self._seen_roles:
            return f"whether there is a role with the id {step.sent['roleid']} can't be seen: nobody was seen to hold it in a course"
        # Nor is a method told that is off, and its roles are still there.
        return _WHOSE if step.after is None else None

    # -- doing ----------------------------------------------------------------------------------------------------

    def reason(self, step, error):
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
        return super().reason(step, error)

    def look(self, steps):
        courses = dict.fromkeys(step.about for step in steps if self._enrolled.get(step.about) is not None)
        lists = {number: self._reader.read(self._courses[number], number)[0] for number in courses}
        found = [_holds(lists.get(step.about), step.sent["userid"], step.sent["roleid"]) for step in steps]
        return [None if holds is None else holds == (step.after is not None) for step, holds in zip(steps, found)]

    def is_doubtful(self, step):
        # Moodle is silent for a role that came from an enrolment method, which stays.
        return step.after is None and self._enrolled.get(step.about) is not None

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
