# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Moodle makes of a step of enrolment: why it refused one, and as far as it can be seen before, whether it is going to.

Private to this collection. Moodle tells which enrolment methods a course has, of those that are on, and not by which of them somebody is
enrolled; whose a role is, it does not tell either.
"""

from __future__ import annotations

import time

from ..errors import FUNCTIONS_PAGE, ParameterRefused
from ..read.courses import COURSES
from ..read.directory import unknown
from ..read.users import USERS
from ..send.listed import told
from .enrol_records import DEFAULT_METHOD

_ADVICE = {
    "wsusercannotassign": "the token's account may not assign the role {role} in this course (Site administration > Users > "
    "Permissions > Define roles > Allow role assignments)",
    "wsnoinstance": "the course has no enabled {method} enrolment method (in the course: Participants > Enrolment methods)",
    "wscannotenrol": "the token's account may not enrol users in this course (capability enrol/manual:enrol)",
    "nopermissions": "the token's account lacks a capability in this course (enrol/manual:enrol, for un-enrolling "
    "enrol/manual:unenrol)",
    "requireloginerror": "the token's account may not enter this course (capability moodle/course:view)",
}
#: Those of every Moodle that can be given in a course.
_COURSE_ROLES = frozenset("manager editingteacher teacher student".split())


def advice(code, record):
    """What to do about a Record that Moodle refuses by an errorcode of _ADVICE."""
    return _ADVICE[code].format(role=record.role and record.role.value, method=record.method)


def reason(error, record, suspects):
    """The words for a refused Record. suspects: the Refs that the site may not know, in the order of blame."""
    if error.errorcode in _ADVICE:
        return advice(error.errorcode, record)
    if isinstance(error, ParameterRefused):
        return told(error) if error.debuginfo or not suspects else unknown(suspects)
    if record.method == DEFAULT_METHOD:
        return error.message
    return f"{error.message} The plugin enrols by the method manual, hardly by {record.method}."


def unclear(subject, seen_roles):
    """What decides whether a step of an EnrolSubject is going to be done, and can't be seen; None among it is nothing.

    seen_roles: the Refs of roles that somebody holds in a course.
    """
    record, roster = subject.record, subject.roster
    if subject.period is not None:
        role = record.role
        if subject.user is None:
            yield f"whether there is the {record.user} can't be seen: add {USERS} to the token's service ({FUNCTIONS_PAGE})"
        if role not in seen_roles and (role.by != "shortname" or role.value not in _COURSE_ROLES):
            yield f"whether there is a {role} that can be given in a course can't be seen: nobody was seen to hold it"
        if record.method != DEFAULT_METHOD:
            yield f"whether the plugin can enrol by the method {record.method} can't be seen"
        else:
            yield _untold(roster)
        if not subject.gains_role:
            yield _unclear_state(roster, subject)
    elif subject.gone_role is not None:
        # Nor is a method told that is off, and its roles are still there.
        yield "whose role it is can't be seen: one that comes from another enrolment method, such as a cohort, stays"
    elif subject.joins is None:
        yield _unclear_enrolment(roster, subject.user)


def _unclear_state(roster, subject):
    """Why it can't be seen that what is sent makes somebody who is enrolled active, or not."""
    inactive = roster.enrolled.inactive() if roster.enrolled is not None else None
    if inactive is not None and subject.user in inactive and not subject.period.suspended and subject.period.covers(time.time()):
        return None
    return _unclear_method_of(roster)


def _unclear_enrolment(roster, user):
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
