# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users in cohorts: read who is a member, plan the difference, send only that.

Private to this collection. The plugin's functions stop at the first user that they do not know, so all are looked up first.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE, AccessRefused, MoodleError, OptionError, ParameterRefused
from ..read.account import Account
from ..read.cohorts import COHORT_MEMBERS, PLUGIN_COHORTS, Cohorts
from ..read.directory import Directory, Ref, reference, unknown
from ..send.listed import ListedPlan, Step
from ..send.wanted import EXACT, check_exact, items_of

_TO_READ = f"Add {PLUGIN_COHORTS} and {COHORT_MEMBERS} to the token's service ({FUNCTIONS_PAGE})"
#: Moodle's warning for a user who is a member already.
THERE_ALREADY = "3"


@dataclass
class Target:
    """A cohort as the site knows it. number: its id; members: user ids. None: nobody can tell."""

    ref: Ref
    number: int | None = None
    members: frozenset | None = None
    problem: str | None = None

    @property
    def key(self):
        return self.ref if self.number is None else self.number


@dataclass
class Membership:
    """The users that a cohort is to have, not to have, or to have and no others. state: present, absent, exact.

    target: its cohort, once that was looked up.
    """

    where: str
    cohort: Ref
    users: tuple[Ref, ...]
    state: str
    target: Target | None = None

    def item(self, user):
        return {"cohort": self.cohort.value, "user": user and user.value}


def plan(site, params):
    """params: the options of toolsync_cohort_members. Raises OptionError before anything is sent."""
    return MembersPlan(site, params)


def _wanted(where, item):
    """The Membership that an item's options, or the task's, ask for. Raises OptionError."""
    for option in ("cohort", "users"):
        if item[option] is None:
            raise OptionError(f"{option} is missing for {where}.", option=option)
    cohort = reference("cohort", item["cohort_identifier"], item["cohort"], f"cohort of {where}")
    if item["state"] == EXACT:
        check_exact(where, item["users"], "users", cohort, item["allow_empty"])
    users = [reference("user", item["user_identifier"], user, f"user {number} of {where}") for number, user in enumerate(item["users"], 1)]
    return Membership(where, cohort, tuple(dict.fromkeys(users)), item["state"])


