# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of enrols makes of each row (plugin.md B.4).

Private to this collection. Written beside the rules of the practice Moodle, which judge them. Moodle tells who is enrolled, with which
roles and in which groups, and who is not active; it tells neither methods, nor dates, nor the roles of who is not enrolled.
"""

from __future__ import annotations

import collections
import time
import typing as t

from ..errors import OptionError
from .accounts import Accounts, CourseNames
from .classroom import GUEST_ACCESS, ORDINARY, STANDARD_ROLES, Room, Rooms
from .dates import LATER, NOW, Dates
from .groups import GROUP_COLUMNS, GroupRules, groups_of
from .plan import CREATE, DELETE, HIDDEN, LOOK, REPORT, SETS, SURE, UPDATE, Rules, Sight, name_of, several, truthy
from .reasons import NO_COURSE, NO_USER
from .tally import Tally

#: Columns whose change Moodle shows.
_SHOWN = frozenset(("rolename", "active", *GROUP_COLUMNS))
_METHOD = "by which method the user is enrolled can't be seen"
_NO_ROLE = "rolename: nobody was seen with this role, and without it the row fails"


class _Wanted(t.NamedTuple):
    """cid: the course, as the file names it; users: ids; methods: role -> enrolment method."""

    cid: str
    users: set
    methods: dict


class EnrolRules(Rules):
    """Of the settings that no web service sets, defaultcmd, protectgroups and enableenrolondisabled decide here."""

    def __init__(self, readers, settings):
        super().__init__(readers, settings)
        self._users = Accounts(readers, settings.get("useridentifier") or "username")
        self._courses = CourseNames(readers, settings.get("courseidentifier") or "shortname")
        self._rooms = Rooms(readers, self._users.by)
        self._groups = GroupRules(readers, settings)
        #: course -> users, as the rows name them.
        self._named: dict[str, dict[str, None]] = {}
        self._groups_wanted = self._moves = False
        #: line -> (course id, user id, names of groups) of rows that lead to a record.
        self._places: dict[int, tuple[int, int]] = {}
        self._rows_at: collections.Counter = collections.Counter()
        self._again: dict[int, Room] = {}
        #: course id -> whom its rows enrol.
        self._named_by_adds: dict[int, _Wanted] = {}
        self._dates: dict[tuple, Dates] = {}
        #: Lines whose command, or whose method, is the site's affair.
        self._without_command: set[int] = set()
        self._off: set[int] = set()
        told = settings.get("useridentifier") and settings.get("courseidentifier")
        self._doubt = SURE if told else HIDDEN

    # -- reading ----------------------------------------------------------------------------------------------------

    def note(self, row):
        values = row.values
        course = values.get("cid", "")
        self._courses.want(course)
        # Without a method nobody is enrolled: roles are only assigned.
        self.sets_dates = self.sets_dates or "enrol" in values
        self._named.setdefault(course, {})[values.get("uid", "")] = None
        self._groups_wanted = self._groups_wanted or bool(truthy(values.get("gcmd")) and groups_of(values))

    def read(self):
        self._courses.read()
        found = {cid: course for cid, course in ((cid, self._courses.record(cid)) for cid in self._named) if course is not None}
        self._rooms.read(list({course.id: course for course in found.values()}.values()), groups=self._groups_wanted)
        self._read_at = time.monotonic()
        self._identify()
        missing = {
            course.id
            for cid, course in found.items()
            for user in map(self._users.find, self._named[cid])
            if user.id is not None and not self._rooms.shows(course.id, user.id)
        }
        self._rooms.add_inactive(missing)

    def _identify(self):
        """Look up whom the lists of those who are enrolled do not show; by an e-mail or an idnumber somebody else may be meant as well."""
        by = self._users.by
        if by in ("username", "id"):
            for room in self._rooms.all():
                for record in room.enrolled.members.values() if room.enrolled else ():
                    name = str(record.id) if by == "id" else record.fields.get(by)
                    if name:
                        self._users.learn(name, record.id)
        for names in self._named.values():
            for name in names:
                self._users.want(name)
        self._users.read()

    def settle(self):
        """Wait until a start that is set to now can't be the one that was there when it was looked."""
        if self._moves:
            time.sleep(max(0.0, self._read_at + LATER - time.monotonic()))

    def covered(self):
        return sum(room.size for room in self._rooms.all())

    def left_out(self):
        if not self.sets_dates:
            raise OptionError("exact: needs the column enrol, which says by which method they are enrolled.", option="exact")
        found, names, by = [], {}, self._users.by
        self._rooms.add_inactive(self._named_by_adds)
        for number, wanted in self._named_by_adds.items():
            room = self._rooms.room(number)
            if room.enrolled is None:
                raise OptionError(f"exact: who is in the course {wanted.cid} can't be read.", option="exact")
            for record in room.enrolled.members.values():
                held = set(record.roles or ()) & wanted.methods.keys()
                if record.id in wanted.users or not held or not room.member(record.id).listed:
                    continue
                names[record.id] = str(record.id if by == "id" else record.fields.get(by) or "")
                role = sorted(held)[0]
                found.append({"cmd": "del", "uid": record.id, "cid": wanted.cid, "rolename": role, "enrol": wanted.methods[role]})
        known = self._users.named(names)
        nameless = len(names) - len(known)
        if nameless:
            self.notes.append(f"exact: {several(nameless, 'enrolled user')} left where they are, without an own {by} that is shown.")
        return [{**row, "uid": known[row["uid"]]} for row in found if row["uid"] in known]

    def heard(self, planned, said):
        if planned.line in self._without_command and said == planned.says and planned.says in ("updated", "deleted"):
            self.learned["defaultcmd"] = "add" if said == "updated" else "del"
        if planned.line in self._off and said == planned.says == "unchanged":
            self.learned["enableenrolondisabled"] = "0"

    def look_again(self, rows, agreed):
        numbers = {self._places[row.line][0] for row in rows if row.line in self._places}
        self._again = self._rooms.again(numbers)

    def seen(self, row, said):
        place = self._places.get(row.line)
        if place is None or self._again[place[0]].enrolled is None:
            return None
        course, user = place
        room, now = self._rooms.room(course), self._again[course]
        names = set(groups_of(row.values).values())
        member, after = room.member(user), now.member(user).visible()
        groups = names & (now.groups or set())
        unchanged = after.like(member.was) and groups == names & room.were
        as_planned = after.like(member.visible()) and groups == names & (room.groups or set())
        kind = UPDATE if after.listed == member.was.listed else CREATE if after.listed else DELETE
        whole = not after.listed and bool(row.values.get("enrol"))
        return Sight(unchanged, as_planned, kind, whole, self._rows_at[place], _SHOWN)

    # -- a row ------------------------------------------------------------------------------------------------------

    def play(self, row):
        values = row.values
        tally = Tally(row.line, name_of(row, "uid", "cid"), self._doubt)
        user, course = self._users.find(values.get("uid", "")), self._courses.find(values.get("cid", ""))
        command = values.get("cmd")
        if command is None:
            command = self.settings.get("defaultcmd") or "add"
            if "defaultcmd" not in self.settings:
                tally.doubted(REPORT, "defaultcmd: what a row without the column cmd does is a setting of the site")
            self._without_command.add(row.line)
        if user.id is None and user.doubt == HIDDEN:
            tally.unknown("uid: whether there is such a user can't be told")
        elif user.id is None:
            tally.fail(f"uid: {NO_USER}", self._alone(values, user.doubt))
        elif not truthy(values.get("cid")):
            tally.fail("cid: is empty")
        elif course.id is None and course.doubt == HIDDEN:
            tally.unknown("cid: the course can't be read")
        elif course.id is None:
            tally.fail(f"cid: {NO_COURSE}", self._alone(values, course.doubt))
        else:
            place = self._places[row.line] = course.id, user.id
            self._rows_at[place] += 1
            if command in ("add", "shift", "enable"):
                self._note_wanted(course.id, user.id, values)
            self._in_course(row.line, command, values, tally, self._rooms.room(course.id), user.id)
        return tally.outcome()

    def _alone(self, values, doubt):
        """The doubt about a failure that a report confirms; it does not where the row may fail by its role or its groups as well."""
        others = truthy(values.get("gcmd")) or self._role(values)[0] is None
        return LOOK if doubt == REPORT and others else doubt

    def _note_wanted(self, course, user, values):
        wanted = self._named_by_adds.setdefault(course, _Wanted(values["cid"], set(), {}))
        wanted.users.add(user)
        if "enrol" in values:
            wanted.methods.setdefault(values.get("rolename", ""), values["enrol"] if truthy(values["enrol"]) else "manual")

    def _in_course(self, line, command, values, tally, room, user):
        if room.enrolled is None or room.methods is None:
            tally.unknown("cid: who is enrolled there can't be read")
            return
        method = values.get("enrol")
        method = "" if method is None else method if truthy(method) else "manual"
        if method == "sync":
            tally.stop("enrol: the plugin of this method is not a part of Moodle; without it the run ends here", sure=False)
            return
        member = room.member(user)
        if method not in room.methods:
            method = ""
            self._off.add(line)
            if "enableenrolondisabled" not in self.settings:
                tally.doubted(REPORT, "enableenrolondisabled: whether a method that is off will do is a setting of the site")
            elif truthy(self.settings["enableenrolondisabled"]):
                tally.doubted(HIDDEN, "enrol: whether the method is there, and off, can't be seen")
        if member.fuzzy and (not method or truthy(values.get("gcmd"))):
            tally.doubted(LOOK, "what is left of the user in the course after an earlier row can't be told")
        go_on = self._command(command, values, tally, room, member, method)
        if go_on and truthy(values.get("gcmd")) and not tally.ended:
            self._groups.play(values, tally, room, member)

    def _command(self, command, values, tally, room, member, method):
        """Returns whether the row's groups are looked at."""
        role, role_doubt = self._role(values)
        cells = values.get("starttime"), values.get("endtime")
        dates = self._dates.get(cells) or self._dates.setdefault(cells, Dates(*cells))
        if command in ("del", "delete"):
            if method:
                self._unenrol(tally, member, method)
            else:
                self._unassign(tally, member, role, role_doubt)
        elif command in ("add", "shift"):
            if role is None:
                tally.fail(_NO_ROLE if role_doubt else "rolename: is empty", role_doubt)
                return command == "add"
            if command == "shift" and method:
                self._shift(tally, member, method, role, dates)
            elif method:
                self._enrol(tally, member, method, role, dates)
            else:
                self._assign(tally, room, member, role, shift=command == "shift")
        elif command == "enable":
            self._enable(tally, member, method, dates)
        elif command == "disable":
            tally.stop("cmd: disable ends the run on PHP 8")
        else:
            tally.fail("cmd: is none of the commands")
        return True

    def _role(self, values):
        """(role's shortname or None where there seems to be none, doubt)."""
        name = values.get("rolename", "")
        if name in STANDARD_ROLES or name in self._rooms.roles:
            return name, SURE
        return None, REPORT if name else SURE

    # -- with an enrolment ------------------------------------------------------------------------------------------

    def _enrol(self, tally, member, method, role, dates):
        tally.says = "updated"
        if method == GUEST_ACCESS:
            return
        held = member.holds(method)
        if held is False:
            tally.did(CREATE)
            tally.field("enrol", None, method)
        if role not in member.roles:
            tally.did(CREATE if not member.listed else UPDATE)
            tally.field("rolename", _told(member.roles), role)
        elif method not in ORDINARY and held is not False:
            tally.may(None, HIDDEN, "rolename: whose role it is can't be seen")
        if held is not False:
            self._redate(tally, member, method, dates)
        member.enrol(method, role, dates, dates.active)

    def _redate(self, tally, member, method, dates):
        """Status and dates of an enrolment that is there, or may be: one that is not is made, which is a change all the same."""
        known = member.held.get(method)
        if known is not None:
            if known.differs(dates):
                tally.did(UPDATE)
            elif not known.same(dates):
                tally.may(UPDATE, HIDDEN, "starttime: may move by a second")
        elif member.active is False and dates.endless and (dates.begins_now or dates.past_start):
            tally.did(UPDATE)
            tally.field("active", "no", "yes")
        elif dates.begins_now:
            # Active or not when it was looked, which is before the run: the start was another one, or it will be active.
            self._moves = True
            tally.did(UPDATE)
            tally.field("starttime", None, NOW)
        elif member.active and method in member.held and dates.active is False:
            tally.did(UPDATE)
            tally.field("active", "yes", "no")
        else:
            why = "starttime: the dates that are there can't be seen"
            tally.may(SETS, HIDDEN, why if method in member.held else f"enrol: {_METHOD}")

    def _unenrol(self, tally, member, method):
        tally.says = "deleted"
        held = False if method == GUEST_ACCESS else member.holds(method)
        if held is False:
            return
        if held:
            tally.did(DELETE, removes=1)
        else:
            tally.may(DELETE, LOOK, f"enrol: {_METHOD}", removes=1)
        tally.field("enrol", method, None)
        member.unenrol(method)

    def _shift(self, tally, member, method, role, dates):
        tally.says = "updated"
        if method == GUEST_ACCESS:
            return
        if member.holds(method) is False:
            self._enrol(tally, member, method, role, dates)
            return
        tally.did(UPDATE, removes=1)
        tally.field("enrol", method, method)
        member.unenrol(method)
        member.enrol(method, role, dates, dates.active)

    def _enable(self, tally, member, method, dates):
        tally.says = "updated"
        held = member.holds(method) if method else (None if member.listed else False)
        if held is False or method == GUEST_ACCESS:
            return
        if held:
            self._redate(tally, member, method, dates)
            member.enrol(method, None, dates, dates.active)
        else:
            tally.may(UPDATE, HIDDEN, "cmd: which enrolments there are can't be seen")
            member.active = None

    # -- a role without an enrolment --------------------------------------------------------------------------------

    def _assign(self, tally, room, member, role, *, shift):
        """The method is missing or off."""
        tally.says = "updated"
        why = "enrol: the method is missing or off, and a role without an enrolment can't be seen"
        if not member.listed:
            tally.may(None if role in member.bare and not shift else UPDATE, HIDDEN, why)
            member.bare |= {role}
            return
        if role not in member.roles:
            tally.did(UPDATE)
            tally.field("rolename", _told(member.roles), role)
            member.roles.add(role)
        elif shift:
            tally.may(UPDATE, HIDDEN, why)
        else:
            tally.says = "unchanged"
            if not room.ordinary:
                tally.may(None, HIDDEN, "enrol: the method is missing or off, and whose role it is can't be seen")
        member.fuzzy = member.fuzzy or shift

    def _unassign(self, tally, member, role, role_doubt):
        tally.says = "deleted"
        if role is None:
            why = "rolename: " + ("nobody was seen with this role" if role_doubt else "is empty")
            tally.stop(f"{why}: without a role and an enrolment method the run ends here", sure=not role_doubt)
        elif not member.listed:
            tally.may(DELETE, HIDDEN, "enrol: the method is missing or off, and a role without an enrolment can't be seen")
        elif role in member.roles:
            tally.may(DELETE, LOOK, "rolename: whose role it is can't be seen", removes=1)
            tally.field("rolename", role, None)
            member.roles.discard(role)


def _told(names):
    return ", ".join(sorted(names)) or None
