#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_site_info
short_description: Gather information about a site and what its token may do
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Asks a Moodle site what it is, who the token belongs to and what it may do, and says what is missing for the features
    that are going to be used, and which administration page fixes it.
  - Nothing is written. A function that the token's service does not list is asked for with a parameter that no function
    has, which Moodle refuses before it runs the function.
  - What it finds, an unreachable site included, is no failure, unless O(fail_on_problems) is set.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.attributes.info
  - activeprolearn.toolsync.attributes
options:
  features:
    description:
      - What is going to be done.
      - V(config), V(upload), V(process) are M(activeprolearn.toolsync.toolsync_config),
        M(activeprolearn.toolsync.toolsync_upload) and M(activeprolearn.toolsync.toolsync_process).
      - V(check_courses) is to check whether courses exist.
      - V(deploy) is M(activeprolearn.toolsync.toolsync_deploy_course), V(compare_courses) is what it needs besides, to tell
        the id of a course that exists, what differs, and whether the category exists; V(update_courses) is what it needs to set
        what differs.
      - V(enrol) is M(activeprolearn.toolsync.toolsync_enrol); V(enrol_groups), V(unenrol), V(unassign_role) (one role of several)
        and V(exact) are what it needs besides for these; V(compare_enrols) is what it needs to tell enrolments that are in
        place.
      - V(compare_users), V(compare_enrols) and V(compare_cohorts) are what M(activeprolearn.toolsync.toolsync_process)
        needs to tell whether a run of these services changed anything; V(leavers) is what the accounts that a file of users lacks take
        (O(activeprolearn.toolsync.toolsync_plan#module:leavers)).
      - V(course_info) and V(enrol_info) are what M(activeprolearn.toolsync.toolsync_course_info) and
        M(activeprolearn.toolsync.toolsync_enrol_info) tell everything by, and V(groups) is what
        M(activeprolearn.toolsync.toolsync_group) needs.
      - V(cohorts), V(cohort_info), V(cohort_members), V(cohort_enrol) and V(roles) are M(activeprolearn.toolsync.toolsync_cohort),
        M(activeprolearn.toolsync.toolsync_cohort_info), M(activeprolearn.toolsync.toolsync_cohort_members),
        M(activeprolearn.toolsync.toolsync_cohort_enrol) and M(activeprolearn.toolsync.toolsync_role).
    type: list
    elements: str
    default: [config, upload, process]
    choices:
      - config
      - upload
      - process
      - check_courses
      - deploy
      - update_courses
      - enrol
      - enrol_groups
      - unenrol
      - unassign_role
      - exact
      - compare_courses
      - compare_users
      - compare_enrols
      - compare_cohorts
      - leavers
      - course_info
      - enrol_info
      - cohorts
      - cohort_info
      - cohort_members
      - cohort_enrol
      - roles
      - groups
  fail_on_problems:
    description: Whether to fail when RV(ready) is false. The return values are the same.
    type: bool
    default: false
notes:
  - The plugin's packaged services lack C(core_webservice_get_site_info). With a token of one of them, version, account and
    limits stay unknown; what the token may do is found out all the same.
  - The capabilities of the account (such as C(enrol/manual:enrol) in a course) are not checked.
seealso:
  - module: activeprolearn.toolsync.toolsync_config
  - module: activeprolearn.toolsync.toolsync_upload
  - module: activeprolearn.toolsync.toolsync_process
"""

EXAMPLES = r"""
- name: Ask whether the site is ready for uploads and runs
  activeprolearn.toolsync.toolsync_site_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
  register: moodle

- name: Say what is missing
  ansible.builtin.debug:
    msg: "{{ item.message }} {{ item.admin_url | default('', true) }}"
  loop: "{{ moodle.problems }}"
  loop_control:
    label: "{{ item.feature | default('site', true) }}"

- name: Go on only if courses can be made and users enrolled
  activeprolearn.toolsync.toolsync_site_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    features: [deploy, enrol, compare_enrols]
    fail_on_problems: true
"""

RETURN = r"""
ready:
  description: Whether the site answered, and nothing that O(features) need is missing.
  returned: always, once the options were checked
  type: bool
  sample: false
reachable:
  description: Whether a Moodle answered, even if it refused.
  returned: always, once the options were checked
  type: bool
  sample: true
problems:
  description:
    - What is in the way. C(admin_page) and C(admin_url) are where it is fixed, null where that is not in Moodle.
    - C(feature) and C(function) are null for what concerns the whole site or token.
  returned: always, once the options were checked
  type: list
  elements: dict
  sample:
    - feature: process
      function: tool_sync_process
      message: process needs tool_sync_process, which the token's service does not hold.
      admin_page: Site administration > Server > Web services > External services
      admin_url: https://moodle.example.org/admin/settings.php?section=externalservices
features:
  description: Each of O(features), and whether it can be used.
  returned: always, once the options were checked
  type: dict
  sample: {"config": true, "upload": true, "process": false}
unknown:
  description: What could not be found out, and why.
  returned: always, once the options were checked
  type: list
  elements: str
  sample:
    - "Moodle's version, the account of the token and its upload limit: the token may not call core_webservice_get_site_info."
site:
  description: The site by its own words; values are null where they are not known.
  returned: always, once the options were checked
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    url:
      description: Its address.
      type: str
    release:
      description: Moodle's release.
      type: str
    version:
      description: Moodle's version number.
      type: str
  sample: {"name": "School", "url": "https://moodle.example.org", "release": "4.3 (Build: 20231009)", "version": "2023100900"}
account:
  description: The account that the token belongs to; values are null where they are not known.
  returned: always, once the options were checked
  type: dict
  contains:
    id:
      description: Its id.
      type: int
    username:
      description: Its username.
      type: str
    full_name:
      description: Its full name.
      type: str
    is_site_admin:
      description: Whether it is a site administrator's.
      type: bool
  sample: {"id": 2, "username": "admin", "full_name": "Admin User", "is_site_admin": true}
plugin:
  description: The plugin C(tool_sync).
  returned: always, once the options were checked
  type: dict
  contains:
    edition:
      description:
        - V(absent) when the site does not know its functions; V(pro) when this host has committed a file on the site before;
          else V(unknown).
        - The plugin can't be asked whether it is the pro or the community release without the risk of writing.
      type: str
    edition_source:
      description: Where RV(plugin.edition) is known from, V(site) or V(state_file), or null.
      type: str
    version:
      description: Its version number, or null.
      type: str
  sample: {"edition": "unknown", "edition_source": null, "version": "2021111600"}
functions:
  description:
    - The functions that the token's service holds.
    - Without C(core_webservice_get_site_info), those of them that this collection uses.
  returned: always, once the options were checked
  type: list
  elements: str
  sample: [core_webservice_get_site_info, tool_sync_check_course, tool_sync_set_config]
upload_allowed:
  description: Whether the token's service takes files; null when not known.
  returned: always, once the options were checked
  type: bool
  sample: true
max_upload_size:
  description: The largest file in bytes that Moodle takes from the account; null when there is no limit but PHP's, or it is not known.
  returned: always, once the options were checked
  type: int
  sample: 104857600
user_quota:
  description: How many bytes the account's files may have in all; null when there is no quota, or it is not known.
  returned: always, once the options were checked
  type: int
  sample: 104857600
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "not_ready", "option": null, "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import site_info


def plan(site, params):
    return site_info.plan(site, params["features"], fail_on_problems=params["fail_on_problems"])


TASK = Task(
    plan,
    options={
        "features": {
            "type": "list",
            "elements": "str",
            "default": ["config", "upload", "process"],
            "choices": list(site_info.FEATURES),
        },
        "fail_on_problems": {"type": "bool", "default": False},
    },
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
