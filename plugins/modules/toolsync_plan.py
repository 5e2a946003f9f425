#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_plan
short_description: Gather information about what a tool_sync run would make of each row of a file
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Reads the records that the rows of a CSV name, and plays the rows in their order on a copy of them, by the rules of Moodle's
    C(tool_sync) plugin. So it knows which rows create, update, delete or leave alone, and which can't succeed, and why.
  - The site is only read.
  - Writes the file to send, with all rows or only those that differ, in one file or several.
  - Adds rows for those whom the file leaves out (O(exact), O(leavers)), and counts who would be removed. Over O(removals_limit) it fails,
    before anything is sent.
  - RV(plan_id) names just this plan. Hand it to the task that runs as O(approved_plan), and that one refuses another plan.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.source
  - activeprolearn.toolsync.run
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details: O(dest_file) is not written.
  diff_mode:
    details: Shows the rows that differ, before and after; values of fields with O(show_values) only.
  idempotent:
    support: full
    details: RV(ignore:changed) is true where there is something to run. Nothing is changed by this module.
options:
  action:
    description: What the service is to do. Needed for V(courses); the other services have V(sync) only, which is their default.
    type: str
    choices: [create, delete, reset, sync]
  send:
    description:
      - Which rows go into O(dest_file). V(all), or V(differing) for those that change something, or of which nobody could tell.
      - What can't be seen is no difference by itself. With V(differing), a row that gives other dates to an enrolment that is there is
        left out.
    type: str
    default: all
    choices: [all, differing]
  dest_file:
    description:
      - A file to write on the host that runs the module, with mode 0600. M(activeprolearn.toolsync.toolsync_upload) sends it.
    type: path
  rows_per_file:
    description:
      - Write files of at most this many rows, for runs that are short. Their names are that of O(dest_file) with a number.
      - After an interruption, plan again with O(send=differing). That is going on where it ended.
    type: int
  removals_limit:
    description:
      - How many records a run may remove, as a number, or as a percentage of the records of that kind that the file covers (RV(covered)).
      - Counted are accounts that are deleted or suspended, enrolments, memberships in cohorts, cohorts and courses.
      - A percentage always allows 5.
    type: str
    default: 10%
  exact:
    description:
      - Of C(enrols), whoever holds a role of the file in one of its courses, and is not in it, gets a row that un-enrols.
      - Of C(cohorts), whoever is a member of one of the cohorts that the file fills, and is not in it, gets a row that takes the user out.
    type: bool
    default: false
  leavers:
    description:
      - Of C(users), accounts that this filter names and the file lacks.
      - They go into a file of their own, which has the name of O(dest_file) with C(-leavers).
      - The account of the token, the guest and the site's first administrator are never among them. Moodle does not tell who else is an
        administrator; name them in O(leavers.keep).
      - Needs C(core_user_get_users) and C(core_webservice_get_site_info) in the token's service.
    type: dict
    suboptions:
      auth:
        description: Their authentication method, such as V(ldap).
        type: str
      idnumber_prefix:
        description: What their idnumber begins with.
        type: str
      action:
        description: What is done with them.
        type: str
        default: suspend
        choices: [suspend, delete]
      keep:
        description: Usernames that are left alone.
        type: list
        elements: str
        default: []
      confirm:
        description: Needed for O(leavers.action=delete), as grades and work are lost.
        type: bool
        default: false
  approved_plan:
    description: The RV(plan_id) that was approved. The task fails where the plan is another one.
    type: str
  coming:
    description:
      - Accounts and courses that will be there when the file is run, because other files or tasks make them first. The plan is made as if
        they were there, and is not certain.
    type: dict
    suboptions:
      users:
        description: Dictionaries with C(username), C(idnumber) and C(email), as far as they have them.
        type: list
        elements: dict
      courses:
        description: Dictionaries with C(shortname) and C(idnumber), as far as they have them.
        type: list
        elements: dict
  show_rows:
    description: Which rows RV(rows) and the diff name. They name people.
    type: str
    default: differing
    choices: [none, failed, differing, all]
  show_values:
    description: Whether RV(rows) and the diff show the values of fields. They are personal data.
    type: bool
    default: false
seealso:
  - module: activeprolearn.toolsync.toolsync_upload
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: See what tonight's enrolments would do, and who would be un-enrolled
  activeprolearn.toolsync.toolsync_plan:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    service: enrols
    src: enrols.csv
    settings: {courseidentifier: shortname, useridentifier: username}
    exact: true
    removals_limit: 5%
  register: plan

- name: Write only what differs, in files of 2000 rows; suspend who has left
  activeprolearn.toolsync.toolsync_plan:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    service: users
    src: users.csv
    settings: {primaryidentity: username}
    send: differing
    dest_file: /var/tmp/users.csv
    rows_per_file: 2000
    leavers: {auth: ldap, idnumber_prefix: S}
