# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sites, and what is around a job: faults, rights, settings of the plugin that most sites have not."""

from __future__ import annotations

from .chance import CITIES, FIRST, GROUPS, LAST, ROLES


def site(chance):
    """A small school in some state."""
    users = [_account(chance, number) for number in range(1, chance.randint(4, 9))]
    if chance.of(4) and len(users) > 1:
        users[-1]["email"] = users[0]["email"]
    if chance.of(3) and len(users) > 1:
        users[-1]["idnumber"] = users[0]["idnumber"]
    names = [user["username"] for user in users]
    there = [name for user, name in zip(users, names) if not user.get("deleted")]
    courses = [
        {"shortname": "MATH101", "methods": {"manual": not chance.of(5), "self": chance.of(25)}, "groups": chance.some(GROUPS, 40)},
        {"shortname": "TPL", "backup": chance.of(70), "groups": chance.some(GROUPS, 15)},
    ]
    for shortname, idnumber in (("BIO 1", "B1"), ("Été", "")):
        if chance.of(60):
            methods = {"manual": not chance.of(15), "self": chance.of(30)}
            courses.append(
                {
                    "shortname": shortname, "fullname": f"Course {shortname}", "idnumber": idnumber, "groups": chance.some(GROUPS, 30),
                    "category": chance.pick((3, None), (1, "Sciences")), "methods": methods, "visible": 0 if chance.of(10) else 1,
                }
            )  # fmt: skip
    for course in courses:
        if chance.of(6):
            course["greets"] = True
    shortnames = [course["shortname"] for course in courses]
    enrolments = [_enrolment(chance, name, course) for course in shortnames for name in chance.some(there, 35)]
    made = {
        "categories": [{"name": "Sciences", "idnumber": "SCI"}, {"name": "Études", "idnumber": None}],
        "users": users, "courses": courses, "enrolments": enrolments,
        "cohorts": [cohort for number in (1, 2, 3) if chance.of(70) for cohort in [_cohort(chance, number, there)]],
    }  # fmt: skip
    inside = {(one["user"], one["course"]) for one in enrolments}
    made["roles"] = [
        {"user": name, "course": course, "role": chance.choice(ROLES)}
        for name in there for course in shortnames if chance.of(5) or (name, course) in inside and chance.of(10)
    ]  # fmt: skip
    groups = {course["shortname"]: course["groups"] for course in courses}
    made["members"] = [
        {"user": user, "course": course, "group": group, "component": chance.pick((9, ""), (1, "tool_sync"))}
        for user, course in sorted(inside) for group in groups[course] if chance.of(30)
    ]  # fmt: skip
    if made["cohorts"] and chance.of(20):
        suspended = 1 if chance.of(40) else 0
        made["bindings"] = [{"cohort": made["cohorts"][0]["name"], "course": "MATH101", "role": "student", "status": suspended}]
    return {key: value for key, value in made.items() if value}


def _account(chance, number):
    username = chance.pick((8, f"t{number}"), (1, f"t{number}.x-y_z@school"), (1, f"t{number}.é"[:-1]))
    made = {
        "username": username, "firstname": chance.choice(FIRST), "lastname": chance.choice(LAST),
        "email": chance.pick((6, f"t{number}@x.org"), (2, f"T{number}.Mail@X.org")),
        "idnumber": chance.pick((6, f"N{number}"), (2, ""), (1, f"n{number}é")),
    }  # fmt: skip
    if chance.of(20):
        made.update(city=chance.choice(CITIES), department=chance.pick((1, ""), (1, "Physics")), country=chance.choice(("FR", "NZ", "")))
        made.update(lang=chance.choice(("en", "fr")), timezone=chance.choice(("99", "Europe/Paris")), maildisplay=2)
    if chance.of(10):
        made["suspended"] = 1
    if chance.of(8):
        made["auth"] = "ldap"
    if chance.of(3):
        made.update(deleted=1, username=f"t{number}x.org.1700000000", idnumber="", email="5d41402abc4b2a76b9719d911017c592")
    return made


def _enrolment(chance, user, course):
    made = {"user": user, "course": course, "timestart": chance.pick((3, 1725177600), (1, 0), (1, 1700000000))}
    if chance.of(90):
        made["role"] = chance.choice(ROLES)
    if chance.of(15):
        made["status"] = 1
    if chance.of(10):
        made["timeend"] = chance.choice((1930000000, 1710000000))
    if chance.of(7):
        made["method"] = "self"
    return made


def _cohort(chance, number, users):
    made = {"name": chance.pick((6, f"Cohort {number}"), (1, f"Promo é {number}"), (1, "R&D")), "members": chance.some(users, 40)}
    made["idnumber"] = chance.pick((8, f"CO{number}"), (1, None), (1, ""))
    made["description"] = chance.pick((3, None), (2, "d1"), (1, ""), (1, "été & co"))
    if chance.of(10):
        made["category"] = "Sciences"
    return made


