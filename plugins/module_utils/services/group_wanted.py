# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups that a task of toolsync_group wants.

Private to this collection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import OptionError
from ..read.directory import Ref, reference

LONGEST = 254


@dataclass
class WantedGroup:
    """A group as it is wanted. where: what messages call it; members: Ref -> whether a member; exact: and nobody else."""

    where: str
    course: Ref
    group: Ref
    present: bool
    members: dict[Ref, bool] = field(default_factory=dict)
    exact: bool = False

    @property
    def item(self):
        return {"course": self.course.value, "group": self.group.value, "user": None}

    def merge(self, other):
        """Take in what another item wants of the same group. Raises OptionError where they contradict each other."""
        same = self.present == other.present and self.exact == other.exact
        if same and self.exact:
            same = self.members == other.members
        if not same or any(self.members.get(ref, wish) != wish for ref, wish in other.members.items()):
            raise OptionError(
                f"{other.where} and {self.where} contradict each other for the {self.group} in the {self.course}.", option="groups"
            )
        self.members.update(other.members)


def wanted(params):
    """The WantedGroup of toolsync_group's options, in their order. Raises OptionError."""
    if params["groups"] is None:
        return [_wanted("the task", params)]
    items = []
    for number, item in enumerate(params["groups"], 1):
        given = {key: value for key, value in item.items() if value is not None}
        items.append(_wanted(f"item {number} of groups", {**params, **given}))
    return items


def _wanted(where, item):
    course, name = item["course"], item["group"]
    if name is None:
        raise OptionError(f"group is missing for {where}.", option="group")
    if course is None:
        course, at, name = str(name).partition("@")
        if not at:
            raise OptionError(
                f"course is missing for {where}.", option="course", cure="Give it, or write the group as COURSE@GROUP; nothing was sent."
            )
    by = item["group_identifier"] or "name"
    text = str(name).strip()
    if len(text) > LONGEST:
        raise OptionError(f"group of {where} is longer than {LONGEST} characters.", option="group")
    made = WantedGroup(
        where,
        reference("course", item["course_identifier"] or "shortname", course, f"course of {where}"),
        reference("group", by, text, f"group of {where}"),
        item["state"] == "present",
    )
    _add_members(made, item)
    return made


def _add_members(made, item):
    mode = item["members_state"] or "present"
    if item["members"] is None:
        if mode == "exact" and made.present:
            raise OptionError(f"members of {made.where} is missing: exact needs the list, which may be empty.", option="members")
        return
    if not made.present:
        raise OptionError(f"members of {made.where} is for groups that are to be present.", option="members")
    made.exact = mode == "exact"
    by = item["user_identifier"] or "username"
    for number, user in enumerate(item["members"], 1):
        ref = reference("user", by, user, f"item {number} of members of {made.where}")
        made.members[ref] = mode != "absent"
