# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random options of the modules that act without a file."""

from __future__ import annotations

#: Usernames that a site may have or not (jobs.py), and some that none has.
USERS = ("t1", "t2", "t3", "t4", "t5", "t6", "T2", "nobody")
COURSES = ("MATH101", "TPL", "BIO 1", "Été", "NOPE")
GROUPS = ("Group A", "Groupe é", "R&D", "Fresh")
COHORTS = ("CO1", "CO2", "CO3", "CO9")


def _several(chance, make, *key):
    """Some items; mostly one for each key, since items that contradict each other are refused."""
    items = [make() for _number in range(chance.randint(1, 6))]
    return items if chance.of(8) else list({tuple(item.get(name) for name in key): item for item in items}.values())


def _enrol(chance):
    def item():
        made = {"course": chance.pick((6, "MATH101"), (3, chance.choice(COURSES))), "user": chance.choice(USERS)}
        made["role"] = chance.pick((6, "student"), (2, "teacher"), (1, "editingteacher"), (0.5, "norole"))
        if chance.of(30):
            made["state"] = "absent"
            if chance.of(50):
                del made["role"]
        elif chance.of(20):
            made["suspended"] = chance.of(50)
        if chance.of(12) and made.get("state") != "absent":
            made["timestart"] = chance.choice(("2024-09-01", "0"))
        if chance.of(15):
            made["groups"] = chance.some(GROUPS, 40)
        return made

    if chance.of(15):
        users = sorted({chance.choice(USERS[:6]) for _number in range(3)})
        return {"course": "MATH101", "users": users, "role": "student", "state": "exact"}
    return {"enrolments": _several(chance, item, "course", "user", "role")}


def _a_cohort(chance):
    by_name = {"cohort": chance.choice(("Cohort 1", "Cohort 2", "R&D", "Nowhere")), "cohort_identifier": "name"}
    return by_name if chance.of(20) else {"cohort": chance.choice(COHORTS)}


def _cohort(chance):
    def item():
        made = _a_cohort(chance)
        if chance.of(20):
            return {**made, "state": "absent"}
        for name, values in (("name", ("Cohort 1", "Neu é", "R&D")), ("description", ("d1", "d2", "")), ("idnumber", ("CO7",))):
            if chance.of({"name": 70, "description": 40, "idnumber": 5}[name]):
                made[name] = chance.choice(values)
        if chance.of(15):
            made["visible"] = chance.of(50)
        if chance.of(10):
            made["category"] = "{id:course_categories:Sciences}"
        return made

    return {"cohorts": _several(chance, item, "cohort")}


def _people(chance, option, least):
    """Some users under an option, mostly by their usernames. E-mail addresses and idnumbers may be shared by two accounts."""
    by = chance.pick((6, "username"), (1, "email"), (1, "idnumber"))
    form = {"username": "{}", "email": "{}@x.org", "idnumber": "N{:.1}"}[by]
    names = [chance.choice(USERS) for _number in range(chance.randint(least, 4))]
    return {option: [form.format(name if by != "idnumber" else name[1:]) for name in names], "user_identifier": by}


def _cohort_members(chance):
    def item():
        state = chance.pick((5, "present"), (2, "absent"), (2, "exact"))
        return {**_a_cohort(chance), **_people(chance, "users", 0 if chance.of(10) else 1), "state": state}

    return {"memberships": _several(chance, item, "cohort"), "allow_empty": chance.of(80)}


def _cohort_enrol(chance):
    # Mostly the pair that a site may have bound already (sites.py).
    made = {"cohort": "CO1"} if chance.of(70) else _a_cohort(chance)
    made["course"] = chance.pick((8, "MATH101"), (2, chance.choice(COURSES)))
    made["role"] = chance.pick((6, "student"), (2, "teacher"), (0.5, "norole"))
    return {**made, "state": chance.pick((3, "present"), (2, "absent"), (2, "suspended"))}


def _group(chance):
    def item():
        made = {"course": chance.pick((6, "MATH101"), (2, chance.choice(COURSES))), "group": chance.choice(GROUPS)}
        if chance.of(15):
            return {**made, "state": "absent"}
        if chance.of(85):
            name = chance.pick((7, "members"), (2, "absent_members"))
            made.update(_people(chance, name, 0))
            if name == "members" and chance.of(30):
                made["state"] = "exact"
        return made

    return {"groups": _several(chance, item, "course", "group"), "allow_empty": chance.of(80)}


def _role(chance):
    def item():
        made = {"user": chance.choice(USERS), "role": chance.choice(("student", "teacher", "manager", "norole"))}
        made["state"] = chance.pick((3, "present"), (2, "absent"))
        context = chance.pick((8, "course"), (1, "system"), (1, "category"))
        if context == "system":
            return {**made, "context": context}
        instance = "{id:course_categories:Sciences}" if context == "category" else chance.pick((6, "MATH101"), (2, chance.choice(COURSES)))
        return {**made, "context": context, "instance": instance}

    return {
        "assignments": _several(chance, item, "user", "role", "context", "instance"),
        "role_ids": {"student": 5, "teacher": 4, "manager": 1},
    }


MAKERS = {
    "toolsync_enrol": _enrol,
    "toolsync_cohort": _cohort,
    "toolsync_cohort_members": _cohort_members,
    "toolsync_cohort_enrol": _cohort_enrol,
    "toolsync_group": _group,
    "toolsync_role": _role,
}
