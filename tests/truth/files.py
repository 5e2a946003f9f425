# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random files of the four services with their settings, as users have them and as nobody should."""

from __future__ import annotations

from .chance import CITIES, FIRST, FUTURE, GROUPS, LAST, PAST

#: Columns whose values no function shows.
HIDDEN = {
    "users": {"password", "maildisplay", "maildigest", "autosubscribe", "trackforums", "htmleditor", "description", "url", "icq"},
    "enrols": {"starttime", "endtime"},
    "cohorts": {"ccatcontext", "ccatcontextidnumber", "component"},
}


def table(chance, columns, rows):
    """The lines of a file; columns in any order, now and then a row as no row should be."""
    columns = list(columns)
    if chance.of(25):
        chance.shuffle(columns)
    lines = [";".join(columns)]
    if chance.of(4):
        lines.insert(0, "# a remark")
    for row in rows:
        line = ";".join(str(row.get(name, "")) for name in columns)
        if chance.of(1.5):
            line = chance.pick((1, "#" + line), (1, "-" + line), (1, ""), (1, "(" + line), (1, " " + line), (2, line.rpartition(";")[0]))
        elif chance.of(0.7):
            line += ";more"
        lines.append(line)
    return lines


def names(chance, job, *, source):
    """How a row names an account that is there, in the way of a setting."""
    user = chance.choice(job.records["users"])
    if source == "id":
        return "{id:user:%s}" % user["username"]
    value = user[source]
    if chance.of(5):
        value = value.upper() if chance.of(50) else value.title()
    return value


def _count(chance):
    return chance.pick((2, 1), (3, 2), (3, 3), (3, 4), (2, 6), (1, 10))


def _repeat(chance, rows, vary):
    """Rows of which some stand there again, changed or not."""
    for row in list(rows):
        if chance.of(12):
            again = dict(row)
            if chance.of(60):
                vary(again)
            rows.insert(chance.randint(0, len(rows)), again)
    return rows


def _users(chance, job):
    identity = chance.pick((6, "username"), (3, "idnumber"), (2, "email"), (1, "id"))
    job.settings = {"primaryidentity": identity}
    if chance.of(8):
        _deletions(chance, job)
        return
    columns = ["username", "firstname", "lastname"] + chance.some(["email"], 90)
    columns += chance.some(["idnumber"], 95 if identity == "idnumber" else 50)
    if chance.of(35):
        # What the plugin resets in each account when the file has no such column.
        columns += ["institution", "department", "city", "country", "lang", "timezone"]
    else:
        columns += chance.some(["city", "department", "country", "lang", "phone1", "address", "institution", "timezone"], 8)
    columns += chance.some(["auth", "suspended", "mailformat"], 6) + chance.some(sorted(HIDDEN["users"] - {"password"}), 2)
    columns += chance.some(["password"], 6) + chance.some(["cohort"], 10)
    if "cohort" in columns:
        columns += chance.some(["cohortid"], 50)
    if chance.of(8):
        columns.append("profile_field_shoe")
        if chance.of(70):
            job.records["profile_fields"] = ["shoe"]
    for number in (1, 2):
        if chance.of(14 if number == 1 else 5) and (number == 1 or "course1" in columns):
            columns += [f"course{number}"] + [f"{one}{number}" for one in chance.some(["role", "enrol", "start", "end", "group"], 60)]
    rows = [_user_row(chance, job, columns, number) for number in range(_count(chance))]

    def vary(row):
        name = chance.choice([name for name in columns if name != "username"])
        row[name] = _user_cell(chance, job, name, {})

    job.lines = table(chance, columns, _repeat(chance, rows, vary))


