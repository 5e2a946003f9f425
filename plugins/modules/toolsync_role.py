#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_role
short_description: Manage the roles of users in a context
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Gives roles in the system, a category, a course, a module or to somebody about another user, without enrolling anybody.
  - Roles are given by Moodle's C(core_role_assign_roles) and taken away by C(core_role_unassign_roles), because the plugin's own functions
    fail on every call with PHP 8.
  - "The token's service should hold C(core_user_get_users_by_field), C(core_course_get_courses_by_field),
    C(core_enrol_get_enrolled_users) and C(core_course_get_categories) as well, as far as users, courses and categories are named otherwise
    than by ids."
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.identifiers.user
  - activeprolearn.toolsync.identifiers.role
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.bulk
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details:
      - The site is only read. An unknown role or module, and a right that the token's account lacks, are found only in the real run.
      - "What can't be seen makes RV(changed_is_certain) false; RV(uncertain) says what: an id of a role that nobody was seen to hold in a
        course; where a role comes from that is to be taken away, as one from a cohort stays; what the token's account may do, unless it is
        an administrator's, which C(core_webservice_get_site_info) tells."
  idempotent:
    support: partial
    details:
      - Moodle tells who holds which role only of users who are enrolled in a course, in that course. Elsewhere the role is sent each time,
        which changes nothing where it is so already; RV(ignore:changed) compares with what was last sent from this host, as O(state_file)
        remembers, and RV(changed_is_certain) is false.
options:
  role:
    description:
      - The role.
      - Needed, unless every item of O(assignments) names its own.
    type: str
    aliases: [roleid]
  role_identifier:
    description:
      - What O(role) is.
      - Moodle's functions take the id of a role, and no web service tells it but in the list of those who are enrolled in a course. So a
        V(shortname) is found where somebody holds the role in the course of the assignment, or did when this host last looked there.
        Otherwise give the V(id), or O(role_ids).
  role_ids:
    description:
      - Ids of roles by their shortnames, for roles that can't be found otherwise.
      - Most sites have 1 for V(manager), 2 for V(coursecreator), 3 for V(editingteacher), 4 for V(teacher) and 5 for V(student), but not
        all. The id ends the address of a role's page below Site administration > Users > Permissions > Define roles.
    type: dict
  users:
    description:
      - The users.
      - Exactly one of O(users) and O(assignments) is needed.
    type: list
    elements: str
    aliases: [user, userid]
  context:
    description:
      - The kind of the context in which the role is given.
      - A role in V(course) does not enrol; M(activeprolearn.toolsync.toolsync_enrol) does.
      - A role in V(user) is about the user that O(instance) names, such as that of a parent or a mentor.
    type: str
    choices: [system, category, course, module, user]
    default: course
    aliases: [contexttype]
  instance:
    description: The category, course, module or user that the role is given in. Needed but for O(context=system).
    type: str
    aliases: [instanceid]
  instance_identifier:
    description:
      - What O(instance) is.
      - V(id) or V(idnumber) of a category; V(shortname), V(id) or V(idnumber) of a course; V(id) of a module, the number that ends its
        address; V(username), V(id), V(idnumber) or V(email) of a user. The first is the default.
    type: str
    choices: [id, shortname, idnumber, username, email]
    aliases: [instanceidsource]
  state:
    description:
      - Whether the users hold the role.
      - With V(absent), a role that came from an enrolment method, as from a cohort, can't be taken away; the user fails.
    type: str
    choices: [present, absent]
    default: present
  assignments:
    description: Many assignments. What an item does not say is taken from the options of the same name of the task.
    type: list
    elements: dict
    suboptions:
      role: {description: As O(role)., type: str, aliases: [roleid]}
      role_identifier: {description: As O(role_identifier)., type: str, choices: [id, shortname], aliases: [roleidsource]}
      user: {description: The user., type: str, aliases: [userid], required: true}
      user_identifier: {description: As O(user_identifier)., type: str, choices: [id, username, idnumber, email], aliases: [useridsource]}
      context: {description: As O(context)., type: str, choices: [system, category, course, module, user], aliases: [contexttype]}
      instance: {description: As O(instance)., type: str, aliases: [instanceid]}
      instance_identifier:
        description: As O(instance_identifier).
        type: str
        choices: [id, shortname, idnumber, username, email]
        aliases: [instanceidsource]
      state: {description: As O(state)., type: str, choices: [present, absent]}
