# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups that a task of toolsync_group wants. Private to this collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import OptionError
from ..read.directory import Ref, reference
from ..read.groups import CourseGroups
from ..send.wanted import EXACT, check_exact, items_of

NAME_LENGTH = 254


@dataclass(eq=False)
class WantedGroup:
    """A group as it is wanted. where: what messages call it; members: Ref -> whether a member; state: present, absent or exact.

    at: its course, once that was looked up; number: the group's id, None until it is found or made.
    """

    where: str
    course: Ref
    group: Ref
    state: str
    members: dict[Ref, bool] = field(default_factory=dict)
    at: CourseGroups | None = None
    number: int | None = None

    def item(self, user=None):
        return {"course": self.course.value, "group": self.group.value, "user": user}

    @property
    def concerns_members(self):
        return bool(self.members) or self.state == EXACT

    def merge(self, other):
        """Take in what another item wants of the same group. Raises OptionError where they contradict each other."""
        same = self.state == other.state and (self.state != EXACT or self.members == other.members)
        if not same or any(self.members.get(ref, wish) != wish for ref, wish in other.members.items()):
            raise OptionError(
                f"{other.where} and {self.where} contradict each other for the {self.group} in the {self.course}.", option="groups"
            )
        self.members.update(other.members)


def wanted_groups(params):
    """The WantedGroups of toolsync_group's options, in their order. Raises OptionError."""
    return [_wanted_group(where, item) for where, item in items_of(params, "groups")]


def _wanted_group(where, item):
    course, name = item["course"], item["group"]
    if name is None:
        raise OptionError(f"group is missing for {where}.", option="group")
    if course is None:
        course, at, name = str(name).partition("@")
        if not at:
            raise OptionError(
                f"course is missing for {where}.", option="course", cure="Give it, or write the group as COURSE@GROUP; nothing was sent."
            )
    text = str(name).strip()
    if len(text) > NAME_LENGTH:
        raise OptionError(f"group of {where} is longer than {NAME_LENGTH} characters.", option="group")
    made = WantedGroup(
        where,
        reference("course", item["course_identifier"], course, f"course of {where}"),
        reference("group", item["group_identifier"], text, f"group of {where}"),
        item["state"],
    )
    _fill(made, item)
    return made


def _fill(made, item):
    if made.state == EXACT:
        if item["members"] is None:
            raise OptionError(f"members of {made.where} is missing: state exact needs the list.", option="members")
        check_exact(made.where, item["members"], "members", made.group, item["allow_empty"])
    for option, wish in (("members", True), ("absent_members", False)):
        if made.state == "absent" and item[option] is not None:
            raise OptionError(
                f"{option} of {made.where} is for groups that are to be there, and state absent deletes the {made.group}.",
                option=option,
                cure="To take users out of a group that stays, name them in absent_members, without state; nothing was sent.",
            )
        for number, user in enumerate(item[option] or (), 1):
            ref = reference("user", item["user_identifier"], user, f"item {number} of {option} of {made.where}")
            if made.members.setdefault(ref, wish) != wish:
                raise OptionError(f"members and absent_members of {made.where} both name the {ref}.", option="absent_members")
