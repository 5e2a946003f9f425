# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""courses / check, delete, reset and bindmetas."""
from __future__ import annotations

from .. import php
from ..csvdialect import CsvFile, trim
from ..errors import PhpError
from ..moodle import courses
from .base import Run
from .courses_create import unquoted


class CoursesCheck(Run):
    """A line for each identifier; the one for a course that exists holds markup, which Moodle will not return."""

    def process(self) -> str | None:
        self.say("Starting...1")
        self.tell("startingcheck")
        csv = self.open("courses_fileexistlocation", "courses.csv")
        if csv is not None:
            key = self.config.get("courses_existfileidentifier")
            key = key if key and php.truthy(key) else "shortname"
            while not csv.eof:
                ignored, raw = csv.skipped(csv.read())
                if ignored:
                    continue
                self.call.record_cost()
                course = self.store.record("course", **{key: self.split(php.text(raw))[0]})
                if course is None:
                    self.tell("coursenotfound2", {})
                else:
                    self.tell("coursefoundas", dict(course))
        self.end()
        return self.report


class CoursesDelete(Run):
    def process(self) -> str | None:
        self.say("Starting...4")
        self.tell("startingdelete")
        csv = self.open("courses_filedeletelocation", "deletecourses.csv")
        if csv is not None:
            self.delete(csv)
        self.end()
        return self.report

    def delete(self, csv: CsvFile) -> None:
        wanted, last = [], ""
        while not csv.eof:
            ignored, raw = csv.skipped(csv.read())
            last = php.text(raw)
            if not ignored:
                wanted.append(last)
        key = self.config.get("courses_filedeleteidentifier")
        key = key if key and php.truthy(key) else "shortname"
        for identifier in map(trim, wanted):
            self.call.record_cost()
            course = self.store.record("course", **{key: identifier})
            if course is None:
                self.tell("coursenotfound", identifier)
                # The plugin keeps the last line it read, not the one that failed.
                self.failed_row(last)
            elif self.simulate:
                self.tell("coursedeleted", identifier, "SIMULATION : ")
            elif courses.delete(self.store, course):
                self.tell("coursedeleted", identifier)
        self.write_tryback(keep_name=False)
        if not self.simulate:
            self.archive()
            self.clean_up()


RESET_REQUIRED = "events logs notes grades roles local_roles groups groupings modules".split()
RESET_OPTIONAL = (
    "blog_associations comments completion forum_all forum_subscriptions glossary_all chat data slots apointments "
    "assignment_submissions assign_submissions survey_answers lesson choice scorm quiz_attempts"
).split()
# column: (value: what it resets), the line when none of them is given
RESET_CHOICES: dict[str, tuple[dict[str, tuple[str, ...]], str]] = {
    "local_roles": (
        {"all": ("roles_local", "roles_overrides"), "roles": ("roles_local",), "overrides": ("roles_overrides",)},
        "nolocalroletoprocess",
    ),
    "grades": (
        {
            "all": ("gradebook_items", "gradebook_grades"),
            "items": ("gradebook_items",),
            "grades": ("gradebook_grades",),
        },
        "nogradestoprocess",
    ),
    "groups": (
        {
            "all": ("groups_remove", "groups_members"),
            "groups": ("groups_remove",),
            "members": ("groups_members",),
        },
        "nogrouptoprocess",
    ),
    "groupings": (
        {
            "all": ("groupings_remove", "groupings_members"),
            "groups": ("groupings_remove",),
            "members": ("groupings_members",),
        },
        "nogroupingtoprocess",
    ),
}


