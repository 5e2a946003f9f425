#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_enrol
short_description: Manage the enrolments of users in courses
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Reads who is enrolled in the courses, plans the difference, and sends only that, in as few requests as PHP's limits allow.
    10,000 enrolments are one task.
  - Users, courses and roles are named by the identifiers of your choice. Unknown ones are found before anything is sent, and do not
    keep the others from being enrolled.
  - Roles are added. Other roles of a user are kept.
  - Enrolments are made by C(tool_sync_enrol_users_enrol). They are ended by Moodle's own C(enrol_manual_unenrol_users), because the
    plugin's function for it fails on every call.
  - "The token's service should hold C(core_course_get_courses_by_field), C(core_user_get_users_by_field) and
    C(core_enrol_get_enrolled_users) as well. Without them, as with the plugin's packaged service, C(tool_sync_get_enrolled_full_users)
    is used; without that too, everything is sent and reported as changed, and RV(changed_is_certain) is false."
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.identifiers.course
  - activeprolearn.toolsync.identifiers.user
  - activeprolearn.toolsync.identifiers.role
  - activeprolearn.toolsync.exact
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.bulk
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details:
      - The site is only read. Unknown users and courses, a course whose method is off, and functions that the token may not call, are
        found as in the real run.
      - "What can't be seen makes RV(changed_is_certain) false; RV(uncertain) says what: by which methods somebody is enrolled whose
        enrolment is to end, where the course has more than C(manual); where a role comes from that is to be taken of several; a role that
        nobody was seen to hold, but for those of every Moodle; what the token's account may do, unless it is an administrator's, which
        C(core_webservice_get_site_info) tells."
  diff_mode:
    details: Shows those who change. What can't be read is null; roles that are named by an id are shown as it.
  idempotent:
    support: partial
    details:
      - Start and end of an enrolment can't be read from Moodle. Those that O(timestart) and O(timeend) asked for are remembered in
        O(state_file), without names, and are sent again only when they differ from it. A host that does not remember sends them once
        more, with RV(changed_is_certain) false.
      - Moodle does not tell by which method a user is enrolled. Who holds the role through a cohort counts as enrolled. Who is enrolled by
        another method can be neither un-enrolled nor suspended, and fails.
