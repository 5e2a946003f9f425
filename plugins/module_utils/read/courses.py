# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses, by what identifies them.

Private to this collection. Moodle's own function shows a course with its details, but only to an account that may see it; the plugin's
says of any course whether it is there, and nothing else.
"""

from __future__ import annotations

import typing as t

from ..errors import MoodleError
from ..send.batch import CREDENTIALS, Bulk
from .names import plain

COURSES = "core_course_get_courses_by_field"
CHECK = "tool_sync_check_course"
#: Courses in one request by their ids.
_IDS_AT_ONCE = 200


class Course(t.NamedTuple):
    """None: not told, as most is of a course that the token's account may not enter.

    category_id: number; startdate, enddate: seconds since 1970, 0 for none; methods: the enrolment methods, one entry for each
    enabled instance.
    """

    id: int
    shortname: str | None = None
    fullname: str | None = None
    idnumber: str | None = None
    category_id: int | None = None
    category_name: str | None = None
    visible: bool | None = None
    format: str | None = None
    startdate: int | None = None
    enddate: int | None = None
    lang: str | None = None
    methods: tuple[str, ...] | None = None


class Courses:
    """Reads courses: C(look_up), then C(find), each with Refs by id, shortname or idnumber.

    readable: False once the token turned out to lack Moodle's function; then nothing is found.
    timeout: seconds without an answer; None: the transport's.
    """

    def __init__(self, asker, *, timeout=None):
        self._asker, self._timeout = asker, timeout
        self._found: dict[t.Any, list[Course]] = {}
        self._refused: dict[t.Any, MoodleError] = {}
        self._there: dict[t.Any, bool | None] = {}

    @property
    def readable(self):
        return COURSES not in self._asker.lacking

    def look_up(self, refs):
        """Ask Moodle for those that were not asked for yet."""
        wanted = [ref for ref in dict.fromkeys(refs) if ref not in self._found]
        by_id = {ref.value: ref for ref in wanted if ref.by == "id"}
        if len(by_id) > 1:
            bulk = Bulk(self._ask_ids, lambda ref: 1, CREDENTIALS + self._asker.share(len(by_id), _IDS_AT_ONCE), lanes=self._asker.lanes)
            for _ref, _error, _tried in bulk.run(by_id.values()):
                pass
            # Of a course that the account may not enter, Moodle tells less, and only when it is asked for that one.
            wanted = [ref for ref in wanted if ref not in self._found]
        for _done in self._asker.each(self._ask, wanted):
            pass

    def expect(self, courses):
        """Take courses that are to come for some that are there, with ids below 0. courses: dicts of shortname and idnumber."""
        for number, fields in enumerate(courses, 1):
            # A new course has manual enrolment, unless the site's administration has switched that off.
            told = {"shortname": None, "idnumber": None, **fields, "id": -number, "enrollmentmethods": ["manual"]}
            for by in ("shortname", "idnumber"):
                if told[by]:
                    self._found["course", by, told[by]] = [_course(told)]

    def find(self, ref):
        """The Courses that a reference fits, among those that were looked up."""
        return self._found.get(ref, [])

    def refusal(self, ref):
        """The MoodleError by which Moodle refused to look for a reference, or None."""
        return self._refused.get(ref)

    def check(self, refs):
        """Ask the plugin whether those are there that Moodle did not show."""
        wanted = [ref for ref in dict.fromkeys(refs) if not self.find(ref) and ref not in self._there]
        self._there.update(zip(wanted, self._asker.each(self._ask_plugin, wanted)))

    def exists(self, ref):
        """True or False; None where it can't be told. Of those that were looked up, and checked."""
        if self.find(ref):
            return True
        there = self._there.get(ref)
        return False if there is None and self.readable and ref not in self._refused else there

    def _ask_plugin(self, ref):
        answer = self._asker.ask(CHECK, {"courseidsource": ref.by, "courseid": ref.value}, timeout=self._timeout)
        return None if answer is None else bool(answer)

    def _ask_ids(self, refs):
        answer = self._asker.ask(COURSES, {"value": ",".join(ref.value for ref in refs), "field": "ids"}, timeout=self._timeout)
        told = {str(row["id"]): row for row in answer["courses"]} if answer else {}
        self._found.update((ref, [_course(told[ref.value])]) for ref in refs if ref.value in told)

    def _ask(self, ref):
        try:
            answer = self._asker.ask(COURSES, {"value": ref.value, "field": ref.by}, timeout=self._timeout)
        except MoodleError as error:
            self._refused[ref] = error
            answer = None
        self._found[ref] = [_course(row) for row in answer["courses"]] if answer else []


def _course(row):
    visible, methods = row.get("visible"), row.get("enrollmentmethods")
    as_told = {name: row.get(name) for name in ("idnumber", "format", "startdate", "enddate", "lang")}
    return Course(
        row["id"],
        plain(row.get("shortname")),
        plain(row.get("fullname")),
        category_id=row.get("categoryid"),
        category_name=plain(row.get("categoryname")),
        visible=None if visible is None else bool(visible),
        methods=None if methods is None else tuple(methods),
        **as_told,
    )
