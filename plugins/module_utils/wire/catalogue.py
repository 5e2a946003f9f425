# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every web service function that this collection calls: its parameters, whether it writes, when it may be sent again, what it answers.

Private to this collection. The plugin declares its writing functions as C(read) in Moodle, so this list decides, not Moodle's.
Source: the plugin's C(db/services.php) and the recordings in C(tests/contract).
"""

from __future__ import annotations

import typing as t

from .answer import FLAG, MAYBE, NOTHING, NUMBER, TEXT, Structure
from .transport import ALWAYS, LARGEST_ANSWER, LARGEST_REPORT, NEVER, NOT_WHILE_RUNNING


class Function(t.NamedTuple):
    """name: as registered; parameters: top-level keys; writes: changes the site; repeat: when it may be sent again (see transport).

    needs: the capabilities that the token's account needs on the whole site, as Moodle's and the plugin's code check them (tried on Moodle
    4.1 and 4.4, one by one). The plugin checks none for its own main service, nor for binding cohorts to courses. The code of process and
    deploy_course is closed: a restored template is checked by Moodle itself, for the account of the token.

    answers: the shape of its answer (see answer.misfit), with what this collection reads of it. raw: it is asked for names as they are
    stored, and not as a web page needs them. largest: its answer's greatest size in bytes.

    NOT_WHILE_RUNNING: twice has the effect of once, but not at a time. A Moodle 4.1 answered two enrolments at a time with an error of
    its database, or assigned the role twice, because it looks first and then inserts; the others were not tried and are taken to be
    alike.
    """

    name: str
    parameters: tuple[str, ...]
    writes: bool
    repeat: str
    answers: t.Any
    needs: tuple[str, ...]
    raw: bool = False
    largest: int = LARGEST_ANSWER


def _read(name, *parameters, answers, needs, raw=False):
    return Function(name, parameters, writes=False, repeat=ALWAYS, answers=answers, needs=needs, raw=raw)


def _write(name, *parameters, repeat, needs, answers=NOTHING, largest=LARGEST_ANSWER):
    return Function(name, parameters, writes=True, repeat=repeat, answers=answers, needs=needs, largest=largest)


#: To enter a course that one is not enrolled in, as every function about one course demands.
_COURSE = ("moodle/course:view", "moodle/course:viewhiddencourses")
#: To be shown users' identifiers; their names, and what the site hides on profiles, as well.
_IDENTITIES = ("moodle/site:viewuseridentity", "moodle/user:viewalldetails", "moodle/user:viewdetails")
_SEE_USERS = ("moodle/site:viewfullnames", "moodle/user:viewhiddendetails", *_IDENTITIES)
#: To be shown their idnumber too, of courses and categories.
_SEE_COURSES = ("moodle/course:update", *_COURSE)
_SEE_CATEGORIES = ("moodle/category:manage", "moodle/category:viewhiddencategories")
_PARTICIPANTS = ("moodle/course:enrolreview", "moodle/site:accessallgroups", *_COURSE, *_IDENTITIES)
#: The plugin's own lists are stricter.
_PLUGIN_PARTICIPANTS = ("moodle/course:viewparticipants", "moodle/site:viewfullnames", *_PARTICIPANTS)
_CHANGE_COURSES = (
    *("moodle/course:changefullname", "moodle/course:changeidnumber", "moodle/course:changecategory", "moodle/course:create"),
    *_SEE_COURSES,
)
_DEPLOY = ("moodle/backup:backupcourse", "moodle/course:create", "moodle/restore:restorecourse")
_ASSIGN = ("moodle/role:assign", *_COURSE)
_GROUPS = ("moodle/course:managegroups", *_COURSE)
_SEE_COHORTS = ("moodle/cohort:view",)
_MANAGE_COHORTS = ("moodle/cohort:manage", *_SEE_COHORTS)
_FILL_COHORTS = ("moodle/cohort:assign", *_SEE_COHORTS)


#: Moodle leaves out what the account may not see. A must is only what this collection can't do without.
_COURSES = {
    "courses": [
        Structure(
            {"id": NUMBER},
            {
                **dict.fromkeys(("fullname", "categoryname", "idnumber", "format", "lang", "summary"), MAYBE),
                **dict.fromkeys(("categoryid", "startdate", "enddate"), NUMBER),
                "shortname": TEXT,
                "visible": FLAG,
                "enrollmentmethods": [TEXT],
            },
        )
    ]
}
_TEXTS_OF_USERS = (
    "username", "firstname", "lastname", "fullname", "email", "idnumber", "auth", "lang", "timezone", "country", "city", "institution",
    "department", "phone1", "phone2", "address", "description", "theme",
)  # fmt: skip
_USERS = [
    Structure(
        {"id": NUMBER},
        {
            **dict.fromkeys(_TEXTS_OF_USERS, MAYBE),
            "suspended": FLAG,
            "confirmed": FLAG,
            "customfields": [Structure({}, {"shortname": MAYBE, "value": (MAYBE, NUMBER)})],
            "roles": [{"roleid": NUMBER, "shortname": TEXT}],
            "groups": [{"id": NUMBER, "name": TEXT}],
        },
    )
]
_COHORTS = [Structure({"id": NUMBER, "name": TEXT, "idnumber": MAYBE, "description": MAYBE}, {"visible": FLAG})]
_CREATED = [{"id": NUMBER}]
_SITE = Structure(
    {"userid": NUMBER},
    {
        **dict.fromkeys(("sitename", "siteurl", "release", "version", "username", "fullname", "lang"), MAYBE),
        **dict.fromkeys(("usermaxuploadfilesize", "userquota"), NUMBER),
        "userissiteadmin": FLAG,
        "functions": [{"name": TEXT, "version": MAYBE}],
    },
)

FUNCTIONS = {
    function.name: function
    for function in (
        # the plugin's main service
        _write("tool_sync_set_config", "service", "confkey", "confvalue", repeat=ALWAYS, answers=FLAG, needs=()),
        _write("tool_sync_commit_file", "draftitemid", repeat=NEVER, answers=FLAG, needs=()),
        _write(
            "tool_sync_process", "service", "action",
            repeat=NEVER, answers=MAYBE, largest=LARGEST_REPORT, needs=("moodle/restore:restorecourse",),
        ),  # fmt: skip
        _read("tool_sync_check_course", "courseidsource", "courseid", answers=FLAG, needs=()),
        _write(
            "tool_sync_deploy_course", "categoryidsource", "categoryid", "templateidsource", "templateid", "shortname", "fullname",
            "idnumber", "replacements",
            # as older revisions of the plugin, and its web page, call the first and the third
            "categorysourceid", "templatesourceid",
            repeat=NEVER, answers=NUMBER, needs=_DEPLOY,
        ),  # fmt: skip
        # the plugin's core extension
        _write(
            "tool_sync_enrol_users_enrol", "enrols",
            repeat=NOT_WHILE_RUNNING, answers=[Structure({}, {"status": FLAG})], needs=("enrol/manual:enrol", *_ASSIGN),
        ),  # fmt: skip
        _read("tool_sync_get_enrolled_users", "courseidsource", "courseid", "options", answers=_USERS, needs=_PLUGIN_PARTICIPANTS),
        _read("tool_sync_get_enrolled_full_users", "courseidsource", "courseid", "options", answers=_USERS, needs=_PLUGIN_PARTICIPANTS),
        # the plugin's cohort extension
        _read("tool_sync_get_cohorts", "cohortids", "cohortidsource", answers=_COHORTS, raw=True, needs=_SEE_COHORTS),
        _write(
            "tool_sync_cohort_bind", "chidsource", "chid", "cidsource", "cid", "ridsource", "rid", "method",
            repeat=NOT_WHILE_RUNNING, answers=FLAG, needs=(),
        ),  # fmt: skip
        _write("tool_sync_cohort_unbind", "chidsource", "chid", "cidsource", "cid", "method", repeat=ALWAYS, answers=FLAG, needs=()),
        _write(
            "tool_sync_cohort_suspend_enrol", "chidsource", "chid", "cidsource", "cid", "method", repeat=ALWAYS, answers=FLAG, needs=()
        ),
        _write("tool_sync_cohort_delete", "chidsource", "chid", repeat=NOT_WHILE_RUNNING, answers=FLAG, needs=()),
        _write(
            "tool_sync_cohort_add_members", "members",
            repeat=NOT_WHILE_RUNNING, answers={"warnings": [{"warningcode": (TEXT, NUMBER), "message": TEXT}]}, needs=_FILL_COHORTS,
        ),  # fmt: skip
        _write("tool_sync_cohort_delete_members", "members", repeat=ALWAYS, needs=_FILL_COHORTS),
        # Moodle's own
        _read("core_cohort_get_cohorts", "cohortids", answers=_COHORTS, raw=True, needs=_SEE_COHORTS),
        _read(
            "core_cohort_get_cohort_members", "cohortids", answers=[{"cohortid": NUMBER, "userids": [NUMBER]}], needs=_SEE_COHORTS
        ),
        _read(
            "core_cohort_search_cohorts", "query", "context", "includes", "limitfrom", "limitnum",
            answers={"cohorts": _COHORTS}, needs=_SEE_COHORTS,
        ),  # fmt: skip
        _write("core_cohort_create_cohorts", "cohorts", repeat=NEVER, answers=_CREATED, needs=_MANAGE_COHORTS),
        _write("core_cohort_update_cohorts", "cohorts", repeat=ALWAYS, needs=_MANAGE_COHORTS),
        _read("core_webservice_get_site_info", answers=_SITE, needs=()),
        _read("core_course_get_courses_by_field", "field", "value", answers=_COURSES, needs=_SEE_COURSES),
        _read(
            "core_course_get_categories", "criteria", "addsubcategories", needs=_SEE_CATEGORIES,
            answers=[Structure({"id": NUMBER}, {"name": TEXT, "idnumber": MAYBE, "parent": NUMBER, "visible": FLAG, "path": MAYBE})],
        ),  # fmt: skip
        _write(
            "core_course_update_courses", "courses", repeat=ALWAYS, needs=_CHANGE_COURSES,
            answers=Structure({}, {"warnings": [Structure({}, {"warningcode": MAYBE, "message": MAYBE})]}),
        ),  # fmt: skip
        _read("core_user_get_users_by_field", "field", "values", answers=_USERS, needs=_SEE_USERS),
        _read("core_user_get_users", "criteria", answers={"users": _USERS}, needs=_SEE_USERS),
        _read("core_enrol_get_enrolled_users", "courseid", "options", answers=_USERS, needs=_PARTICIPANTS),
        _write("enrol_manual_unenrol_users", "enrolments", repeat=ALWAYS, needs=("enrol/manual:unenrol", *_COURSE)),
        _write("core_role_assign_roles", "assignments", repeat=NOT_WHILE_RUNNING, needs=_ASSIGN),
        _write("core_role_unassign_roles", "unassignments", repeat=ALWAYS, needs=_ASSIGN),
        _read(
            "core_group_get_course_groups", "courseid", raw=True, needs=_GROUPS,
            answers=[Structure({"id": NUMBER, "name": TEXT}, {"idnumber": MAYBE})],
        ),  # fmt: skip
        _read("core_group_get_group_members", "groupids", answers=[{"groupid": NUMBER, "userids": [NUMBER]}], needs=_GROUPS),
        _write("core_group_create_groups", "groups", repeat=NEVER, answers=_CREATED, needs=_GROUPS),
        _write("core_group_add_group_members", "members", repeat=NOT_WHILE_RUNNING, needs=_GROUPS),
        _write("core_group_delete_group_members", "members", repeat=ALWAYS, needs=_GROUPS),
        _write("core_group_delete_groups", "groupids", repeat=ALWAYS, needs=_GROUPS),
    )
}

#: What upload.php answers: what became of each file.
UPLOADED = [({"filename": TEXT, "itemid": NUMBER}, {"errortype": TEXT})]
