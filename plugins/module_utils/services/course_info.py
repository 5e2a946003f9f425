# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether courses exist, and what Moodle tells about them.

Private to this collection. Moodle's own function shows a course with its details, but only to an account that may see it; the plugin's
says of any course whether it is there, and nothing else. So a course counts as missing when neither knows it.
"""

from __future__ import annotations

import html

from ..errors import FUNCTIONS_PAGE, AccessRefused, FunctionUnknown, MoodleError, concerns_records, lacks_function
from ..plan import Plan
from ..read.directory import COURSES, reference

CHECK = "tool_sync_check_course"
#: Details of a course -> Moodle's names of them.
DETAILS = {
    "id": "id",
    "shortname": "shortname",
    "fullname": "fullname",
    "idnumber": "idnumber",
    "category_id": "categoryid",
    "category_name": "categoryname",
    "visible": "visible",
    "format": "format",
    "startdate": "startdate",
    "enddate": "enddate",
    "lang": "lang",
}
#: Names that Moodle writes as a web page needs them.
_FORMATTED = ("shortname", "fullname", "category_name")
_IDS_AT_ONCE = 200


def plan(site, courses, by):
    """courses: values of the identifier C(by). Raises OptionError."""
    refs = dict.fromkeys(reference("course", by, value, f"item {number} of courses") for number, value in enumerate(courses, 1))
    entries = _Survey(site).entries(list(refs))
    return Plan(
        changed=False,
        before={},
        after={},
        result={
            "courses": entries,
            "existing": [entry["course"] for entry in entries if entry["exists"]],
            "missing": [entry["course"] for entry in entries if not entry["exists"]],
        },
    )


class _Survey:
    """Asks Moodle, then the plugin, each as long as the token has the function."""

    def __init__(self, site):
        self._site, self._moodle = site, site.moodle
        self._lacking = []

    def entries(self, refs):
        """The result's entry of every Ref, in order."""
        shown = self._shown(refs)
        entries = [self._entry(ref, shown.get(ref, [])) for ref in refs]
        self._warn()
        return entries

    def _shown(self, refs):
        """Ref -> the courses that Moodle shows."""
        found = {}
        by_id = [ref for ref in refs if ref.by == "id"]
        for start in range(0, len(by_id), _IDS_AT_ONCE):
            chunk = by_id[start : start + _IDS_AT_ONCE]
            seen = {course["id"]: course for course in self._ask("ids", ",".join(ref.value for ref in chunk))}
            found.update({ref: [seen[int(ref.value)]] for ref in chunk if int(ref.value) in seen})
        # Of those that the account may not enter, Moodle shows less, and only to a question for one.
        for ref in refs:
            if ref not in found:
                found[ref] = self._ask(ref.by, ref.value)
        return found

    def _ask(self, field, value):
        try:
            answer = self._guarded(COURSES, {"value": value, "field": field})
        except MoodleError as error:
            if not concerns_records(error):
                raise
            return []
        return answer["courses"] if answer else []

    def _guarded(self, function, parameters):
        """The function's answer, or None where the token does not have it."""
        if function in self._lacking:
            return None
        try:
            return self._moodle.call(function, parameters).value
        except (AccessRefused, FunctionUnknown) as error:
            if not lacks_function(error):
                raise
            self._lacking.append(function)
            if len(self._lacking) == 2:
                raise AccessRefused(
                    f"Neither {COURSES} nor {CHECK} can be called with this token.",
                    cure=f"Add one of them, better both, to the token's service ({FUNCTIONS_PAGE}).",
                    errorcode=error.errorcode,
                    debuginfo=error.debuginfo,
                ) from None
            return None

    def _entry(self, ref, shown):
        exists = bool(shown) or bool(self._guarded(CHECK, {"courseidsource": ref.by, "courseid": ref.value}))
        entry = {"course": ref.value, "exists": exists, **dict.fromkeys(DETAILS), "url": None}
        if len(shown) > 1:
            ids = ", ".join(str(course["id"]) for course in shown)
            self._site.warn(f"Several courses have the {ref.by} {ref.value} (ids {ids}), so no details of it are given.")
        elif shown:
            entry.update(_details(shown[0]))
            entry["url"] = f"{self._moodle.base}/course/view.php?id={entry['id']}"
        elif exists and ref.by == "id":
            entry["id"] = int(ref.value)
        return entry

    def _warn(self):
        if COURSES in self._lacking:
            self._site.warn(f"No details of courses can be read with this token: add {COURSES} to its service ({FUNCTIONS_PAGE}).")
        if CHECK in self._lacking:
            self._site.warn(
                "Courses that the token's account may not see count as missing, because the token lacks "
                f"{CHECK}: add it to its service ({FUNCTIONS_PAGE})."
            )


def _details(course):
    details = {name: course.get(key) for name, key in DETAILS.items()}
    for name in _FORMATTED:
        if details[name] is not None:
            details[name] = html.unescape(details[name])
    if details["visible"] is not None:
        details["visible"] = bool(details["visible"])
    return details
