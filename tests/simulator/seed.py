# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states a practice Moodle starts in: ``contract`` (the recordings'), ``empty`` (plugin never set up), ``demo``."""
from __future__ import annotations

import time

from .moodle.access import PLACES
from .store import Store
from .versions import V41, Version

ADMIN = 2
STANDARD_ROLES = ("manager", "coursecreator", "editingteacher", "teacher", "student", "guest", "user", "frontpage")

PLUGIN_VERSION = "2021111600"

# Functions that each service holds, in the order in which site info lists them.
CONTRACT_FUNCTIONS = """
core_cohort_get_cohort_members core_cohort_search_cohorts core_cohort_get_cohorts core_course_create_courses
core_course_delete_courses core_course_duplicate_course core_course_get_categories core_course_get_contents
core_course_update_courses core_course_get_courses_by_field core_enrol_get_enrolled_users
core_enrol_get_users_courses core_files_get_files core_files_upload core_role_assign_roles core_user_create_users
core_user_get_users_by_field core_webservice_get_site_info enrol_manual_enrol_users enrol_manual_unenrol_users
tool_sync_set_config tool_sync_commit_file tool_sync_process tool_sync_check_course tool_sync_deploy_course
tool_sync_enrol_user_enrol tool_sync_enrol_users_enrol tool_sync_enrol_user_unenrol tool_sync_enrol_users_unenrol
tool_sync_enrol_role_assign tool_sync_enrol_role_assigns tool_sync_enrol_role_unassign
tool_sync_enrol_role_unassigns tool_sync_get_enrolled_users tool_sync_get_enrolled_full_users
tool_sync_get_cohorts tool_sync_cohort_bind tool_sync_cohort_unbind tool_sync_cohort_suspend_enrol
tool_sync_cohort_restore_enrol tool_sync_cohort_get_users tool_sync_cohort_delete tool_sync_cohort_add_members
tool_sync_cohort_delete_members
""".split()
EXTRA_FUNCTIONS = (
    "core_files_delete_draft_files core_role_unassign_roles core_course_get_courses core_cohort_create_cohorts "
    "core_cohort_update_cohorts core_group_create_groups core_group_get_course_groups core_group_get_group_members "
    "core_group_add_group_members core_group_delete_group_members core_group_delete_groups core_user_get_users"
).split()

# shortname: (name, uploads allowed, functions); the names that no function has are the plugin's own mistakes.
PACKAGED_SERVICES = {
    "tool_sync": (
        "Moodle Admin Sync Tool API",
        True,
        ["tool_sync_" + name for name in "set_config commit_file process check_course deploy_course".split()],
    ),
    "tool_sync_core_ext": (
        "Moodle Core Extension API",
        False,
        [
            "tool_sync_" + name
            for name in (
                "enrol_user_enrol enrol_users_enrol enrol_user_unenrol enrol_users_unenrol enrol_assign_role "
                "enrol_unassign_role get_enrolled_users get_enrolled_full_users"
            ).split()
        ],
    ),
    "tool_sync_cohort_ext": (
        "Moodle Cohort Extension API",
        False,
        [
            "tool_sync_cohort_" + name
            for name in (
                "get_cohorts get_users bind unbind suspend_enrol restore_enrol delete add_members delete_members"
            ).split()
        ],
    ),
}

CONTRACT_SETTINGS = {
    "encoding": "UTF-8",
    "csvseparator": ";",
    "courses_fileuploadidentifier": "shortname",
    "courses_filemetabindingidentifier": "shortname",
    "courses_filemetabindinglocation": "metas.csv",
    "courses_coursecategoryidentifier": "idname",
    "courses_fileexistlocation": "check.csv",
    "courses_newcategoriesvisible": "1",
    "filefailed": "1",
    "course_resetfileidentifier": "shortname",
    "courses_primaryidentity": "shortname",
}


def seed(store: Store, start: str = "contract", version: Version = V41) -> None:
    """Fill a new database; one that holds a site already is left as it is."""
    if store.exists("user"):
        return
    now = int(time.time())
    with store.atomic():
        if version.greets_enrolled:
            # New courses greet in the name of the course's contact, if it has one.
            store.set_setting("sendcoursewelcomemessage", 1, "enrol_manual")
        _site(store, start, now)
        _services(store, start)
        if start == "demo":
            _demo(store, now)
    store.commit()