options:
  course:
    description:
      - The course.
      - Needed, unless every item of O(enrolments) names its own.
    type: str
    aliases: [courseid]
  user:
    description:
      - The user.
      - Exactly one of O(user), O(users) and O(enrolments) is needed.
    type: str
    aliases: [userid]
  users:
    description: Several users.
    type: list
    elements: str
  user_identifier:
    description:
      - What O(user) and O(users) are.
      - Usernames are taken in lower case, as Moodle keeps them.
      - Where several accounts share an identifier (Moodle allows it for idnumber and, by a setting, for email), the record fails.
  role:
    description:
      - The role in the course.
      - With O(state=present) and O(state=exact) the default is V(student).
      - "With O(state=absent): without O(role), the whole enrolment ends, with grades and group memberships as Moodle's settings have it.
        With O(role), only users who hold it are concerned, and those who hold other roles too keep them; that takes the function
        C(core_role_unassign_roles), without which they fail."
    type: str
    aliases: [roleid]
  role_identifier:
    description: What O(role) is. The shortnames of Moodle's own roles are V(student), V(teacher), V(editingteacher) and V(manager).
  method:
    description:
      - The enrolment method.
      - The plugin enrols by V(manual), and by V(sync) where the plugin enrol_sync is installed. It fails for others, such as V(self).
      - With O(state=absent) only V(manual) is possible.
    type: str
    default: manual
  timestart:
    description:
      - When the enrolment begins, as epoch seconds or as a date such as V(2026-09-01) or V(2026-09-01T08:00:00+02:00). V(0) is no start.
      - A date without an offset is UTC, one without a time is midnight.
      - Without it, a new enrolment begins at once, and an existing one is left as it is. But whenever anything else of an existing
        enrolment changes (a role is added, it is suspended), Moodle sets start and end anew. Then what this host remembers is sent,
        or none, with a warning.
      - The period belongs to the enrolment, whatever the roles.
    type: str
  timeend:
    description: When the enrolment ends, as O(timestart). V(0) is no end.
    type: str
  suspended:
    description:
      - Whether the enrolment is suspended.
      - Without it, a new enrolment is active, and an existing one stays as it is. Where it can't be read whether there is one that is
        suspended, what is sent is what this host last asked for, or active, with a warning and RV(changed_is_certain) false.
    type: bool
    aliases: [suspend]
  groups:
    description:
      - Groups of the course that the users are put into, by name or idnumber. A group that is not there is a failure, and is not made;
        M(activeprolearn.toolsync.toolsync_group) makes groups, and has exactly these members in them.
      - Other groups of the users are kept. It is of no matter to O(state=absent).
      - Needs C(core_group_get_course_groups), C(core_group_get_group_members) and C(core_group_add_group_members) in the token's service,
        and the capability C(moodle/course:managegroups).
    type: list
    elements: str
  state:
    description:
      - With V(present), the users are enrolled. Others are left as they are.
      - With V(exact), in each of the courses exactly the users of the list hold O(role). Whoever else holds it loses it, and with his last
        role the enrolment. Nobody is taken out of a course in whose list a user could not be identified, and the token's own account never
        is. Items of O(enrolments) with another state can be in the same list.
      - V(exact) needs C(core_course_get_courses_by_field), C(core_enrol_get_enrolled_users), C(core_webservice_get_site_info) and
        C(enrol_manual_unenrol_users) in the token's service; for users with several roles C(core_role_unassign_roles) too.
      - With V(absent), the users are not enrolled, or do not hold O(role).
    type: str
    choices: [present, absent, exact]
    default: present
  enrolments:
    description:
      - Many enrolments, in any number of courses. What an item does not say is taken from the options of the same name of the task.
      - Equal items are folded. Items that contradict each other are refused, with their positions.
    type: list
    elements: dict
    suboptions:
      course: {description: As O(course)., type: str, aliases: [courseid]}
      course_identifier: {description: As O(course_identifier)., type: str, choices: [id, shortname, idnumber], aliases: [courseidsource]}
      user: {description: As O(user)., type: str, aliases: [userid], required: true}
      user_identifier: {description: As O(user_identifier)., type: str, choices: [id, username, idnumber, email], aliases: [useridsource]}
      role: {description: As O(role)., type: str, aliases: [roleid]}
      role_identifier: {description: As O(role_identifier)., type: str, choices: [id, shortname], aliases: [roleidsource]}
      method: {description: As O(method)., type: str}
      timestart: {description: As O(timestart)., type: str}
      timeend: {description: As O(timeend)., type: str}
      suspended: {description: As O(suspended)., type: bool, aliases: [suspend]}
      groups: {description: As O(groups)., type: list, elements: str}
      state: {description: As O(state)., type: str, choices: [present, absent, exact]}
  parallel_requests:
    description:
      - How many requests with enrolments are under way at a time, once the site has taken a first one. From V(1) to V(8).
      - Each takes one of the site's PHP workers and a core. More than it has cores gain nothing.
      - A user's enrolments in a course are never in two of them. Where the token can't look up users or courses, requests go one by one.
    type: int
    default: 2
seealso:
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Enrol a student
  activeprolearn.toolsync.toolsync_enrol:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    course: MATH101
    user: ada

- name: Have exactly these teach the course, by their e-mail addresses, and nobody else
  activeprolearn.toolsync.toolsync_enrol:
    course: M101
    course_identifier: idnumber
    users: [ada@example.com, bob@example.com]
    user_identifier: email
    role: editingteacher
    state: exact

- name: Enrol everybody in the list, go on past unknown users, and say who they were
  activeprolearn.toolsync.toolsync_enrol:
    enrolments: "{{ lookup('ansible.builtin.file', 'enrolments.json') | from_json }}"
    on_failures: warn
  register: enrolling

