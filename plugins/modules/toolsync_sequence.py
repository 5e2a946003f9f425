#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_sequence
short_description: Keep account of a sequence of steps, for the role sync
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Internal to the role P(activeprolearn.toolsync.sync#role), whose variables it reads and whose steps it does by the other modules
    of this collection. Use the role.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.attributes
attributes:
  diff_mode:
    details: Shows what the modules of a step show.
  idempotent:
    support: full
options:
  do:
    description:
      - V(begin) tells what there is to take. V(take) checks everything, or does a step.
      - V(end) releases the lock, writes the report and tells what was done.
    type: str
    required: true
    choices: [begin, take, end]
  number:
    description: What to take; 0 looks at the site and at all files, and takes the lock of the site, and the others are the steps.
    type: int
"""

EXAMPLES = r"""
- name: Bring files into Moodle
  ansible.builtin.include_role:
    name: activeprolearn.toolsync.sync
  vars:
    sync_url: https://moodle.example.org
    sync_token: "{{ vault_moodle_token }}"
    sync_csv_dir: "{{ playbook_dir }}"
"""

RETURN = r"""
step:
  description: What became of the step, as in C(sync_result.steps) of the role.
  returned: with O(do=take) for a step
  type: dict
  sample: {"name": "users", "state": "done", "counts": {"rows": 60, "created": 59, "failed": 1}}
"""
