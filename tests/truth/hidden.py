# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job is about that no web service shows: where that is, nobody can be certain before a run. See README.md."""

from __future__ import annotations

import collections
import re

from .files import HIDDEN

#: Roles that every Moodle has. Of another one it is only seen whether somebody holds it.
ROLES = frozenset("manager coursecreator editingteacher teacher student guest user frontpage".split())
#: What Moodle makes of the username and of the e-mail of an account that is deleted.
_DELETED = re.compile(r".*\.[0-9]{9,11}|[0-9a-f]{32}").fullmatch


def hidden(job):
    """What it is, in a few words, or an empty text."""
    columns = sorted(HIDDEN.get(job.kind, set()) & set(job.columns))
    if columns:
        return f"the column {columns[0]}"
    look = {"users": _Users, "enrols": _Enrols, "cohorts": _Cohorts, "courses": _Courses}.get(job.kind)
    return next(filter(None, look(job).reasons()), "") if look else ""


class _Rows:
    def __init__(self, job):
        self.job = job
        lines = [line for line in job.lines if line and not line.startswith("#")]
        self.rows = [dict(zip(job.columns, line.split(";"))) for line in lines[1:]]
        self.users = job.records.get("users", [])

    def reasons(self):
        for row in self.rows:
            yield from self.of(row)

    def of(self, row):
        return ()

    def user(self, cell, source):
        """(the account that a cell names or None, why nobody can tell or an empty text)."""
        if not cell or cell == "guest":
            return None, "who is meant by an empty cell, or the guest"
        if source == "id":
            found = re.fullmatch(r"\{id:user:(.*)\}", cell)
            if found is None:
                return None, "whether an id is that of a deleted account"
            found = [user for user in self.users if user["username"] == found[1]]
        else:
            found = [user for user in self.users if user[source] == cell]
        if any(user.get("deleted") for user in found) or _DELETED(cell):
            return None, "accounts that are deleted"
        if source == "email" and "@" not in cell:
            return None, "whether somebody has an e-mail that is none"
        if len(found) > 1:
            return None, "which of two accounts with the same value the database finds first"
        return found[0] if found else None, ""


class _Users(_Rows):
    def of(self, row):
        identity = self.job.settings["primaryidentity"]
        yield from ("the dates of enrolments" for name in row if re.fullmatch(r"(start|end)\d", name) and row[name] not in ("", "0"))
        yield from (
            "whether a profile field is empty or not there" for name in row if name.startswith("profile_field_") and self.empty(name, row)
        )
        if _DELETED(row.get("username", "")):
            yield "accounts that are deleted"
        if identity != "username":
            key = row.get(identity, "")
            if sum(user.get(identity) == key for user in self.users) > 1:
                yield "which of two accounts with the same value the database finds first"
        if "deleted" in row and not any(user.get(identity) == row.get(identity) and not user.get("deleted") for user in self.users):
            yield "whether an earlier run has made the account, deleted"

    def empty(self, name, row):
        return not row[name] or name[len("profile_field_") :] not in self.job.records.get("profile_fields", ()) or not row["username"]


class _Enrols(_Rows):
    def reasons(self):
        if "enrol" not in self.job.columns:
            yield "roles without an enrolment"
        pairs = collections.Counter((row.get("uid"), row.get("cid")) for row in self.rows)
        if max(pairs.values(), default=0) > 1:
            yield "whether a start of now has moved on from one row to the next"
        yield from super().reasons()

    def of(self, row):
        user, why = self.user(row.get("uid", ""), self.job.settings["useridentifier"])
        yield why
        course = self.course(row.get("cid", ""))
        if row.get("cmd", "add") in ("add", "shift") and row.get("rolename") not in ROLES | {""}:
            yield "whether there is a role that nobody holds"
        if course is None or user is None:
            return
        methods = self.methods(course)
        if (row.get("enrol") or "manual") not in methods:
            yield "roles without an enrolment"
        inside = [
            one for one in self.job.records.get("enrolments", ())
            if one["course"] == course["shortname"] and one["user"] == user["username"]
        ]  # fmt: skip
        if row.get("gcmd") and not inside and row.get("cmd", "add") not in ("add", "shift"):
            yield "roles without an enrolment"
        leaving = inside if row.get("cmd", "add") in ("del", "delete", "enable") else []
        if self.job.send.get("exact"):
            leaving = [one for one in self.job.records.get("enrolments", ()) if one["course"] == course["shortname"]]
        if leaving and (len(methods) > 1 or any(one.get("status") or one.get("timeend") for one in leaving)):
            yield "by which method somebody is enrolled who is not active, or by which of several"

    def course(self, cell):
        source = self.job.settings["courseidentifier"]
        named = {"MATH101": "M101", "TPL": "TPL1"}
        for course in self.job.records["courses"]:
            name = course["shortname"]
            own = {"shortname": name, "idnumber": course.get("idnumber") or named.get(name), "id": "{id:course:%s}" % name}
            if own[source] == cell:
                return course
        return None

    def methods(self, course):
        found = {"manual": True, **course.get("methods", {})}
        bound = {"cohort"} if any(one["course"] == course["shortname"] for one in self.job.records.get("bindings", ())) else set()
        return {method for method, on in found.items() if on} | bound


class _Cohorts(_Rows):
    def of(self, row):
        if "userid" in row:
            yield self.user(row["userid"], self.job.settings["useridentifier"])[1]


class _Courses(_Rows):
    def reasons(self):
        yield "what there is to reset in a course" if self.job.action == "reset" else ""
