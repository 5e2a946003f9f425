# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row of enrols does to groups (plugin.md B.4).

Private to this collection.
"""

from __future__ import annotations

from .plan import HIDDEN, LOOK, REPORT, SURE, UPDATE, truthy
from .reasons import NO_GROUP

GROUP_COLUMNS = tuple(f"g{number}" for number in range(1, 10))


def groups_of(values):
    """{column: name} of the groups that a row names."""
    return {column: values[column] for column in GROUP_COLUMNS if truthy(values.get(column))}


class GroupRules:
    def __init__(self, readers, settings):
        self._readers, self._settings = readers, settings

    def play(self, values, tally, room, member):
        """What a row does to the groups of a member of a room."""
        command, names = values["gcmd"], groups_of(values)
        if command not in ("gadd", "gaddcreate", "gdel", "greplace", "greplacecreate"):
            tally.fail("gcmd: is none of the group commands")
        elif command.startswith("greplace"):
            if member.groups:
                tally.did(UPDATE)
            tally.stop("gcmd: it takes the user out of all groups, and then ends the run")
        elif room.groups is None and names:
            tally.unknown("gcmd: the groups of the course can't be read")
        else:
            for column, name in names.items():
                if command == "gdel":
                    self._leave(tally, room, member, column, name)
                else:
                    self._join(tally, room, member, column, name, create=command == "gaddcreate")

    def _join(self, tally, room, member, column, name, *, create):
        if name not in room.groups:
            if any(known.casefold() == name.casefold() for known in room.groups) and not self._readers.case_counts():
                tally.doubted(LOOK, f"{column}: there is a group whose name differs in case only")
            if not create:
                tally.fail(f"{column}: {NO_GROUP}", SURE if room.all_groups else REPORT)
                return
            self._doubt_groups(tally, room, column)
            room.groups.add(name)
            tally.did(UPDATE)
            tally.say_at_least("updated")
        if not member.listed and member.bare:
            tally.fail(f"{column}: who is not enrolled can't be in a group")
        elif not member.listed:
            # Whether the report calls it a failure depends on roles in the categories above, and on roles without an enrolment.
            tally.doubted(REPORT, f"{column}: whether the user holds a role, without being enrolled, can't be seen")
        elif not member.roles:
            tally.may(UPDATE, LOOK, f"{column}: nobody can tell whether the user has a role here")
        elif name not in member.groups:
            member.groups.add(name)
            tally.did(UPDATE)
            tally.field(column, None, name)

    @staticmethod
    def _doubt_groups(tally, room, column):
        if not room.all_groups:
            # The report's word says it, unless that is the same without the group.
            tally.doubted(REPORT if tally.says in (None, "unchanged") else HIDDEN, f"{column}: whether there is such a group can't be told")

    def _leave(self, tally, room, member, column, name):
        if name not in room.groups:
            self._doubt_groups(tally, room, column)
            return
        tally.say_at_least("updated")
        if name not in member.groups:
            return
        if self._settings.get("protectgroups") == "0":
            tally.did(UPDATE)
        else:
            tally.may(UPDATE, LOOK, f"{column}: a protected membership would stay")
        member.groups.discard(name)
        tally.field(column, name, None)
