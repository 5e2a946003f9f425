#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_cohort_enrol
short_description: Manage the enrolment of a cohort in a course
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Binds a cohort to a course by the enrolment method V(cohort) (Cohort sync), suspends the binding, or takes it away.
  - The members are not enrolled by this module, but by Moodle's next cohort synchronisation, which its cron does, and every run of the
    service C(cohorts).
  - A suspended binding is restored by taking it away and making it anew, because the plugin's C(tool_sync_cohort_restore_enrol) does
    nothing. Bindings of the same cohort and course by other roles, as far as this host knows of them, are made anew too.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.memory
  - activeprolearn.toolsync.identifiers.course
  - activeprolearn.toolsync.identifiers.role
  - activeprolearn.toolsync.identifiers.cohort
  - activeprolearn.toolsync.attributes
attributes:
  check_mode:
    details:
      - The site is only read. An unknown role is found only in the real run, so RV(changed_is_certain) is false before.
      - "RV(ignore:changed) is told from what was last sent from this host. The real run sees more: it compares how many active bindings the
        course has before and after, and learns from the plugin's errors what is suspended."
  diff_mode:
    details: Shows the state of the binding; null where it is not known.
  idempotent:
    support: partial
    details:
      - Bindings can't be listed over web services. What was sent is remembered in O(state_file).
      - With C(core_course_get_courses_by_field) in the token's service, V(present) is certain in the real run. V(suspended) always is, but
        for its repetition. V(absent) is where an active one was taken away; a suspended one can't be told from none,
        so without one it is called changed until this host remembers it.
options:
  cohort:
    description: The cohort, which must be there.
    type: str
    required: true
    aliases: [chid]
  cohort_identifier:
    description: What O(cohort) is. V(name) needs C(tool_sync_get_cohorts) or C(core_cohort_get_cohorts) in the token's service.
  course:
    description: The course, which must be there.
    type: str
    required: true
    aliases: [cid]
  course_identifier:
    aliases: [cidsource]
  role:
    description:
      - The role that the members get in the course. A cohort can be bound to a course by several roles.
      - The plugin suspends and removes the bindings of all roles at once, so with O(state=absent) it does not matter.
    type: str
    default: student
    aliases: [rid]
  role_identifier:
    aliases: [ridsource]
  state:
    description:
      - V(present) is a binding that is active.
      - V(suspended) is one that is there and enrols nobody. A binding that is not there is made, then suspended.
      - V(absent) is none, of any role. The plugin takes it away without ending what hangs on it. Members who were enrolled by it vanish
        from the course's list, but keep their role assignment. To end that too, suspend the binding first, wait for Moodle's cohort
        synchronisation, then remove it.
    type: str
    choices: [present, absent, suspended]
    default: present
seealso:
  - module: activeprolearn.toolsync.toolsync_cohort
  - module: activeprolearn.toolsync.toolsync_cohort_members
"""

EXAMPLES = r"""
- name: Enrol a cohort in a course
  activeprolearn.toolsync.toolsync_cohort_enrol:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    cohort: Y1
    course: MATH101

- name: Let another cohort teach it
  activeprolearn.toolsync.toolsync_cohort_enrol:
    cohort: Staff
    cohort_identifier: name
    course: M101
    course_identifier: idnumber
    role: teacher

- name: Suspend a cohort's enrolments for the holidays
  activeprolearn.toolsync.toolsync_cohort_enrol:
    cohort: Y1
    course: MATH101
    state: suspended

- name: End a cohort's enrolments
  activeprolearn.toolsync.toolsync_cohort_enrol:
    cohort: Y1
    course: MATH101
    state: absent
"""

RETURN = r"""
cohort:
  description: The cohort, as the task names it.
  returned: once the cohort and the course were found
  type: str
  sample: Y1
course:
  description: The course, as the task names it.
  returned: once the cohort and the course were found
  type: str
  sample: MATH101
role:
  description: The role, as the task names it; null with O(state=absent), which means all.
  returned: once the cohort and the course were found
  type: str
  sample: student
state:
  description:
    - What the binding is now, or would be in check mode, V(present), V(suspended) or V(absent).
    - As before, or null where that is not known, after a failure.
  returned: once the cohort and the course were found
  type: str
  sample: present
previous:
  description: What it was before, as far as it is known, or null.
  returned: once the cohort and the course were found
  type: str
  sample: absent
restored:
  description: Whether a suspended binding was taken away and made anew.
  returned: once the cohort and the course were found
  type: bool
  sample: false
changed_is_certain:
  description: Whether RV(ignore:changed) was seen on the site, and is not only told from what was last sent.
  returned: once the cohort and the course were found
  type: bool
  sample: true
uncertain:
  description:
    - What could not be seen, with C(because) and the number of C(items) of which that is so, which is 1.
    - Empty where RV(changed_is_certain) is true.
  returned: once the cohort and the course were found
  type: list
  elements: dict
  sample:
    - {"because": "which bindings of cohorts a course has, and by which roles, can't be seen: no web service lists them", "items": 1}
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "option", "option": "course", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.options import COHORT_IDENTIFIER, COURSE_IDENTIFIER, ROLE_IDENTIFIER
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import cohort_enrol

TASK = Task(
    cohort_enrol.plan,
    options={
        "cohort": {"type": "str", "required": True, "aliases": ["chid"]},
        "cohort_identifier": COHORT_IDENTIFIER,
        "course": {"type": "str", "required": True, "aliases": ["cid"]},
        "course_identifier": {**COURSE_IDENTIFIER, "aliases": ["cidsource"]},
        "role": {"type": "str", "default": "student", "aliases": ["rid"]},
        "role_identifier": {**ROLE_IDENTIFIER, "aliases": ["ridsource"]},
        "state": {"type": "str", "choices": ["present", "absent", "suspended"], "default": "present"},
    },
    remembers=True,
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
