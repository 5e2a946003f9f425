#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_cohort
short_description: Manage cohorts
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Reads the cohorts, plans the difference, and sends only that.
  - The plugin can delete a cohort, and has no function that makes one. So cohorts are made and changed by Moodle's own
    C(core_cohort_create_cohorts) and C(core_cohort_update_cohorts), which the token's service must hold where they are needed.
  - "It must also hold C(tool_sync_get_cohorts) or C(core_cohort_get_cohorts) to make or change cohorts, and
    C(tool_sync_cohort_delete) to delete them. The plugin's packaged services hold neither list."
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.identifiers.cohort
  - activeprolearn.toolsync.identifiers.category
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.bulk
  - activeprolearn.toolsync.attributes
attributes:
  idempotent:
    support: partial
    details:
      - In which category a cohort lies can be read only where the token has C(core_cohort_search_cohorts). Otherwise O(category) is
        compared with what was last sent from this host, and RV(changed_is_certain) is false.
options:
  cohort:
    description:
      - The cohort.
      - Exactly one of O(cohort) and O(cohorts) is needed.
    type: str
    aliases: [chid]
  cohort_identifier:
    description:
      - What O(cohort) is.
      - A new cohort gets it as its idnumber or name. An V(id) can only be that of a cohort that is there.
      - Names need not be unique in Moodle. Where several cohorts have it, the item fails.
  name:
    description:
      - The name. A cohort that is there is renamed. Where none has the name of O(cohort) any more, one that has this name is taken for it,
        so that a second run finds what the first has renamed. The same goes for O(idnumber).
      - Needed for a new cohort, unless O(cohort) is its name.
    type: str
  idnumber:
    description:
      - The idnumber, of at most 100 characters.
      - Without it, a cohort keeps the one that it has, and a new one gets that of O(cohort) or, where O(cohort) is a name, none. Moodle
        allows only one cohort without an idnumber to be made over web services.
    type: str
  description:
    description: The description, as HTML. Without it, a cohort keeps the one that it has.
    type: str
  visible:
    description:
      - Whether teachers see the cohort in their lists.
      - Without it, a cohort stays as it is, and a new one is visible.
    type: bool
  category:
    description:
      - The course category that the cohort belongs to; V(0) with O(category_identifier=id) for the system, above all categories.
      - Without it, a cohort stays where it is, and a new one is made in the system.
    type: str
  state:
    description:
      - Whether the cohort is there.
      - With V(absent), the cohort is deleted with its memberships and the enrolments that came from it.
    type: str
    choices: [present, absent]
    default: present
  cohorts:
    description: Many cohorts. What an item does not say is taken from the options of the same name of the task.
    type: list
    elements: dict
    suboptions:
      cohort: {description: As O(cohort)., type: str, aliases: [chid], required: true}
      cohort_identifier: {description: As O(cohort_identifier)., type: str, choices: [id, idnumber, name], aliases: [chidsource]}
      name: {description: As O(name)., type: str}
      idnumber: {description: As O(idnumber)., type: str}
      description: {description: As O(description)., type: str}
      visible: {description: As O(visible)., type: bool}
      category: {description: As O(category)., type: str}
      category_identifier: {description: As O(category_identifier)., type: str, choices: [id, idnumber], aliases: [categoryidsource]}
      state: {description: As O(state)., type: str, choices: [present, absent]}
seealso:
  - module: activeprolearn.toolsync.toolsync_cohort_info
  - module: activeprolearn.toolsync.toolsync_cohort_members
  - module: activeprolearn.toolsync.toolsync_cohort_enrol
"""

EXAMPLES = r"""
- name: Have a cohort
  activeprolearn.toolsync.toolsync_cohort:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    cohort: Y1
    name: First year
    description: <p>All students of the first year.</p>

- name: Have the cohorts of a category, hidden from teachers
  activeprolearn.toolsync.toolsync_cohort:
    category: SCI
    category_identifier: idnumber
    visible: false
    cohorts:
      - {cohort: SCI-A, name: Sciences A}
      - {cohort: SCI-B, name: Sciences B}

- name: Rename a cohort and give it another idnumber
  activeprolearn.toolsync.toolsync_cohort:
    cohort: First year
    cohort_identifier: name
    name: First year 2026
    idnumber: Y1-2026

- name: Delete a cohort
  activeprolearn.toolsync.toolsync_cohort:
    cohort: Y1-2025
    state: absent
"""

RETURN = r"""
created:
  description:
    - Cohorts that were made, or would be in check mode. The id is null where it is not known yet.
    - This list and the next three hold the first 1,000; RV(counts) are complete.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample: [{"cohort": "Y1", "id": 7}]
updated:
  description: Cohorts that were changed.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample: [{"cohort": "Y2", "id": 4}]
deleted:
  description: Cohorts that were deleted. The id is null where it could not be read.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample: [{"cohort": "Y0", "id": 2}]
unchanged:
  description: Cohorts that needed nothing.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample: [{"cohort": "Y3", "id": 5}]
failures:
  description: Cohorts that failed, with the reason.
  returned: once the cohorts were read
  type: list
  elements: dict
  contains:
    cohort:
      description: The cohort, as the task names it.
      type: str
    reason:
      description: What is wrong, and with which identifier.
      type: str
  sample: [{"cohort": "Y9", "reason": "there is no such cohort, and a new one needs a name"}]
unknown:
  description: Cohorts of which nobody could see whether they are done, with the reason. With any, RV(changed_is_certain) is false.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample:
    - {"cohort": "Y7", "id": null,
      "reason": "The connection to https://moodle.example.org broke before a whole answer had come: Connection reset by peer."}
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(items) of which that is so; most items first. In check mode, that is
      what decides whether they are going to be done.
    - With any, RV(changed_is_certain) is false.
  returned: once the cohorts were read
  type: list
  elements: dict
  sample: [{"because": "whether the token's account may do this, unless it is an administrator's, can't be seen", "items": 2}]
counts:
  description: How many cohorts are in the lists.
  returned: once the cohorts were read
  type: dict
  sample: {"created": 1, "updated": 1, "deleted": 1, "unchanged": 1, "failed": 1, "unknown": 1}
changed_is_certain:
  description: Whether everything in the lists is known to be as they say. False where something could not be read, or no answer came back.
  returned: once the cohorts were read
  type: bool
  sample: true
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "partly_failed", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import BULK, COHORT_IDENTIFIER, item
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import cohort

OPTIONS = {
    "cohort": {"type": "str", "aliases": ["chid"]},
    "cohort_identifier": COHORT_IDENTIFIER,
    "name": {"type": "str"},
    "idnumber": {"type": "str"},
    "description": {"type": "str"},
    "visible": {"type": "bool"},
    "category": {"type": "str"},
    "category_identifier": {
        "type": "str",
        "choices": ["id", "idnumber"],
        "default": "id",
        "aliases": ["categoryidsource"],
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ITEM = item(OPTIONS, "cohort")

TASK = Task(
    cohort.plan,
    options={
        **OPTIONS,
        "cohorts": {"type": "list", "elements": "dict", "options": ITEM},
        **BULK,
    },
    constraints={"required_one_of": [("cohort", "cohorts")], "mutually_exclusive": [("cohort", "cohorts")]},
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
