# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether courses exist, and what Moodle tells about them.

Private to this collection. Moodle's own function shows a course with its details, but only to an account that may see it; the plugin's
says of any course whether it is there, and nothing else. So a course counts as missing when neither knows it.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, AccessRefused
from ..plan import Reading
from ..read.courses import CHECK, COURSES, Course, Courses
from ..read.directory import reference
from ..wire.ask import Asker

#: What is told of a course, beside whether it exists.
DETAILS = tuple(name for name in Course._fields if name != "methods")


def plan(site, courses, by):
    """courses: values of the identifier C(by). Raises OptionError."""
    refs = dict.fromkeys(reference("course", by, value, f"item {number} of courses") for number, value in enumerate(courses, 1))
    asker = Asker(site.moodle)
    reader = Courses(asker)
    reader.look_up(refs)
    reader.check(refs)
    if {COURSES, CHECK} <= asker.lacking.keys():
        told = asker.lacking[CHECK]
        raise AccessRefused(
            f"Neither {COURSES} nor {CHECK} can be called with this token.",
            cure=f"Add one of them, better both, to the token's service ({FUNCTIONS_PAGE}).",
            errorcode=told.errorcode,
            debuginfo=told.debuginfo,
        )
    entries = [_entry(site, ref, reader) for ref in refs]
    if COURSES in asker.lacking:
        site.warn(f"No details of courses can be read with this token: add {COURSES} to its service ({FUNCTIONS_PAGE}).")
    if CHECK in asker.lacking:
        site.warn(
            "Courses that the token's account may not see count as missing, because the token lacks "
            f"{CHECK}: add it to its service ({FUNCTIONS_PAGE})."
        )
    return Reading(
        {
            "courses": entries,
            "existing": [entry["course"] for entry in entries if entry["exists"]],
            "missing": [entry["course"] for entry in entries if not entry["exists"]],
        }
    )


def _entry(site, ref, reader):
    shown, exists = reader.find(ref), bool(reader.exists(ref))
    entry = {"course": ref.value, "exists": exists, **dict.fromkeys(DETAILS), "url": None}
    if len(shown) > 1:
        ids = ", ".join(str(course.id) for course in shown)
        site.warn(f"Several courses have the {ref.by} {ref.value} (ids {ids}), so no details of it are given.")
    elif shown:
        entry.update((name, getattr(shown[0], name)) for name in DETAILS)
        entry["url"] = f"{site.moodle.base}/course/view.php?id={shown[0].id}"
    elif exists and ref.by == "id":
        entry["id"] = int(ref.value)
    return entry
