# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""courses / create, which also updates where the site says so."""
from __future__ import annotations

import re
from typing import Any

from .. import php
from ..csvdialect import CsvFile, trim
from ..errors import WriteFailed
from ..moodle import access, courses
from ..store import Row
from . import course_fields
from .base import Run

REQUIRED = ("fullname", "shortname")
STOCK_SUMMARY = "This course has no summary yet."


class CoursesCreate(Run):
    """All rows are read and checked first, then the courses are made."""

    def process(self) -> str | None:
        self.say("Starting...2")
        self.tell("startingcreate")
        now = self.call.now()
        self.defaults: dict[str, Any] = {
            "category": self.store.value("SELECT MIN(id) FROM course_categories") or 1, "sortorder": 0,
            "summary": STOCK_SUMMARY, "format": "topics", "idnumber": "", "showgrades": 1, "newsitems": 5,
            "startdate": now, "marker": 0, "maxbytes": 0, "legacyfiles": 0, "showreports": 0, "visible": 1,
            "visibleold": 1, "coursedisplay": 0, "groupmode": 0, "enablecompletion": 1, "groupmodeforce": 0,
            "defaultgroupingid": 0, "lang": "", "theme": "", "timecreated": now, "timemodified": now, "self": 0,
            "guest": 0, "template": "",
        }
        self.key = self.config.get("courses_fileuploadidentifier") or ""
        wanted: dict[int, tuple[dict[str, Any], str]] = {}
        csv = self.open("courses_fileuploadlocation", "uploadcourses.csv")
        if csv is not None:
            if not self.header(csv):
                return self.report
            while not csv.eof:
                self.row(csv, wanted)
        if not wanted:
            self.tell("errornocourses")
            self.end()
            return self.report
        for line, (course, text) in wanted.items():
            self.call.record_cost()
            self.course(line, course, text)
        self.after()
        return self.report

    def after(self) -> None:
        """Report, tryback, archive, cleanup; each says when the site's settings turn it off."""
        config = self.config
        if php.truthy(config.get("storereport")):
            self.store_report()
        else:
            self.tell("reportdisabledbyconf")
        if php.truthy(config.get("filefailed")):
            self.write_tryback(keep_name=False)
        else:
            self.tell("trybackdisabledbyconf")
        if not self.simulate:
            if php.truthy(config.get("filearchive")):
                self.archive()
            else:
                self.tell("archivingdisabledbyconf")
            if php.truthy(config.get("filecleanup")):
                self.clean_up()
            else:
                self.tell("cleanupdisabledbyconf")
        self.end()

    # -- reading ------------------------------------------------------------------------------------------------

    def header(self, csv: CsvFile) -> bool:
        text = ""
        self.line = 0
        while not csv.eof:
            ignored, raw = csv.skipped(csv.read())
            text = php.text(raw)
            if not ignored:
                break
            self.line += 1
        if not self.strict_separator(text):
            return False
        self.headers = [trim(name) for name in self.split(text)]
        for name in self.headers:
            if not php.truthy(name):
                self.tell("errornullcsvheader")
                return False
            special = course_fields.TOPIC.match(name) or course_fields.TEACHER.match(name)
            if not special and name not in REQUIRED and name not in self.defaults:
                self.tell("errorinvalidfieldname", name)
                return False
        for name in REQUIRED:
            if name not in self.headers:
                self.tell("fieldrequired", name)
                return False
        self.tryback_head = (self.config.get("csvseparator") or "").join(self.headers)
        return True

    def row(self, csv: CsvFile, wanted: dict[int, tuple[dict[str, Any], str]]) -> None:
        ignored, raw = csv.skipped(csv.read())
        line, text = self.line, php.text(raw)
        self.line += 1
        if ignored:
            return
        values = self.split(text)
        if len(values) != len(self.headers):
            self.tell("errorbadcount", {"i": line, "count": len(values), "expected": len(self.headers)})
            self.failed_row(text)
            return
        given = dict(zip(self.headers, map(unquoted, values)))
        old = self.store.record("course", **{self.key: given.get(self.key)})
        course = {**self.defaults, **given}
        if old is not None:
            course["id"] = old["id"]
            if "visible" not in given:
                course["visible"] = old["visible"]
        if self.config.get("courses_coursecategoryidentifier") == "idname":
            if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)\s*", given.get("category", "")):
                path = given.get("category", "")
                path = path[1:] if path.startswith("/") else path
                course["category"] = (path[:-1] if path.endswith("/") else path).split("/")
        else:
            category = self.store.record("course_categories", idnumber=given.get("category"))
            if category is None:
                self.tell("catidnumbererror", given.get("category", ""))
                self.failed_row(text)
                return
            course["category"] = category["id"]
        self.validate(line, given, course)
        wanted[line] = (course, text)

    def validate(self, line: int, given: dict[str, str], course: dict[str, Any]) -> None:
        topics: dict[str, Any] = {}
        teachers: dict[str, dict[str, Any]] = {}

        def checked(value: str, rule: str, field: str = "") -> Any:
            return course_fields.validate(
                self.store, self.tell, self.say, value, rule, line, field, self.call.now()
            )

        for name, value in given.items():
            topic, teacher = course_fields.TOPIC.match(name), course_fields.TEACHER.match(name)
            if name == "category":
                continue
            if topic:
                topics[topic.group(2)] = checked(value, "topic", name)
            elif teacher:
                found = checked(trim(value), "teacher" + teacher.group(3), name)
                if found not in (None, ""):
                    teachers.setdefault(teacher.group(2), {})[teacher.group(3)] = found
            else:
                course[name] = checked(value, name)
        for number, teacher_of in teachers.items():
            if not course_fields.is_whole(str(teacher_of.get("_account", ""))):
                self.tell("errornoteacheraccountkey", {"i": line, "key": number})
        course["topics"], course["teachers"] = topics, teachers

    # -- making -------------------------------------------------------------------------------------------------

    def course(self, line: int, course: dict[str, Any], text: str) -> None:
        prefix = "SIMULATION: " if self.simulate else ""
        old = self.store.record("course", **{self.key: course.get(self.key)})
        if old is not None:
            if not php.truthy(self.config.get("courses_forceupdate")):
                self.tell("courseexists", dict(old), prefix)
            else:
                self.update(line, course, text, old)
            return
        if self.key != "shortname" and self.store.exists("course", shortname=course["shortname"]):
            self.failed_row(text)
            where = {"i": line, "coursename": course["shortname"], "courseidentifier": course.get(self.key)}
            self.tell("errorshortnamecollision", where, "SIMULATION : " if self.simulate else "")
            return
        if self.simulate:
            if isinstance(course["category"], list):
                self.tell("willcreatecategory", {}, prefix)
            kind = "willcreatecourseontemplate" if php.truthy(course["template"]) else "willcreatecourse"
            self.tell(kind, course, prefix)
            return
        category = self.category(course["category"])
        if category is None:
            self.failed_row(text)
            self.tell("errorcategoryparenterror", {"i": line, "coursename": course["shortname"]})
            return
        self.content(line, course, text, category)

    def category(self, wanted: Any) -> int | str | None:
        """A category's id: as given, or that of a path whose missing parts are made."""
        if not isinstance(wanted, list):
            return wanted if php.truthy(wanted) else None
        parent = 0
        for name in wanted:
            found = self.store.record("course_categories", name=name, parent=parent)
            if found is not None:
                parent = found["id"]
                continue
            visible = php.clean(self.config.get("courses_newcategoriesvisible", "0"), "int")
            parent = self.store.insert(
                "course_categories", name=name, parent=parent, sortorder=999, visible=visible
            )
            access.context_id(self.store, access.CATEGORY, parent)
        return parent

    def content(self, line: int, course: dict[str, Any], text: str, category: int | str) -> None:
        """Make the course (or put a template into one that is there) and say how it went."""
        template = course["template"]
        problem = None
        if php.truthy(template):
            problem = self.from_template(course, category)
        else:
            self.new(course, category)
        if problem is not None:
            self.failed_row(text)
            where = {"i": line, "coursename": course["shortname"], "template": template}
            if problem == -7:
                self.tell("errortemplatenotfound", where)
            else:
                self.tell("errorbackupfile", {"error": problem})
            return
        if course["teachers"] and php.truthy(template):
            raise WriteFailed('null value in column "contextid" violates not-null constraint')
        self.teachers(course)
        made = self.store.value("SELECT id FROM course WHERE shortname = ?", [course["shortname"]])
        self.tell(
            "coursecreated", {"shortname": course["shortname"], "fullname": course["fullname"], "id": made}
        )

    def new(self, course: dict[str, Any], category: int | str) -> None:
        fields = {name: value for name, value in course.items() if name not in ("id", "category", "template")}
        fields["format"] = course["format"] if php.truthy(course["format"]) else "topics"
        now = self.call.now()
        made = courses.create(self.store, now, category=category, **fields)
        course["id"] = made
        for number, named in course["topics"].items():
            name, summary = [*str(named or "").split("|"), ""][:2]
            there = self.store.record("course_sections", course=made, section=number)
            if there is None:
                self.store.insert("course_sections", course=made, section=number, name=name, summary=summary)
            else:
                # The plugin mixes the two up for sections that are there already.
                self.store.update("course_sections", there["id"], name=summary, summary=name)
        self.methods(made, course)

    def methods(self, courseid: int, course: dict[str, Any]) -> None:
        for method in ("guest", "self"):
            on = php.truthy(course[method])
            if on:
                self.echo(f"Adding {method} access to course {courseid}\n\n")
            courses.switch_method(self.store, courseid, method, on, self.call.now())

    def from_template(self, course: dict[str, Any], category: int | str) -> int | None:
        """Restore the template's newest backup; the plugin's code of what went wrong, or None."""
        if ".mbz" in course["template"]:
            return -22
        template = self.store.record("course", shortname=course["template"])
        if template is None:
            return -7
        backups = self.store.records("course_backups", order="timecreated DESC, id DESC", courseid=template["id"])
        if not backups:
            return -21
        self.tell("creatingcoursefromarchive", backups[0]["filename"])
        now = self.call.now()
        if not course.get("id"):
            course["id"] = courses.create(self.store, now, category=category)
        courses.copy_content(self.store, template["id"], course["id"], now)
        fields = {name: value for name, value in course.items() if name not in ("id", "format", "category")}
        self.store.update("course", course["id"], category=category, **fields)
        return None

    def teachers(self, course: dict[str, Any]) -> None:
        context = access.context_id(self.store, access.COURSE, course["id"])
        role = self.store.record("role", shortname="teacher")
        for teacher in course["teachers"].values():
            if "_account" in teacher and role is not None:
                access.assign_role(
                    self.store, role["id"], int(teacher["_account"]), context, when=int(course["timecreated"] or 0)
                )
                self.tell("roleassigned")

    def update(self, line: int, course: dict[str, Any], text: str, old: Row) -> None:
        fields = {
            name: value
            for name, value in course.items()
            if name not in ("id", "format", "category", "self", "guest") and name in old.keys()
        }
        category = old["category"]
        if not php.truthy(self.config.get("courses_protectcategory")):
            found = self.category(course["category"])
            if found is None and not self.simulate:
                self.failed_row(text)
                self.tell("errorcategoryparenterror", {"i": line, "coursename": old["shortname"]})
                return
            category = found or -1
        if self.simulate:
            self.tell("willupdatecourse", course, "SIMULATION: ")
            return
        mode = php.clean(self.config.get("courses_template_mode", "0"), "int")
        if php.truthy(course["template"]) and int(mode) > 0:
            self.content(line, course, text, category)
        self.store.update("course", old["id"], category=category, **fields)
        self.tell("courseupdated", {"i": line, **dict(old), **fields})
        self.methods(old["id"], course)


def unquoted(value: str) -> str:
    """A value without white space around it and without one leading and one trailing quote."""
    value = trim(value)
    value = value[1:] if value.startswith('"') else value
    return value[:-1] if value.endswith('"') else value
