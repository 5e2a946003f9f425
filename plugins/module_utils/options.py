# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share, as parts of an argument spec.

Private to this collection. An alias is the name of the web service parameter.
"""

from __future__ import annotations


def _identifier(alias, default, choices):
    return {"type": "str", "choices": choices, "default": default, "aliases": [alias]}


COURSE_IDENTIFIER = _identifier("courseidsource", "shortname", ["id", "shortname", "idnumber"])
USER_IDENTIFIER = _identifier("useridsource", "username", ["id", "username", "idnumber", "email"])
ROLE_IDENTIFIER = _identifier("roleidsource", "shortname", ["id", "shortname"])
COHORT_IDENTIFIER = _identifier("chidsource", "idnumber", ["id", "idnumber", "name"])

#: What bad records do to a task.
ON_FAILURES = {"type": "str", "default": "continue", "choices": ["continue", "stop", "warn"]}
#: Of the modules that predict what a run of the plugin makes of rows.
RUN = {
    "service": {"type": "str", "required": True, "choices": ["courses", "users", "enrols", "enols", "cohorts"]},
    "settings": {"type": "dict"},
    "allow_destructive": {"type": "bool", "default": False},
    "parallel_requests": {"type": "int", "default": 4},
}
#: Of the modules that send many records in few requests.
BULK = {
    "on_failures": ON_FAILURES,
    "max_input_vars": {"type": "int", "default": 1000},
}
#: Of the modules whose state exact takes everybody out who is not listed.
ALLOW_EMPTY = {"allow_empty": {"type": "bool", "default": False}}


def item(options, needed):
    """The spec of an item of a list: the task's options without defaults, as what it does not say is the task's to say.

    needed: the option that each item must have.
    """
    spec = {name: {key: value for key, value in option.items() if key != "default"} for name, option in options.items()}
    spec[needed]["required"] = True
    return spec
