# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What features take of a site: functions, capabilities of the token's account, uploads.

Private to this collection. The preflight judges by it, and the role moodle_site prepares a site by it, so that a site prepared for a
feature is one that toolsync_site_info calls ready for it.
"""

from __future__ import annotations

from ..read.account import SITE_INFO
from ..wire.catalogue import FUNCTIONS

#: What every account of a token needs.
PROTOCOL = "webservice/rest:use"

_ENROLLED = ("core_course_get_courses_by_field", "core_enrol_get_enrolled_users", "core_user_get_users_by_field")
_COHORT_INFO = ("tool_sync_get_cohorts", "core_cohort_get_cohort_members", "core_user_get_users_by_field")
_UNENROL = (*_ENROLLED, "enrol_manual_unenrol_users")
_GROUP_MEMBERS = (*_ENROLLED, "core_group_get_course_groups", "core_group_get_group_members")

#: What modules do -> the functions that it takes.
FEATURES = {
    "config": ("tool_sync_set_config",),
    "upload": ("tool_sync_commit_file",),
    "process": ("tool_sync_process",),
    "check_courses": ("tool_sync_check_course",),
    "deploy": ("tool_sync_deploy_course", "tool_sync_check_course"),
    "update_courses": ("core_course_get_courses_by_field", "core_course_update_courses"),
    "enrol": ("tool_sync_enrol_users_enrol",),
    "enrol_groups": (*_GROUP_MEMBERS, "core_group_add_group_members"),
    "unenrol": _UNENROL,
    "unassign_role": (*_UNENROL, "core_role_unassign_roles"),
    "exact": (*_UNENROL, SITE_INFO),
    "compare_courses": ("core_course_get_courses_by_field", "core_course_get_categories"),
    "compare_users": ("core_user_get_users_by_field",),
    "compare_enrols": _ENROLLED,
    "compare_cohorts": _COHORT_INFO,
    "leavers": ("core_user_get_users", "core_user_get_users_by_field", SITE_INFO),
    "course_info": ("core_course_get_courses_by_field", "tool_sync_check_course"),
    "enrol_info": _GROUP_MEMBERS,
    "cohorts": (
        "tool_sync_get_cohorts",
        "core_course_get_categories",
        "core_cohort_create_cohorts",
        "core_cohort_update_cohorts",
        "tool_sync_cohort_delete",
    ),
    "cohort_info": _COHORT_INFO,
    "cohort_members": (*_COHORT_INFO, "tool_sync_cohort_add_members", "tool_sync_cohort_delete_members"),
    "cohort_enrol": (
        "tool_sync_get_cohorts",
        "core_course_get_courses_by_field",
        "tool_sync_cohort_bind",
        "tool_sync_cohort_unbind",
        "tool_sync_cohort_suspend_enrol",
    ),
    "roles": (*_ENROLLED, "core_course_get_categories", "core_role_assign_roles", "core_role_unassign_roles"),
    "groups": (
        *_GROUP_MEMBERS,
        "core_group_create_groups",
        "core_group_add_group_members",
        "core_group_delete_group_members",
        "core_group_delete_groups",
    ),
}
#: Those for which the service must take files.
UPLOADING = ("upload",)


def needs(features):
    """What features (names of FEATURES) take together, the preflight's own included. Raises ValueError for an unknown one.

    functions and capabilities: sorted names; upload: whether the service must take files; assigns: whether roles are given.
    """
    unknown = sorted(set(features) - set(FEATURES))
    if unknown:
        raise ValueError(f"there is no feature {', '.join(unknown)}; there are: {', '.join(sorted(FEATURES))}")
    functions = {SITE_INFO}.union(*(FEATURES[feature] for feature in features))
    capabilities = {PROTOCOL}.union(*(FUNCTIONS[function].needs for function in functions))
    return {
        "functions": sorted(functions),
        "capabilities": sorted(capabilities),
        "upload": any(feature in UPLOADING for feature in features),
        "assigns": "moodle/role:assign" in capabilities,
    }
