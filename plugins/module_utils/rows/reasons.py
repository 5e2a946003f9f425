# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why rows fail, in words that more than one place needs, and what to do about it.

Private to this collection. A reason begins with the name of its column. Each that a rule gives has a cure, which a test holds.
"""

from __future__ import annotations

NO_USER, NO_COURSE = "there is no such user", "there is no such course"
NO_COHORT, NO_GROUP = "there is no such cohort", "there is no such group"

#: What a reason says after the name of its column; the first one that fits counts.
_CURES = (
    ("the whole cohort is deleted", "Correct the cell, or leave the row out."),
    (NO_USER, "Create the account first, or correct the cell."),
    (NO_COURSE, "Create the course first, or correct the cell."),
    ("there is no course with this", "Create the course first, or correct the cell."),
    (NO_GROUP, "Create the group first, let gcmd be gaddcreate, or correct the cell."),
    (NO_COHORT, "Create the cohort first, or set autocreate of cohorts to 1 with toolsync_config."),
    ("there is none of this id", "Give the id of a category that is there, or a path of names."),
    ("no category has this idnumber", "Give a category that idnumber, or correct the cell."),
    ("another cohort has this", "Name the cohort by what the file identifies cohorts by, or give the new one another name."),
    ("another course has it", "Give the course another one, or correct the one that has it."),
    ("belongs to another", "Correct the cell, or the account that has it: the file's other columns name another one."),
    ("others have none either", "Fill in the cell: it is what tells accounts apart."),
    ("nobody was seen with this role", "Compare with the short names on Site administration > Users > Permissions > Define roles."),
    ("who is not enrolled can't be in a group", "Enrol the user in the same row: name a method that is on in the course."),
    ("is none of the commands", "It is add, del, shift or enable."),
    ("is none of the group commands", "It is gadd, gaddcreate or gdel."),
    ("another number of values than the header", "Count the separators of the row: no cell may hold one."),
    ("is empty", "Fill in the cell."),
)


def cure_of(reason):
    """What to do about a row that fails; an empty text where nothing is known."""
    return next((cure for words, cure in _CURES if words in reason), "")
