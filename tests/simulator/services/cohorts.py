# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cohorts / sync: cohorts and their members, by three commands."""
from __future__ import annotations

from .. import php
from ..csvdialect import CsvFile, trim
from ..moodle import access, cohorts
from ..store import Row
from .base import Run


class CohortsSync(Run):
    def process(self) -> str | None:
        self.say("Starting cohorts operations...")
        self.autocreate = php.truthy(self.config.get("cohorts_autocreate"))
        # The file is looked for between the two lines, but only its absence is told, after them.
        self.tell("cohortsstarting")
        csv = self.open("cohorts_filelocation", "cohorts.csv")
        if csv is None:
            return self.report
        header, self.skipped = csv.header(first_raw=False)
        if not self.strict_separator(header):
            return self.report
        self.headers = self.split(header)
        for setting, default in (("useridentifier", "username"), ("cohortidentifier", "idnumber")):
            if not php.truthy(self.config.get("cohorts_" + setting)):
                self.config["cohorts_" + setting] = default
        self.user_key = self.config["cohorts_useridentifier"]
        self.cohort_key = self.config["cohorts_cohortidentifier"]
        while not csv.eof:
            self.row(csv)
        cohorts.sync_enrolments(self.call)
        self.echo("Finalization\n")
        self.store_report()
        self.archive()
        self.clean_up()
        self.end()
        return self.report

    def row(self, csv: CsvFile) -> None:
        ignored, raw = csv.skipped(csv.read())
        if ignored:
            self.skipped += 1
            return
        self.call.record_cost()
        record: dict[str, str] = {}
        for number, value in enumerate(self.split(php.text(raw))):
            record[self.headers[number] if number < len(self.headers) else ""] = trim(value)
        command = record.get("cmd") or "add"
        if not php.truthy(command):
            command = "add"
        wanted = record.get("c" + self.cohort_key)
        self.say(
            f"Processing {command} by {self.cohort_key}:{wanted or ''} "
            f"for {self.user_key}:{record.get('userid', '')}"
        )
        if command == "add":
            self.add(record, wanted)
        elif command == "del":
            self.remove(record, wanted)
        elif command == "free":
            self.free(wanted)

    def cohort(self, wanted: str | None) -> Row | None:
        return self.store.record("cohort", **{self.cohort_key: wanted})

    def user(self, record: dict[str, str]) -> Row | None:
        if not php.truthy(record.get("userid")):
            return None
        return self.store.record("user", **{self.user_key: record["userid"]})

    # -- add ----------------------------------------------------------------------------------------------------

    def add(self, record: dict[str, str], wanted: str | None) -> None:
        if not php.truthy(wanted):
            self.tell("cohortprimaryidentifiermissing", {"cid": self.cohort_key, "line": self.skipped})
            return
        found = self.cohort(wanted)
        user = self.user(record)
        prefix = "SIMULATION: " if self.simulate else ""
        if found is None:
            if not self.autocreate:
                self.tell("cohortnotfound", {"cid": self.cohort_key, "identifier": wanted})
                return
            created = self.create(record, prefix)
            if created is None:
                return
            cohort, name = created
        else:
            cohort, name = found["id"], found["name"]
            self.update(found, record, prefix)
        if user is None:
            if "userid" in record:
                self.tell("cohortmissinguser", record["userid"], prefix)
            return
        if self.simulate:
            # The plugin fills this line with what it left from another one.
            self.tell("cohortmemberadded", {}, prefix)
            return
        shown = {"username": user["username"], "idnumber": user["idnumber"], "cname": name}
        if self.store.exists("cohort_members", cohortid=cohort, userid=user["id"]):
            self.tell("cohortalreadymember", shown)
        else:
            cohorts.add_member(self.call, cohort, user["id"])
            self.tell("cohortmemberadded", shown)

    def create(self, record: dict[str, str], prefix: str) -> tuple[int, str | None] | None:
        """Make a cohort; its id and name, or None where another one has its name or idnumber."""
        name = record.get("cname") if php.truthy(record.get("cname")) else record.get("cohortid")
        context = self.category_context(record) or 1
        by = "idnumber" if self.cohort_key == "name" else "name"
        value = record.get("cidnumber") if by == "idnumber" else name
        if self.store.record("cohort", **{by: value}) is not None:
            self.tell("cohortconflict", {"by": by})
            return None
        cohort = 0
        if not self.simulate:
            cohort = self.store.insert(
                "cohort", name=name, idnumber=record.get("cidnumber"), description=record.get("cdescription"),
                component=record.get("component", ""), contextid=context, timecreated=self.call.now(),
                timemodified=self.call.now(),
            )
        self.tell("cohortcreated", {"name": name}, prefix)
        return cohort, name

    def update(self, found: Row, record: dict[str, str], prefix: str) -> None:
        values: dict[str, object] = {}
        if php.truthy(record.get("cdescription")):
            values["description"] = record["cdescription"]
        if php.truthy(record.get("idnumber")):
            values["idnumber"] = record.get("cidnumber")
        if php.truthy(record.get("name")):
            values["idnumber"] = record["name"]
        if php.truthy(record.get("ccatcontext")) or php.truthy(record.get("ccatcontextidnumber")):
            context = self.category_context(record)
            if context is not None:
                values["contextid"] = context
        if not self.simulate:
            self.store.update("cohort", found["id"], **values)
        self.tell("cohortupdated", {"id": found["id"], "name": found["name"]}, prefix)

    def category_context(self, record: dict[str, str]) -> int | None:
        """The category's context, or the system's where none is asked for; None after a line for an unknown one."""
        for column, key in (("ccatcontext", "id"), ("ccatcontextidnumber", "idnumber")):
            if php.truthy(record.get(column)):
                category = self.store.record("course_categories", **{key: record[column]})
                if category is None:
                    self.tell("cohortbadcontext", {"catid": record[column]})
                    return None
                return access.context_id(self.store, access.CATEGORY, category["id"])
        return 1

    # -- del, free ----------------------------------------------------------------------------------------------

    def remove(self, record: dict[str, str], wanted: str | None) -> None:
        """Take the user out; where there is no such user, delete the whole cohort."""
        found = self.cohort(wanted)
        user = self.user(record)
        if user is not None:
            if found is not None:
                if not self.simulate:
                    cohorts.remove_member(self.store, found["id"], user["id"])
                shown = {"username": user["username"], "idnumber": user["idnumber"], "cname": found["name"]}
                self.tell("cohortmemberremoved", shown, "SIMULATE: " if self.simulate else "")
            return
        if found is None:
            self.tell("cohortnotexists", {"cid": self.cohort_key, "cohortid": wanted})
            return
        if not self.simulate:
            cohorts.delete(self.store, found["id"])
        self.tell("cohortdeleted", {"name": found["name"]}, "SIMULATION: " if self.simulate else "")

    def free(self, wanted: str | None) -> None:
        found = self.cohort(wanted)
        if found is None:
            self.tell("cohortnotexists", {"cid": self.cohort_key, "cohortid": wanted})
            return
        members = self.store.records("cohort_members", cohortid=found["id"])
        if not members:
            return
        if not self.simulate:
            for member in members:
                cohorts.remove_member(self.store, found["id"], member["userid"])
        # The plugin has the prefix the wrong way round.
        prefix = "" if self.simulate else "SIMULATION: "
        self.tell("cohortfreed", {"idnumber": found["idnumber"], "name": found["name"]}, prefix)