class CoursesReset(Run):
    def process(self) -> str | None:
        self.say("Starting...8")
        self.tell("startingreset")
        csv = self.open("courses_fileresetlocation", "resetcourses.csv")
        if csv is not None and not self.reset_all(csv):
            return self.report
        self.end()
        return self.report

    def reset_all(self, csv: CsvFile) -> bool:
        header, skipped = csv.header(first_raw=False)
        if not self.strict_separator(header):
            return False
        headers = self.split(header)
        required = [self.config.get("courses_fileresetidentifier") or "", *RESET_REQUIRED]
        for name in headers:
            if name not in required and name not in RESET_OPTIONAL:
                self.tell("invalidfieldname", name)
                return False
        for name in required:
            if name not in headers:
                self.tell("fieldrequired", name)
                return False
        while not csv.eof:
            ignored, raw = csv.skipped(csv.read())
            if ignored:
                continue
            self.call.record_cost()
            values = [unquoted(value) for value in self.split(php.text(raw))]
            if not self.row(self.combine(headers, values), skipped):
                return False
        return True

    def row(self, record: dict[str, str], line: int) -> bool:
        """Reset one course; False ends the run."""
        # The setting that the header is checked with has another name than this one.
        key = self.config.get("course_resetfileidentifier")
        if not key or not php.truthy(key):
            self.echo("Setting default identifier ")
            key = "shortname"
        if key not in record:
            self.tell("missingidentifier", key)
            return False
        if key == "idnumber" and self.store.exists("course", idnumber=record[key]):
            self.tell("nonuniqueidentifierexception", line)
            return True
        course = self.store.record("course", **{key: record[key]})
        if course is None:
            self.tell("unkownshortname", line)
            return True
        self.say(self.text("resettingcourse") + f"{course['fullname']} ({course['shortname']})")
        wanted, roles = self.wanted(record, line)
        self.echo("<br/>")
        if self.simulate:
            self.say("SIMULATION Summary:")
            return True
        done = courses.reset(self.call, course["id"], wanted, roles)
        self.say("Summary:")
        for text in done:
            self.say(text)
        return True

    def wanted(self, record: dict[str, str], line: int) -> tuple[set[str], list[int]]:
        """What the row wants reset, and the roles it wants un-enrolled; a line for each thing it does not want."""
        wanted: set[str] = set()

        def flag(column: str, what: str, otherwise: str, default: bool = False) -> None:
            if default or record.get(column) in ("yes", "1"):
                wanted.add(what)
            else:
                self.tell(otherwise, line)

        blogs = "blog_associations" not in record
        flag("events", "events", "noeventstoprocess")
        flag("completion", "completion", "nocompletiontoprocess", default=blogs)
        flag("blog_associations", "blogs", "noblogstoprocess", default=blogs)
        flag("logs", "logs", "nologstoprocess")
        flag("notes", "notes", "nonotestoprocess")
        flag("comments", "comments", "nocommentstoprocess", default="comments" not in record)
        for column in ("local_roles", "grades"):
            self.choose(column, record, line, wanted)
        roles = self.roles(record["roles"])
        for column in ("groups", "groupings"):
            self.choose(column, record, line, wanted)
        return wanted, roles

    def choose(self, column: str, record: dict[str, str], line: int, wanted: set[str]) -> None:
        choices, otherwise = RESET_CHOICES[column]
        if record[column] in choices:
            wanted.update(choices[record[column]])
        else:
            self.tell(otherwise, line)

    def roles(self, given: str) -> list[int]:
        if given == "all":
            return [role["id"] for role in self.store.records("role")]
        found = []
        for name in given.split(" "):
            role = self.store.record("role", shortname=name)
            if role is None:
                self.say(f"[Error] role {name} unkown.\n")
            else:
                found.append(role["id"])
        return found


class CoursesBindmetas(Run):
    """Meta course links; an unknown course makes a broken one, and no line says which course it was about."""

    def process(self) -> str | None:
        self.say("Starting...16")
        csv = self.open("courses_filemetabindinglocation", "metacourses.csv")
        if csv is not None and not self.bind_all(csv):
            return self.report
        self.end()
        return self.report

    def bind_all(self, csv: CsvFile) -> bool:
        text = ""
        while not csv.eof:
            ignored, raw = csv.skipped(csv.read())
            text = php.text(raw)
            if not ignored:
                break
        if not self.strict_separator(text):
            return False
        headers = [trim(name) for name in self.split(text)]
        if not all(map(php.truthy, headers)):
            raise PhpError("Call to protected method tool_sync\\sync_manager::report() from global scope")
        while not csv.eof:
            ignored, raw = csv.skipped(csv.read())
            if not ignored:
                self.call.record_cost()
                self.bind(self.combine(headers, self.split(php.text(raw))))
        return True

    def bind(self, record: dict[str, str]) -> None:
        master, meta = (self.internal_id(record.get(name)) for name in ("master", "meta"))
        previous = self.store.record("enrol", enrol="meta", courseid=meta, customint1=master)
        if record.get("cmd", "add") != "add":
            return
        now = self.call.now()
        if previous is not None:
            self.store.update("enrol", previous["id"], status=0)
            self.tell("metalinkrevived", {})
        else:
            self.store.insert(
                "enrol", enrol="meta", courseid=meta, customint1=master, status=0, timecreated=now, timemodified=now
            )
            self.tell("metalinkcreated", {})

    def internal_id(self, identifier: str | None) -> int | str | None:
        key = self.config.get("courses_filemetabindingidentifier") or ""
        if key == "id":
            return identifier
        found = self.store.record("course", **{key: identifier})
        return found["id"] if found else 0
