# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending what was planned for enrolments, seeing what came of it, and saying why Moodle refused.

Private to this collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..errors import MoodleError, ParameterRefused
from ..read.directory import Ref
from ..read.enrolments import Enrolled
from ..send.batch import Bulk
from ..wire.moodle import Columns
from .enrol_records import DEFAULT_METHOD, Record

_SAME = " (not tried: others of this course, role and method were refused for it)"
_OTHER_METHOD = (
    "is still there: it comes from another enrolment method than manual (a cohort, self enrolment, ...), which web services "
    "can't end"
)

_ADVICE = {
    "wsusercannotassign": "the token's account may not assign the role {role} in this course (Site administration > Users > "
    "Permissions > Define roles > Allow role assignments)",
    "wsnoinstance": "the course has no enabled {method} enrolment method (in the course: Participants > Enrolment methods)",
    "wscannotenrol": "the token's account may not enrol users in this course (capability enrol/manual:enrol)",
    "nopermissions": "the token's account lacks a capability in this course (enrol/manual:enrol, for un-enrolling "
    "enrol/manual:unenrol)",
    "requireloginerror": "the token's account may not enter this course (capability moodle/course:view)",
}


@dataclass
class Course:
    """ref: as the user wrote it; number: its id, if known; enrolled: None where nobody can tell.

    unclear: whether there are records of it whose user could not be identified.
    """

    ref: Ref
    number: int | None = None
    enrolled: Enrolled | None = None
    problem: str | None = None
    unclear: bool = False

    @property
    def key(self):
        return self.ref if self.number is None else self.number


@dataclass(eq=False)
class Action:
    """What is to be done for a record. certain: whether it is known to change something; sent: the variables, by key."""

    record: Record
    course: Course
    user: int | None
    becomes: str
    sent: dict[str, t.Any]
    certain: bool
    before: t.Any
    after: t.Any
    remembered: dict[str, str | None] = field(default_factory=dict)
    gone_role: str | None = None


class Sender:
    """Sends the actions on some courses. fail: called with a Record and the reason for each that failed.

    done: the actions that Moodle took. refused: (course key, user id) of the others. unanswered: whether a request was left
    without an answer.
    """

    def __init__(self, site, courses, max_input_vars, fail):
        self._site, self._max_input_vars, self._fail = site, max_input_vars, fail
        self._known_roles = {role for course in courses for role in _roles_in(course.enrolled)}
        self.done: list[Action] = []
        self.refused: set[t.Any] = set()
        self._waiting: set[object] = set()
        self._unclear = False

    @property
    def unanswered(self):
        return bool(self._waiting) or self._unclear

    def run(self, actions, function, parameter, lanes=1):
        """Send actions in batches, as the parameter of a function; several batches at a time where there are lanes for them."""
        actions = list(actions)

        def send(batch):
            request = object()
            self._waiting.add(request)
            try:
                answer = self._site.moodle.call(function, {parameter: Columns(action.sent for action in batch)}).value
            except MoodleError:
                self._waiting.discard(request)
                raise
            self._waiting.discard(request)
            return len(answer) if isinstance(answer, list) else None

        def group(action):
            return None if action.user is None else (action.course.key, action.record.role, action.record.method)

        bulk = Bulk(
            send,
            lambda action: len(action.sent),
            self._max_input_vars,
            group=group,
            lowered=self._warn_of_limit,
            lanes=lanes,
            place=lambda action: (action.course.key, action.user),
        )
        try:
            for number, (action, error, tried) in enumerate(bulk.run(actions), 1):
                self._site.progress(f"{number} of {len(actions)} sent")
                if error is None:
                    self.done.append(action)
                    self._known_roles.add(action.record.role)
                else:
                    self.refused.add((action.course.key, action.user))
                    self._fail(action.record, self._reason(action, error) + ("" if tried else _SAME))
        finally:
            self._unclear = self._unclear or bulk.unclear

    def _warn_of_limit(self, limit):
        self._site.warn(
            f"The site cuts requests off after {limit} variables or a few more: set max_input_vars to its value in the "
            "site's php.ini."
        )

    def verify(self, reader):
        """Ask again who is enrolled: Moodle is silent for an enrolment of another method, which stays."""
        ended = [action for action in self.done if action.becomes == "unenrolled" or action.gone_role is not None]
        courses = {id(action.course): action.course for action in ended}
        lists = {
            key: reader.read(course.ref, course.number) for key, course in courses.items() if course.enrolled is not None
        }
        left = [action for action in ended if _is_left(action, lists.get(id(action.course)))]
        for action in left:
            self._fail(action.record, _OTHER_METHOD)
        gone = {id(action) for action in left}
        self.done = [action for action in self.done if id(action) not in gone]

    def _reason(self, action, error):
        """Why Moodle refused an action, as far as it can be told."""
        record = action.record
        if error.errorcode in _ADVICE:
            return _ADVICE[error.errorcode].format(role=record.role and record.role.value, method=record.method)
        if not isinstance(error, ParameterRefused):
            if record.method == DEFAULT_METHOD:
                return error.message
            return f"{error.message} The plugin enrols by the method manual, hardly by {record.method}."
        if error.debuginfo:
            return error.debuginfo.splitlines()[0]
        suspects = [action.course.ref] if action.course.number is None and action.course.enrolled is None else []
        suspects += [record.user] if action.user is None else []
        suspects += [record.role] if record.role is not None and record.role not in self._known_roles else []
        if not suspects:
            return error.message
        return "Moodle knows no " + " or no ".join(map(str, suspects))


def _is_left(action, enrolled):
    """Whether what an action ended is still in a course's list (None: nobody can tell)."""
    member = enrolled.members.get(action.user) if enrolled is not None else None
    return member is not None and (action.gone_role is None or action.gone_role in (member.roles or {}))


def _roles_in(enrolled):
    """The Refs, by both identifiers, of all roles that somebody holds in a course."""
    members = enrolled.members.values() if enrolled is not None else ()
    for shortname, number in {role for member in members for role in (member.roles or {}).items()}:
        yield Ref("role", "shortname", shortname)
        yield Ref("role", "id", str(number))