#: Settings of the plugin that no web service sets or shows.
ELSEWHERE = {
    "users": ({"users_protectemails": "0"}, {"courses_primaryidentity": "idnumber"}, {"users_createpasswords": "1"}),
    "enrols": ({"enrols_protectgroups": "1"}, {"enrols_enableenrolondisabled": "1"}, {"enrols_defaultcmd": "del"}),
    "cohorts": ({"filecleanup": "1"},),
    "courses": (
        {"courses_forceupdate": "1"},
        {"courses_coursecategoryidentifier": "idnumber"},
        {"courses_fileuploadidentifier": "idnumber"},
    ),
}
#: What a user may know of them, where the site is as usual; and of Moodle's defaults for new accounts.
KNOWABLE = {
    "users": {
        "protectemails": "1", "courses_primaryidentity": "shortname", "city": "", "country": "NZ", "lang": "en",
        "timezone": "Europe/London",
    },
    "enrols": {"defaultcmd": "add", "protectgroups": "0", "enableenrolondisabled": "0"},
    "courses": {"fileuploadidentifier": "shortname", "coursecategoryidentifier": "idname", "forceupdate": "0"},
}  # fmt: skip
READING = (
    "core_user_get_users_by_field core_course_get_courses_by_field core_enrol_get_enrolled_users core_cohort_get_cohort_members "
    "tool_sync_get_cohorts core_group_get_course_groups core_group_get_group_members core_course_get_categories tool_sync_check_course"
).split()
#: What a teacher may read, and nothing of a user's identity.
FEW_RIGHTS = [
    "webservice/rest:use", "moodle/course:viewparticipants", "moodle/cohort:view", "moodle/course:enrolreview", "enrol/manual:enrol",
]  # fmt: skip
#: Of somebody who is shown all, and may change nothing.
READING_RIGHTS = [
    "webservice/rest:use",
    "moodle/cohort:view", "moodle/course:viewparticipants", "moodle/course:viewhiddencourses", "moodle/course:managegroups",
    "moodle/site:accessallgroups", "moodle/site:viewuseridentity", "moodle/user:viewdetails", "moodle/user:viewhiddendetails",
    "moodle/user:viewalldetails", "moodle/course:view", "moodle/course:enrolreview", "moodle/course:viewhiddenuserfields",
]  # fmt: skip


def around(chance, job, *, file):
    """Faults, rights and settings that most jobs have not."""
    if job.kind in ELSEWHERE and chance.of(10):
        job.records["plugin"] = dict(chance.choice(ELSEWHERE[job.kind]))
    if chance.of(65):
        set_so = {name: value for name, value in job.records.get("plugin", {}).items() if name.startswith(job.kind)}
        known = {**KNOWABLE.get(job.kind, {}), **{name[len(job.kind) + 1 :]: value for name, value in set_so.items()}}
        if "courses_primaryidentity" in known and "courses_primaryidentity" in job.records.get("plugin", {}):
            known["courses_primaryidentity"] = job.records["plugin"]["courses_primaryidentity"]
        job.known = known
    if file:
        job.told, job.allowed, job.sent_again = not chance.of(5), not chance.of(6), not chance.of(5)
    if chance.of(5):
        job.lacking = chance.sample(READING, chance.randint(1, 2))
    if chance.of(2 if file else 5):
        job.capabilities = list(FEW_RIGHTS if file or chance.of(50) else READING_RIGHTS)
    if chance.of(8):
        # From Moodle 4.5 on it fails to greet whom it enrols, once that is done.
        job.conditions = ["mail-broken"]
    if chance.of(12):
        job.fault = _fault(chance, file)


def _fault(chance, file):
    """A call that goes wrong: the run's own, or one that reads before or after it."""
    kind = chance.pick((2, "reset"), (2, "close"), (2, "status"), (1, "truncate"), (1, "cut"), (1, "empty"), (2, "slow"), (1, "noise"))
    made = {"step": chance.pick((4, "run"), (1, "again"), (1, "foretold")), "kind": kind}
    if kind == "status":
        made["status"] = chance.choice((500, 502, 504))
    if kind == "noise":
        made["text"] = "Notice: Undefined index: x in lib.php on line 12\n"
    if file and (kind == "slow" or made["step"] != "foretold" and chance.of(65)):
        made["function"] = "tool_sync_process"
    elif kind == "slow":
        made["kind"] = "close"
    if "function" not in made:
        made.update(function="*", skip=chance.randint(0, 6))
    if kind in ("reset", "close", "status"):
        made["when"] = chance.pick((3, "after"), (1, "before"))
    return made
