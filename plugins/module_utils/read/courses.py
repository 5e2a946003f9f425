# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses, by what identifies them.

Private to this collection. Moodle's own function shows a course with its details, but only to an account that may see it; the plugin's
says of any course whether it is there, and nothing else.
"""

from __future__ import annotations

import typing as t

from ..errors import MoodleError, concerns_records
from ..send.batch import CREDENTIALS, Bulk
from .names import plain

COURSES = "core_course_get_courses_by_field"
CHECK = "tool_sync_check_course"
#: Courses in one request by their ids.
_IDS_AT_ONCE = 200


class Course(t.NamedTuple):
    """None: not told, as most is of a course that the token's account may not enter.

    category_id: number; startdate, enddate: seconds since 1970, 0 for none; methods: the enrolment methods, one entry for each
    enabled instance; fields: all that Moodle tells, by its own names.
    """

    id: int
    shortname: str | None
    fullname: str | None
    idnumber: str | None
    category_id: int | None
    category_name: str | None
    visible: bool | None
    format: str | None
    startdate: int | None
    enddate: int | None
    lang: str | None
    methods: tuple[str, ...] | None
    fields: dict[str, t.Any]


class Courses:
    """Reads courses: C(look_up), then C(find). by: id, shortname or idnumber; values: texts.

    readable: False once the token turned out to lack Moodle's function; then nothing is found.
    timeout: seconds without an answer; None: the transport's.
    """

    def __init__(self, asker, *, timeout=None):
        self._asker, self._timeout = asker, timeout
        self._found: dict[tuple[str, str], list[Course]] = {}
        self._refused: dict[tuple[str, str], MoodleError] = {}
        self._exist: dict[tuple[str, str], bool | None] = {}

    @property
    def readable(self):
        return COURSES not in self._asker.lacking

    def look_up(self, by, values):
        """Ask Moodle for those that were not asked for yet."""
        wanted = [value for value in dict.fromkeys(values) if (by, value) not in self._found]
        if by == "id" and len(wanted) > 1:
            bulk = Bulk(self._ask_ids, lambda value: 1, CREDENTIALS + _IDS_AT_ONCE, lanes=self._asker.lanes)
            for _value, _error, _tried in bulk.run(wanted):
                pass
            # Of a course that the account may not enter, Moodle tells less, and only when it is asked for that one.
            wanted = [value for value in wanted if (by, value) not in self._found]
        for _done in self._asker.each(lambda value: self._ask(by, value), wanted):
            pass

    def find(self, by, value):
        """The Courses that a value fits, among those that were looked up."""
        return self._found.get((by, value), [])

    def refusal(self, by, value):
        """The MoodleError by which Moodle refused to look for a value, or None."""
        return self._refused.get((by, value))

    def check(self, by, values):
        """Ask the plugin whether those are there that Moodle did not show."""
        wanted = [value for value in dict.fromkeys(values) if not self.find(by, value) and (by, value) not in self._exist]
        for value, exists in zip(wanted, self._asker.each(lambda value: self._ask_plugin(by, value), wanted)):
            self._exist[by, value] = exists

    def exists(self, by, value):
        """True or False; None where neither the list of Moodle nor the plugin could tell. For those that were looked up and checked."""
        if self.find(by, value):
            return True
        told = self._exist.get((by, value))
        return False if told is None and self.readable and self.refusal(by, value) is None else told

    def _ask_plugin(self, by, value):
        answer = self._asker.ask(CHECK, {"courseidsource": by, "courseid": value}, timeout=self._timeout)
        return None if answer is None else bool(answer)

    def _ask_ids(self, values):
        answer = self._asker.ask(COURSES, {"value": ",".join(values), "field": "ids"}, timeout=self._timeout)
        for row in answer["courses"] if answer else ():
            self._found["id", str(row["id"])] = [_course(row)]

    def _ask(self, by, value):
        try:
            answer = self._asker.ask(COURSES, {"value": value, "field": by}, timeout=self._timeout)
        except MoodleError as error:
            if not concerns_records(error):
                raise
            self._refused[by, value] = error
            answer = None
        self._found[by, value] = [_course(row) for row in answer["courses"]] if answer else []


def _course(row):
    visible, methods = row.get("visible"), row.get("enrollmentmethods")
    return Course(
        row["id"],
        plain(row.get("shortname")),
        plain(row.get("fullname")),
        row.get("idnumber"),
        row.get("categoryid"),
        plain(row.get("categoryname")),
        None if visible is None else bool(visible),
        row.get("format"),
        row.get("startdate"),
        row.get("enddate"),
        row.get("lang"),
        None if methods is None else tuple(methods),
        row,
    )
