#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_group
short_description: Manage the groups of courses and their members
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Reads the groups of the courses and their members, plans the difference, sends only that, and looks again.
  - The plugin has no web service for groups. So Moodle's own are used, which are C(core_group_get_course_groups) and
    C(core_group_get_group_members) to read, C(core_group_create_groups), C(core_group_add_group_members),
    C(core_group_delete_group_members) and C(core_group_delete_groups) to change, each only where it is needed. The token's service
    should hold C(core_course_get_courses_by_field), C(core_user_get_users_by_field) and C(core_enrol_get_enrolled_users) as well.
  - Where the token's service lacks those that read, groups are read from the list of the enrolled users, which does not show groups
    without members.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.course
  - activeprolearn.toolsync.identifiers.user
  - activeprolearn.toolsync.exact
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.bulk
  - activeprolearn.toolsync.attributes
attributes:
  idempotent:
    support: full
options:
  course:
    description:
      - The course.
      - Needed, unless O(group) or every item of O(groups) names its own.
    type: str
    aliases: [courseid]
  group:
    description:
      - The group. Without O(course), it is written as C(COURSE@GROUP); the first C(@) separates them.
      - Exactly one of O(group) and O(groups) is needed.
    type: str
    aliases: [groupid]
  group_identifier:
    description:
      - What O(group) is. An V(id) can only be that of a group that is there.
      - Where several groups of a course have the name, the item fails.
    type: str
    choices: [name, id]
    default: name
    aliases: [groupidsource]
  state:
    description:
      - With V(present), the group is there, and O(members) are in it. Other members are left as they are.
      - With V(exact), the group is there, exactly O(members) are in it, and everybody else is taken out. Nobody is taken out of a group in
        whose list a user could not be identified.
      - With V(absent), the group is deleted with its memberships; its members stay enrolled.
    type: str
    choices: [present, absent, exact]
    default: present
  members:
    description:
      - Users who are in the group. Without it, members are left as they are.
      - Only users who are enrolled in the course can be members.
    type: list
    elements: str
    aliases: [users]
  absent_members:
    description: Users to take out of the group, which itself stays.
    type: list
    elements: str
  user_identifier:
    description: What O(members) and O(absent_members) are.
  groups:
    description:
      - Many groups, in any number of courses. What an item does not say is taken from the options of the same name of the task.
      - Items of the same group are put together. Items that contradict each other are refused.
    type: list
    elements: dict
    suboptions:
      course: {description: As O(course)., type: str, aliases: [courseid]}
      course_identifier: {description: As O(course_identifier)., type: str, choices: [id, shortname, idnumber], aliases: [courseidsource]}
      group: {description: As O(group)., type: str, aliases: [groupid], required: true}
      group_identifier: {description: As O(group_identifier)., type: str, choices: [name, id], aliases: [groupidsource]}
      state: {description: As O(state)., type: str, choices: [present, absent, exact]}
      members: {description: As O(members)., type: list, elements: str, aliases: [users]}
      absent_members: {description: As O(absent_members)., type: list, elements: str}
      user_identifier: {description: As O(user_identifier)., type: str, choices: [id, username, idnumber, email], aliases: [useridsource]}
notes:
  - The token's account needs the capability C(moodle/course:managegroups) in the courses, and C(moodle/course:viewparticipants).
  - The plugin's group command C(greplace) is not used. It removes all memberships and then stops, on Moodle 4.1 and newer.
seealso:
  - module: activeprolearn.toolsync.toolsync_enrol
  - module: activeprolearn.toolsync.toolsync_enrol_info
"""

EXAMPLES = r"""
- name: Have a group, and these in it
  activeprolearn.toolsync.toolsync_group:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: MATH101
    group: Group A
    members: [ada, bob]

- name: Have exactly these in the groups of a course, and nobody else
  activeprolearn.toolsync.toolsync_group:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: M101
    course_identifier: idnumber
    user_identifier: email
    state: exact
    groups:
      - {group: Group A, members: [ada@example.com]}
      - {group: Group B, members: [bob@example.com, cleo@example.com]}

