# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""users / sync: accounts, and with them site cohorts, enrolments and groups."""
from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from .. import php
from ..csvdialect import CsvFile, trim
from ..errors import PhpError, ReadFailed
from ..moodle import access, enrolments, groups, users
from ..store import Row
from .base import Run

REQUIRED = ("username", "firstname", "lastname")
OPTIONAL = """
mnethostid institution department city country lang maildisplay maildigest timezone idnumber email auth icq phone1
phone2 address url description mailformat htmleditor autosubscribe trackforums cohort cohortid course1 group1 role1
enrol1 start1 end1 wwwroot1 password suspended deleted
""".split()
# The plugin's own test: only the last word of it asks for a number, and none is anchored.
LOOSE = re.compile(r"course|group|role|enrol|start|end|wwwroot\d+|profile_field_.*")


class UsersSync(Run):
    """Starting, header, one account a row, then report, archive, cleanup, tryback."""

    def process(self) -> str | None:
        self.say("Starting...1")
        self.tell("usersstarting")
        self.config.setdefault("users_protectemails", "1")
        if not php.truthy(self.config.get("courses_primaryidentity")):
            self.config["courses_primaryidentity"] = "idnumber"
        csv = self.open("users_filelocation", "userimport.csv")
        if csv is None:
            return self.report
        header, _skipped = csv.header()
        self.headers = header.split(self.separator)
        if not self.check_headers():
            return self.report
        self.tryback_head = (self.config.get("csvseparator") or "").join(self.headers)
        self.encoded_separator = re.compile("&#44")
        self.line = 2
        # The plugin never clears this between rows: one success silences the false alarms of all later rows.
        self.enrolled = False
        while not csv.eof:
            if not self.row(csv):
                return self.report
        self.store_report()
        self.archive()
        self.clean_up()
        self.write_tryback()
        self.end()
        return self.report

    def check_headers(self) -> bool:
        known = {*REQUIRED, *OPTIONAL}
        if self.config.get("users_allowrename") is not None:
            known.add("oldusername")
        for name in self.headers:
            if php.truthy(self.config.get("invalidnamesnocheck")) or name in known or LOOSE.search(name):
                continue
            self.tell("invalidfieldname", name)
            return False
        for name in REQUIRED:
            if name not in self.headers:
                self.tell("fieldrequired", name)
                return False
        return True

    # -- one row ------------------------------------------------------------------------------------------------

    def row(self, csv: CsvFile) -> bool:
        """Handle the next line; False ends the run."""
        core = self.store.settings("core")
        ignored, raw = csv.skipped(trim(php.text(csv.read())).encode("utf-8", "surrogateescape"))
        if ignored:
            return True
        self.call.record_cost()
        text = php.text(raw)
        record: dict[str, str] = {}
        for number, value in enumerate(text.split(self.separator)):
            name = self.headers[number] if number < len(self.headers) else ""
            record[name] = self.encoded_separator.sub(lambda _found: self.separator, trim(value))
        if not php.truthy(record[self.headers[0]]):
            return True
        user: dict[str, Any] = {
            "mnethostid": core.get("mnet_localhost_id", "1"), "institution": "", "department": "",
            "city": core.get("defaultcity", ""), "country": core.get("country") or "NZ",
            "lang": core.get("lang") or "en", "maildisplay": "1", "maildigest": "0",
            "timezone": core.get("timezone") or "99",
        }
        generate = False
        for name, value in record.items():
            if name in REQUIRED and not php.truthy(value):
                missing = self.text("missingfield", name)
                self.say(f"{missing} {self.text('erroronline', self.line)}. {missing}")
                return False
            if name == "password":
                generate = not php.truthy(value)
                user["password"] = _password(value)
            elif name == "username":
                user["username"] = value.lower()
            else:
                user[name] = value
        if "deleted" in user and self.deleted(user):
            return True
        user["country"] = user["country"].upper()
        user["lang"] = user["lang"].lower().replace("_utf8", "")
        user["confirmed"] = 1
        self.line += 1
        if php.truthy(self.config.get("users_allowrename")) and php.truthy(user.get("oldusername")):
            raise PhpError("Call to undefined function tool_sync\\moodle_strtolower()")
        if not php.truthy(self.config.get("users_primaryidentity")):
            self.store.set_setting("users_primaryidentity", "idnumber")
            self.config["users_primaryidentity"] = "idnumber"
        if not self.save(user, text):
            return True
        if generate and not self.simulate:
            self.prefer(user["id"], "create_password", "1")
        if php.truthy(user.get("cohort")):
            self.cohort(user)
        for course in self.courses(user):
            self.course(user, course)
        return True

    def deleted(self, user: dict[str, Any]) -> bool:
        """A cell in the column "deleted", whatever it says, deletes the account; without one the row goes on."""
        key = self.config.get("users_primaryidentity") or ""
        found = self.store.record("user", **{key: user.get(key or "username")})
        if found is None:
            return False
        if not found["deleted"] and found["username"] not in ("admin", "guest"):
            users.delete(self.store, found, self.call.now())
        return True

    def save(self, user: dict[str, Any], text: str) -> bool:
        identity = self.config["users_primaryidentity"]
        idnumber = user.get("idnumber", "")
        host = {"mnethostid": user["mnethostid"] or "1"}
        user.update(host)
        if identity == "idnumber" and php.truthy(idnumber):
            old = self.store.record("user", idnumber=idnumber, **host)
        elif identity == "email" and php.truthy(user.get("email")):
            old = self.store.record("user", email=user["email"], **host)
        else:
            old = self.store.record("user", username=user.get("username"), **host)
        if self.collision(user, identity, old):
            self.failed_row(text)
            return False
        prefix = "SIMULATION : " if self.simulate else ""
        if old is None:
            self.create(user, prefix)
        else:
            user["id"] = old["id"]
            if old["deleted"]:
                self.tell("userrevived", f"{user.get('username', '')} ({idnumber})")
                user["deleted"] = 0
            if php.truthy(self.config["users_protectemails"]):
                user.pop("email", None)
            if not self.simulate:
                users.update(self.store, old["id"], self.call.now(), **_columns(user))
                self.profile(user)
            first, last, username = (user.get(name, "") for name in REQUIRED[1:] + REQUIRED[:1])
            shown = f"{first} {last} as [{username}] ({idnumber})"
            self.tell("useraccountupdated", shown, prefix)
        return True

    def create(self, user: dict[str, Any], prefix: str) -> None:
        if self.simulate:
            self.tell("useraccountadded", f" {user.get('username', '')} ", prefix)
            return
        user["id"] = users.create(self.store, self.call.now(), **_columns(user))
        self.tell("useraccountadded", f"{user['id']} , {user['username']} ")
        if not php.truthy(user.get("password")) and php.truthy(self.config.get("users_createpasswords")):
            self.prefer(user["id"], "create_password", "1")
            self.prefer(user["id"], "auth_forcepasswordchange", "1")
        self.profile(user)

    def prefer(self, userid: int, name: str, value: str) -> None:
        self.store.write(
            "INSERT INTO user_preferences (userid, name, value) VALUES (?, ?, ?) "
            "ON CONFLICT (userid, name) DO UPDATE SET value = excluded.value",
            [userid, name, value],
        )

    def profile(self, user: dict[str, Any]) -> None:
        """Custom profile fields, of those that the site has."""
        for name, value in user.items():
            if not name.startswith("profile_field_"):
                continue
            field = self.store.record("user_info_field", shortname=name[len("profile_field_") :])
            if field is not None:
                self.store.delete("user_info_data", userid=user["id"], fieldid=field["id"])
                self.store.insert("user_info_data", userid=user["id"], fieldid=field["id"], data=value)

    def collision(self, user: dict[str, Any], identity: str, old: Row | None) -> bool:
        """Whether the row's username or e-mail belongs to another account than its key does."""
        user.setdefault("idnumber", "")
        if not php.truthy(user["idnumber"]):
            user["idnumber"] = ""
        if identity not in ("id", "idnumber", "username", "email"):
            raise ReadFailed(f'column "{identity}" does not exist')
        host, key = user["mnethostid"], user.get(identity)
        username, first, last = (user.get(name, "") for name in REQUIRED)
        who = f"{username} , [{user['idnumber']}], {first}, {last} "
        mode = "create" if old is None else "update"
        named = who if old is None else f"({old['id']}) {who}"
        mailed = who if old is None else f"({old['id']}) , {who}"

        def taken(column: str, same: bool) -> bool:
            """Another account with the same value and another key, or the other way round."""
            signs = ("=", "<>") if same else ("<>", "=")
            found = self.store.row(
                f'SELECT 1 FROM "user" WHERE mnethostid = ? AND "{column}" {signs[0]} ? AND "{identity}" {signs[1]} ?',
                [host, user.get(column), key],
            )
            return found is not None

        if identity != "username":
            if taken("username", same=True):
                self.tell(f"user{mode}collision", f"Required : {key or ''} as \n{named}")
                return True
            if taken("username", same=False):
                shown = identity if old is None else ""
                self.tell(f"user{mode}collision", f"Required : {key or ''} as {shown}\n{named}")
                return True
        if identity != "email" and php.truthy(user.get("email")):
            if taken("email", same=True):
                self.tell(f"user{mode}mailcollision", mailed)
                return True
            if taken("email", same=False):
                self.tell(f"user{mode}mailcollision", f"Required : {key or ''} as \n{mailed}")
                return True
        return False

    # -- what hangs on an account -------------------------------------------------------------------------------

    def cohort(self, user: dict[str, Any]) -> None:
        found = self.store.record("cohort", name=user["cohort"])
        cohort = found["id"] if found else None
        now = self.call.now()
        if cohort is None:
            if self.simulate:
                self.tell("creatingcohort", user["cohort"], "SIMULATION : ")
            else:
                cohort = self.store.insert(
                    "cohort", name=user["cohort"], idnumber=user.get("cohortid"), contextid=1, timecreated=now,
                    timemodified=now,
                )
        if self.store.exists("cohort_members", userid=user.get("id"), cohortid=cohort):
            return
        if self.simulate:
            self.tell("registeringincohort", user["cohort"], "SIMULATION : ")
        else:
            self.store.insert("cohort_members", userid=user["id"], cohortid=cohort, timeadded=now)

    def courses(self, user: dict[str, Any]) -> list[dict[str, Any]]:
        """The row's course1, course2... with what belongs to each; the enrolment method is always the first's."""
        found = []
        number = 1
        while f"course{number}" in user:
            course = {name: user.get(f"{name}{number}", "") for name in ("course", "group", "role", "start", "end")}
            course["enrol"] = user.get("enrol1", "")
            course["wwwroot"] = user.get(f"wwwroot{number}", "")
            if php.truthy(course["course"]):
                found.append(course)
            number += 1
        return found

    def course(self, user: dict[str, Any], wanted: dict[str, Any]) -> None:
        if php.truthy(wanted["wwwroot"]):
            return
        identity = self.config["courses_primaryidentity"]
        course = self.store.record("course", **{identity: wanted["course"]})
        if course is None:
            self.tell("unknowncourse", wanted["course"])
            return
        start = wanted["start"] if php.truthy(wanted["start"]) else self.call.now()
        end = wanted["end"] if php.truthy(wanted["end"]) else 0
        instance = None
        if php.truthy(wanted["enrol"]):
            instance = enrolments.first_enabled(self.store, course["id"], wanted["enrol"])
            if instance is None:
                self.tell("errornomanualenrol")
        names = {"myuser": user.get("username"), "mycourse": course[identity]}
        prefix = "SIMULATION : " if self.simulate else ""
        context = access.context_id(self.store, access.COURSE, course["id"])
        if php.truthy(wanted["role"]) or instance is not None:
            shortname = wanted["role"] if php.truthy(wanted["role"]) else "student"
            role = self.store.record("role", shortname=shortname)
            roleid = role["id"] if role else 0
            if instance is not None:
                if not self.simulate:
                    enrolments.enrol(self.call, instance, user["id"], roleid, start, end, 0)
                self.tell("enrolled", names, prefix)
                if php.truthy(wanted["role"]):
                    self.enrolled = True
            else:
                if not self.simulate:
                    enrolments.require_role(roleid)
                    access.assign_role(self.store, roleid, user["id"], context, when=self.call.now())
                    self.enrolled = True
                self.tell("roleadded", {"contextid": context, "rolename": wanted["role"]}, prefix)
        if not self.enrolled:
            self.tell("enrollednot", {"myuser": user.get("username"), "mycourse": wanted["course"]})
        elif php.truthy(wanted["group"]):
            self.group(user, course, context, wanted["group"], prefix)

    def group(self, user: dict[str, Any], course: Row, context: int, name: str, prefix: str) -> None:
        group = groups.by_name(self.store, course["id"], name)
        if group is None:
            if self.simulate:
                self.tell("groupadded", name, prefix)
                return
            group = groups.create(self.store, course["id"], name, self.call.now())
        if not access.roles_in(self.store, user.get("id") or 0, context):
            self.tell("addedtogroupnotenrolled", name)
        elif self.simulate:
            self.tell("addedtogroup.core", name, prefix)
        elif groups.add_member(self.store, course["id"], group, user["id"], "", self.call.now()):
            self.tell("addedtogroup.core", name)
        else:
            self.tell("addedtogroupnot.core", name)


def _columns(user: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in user.items() if name != "id"}


def _password(value: str) -> str:
    """What is stored for a password cell; never the clear text."""
    if not php.truthy(value):
        return "to be generated"
    if value == "*NOPASS*":
        return value
    salt = secrets.token_hex(4)  # Moodle salts: the same password stores another hash at every run
    return f"hashed:{salt}:" + hashlib.sha256((salt + value).encode("utf-8", "surrogateescape")).hexdigest()[:16]
