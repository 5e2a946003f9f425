# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of courses made and deleted, and their members: read what is there, plan the difference, send only that, look again.

Private to this collection. The plugin has no web service for groups. So Moodle's own are used.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE
from ..read.courses import COURSES
from ..read.directory import Directory
from ..read.groups import GROUPS, CourseGroups, Groups
from ..read.names import meant
from ..send.batch import checked_limit
from ..send.listed import ListedPlan, Step, told
from ..wire.ask import Asker
from .group_wanted import wanted

CREATE = "core_group_create_groups"
DELETE = "core_group_delete_groups"
ADD = "core_group_add_group_members"
REMOVE = "core_group_delete_group_members"
#: What becomes of a step -> the function that does it.
FUNCTIONS = {"created": CREATE, "deleted": DELETE, "added": ADD, "removed": REMOVE}
_NOT_ENROLLED = "the user is not enrolled in the course, or hidden from the token's account"
_LEFT = {
    "created": "Moodle took it, but the group is not there",
    "deleted": "Moodle took it, but the group is still there",
    "added": "the group still lacks the user: the enrolment or the group may have gone meanwhile",
    "removed": "the user is still in the group: something else put him there, such as cohort enrolment, and keeps him in",
}


@dataclass
class GroupSubject:
    """What a step is about. number: the group's id, None until it is made; user: the member's id, None where it is the group itself."""

    course: CourseGroups
    number: int | None
    name: str
    user: int | None


def plan(site, params):
    """params: the options of toolsync_group. Raises OptionError before anything is sent."""
    limit = checked_limit(params["max_input_vars"])
    return GroupPlan(site, wanted(params), on_failures=params["on_failures"], max_input_vars=limit)


