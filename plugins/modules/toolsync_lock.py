#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_lock
short_description: Manage the lock of a Moodle site
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - The settings and files of Moodle's C(tool_sync) plugin are global to the site, and its runs take no lock. Two sequences at a
    time can swap their files.
  - Takes or releases a lock for a site. The lock is a file on the host that runs the module, so it holds between sequences that
    are run from the same host. The site itself is not asked.
  - The role P(activeprolearn.toolsync.sync#role) takes and releases it; playbooks that use the role need not. It is for those who put the
    modules together in another way.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details: No lock is taken, and none is waited for.
  diff_mode:
    details: Shows who holds the lock.
  idempotent:
    support: full
options:
  state:
    description: Whether the lock is to be held or released.
    type: str
    default: present
    choices: [present, absent]
  run_id:
    description: A name of the sequence that no other has. Only the sequence that took a lock releases it.
    type: str
    required: true
  owner:
    description: Internal. Who runs the sequence, for the message that others get. The default is user, host and process.
    type: str
  pid:
    description: Internal. A process that lives as long as the sequence, C(ansible-playbook) by default. When it is gone, so is the lock.
    type: int
  host:
    description: Internal. The host of O(pid) and, as containers may share a name, its process namespace. The default is the controller.
    type: str
  wait:
    description: Seconds to wait for another sequence.
    type: int
    default: 600
  path:
    description: The lock file. The default is a file per site in C(~/.ansible/toolsync).
    type: path
seealso:
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Work on the site alone
  module_defaults:
    group/activeprolearn.toolsync.toolsync:
      url: https://moodle.example.org
      token: "{{ moodle_token }}"
  block:
    - name: Take the lock
      activeprolearn.toolsync.toolsync_lock:
        run_id: nightly-import
        wait: 1800

    - name: Process the users
      activeprolearn.toolsync.toolsync_process:
        service: users
  always:
    - name: Release the lock
      activeprolearn.toolsync.toolsync_lock:
        run_id: nightly-import
        state: absent
"""

RETURN = r"""
lock_file:
  description: The file that is the lock.
  returned: success
  type: str
  sample: /home/ansible/.ansible/toolsync/moodle.example.org-1a2b3c4d.json.sequence
owner:
  description: Who runs the sequence.
  returned: success
  type: str
  sample: ansible@controller, process 4711
waited:
  description: Seconds that the task waited for another sequence.
  returned: success
  type: int
  sample: 12
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "lock", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import lock

where = lock.where

TASK = Task(
    lock.plan,
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "run_id": {"type": "str", "required": True},
        "owner": {"type": "str"},
        "pid": {"type": "int"},
        "host": {"type": "str"},
        "wait": {"type": "int", "default": 600},
        "path": {"type": "path"},
    },
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
