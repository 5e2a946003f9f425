# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of courses made and deleted, and their members: read what is there, plan the difference, send only that, look again.

Private to this collection. The plugin has no web service for groups. So Moodle's own are used.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, OptionError
from ..read.account import Account
from ..read.courses import COURSES
from ..read.directory import Directory
from ..read.groups import GROUPS, CourseGroups, Groups
from ..read.names import meant
from ..read.users import USERS
from ..send.listed import ListedPlan, Step, told_of_groups
from ..send.wanted import EXACT
from .group_wanted import wanted_groups

_NOT_ENROLLED = "the user is not enrolled in the course, or hidden from the token's account"
_LEFT = {
    "created": "Moodle took it, but the group is not there",
    "deleted": "Moodle took it, but the group is still there",
    "added": "the group still lacks the user: the enrolment or the group may have gone meanwhile",
    "removed": "the user is still in the group: something else put him there, such as cohort enrolment, and keeps him in",
}


def plan(site, params):
    """params: the options of toolsync_group. Raises OptionError before anything is sent."""
    return GroupPlan(site, params)


class GroupPlan(ListedPlan):
    """The C(about) of a step is (WantedGroup, the member's id, or None where the step is about the group itself)."""

    changes = {
        "created": ("core_group_create_groups", "groups"),
        "added": ("core_group_add_group_members", "members"),
        "removed": ("core_group_delete_group_members", "members"),
        "deleted": ("core_group_delete_groups", "groupids"),
    }

    def __init__(self, site, params):
        super().__init__(site, params)
        self._directory, self._account, self._reader = Directory(self.asker), Account(self.asker), Groups(self.asker, site.warn)
        #: Course -> the Refs of its groups whose members matter.
        self._concerned: dict = {}
        decided: dict = {}
        for one in self._read(wanted_groups(params)):
            self._decide(one, decided)
        self.ready()

    def needed(self):
        return {COURSES: [step for step in self.steps["created"] if step.about[0].at.number is None], **super().needed()}

    def number_of(self, entries):
        groups = sum(entry["user"] is None for entry in entries)
        counted = ((groups, "group", "groups"), (len(entries) - groups, "membership", "memberships"))
        return " and ".join(f"{number} {one if number == 1 else several}" for number, one, several in counted if number)

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, items):
        """Every WantedGroup once, with its course."""
        self._directory.look_up([one.course for one in items])
        courses: dict = {}
        merged: dict = {}
        for one in items:
            at = CourseGroups(one.course, self._directory.id_of(one.course), self._directory.problem(one.course))
            one.at = courses.setdefault(at.key, at)
            first = merged.setdefault((at.key, one.group), one)
            if first is not one:
                first.merge(one)
        wanted = list(merged.values())
        for one in wanted:
            if one.concerns_members:
                self._concerned.setdefault(one.at.key, []).append(one.group)
        self._look_at([at for at in courses.values() if at.problem is None])
        for one in wanted:
            for ref in one.members:
                number = one.at.enrolled.find(ref) if one.at.enrolled is not None else None
                if number is not None:
                    self._directory.learn(ref, number)
        self._directory.look_up(ref for one in wanted for ref in one.members)
        return wanted

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, one, decided):
        at, absent = one.at, one.state == "absent"
        found = at.find(one.group)
        first = decided.setdefault((at.key, found[0].id), one) if found else one
        if at.problem is not None:
            self.fail(one.item(), at.problem)
        elif first is not one:
            self.fail(one.item(), f"{first.where} names the same group by its {first.group.by}: name it once")
        elif len(found) > 1:
            ids = ", ".join(str(group.id) for group in found)
            self.fail(one.item(), f"several groups of the course have this name (ids {ids}): name the group by its id")
        elif found:
            one.number = found[0].id
            if absent:
                self._add("deleted", one, one.number)
            elif one.concerns_members:
                self._decide_members(one, found[0].members)
            else:
                self.unchanged.append(one.item())
        elif absent and at.complete:
            self.unchanged.append(one.item())
        elif absent:
            self.fail(
                one.item(),
                f"whether there is such a group, without members, can't be read: add {GROUPS} to the token's service ({FUNCTIONS_PAGE})",
            )
        elif one.group.by == "id":
            self.fail(one.item(), f"no group of the course has the id {one.group.value}")
        else:
            sent = {"description": "", "name": one.group.value, "courseid": at.number}
            self._add("created", one, sent, certain=at.complete)
            self._decide_members(one, set())

    def _decide_members(self, one, held):
        enrolled, unclear = one.at.enrolled, False
        wishes: dict = {}
        for ref, present in one.members.items():
            number = self._identified(one, ref)
            if number is None:
                unclear = True
            elif number not in wishes:
                wishes[number] = present
                self._decide_member(one, ref, number, held)
            elif wishes[number] != present:
                raise OptionError(f"{one.where}: the {ref} is to be in the {one.group} and not to be in it.", option="absent_members")
        others = held - wishes.keys() if one.state == EXACT else ()
        if others and unclear:
            self.site.warn(f"Nobody was taken out of the {one.group} in the {one.course}: some of its users could not be identified.")
            return
        for number in sorted(others):
            member = enrolled.members.get(number) if enrolled is not None else None
            name = member.fields.get("username") if member is not None else None
            self._add("removed", one, {"userid": number}, number, name or str(number))

    def _identified(self, one, ref):
        """A member's id; None after a failure."""
        enrolled, number, problem = one.at.enrolled, self._directory.id_of(ref), self._directory.problem(ref)
        if problem is None and number is None:
            shown = enrolled is not None and enrolled.shows(ref.by)
            problem = _NOT_ENROLLED if shown else f"the {ref} can't be looked up: add {USERS} to the token's service ({FUNCTIONS_PAGE})"
        if problem is not None:
            self.fail(one.item(ref.value), problem)
        return number

    def _decide_member(self, one, ref, number, held):
        present, enrolled = one.members[ref], one.at.enrolled
        if (number in held) == present:
            self.unchanged.append(one.item(ref.value))
        elif present and enrolled is not None and number not in enrolled.members:
            self.fail(one.item(ref.value), _NOT_ENROLLED)
        else:
            self._add("added" if present else "removed", one, {"userid": number}, number, ref.value)

    def _add(self, becomes, one, sent, user=None, name=None, *, certain=True):
        shown = (one.course.value, one.group.value, *(("exists",) if user is None else ("members", name)))
        sides = (False, True) if user is None else (None, "member")
        before, after = sides if becomes in ("created", "added") else reversed(sides)
        self.add(Step(becomes, one.item(name), shown, before, after, certain, sent, about=(one, user)))

    def unseen(self, step):
        # Moodle lists the groups of a course to those only who may manage them.
        return None if step.about[0].at.complete else self._account.unseen

    # -- doing ----------------------------------------------------------------------------------------------------

    def sendable(self, becomes):
        for step in self.steps[becomes]:
            one, user = step.about
            if user is not None:
                step.sent["groupid"] = one.number
            if user is not None and one.number is None:
                self.fail(step.item, "the group could not be made")
            else:
                yield step

    def heed(self, batch, value):
        for step, made in zip(batch, value if batch[0].becomes == "created" else ()):
            step.about[0].number = made["id"]

    def _look_at(self, courses):
        """Read CourseGroups, each with the members of those of its groups in which they matter."""
        self._reader.read_all([(at, self._concerned.get(at.key, ())) for at in courses])

    def look(self, steps):
        """Reads the courses again, and notes the ids of groups that were made."""
        courses = {step.about[0].at.key: step.about[0].at for step in steps}
        again = {key: CourseGroups(at.ref, at.number) for key, at in courses.items()}
        self._look_at(again.values())
        groups = {(key, name): group for key, at in again.items() for group in at.groups for name in (meant(group.name), group.id)}
        return [_is_done(step, again, groups) for step in steps]

    def reason(self, step, error):
        if step.becomes == "created" and error.errorcode == "invalidparameter" and not error.debuginfo:
            return "Moodle refuses the name: another group of the course has it, as the database compares names"
        return told_of_groups(step, error)

    def is_doubtful(self, step):
        return True

    def why_left(self, step):
        return _LEFT[step.becomes]


def _is_done(step, again, groups):
    """Whether what a step was to do is so in what was read again; None where nobody can tell.

    again: key of a course -> CourseGroups; groups: (key, a group's id or what its name means) -> Group.
    """
    (one, user), course = step.about, again[step.about[0].at.key]
    found = groups.get((one.at.key, one.number or meant(one.group.value)))
    if course.problem is not None or (found is None and not course.complete and user is None):
        return None
    if found is not None:
        one.number = found.id
    return (found is not None and (user is None or user in found.members)) == bool(step.after)