def _user_row(chance, job, columns, number):
    users = job.records["users"]
    if chance.of(60):
        known = chance.choice(users)
        row = {name: known[name] if name in known else _default(name) for name in columns if not name[-1:].isdigit() or name == "phone1"}
        for name in columns:
            if name not in row or row[name] is None:
                row[name] = _user_cell(chance, job, name, {})
        if chance.of(45):
            name = chance.choice(columns)
            row[name] = _user_cell(chance, job, name, row)
        return row
    fresh = {
        "username": f"new{number}", "firstname": chance.choice(FIRST), "lastname": chance.choice(LAST), "email": f"new{number}@x.org",
        "idnumber": f"NEW{number}",
    }  # fmt: skip
    row = {name: fresh.get(name) or _user_cell(chance, job, name, {}) for name in columns}
    if chance.of(15):
        name = chance.choice([name for name in ("email", "idnumber", "username") if name in columns])
        row[name] = chance.choice(users)[name]
    return row


def _default(name):
    made = {"institution": "", "department": "", "city": "", "country": "NZ", "lang": "en", "timezone": "Europe/London"}
    made.update(auth="manual", suspended="0", mailformat="1", phone1="", address="")
    return made.get(name)


def _user_cell(chance, job, name, row):
    """Any cell that a column may have."""
    other = chance.choice(job.records["users"])
    if name == "username":
        return chance.pick((4, str(row.get("username", "any")).upper()), (2, other["username"]), (1, "with space"), (1, "é"), (1, ""))
    if name in ("firstname", "lastname"):
        return chance.pick((8, chance.choice(FIRST)), (1, ""), (1, "x" * 101), (1, '"Quoted"'))
    if name == "email":
        return chance.pick((3, other["email"]), (3, "else@x.org"), (2, str(row.get("email", "a@x.org")).upper()), (1, ""), (1, "no mail"))
    if name == "idnumber":
        return chance.pick((3, other["idnumber"]), (3, "ELSE1"), (2, str(row.get("idnumber", "")).lower()), (1, ""), (1, "i" * 300))
    if name == "cohort":
        known = [cohort["name"] for cohort in job.records.get("cohorts", ())]
        return chance.choice([*known, "New cohort", "Promo é", ""])
    if name == "cohortid":
        return chance.choice(("NC1", "CO1", ""))
    if name[:-1] == "course":
        return chance.choice(("MATH101", "TPL", "BIO 1", "NOPE", "", "M101"))
    if name[:-1] == "role":
        return chance.choice(("student", "teacher", "", "norole"))
    if name[:-1] == "enrol":
        return chance.choice(("manual", "manual", "self", ""))
    if name[:-1] in ("start", "end"):
        return chance.choice(("1725177600", "", "1930000000"))
    if name[:-1] == "group":
        return chance.choice((*GROUPS, "", "Fresh"))
    if name == "password":
        return chance.choice(("Secret-1", "", "*NOPASS*"))
    if name in ("suspended", "mailformat", "autosubscribe", "trackforums", "htmleditor"):
        return chance.choice("01")
    if name in ("maildisplay", "maildigest"):
        return chance.choice("012")
    texts = {
        "city": CITIES, "country": ("NZ", "FR", "fr", ""), "lang": ("en", "fr", "de_utf8"), "timezone": ("99", "Europe/Paris"),
        "auth": ("manual", "ldap"), "department": ("Physics", "", "R&D"), "phone1": ("", "+33 1", "1" * 25),
    }  # fmt: skip
    return chance.choice(texts.get(name, ("", "some text", "é" * 40, "x" * 240)))


def _deletions(chance, job):
    columns = ["username", "firstname", "lastname", "email", "idnumber", "deleted"]
    rows = []
    for number in range(chance.randint(1, 3)):
        fresh = {"username": f"gone{number}", "firstname": "A", "lastname": "B", "email": f"gone{number}@x.org", "idnumber": f"G{number}"}
        known = chance.choice(job.records["users"]) if chance.of(75) else fresh
        rows.append({**known, "deleted": chance.pick((9, "1"), (1, "0"))})
    job.lines = table(chance, columns, rows)