class GroupPlan(ListedPlan):
    lists = ("created", "deleted", "added", "removed", "unchanged")

    def __init__(self, site, items, *, on_failures, max_input_vars):
        super().__init__(site, on_failures, max_input_vars)
        self._steps: list[Step] = []
        asker = Asker(self.moodle, max_input_vars)
        self._directory, self._reader = Directory(asker), Groups(asker, site.warn)
        self._wanted = self._read(items)
        self._decided: dict = {}
        for one, course in self._wanted:
            self._decide(one, course)
        unknown = [step for step in self._of("created") if step.about.course.number is None]
        needed = {function: self._of(kind) for kind, function in FUNCTIONS.items()}
        self.need({**needed, COURSES: unknown})
        self.report(self._steps)

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, items):
        """(WantedGroup, CourseGroups) of every group, once."""
        self._directory.look_up([one.course for one in items])
        courses: dict = {}
        merged: dict = {}
        for one in items:
            course = CourseGroups(one.course, self._directory.id_of(one.course), self._directory.problem(one.course))
            course = courses.setdefault(course.key, course)
            first = merged.setdefault((course.key, one.group), (one, course))[0]
            if first is not one:
                first.merge(one)
        for course in courses.values():
            if course.problem is None:
                self._reader.read(course, _concerned(one for one, its in merged.values() if its is course))
        self._find_users(merged.values())
        return list(merged.values())

    def _find_users(self, merged):
        missed = []
        for one, course in merged:
            for ref in one.members:
                number = course.enrolled.find(ref) if course.enrolled is not None else None
                if number is not None:
                    self._directory.learn(ref, number)
                else:
                    missed.append(ref)
        self._directory.look_up(missed)

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, one, course):
        if course.problem is not None:
            self.fail(one.item, course.problem)
            return
        found = course.find(one.group)
        first = self._decided.setdefault((course.key, found[0].id), one) if found else one
        if first is not one:
            self.fail(one.item, f"{first.where} names the same group by its {first.group.by}: name it once")
        elif len(found) > 1:
            ids = ", ".join(str(group.id) for group in found)
            self.fail(one.item, f"several groups of the course have this name (ids {ids}): name the group by its id")
        elif found and one.present:
            if not one.members and not one.exact:
                self.unchanged.append(one.item)
            self._decide_members(one, course, found[0])
        elif found:
            self._add("deleted", one.item, GroupSubject(course, found[0].id, found[0].name, None), sent=found[0].id)
        elif one.present and one.group.by == "id":
            self.fail(one.item, f"no group of the course has the id {one.group.value}")
        elif one.present:
            sent = {"description": "", "name": one.group.value, "courseid": course.number}
            self._add("created", one.item, GroupSubject(course, None, one.group.value, None), sent=sent, certain=course.complete)
            self._decide_members(one, course, None)
        elif course.complete:
            self.unchanged.append(one.item)
        else:
            self.fail(
                one.item,
                f"whether there is such a group, without members, can't be read: add {GROUPS} to the token's service ({FUNCTIONS_PAGE})",
            )

    def _decide_members(self, one, course, group):
        held = group.members if group is not None else set()
        name = group.name if group is not None else one.group.value
        meant = set()
        for ref, present in one.members.items():
            item = {**one.item, "user": ref.value}
            number = self._identified(item, ref, course)
            if number is None:
                meant.add(None)
                continue
            if number in meant:
                continue
            meant.add(number)
            if (number in held) == present:
                self.unchanged.append(item)
            elif present and course.enrolled is not None and number not in course.enrolled.members:
                self.fail(item, _NOT_ENROLLED)
            else:
                self._add_member("added" if present else "removed", item, course, group, name, number)
        if one.exact:
            self._remove_others(one, course, group, held - meant, None in meant)

    def _identified(self, item, ref, course):
        problem, number = self._directory.problem(ref), self._directory.id_of(ref)
        if problem is not None:
            self.fail(item, problem)
        elif number is None and course.enrolled is not None and course.enrolled.shows(ref.by):
            self.fail(item, _NOT_ENROLLED)
        elif number is None:
            self.fail(item, f"the {ref} can't be looked up: add core_user_get_users_by_field to the token's service ({FUNCTIONS_PAGE})")
        else:
            return number
        return None

    def _remove_others(self, one, course, group, others, unclear):
        if others and unclear:
            self.site.warn(
                f"Nobody was removed from the {one.group} in the {one.course}: some of its members could not be identified."
            )
            return
        for number in sorted(others):
            member = course.enrolled.members.get(number) if course.enrolled is not None else None
            name = member.fields.get("username") if member is not None else None
            item = {**one.item, "user": name or str(number)}
            self._add_member("removed", item, course, group, group.name, number)

    def _add_member(self, becomes, item, course, group, name, number):
        group_id = group.id if group is not None else None
        self._add(becomes, item, GroupSubject(course, group_id, name, number), sent={"userid": number, "groupid": group_id})

    def _add(self, becomes, item, subject, *, sent, certain=True):
        shown = (item["course"], item["group"], "exists")
        if subject.user is not None:
            shown = (*shown[:2], "members", item["user"])
        here = becomes in ("created", "added")
        self._steps.append(Step(becomes, item, shown, not here, here, certain, sent, about=subject))

    def _of(self, *kinds):
        return [step for step in self._steps if step.becomes in kinds]

    # -- doing ----------------------------------------------------------------------------------------------------

    def act(self):
        self.send(self._of("created"), CREATE, "groups", _reason, answered=_note_ids)
        self._pass_ids()
        self.send(self._ready("added"), ADD, "members", _reason)
        self.send(self._ready("removed"), REMOVE, "members", _reason)
        self.send(self._of("deleted"), DELETE, "groupids", _reason)

    def _pass_ids(self):
        """Tell the members of new groups which ids these got."""
        made = {(id(step.about.course), step.about.name): step.about.number for step in self._of("created")}
        for step in self._of("added"):
            if step.about.number is None:
                step.about.number = step.sent["groupid"] = made[id(step.about.course), step.about.name]

    def _ready(self, kind):
        for step in self._of(kind):
            if step.sent["groupid"] is None:
                self.fail(step.item, "the group could not be made")
            else:
                yield step

    def look(self, steps):
        """Reads the courses again, and notes the ids of groups that were made."""
        wanted: dict = {}
        for one, course in self._wanted:
            wanted.setdefault(id(course), []).append(one)
        again: dict = {}
        for course in {id(step.about.course): step.about.course for step in steps}.values():
            again[id(course)] = CourseGroups(course.ref, course.number)
            self._reader.read(again[id(course)], _concerned(wanted[id(course)]))
        groups = {(key, meant(group.name)): group for key, course in again.items() for group in course.groups}
        groups.update({(key, group.id): group for key, course in again.items() for group in course.groups})
        return [_is_done(step, again[id(step.about.course)], groups) for step in steps]

    def is_doubtful(self, step):
        return True

    def why_left(self, step):
        return _LEFT[step.becomes]


def _concerned(items):
    """The Refs of those groups whose members matter."""
    return [one.group for one in items if one.members or one.exact]


def _is_done(step, course, groups):
    """Whether what a step was to do is so in a CourseGroups that was read again; None where nobody can tell.

    groups: (id of the CourseGroups that the task began with, a group's id or what its name means) -> Group.
    """
    subject = step.about
    found = groups.get((id(subject.course), meant(subject.name) if subject.number is None else subject.number))
    if course.problem is not None or (found is None and not course.complete and subject.user is None):
        return None
    if found is not None:
        subject.number = found.id
    return (found is not None and (subject.user is None or subject.user in found.members)) == step.after


def _note_ids(batch, value):
    for step, made in zip(batch, value):
        step.about.number = made["id"]


def _reason(step, error):
    """Why Moodle refused a step, as far as it can be told."""
    if error.errorcode in ("nopermissions", "errorcoursecontextnotvalid"):
        return f"{told(error)} The token's account needs the capability moodle/course:managegroups in the course"
    if error.errorcode == "invalidparameter" and not error.debuginfo:
        if step.becomes == "added":
            return "Moodle refuses: only enrolled users may be in a group"
        if step.becomes == "created":
            return "Moodle refuses the name: another group of the course has it, as the database compares names"
    return told(error)
