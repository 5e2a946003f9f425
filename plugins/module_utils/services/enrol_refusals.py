# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why Moodle refused an enrolment, as far as it can be told. Private to this collection."""

from __future__ import annotations

from ..errors import ParameterRefused
from ..read.directory import Ref, unknown
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


def reason(error, record, suspects):
    """The words for a refused Record. suspects: the Refs that the site may not know, in the order of blame."""
    if error.errorcode in _ADVICE:
        return _ADVICE[error.errorcode].format(role=record.role and record.role.value, method=record.method)
    if isinstance(error, ParameterRefused):
        return told(error) if error.debuginfo or not suspects else unknown(suspects)
    if record.method == DEFAULT_METHOD:
        return error.message
    return f"{error.message} The plugin enrols by the method manual, hardly by {record.method}."


def without_instance(record):
    """The words for a Record whose course lacks its method."""
    return _ADVICE["wsnoinstance"].format(method=record.method)


def roles_in(enrolled):
    """The Refs, by both identifiers, of all roles that somebody holds in a course."""
    for shortname, number in enrolled.roles.items() if enrolled is not None else ():
        yield Ref("role", "shortname", shortname)
        yield Ref("role", "id", str(number))
