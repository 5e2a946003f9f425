#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_enrol_info
short_description: Gather information about who is enrolled in a course
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Tells the users of a course with their roles and groups, and whether their enrolment is active. What can't be told is null, and
    named in RV(unknown).
  - Users come from Moodle's C(core_enrol_get_enrolled_users) where the token's service holds it, together with
    C(core_course_get_courses_by_field) unless the course is named by its id. Otherwise they come from the plugin's
    C(tool_sync_get_enrolled_full_users), or from C(tool_sync_get_enrolled_users), which tells neither roles nor groups nor e-mail
    addresses.
  - From Moodle 4.3 on, the lists tell no groups of users who are in none. Where that is everybody, C(core_group_get_course_groups) and
    C(core_group_get_group_members) prove it; without these, RV(users[].groups) is null then.
  - No list tells by which method somebody is enrolled, nor from when to when.
  - A course costs 1 to 2 ms per enrolled user. With thousands of them, give O(timeout) accordingly.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.course
  - activeprolearn.toolsync.identifiers.user
  - activeprolearn.toolsync.attributes.info
  - activeprolearn.toolsync.attributes
options:
  course:
    description: The course.
    type: str
    required: true
    aliases: [courseid]
  users:
    description: Tell only of these users. Without it, all are told.
    type: list
    elements: str
    aliases: [user, userid]
  user_identifier:
    description:
      - What O(users) are.
      - Where the list does not show this of everybody, users are looked up by C(core_user_get_users_by_field).
notes:
  - The token's account needs the capability C(moodle/course:viewparticipants) in the course, and C(moodle/course:enrolreview) to tell
    RV(users[].active).
  - Users whom the account may not see are not in the list. In a course with separate groups these are all outside its own groups, unless it
    has C(moodle/site:accessallgroups).
seealso:
  - module: activeprolearn.toolsync.toolsync_enrol
  - module: activeprolearn.toolsync.toolsync_group
"""

EXAMPLES = r"""
- name: Ask who is in the course
  activeprolearn.toolsync.toolsync_enrol_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: MATH101
  register: math

- name: List its active teachers
  ansible.builtin.debug:
    msg: "{{ math.users | selectattr('active') | selectattr('roles', 'contains', 'editingteacher') | map(attribute='username') }}"

- name: Ask for two users by their e-mail addresses
  activeprolearn.toolsync.toolsync_enrol_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: M101
    course_identifier: idnumber
    users: [ada@example.com, bob@example.com]
    user_identifier: email
"""

RETURN = r"""
course_id:
  description: The id of the course; null where the token can't look it up.
  returned: success
  type: int
  sample: 3
users:
  description: The enrolled users, by their ids. What is not known is null.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The user's id.
      type: int
    username:
      description: The username.
      type: str
    firstname:
      description: The first name.
      type: str
    lastname:
      description: The last name.
      type: str
    email:
      description: The e-mail address.
      type: str
    idnumber:
      description: The idnumber.
      type: str
    roles:
      description: The shortnames of the user's roles in the course.
      type: list
      elements: str
    groups:
      description: The names of the user's groups in the course.
      type: list
      elements: str
    active:
      description: Whether the enrolment is active, that is neither suspended, nor yet to begin, nor ended.
      type: bool
  sample:
    - id: 4
      username: ada
      firstname: Ada
      lastname: Lovelace
      email: ada@example.com
      idnumber: U1
      roles: [student]
      groups: [Group A]
      active: true
not_enrolled:
  description: Those of O(users) who are not in the list, because they are not enrolled, unknown, or hidden from the token's account.
  returned: success
  type: list
  elements: str
  sample: [bob@example.com]
unknown:
  description: What can't be told of any user, of V(email), V(roles), V(groups) and V(active).
  returned: success
  type: list
  elements: str
  sample: []
source:
  description: The function that told.
  returned: success
  type: str
  sample: core_enrol_get_enrolled_users
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "option", "option": "course", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import COURSE_IDENTIFIER, USER_IDENTIFIER
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import enrol_info


def plan(site, params):
    names = ("course", "course_identifier", "users", "user_identifier")
    return enrol_info.plan(site, **{name: params[name] for name in names})


TASK = Task(
    plan,
    options={
        "course": {"type": "str", "required": True, "aliases": ["courseid"]},
        "course_identifier": COURSE_IDENTIFIER,
        "users": {"type": "list", "elements": "str", "aliases": ["user", "userid"]},
        "user_identifier": USER_IDENTIFIER,
    },
    personal=("users",),
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
