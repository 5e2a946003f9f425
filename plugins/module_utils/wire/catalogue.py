# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every web service function that this collection calls: its parameters, whether it writes, whether it may be sent again.

Private to this collection. The plugin declares its writing functions as C(read) in Moodle, so this list decides, not Moodle's.
Source: the plugin's C(db/services.php) and the recordings in C(tests/contract).
"""

from __future__ import annotations

import typing as t


class Function(t.NamedTuple):
    """name: as registered; parameters: top-level keys; writes: changes the site; repeatable: twice has the effect of once.

    raw: it is asked for names as they are stored, and not as a web page needs them. alone: twice may have another effect while
    the first is still running. A Moodle 4.1 answered two enrolments at a time with an error of its database, or assigned the role
    twice, because it looks first and then inserts; the others were not tried and are taken to be alike.
    """

    name: str
    parameters: tuple[str, ...]
    writes: bool
    repeatable: bool
    raw: bool = False
    alone: bool = False


def _read(name, *parameters, raw=False):
    return Function(name, parameters, writes=False, repeatable=True, raw=raw)


def _write(name, *parameters, repeatable, alone=False):
    return Function(name, parameters, writes=True, repeatable=repeatable, alone=alone)


FUNCTIONS = {
    function.name: function
    for function in (
        # the plugin's main service
        _write("tool_sync_set_config", "service", "confkey", "confvalue", repeatable=True),
        _write("tool_sync_commit_file", "draftitemid", repeatable=False),
        _write("tool_sync_process", "service", "action", repeatable=False),
        _read("tool_sync_check_course", "courseidsource", "courseid"),
        _write(
            "tool_sync_deploy_course",
            "categoryidsource",
            "categoryid",
            "templateidsource",
            "templateid",
            "shortname",
            "fullname",
            "idnumber",
            "replacements",
            # as older revisions of the plugin, and its web page, call the first and the third
            "categorysourceid",
            "templatesourceid",
            repeatable=False,
        ),
        # the plugin's core extension
        _write("tool_sync_enrol_users_enrol", "enrols", repeatable=True, alone=True),
        _read("tool_sync_get_enrolled_users", "courseidsource", "courseid", "options"),
        _read("tool_sync_get_enrolled_full_users", "courseidsource", "courseid", "options"),
        # the plugin's cohort extension
        _read("tool_sync_get_cohorts", "cohortids", "cohortidsource", raw=True),
        _write(
            "tool_sync_cohort_bind", "chidsource", "chid", "cidsource", "cid", "ridsource", "rid", "method", repeatable=True, alone=True
        ),
        _write("tool_sync_cohort_unbind", "chidsource", "chid", "cidsource", "cid", "method", repeatable=True),
        _write("tool_sync_cohort_suspend_enrol", "chidsource", "chid", "cidsource", "cid", "method", repeatable=True),
        _write("tool_sync_cohort_delete", "chidsource", "chid", repeatable=True),
        _write("tool_sync_cohort_add_members", "members", repeatable=True, alone=True),
        _write("tool_sync_cohort_delete_members", "members", repeatable=True),
        # Moodle's own
        _read("core_cohort_get_cohorts", "cohortids", raw=True),
        _read("core_cohort_get_cohort_members", "cohortids"),
        _read("core_cohort_search_cohorts", "query", "context", "includes", "limitfrom", "limitnum"),
        _write("core_cohort_create_cohorts", "cohorts", repeatable=False),
        _write("core_cohort_update_cohorts", "cohorts", repeatable=True),
        _read("core_webservice_get_site_info"),
        _read("core_course_get_courses_by_field", "field", "value"),
        _read("core_course_get_categories", "criteria", "addsubcategories"),
        _read("core_user_get_users_by_field", "field", "values"),
        _read("core_enrol_get_enrolled_users", "courseid", "options"),
        _write("enrol_manual_unenrol_users", "enrolments", repeatable=True),
        _write("core_role_assign_roles", "assignments", repeatable=True, alone=True),
        _write("core_role_unassign_roles", "unassignments", repeatable=True),
        _read("core_group_get_course_groups", "courseid", raw=True),
        _read("core_group_get_group_members", "groupids"),
        _write("core_group_create_groups", "groups", repeatable=False),
        _write("core_group_add_group_members", "members", repeatable=True, alone=True),
        _write("core_group_delete_group_members", "members", repeatable=True),
        _write("core_group_delete_groups", "groupids", repeatable=True),
    )
}

_FAILS_ON_PHP_8 = "it ends in a PHP error on every call, on PHP 8; core_role_assign_roles and core_role_unassign_roles do its work"

#: The plugin's functions that this collection does not call, and why (plugin.md A.5 and A.6).
UNSUPPORTED = {
    "tool_sync_enrol_user_enrol": "tool_sync_enrol_users_enrol does the same for any number of users",
    "tool_sync_enrol_user_unenrol": "it fails on every call for manual enrolments; enrol_manual_unenrol_users does its work",
    "tool_sync_enrol_users_unenrol": "it fails on every call for manual enrolments; enrol_manual_unenrol_users does its work",
    "tool_sync_enrol_role_assign": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_assigns": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_unassign": _FAILS_ON_PHP_8,
    "tool_sync_enrol_role_unassigns": _FAILS_ON_PHP_8,
    "tool_sync_cohort_get_users": "it fails on every call; core_cohort_get_cohort_members does its work",
    "tool_sync_cohort_restore_enrol": "it answers true and does nothing; the binding is made anew instead",
}
