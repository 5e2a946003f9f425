#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_cohort_info
short_description: Gather information about cohorts and their members
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Tells all cohorts of the site, or those that are named, with their members on request.
  - Cohorts come from the plugin's C(tool_sync_get_cohorts), or from Moodle's C(core_cohort_get_cohorts) where the token's service does
    not hold that. Neither is in the plugin's packaged services.
  - Members come from C(core_cohort_get_cohort_members), because the plugin's C(tool_sync_cohort_get_users) fails on every call.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.cohort
  - activeprolearn.toolsync.attributes.info
  - activeprolearn.toolsync.attributes
options:
  cohorts:
    description: Tell only of these cohorts. Without it, all are told.
    type: list
    elements: str
    aliases: [cohort, chid]
  cohort_identifier:
    description:
      - What O(cohorts) are.
      - Several cohorts may share a name; all of them are told.
  members:
    description:
      - What to tell of the members.
      - V(count) needs C(core_cohort_get_cohort_members), V(list) also C(core_user_get_users_by_field), for the usernames.
    type: str
    choices: [none, count, list]
    default: none
  max_input_vars:
    description: PHP's setting C(max_input_vars) on the site. It limits how many cohorts and users fit into a request.
    type: int
    default: 1000
notes:
  - The token's account needs the capability C(moodle/cohort:view) wherever there is one of the cohorts. Where it lacks it for one, Moodle
    tells of none.
seealso:
  - module: activeprolearn.toolsync.toolsync_cohort
  - module: activeprolearn.toolsync.toolsync_cohort_members
"""

EXAMPLES = r"""
- name: Ask for all cohorts and their sizes
  activeprolearn.toolsync.toolsync_cohort_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    members: count
  register: all

- name: List those that are empty
  ansible.builtin.debug:
    msg: "{{ all.cohorts | selectattr('member_count', 'equalto', 0) | map(attribute='name') }}"

- name: Ask who is in two of them
  activeprolearn.toolsync.toolsync_cohort_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    cohorts: [Y1, Y2]
    members: list
  register: years
  failed_when: years.missing | length > 0
"""

RETURN = r"""
cohorts:
  description: The cohorts, in the order of their ids, or in that of O(cohorts).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id.
      type: int
    name:
      description: The name.
      type: str
    idnumber:
      description: The idnumber; empty where there is none.
      type: str
    description:
      description: The description, as it is stored.
      type: str
    visible:
      description: Whether teachers see it in their lists.
      type: bool
    member_count:
      description: How many users are in it.
      returned: with O(members=count) and O(members=list)
      type: int
    members:
      description: Who is in it, as C(id) and C(username). The username is null where the token's account may not see the user.
      returned: with O(members=list)
      type: list
      elements: dict
  sample:
    - id: 7
      name: First year
      idnumber: Y1
      description: ""
      visible: true
      member_count: 1
      members: [{"id": 12, "username": ada}]
missing:
  description: Those of O(cohorts) that there are not.
  returned: success
  type: list
  elements: str
  sample: [Y9]
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "access", "option": null, "errorcode": "accessexception", "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import COHORT_IDENTIFIER
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import cohort_info

TASK = Task(
    cohort_info.plan,
    options={
        "cohorts": {"type": "list", "elements": "str", "aliases": ["cohort", "chid"]},
        "cohort_identifier": COHORT_IDENTIFIER,
        "members": {"type": "str", "choices": ["none", "count", "list"], "default": "none"},
        "max_input_vars": {"type": "int", "default": 1000},
    },
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
