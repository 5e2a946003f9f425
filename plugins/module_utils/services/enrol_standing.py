# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a user stands in a course: what the site tells, what this host remembers to have sent, and what a record would change.

Private to this collection. Start and end of an enrolment can't be read back, so those that were asked for are remembered.
"""

from __future__ import annotations

import functools
import hashlib
import time
import typing as t
from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE
from ..read.directory import Ref
from ..read.enrolments import Enrolled
from ..read.groups import GROUPS, CourseGroups
from ..rows.classroom import GUEST_ACCESS
from .enrol_records import DEFAULT_METHOD


@dataclass
class Roster:
    """A course of a task. ref: as the user wrote it; number: its id, if known; enrolled: None where nobody can tell.

    methods: the enrolment methods that are on; None where nobody can tell. unclear: whether there are records of it whose user could not
    be identified. groups: None where no record names any.
    """

    ref: Ref
    number: int | None = None
    methods: tuple[str, ...] | None = None
    enrolled: Enrolled | None = None
    problem: str | None = None
    unclear: bool = False
    groups: CourseGroups | None = None

    def find_group(self, name):
        """(the Group that a name means, None), or (None, why there is none)."""
        if self.groups.problem is not None:
            return None, self.groups.problem
        found = next(filter(None, map(self.groups.find, group_refs(name))), [])
        if len(found) == 1:
            return found[0], None
        if found:
            ids = ", ".join(str(group.id) for group in found)
            return None, f"several groups of the course are called {name} (ids {ids}): name the group by its idnumber"
        unseen = "" if self.groups.complete else f", as far as can be seen: add {GROUPS} to the token's service ({FUNCTIONS_PAGE})"
        return None, f"no group of the course has the name or the idnumber {name}{unseen}"

    @property
    def key(self):
        return self.ref if self.number is None else self.number

    @property
    def others(self):
        """The methods besides manual by which somebody may be enrolled; None where nobody can tell."""
        return None if self.methods is None else sorted(set(self.methods) - {DEFAULT_METHOD, GUEST_ACCESS})


def group_refs(name):
    """The Refs that a group's name may be: people mean the name, or else the idnumber."""
    return Ref("group", "name", name), Ref("group", "idnumber", name)


class Period(t.NamedTuple):
    """What was last sent for an enrolment. timestart, timeend: epoch seconds, 0 for none."""

    timestart: int
    timeend: int
    suspended: bool

    def covers(self, moment):
        return self.timestart <= moment and (not self.timeend or self.timeend > moment)

    def text(self):
        return f"{self.timestart}:{self.timeend}:{int(self.suspended)}"

    @classmethod
    def parse(cls, text):
        """The Period of a text of the memory file, or None when it holds something else."""
        try:
            start, end, suspended = (int(part) for part in str(text).split(":"))
        except ValueError:
            return None
        return cls(start, end, bool(suspended))


def memory_key(*names):
    """A key of the memory file that names nobody."""
    return hashlib.sha256("/".join(map(str, names)).encode()).hexdigest()[:24]


class Standing:
    """A user in a course, as it is, and then as it will be once what was planned so far is done.

    roster: the course's; number: the user's id, or None; period: the remembered Period or None. known: whether enrolment and roles are
    known at all. groups: names of those of its groups that matter, None where none does.
    """

    def __init__(self, roster, number, period):
        enrolled = roster.enrolled
        member = enrolled.members.get(number) if enrolled is not None else None
        self.roster, self.number = roster, number
        self.known = enrolled is not None and (member is None or member.roles is not None)
        self.is_enrolled = member is not None
        self.roles = dict(member.roles or {}) if member is not None else {}
        self.groups = None if roster.groups is None else {group.name for group in roster.groups.groups if number in group.members}
        self.period = period

    def shows(self, user):
        """Whether the course's list would show the user, who may be known by no id."""
        return self.number is not None or (self.roster.enrolled is not None and self.roster.enrolled.shows(user.by))

    @functools.cached_property
    def suspended(self):
        """True, False, or None where it can't be told."""
        inactive = self.roster.enrolled.inactive() if self.roster.enrolled is not None else None
        if inactive is None:
            return None
        if self.number not in inactive:
            return False
        # Moodle's list mixes the suspended with those whose period has not begun or is over.
        if self.period is not None and not self.period.covers(time.time()):
            return self.period.suspended
        return True

    def holds(self, role):
        return any(is_role(role, shortname, number) for shortname, number in self.roles.items())

    def differs(self, record):
        """Whether a present record would change something: True, False, or None where it may."""
        if not self.known:
            return None
        if not self.is_enrolled or not self.holds(record.role):
            return True
        asked = [name for name in Period._fields if getattr(record, name) is not None]
        now = [self.suspended if name == "suspended" else self.period and getattr(self.period, name) for name in asked]
        answers = [None if value is None else value != getattr(record, name) for name, value in zip(asked, now)]
        return True if True in answers else None if None in answers else False

    def period_for(self, record):
        """The Period to send for a record: what it says, else what is known, else none."""
        old = self.period or Period(0, 0, False)
        suspended = record.suspended
        if suspended is None and self.may_revive(record):
            suspended = old.suspended
        elif suspended is None:
            suspended = self.is_enrolled and self.suspended
        return Period(
            old.timestart if record.timestart is None else record.timestart,
            old.timeend if record.timeend is None else record.timeend,
            suspended,
        )

    def loses_dates(self, record):
        """Whether sending the record may end a period that nobody here knows."""
        unsaid = record.timestart is None or record.timeend is None
        return unsaid and self.period is None and (self.is_enrolled or not self.known)

    def may_revive(self, record):
        """Whether sending the record may make an enrolment active that is suspended: nobody said, and nobody can tell."""
        return record.suspended is None and (not self.known or (self.is_enrolled and self.suspended is None))

    def enrol(self, record, period):
        self.is_enrolled = True
        if not self.holds(record.role):
            role = record.role
            self.roles[role.value] = int(role.value) if role.by == "id" else 0
        self.period, self.suspended = period, period.suspended

    def unassign(self, shortname):
        del self.roles[shortname]

    def unenrol(self):
        self.is_enrolled, self.roles, self.period = False, {}, None
        if self.groups:
            self.groups = set()

    def describe(self, dated):
        """For a diff; dated: whether the dates are part of it. None for somebody who is not enrolled."""
        if not self.is_enrolled:
            return None
        shown = {"roles": sorted(self.roles), "suspended": self.suspended}
        if self.groups is not None:
            shown["groups"] = sorted(self.groups)
        if dated:
            shown["timestart"] = self.period and self.period.timestart
            shown["timeend"] = self.period and self.period.timeend
        return shown


def is_role(role, shortname, number):
    """Whether a role's Ref means the role with this shortname and id."""
    return role.value == (str(number) if role.by == "id" else shortname)


def is_as_sent(enrolled, number, period):
    """Whether a member is suspended, or not, as a Period says that was sent; None where it can't be told."""
    inactive = enrolled.inactive()
    # Moodle's list of the inactive holds those too whose period has not begun or is over.
    if inactive is None or not period.covers(time.time()):
        return None
    return (number in inactive) == period.suspended
