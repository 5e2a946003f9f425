# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups that those who are enrolled are put into.

Private to this collection. A group is named by its name, as people mean it, or by its idnumber.
"""

from __future__ import annotations

from ..errors import FUNCTIONS_PAGE, ParameterRefused
from ..read.directory import Ref
from ..read.groups import GROUPS, CourseGroups
from ..send.listed import told


def read_groups(reader, wanted):
    """Give the Rosters their CourseGroups. wanted: (Roster, names of its groups) pairs."""
    for roster, _names in wanted:
        roster.groups = CourseGroups(roster.ref, roster.number, enrolled=roster.enrolled)
    reader.read_all([(roster.groups, [ref for name in names for ref in _meant_by(name)]) for roster, names in wanted])


def members_again(reader, subjects):
    """Group id -> the ids of its members now, of the groups that EnrolSubjects join; what can't be read is left out."""
    named: dict = {}
    for subject in subjects:
        named.setdefault(subject.roster.key, (subject.roster, {}))[1][subject.joins.id] = None
    courses = [
        (CourseGroups(roster.ref, roster.number), [Ref("group", "id", str(number)) for number in numbers])
        for roster, numbers in named.values()
    ]
    reader.read_all(courses)
    return {group.id: group.members for course, _refs in courses if course.problem is None for group in course.groups}


def find_group(course, name):
    """(the Group that a name means, None), or (None, why there is none)."""
    if course.problem is not None:
        return None, course.problem
    found = next(filter(None, map(course.find, _meant_by(name))), [])
    if len(found) == 1:
        return found[0], None
    if found:
        ids = ", ".join(str(group.id) for group in found)
        return None, f"several groups of the course are called {name} (ids {ids}): name the group by its idnumber"
    unseen = "" if course.complete else f", as far as can be seen: add {GROUPS} to the token's service ({FUNCTIONS_PAGE})"
    return None, f"no group of the course has the name or the idnumber {name}{unseen}"


def refusal(error):
    """Why Moodle refused to put somebody into a group, as far as it can be told."""
    if error.errorcode in ("nopermissions", "errorcoursecontextnotvalid"):
        return f"{told(error)} The token's account needs the capability moodle/course:managegroups in the course"
    if isinstance(error, ParameterRefused) and not error.debuginfo:
        return "Moodle refuses: only enrolled users may be in a group"
    return told(error)


def _meant_by(name):
    return Ref("group", "name", name), Ref("group", "idnumber", name)
