#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_course_info
short_description: Gather information about courses
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Says of many courses at once whether they exist, by the identifier of your choice, with their details as far as the token's
    account may see them.
  - Details come from Moodle's C(core_course_get_courses_by_field). A course that it does not show is asked for by the plugin's
    C(tool_sync_check_course), which knows courses that are hidden from the account too. One of the two functions is enough.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.course
  - activeprolearn.toolsync.attributes.info
  - activeprolearn.toolsync.attributes
options:
  courses:
    description:
      - The courses. Equal ones are told once.
      - Ids are asked for 200 at a time, shortnames and idnumbers one by one, which takes about 25 ms each.
    type: list
    elements: str
    required: true
    aliases: [course, courseid]
  course_identifier:
    description: What O(courses) are.
seealso:
  - module: activeprolearn.toolsync.toolsync_deploy_course
  - module: activeprolearn.toolsync.toolsync_enrol_info
"""

EXAMPLES = r"""
- name: Ask for three courses
  activeprolearn.toolsync.toolsync_course_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    courses: [MATH101, PHYS101, FREN101]
  register: asked

- name: Go on only if all of them exist
  ansible.builtin.assert:
    that: not asked.missing
    fail_msg: "Missing courses: {{ asked.missing | join(', ') }}"

- name: Ask for a course by its idnumber
  activeprolearn.toolsync.toolsync_course_info:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    courses: M101
    course_identifier: idnumber
"""

RETURN = r"""
courses:
  description:
    - Every course of O(courses), in order, without repetitions.
    - Details are null where the course does not exist or the token's account is not shown them.
  returned: success
  type: list
  elements: dict
  contains:
    course:
      description: The course, as the task names it.
      type: str
    exists:
      description: Whether it exists.
      type: bool
    id:
      description: Its id.
      type: int
    shortname:
      description: Its short name.
      type: str
    fullname:
      description: Its full name.
      type: str
    idnumber:
      description: Its idnumber. It is shown only to an account that may change the course.
      type: str
    category_id:
      description: The id of its category.
      type: int
    category_name:
      description: The name of its category.
      type: str
    visible:
      description: Whether it is visible to its participants.
      type: bool
    format:
      description: Its format, such as V(topics).
      type: str
    startdate:
      description: When it begins, in epoch seconds; 0 for no date.
      type: int
    enddate:
      description: When it ends, in epoch seconds; 0 for no date.
      type: int
    lang:
      description: Its language, empty if it is not forced.
      type: str
    url:
      description: Its address.
      type: str
  sample:
    - course: MATH101
      exists: true
      id: 3
      shortname: MATH101
      fullname: Math 101
      idnumber: M101
      category_id: 1
      category_name: Category 1
      visible: true
      format: topics
      startdate: 0
      enddate: 0
      lang: ""
      url: https://moodle.example.org/course/view.php?id=3
existing:
  description: Those of O(courses) that exist.
  returned: success
  type: list
  elements: str
  sample: [MATH101]
missing:
  description: Those of O(courses) that do not exist.
  returned: success
  type: list
  elements: str
  sample: [PHYS101]
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "access", "option": null, "errorcode": "accessexception", "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import COURSE_IDENTIFIER
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import course_info


def plan(site, params):
    return course_info.plan(site, params["courses"], params["course_identifier"])


TASK = Task(
    plan,
    options={
        "courses": {"type": "list", "elements": "str", "required": True, "aliases": ["course", "courseid"]},
        "course_identifier": COURSE_IDENTIFIER,
    },
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
