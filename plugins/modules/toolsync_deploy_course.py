#!/usr/bin/python
# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: toolsync_deploy_course
short_description: Manage Moodle courses made from a template
version_added: 1.0.0
author: ActiveProLearn (@activeprolearn)
description:
  - Lets Moodle's C(tool_sync) plugin (pro release) make a new course from a template course, or from a backup on the
    server.
  - A course of this short name that exists already is not deployed again. RV(differences) tells what about it is not as asked for, and with
    O(update) that is set.
  - The deployment is sent once. When the answer is lost (a time-out, a gateway's error), the module looks whether the
    course came into being, and never deploys again.
  - Category, template and idnumber are checked before, because a production site does not say which of them it refused.
extends_documentation_fragment:
  - activeprolearn.toolsync.connection
  - activeprolearn.toolsync.identifiers.category
  - activeprolearn.toolsync.attributes
attributes:
  diff_mode:
    details: Shows the course that is created, or what is set of one that exists.
  idempotent:
    support: full
    details: A course that exists is known by O(shortname).
options:
  category:
    description: The category of the new course.
    type: str
    required: true
    aliases: [categoryid]
  category_identifier:
    description: What O(category) is. (The plugin's web page calls it C(categorysourceid).)
    aliases: [categoryidsource, categorysourceid]
  template:
    description: The course to make the new one from, or the path of a backup.
    type: str
    required: true
    aliases: [templateid]
  template_identifier:
    description:
      - What O(template) is. (The plugin's web page calls it C(templatesourceid).)
      - With V(path), O(template) is the path of a Moodle backup (C(.mbz)) on the server, absolute or relative to
        Moodle's code. Whether it exists can't be checked before, and what is made of it is decided by the closed part of the plugin.
    type: str
    default: shortname
    choices: [id, shortname, idnumber, path]
    aliases: [templateidsource, templatesourceid]
  shortname:
    description: Short name of the new course; at most 255 characters.
    type: str
    required: true
  fullname:
    description: Full name of the new course; at most 254 characters.
    type: str
    required: true
  idnumber:
    description: ID number of the new course; at most 100 characters. Where another course has it, the task fails.
    type: str
  update:
    description:
      - Whether the full name, the ID number and the category of a course that exists are set where they differ.
      - Needs C(core_course_update_courses) and C(core_course_get_courses_by_field) in the token's service. Without the first, nothing is
        set, with a warning; without the second, nothing is seen.
    type: bool
    default: false
  replacements:
    description:
      - What the plugin puts in the place of texts of the template, such as C(section0:summary:data1). Values may be
        nested, and may hold HTML.
      - The plugin calls this experimental. What it makes of them is decided by its closed part.
    type: dict
  timeout:
    description:
      - Seconds to wait for the end of the deployment.
      - E(TOOLSYNC_TIMEOUT) does not apply here.
    type: int
    default: 3600
  poll_timeout:
    description: Seconds to look for the course when no answer to its deployment came.
    type: int
    default: 600
seealso:
  - module: activeprolearn.toolsync.toolsync_enrol
  - module: activeprolearn.toolsync.toolsync_site_info
"""

EXAMPLES = r"""
- name: Create a course from the template course TPL in the category with idnumber SCI
  activeprolearn.toolsync.toolsync_deploy_course:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    category: SCI
    category_identifier: idnumber
    template: TPL
    shortname: PHYS201
    fullname: Physics 201
    idnumber: P201
    update: true
  register: physics

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ physics.course_url }}"

- name: Create a course from a backup on the server, with texts of its own
  activeprolearn.toolsync.toolsync_deploy_course:
    url: https://moodle.example.org
    token: "{{ moodle_token }}"
    category: 1
    template: /srv/templates/standard.mbz
    template_identifier: path
    shortname: CHEM201
    fullname: Chemistry 201
    replacements:
      "section0:summary:data1": <p>Welcome to <b>Chemistry 201</b></p>
"""

RETURN = r"""
shortname:
  description: Short name that was asked for.
  returned: success, or when the deployment itself failed
  type: str
  sample: PHYS201
course_id:
  description: The course's id; null in check mode for a course that does not exist, and where it can't be read.
  returned: success, or when the deployment itself failed
  type: int
  sample: 42
course_url:
  description: The course's address; null where RV(course_id) is.
  returned: success, or when the deployment itself failed
  type: str
  sample: https://moodle.example.org/course/view.php?id=42
created:
  description: Whether the course was created, or would be in check mode; null when that is not known.
  returned: success, or when the deployment itself failed
  type: bool
  sample: true
updated:
  description: Whether something of a course that exists was set, or would be in check mode; null when that is not known.
  returned: success, or when the deployment itself failed
  type: bool
  sample: false
confirmed:
  description:
    - V(false) when no proper answer to the deployment came. RV(created) is then what was found by looking, and the
      course's content may be incomplete.
  returned: success, or when the deployment itself failed
  type: bool
  sample: true
differences:
  description:
    - What about a course that exists is not as asked for (C(shortname), C(fullname), C(idnumber), C(category) by its
      id), each with C(current) and C(wanted). Once O(update) has set them, what still is not.
    - Only what the token can read is compared (C(core_course_get_courses_by_field); C(core_course_get_categories) for a
      category by its idnumber). Null when nothing of the course can be read.
  returned: success, or when the deployment itself failed
  type: dict
  sample: {"fullname": {"current": "Physics 2", "wanted": "Physics 201"}}
error:
  description: What kind of failure it was.
  returned: failure
  type: dict
  sample: {"kind": "option", "option": "category", "errorcode": null, "debuginfo": null}
"""

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import Task, run_module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import deploy_course

TASK = Task(
    deploy_course.plan,
    options={
        "category": {"type": "str", "required": True, "aliases": ["categoryid"]},
        "category_identifier": {
            "type": "str",
            "default": "id",
            "choices": ["id", "idnumber"],
            "aliases": ["categoryidsource", "categorysourceid"],
        },
        "template": {"type": "str", "required": True, "aliases": ["templateid"]},
        "template_identifier": {
            "type": "str",
            "default": "shortname",
            "choices": ["id", "shortname", "idnumber", "path"],
            "aliases": ["templateidsource", "templatesourceid"],
        },
        "shortname": {"type": "str", "required": True},
        "fullname": {"type": "str", "required": True},
        "idnumber": {"type": "str"},
        "update": {"type": "bool", "default": False},
        "replacements": {"type": "dict"},
        "timeout": {"type": "int", "default": 3600},
        "poll_timeout": {"type": "int", "default": 600},
    },
)


def main():
    run_module(TASK)


if __name__ == "__main__":
    main()
