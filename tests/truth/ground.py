# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A practice Moodle inside this process, whose database and runs can be watched row by row."""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows.enrols import EnrolRules
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows.users import UserRules
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS

from tests.simulator.__main__ import build, listen, parser
from tests.simulator.csvdialect import CsvFile, trim
from tests.simulator.fixture import Practice
from tests.simulator.moodle import access, courses, files
from tests.simulator.moodle.enrolments import GREETING
from tests.simulator.php import text
from tests.simulator.services import PROCESSES
from tests.simulator.services.courses_create import CoursesCreate
from tests.simulator.site import Call

#: The versions that are judged: the oldest and the newest that the practice Moodle plays.
VERSIONS = ("4.1", "5.1")

#: Tables -> columns that are bookkeeping, not the user's data. Times of making and modifying say nothing that the rest does not; access
#: times are no work of a run; the order of courses is recomputed by Moodle. A start date counts, and so does a password's hash.
BOOKKEEPING = {
    "user": ("timecreated", "timemodified", "firstaccess", "lastaccess"),
    "user_preferences": ("id",),
    "user_info_data": ("id",),
    "course_categories": ("sortorder",),
    "course": ("timemodified", "sortorder"),
    "course_sections": (),
    "enrol": ("timecreated", "timemodified", "sortorder"),
    "user_enrolments": ("timecreated", "timemodified"),
    "role_assignments": ("id", "timemodified"),
    "groups": ("timecreated",),
    "groups_members": ("id", "timeadded"),
    "groupings": (),
    "groupings_groups": ("id",),
    "cohort": ("timecreated", "timemodified"),
    "cohort_members": ("id", "timeadded"),
}
#: Tables whose records are nothing but a pair: made again, it is the same record.
LINKS = {
    "role_assignments": ("userid", "contextid", "roleid", "component", "itemid"),
    "groups_members": ("groupid", "userid"),
    "groupings_groups": ("groupingid", "groupid"),
    "cohort_members": ("cohortid", "userid"),
    # Written anew by each run that names the field.
    "user_info_data": ("userid", "fieldid"),
    "user_preferences": ("userid", "name"),
}


@dataclass
class Difference:
    """Between two states of the database: (table, key) of what came, what went, and column by column of what changed."""

    made: list = field(default_factory=list)
    gone: list = field(default_factory=list)
    changed: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.made or self.gone or self.changed)

    def __str__(self):
        parts = [f"+{table} {key}" for table, key in self.made] + [f"-{table} {key}" for table, key in self.gone]
        return "; ".join(parts + [f"{table} {key}: {columns}" for table, key, columns in self.changed]) or "nothing"


def difference(before, after):
    found = Difference([key for key in after if key not in before], [key for key in before if key not in after])
    for (table, key), old in before.items():
        new = after.get((table, key))
        if new is not None and new != old:
            columns = ", ".join(f"{name} {old[name]!r} -> {new[name]!r}" for name in old if old[name] != new[name])
            found.changed.append((table, key, columns))
    return found


@dataclass
class RowTruth:
    """What a run did at one line of its file."""

    line: int
    did: Difference
    said: list[str]


