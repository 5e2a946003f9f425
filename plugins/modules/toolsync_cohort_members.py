#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_cohort_members
short_description: Manage the members of cohorts
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Reads who is in the cohorts, plans the difference, and sends only that, in as few requests as PHP's limits allow.
  - Users are added by C(tool_sync_cohort_add_members) and taken out by C(tool_sync_cohort_delete_members). These stop at the first user
    that they do not know, so all are looked up first; unknown ones do not keep the others from being added.
  - "The token's service should hold C(tool_sync_get_cohorts) or C(core_cohort_get_cohorts), C(core_cohort_get_cohort_members) and
    C(core_user_get_users_by_field) as well. Without them, as with the plugin's packaged service, everything is sent."
  - Moodle enrols new members at once in the courses that the cohort is bound to, and ends the enrolments of those who leave.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.user
  - activeprolearn.toolsync.identifiers.cohort
  - activeprolearn.toolsync.exact
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.bulk
  - activeprolearn.toolsync.attributes
attributes:
  idempotent:
    support: full
    details: Where members can't be read, users who are taken out are always reported as changed, and RV(changed_is_certain) is false.
options:
  cohort:
    description:
      - The cohort, which must be there.
      - Needed, unless every item of O(memberships) names its own.
    type: str
    aliases: [chid]
  cohort_identifier:
    description: What O(cohort) is. V(name) needs a list of cohorts in the token's service.
  users:
    description:
      - The users.
      - Exactly one of O(users) and O(memberships) is needed.
    type: list
    elements: str
    aliases: [user, userid]
  state:
    description:
      - With V(present), O(users) are in the cohort. Other members are left as they are.
      - With V(exact), exactly O(users) are in the cohort, and everybody else is taken out. Nobody is taken out of a cohort in whose list a
        user could not be identified.
      - With V(absent), O(users) are not in the cohort.
    type: str
    choices: [present, absent, exact]
    default: present
  memberships:
    description: Users of many cohorts. What an item does not say is taken from the options of the same name of the task.
    type: list
    elements: dict
    suboptions:
      cohort: {description: As O(cohort)., type: str, aliases: [chid]}
      cohort_identifier: {description: As O(cohort_identifier)., type: str, choices: [id, idnumber, name], aliases: [chidsource]}
      users: {description: As O(users)., type: list, elements: str, aliases: [user, userid], required: true}
      user_identifier: {description: As O(user_identifier)., type: str, choices: [id, username, idnumber, email], aliases: [useridsource]}
      state: {description: As O(state)., type: str, choices: [present, absent, exact]}
seealso:
  - module: activeprolearn.toolsync.toolsync_cohort
  - module: activeprolearn.toolsync.toolsync_cohort_info
  - module: activeprolearn.toolsync.toolsync_cohort_enrol
"""

EXAMPLES = r"""
- name: Add two users to a cohort
  activeprolearn.toolsync.toolsync_cohort_members:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    cohort: Y1
    users: [ada, bob]

- name: Have exactly these in it, by their e-mail addresses, and nobody else
  activeprolearn.toolsync.toolsync_cohort_members:
    cohort: First year
    cohort_identifier: name
    users: [ada@example.com, bob@example.com]
    user_identifier: email
    state: exact

- name: Set several cohorts, and go on past unknown users
  activeprolearn.toolsync.toolsync_cohort_members:
    state: exact
    memberships:
      - {cohort: Y1, users: [ada, bob]}
      - {cohort: Y2, users: [cleo]}
    on_failures: warn

- name: Take a user out
  activeprolearn.toolsync.toolsync_cohort_members:
    cohort: Y1
    users: bob
    state: absent
"""

RETURN = r"""
added:
  description:
    - Users who were added, or would be in check mode.
    - This list and the next two hold the first 1,000; RV(counts) are complete.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"cohort": "Y1", "user": "ada"}]
removed:
  description: Users who were taken out. Those that only O(state=exact) took out are named by their usernames.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"cohort": "Y1", "user": "dan"}]
unchanged:
  description: Users for whom nothing was to be done.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"cohort": "Y1", "user": "cleo"}]
failures:
  description: Users who failed, with the reason.
  returned: once the options were checked
  type: list
  elements: dict
  contains:
    cohort:
      description: The cohort, as the task names it.
      type: str
    user:
      description: The user, as the task names it; null where the cohort failed without any.
      type: str
    reason:
      description: What is wrong, and with which identifier.
      type: str
  sample: [{"cohort": "Y1", "user": "nobody", "reason": "no user has the username nobody"}]
unknown:
  description: Users of which nobody could see whether they are done, with the reason. With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"cohort": "Y1", "user": "eve", "reason": "Moodle knows no user eve (username)"}]
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(items) of which that is so; most items first. In check mode, that is
      what decides whether they are going to be done.
    - With any, RV(changed_is_certain) is false.
  returned: once the options were checked
  type: list
  elements: dict
  sample: [{"because": "whether the token's account may do this, unless it is an administrator's, can't be seen", "items": 2}]
counts:
  description: How many users are in the lists.
  returned: once the options were checked
  type: dict
  sample: {"added": 1, "removed": 1, "unchanged": 1, "failed": 1, "unknown": 1}
changed_is_certain:
  description: Whether everything in the lists is known to be as they say. False where members could not be read, or no answer came back.
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
    COHORT_IDENTIFIER,
    USER_IDENTIFIER,
    item,
)
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import cohort_members

OPTIONS = {
    "cohort": {"type": "str", "aliases": ["chid"]},
    "cohort_identifier": COHORT_IDENTIFIER,
    "users": {"type": "list", "elements": "str", "aliases": ["user", "userid"]},
    "user_identifier": USER_IDENTIFIER,
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
}
ITEM = item(OPTIONS, "users")

TASK = Task(
    cohort_members.plan,
    options={
        **OPTIONS,
        **ALLOW_EMPTY,
        "memberships": {"type": "list", "elements": "dict", "options": ITEM},
        **BULK,
    },
    constraints={"required_one_of": [("users", "memberships")], "mutually_exclusive": [("users", "memberships")]},
    personal=("users", "memberships"),
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
