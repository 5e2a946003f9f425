# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Moodle is going to make of a step of enrolment, as far as it can be seen before.

Private to this collection. Moodle tells which enrolment methods a course has, of those that are on, and not by which of them somebody is
enrolled; whose a role is, it does not tell either.
"""

from __future__ import annotations

import time

from ..errors import FUNCTIONS_PAGE
from ..read.courses import COURSES
from ..read.users import USERS
from .enrol_records import DEFAULT_METHOD

#: Why it can't be seen that a role can be taken away: nor is a method told that is off, and its roles are still there.
WHOSE = "whose role it is can't be seen: one that comes from another enrolment method, such as a cohort, stays"
#: Those of every Moodle that can be given in a course.
COURSE_ROLES = frozenset("manager editingteacher teacher student".split())


def unclear_user(user, number):
    if number is not None:
        return None
    return f"whether there is the {user} can't be seen: add {USERS} to the token's service ({FUNCTIONS_PAGE})"


def unclear_role(role, seen):
    """seen: the Refs of roles that somebody holds in a course."""
    if role in seen or (role.by == "shortname" and role.value in COURSE_ROLES):
        return None
    return f"whether there is a {role} that can be given in a course can't be seen: nobody was seen to hold it"


def unclear_method(roster, method):
    """Why it can't be seen that users can be enrolled by a method."""
    if method != DEFAULT_METHOD:
        return f"whether the plugin can enrol by the method {method} can't be seen"
    return _untold(roster)


def unclear_state(roster, subject):
    """Why it can't be seen that what is sent makes somebody who is enrolled active, or not."""
    inactive = roster.enrolled.inactive() if roster.enrolled is not None else None
    if inactive is not None and subject.user in inactive and not subject.period.suspended and subject.period.covers(time.time()):
        return None
    return _unclear_method_of(roster)


def unclear_enrolment(roster, user):
    """Why it can't be seen that somebody is enrolled by manual, and by nothing else; user: an id."""
    if roster.others != []:
        return _unclear_method_of(roster)
    inactive = roster.enrolled.inactive()
    if inactive is None or user in inactive or DEFAULT_METHOD not in roster.methods:
        return "by which methods a user is enrolled who is not active can't be seen: they may be off"
    return None


def _unclear_method_of(roster):
    if roster.others:
        return f"by which methods the user is enrolled can't be seen, and the course has more than manual: {', '.join(roster.others)}"
    return _untold(roster)


def _untold(roster):
    if roster.methods is not None:
        return None
    return f"which enrolment methods the {roster.ref} has can't be seen: add {COURSES} to the token's service ({FUNCTIONS_PAGE})"