seealso:
  - module: activeprolearn.toolsync.toolsync_enrol
  - module: activeprolearn.toolsync.toolsync_enrol_info
"""

EXAMPLES = r"""
- name: Let two users manage a category
  activeprolearn.toolsync.toolsync_role:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    role: manager
    role_ids: {manager: 1}
    users: [ada, bob]
    context: category
    instance: SCI
    instance_identifier: idnumber

- name: Let a user create courses anywhere
  activeprolearn.toolsync.toolsync_role:
    role: "2"
    role_identifier: id
    users: cleo@example.com
    user_identifier: email
    context: system

- name: Give roles in several contexts
  activeprolearn.toolsync.toolsync_role:
    role_ids: "{{ role_ids }}"
    assignments:
      - {role: teacher, user: ada, context: course, instance: MATH101}
      - {role: teacher, user: bob, context: module, instance: 2}
      - {role: parent, user: dan, context: user, instance: ada}

- name: Take a role away
  activeprolearn.toolsync.toolsync_role:
    role: teacher
    users: [ada]
    instance: MATH101
    state: absent
"""

RETURN = r"""
assigned:
  description:
    - Roles that were given, or would be in check mode, as C(user), C(role), C(context) and C(instance) of the task.
    - This list and the next two hold the first 1,000; RV(counts) are complete.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"user": "ada", "role": "manager", "context": "category", "instance": "SCI"}]
unassigned:
  description: Roles that were taken away.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"user": "bob", "role": "manager", "context": "category", "instance": "SCI"}]
unchanged:
  description: Roles for which nothing was to be done, or that this host sent before and nobody can ask for.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"user": "cleo", "role": "2", "context": "system", "instance": null}]
failures:
  description: Assignments that failed, with the reason.
  returned: once the options were checked
  type: list
  elements: dict
  contains:
    user:
      description: The user, as the task names it.
      type: str
    role:
      description: The role, as the task names it.
      type: str
    context:
      description: The kind of the context.
      type: str
    instance:
      description: The instance, as the task names it, or null.
      type: str
    reason:
      description: What is wrong, and with which identifier.
      type: str
  sample: [{"user": "nobody", "role": "2", "context": "system", "instance": null, "reason": "no user has the username nobody"}]
unknown:
  description: Assignments of which nobody could see whether they are done, with the reason. With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"user": "eve", "role": "manager", "context": "category", "instance": "SCI", "reason": "Moodle knows no such user"}]
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(items) of which that is so; most items first. In check mode, that is
      what decides whether they are going to be done.
    - With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"because": "whether there is a role with the id 4 can't be seen: nobody was seen to hold it in a course", "items": 2}]
counts:
  description: How many assignments are in the lists.
  returned: once the options were checked
  type: dict
  sample: {"assigned": 1, "unassigned": 1, "unchanged": 1, "failed": 1, "unknown": 1}
changed_is_certain:
  description:
    - Whether everything in the lists is known to be as they say.
    - False as soon as one of the assignments is elsewhere than in a course, or of a user who is not enrolled there; where a role stays that
      comes from an enrolment method; and with any in RV(unknown) or RV(uncertain).
  returned: once the options were checked
  type: bool
  sample: false
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "partly_failed", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import (
    BULK,
    ROLE_IDENTIFIER,
    USER_IDENTIFIER,
    item,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import role

OPTIONS = {
    "role": {"type": "str", "aliases": ["roleid"]},
    "role_identifier": ROLE_IDENTIFIER,
    "user_identifier": USER_IDENTIFIER,
    "context": {
        "type": "str",
        "choices": ["system", "category", "course", "module", "user"],
        "default": "course",
        "aliases": ["contexttype"],
    },
    "instance": {"type": "str", "aliases": ["instanceid"]},
    "instance_identifier": {
        "type": "str",
        "choices": ["id", "shortname", "idnumber", "username", "email"],
        "aliases": ["instanceidsource"],
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ITEM = item({**OPTIONS, "user": {"type": "str", "aliases": ["userid"]}}, "user")

TASK = Task(
    role.plan,
    options={
        **OPTIONS,
        "role_ids": {"type": "dict"},
        "users": {"type": "list", "elements": "str", "aliases": ["user", "userid"]},
        "assignments": {"type": "list", "elements": "dict", "options": ITEM},
        **BULK,
    },
    constraints={"required_one_of": [("users", "assignments")], "mutually_exclusive": [("users", "assignments")]},
    personal=("users", "assignments"),
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
