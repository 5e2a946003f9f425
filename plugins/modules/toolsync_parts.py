#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_parts
short_description: Split a large CSV file into parts for tool_sync runs of their own
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Splits a CSV into files with a limited number of rows, each with the header line, so that a long run becomes several short ones
    whose answers
    no proxy cuts, and whose progress can be seen.
  - Says which parts are done. A part is done when the result of its run lies beside it in RV(parts[].marker), so that a sequence
    can go on after an
    interruption. Another content of the file begins anew.
  - The role P(activeprolearn.toolsync.sync#role) uses it for C(rows_per_run). The site itself is not asked.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details: No part is written.
  diff_mode:
    details: Shows the names of the parts.
  idempotent:
    support: full
options:
  state:
    description: Whether the parts are to be there, or to be removed with all that lies beside them.
    type: str
    default: present
    choices: [present, absent]
  src:
    description: The CSV, on the controller; it is sent to the host that runs the module when that is another one.
    type: path
    required: true
  remote_src:
    description: Whether O(src) is a file on the host that runs the module already.
    type: bool
    default: false
  dest:
    description: The name that the parts are named after. The default is the base name of O(src).
    type: str
    aliases: [filename]
  service:
    description: The service that will read the parts.
    type: str
    required: true
    choices: [courses, users, enrols, enols, cohorts]
  action:
    description: What the service will do with them; V(sync) for all but V(courses).
    type: str
    choices: [create, delete, reset, check, bindmetas, sync]
  separator:
    description: What separates the cells, as the site reads it.
    type: str
    default: ;
    choices: [;, ","]
  rows_per_part:
    description: The largest number of rows in a part.
    type: int
    default: 2000
  folder:
    description: Where the parts lie, in a folder of their own with mode 0700. The default is C(~/.ansible/toolsync/parts).
    type: path
seealso:
  - module: activeprolearn.toolsync.toolsync_upload
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Split a large file of users
  activeprolearn.toolsync.toolsync_parts:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    src: users.csv
    service: users
    rows_per_part: 1000
  register: split

- name: Remove the parts when all are done
  activeprolearn.toolsync.toolsync_parts:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    src: users.csv
    service: users
    rows_per_part: 1000
    state: absent
"""

RETURN = r"""
folder:
  description: Where the parts lie.
  returned: success
  type: str
  sample: /home/ansible/.ansible/toolsync/parts/0f3a9c27d1b84e65
sha256:
  description: Checksum of the whole file.
  returned: success
  type: str
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
rows:
  description: Number of rows in all parts.
  returned: success
  type: int
  sample: 2500
parts:
  description: The parts, in order.
  returned: success
  type: list
  elements: dict
  contains:
    src:
      description: The file of the part, on the host that runs the module.
      type: str
      returned: success
    dest:
      description: Its name for the site.
      type: str
      returned: success
    rows:
      description: Number of rows in it.
      type: int
      returned: success
    line_offset:
      description: What to add to a line of the part to get the line of the whole file.
      type: int
      returned: success
    marker:
      description: Where the result of its run is kept.
      type: str
      returned: success
    result:
      description: The result of its run; null while it is not done.
      type: dict
      returned: success
  sample:
    - src: /home/ansible/.ansible/toolsync/parts/0f3a9c27d1b84e65/users-001-of-003.csv
      dest: users-001-of-003.csv
      rows: 1000
      line_offset: 0
      marker: /home/ansible/.ansible/toolsync/parts/0f3a9c27d1b84e65/users-001-of-003.csv.done.json
      result: null
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "csv", "option": "src", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import parts
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import checked_action


def plan(site, params):
    service, action = checked_action(params["service"], params["action"])
    taken = ("src", "rows_per_part", "separator", "state", "dest", "folder")
    return parts.plan(site, service=service, action=action, **{name: params[name] for name in taken})


TASK = Task(
    plan,
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "src": {"type": "path", "required": True},
        "remote_src": {"type": "bool", "default": False},
        "dest": {"type": "str", "aliases": ["filename"]},
        "service": {"type": "str", "required": True, "choices": ["courses", "users", "enrols", "enols", "cohorts"]},
        "action": {"type": "str", "choices": ["create", "delete", "reset", "check", "bindmetas", "sync"]},
        "separator": {"type": "str", "default": ";", "choices": [";", ","]},
        "rows_per_part": {"type": "int", "default": 2000},
        "folder": {"type": "path"},
    },
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