def _enrols(chance, job):
    course = chance.pick((7, "shortname"), (2, "idnumber"), (1, "id"))
    user = chance.pick((6, "username"), (2, "idnumber"), (2, "email"), (1, "id"))
    job.settings = {"courseidentifier": course, "useridentifier": user}
    if chance.of(30):
        _orderly(chance, job, course, user)
        return
    columns = chance.some(["cmd"], 88) + ["uid", "cid", "rolename"] + chance.some(["enrol"], 85)
    columns += chance.some(["starttime"], 50)
    if "starttime" in columns:
        columns += chance.some(["endtime"], 25)
    if chance.of(30):
        columns += ["gcmd", "g1", *chance.some(["g2"], 40)]
    rows = [{name: _enrol_cell(chance, job, name, course, user) for name in columns} for _number in range(_count(chance))]
    _fix(chance, job, rows, course, user, columns)

    def vary(row):
        name = chance.choice([name for name in columns if name not in ("uid", "cid")])
        row[name] = _enrol_cell(chance, job, name, course, user)

    job.lines = table(chance, columns, _repeat(chance, rows, vary))


def _orderly(chance, job, course, user):
    """A file as most schools have it: each user once in a course, with a role of Moodle's own, by hand."""
    users = [one for one in job.records["users"] if user == "id" or one[user]]
    courses = [one["shortname"] for one in job.records["courses"]]
    columns = ["cmd", "uid", "cid", "rolename", "enrol", *chance.pick((2, []), (1, ["gcmd", "g1"]))]
    made = {}
    for _number in range(_count(chance)):
        one, shortname = chance.choice(users), chance.choice(courses)
        row = {
            "cmd": chance.pick((8, "add"), (2, "del"), (1, "shift")),
            "uid": "{id:user:%s}" % one["username"] if user == "id" else one[user],
            "cid": _course(shortname, course),
            "rolename": chance.pick((8, "student"), (1, "teacher"), (1, "editingteacher")),
            "enrol": "manual",
        }
        if "gcmd" in columns:
            row.update(gcmd=chance.pick((2, "gadd"), (2, "gaddcreate"), (1, "")), g1=chance.choice((*GROUPS, "Fresh", "")))
        made[row["uid"], row["cid"]] = row
    job.lines = table(chance, columns, made.values())


def _fix(chance, job, rows, course, user, columns):
    """Let some rows say what is so already."""
    for row in rows:
        if job.records.get("enrolments") and chance.of(35):
            one = chance.choice(job.records["enrolments"])
            account = next(user for user in job.records["users"] if user["username"] == one["user"])
            row["uid"] = "{id:user:%s}" % one["user"] if user == "id" else account[user]
            row["cid"] = _course(one["course"], course)
            row["rolename"] = one.get("role", "student")
            if "starttime" in columns and chance.of(60):
                row["starttime"] = "2024-09-01 08:00:00"


def _course(shortname, source):
    if source == "id":
        return "{id:course:%s}" % shortname
    if source == "idnumber":
        return {"MATH101": "M101", "TPL": "TPL1", "BIO 1": "B1"}.get(shortname, "")
    return shortname


