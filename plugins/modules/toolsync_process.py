#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_process
short_description: Manage the records of a CSV by a tool_sync run, and account for every row
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Starts a run of a service of Moodle's C(tool_sync) plugin, waits for its end, and turns its report into counts and failed rows.
  - The run reads the file that the plugin's settings name; see M(activeprolearn.toolsync.toolsync_config).
  - Give it the CSV that was sent (O(src), O(content) or O(rows), as to M(activeprolearn.toolsync.toolsync_upload)). Then the records that
    the rows name are read first, and what the plugin will make of each row is predicted by its own rules.
  - Where the report then says the same, that is the proof; the other rows' records are looked at again.
  - It is started once. What can't be confirmed (a time-out, a gateway's error) fails with RV(outcome=unknown), and is never sent again; the
    records are looked at, and RV(rows) says how far it has come.
  - A run that a row is known to end in the middle (a category that is not there, a command that is fatal) is not started.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.source
  - activeprolearn.toolsync.run
  - activeprolearn.toolsync.failures
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    support: partial
    details:
      - With O(src), what the run will make of each row is predicted; RV(outcome) is then V(predicted).
      - Otherwise a change is predicted, and RV(changed_is_certain) is false.
      - The records are taken as they are now. What an earlier step would make of them is not known.
  diff_mode:
    details: Shows the counts.
  idempotent:
    support: partial
    details:
      - The run is always started. RV(ignore:changed) is false where nothing changed, as far as anybody can know.
        M(activeprolearn.toolsync.toolsync_plan) tells beforehand whether there is anything to run.
      - RV(changed_is_certain) is false where something could not be seen; RV(uncertain) says what. No web service shows the dates of an
        enrolment, nor by which of several methods somebody is enrolled, nor roles without an enrolment, nor passwords. Then
        RV(ignore:changed) is true, since it may have changed; it is false where nothing but values of the file's own can't be seen, such as
        dates, and where this host has run just this file last, as O(state_file) knows.
      - A run of C(cohorts) ends with Moodle's own synchronisation of cohort enrolments, as cron does it. What that finds to do is not told.
      - Settings of the site that no web service shows may be told in O(settings). What a run has shown of them is remembered.
options:
  action:
    description: What the service does. Needed for V(courses); the other services have V(sync) only, which is their default.
    type: str
    choices: [create, delete, reset, check, bindmetas, sync]
  tryback:
    description:
      - A file to write on the host that runs the module, with mode 0600; the failed rows with their reasons as comments, ready to be
        corrected and sent again. Needs the rows that were sent.
      - Always a new file, which takes the place of another of that name. Its folder must exist.
    type: path
  timeout:
    description:
      - Seconds to wait for the end of the run. The run itself goes on when nobody waits any more.
      - E(TOOLSYNC_TIMEOUT) does not apply here.
    type: int
    default: 3600
seealso:
  - module: activeprolearn.toolsync.toolsync_upload
  - module: activeprolearn.toolsync.toolsync_config
"""

EXAMPLES = r"""
- name: Process the users that were uploaded
  activeprolearn.toolsync.toolsync_process:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    service: users
    src: users.csv

- name: Create courses; keep the rows that failed for correction, and go on
  activeprolearn.toolsync.toolsync_process:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    service: courses
    action: create
    src: courses.csv
    on_failures: warn
    tryback: /var/tmp/courses_failed.csv
"""

RETURN = r"""
service:
  description: The service, in the plugin's own spelling.
  returned: always, once the options were checked
  type: str
  sample: users
action:
  description: What the service was asked to do.
  returned: always, once the options were checked
  type: str
  sample: sync
outcome:
  description:
    - V(complete), the run reached the end of the file.
    - V(aborted), it stopped before; RV(rows) says how far it has come. Or it was not started at all, when RV(ignore:changed) is false.
    - V(executed_unreadable), it ran, but Moodle did not hand over the report.
    - V(unknown), no answer came; it may have been done, and may still be running.
    - V(predicted), check mode.
    - V(refused), it was not started, because a row would end it in the middle, or do harm that O(allow_destructive) does not allow.
  returned: always, once the options were checked
  type: str
  sample: complete
counts:
  description:
    - Number of rows by what became of them. C(rows) is the sum of the others but C(unparsed), which counts lines of the report that are not
      understood.
    - C(not_done) rows are those that a run which stopped in the middle, or was not started, has left as they were. To go on with them, plan
      the file again with O(activeprolearn.toolsync.toolsync_plan#module:send=differing), and run what that writes.
    - C(unreported) rows are those of which nobody can tell what becomes of them.
  returned: always, once the options were checked
  type: dict
  sample: {"rows": 60, "created": 3, "updated": 1, "deleted": 0, "unchanged": 55, "skipped": 0, "failed": 1, "not_done": 0, "unreported": 0,
    "unparsed": 0}
failures:
  description:
    - The rows that failed, or in check mode will fail, each with C(line) (in the file) and C(key) (of the record); at most 10,000.
    - C(reason) is in words of our own where the plan knows one, and begins with the name of the column that is to blame. Otherwise it is
      the plugin's, which stands in C(said) in any case, once it has run. C(cure) is what to do about it, or empty.
  returned: always, once the options were checked
  type: list
  elements: dict
  sample:
    - line: 12
      key: mdupont
      reason: "email: belongs to another username (account 57)"
      cure: "Correct the cell, or the account that has it: the file's other columns name another one."
      said: User email collision when creating
rows:
  description:
    - What becomes of the rows, of those that are not simply unchanged, at most 10,000.
    - C(line) is that of the file, C(key) names the record.
    - C(outcome) is V(create), V(update), V(delete), V(unchanged), V(skip), V(fail), V(not_done) or V(unknown).
    - C(because) begins with the name of the column that is to blame, where one is. C(fields) lists the columns that differ.
  returned: always, once the options were checked
  type: list
  elements: dict
  sample: [{"line": 12, "key": "mdupont", "outcome": "fail", "because": "email: belongs to another username (account 57)", "fields": []}]
report:
  description: The plugin's report, line by line.
  returned: always, once the options were checked
  type: list
  elements: str
  sample: ["Starting...1", "User account added: 3 , ada", "end of report"]
changed_is_certain:
  description: Whether RV(ignore:changed) and RV(counts) were seen to be so. Never true where nobody looked.
  returned: always, once the options were checked
  type: bool
  sample: true
uncertain:
  description:
    - What could not be seen, each with C(because) and the number of C(rows) of which that is so; most rows first.
    - Where that leaves open whether anything changed, RV(ignore:changed) is true.
  returned: always, once the options were checked
  type: list
  elements: dict
  sample: [{"because": "starttime: the dates that are there can't be seen", "rows": 12}]
simulated:
  description: Whether the site runs the plugin in simulation, where nothing changes.
  returned: always, once the options were checked
  type: bool
  sample: false
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "run", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import ON_FAILURES, RUN
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import process
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import checked_action


def plan(site, params):
    service, action = checked_action(params["service"], params["action"])
    given = any(params[name] is not None for name in ("src", "content", "rows"))
    return process.plan(site, Source(params, service, action) if given else None, service, action, params)


TASK = Task(
    plan,
    options={
        **RUN,
        "action": {"type": "str", "choices": ["create", "delete", "reset", "check", "bindmetas", "sync"]},
        **SOURCE_SPEC,
        "on_failures": ON_FAILURES,
        "tryback": {"type": "path"},
        "timeout": {"type": "int", "default": 3600},
    },
    constraints={"mutually_exclusive": [("src", "content", "rows")], "required_by": {"columns": ("rows",)}},
    personal=("content", "rows"),
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