class Ground(Practice):
    """token: for all functions that the collection calls; folder: for files and the memory of a job."""

    def __init__(self, moodle):
        super().__init__("--moodle", moodle)
        self.practice = self
        self._loop = asyncio.new_event_loop()
        self._home = tempfile.TemporaryDirectory(prefix="toolsync-truth-")
        self.folder = Path(self._home.name)
        self._hooks = ExitStack()
        self._run = None
        self.rows, self.unjudged = [], ()

    def start(self):
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        args = parser().parse_args([*self.options, "--port", "0", "--token", self.token])
        self._server = build(args)
        self.site, self.store = self._server.site, self._server.site.store
        self.url = self._on_loop(listen(self._server, args))
        self._watch()
        return self

    def stop(self):
        self._hooks.close()
        self._on_loop(self._server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._home.cleanup()

    def _on_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    # -- the database ---------------------------------------------------------------------------------------------

    def snapshot(self):
        """{(table, key): {column: value}} of the judged tables; unjudged: columns of accounts that are left out."""
        found = {}
        # Contexts get their ids when somebody looks: what they are of tells more.
        places = {row["id"]: f"{row['contextlevel']}/{row['instanceid']}" for row in self.store.rows("SELECT * FROM context")}
        for table, ignored in BOOKKEEPING.items():
            names = LINKS.get(table)
            ignored = (*ignored, *self.unjudged) if table == "user" else ignored
            for row in map(dict, self.store.rows(f'SELECT * FROM "{table}"')):
                if "contextid" in row:
                    row["contextid"] = places.get(row["contextid"])
                key = tuple(row[name] for name in names) if names else row["id"]
                found[table, key] = {name: row[name] for name in row.keys() if name not in ignored}
        return found

    def make(self, records):
        """Put a job's records there, after those that the practice Moodle starts with."""
        self.reset()
        for path in self.folder.iterdir():
            path.unlink()
        store, now = self.store, self.site.now()
        for number, given in enumerate(records.get("categories", ())):
            store.insert("course_categories", sortorder=20000 + number, **given)
        for given in records.get("users", ()):
            store.insert("user", **{**PLUGIN_MADE, "mnethostid": 1, "confirmed": 1, **given})
        for name in records.get("profile_fields", ()):
            store.insert("user_info_field", shortname=name, name=name)
        for given in records.get("courses", ()):
            self._course(dict(given), now)
        for given in records.get("cohorts", ()):
            given = dict(given)
            members, category = given.pop("members", ()), given.pop("category", None)
            context = access.context_id(store, access.CATEGORY, self._category(category)) if category else 1
            cohort = store.insert("cohort", contextid=context, **given)
            for name in members:
                store.insert("cohort_members", cohortid=cohort, userid=self._user(name))
        for given in records.get("enrolments", ()):
            self._enrolment(**given)
        for given in records.get("roles", ()):
            context = access.context_id(store, access.COURSE, self._course_id(given["course"]))
            access.assign_role(store, self._role(given["role"]), self._user(given["user"]), context)
        for given in records.get("members", ()):
            group = store.record("groups", courseid=self._course_id(given["course"]), name=given["group"])
            values = {"component": given.get("component", ""), "userid": self._user(given["user"])}
            store.insert("groups_members", groupid=group["id"], **values)
        for given in records.get("bindings", ()):
            self._binding(**given)
        for name, value in records.get("plugin", {}).items():
            store.set_setting(name, value)
        store.commit()

    def _course(self, given, now):
        methods, groups = given.pop("methods", {}), given.pop("groups", ())
        backup, greets = given.pop("backup", False), given.pop("greets", False)
        found = self.store.record("course", shortname=given["shortname"])
        if found is None:
            given["category"] = self._category(given.get("category"))
            made = courses.create(self.store, now, **given)
        else:
            made = found["id"]
        for method, on in methods.items():
            courses.switch_method(self.store, made, method, on, now)
        for name in groups:
            self.store.insert("groups", courseid=made, name=name)
        if greets:
            instance = self.store.record("enrol", courseid=made, enrol="manual")
            self.store.update("enrol", instance["id"], customint1=GREETING["noreply"])
        if backup:
            self.store.insert("course_backups", courseid=made, filename="backup.mbz", timecreated=now)

    def _enrolment(self, user, course, role=None, method="manual", **more):
        instance = self.store.record("enrol", courseid=self._course_id(course), enrol=method)
        values = {"timeend": 0, **more}
        self.store.insert("user_enrolments", enrolid=instance["id"], userid=self._user(user), **values)
        if role:
            context = access.context_id(self.store, access.COURSE, instance["courseid"])
            access.assign_role(self.store, self._role(role), self._user(user), context)

    def _binding(self, cohort, course, role, status=0):
        """A cohort's enrolment in a course, with its members enrolled."""
        found = self.store.record("cohort", name=cohort)
        values = {"courseid": self._course_id(course), "roleid": self._role(role), "customint1": found["id"], "status": status}
        instance = self.store.insert("enrol", enrol="cohort", sortorder=9, **values)
        context = access.context_id(self.store, access.COURSE, values["courseid"])
        for member in self.store.records("cohort_members", cohortid=found["id"]):
            self.store.insert("user_enrolments", enrolid=instance, userid=member["userid"], timeend=0)
            access.assign_role(self.store, values["roleid"], member["userid"], context, "enrol_cohort", instance)

    def _category(self, name):
        return self.store.record("course_categories", name=name)["id"] if name else 1

    def _course_id(self, shortname):
        return self.store.record("course", shortname=shortname)["id"]

    def _user(self, username):
        return self.store.record("user", username=username)["id"]

    def _role(self, shortname):
        return self.store.record("role", shortname=shortname)["id"]

    def resolved(self, value):
        """A job's value with ids in the places of C({id:TABLE:NAME}), which the job can't know."""
        if isinstance(value, dict):
            return {key: self.resolved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolved(inner) for inner in value]
        if not isinstance(value, str) or "{id:" not in value:
            return value

        def number(found):
            table, name = found.groups()
            column = {"user": "username", "course": "shortname"}.get(table, "name")
            record = self.store.record(table, **{column: name})
            return str(record["id"]) if record else "99999"

        return re.sub(r"\{id:(\w+):([^}]*)\}", number, value)

    def place(self, name, content):
        """Put a file where a run looks for it, whatever the token may do."""
        files.save(self.store, files.SYNC_AREA, "/", name, content, access.ADMIN, self.site.now())
        self.store.commit()

    def offer(self, *, lacking=(), capabilities=None):
        """Give the token all functions but some; with capabilities, to an account that has only these."""
        functions = [name for name in FUNCTIONS if name not in lacking]
        service = {"shortname": "judged", "functions": functions, "token": self.token, "restrictedusers": 0}
        if capabilities is not None:
            self.configure(account={"username": "svc", "capabilities": list(capabilities)})
            service["username"] = "svc"
        self.configure(service=service)

    # -- runs -----------------------------------------------------------------------------------------------------

    def _watch(self):
        """Let every run be followed: what the database was before each row, and the report's length."""
        ground = self

        def of_process(kind):
            original = kind.process

            def process(run):
                if run.call.site is not ground.site:
                    return original(run)
                ground._run, ground._marks, ground._csv = run, [], None
                run.open = lambda *names: ground._opened(kind.open(run, *names))
                try:
                    return original(run)
                finally:
                    ground._mark(None)
                    ground._run = None
                    ground._account(run)

            return process

        original_cost, original_course = Call.record_cost, CoursesCreate.course

        def record_cost(call):
            if ground._run is not None and call is ground._run.call and not isinstance(ground._run, CoursesCreate):
                ground._mark(len(ground._marks))
            original_cost(call)

        def course(run, line, *more):
            if run is ground._run:
                ground._mark(line)
            return original_course(run, line, *more)

        patches = [(kind, "process", of_process(kind)) for actions in PROCESSES.values() for kind in actions.values()]
        # The site's clock goes on from step to step anyway.
        patches += [(rules, "settle", lambda rules: None) for rules in (UserRules, EnrolRules)]
        for owner, name, new in [*patches, (Call, "record_cost", record_cost), (CoursesCreate, "course", course)]:
            self._hooks.enter_context(mock.patch.object(owner, name, new))

    def _mark(self, place):
        self._marks.append((place, self.snapshot(), len(self._run.log)))

    def _account(self, run):
        """Turn the marks into what happened at each line."""
        if self._csv is None:
            return
        places = Places(self._csv._reader._content, run)
        for (place, before, said), (_place, after, end) in zip(self._marks, self._marks[1:]):
            self.rows.append(RowTruth(places.line(place), difference(before, after), run.log[said:end]))

    def _opened(self, csv):
        self._csv = csv
        return csv

    @property
    def running(self):
        return self._run is not None


class Places:
    """Where in a file the pieces are that the plugin takes for rows."""

    def __init__(self, content, run):
        csv = CsvFile(content, run.config.get("encoding"))
        self._all, self._rows = [], []
        self._create = isinstance(run, CoursesCreate)
        kind = type(run).__name__
        if kind not in ("CoursesDelete", "CoursesCheck"):
            _text, self._skipped = csv.header()
        while not csv.eof:
            line = content.count(b"\n", 0, csv._reader._at) + 1
            raw = csv.read()
            if kind == "UsersSync":
                raw = trim(text(raw)).encode("utf-8", "surrogateescape")
            self._all.append(line)
            if not csv.skipped(raw)[0]:
                self._rows.append(line)

    def line(self, place):
        return self._all[place - self._skipped] if self._create else self._rows[place]


#: An account as the plugin leaves it that is given no more than names: its defaults, in the practice Moodle's settings.
PLUGIN_MADE = {
    "institution": "", "department": "", "city": "", "country": "NZ", "lang": "en", "maildisplay": 1, "maildigest": 0,
    "timezone": "Europe/London",
}  # fmt: skip
