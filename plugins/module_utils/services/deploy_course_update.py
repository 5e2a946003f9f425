# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs about a course that exists, and setting it.

Private to this collection. Moodle's function answers with a warning where it refuses, and with nothing where it has set something.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, MoodleError, ToolsyncError
from ..read.courses import Course
from ..read.names import meant

UPDATE_COURSES = "core_course_update_courses"
#: Seconds for an answer to anything but a deployment.
READ_TIMEOUT = 60
TEXTS = ("shortname", "fullname", "idnumber")
#: Our names of what can be set, and Moodle's.
SETTABLE = {"fullname": "fullname", "idnumber": "idnumber", "category": "categoryid"}
#: A course that exists, and of which the token can read nothing.
UNREAD = Course(0)


def known(course):
    """{name: value} of what Moodle tells of a Course, by our names."""
    values = {**{name: getattr(course, name) for name in TEXTS}, "category": course.category_id}
    return {name: value for name, value in values.items() if value is not None}


def by_moodle(values):
    """The same values by Moodle's names."""
    return {SETTABLE.get(name, name): value for name, value in values.items()}


def differences(wanted, category, course):
    """{name: {current, wanted}} of a Course, as far as the account may see it; None of one that it may not see at all.

    wanted: values by our names; category: the wanted one's id, False for none, None where that is not known.
    """
    if course is UNREAD:
        return None
    current, asked = known(course), {name: wanted[name] for name in TEXTS if wanted[name]}
    if category is not None:
        asked["category"] = category or None
    return {
        name: {"current": current[name], "wanted": value}
        for name, value in asked.items()
        if name in current and meant(str(current[name])) != meant(str(value))
    }


def settable(site, course, differs):
    """{name: value} of what differs and can be set; nothing, and a warning, where the token may not set it. differs: of C(differences)."""
    wanted = {name: sides["wanted"] for name, sides in differs.items() if name in SETTABLE and sides["wanted"] is not None}
    if not wanted or site.moodle.may_call(UPDATE_COURSES, timeout=READ_TIMEOUT):
        return wanted
    site.warn(
        f"The course {course.shortname} differs ({', '.join(wanted)}), and the token may not call {UPDATE_COURSES}: add it to the "
        f"token's service ({FUNCTIONS_PAGE})."
    )
    return {}


def set_values(moodle, course, values):
    """Set values of a Course. Returns the ToolsyncError that came of it, or None. Only a look tells what was done."""
    try:
        answer = moodle.call(UPDATE_COURSES, {"courses": [{"id": course.id, **by_moodle(values)}]}, timeout=READ_TIMEOUT)
    except ToolsyncError as error:
        return error
    warnings = answer.value.get("warnings")
    if not warnings:
        return None
    said = warnings[0]
    return MoodleError(f"Moodle did not set {', '.join(values)}: {said.get('message')}", errorcode=said.get("warningcode"))