- name: Enrol for a term, and suspend one of them
  activeprolearn.toolsync.toolsync_enrol:
    course: MATH101
    timestart: "2026-09-01T08:00:00+02:00"
    timeend: "2027-02-01"
    enrolments:
      - user: ada
      - user: bob
        suspended: true

- name: Enrol into groups of the course
  activeprolearn.toolsync.toolsync_enrol:
    course: MATH101
    enrolments:
      - {user: ada, groups: [Group A]}
      - {user: bob, groups: [Group A, Lab 2]}

- name: End an enrolment
  activeprolearn.toolsync.toolsync_enrol:
    course: MATH101
    user: bob
    state: absent
"""

RETURN = r"""
enrolled:
  description:
    - Users who were not enrolled, or would be in check mode, as C(course), C(user) and C(role) of the task.
    - This list and the next four hold the first 1,000; RV(counts) are complete.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "ada", "role": "student"}]
updated:
  description: Enrolments that got or lost a role, or another period or suspension.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "bob", "role": "student"}]
added:
  description: Users who were put into a group, with its name in C(group).
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "ada", "role": "student", "group": "Group A"}]
unenrolled:
  description: Enrolments that ended.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "dan", "role": null}]
unchanged:
  description: Records that needed nothing.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "cleo", "role": "student"}]
failures:
  description: All records that failed, with the reason.
  returned: once the options were checked
  type: list
  elements: dict
  contains:
    course:
      description: The course, as the task names it.
      type: str
    user:
      description: The user, as the task names it.
      type: str
    role:
      description: The role, as the task names it, or null.
      type: str
    group:
      description: The group, where it is what failed.
      type: str
    reason:
      description: What is wrong, and with which identifier.
      type: str
  sample: [{"course": "MATH101", "user": "nobody", "role": "student", "reason": "no user has the username nobody"}]
unknown:
  description: Records of which nobody could see whether they are done, with the reason. With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"course": "MATH101", "user": "eve", "role": "student", "reason": "Moodle knows no user eve (username)"}]
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(items) of which that is so; most items first. In check mode, that is
      what decides whether they are going to be done.
    - With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"because": "by which methods the user is enrolled can't be seen, and the course has more than manual: cohort", "items": 2}]
counts:
  description: How many records are in the lists.
  returned: once the options were checked
  type: dict
  sample: {"enrolled": 1, "updated": 1, "added": 1, "unenrolled": 1, "unchanged": 1, "failed": 1, "unknown": 1}
changed_is_certain:
  description:
    - Whether everything in RV(enrolled), RV(updated), RV(added) and RV(unenrolled) is known to have been another before, and RV(failures)
      to have changed nothing.
    - False where the site could not be read, where a period was sent that this host does not remember, where somebody is left by another
      method, or with any in RV(unknown) or RV(uncertain).
  returned: once the options were checked
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
    ROLE_IDENTIFIER,
    USER_IDENTIFIER,
    item,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import enrol

OPTIONS = {
    "course": {"type": "str", "aliases": ["courseid"]},
    "course_identifier": COURSE_IDENTIFIER,
    "user": {"type": "str", "aliases": ["userid"]},
    "user_identifier": USER_IDENTIFIER,
    "role": {"type": "str", "aliases": ["roleid"]},
    "role_identifier": ROLE_IDENTIFIER,
    "method": {"type": "str", "default": "manual"},
    "timestart": {"type": "str"},
    "timeend": {"type": "str"},
    "suspended": {"type": "bool", "aliases": ["suspend"]},
    "groups": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
}
ITEM = item(OPTIONS, "user")

TASK = Task(
    enrol.plan,
    options={
        **OPTIONS,
        "users": {"type": "list", "elements": "str"},
        "enrolments": {"type": "list", "elements": "dict", "options": ITEM},
        **ALLOW_EMPTY,
        **BULK,
        "parallel_requests": {"type": "int", "default": 2},
    },
    constraints={
        "required_one_of": [("user", "users", "enrolments")],
        "mutually_exclusive": [("user", "users", "enrolments")],
    },
    personal=("user", "users", "enrolments"),
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