def _enrol_cell(chance, job, name, course, user):
    if name == "cmd":
        return chance.pick(
            (60, "add"), (16, "del"), (2, "delete"), (6, "shift"), (5, "enable"), (1, "disable"), (2, ""), (1, "ADD"), (1, "suspend")
        )
    if name == "uid":
        unknown = "99999" if user == "id" else "nobody"
        return chance.pick((88, names(chance, job, source=user)), (9, unknown), (2, ""), (1, "admin"))
    if name == "cid":
        unknown = "99999" if course == "id" else "NOPE"
        there = [one["shortname"] for one in job.records["courses"]]
        return chance.pick((85, _course(chance.choice(there), course)), (6, unknown), (3, "math101"), (1, ""), (1, _course("real", course)))
    if name == "rolename":
        return chance.pick((60, "student"), (12, "teacher"), (10, "editingteacher"), (4, "norole"), (2, ""), (2, "Student"), (2, "guest"))
    if name == "enrol":
        return chance.pick((80, "manual"), (6, ""), (8, "self"), (2, "guest"), (1, "cohort"), (2, "paypal"), (0.5, "sync"))
    if name == "starttime":
        return chance.pick((8, "2024-09-01 08:00:00"), (2, FUTURE), (1, PAST), (1, ""), (1, "2026-02-30 00:00:00"), (1, "1725177600"))
    if name == "endtime":
        return chance.pick((5, ""), (3, FUTURE), (1, PAST))
    if name == "gcmd":
        return chance.pick((40, "gadd"), (25, "gaddcreate"), (20, "gdel"), (10, ""), (2, "greplace"), (2, "join"))
    return chance.choice((*GROUPS, "Fresh", "Nowhere", "", "group a"))


def _cohorts(chance, job):
    key = chance.pick((7, "idnumber"), (3, "name"), (1, "id"))
    user = chance.pick((7, "username"), (2, "idnumber"), (2, "email"), (1, "id"))
    job.settings = {"useridentifier": user, "cohortidentifier": key, "autocreate": chance.pick((4, "1"), (1, "0"))}
    columns = chance.some(["cmd"], 85) + chance.some(["userid"], 92) + ["c" + key]
    columns += [
        name for name, percent in (("cname", 70), ("cidnumber", 40), ("cdescription", 35)) if name not in columns and chance.of(percent)
    ]
    columns += chance.some(["ccatcontext", "ccatcontextidnumber"], 6) + chance.some(["component"], 3)
    there = job.records.get("cohorts", [])
    rows = []
    for _number in range(_count(chance)):
        cohort = (
            chance.choice(there)
            if there and chance.of(75)
            else chance.choice((_NEW_COHORT, {**_NEW_COHORT, "idnumber": "CO8", "name": "Other"}))
        )
        rows.append({name: _cohort_cell(chance, job, name, cohort, user) for name in columns})

    def vary(row):
        name = chance.choice(columns)
        row[name] = _cohort_cell(chance, job, name, chance.choice([*there, _NEW_COHORT]), user)

    job.lines = table(chance, columns, _repeat(chance, rows, vary))


_NEW_COHORT = {"name": "New cohort é", "idnumber": "CO9", "description": None}


def _cohort_cell(chance, job, name, cohort, user):
    if name == "cmd":
        return chance.pick((62, "add"), (20, "del"), (7, "free"), (5, ""), (1, "join"))
    if name == "userid":
        unknown = "99999" if user == "id" else "nobody"
        return chance.pick((86, names(chance, job, source=user)), (8, unknown), (5, ""))
    if name == "cidnumber":
        return chance.pick((9, cohort["idnumber"] or ""), (1, "co1"), (1, "CO2"))
    if name == "cname":
        return chance.pick((9, cohort["name"]), (1, "Renamed"), (1, ""), (1, "Cohort 2"))
    if name == "cid":
        return chance.pick((9, "{id:cohort:%s}" % cohort["name"]), (1, "99999"))
    if name == "cdescription":
        return chance.pick((5, cohort["description"] or ""), (2, "d2"), (1, ""), (1, "é" * 60))
    if name == "ccatcontext":
        return chance.choice(("", "{id:course_categories:Sciences}", "999"))
    if name == "ccatcontextidnumber":
        return chance.choice(("", "SCI", "NOPE"))
    return chance.choice(("", "local_x"))