def _site(store: Store, start: str, now: int) -> None:
    core = {"sitename": "Real" if start == "contract" else "Practice Moodle", "lang": "en", "country": "NZ"}
    core.update(timezone="Europe/London", debug="0", mnet_localhost_id="1", maxbytes="0", defaultcity="")
    for name, value in core.items():
        store.set_setting(name, value, "core")
    if start != "empty":
        for name, value in CONTRACT_SETTINGS.items():
            store.set_setting(name, value)
    common = {"mnethostid": 1, "confirmed": 1, "country": "", "timezone": "Europe/London", "timecreated": now}
    store.insert("user", username="guest", firstname="Guest user", lastname=" ", email="root@localhost", **common)
    store.insert(
        "user", username="admin", firstname="Admin", lastname="User", email="admin@example.com", **common
    )
    for number, shortname in enumerate(STANDARD_ROLES, 1):
        role = store.insert("role", shortname=shortname, sortorder=number, archetype=shortname)
        for level in PLACES.get(shortname, ()):
            store.insert("role_context_levels", roleid=role, contextlevel=level)
    store.insert("context", contextlevel=10, instanceid=0)
    store.insert("course_categories", name="Category 1", sortorder=10000)
    store.insert(
        "course", category=0, shortname="real" if start == "contract" else "practice", fullname=core["sitename"],
        format="site", newsitems=3, timecreated=now, timemodified=now,
    )
    if start == "empty":
        return
    for shortname, idnumber, fullname in (
        ("TPL", "TPL1", "Template course"),
        ("MATH101", "M101", "Math 101"),
    ):
        course = store.insert(
            "course", category=1, shortname=shortname, idnumber=idnumber, fullname=fullname, newsitems=5,
            timecreated=now, timemodified=now,
        )
        add_enrol_methods(store, course, now)
        store.insert("course_modules", course=course)


def add_enrol_methods(store: Store, course: int, now: int) -> None:
    """The enrolment methods a new course gets: manual on, guest and self there but off."""
    greeting = store.setting("sendcoursewelcomemessage", "enrol_manual")
    for order, (method, status) in enumerate((("manual", 0), ("guest", 1), ("self", 1))):
        store.insert(
            "enrol", enrol=method, status=status, courseid=course, sortorder=order,
            roleid=0 if method == "guest" else 5, customint1=greeting if method == "manual" else None,
            timecreated=now, timemodified=now,
        )


def _services(store: Store, start: str) -> None:
    own = CONTRACT_FUNCTIONS if start == "contract" else CONTRACT_FUNCTIONS + EXTRA_FUNCTIONS
    services = {"practice": ("Practice service", True, own), **PACKAGED_SERVICES}
    for shortname, (name, uploads, functions) in services.items():
        service = store.insert(
            "external_services", shortname=shortname, name=name, enabled=1, restrictedusers=1,
            uploadfiles=int(uploads), downloadfiles=1,
        )
        store.insert("external_services_users", externalserviceid=service, userid=ADMIN)
        for function in functions:
            store.insert("external_services_functions", externalserviceid=service, functionname=function)


def _demo(store: Store, now: int) -> None:
    """A small school to rehearse with."""
    for parent, name, idnumber in ((0, "Sciences", "SCI"), (0, "Languages", "LANG")):
        store.insert("course_categories", name=name, idnumber=idnumber, parent=parent, sortorder=20000)
    for category, shortname, idnumber, fullname in (
        (2, "PHYS101", "P101", "Physics 101"),
        (3, "FREN101", "F101", "French 101"),
    ):
        course = store.insert(
            "course", category=category, shortname=shortname, idnumber=idnumber, fullname=fullname, newsitems=5,
            timecreated=now, timemodified=now,
        )
        add_enrol_methods(store, course, now)
    for number, (first, last) in enumerate((("Ada", "Lovelace"), ("Alan", "Turing"), ("Marie", "Curie")), 1):
        username = f"{first}.{last}".lower()
        store.insert(
            "user", username=username, firstname=first, lastname=last, email=f"{username}@example.com",
            idnumber=f"U{number:04}", mnethostid=1, confirmed=1, country="NZ", timecreated=now, timemodified=now,
        )
    store.insert("course_backups", courseid=2, filename="backup-tpl.mbz", timecreated=now)
    store.insert("cohort", contextid=1, name="First year", idnumber="Y1", timecreated=now, timemodified=now)


def give_token(store: Store, token: str, service: str, userid: int = ADMIN) -> None:
    """Make ``token`` that service's token of that user, replacing what it was before."""
    found = store.record("external_services", shortname=service)
    if found is None:
        raise ValueError(f"there is no service {service!r}")
    store.delete("external_tokens", token=token)
    store.insert("external_tokens", token=token, userid=userid, externalserviceid=found["id"])
