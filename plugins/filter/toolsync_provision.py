# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter toolsync_provision: courses with their people, as steps of the role sync."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

#: What a course says of itself, and its lists of people.
COURSE = (
    *("shortname", "fullname", "idnumber", "category", "category_identifier"),
    *("template", "template_identifier", "replacements", "update"),
)
PEOPLE = ("teachers", "students")


def toolsync_provision(courses, user_identifier="username", teacher_role="editingteacher", student_role="student", **defaults):
    """The steps. courses: a list of dicts; defaults: of what a course does not say of itself. Raises AnsibleFilterError."""
    _known(defaults, COURSE, "the filter")
    if not isinstance(courses, list) or not all(isinstance(course, dict) for course in courses):
        raise AnsibleFilterError("toolsync_provision: its input must be a list of courses, each a dictionary")
    roles = {"teachers": teacher_role, "students": student_role}
    names: list[str] = []
    for number, course in enumerate(courses, 1):
        name = str(course.get("shortname") or "")
        if not name:
            raise AnsibleFilterError(f"toolsync_provision: course {number} has no shortname")
        if name in names:
            raise AnsibleFilterError(f"toolsync_provision: there are two courses {name}")
        names.append(name)
        _known(course, (*COURSE, *PEOPLE), name)
    asked = {key: value for key, value in {"update": True, **defaults}.items() if value not in (None, "")}
    deployments = [{**asked, **{key: value for key, value in course.items() if key in COURSE and value is not None}} for course in courses]
    steps = [{"name": "courses", "deploy": deployments}]
    for people, role in roles.items():
        options = {"role": role, "user_identifier": user_identifier, "state": "exact"}
        lists = {str(course["shortname"]): course[people] for course in courses if course.get(people) is not None}
        items = [{"course": name, "user": str(user)} for name, users in lists.items() for user in users]
        if items:
            steps.append({"name": people, "enrol": items, "defaults": options, "needs": ["courses"]})
        for name in (name for name, users in lists.items() if not users):
            empty = {**options, "course": name, "allow_empty": True}
            steps.append({"name": f"no {people} of {name}", "enrol": [], "defaults": empty, "needs": ["courses"]})
    return steps


def _known(given, known, where):
    odd = sorted(set(given) - set(known))
    if odd:
        raise AnsibleFilterError(f"toolsync_provision: {where} has an unknown {', '.join(odd)}; there are: {', '.join(known)}")


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        return {"toolsync_provision": toolsync_provision}
