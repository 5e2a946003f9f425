# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolments as the user wants them: every record checked, completed with the task's defaults, and folded with its doubles.

Private to this collection.
"""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, replace

from ..errors import OptionError
from ..read.directory import Ref, reference
from ..send.wanted import EXACT, check_exact, items_of
from ..wire.moodle import has_markup

DEFAULT_ROLE = "student"
DEFAULT_METHOD = "manual"
#: Moodle keeps dates as integers of ten digits. A smaller number than the first is rather a year or a date without dashes.
_EARLIEST, _LATEST = 100_000_000, 9_999_999_999
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:(Z)|([+-])(\d\d):?(\d\d))?)?", re.ASCII
)
_METHOD = re.compile(r"[a-z][a-z0-9_]{0,19}", re.ASCII)


@dataclass(frozen=True)
class Record:
    """One wanted enrolment. where: what messages call it; timestart, timeend: epoch seconds, 0 for none; None: as it is.

    exact: whether nobody else is to hold the role. groups: names of groups of the course that the user is to be in.
    """

    where: str
    course: Ref
    user: Ref
    role: Ref | None
    method: str
    timestart: int | None
    timeend: int | None
    suspended: bool | None
    present: bool
    exact: bool = False
    groups: tuple[str, ...] = ()

    @property
    def settings(self):
        """What belongs to the enrolment and not to one of its roles."""
        return (self.method, self.timestart, self.timeend, self.suspended)

    @property
    def is_dated(self):
        return self.timestart is not None or self.timeend is not None

    @property
    def item(self):
        """As it is listed in results."""
        return {"course": self.course.value, "user": self.user.value, "role": self.role and self.role.value}


def records(params):
    """The Records of toolsync_enrol's options, in their order. Raises OptionError."""
    if params["users"] is not None:
        items = [(f"item {number} of users", {**params, "user": user}) for number, user in enumerate(params["users"], 1)]
    else:
        items = items_of(params, "enrolments", _is_said)
    return [_record(where, item) for where, item in items]


def _is_said(key, value):
    """Whether an item has a value of its own; lists that come from a CSV say nothing by an empty text."""
    return value is not None and (value not in ("", [""]) or key in ("course", "user"))


def _record(where, item):
    for option in ("course", "user"):
        if item[option] is None:
            raise OptionError(f"{option} is missing for {where}.", option=option)
    present = item["state"] != "absent"
    course, user = (reference(kind, item[f"{kind}_identifier"], item[kind], f"{kind} of {where}") for kind in ("course", "user"))
    method = item["method"] or DEFAULT_METHOD
    if not _METHOD.fullmatch(method):
        raise OptionError(f"method of {where} must be the name of an enrolment method, such as manual.", option="method")
    if not present and method != DEFAULT_METHOD:
        raise OptionError(f"method of {where}: only manual enrolments can be ended over web services.", option="method")
    start, end = (moment(item[name], f"{name} of {where}", name) for name in ("timestart", "timeend"))
    if start and end and end <= start:
        raise OptionError(f"timeend of {where} is not after its timestart.", option="timeend")
    role, exact = _role(where, item, present), item["state"] == EXACT
    groups = _groups(where, item) if present else ()
    return Record(where, course, user, role, method, start, end, item["suspended"], present, exact, groups)


def _groups(where, item):
    names = (str(name).strip() for name in item["groups"] or ())
    return tuple(dict.fromkeys(reference("group", "name", name, f"groups of {where}").value for name in names))


def _role(where, item, present):
    """The Ref of a record's role; None for an absence that means the whole enrolment."""
    if item["role"]:
        return reference("role", item["role_identifier"], item["role"], f"role of {where}")
    return reference("role", "shortname", DEFAULT_ROLE, "role") if present else None


def moment(text, where, option):
    """Epoch seconds for a number or an ISO 8601 text (UTC unless it says otherwise); None for nothing. Raises OptionError."""
    text = "" if text is None else str(text).strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal():
        seconds = int(text)
    else:
        seconds = _iso_seconds(text)
    if seconds != 0 and (seconds is None or not _EARLIEST <= seconds <= _LATEST):
        shown = "" if has_markup(text) or len(text) > 40 else f", not {text}"
        raise OptionError(
            f"{where} must be epoch seconds or a date such as 2026-09-01 or 2026-09-01T08:00:00+02:00{shown}.", option=option
        )
    return seconds


def _iso_seconds(text):
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        at = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    offset = int(found.group(9) or 0) * 3600 + int(found.group(10) or 0) * 60
    return int(at.timestamp()) + (offset if found.group(8) == "-" else -offset)


def fold(wanted, key):
    """The records without doubles. key: (course, user) of a record, however they are told apart.

    Raises OptionError for two records that contradict each other: one course and user can have only one method, period and
    suspension, whatever the roles.
    """
    settings: dict[t.Any, Record] = {}
    folded: dict[t.Any, Record] = {}
    for record in wanted:
        place = key(record)
        first = folded.setdefault((place, record.role), record)
        if not set(record.groups) <= set(first.groups):
            folded[place, record.role] = replace(first, groups=tuple(dict.fromkeys((*first.groups, *record.groups))))
        other = settings.setdefault((place, record.present), record)
        # An absence without a role is the end of all roles.
        ended = folded.get((place, None)) if record.present else None
        begun = settings.get((place, True)) if record.role is None else None
        for rival in (first, other, ended, begun):
            if rival is not None and _contradict(record, rival):
                raise OptionError(
                    f"{record.where} and {rival.where} contradict each other for {record.user} in {record.course}.",
                    cure="Give one of them, or the same values; nothing was sent.",
                )
    return list(folded.values())


def _contradict(one, other):
    return one.present != other.present or (one.present and one.settings != other.settings)


def exact_targets(params, wanted):
    """The (course, role) pairs whose holders are to be exactly those wanted. Raises OptionError."""
    targets = dict.fromkeys((record.course, record.role) for record in wanted if record.exact)
    if not targets and params["state"] == EXACT:
        role = _role("the task", params, True)
        if params["course"] is None:
            raise OptionError("course is missing for the task: state exact with an empty list is about one.", option="course")
        course = reference("course", params["course_identifier"], params["course"], "course")
        check_exact("the task", (), "users" if params["enrolments"] is None else "enrolments", course, params["allow_empty"])
        targets = {(course, role): None}
    return list(targets)
