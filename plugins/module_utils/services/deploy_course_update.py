# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs about a course that exists, and setting it.

Private to this collection. Moodle's function answers with a warning where it refuses, and with nothing where it has set something; what it
has set is looked at.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, MoodleError, ToolsyncError
from ..read.names import meant

UPDATE = "core_course_update_courses"
#: Our names of what can be set, and Moodle's.
SETTABLE = {"fullname": "fullname", "idnumber": "idnumber", "category": "categoryid"}
_TEXTS = ("shortname", "fullname", "idnumber")


def differences(wanted, category, course):
    """{name: {current, wanted}} of a Course, as far as the account may see it.

    category: the wanted one's id, False for none, None where that is not known.
    """
    asked = {name: getattr(wanted, name) for name in _TEXTS if getattr(wanted, name)}
    found = {
        name: {"current": getattr(course, name), "wanted": value}
        for name, value in asked.items()
        if getattr(course, name) is not None and meant(getattr(course, name)) != meant(value)
    }
    if category is not None and course.category_id not in (None, category):
        found["category"] = {"current": course.category_id, "wanted": category or None}
    return found


class Update:
    """Setting what differs. found: of C(differences).

    look: returns the Course as it is now, or None where the token is not shown it; raises ToolsyncError where the site can't be asked.
    """

    def __init__(self, site, course, found, look, timeout):
        self._site, self._course, self._look, self._timeout = site, course, look, timeout
        self.wanted = {name: sides["wanted"] for name, sides in found.items() if name in SETTABLE and sides["wanted"] is not None}
        if self.wanted and not site.moodle.may_call(UPDATE, timeout=timeout):
            site.warn(
                f"The course {course.shortname} differs ({', '.join(self.wanted)}), and the token may not call {UPDATE}: add it to the "
                f"token's service ({FUNCTIONS_PAGE})."
            )
            self.wanted = {}

    def apply(self):
        """(the Course afterwards or None, whether it was changed or None, the ToolsyncError of what was not set or None)."""
        record = {"id": self._course.id, **{SETTABLE[name]: value for name, value in self.wanted.items()}}
        failure = None
        try:
            answer = self._site.moodle.call(UPDATE, {"courses": [record]}, timeout=self._timeout)
            refused = answer.value.get("warnings") or () if isinstance(answer.value, dict) else ()
            if refused:
                said = refused[0]
                failure = MoodleError(
                    f"Moodle did not set {', '.join(self.wanted)}: {said.get('message')}", errorcode=said.get("warningcode")
                )
        except ToolsyncError as error:
            failure = error
        # Whatever was answered, a look says what has been done.
        try:
            seen = self._look()
        except ToolsyncError as error:
            return None, None, failure or error
        # Without an answer, the site may still be at it.
        over = failure is None or isinstance(failure, MoodleError) or not failure.may_be_done
        done = seen is not None and all(meant(str(_value(seen, name))) == meant(str(value)) for name, value in self.wanted.items())
        moved = seen is not None and any(_value(seen, name) != _value(self._course, name) for name in self.wanted)
        changed = True if moved else None if seen is None or not over else False
        if failure is None and not done and seen is not None:
            failure = MoodleError(f"Moodle answered that it had set {', '.join(self.wanted)}, and the course is not so.")
        return seen, changed, None if done else failure


def _value(course, name):
    return course.category_id if name == "category" else getattr(course, name)
