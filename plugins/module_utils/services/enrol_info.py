# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled in a course, told with what Moodle does not tell. Private to this collection."""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, AccessRefused, OptionError
from ..plan import Reading
from ..read.courses import COURSES
from ..read.directory import Directory, reference
from ..read.enrolments import ENROLLED, PLUGIN_ENROLLED, PLUGIN_ENROLLED_FULL, Enrolments
from ..read.groups import Groups
from ..read.users import USERS
from ..wire.ask import Asker

#: What is told of a user.
DETAILS = ("id", "username", "firstname", "lastname", "email", "idnumber")


def plan(site, course, course_identifier, users=None, user_identifier="username"):
    """users: only these, or None for all. Raises OptionError, AccessRefused."""
    course = reference("course", course_identifier, course, "course")
    asked = [reference("user", user_identifier, user, f"item {number} of users") for number, user in enumerate(users or (), 1)]
    asker = Asker(site.moodle)
    directory = Directory(asker)
    directory.look_up([course])
    if directory.problem(course):
        raise _no_course(directory.problem(course))
    number = directory.id_of(course)
    enrolled = _enrolled(asker, course, number)
    inactive = enrolled.inactive()
    groups = _groups(asker, site, enrolled, number)
    unknown = ["email", "roles"] if enrolled.source == PLUGIN_ENROLLED else []
    unknown += [name for name, told in (("groups", groups), ("active", inactive)) if told is None]
    wanted, absent = (None, []) if users is None else _selected(enrolled, directory, list(dict.fromkeys(asked)))
    users = [_told(member, enrolled, groups) for member in enrolled.members.values() if wanted is None or member.id in wanted]
    return Reading({"course_id": number, "users": users, "not_enrolled": absent, "unknown": unknown, "source": enrolled.source})


def _enrolled(asker, course, number):
    enrolled, problem = Enrolments(asker, fields=",".join((*DETAILS, "roles", "groups")), light=True).read(course, number)
    if problem is not None:
        raise _no_course(problem)
    if enrolled is None:
        raise AccessRefused(
            f"The token may call none of {ENROLLED}, {PLUGIN_ENROLLED_FULL} and {PLUGIN_ENROLLED}.",
            cure=f"Add {ENROLLED} and {COURSES} to the token's service ({FUNCTIONS_PAGE}).",
        )
    return enrolled


def _groups(asker, site, enrolled, number):
    """User id -> names of groups; None where that can't be told.

    From Moodle 4.3 on, lists tell no groups of users who are in none: if all are, it looks as if groups were not shown.
    """
    if enrolled.tells_groups or not enrolled.members:
        return {member.id: list(member.groups.values()) for member in enrolled.members.values()}
    return Groups(asker, site.warn).memberships(number)


def _told(member, enrolled, groups):
    """What is known of a user, null where it is not."""
    inactive = enrolled.inactive()
    return {
        **{name: member.fields.get(name) for name in DETAILS},
        "roles": None if member.roles is None else list(member.roles),
        "groups": None if groups is None else groups.get(member.id, []),
        "active": None if inactive is None else member.id not in inactive,
    }


def _no_course(problem):
    return OptionError(f"course: {problem}.", option="course", cure="Correct it, or create the course first.")


def _selected(enrolled, directory, asked):
    """(ids of those asked for who are enrolled, the others as the task names them)."""
    missed = [ref for ref in asked if enrolled.find(ref) is None]
    if missed and not enrolled.shows(missed[0].by):
        directory.look_up(missed)
    numbers, absent = set(), []
    for ref in asked:
        number = enrolled.find(ref) if ref not in missed else directory.id_of(ref)
        if number in enrolled.members:
            numbers.add(number)
        elif number is None and not enrolled.shows(ref.by) and directory.problem(ref) is None:
            raise AccessRefused(
                f"Whether the {ref} is enrolled can't be told: {enrolled.source} does not show everybody's {ref.by}.",
                option="users",
                cure=f"Name users by another user_identifier, or add {ENROLLED}, {COURSES} and {USERS} to the token's service "
                f"({FUNCTIONS_PAGE}).",
            )
        else:
            absent.append(ref.value)
    return numbers, absent
