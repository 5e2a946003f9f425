#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_upload
short_description: Manage the CSV files that tool_sync reads
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Checks a CSV by the rules of the plugin's own reader, uploads it to a draft item of Moodle and commits it to the file area of the
    C(tool_sync) plugin, from where O(service) reads it in its next run.
  - The bytes arrive as they are, and are streamed. A file of 1 GiB takes less than 100 MiB of memory, with its check.
  - A file without a header line or without a data row is always refused. The plugin would never come back from it, and take a PHP process
    of the site with it.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.source
  - activeprolearn.toolsync.attributes
attributes:
  diff_mode:
    details: Shows file name, size and checksum, never the rows, which are personal data.
  idempotent:
    support: partial
    details:
      - The plugin's files can't be listed. RV(ignore:changed) compares with what this host committed last under the same name.
      - A site may remove a file once it was processed. So after a run the same file is sent again; that counts as a change only where the
        run is known to have removed it.
options:
  dest:
    description:
      - The name of the file in the plugin's area. It needs an extension.
      - The default is the base name of O(src).
    type: str
    aliases: [filename]
  commit:
    description: Whether the draft item is committed to the plugin. Otherwise it stays a draft, which Moodle removes after some days.
    type: bool
    default: true
  service:
    description: The service that will read the file; its rules are then checked before anything is sent.
    type: str
    choices: [courses, users, enrols, enols, cohorts]
  action:
    description: What the service will do with the file; V(sync) for all but V(courses).
    type: str
    choices: [create, delete, reset, check, bindmetas, sync]
  settings:
    description:
      - Settings of O(service) that the run will find, as for M(activeprolearn.toolsync.toolsync_process); they are not sent.
      - The check of the file goes by them, as what columns it needs depends on what identifies records. Without it, by what this host last
        sent.
    type: dict
  allow_destructive:
    description: Whether a file may hold rows that delete or reset (courses to delete, deleted users, whole cohorts, full resets).
    type: bool
    default: false
  force:
    description: Whether the file is sent even where the same bytes are known to be in place.
    type: bool
    default: false
notes:
  - The separator and the encoding that the plugin reads with are settings of the site (UTF-8 and V(;) are recommended), which
    can't be read or set through web services.
seealso:
  - module: activeprolearn.toolsync.toolsync_config
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Check a file of users and put it in place
  activeprolearn.toolsync.toolsync_upload:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    src: users.csv
    service: users

- name: Write the file from inventory data
  activeprolearn.toolsync.toolsync_upload:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    dest: enrols.csv
    service: enrols
    columns: [cmd, uid, cid, rolename, enrol]
    rows:
      - {cmd: add, uid: ada, cid: MATH101, rolename: student, enrol: manual}
      - {cmd: add, uid: bob, cid: MATH101, rolename: teacher, enrol: manual}

- name: Send an export of a Windows program, with commas and Latin-1 accents
  activeprolearn.toolsync.toolsync_upload:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    src: export.csv
    dest: users.csv
    service: users
    encoding: cp1252
    separator: ","
    site_separator: ;
"""

RETURN = r"""
filename:
  description: The name of the file in the plugin's area, as the server wrote it; the name to give to C(filelocation).
  returned: success
  type: str
  sample: users.csv
draft_item_id:
  description: The draft item that the file went through; null when nothing was sent.
  returned: success
  type: int
  sample: 822442634
size:
  description: Number of bytes that are sent.
  returned: success
  type: int
  sample: 4711
sha256:
  description: Checksum of the bytes that are sent.
  returned: success
  type: str
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
rows:
  description: Number of rows that the plugin will act on.
  returned: success
  type: int
  sample: 60
columns:
  description: The columns of the header line.
  returned: success
  type: list
  elements: str
  sample: [username, firstname, lastname, email]
sent:
  description: Whether the file was sent, or would be.
  returned: success
  type: bool
  sample: true
committed:
  description: Whether the file is in the plugin's area, or would be.
  returned: success
  type: bool
  sample: true
findings:
  description:
    - What the check of the CSV found, the first 50 of each kind. No cell is quoted.
    - Each has C(level) (V(error), V(warning), V(destructive)), C(line), C(column), C(code) and C(message).
  returned: always, once the file was checked
  type: list
  elements: dict
  sample: [{"level": "warning", "line": null, "column": "password", "code": "password", "message": "The file holds passwords."}]
finding_count:
  description: Number of findings that the file was refused for.
  returned: when the file was refused
  type: int
  sample: 3
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "csv", "option": "src", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import upload
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import checked_action


def plan(site, params):
    service, action = checked_action(params["service"], params["action"]) if params["service"] else (None, None)
    taken = ("settings", "commit", "force", "allow_destructive")
    options = {name: params[name] for name in taken}
    return upload.plan(site, Source(params, service, action), params["dest"], service=service, action=action, **options)


TASK = Task(
    plan,
    options={
        **SOURCE_SPEC,
        "dest": {"type": "str", "aliases": ["filename"]},
        "commit": {"type": "bool", "default": True},
        "service": {"type": "str", "choices": ["courses", "users", "enrols", "enols", "cohorts"]},
        "action": {"type": "str", "choices": ["create", "delete", "reset", "check", "bindmetas", "sync"]},
        "settings": {"type": "dict"},
        "allow_destructive": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
    },
    constraints={
        "required_one_of": [("src", "content", "rows")],
        "mutually_exclusive": [("src", "content", "rows")],
        "required_by": {"columns": ("rows",), "action": ("service",), "settings": ("service",)},
    },
    personal=("content", "rows"),
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