- name: Take somebody out of a group
  activeprolearn.toolsync.toolsync_group:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    group: MATH101@Group A
    absent_members: [bob]

- name: Delete a group
  activeprolearn.toolsync.toolsync_group:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: MATH101
    group: Group B
    state: absent
"""

RETURN = r"""
created:
  description:
    - Groups that were made, or would be in check mode, as C(course) and C(group) of the task; C(user) is null.
    - This list and the next four hold the first 1,000; RV(counts) are complete.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"course": "MATH101", "group": "Group A", "user": null}]
deleted:
  description: Groups that were deleted.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"course": "MATH101", "group": "Group B", "user": null}]
added:
  description: Users who were put into groups, as C(course), C(group) and C(user) of the task.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"course": "MATH101", "group": "Group A", "user": "ada"}]
removed:
  description: Users who were taken out. Those whom O(state=exact) takes out are told by their usernames.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"course": "MATH101", "group": "Group A", "user": "bob"}]
unchanged:
  description: Groups and members that needed nothing.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"course": "MATH101", "group": "Group A", "user": "cleo"}]
failures:
  description: Groups and members that failed, with the reason.
  returned: once the groups were read
  type: list
  elements: dict
  contains:
    course:
      description: The course, as the task names it.
      type: str
    group:
      description: The group, as the task names it.
      type: str
    user:
      description: The user, as the task names it; null where the group itself failed.
      type: str
    reason:
      description: What is wrong, and with which identifier.
      type: str
  sample: [{"course": "MATH101", "group": "Group A", "user": "nobody", "reason": "no user has the username nobody"}]
unknown:
  description:
    - Groups and members of which nobody could see whether they are done, with the reason.
    - With any, RV(changed_is_certain) is false.
  returned: once the groups were read
  type: list
  elements: dict
  sample:
    - {"course": "MATH101", "group": "Group C", "user": null,
      "reason": "The connection to https://moodle.example.org broke before a whole answer had come: Connection reset by peer."}
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(items) of which that is so; most items first. In check mode, that is
      what decides whether they are going to be done.
    - With any, RV(changed_is_certain) is false.
  returned: once the groups were read
  type: list
  elements: dict
  sample: [{"because": "whether the token's account may do this, unless it is an administrator's, can't be seen", "items": 2}]
counts:
  description: How many groups and members are in the lists.
  returned: once the groups were read
  type: dict
  sample: {"created": 1, "deleted": 1, "added": 1, "removed": 1, "unchanged": 1, "failed": 1, "unknown": 1}
changed_is_certain:
  description:
    - Whether everything in the lists is known to be as they say. False where a group without members could not be seen, or no answer
      came back.
  returned: once the groups were read
  type: bool
  sample: true
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "partly_failed", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import (
    ALLOW_EMPTY,
    BULK,
    COURSE_IDENTIFIER,
    USER_IDENTIFIER,
    item,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import group

OPTIONS = {
    "course": {"type": "str", "aliases": ["courseid"]},
    "course_identifier": COURSE_IDENTIFIER,
    "group": {"type": "str", "aliases": ["groupid"]},
    "group_identifier": {"type": "str", "choices": ["name", "id"], "default": "name", "aliases": ["groupidsource"]},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
    "members": {"type": "list", "elements": "str", "aliases": ["users"]},
    "absent_members": {"type": "list", "elements": "str"},
    "user_identifier": USER_IDENTIFIER,
}
ITEM = item(OPTIONS, "group")

TASK = Task(
    group.plan,
    options={
        **OPTIONS,
        "groups": {"type": "list", "elements": "dict", "options": ITEM},
        **ALLOW_EMPTY,
        **BULK,
    },
    constraints={"required_one_of": [("group", "groups")], "mutually_exclusive": [("group", "groups")]},
    personal=("members", "absent_members", "groups"),
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
