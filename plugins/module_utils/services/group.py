# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of courses made and deleted, and their members: read what is there, plan the difference, send only that, look again.

Private to this collection. The plugin has no web service for groups. So Moodle's own are used.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, MoodleError, concerns_records
from ..read.courses import COURSES
from ..read.directory import Directory
from ..read.groups import GROUPS, CourseGroups, Groups
from ..send.batch import CREDENTIALS, checked_limit
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


def plan(site, params):
    """params: the options of toolsync_group. Raises OptionError before anything is sent."""
    limit = checked_limit(params["max_input_vars"])
    return GroupPlan(site, wanted(params), on_failures=params["on_failures"], max_input_vars=limit)


class GroupPlan(ListedPlan):
    lists = ("created", "deleted", "added", "removed", "unchanged")

    def __init__(self, site, items, *, on_failures, max_input_vars):
        super().__init__(site, on_failures)
        self._max_input_vars = max_input_vars
        asker = Asker(self.moodle, max_input_vars)
        self._directory = Directory(asker)
        self._reader = Groups(asker, site.warn)
        # What a step concerns: its CourseGroups, the group's id (None until it is made) and name, and the user's id.
        self._concerns: dict[Step, tuple] = {}
        self._wanted = self._read(items)
        self._decided: dict = {}
        for one, course in self._wanted:
            self._decide(one, course)
        unknown = [step for step in self._of("created") if self._concerns[step][0].number is None]
        needed = {function: self._of(kind) for kind, function in FUNCTIONS.items()}
        self.need({**needed, COURSES: unknown})
        self.report(self.steps)

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, items):
        """(Wanted, CourseGroups) of every group, once."""
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
            self._add("deleted", one.item, course, found[0].id, found[0].name, sent={"groupid": found[0].id})
        elif one.present and one.group.by == "id":
            self.fail(one.item, f"no group of the course has the id {one.group.value}")
        elif one.present:
            sent = {"description": "", "name": one.group.value, "courseid": course.number}
            self._add("created", one.item, course, None, one.group.value, sent=sent, certain=course.complete)
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
        self._add(becomes, item, course, group_id, name, number, sent={"userid": number, "groupid": group_id})

    def _add(self, becomes, item, course, group_id, name, user=None, *, sent, certain=True):
        shown = (item["course"], item["group"], "exists")
        if user is not None:
            shown = (*shown[:2], "members", item["user"])
        here = becomes in ("created", "added")
        step = Step(becomes, item, shown, not here, here, certain, sent)
        self._concerns[step] = (course, group_id, name, user)
        self.steps.append(step)

    def _of(self, *kinds):
        return [step for step in self.steps if step.becomes in kinds]

    # -- doing ----------------------------------------------------------------------------------------------------

    def apply(self):
        try:
            self.send(self._of("created"), CREATE, "groups", self._max_input_vars, _reason, self._note_ids)
            self._pass_ids()
            self.send(self._ready("added"), ADD, "members", self._max_input_vars, _reason)
            self.send(self._ready("removed"), REMOVE, "members", self._max_input_vars, _reason)
            self._delete()
            self._verify()
        finally:
            self.report(self.done)
        self.conclude()

    def _note_ids(self, batch, value):
        for step, made in zip(batch, value):
            course, _group, name, user = self._concerns[step]
            self._concerns[step] = (course, made["id"], name, user)

    def _pass_ids(self):
        """Tell the members of new groups which ids these got."""
        made = {}
        for step in self._of("created"):
            course, group, name, _user = self._concerns[step]
            made[id(course), name] = group
        for step in self._of("added"):
            course, group, name, user = self._concerns[step]
            if group is None:
                step.sent["groupid"] = made[id(course), name]
                self._concerns[step] = (course, made[id(course), name], name, user)

    def _ready(self, kind):
        for step in self._of(kind):
            if step.sent["groupid"] is None:
                self.fail(step.item, "the group could not be made")
            else:
                yield step

    def _delete(self):
        steps, room = self._of("deleted"), self._max_input_vars - CREDENTIALS
        for start in range(0, len(steps), room):
            self._delete_some(steps[start : start + room])

    def _delete_some(self, steps):
        """Delete together; where Moodle refuses, one by one."""
        try:
            self.call(DELETE, {"groupids": [step.sent["groupid"] for step in steps]})
        except MoodleError as error:
            if not concerns_records(error):
                raise
            if len(steps) == 1:
                self.fail(steps[0].item, _reason(steps[0], error))
                return
            for step in steps:
                self._delete_some([step])
            return
        self.done += steps

    def _verify(self):
        """Look again: what is not there after all did not happen."""
        seen = {}
        for one, course in self._wanted:
            seen.setdefault(id(course), (course, []))[1].append(one)
        concerned = {id(self._concerns[step][0]) for step in self.done}
        for key, (course, items) in seen.items():
            if key in concerned:
                again = CourseGroups(course.ref, course.number)
                self._reader.read(again, _concerned(items))
                self._compare(course, again)

    def _compare(self, course, again):
        if again.problem is not None:
            return
        groups = {group.id: group for group in again.groups}
        names = {group.name: group for group in again.groups}
        for step in list(self.done):
            its, number, name, user = self._concerns[step]
            if its is not course:
                continue
            group = groups.get(number) if number is not None else names.get(name)
            there = group is not None and (user is None or user in group.members)
            if there != step.after:
                self.done.remove(step)
                self.fail(step.item, _LEFT[step.becomes])


def _concerned(items):
    """The Refs of those groups whose members matter."""
    return [one.group for one in items if one.members or one.exact]


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