class MembersPlan(ListedPlan):
    changes = {"added": ("tool_sync_cohort_add_members", "members"), "removed": ("tool_sync_cohort_delete_members", "members")}
    noun = ("membership", "memberships")

    def __init__(self, site, params):
        super().__init__(site, params)
        self._directory, self._account = Directory(self.asker), Account(self.asker)
        wanted = [_wanted(where, item) for where, item in items_of(params, "memberships")]
        self._read_cohorts(wanted)
        self._directory.look_up([user for one in wanted for user in one.users])
        self._refuse_contradictions(wanted)
        seen: set[t.Any] = set()
        for one in wanted:
            self._decide(one, seen)
        self.ready()

    # -- reading --------------------------------------------------------------------------------------------------

    def _read_cohorts(self, wanted):
        cohorts = Cohorts(self.asker)
        cohorts.look_up([one.cohort for one in wanted])
        if any(one.cohort.by == "name" for one in wanted):
            cohorts.require()
        targets: dict[t.Any, Target] = {}
        for one in wanted:
            found, problem = cohorts.one(one.cohort)
            number = found.id if found is not None else None
            if not cohorts.readable and one.cohort.by == "id":
                number = int(one.cohort.value)
            target = Target(one.cohort, number, problem=problem)
            # A cohort by two names is one cohort.
            one.target = targets.setdefault(target.key, target)
        for number, members in (cohorts.members([key for key in targets if isinstance(key, int)]) or {}).items():
            if isinstance(members, MoodleError):
                targets[number].problem = f"Moodle knows no {targets[number].ref}, or does not show its members: {members.message}"
            else:
                targets[number].members = frozenset(members)
        if any(target.members is None and target.problem is None for target in targets.values()):
            self.site.warn(f"Who is a member can't be read with this token, so everything is sent. {_TO_READ}.")

    # -- deciding -------------------------------------------------------------------------------------------------

    def _place(self, one, user):
        return one.target.key, self._directory.id_of(user) or user

    def _refuse_contradictions(self, wanted):
        """Raise for a user who is to be in and out of a cohort, and for a list that is exact beside another one of the cohort."""
        firsts: dict[t.Any, Membership] = {}
        for one in wanted:
            rivals = [firsts.setdefault(self._place(one, user), one) for user in one.users]
            whole = firsts.setdefault(one.target.key, one)
            rivals = [rival for rival in rivals if rival.state != one.state] + [whole] * (EXACT in (one.state, whole.state))
            for rival in rivals:
                if rival is not one:
                    raise OptionError(f"{one.where} and {rival.where} contradict each other for {one.cohort}.", option="memberships")

    def _decide(self, one, seen):
        target, absent = one.target, one.state == "absent"
        if target.problem is not None:
            for user in one.users or (None,):
                self.fail(one.item(user), target.problem)
            return
        for user in one.users:
            number, problem, place = self._directory.id_of(user), self._directory.problem(user), self._place(one, user)
            known = target.members is not None and number is not None
            if problem is not None:
                self.fail(one.item(user), problem)
            elif place not in seen and known and (number in target.members) != absent:
                self.unchanged.append(one.item(user))
            elif place not in seen:
                self._add("removed" if absent else "added", one, user, number, known)
            seen.add(place)
        if one.state == EXACT:
            self._decide_rest(one)

    def _decide_rest(self, one):
        """Take out who is not wanted."""
        if one.target.members is None:
            raise AccessRefused(
                f"state exact needs to know who is in {one.cohort}, which can't be read.",
                cure=f"{_TO_READ}; nothing was sent.",
                option="state",
            )
        wanted = {self._directory.id_of(user) for user in one.users}
        if None in wanted:
            self.site.warn(f"Nobody was taken out of {one.cohort}: some of its users could not be identified.")
            return
        surplus = sorted(one.target.members - wanted)
        names = self._directory.users.usernames(surplus) or {}
        for number in surplus:
            user = Ref("user", "username", names[number]) if number in names else Ref("user", "id", str(number))
            self._add("removed", one, user, number, True)

    def _add(self, becomes, one, user, number, known):
        # What Moodle would not do without comes last: a request that PHP cuts off is then refused.
        sent = {"cohorttype": _named(one.target.ref, one.target.number), "usertype": _named(user, number)}
        sides = (None, "member") if becomes == "added" else ("member", None)
        # A user who is looked up by Moodle may be the reason of a refusal, which then is not the cohort's.
        group = None if number is None else one.target.key
        self.add(Step(becomes, one.item(user), (one.cohort.value, user.value), *sides, known, sent, group, about=(one.target, number)))

    def unseen(self, step):
        return self._account.unseen

    # -- doing ----------------------------------------------------------------------------------------------------

    def look(self, steps):
        members = Cohorts(self.asker).members([step.about[0].number for step in steps if step.about[0].members is not None])
        return [_is_done(step, members or {}) for step in steps]

    def heed(self, batch, value):
        """Sort the steps of a request that adds users by the warnings of its answer."""
        if batch[0].becomes != "added":
            return
        for step in batch:
            step.certain = True
        for warning in value["warnings"]:
            message = warning["message"]
            if str(warning["warningcode"]) != THERE_ALREADY:
                self.objections.update((step, f"Moodle says: {message}") for step in batch if _concerns(step, message))
                continue
            known = [step for step in batch if f"cohort({_pair(step.sent['cohorttype'])} {_pair(step.sent['usertype'])})" in message]
            for step in known:
                target, user = step.about
                # Who was seen not to be a member has become one by this task, if by a request that had to be sent again.
                if target.members is None or user is None:
                    step.becomes = "unchanged"
            if not known:
                # The plugin tells ids only: one of those that were sent by another identifier was a member.
                for step in batch:
                    step.certain = step.certain and step.sent["usertype"]["type"] == "id"

    def reason(self, step, error):
        if error.errorcode == "nopermissions":
            return "the token's account lacks the capability moodle/cohort:assign where the cohort is"
        if isinstance(error, ParameterRefused) and not error.debuginfo:
            sent = (("user", step.sent["usertype"]), ("cohort", step.sent["cohorttype"]))
            return unknown([Ref(kind, named["type"], str(named["value"])) for kind, named in sent])
        return super().reason(step, error)


def _is_done(step, members):
    """Whether a user is in, or out of, a cohort; None where nobody can tell. members: {cohort id: user ids or a MoodleError}."""
    target, user = step.about
    inside = members.get(target.number)
    if user is None or inside is None or isinstance(inside, MoodleError):
        return None
    return (user in inside) == (step.after is not None)


def _named(ref, number):
    """How a request names a cohort or a user: by its id, where that is known."""
    return {"type": ref.by, "value": ref.value} if number is None else {"type": "id", "value": number}


def _pair(sent):
    return f"{sent['type']}={sent['value']}"


def _concerns(step, message):
    """Whether Moodle's words about what it does not know may be about a step."""
    said = f" {message} "
    of_cohort = f" cohort {_pair(step.sent['cohorttype'])} " in said or " cohort " not in said
    user = step.sent["usertype"]
    return of_cohort and (" user " not in said or user["type"] != "id" or f" user {_pair(user)} " in said)
