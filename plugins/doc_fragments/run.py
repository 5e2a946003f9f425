# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share that predict what a run of the plugin makes of a file's rows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service:
    description: The service that runs. V(enols) is what the plugin's web page calls V(enrols).
    type: str
    required: true
    choices: [courses, users, enrols, enols, cohorts]
  settings:
    description:
      - Settings of the service that the run will find, as M(activeprolearn.toolsync.toolsync_config) takes them; they are not sent.
      - They say what the columns of the rows identify records by. What this host last sent is known without them.
      - Besides, what no web service sets or shows may be told here, if you know it. Of C(courses), C(fileuploadidentifier),
        C(coursecategoryidentifier) (V(idname) or V(idnumber)) and C(forceupdate). Of C(enrols), C(defaultcmd), C(protectgroups) and
        C(enableenrolondisabled). Of C(users), C(protectemails), C(courses_primaryidentity), and Moodle's own defaults for new accounts,
        C(country), C(city), C(lang) and C(timezone), which a run writes into every account when the file has no such column.
      - What a run has shown of them is remembered.
    type: dict
  allow_destructive:
    description:
      - Allow a run even where rows do more harm than they say. That is so with rows that take a user out of a cohort whom Moodle does not
        know. The plugin deletes the whole cohort then.
    type: bool
    default: false
  parallel_requests:
    description: How many requests that read records are under way at a time. From V(1) to V(8).
    type: int
    default: 4
"""
