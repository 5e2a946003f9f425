# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""enrols / sync: enrolments, role assignments and group memberships, a line number before each row."""
from __future__ import annotations

import re
import time
from typing import Any

from .. import php
from ..csvdialect import CsvFile, trim
from ..errors import CodingError, PhpError
from ..moodle import access, enrolments, groups
from ..store import Row
from .base import Run

REQUIRED = ("rolename", "cid", "uid")
OPTIONAL = ("starttime", "endtime", "cmd", "enrol", "gcmd", *(f"g{number}" for number in range(1, 10)))
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)\s+(\d\d):(\d\d):(\d\d)")


def parse_time(value: str, default: int) -> int:
    """The server's reading of ``YYYY-MM-DD hh:mm:ss`` in its time zone; anything else is the default."""
    found = _TIME.search(value)
    if not found:
        return default
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return int(time.mktime((year, month, day, hour, minute, second, 0, 0, -1)))
    except (OverflowError, ValueError):
        return default


class EnrolsSync(Run):
    def process(self) -> str | None:
        csv = self.open("enrols_filelocation", "enrols.csv")
        if csv is None:
            return self.report
        header, _skipped = csv.header(first_raw=False, then_raw=True)
        self.headers = [trim(name) for name in header.split(self.separator)]
        for name in self.headers:
            if name not in REQUIRED and name not in OPTIONAL:
                self.tell("errorinvalidcolumnname", name)
                return self.report
        for name in REQUIRED:
            if name not in self.headers:
                self.tell("errorrequiredcolumn", name)
                return self.report
        self.tryback_head = (self.config.get("csvseparator") or "").join(self.headers)
        self.line = 2
        while not csv.eof:
            self.say(f"# -- {self.line}")
            self.row(csv)
            self.line += 1
        self.store_report()
        self.write_tryback()
        if not self.simulate:
            self.archive()
            self.clean_up()
        self.end()
        return self.report

    @property
    def prefix(self) -> str:
        return "SIMULATION : " if self.simulate else ""

    def row(self, csv: CsvFile) -> None:
        ignored, raw = csv.skipped(csv.read())
        if ignored:
            return
        self.call.record_cost()
        text = php.text(raw)
        record: dict[str, str] = {}
        for number, value in enumerate(text.split(self.separator)):
            record[self.headers[number] if number < len(self.headers) else ""] = trim(value)
        default = self.config.get("enrols_defaultcmd")
        command = record.setdefault("cmd", default if default and php.truthy(default) else "add")
        if "enrol" not in record:
            record["enrol"] = ""
        elif not php.truthy(record["enrol"]):
            record["enrol"] = "manual"
        self.start = parse_time(record.get("starttime", ""), self.call.now())
        self.end_time = parse_time(record.get("endtime", ""), 0)
        shown: dict[str, Any] = {
            "i": self.line, "mycmd": command, "myrole": record.get("rolename", ""), "myuser": record.get("uid", ""),
            "mycourse": record.get("cid", ""), "enrol": record["enrol"],
        }
        user = self.store.record("user", **{self.config.get("enrols_useridentifier") or "": record.get("uid")})
        if user is None:
            self.tell("errornouser", shown)
            self.failed_row(text)
            return
        shown["myuser"] = f"{user['username']} ({shown['myuser']})"
        if not php.truthy(record.get("cid")):
            self.tell("errornullcourseidentifier", self.line)
            self.failed_row(text)
            return
        course = self.store.record("course", **{self.config.get("enrols_courseidentifier") or "": record["cid"]})
        if course is None:
            self.tell("errornocourse", shown)
            self.failed_row(text)
            return
        instance = self.instance(course, record)
        if not self.command(command, record, user, course, instance, shown, text):
            return
        if php.truthy(record.get("gcmd")):
            self.groups(record, user, course, shown)

    def instance(self, course: Row, record: dict[str, str]) -> Row | None:
        """The enrolment instance the row means; without one the row falls back to bare role assignments."""
        if record["enrol"] == "sync":
            raise PhpError(
                "Failed opening required '/var/www/moodle/enrol/sync/lib.php' (include_path='.:/usr/share/php')"
            )
        also_disabled = php.truthy(self.config.get("enrols_enableenrolondisabled"))
        found = enrolments.first_enabled(self.store, course["id"], record["enrol"], also_disabled)
        if found is None:
            self.tell("errornoenrolmethod")
            record["enrol"] = ""
        return found

    # -- commands -----------------------------------------------------------------------------------------------

    def command(
        self, command: str, record: dict[str, str], user: Row, course: Row, instance: Row | None,
        shown: dict[str, Any], text: str,
    ) -> bool:
        """Do what the row says; False where its groups are not looked at any more."""
        role = self.store.record("role", shortname=record.get("rolename"))
        if command in ("del", "delete"):
            self.remove(user, course, instance, role, shown)
        elif command in ("add", "shift"):
            if role is None:
                self.failed_row(text)
                self.tell("errornorole", shown)
                return command == "add"
            if command == "add":
                self.add(user, course, instance, role, shown)
            else:
                self.shift(user, course, instance, role, shown)
        elif command == "disable":
            raise PhpError('Undefined constant "tool_sync\\ENROL_USER_INACTIVE"')
        elif command == "enable":
            self.enable(user, course, instance, shown)
        else:
            self.failed_row(text)
            self.tell("errorbadcmd", shown)
        return True

    def add(self, user: Row, course: Row, instance: Row | None, role: Row, shown: dict[str, Any]) -> None:
        if instance is not None:
            self.enrol(user, instance, role, shown)
            return
        context = access.context_id(self.store, access.COURSE, course["id"])
        there = self.store.exists(
            "role_assignments", roleid=role["id"], contextid=context, userid=user["id"], component=""
        )
        if there:
            self.tell("alreadyassigned", shown)
            return
        self.assign(user, course, context, role, *self.last_enabled(course), shown)

    def enrol(self, user: Row, instance: Row, role: Row, shown: dict[str, Any]) -> None:
        if not self.simulate:
            enrolments.enrol(
                self.call, instance, user["id"], role["id"], self.start, self.end_time, enrolments.ACTIVE
            )
        self.tell("enrolled", shown, self.prefix)

    def assign(
        self, user: Row, course: Row, context: int, role: Row, component: str, itemid: int, shown: dict[str, Any]
    ) -> None:
        if not self.simulate:
            access.assign_role(self.store, role["id"], user["id"], context, component, itemid, self.start)
        self.tell("assign", shown, self.prefix)

    def last_enabled(self, course: Row) -> tuple[str, int]:
        """Owner of a bare role assignment: the last enrolment instance that is on in the course, if there is one."""
        found = self.store.row(
            "SELECT * FROM enrol WHERE courseid = ? AND status = 0 ORDER BY sortorder DESC, id DESC LIMIT 1",
            [course["id"]],
        )
        return ("enrol_" + found["enrol"], found["id"]) if found else ("", 0)

    def remove(self, user: Row, course: Row, instance: Row | None, role: Row | None, shown: dict[str, Any]) -> None:
        if instance is not None:
            if not self.simulate:
                enrolments.unenrol(self.store, instance, user["id"])
            self.tell("unenrolled", shown, self.prefix)
            return
        if role is None and not self.simulate:
            raise CodingError(
                "Invalid call to role_unassign(), please use role_unassign_all() when removing multiple role "
                "assignments"
            )
        if role is not None and not self.simulate:
            self.unassign(user, course, role["id"])
        self.tell("unassign" if role is not None else "unassignall", shown, self.prefix)

    def unassign(self, user: Row, course: Row, roleid: int) -> None:
        context = access.context_id(self.store, access.COURSE, course["id"])
        self.store.delete(
            "role_assignments", roleid=roleid, userid=user["id"], contextid=context, component="", itemid=0
        )

    def shift(self, user: Row, course: Row, instance: Row | None, role: Row, shown: dict[str, Any]) -> None:
        if instance is not None:
            if not self.simulate:
                enrolments.unenrol(self.store, instance, user["id"])
            self.tell("unenrolled", shown, self.prefix)
            self.enrol(user, instance, role, shown)
            return
        context = access.context_id(self.store, access.COURSE, course["id"])
        component, itemid = self.last_enabled(course)
        for held in access.roles_with_parents(self.store, user["id"], context):
            component, itemid = "", 0
            if not self.simulate:
                self.unassign(user, course, held["roleid"])
            self.tell("unassign", shown, self.prefix)
        self.assign(user, course, context, role, component, itemid, shown)

    def enable(self, user: Row, course: Row, instance: Row | None, shown: dict[str, Any]) -> None:
        if instance is not None:
            found = self.store.record("user_enrolments", enrolid=instance["id"], userid=user["id"])
            if found is not None and not self.simulate:
                enrolments.update(self.store, found, enrolments.ACTIVE, self.start, self.end_time, self.call.now())
            self.tell("enrolupdated", {**shown, "status": "enableenrol"}, self.prefix)
            return
        if self.simulate:
            self.tell("allenrolsupdated", shown, "SIMULATION: ")
            return
        only = "AND status = 0" if php.truthy(self.config.get("enrols_enableenrolondisabled")) else ""
        self.store.write(
            "UPDATE user_enrolments SET status = 0 WHERE userid = ? AND enrolid IN "
            f"(SELECT id FROM enrol WHERE courseid = ? {only})",
            [user["id"], course["id"]],
        )
        self.tell("allenrolsupdated", shown)

    # -- groups -------------------------------------------------------------------------------------------------

    def groups(self, record: dict[str, str], user: Row, course: Row, shown: dict[str, Any]) -> None:
        command = record["gcmd"]
        component = "tool_sync" if php.truthy(self.config.get("enrols_protectgroups")) else ""
        names = [record[f"g{number}"] for number in range(1, 10) if php.truthy(record.get(f"g{number}"))]
        if command in ("gadd", "gaddcreate"):
            self.add_groups(names, command == "gaddcreate", user, course, component, shown)
        elif command in ("greplace", "greplacecreate"):
            if not self.simulate:
                self.leave_all(user, course, component)
                raise CodingError(
                    "events_trigger_legacy() has been deprecated along with all Events 1 API in favour of Events 2 API."
                )
            self.tell("groupassigndeleted", shown, self.prefix)
            self.add_groups(names, command == "greplacecreate", user, course, component, shown)
        elif command == "gdel":
            for name in names:
                self.leave(name, user, course, component)
        else:
            self.tell("errorgcmdvalue", shown)

    def add_groups(
        self, names: list[str], create: bool, user: Row, course: Row, component: str, shown: dict[str, Any]
    ) -> None:
        context = access.context_id(self.store, access.COURSE, course["id"])
        now = self.call.now()
        # Whom the lines name: the row's identifier up to the first group that was found, the account's id afterwards.
        who = shown["myuser"]
        for name in names:
            group = groups.by_name(self.store, course["id"], name)
            where = {"group": name, "mycourse": course["shortname"], "myuser": who}
            if group is None:
                if not create:
                    self.tell("groupunknown", where)
                    continue
                if not self.simulate:
                    group = groups.create(self.store, course["id"], name, now)
                self.tell("groupcreated", where, self.prefix)
            who = f"{user['username']} ({user['id']})"
            if not access.roles_with_parents(self.store, user["id"], context):
                self.tell("addedtogroupnotenrolled", name)
            elif self.simulate or (
                group and groups.add_member(self.store, course["id"], group, user["id"], component, now)
            ):
                self.tell("addedtogroup", {"group": name, "myuser": who}, self.prefix)
            else:
                self.tell("addedtogroupnot", {"group": name, "myuser": who})

    def leave(self, name: str, user: Row, course: Row, component: str) -> None:
        group = groups.by_name(self.store, course["id"], name)
        who = {"group": name, "myuser": f"{user['username']} ({user['id']})"}
        if self.simulate:
            who.pop("myuser")
            # The plugin misspells its own name here, so the text is not found.
            line = "[[removedfromgroup]]" if group is not None else self.text("removedfromgroupnot", who)
            self.say("SIMULATION: " + line)
        elif group is None:
            self.tell("removedfromgroupnot", who)
        else:
            groups.remove_member(self.store, group, user["id"], component)
            self.tell("removedfromgroup", who)

    def leave_all(self, user: Row, course: Row, component: str) -> None:
        for group in self.store.records("groups", courseid=course["id"]):
            groups.remove_member(self.store, group["id"], user["id"], component)