def _courses(chance, job):
    job.action = chance.pick((6, "create"), (2, "delete"), (1, "reset"), (1, "check"))
    there = [course["shortname"] for course in job.records["courses"]]
    if job.action in ("delete", "check"):
        setting = "filedeleteidentifier" if job.action == "delete" else "existfileidentifier"
        source = chance.pick((5, "shortname"), (2, "idnumber"), (1, "id"))
        job.settings = {setting: source}
        unknown = "99999" if source == "id" else "NOPE"
        job.lines = [
            chance.pick((8, _course(chance.choice(there), source)), (3, unknown), (1, "math101"), (0.3, ""))
            for _number in range(_count(chance))
        ]
        if not any(job.lines):
            job.lines = [unknown]
        return
    if job.action == "reset":
        _resets(chance, job, there)
        return
    columns = ["shortname", "fullname", "category"] + chance.some(["idnumber"], 50) + chance.some(["template"], 25)
    columns += chance.some(["summary", "format", "visible", "startdate", "newsitems", "lang", "groupmode", "self", "guest", "topic0"], 8)
    if chance.of(8):
        columns += ["teacher1_account", "teacher1_role"]
    if "courses_forceupdate" in job.records.get("plugin", {}):
        columns += [name for name in ("summary", "idnumber", "startdate", "lang") if name not in columns]
    rows = []
    for number in range(_count(chance)):
        known = (
            chance.choice(job.records["courses"])
            if chance.of(25)
            else {"shortname": f"K{number}é", "fullname": "Course", "idnumber": f"I{number}"}
        )
        rows.append({name: _course_cell(chance, job, name, known) for name in columns})

    def vary(row):
        name = chance.choice(columns)
        row[name] = _course_cell(chance, job, name, chance.choice(job.records["courses"]))

    job.lines = table(chance, columns, _repeat(chance, rows, vary))


def _course_cell(chance, job, name, known):
    if name == "shortname":
        return chance.pick((25, known["shortname"]), (1, known["shortname"].lower()), (0.3, ""), (0.3, "s" * 160))
    if name == "fullname":
        return chance.pick((25, known.get("fullname", "Course é")), (0.3, ""), (0.5, "f" * 300), (1, '"Quoted"'))
    if name == "category":
        return chance.pick((10, "1"), (4, "Sciences"), (2, "Sciences/Physique é"), (2, "New"), (1, "999"), (0.5, ""), (1, "SCI"))
    if name == "idnumber":
        return chance.pick((10, known.get("idnumber", "")), (2, "M101"), (2, ""))
    if name == "template":
        return chance.pick((4, ""), (4, "TPL"), (1, "NOPE"), (1, "MATH101"), (0.5, "/x/y.mbz"))
    if name == "teacher1_account":
        return chance.choice(("{id:user:admin}", "t1", "", "nobody at all"))
    if name == "startdate":
        return chance.choice(("2026-09-01", "@1788220800", "1788220800"))
    cells = {
        "summary": ("", "a summary", "é" * 200), "format": ("topics", "weeks", "nope"), "visible": "01", "newsitems": ("5", "11"),
        "lang": ("", "fr"), "groupmode": "012", "self": "01", "guest": "01", "topic0": ("", "One|first"), "teacher1_role": ("teacher", ""),
    }  # fmt: skip
    return chance.choice(cells[name])


def _resets(chance, job, there):
    job.settings = {"fileresetidentifier": "shortname"}
    columns = "shortname events logs notes grades roles local_roles groups groupings modules".split() + chance.some(
        ["comments", "completion"], 30
    )
    rows = []
    for _number in range(chance.randint(1, 3)):
        row = {name: chance.choice(("yes", "", "no")) for name in columns}
        row.update(
            shortname=chance.pick((8, chance.choice(there)), (1, "NOPE")),
            roles=chance.choice(("", "student", "all", "student teacher", "norole")),
        )
        row.update({name: chance.choice(("", "all", "members", "groups")) for name in ("groups", "groupings")})
        row.update(grades=chance.choice(("", "all")), local_roles=chance.choice(("", "all", "roles")), modules="")
        rows.append(row)
    job.lines = table(chance, columns, rows)


MAKERS = {"users": _users, "enrols": _enrols, "cohorts": _cohorts, "courses": _courses}
