# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say by what a record is named, one fragment for each kind. A module may say more in its own option of that name."""

from __future__ import annotations


class ModuleDocFragment:
    COURSE = r"""
options:
  course_identifier:
    description: What O(course) is.
    type: str
    choices: [id, shortname, idnumber]
    default: shortname
    aliases: [courseidsource]
"""

    USER = r"""
options:
  user_identifier:
    description: What O(users) are. Where several accounts share an identifier, the user fails.
    type: str
    choices: [id, username, idnumber, email]
    default: username
    aliases: [useridsource]
notes:
  - A username is that of an account of the site itself. No function of the plugin nor of Moodle knows C(username@mnethostid), which the
    plugin's web page promises for accounts of other sites (MNet). Name these by another identifier. What is written like that is taken for
    a whole username, and fails with a hint where nobody has it.
"""

    ROLE = r"""
options:
  role_identifier:
    description: What O(role) is.
    type: str
    choices: [id, shortname]
    default: shortname
    aliases: [roleidsource]
"""

    COHORT = r"""
options:
  cohort_identifier:
    description: What O(cohort) is.
    type: str
    choices: [id, idnumber, name]
    default: idnumber
    aliases: [chidsource]
"""

    CATEGORY = r"""
options:
  category_identifier:
    description: What O(category) is.
    type: str
    choices: [id, idnumber]
    default: id
    aliases: [categoryidsource]
"""
