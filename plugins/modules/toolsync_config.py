#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_config
short_description: Manage the settings of a tool_sync service
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Sets settings of Moodle's C(tool_sync) plugin, such as the file that a service reads and the identifiers it uses.
  - Values are checked before they are sent, because the plugin stores any value and fails with a database error in the next run.
  - The web service knows 17 settings. The others (encoding, separator, archiving and so on) can only be set on the plugin's page,
    or on the Moodle host with the role C(activeprolearn.toolsync.moodle_site).
  - With O(moodle_dir), the task runs on the Moodle host itself, reads the settings there and sets those that differ.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.attributes
attributes:
  diff_mode:
    details: Without O(moodle_dir), a value that this host has not sent before is shown as null.
  idempotent:
    support: partial
    details:
      - Fully with O(moodle_dir).
      - Without it, the site can't be asked for its settings. They are always sent, which is harmless and cheap, and
        RV(ignore:changed) compares with what was last sent from this host.
      - A change that somebody made on the plugin's page is corrected, but not reported as a change.
options:
  service:
    description:
      - The service of the plugin.
      - V(enols) is what the plugin's web page calls V(enrols).
    type: str
    required: true
    choices: [courses, users, enrols, enols, cohorts]
  settings:
    description:
      - Settings and their values. Values of V(0) and V(1) may be given as booleans.
      - "B(courses): C(fileuploadlocation), C(filedeletelocation), C(fileresetlocation), C(fileexistslocation) (no effect) (file names);
        C(filedeleteidentifier), C(existfileidentifier) (V(id), V(shortname), V(idnumber)); C(fileresetidentifier) (V(shortname), the only
        one that works)."
      - "B(users): C(filelocation); C(primaryidentity) (V(id), V(username), V(idnumber), V(email))."
      - "B(enrols): C(filelocation); C(courseidentifier) (V(id), V(shortname), V(idnumber)); C(useridentifier) (V(id), V(username),
        V(idnumber), V(email)). Both identifiers have no default in the plugin: set them."
      - "B(cohorts): C(filelocation); C(useridentifier) (V(id), V(username), V(idnumber), V(email)); C(cohortidentifier) (V(id),
        V(idnumber), V(name)); C(autocreate) (V(0), V(1)); C(syncdelete) (no effect)."
    type: dict
    required: true
  moodle_dir:
    description:
      - The folder of Moodle (the one with C(config.php)) on the host that runs the module. The settings are then read and set by
        Moodle's own C(admin/cli/cfg.php), so RV(previous) is what the site has, and web services need not even be on.
      - O(url), O(token) and the other options of the connection but O(timeout) are not used then, and neither is O(state_file).
        What is set this way is therefore not known to M(activeprolearn.toolsync.toolsync_process), which takes the identifiers for
        comparisons from what its own host sent.
      - Run the task as the user of Moodle's web server, with C(become) and C(become_user), so that the files in Moodle's caches
        stay its own.
    type: path
  php:
    description: With O(moodle_dir), the command line PHP that Moodle runs with.
    type: path
    default: php
seealso:
  - module: activeprolearn.toolsync.toolsync_upload
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Read users from users.csv, and know them by their idnumber
  activeprolearn.toolsync.toolsync_config:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    service: users
    settings:
      filelocation: users.csv
      primaryidentity: idnumber

- name: Set connection options once for several tasks
  module_defaults:
    group/activeprolearn.toolsync.toolsync:
      url: https://moodle.example.org
      token: "{{ moodle_token }}"
  block:
    - name: Name courses and users in enrolments by shortname and username
      activeprolearn.toolsync.toolsync_config:
        service: enrols
        settings:
          courseidentifier: shortname
          useridentifier: username

    - name: Let cohorts be created
      activeprolearn.toolsync.toolsync_config:
        service: cohorts
        settings:
          autocreate: true

- name: On the Moodle host, set only what differs
  activeprolearn.toolsync.toolsync_config:
    moodle_dir: /var/www/moodle
    service: users
    settings:
      filelocation: users.csv
      primaryidentity: idnumber
  delegate_to: moodle.example.org
  become: true
  become_user: www-data
"""

RETURN = r"""
service:
  description: The service, in the plugin's own spelling.
  returned: success
  type: str
  sample: users
settings:
  description: The settings as they were asked for, in the plugin's own writing.
  returned: success
  type: dict
  sample: {"filelocation": "users.csv", "primaryidentity": "idnumber"}
previous:
  description:
    - With O(moodle_dir), what the site had for each of the settings; null where it had none.
    - Without it, what this host sent last; null where it is not known.
  returned: success
  type: dict
  sample: {"filelocation": "users.csv", "primaryidentity": null}
changed_keys:
  description: The settings whose value is another one than RV(previous) has.
  returned: success
  type: list
  elements: str
  sample: [primaryidentity]
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "option", "option": "settings", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import config


def plan(site, params):
    return config.plan(site, params["service"], params["settings"])


TASK = Task(
    plan,
    options={
        "service": {"type": "str", "required": True, "choices": ["courses", "users", "enrols", "enols", "cohorts"]},
        "settings": {"type": "dict", "required": True},
        "moodle_dir": {"type": "path"},
        "php": {"type": "path", "default": "php"},
    },
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