"""

RETURN = r"""
service:
  description: The service, in the plugin's own spelling.
  returned: always, once the file was read
  type: str
  sample: users
action:
  description: What the service would be asked to do.
  returned: always, once the file was read
  type: str
  sample: sync
plan_id:
  description: Names this plan, which is made of the site, the file, and what becomes of each row.
  returned: always, once the file was read
  type: str
  sample: 0a1b2c3d4e5f6071
counts:
  description: Number of rows by what would become of them. C(unreported) are those of which nobody can tell.
  returned: always, once the file was read
  type: dict
  sample: {"rows": 60, "created": 3, "updated": 1, "deleted": 0, "unchanged": 55, "skipped": 0, "failed": 1, "unreported": 0}
certain:
  description: Whether everything that the plan says was seen. RV(uncertain) says what was not.
  returned: always, once the file was read
  type: bool
  sample: true
uncertain:
  description: What could not be seen, each with C(because) and the number of C(rows) of which that is so; most rows first.
  returned: always, once the file was read
  type: list
  elements: dict
  sample: [{"because": "starttime: the dates that are there can't be seen", "rows": 12}]
removals:
  description: How many records the run would remove.
  returned: always, once the file was read
  type: int
  sample: 2
removals_allowed:
  description: How many O(removals_limit) allows.
  returned: always, once the file was read
  type: int
  sample: 5
covered:
  description:
    - How many records of that kind there are among those that the file, or the filter of O(leavers), is about.
    - That is accounts, enrolments in the courses of the file, members of its cohorts, or courses.
  returned: always, once the file was read
  type: int
  sample: 56
rows:
  description:
    - What would become of the rows that O(show_rows) asks for, at most 10,000. C(line) is that of the file, null for a row that is added;
      C(key) names the record; C(outcome) is V(create), V(update), V(delete), V(unchanged), V(skip), V(fail) or V(unknown).
    - C(changes) says whether the row changes something, null where nobody can tell. A row that fails may do so all the same.
    - C(because) begins with the name of the column that is to blame, where one is. C(fields) lists the columns that differ; with
      O(show_values) it is a dictionary of column and both values.
  returned: always, once the file was read
  type: list
  elements: dict
  sample:
    - {"line": 12, "key": "mdupont", "outcome": "fail", "changes": false, "because": "uid: there is no such user", "fields": []}
files:
  description:
    - The files to send, each with C(path) and number of C(rows), and whether it is that of O(leavers).
    - C(spans) says where rows come from, as lists of a line of the file, the line of the source, and how many rows from there on.
  returned: always, once the file was read
  type: list
  elements: dict
  sample: [{"path": "/var/tmp/users.csv", "rows": 4, "spans": [[2, 12, 4]], "leavers": false}]
findings:
  description: What the check of the file found, where it is refused.
  returned: failure
  type: list
  elements: dict
  sample: [{"level": "error", "line": 3, "column": "email", "code": "bad_email", "message": "is not an e-mail address"}]
finding_count:
  description: How many findings there are, of which the first are listed.
  returned: failure
  type: int
  sample: 1
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "option", "option": "removals_limit", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import RUN
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import plan as service
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import checked_action


def plan(site, params):
    name, action = checked_action(params["service"], params["action"])
    return service.plan(site, Source(params, name, action), name, action, params)


LEAVERS = {
    "auth": {"type": "str"},
    "idnumber_prefix": {"type": "str"},
    "action": {"type": "str", "default": "suspend", "choices": ["suspend", "delete"]},
    "keep": {"type": "list", "elements": "str", "default": []},
    "confirm": {"type": "bool", "default": False},
}
COMING = {"users": {"type": "list", "elements": "dict"}, "courses": {"type": "list", "elements": "dict"}}
TASK = Task(
    plan,
    options={
        **RUN,
        "action": {"type": "str", "choices": ["create", "delete", "reset", "sync"]},
        **SOURCE_SPEC,
        "send": {"type": "str", "default": "all", "choices": ["all", "differing"]},
        "dest_file": {"type": "path"},
        "rows_per_file": {"type": "int"},
        "removals_limit": {"type": "str", "default": "10%"},
        "exact": {"type": "bool", "default": False},
        "leavers": {"type": "dict", "options": LEAVERS},
        "approved_plan": {"type": "str"},
        "coming": {"type": "dict", "options": COMING},
        "show_rows": {"type": "str", "default": "differing", "choices": ["none", "failed", "differing", "all"]},
        "show_values": {"type": "bool", "default": False},
    },
    constraints={
        "required_one_of": [("src", "content", "rows")],
        "mutually_exclusive": [("src", "content", "rows")],
        "required_by": {"columns": ("rows",), "rows_per_file": ("dest_file",)},
    },
    personal=("content", "rows", "coming"),
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
