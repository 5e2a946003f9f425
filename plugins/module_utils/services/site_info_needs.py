# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service and the account of a token must have for chosen features: the role moodle_site makes them by it.

Private to this collection. The functions come from the table that the preflight judges by (FEATURES), so that a site prepared
for a feature is one that toolsync_site_info calls ready for it.
"""

from __future__ import annotations

import typing as t

from .site_info import FEATURES, SITE_INFO

#: What every account of a token needs.
PROTOCOL = "webservice/rest:use"
#: To enter a course that one is not enrolled in, as every function about one course demands.
_COURSE = ("moodle/course:view", "moodle/course:viewhiddencourses")
#: To be shown users' identifiers.
_IDENTITIES = ("moodle/site:viewuseridentity", "moodle/user:viewalldetails", "moodle/user:viewdetails")
#: To be shown their names, and what the site hides on profiles, as well.
_USERS = ("moodle/site:viewfullnames", "moodle/user:viewhiddendetails", *_IDENTITIES)
_ENROL = ("enrol/manual:enrol", "moodle/role:assign", *_COURSE)
_PARTICIPANTS = ("moodle/course:enrolreview", "moodle/site:accessallgroups", *_COURSE, *_IDENTITIES)
#: The plugin's own lists are stricter.
_PLUGIN_PARTICIPANTS = ("moodle/course:viewparticipants", "moodle/site:viewfullnames", *_PARTICIPANTS)
_GROUPS = ("moodle/course:managegroups", *_COURSE)
_SEE_COHORTS = ("moodle/cohort:view",)
_MANAGE_COHORTS = ("moodle/cohort:manage", *_SEE_COHORTS)
_FILL_COHORTS = ("moodle/cohort:assign", *_SEE_COHORTS)

#: Function -> the capabilities that its account needs on the whole site, as Moodle's and the plugin's code check them (tried on
#: Moodle 4.1 and 4.4, one by one). The plugin checks none for its own main service, nor for binding cohorts to courses. The
#: code of process and deploy_course is closed: a restored template is checked by Moodle itself, for the account of the token.
CAPABILITIES = {
    "tool_sync_set_config": (),
    "tool_sync_commit_file": (),
    "tool_sync_process": ("moodle/restore:restorecourse",),
    "tool_sync_check_course": (),
    "tool_sync_deploy_course": ("moodle/backup:backupcourse", "moodle/course:create", "moodle/restore:restorecourse"),
    "tool_sync_enrol_users_enrol": _ENROL,
    "tool_sync_get_enrolled_users": _PLUGIN_PARTICIPANTS,
    "tool_sync_get_enrolled_full_users": _PLUGIN_PARTICIPANTS,
    "tool_sync_get_cohorts": _SEE_COHORTS,
    "tool_sync_cohort_bind": (),
    "tool_sync_cohort_unbind": (),
    "tool_sync_cohort_suspend_enrol": (),
    "tool_sync_cohort_delete": (),
    "tool_sync_cohort_add_members": _FILL_COHORTS,
    "tool_sync_cohort_delete_members": _FILL_COHORTS,
    "core_webservice_get_site_info": (),
    # idnumber is shown to those who may change the course
    "core_course_get_courses_by_field": ("moodle/course:update", *_COURSE),
    # idnumber is for those who may manage categories: as what they are found by, too
    "core_course_get_categories": ("moodle/category:manage", "moodle/category:viewhiddencategories"),
    "core_user_get_users": _USERS,
    "core_course_update_courses": (
        *("moodle/course:update", "moodle/course:changefullname", "moodle/course:changeidnumber", "moodle/course:changecategory"),
        *("moodle/course:create", *_COURSE),
    ),
    "core_user_get_users_by_field": _USERS,
    "core_enrol_get_enrolled_users": _PARTICIPANTS,
    "core_cohort_get_cohorts": _SEE_COHORTS,
    "core_cohort_get_cohort_members": _SEE_COHORTS,
    "core_cohort_search_cohorts": _SEE_COHORTS,
    "core_cohort_create_cohorts": _MANAGE_COHORTS,
    "core_cohort_update_cohorts": _MANAGE_COHORTS,
    "core_group_get_course_groups": _GROUPS,
    "core_group_get_group_members": _GROUPS,
    "core_group_create_groups": _GROUPS,
    "core_group_add_group_members": _GROUPS,
    "core_group_delete_group_members": _GROUPS,
    "core_group_delete_groups": _GROUPS,
    "enrol_manual_unenrol_users": ("enrol/manual:unenrol", *_COURSE),
    "core_role_assign_roles": ("moodle/role:assign", *_COURSE),
    "core_role_unassign_roles": ("moodle/role:assign", *_COURSE),
}


class Needs(t.NamedTuple):
    """functions and capabilities: sorted names; upload: whether the service must take files; assigns: whether roles are given."""

    functions: list[str]
    capabilities: list[str]
    upload: bool
    assigns: bool


def needs(features):
    """The Needs of features (names of FEATURES), the preflight's own included. Raises ValueError for an unknown one."""
    unknown = sorted(set(features) - set(FEATURES))
    if unknown:
        raise ValueError(f"there is no feature {', '.join(unknown)}; there are: {', '.join(sorted(FEATURES))}")
    functions = {SITE_INFO}.union(*(FEATURES[feature].functions for feature in features))
    capabilities = {PROTOCOL}.union(*(CAPABILITIES[function] for function in functions))
    return Needs(
        functions=sorted(functions),
        capabilities=sorted(capabilities),
        upload=any(FEATURES[feature].upload for feature in features),
        assigns="moodle/role:assign" in capabilities,
    )
