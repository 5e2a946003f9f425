# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrol users in courses and end enrolments: read who is enrolled, plan the difference, send only that.

Private to this collection. The plugin's own un-enrolment never works (plugin.md A.5), so Moodle's is used.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..errors import FUNCTIONS_PAGE, not_in_service
from ..read.account import SITE_INFO, Account
from ..read.courses import COURSES
from ..read.directory import Directory, Ref
from ..read.enrolments import ENROLLED, Enrolments
from ..read.groups import ASKED_WITH_GROUPS, CourseGroups, Group, Groups
from ..read.users import USERS
from ..send.listed import ListedPlan, Step, told_of_groups
from ..settings import DATES, RUNS
from . import enrol_refusals as refusals
from .enrol_records import DEFAULT_METHOD, Record, exact_targets, fold, records
from .enrol_standing import Period, Roster, Standing, group_refs, is_as_sent, is_role, memory_key

ENROL = "tool_sync_enrol_users_enrol"
UNENROL = "enrol_manual_unenrol_users"
UNASSIGN = "core_role_unassign_roles"
JOIN = "core_group_add_group_members"
#: What ENROL takes for a variable that is not sent (plugin.md, tool_sync_enrol_user_enrol).
UNSENT = {"suspend": False, "timestart": 0, "timeend": 0, "method": DEFAULT_METHOD}
_OTHER_METHOD = (
    "is still there: it comes from another enrolment method than manual (a cohort, self enrolment, ...), which web services "
    "can't end"
)
_STILL_ACTIVE = "is still active: another enrolment method than manual keeps the user so, which web services can't suspend"
_LEFT_AS_IT_IS = "left as it is, because another record of the same user and course was refused"


@dataclass(frozen=True)
class EnrolSubject:
    """What a step is about. user: its id, None where that is not known. gone_role: the role that is taken, of several.

    period: what is sent of an enrolment; gains_role: whether the user is known to lack its role so far. joins: the group that the user is
    put into.
    """

    record: Record
    roster: Roster
    user: int | None
    gone_role: str | None = None
    period: Period | None = None
    gains_role: bool = False
    joins: Group | None = None

    @property
    def place(self):
        """What two requests at a time must not write to."""
        return self.roster.key, self.user


def plan(site, params):
    """params: the options of toolsync_enrol. Raises OptionError before anything is sent."""
    return EnrolPlan(site, params)


class EnrolPlan(ListedPlan):
    changes = {
        "enrolled": (ENROL, "enrols"),
        "added": (JOIN, "members"),
        "unassigned": (UNASSIGN, "unassignments"),
        "unenrolled": (UNENROL, "enrolments"),
    }
    lists = ("enrolled", "updated", "added", "unenrolled")
    section = "enrolments"
    half_done = "whether an enrolment by manual was changed can't be seen, as another method keeps the user there"

    def __init__(self, site, params):
        super().__init__(site, params)
        given = records(params)
        wanted, exact = fold(given, lambda record: (record.course, record.user)), exact_targets(params, given)
        self._directory = Directory(self.asker)
        fields = {"fields": ASKED_WITH_GROUPS} if any(record.groups for record in wanted) else {}
        self._reader = Enrolments(self.asker, site.warn, **fields)
        self._groups = Groups(self.asker, site.warn)
        self._account = Account(self.asker)
        self._remembered = site.memory.get(self.section)
        self._rosters: dict[Ref, Roster] = {}
        self._standings: dict[t.Any, Standing] = {}
        #: Roles that somebody was seen to hold in a course.
        self._known_roles: set[Ref] = set()
        #: In check mode: of enrolments that are going to be refused.
        self._refused: set[tuple] = set()
        self._undated = self._revived = 0
        self._ends = False
        self._read(wanted, [course for course, role in exact])
        self._decide(fold(self._identified(wanted), self._place), exact)
        _leave_out_defaults(self.steps["enrolled"])
        self._drop_unassignments()
        self.ready()

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, wanted, exact):
        courses = list(dict.fromkeys([record.course for record in wanted] + exact))
        self._directory.look_up(courses)
        by_key: dict[t.Any, Roster] = {}
        for ref in courses:
            found = self._directory.courses.find(ref)
            methods = found[0].methods if len(found) == 1 else None
            roster = Roster(ref, self._directory.id_of(ref), methods, problem=self._directory.problem(ref))
            # A course by two names is one course.
            self._rosters[ref] = by_key.setdefault(roster.key, roster)
        there = [roster for roster in by_key.values() if roster.problem is None]
        for roster, told in zip(there, self._reader.read_all([(roster.ref, roster.number) for roster in there])):
            roster.enrolled, roster.problem = told
            for name, number in roster.enrolled.roles.items() if roster.enrolled is not None else ():
                self._known_roles.update((Ref("role", "shortname", name), Ref("role", "id", str(number))))
        for record in wanted:
            enrolled = self._rosters[record.course].enrolled
            number = enrolled.find(record.user) if enrolled is not None else None
            if number is not None:
                self._directory.learn(record.user, number)
        self._directory.look_up(record.user for record in wanted if self._rosters[record.course].problem is None)
        self._read_groups(wanted)
        unread = any(roster.enrolled is None and roster.problem is None for roster in self._rosters.values())
        if not self._reader.readable and unread:
            self.site.warn(
                "Who is enrolled can't be read with this token, so everything is sent and reported as changed. "
                f"Add {ENROLLED} and {COURSES} to the token's service ({FUNCTIONS_PAGE})."
            )

    def _read_groups(self, wanted):
        """The groups of the courses in which records name any."""
        named: dict[t.Any, tuple[CourseGroups, list[Ref]]] = {}
        for record in wanted:
            roster = self._rosters[record.course]
            if record.groups and roster.problem is None:
                roster.groups = roster.groups or CourseGroups(roster.ref, roster.number, enrolled=roster.enrolled)
                refs = [ref for name in record.groups for ref in group_refs(name)]
                named.setdefault(roster.key, (roster.groups, []))[1].extend(refs)
        self._groups.read_all(named.values())

    def _identified(self, wanted):
        """The records whose course and user exist, as far as the site tells; the others become failures."""
        for record in wanted:
            roster = self._rosters[record.course]
            problem = roster.problem or self._directory.problem(record.user)
            if problem is None:
                yield record
            else:
                roster.unclear = True
                self.fail(record.item, problem)

    def _place(self, record):
        return self._rosters[record.course].key, self._directory.id_of(record.user) or record.user

    def _key(self, record):
        return memory_key(*self._place(record), record.method)

    def _standing(self, record):
        place = self._place(record)
        if place not in self._standings:
            period = Period.parse(self._remembered.get(self._key(record)))
            self._standings[place] = Standing(self._rosters[record.course], self._directory.id_of(record.user), period)
        return self._standings[place]

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, wanted, exact):
        # Roles are given before others are taken away: a user who loses the last one loses the enrolment.
        for record in wanted:
            if record.present:
                self._decide_present(record)
        seen: set[tuple[int, int]] = set()
        for record in wanted:
            self._decide_groups(record, seen)
        for record in wanted:
            if not record.present:
                self._decide_absent(record)
        self._decide_others(wanted, exact)
        if self._undated:
            self.site.warn(
                f"Enrolments that may exist ({self._undated}) are sent without a start or an end that this host knows: Moodle then "
                "sets none, and can't be asked for what was there. Give timestart and timeend where they matter."
            )
        if self._revived:
            self.site.warn(
                f"Enrolments whose state can't be read ({self._revived}) are sent as active, unless this host suspended them itself: one "
                "that is suspended may become active again. Give suspended where it matters."
            )

    def _decide_present(self, record):
        standing = self._standing(record)
        differs = standing.differs(record)
        if differs is False:
            self.unchanged.append(record.item)
            return
        may_revive, period = standing.may_revive(record), standing.period_for(record)
        self._undated += standing.loses_dates(record)
        self._revived += may_revive
        before, was_enrolled = standing.describe(record.is_dated), standing.is_enrolled
        gains_role = standing.known and not standing.holds(record.role)
        is_remembered = record.is_dated or standing.period is not None
        standing.enrol(record, period)
        step = self._add(
            "enrolled",
            record,
            before,
            self._enrolment(record, period, standing),
            becomes="updated" if was_enrolled else None,
            certain=bool(differs) and not may_revive and (was_enrolled or standing.shows(record.user)),
            period=period,
            gains_role=gains_role,
        )
        if is_remembered:
            step.remembered = {self._key(record): period.text()}

    def _decide_groups(self, record, seen):
        """seen: the (user, Group's id) of other records."""
        standing = self._standing(record)
        user = standing.number
        for name in record.groups:
            item = {**record.item, "group": name}
            group, problem = standing.roster.find_group(name)
            if problem is None and user is None:
                problem = f"groups take ids: add {USERS} to the token's service ({FUNCTIONS_PAGE}), or name the user by the id"
            if problem is not None:
                self.fail(item, problem)
                continue
            if (user, group.id) in seen:
                continue
            seen.add((user, group.id))
            if user in group.members:
                self.unchanged.append(item)
            else:
                before = standing.describe(record.is_dated)
                standing.groups.add(group.name)
                step = self._add("added", record, before, {"userid": user, "groupid": group.id}, joins=group)
                step.item, step.group = item, (JOIN, group.id)

    def _add(self, change, record, before, sent, *, becomes=None, certain=True, **about):
        """Plan a step, once the Standing is what it makes of it. change, becomes: as of C(add); about: as of EnrolSubject."""
        standing = self._standing(record)
        subject = EnrolSubject(record, standing.roster, standing.number, **about)
        # A user whom only Moodle looks up may be the reason of a refusal, which then is not the role's.
        group = None if standing.number is None else (standing.roster.key, record.role, record.method)
        shown = (standing.roster.ref.value, record.user.value)
        after = standing.describe(record.present and record.is_dated)
        step = Step(becomes or change, record.item, shown, before, after, certain, sent, group, about=subject)
        self.add(step, change)
        return step

    @staticmethod
    def _enrolment(record, period, standing):
        """The variables of an item. What has a default comes first: a request that PHP cuts off then lacks what has none."""
        sent = {
            "suspend": period.suspended,
            "timestart": period.timestart,
            "timeend": period.timeend,
            "method": record.method,
        }
        for ref, number in ((record.role, None), (record.user, standing.number), (standing.roster.ref, standing.roster.number)):
            by, value = (ref.by, ref.value) if number is None else ("id", number)
            sent.update({f"{ref.kind}idsource": by, f"{ref.kind}id": value})
        return sent

    def _decide_absent(self, record):
        standing = self._standing(record)
        if standing.known and not standing.is_enrolled and standing.shows(record.user):
            self.unchanged.append(record.item)
        elif standing.number is None or standing.roster.number is None:
            missing = USERS if standing.number is None else COURSES
            self._ends = True
            self.fail(record.item, f"un-enrolling needs ids: add {missing} to the token's service ({FUNCTIONS_PAGE})")
        elif record.role is not None and not standing.known:
            self.fail(
                record.item,
                "which other roles the user holds can't be read: leave role out to end the whole enrolment, or add "
                f"{ENROLLED} to the token's service ({FUNCTIONS_PAGE})",
            )
        elif record.role is not None and not standing.holds(record.role):
            self.unchanged.append(record.item)
        else:
            self._remove(record)

    def _remove(self, record):
        """Plan the end of an enrolment, or of one role of several."""
        standing = self._standing(record)
        before, course = standing.describe(False), standing.roster.number
        if record.role is None or len(standing.roles) == 1:
            standing.unenrol()
            step = self._add("unenrolled", record, before, {"userid": standing.number, "courseid": course}, certain=standing.known)
            key = self._key(record)
            step.remembered = {key: None} if key in self._remembered else {}
            return
        ((name, number),) = ((name, number) for name, number in standing.roles.items() if is_role(record.role, name, number))
        standing.unassign(name)
        sent = {"contextlevel": "course", "instanceid": course, "roleid": number, "userid": standing.number}
        self._add("unassigned", record, before, sent, becomes="updated", gone_role=name)

    def _decide_others(self, wanted, exact):
        """Take the role from whoever else holds it."""
        targets = {(self._rosters[ref].key, role): (self._rosters[ref], role) for ref, role in exact}
        by_course: dict[t.Any, list[Record]] = {}
        for record in wanted if targets else ():
            by_course.setdefault(self._rosters[record.course].key, []).append(record)
        found = [
            (roster, role, member)
            for (key, role), (roster, _role) in targets.items()
            for member in self._surplus(roster, role, by_course.get(key, ()))
        ]
        own = self._account.id if found else None
        if found and own is None:
            message = f"state exact needs {SITE_INFO}, to leave the token's own account alone, and the token may not call it."
            raise not_in_service(message, "it", option="state")
        for roster, role, member in found:
            name = member.fields.get("username")
            user = Ref("user", "username", name) if name else Ref("user", "id", str(member.id))
            record = Record("state exact", roster.ref, user, role, DEFAULT_METHOD, None, None, None, False)
            self._directory.learn(user, member.id)
            if member.id == own:
                self.site.warn(f"The token's own account was left in the {roster.ref}: state exact never takes it out.")
            elif self._standing(record).holds(role):
                self._remove(record)

    def _surplus(self, roster, role, wanted):
        """The Members who hold a role in a course and are not wanted. wanted: the Records of the course."""
        if roster.problem is not None:
            if not roster.unclear:
                self.fail({"course": roster.ref.value, "user": None, "role": role.value}, roster.problem)
            return
        if roster.enrolled is None:
            message = f"state exact needs to know who is enrolled in the {roster.ref}, which can't be read."
            raise not_in_service(message, f"{ENROLLED} and {COURSES}", option="state")
        if roster.unclear or any(self._directory.id_of(record.user) is None for record in wanted):
            self.site.warn(f"Nobody was taken out of the {roster.ref}: some of its users could not be identified.")
            return
        kept: dict[t.Any, list[Ref]] = {}
        for record in wanted:
            if record.present:
                kept.setdefault(self._directory.id_of(record.user), []).append(record.role)
        for member in roster.enrolled.members.values():
            for name, number in (member.roles or {}).items():
                if is_role(role, name, number) and not any(is_role(ref, name, number) for ref in kept.get(member.id, ())):
                    yield member

    def _drop_unassignments(self):
        """Fail those that would take a single role, where the token has no function for that."""
        if self.steps["unassigned"] and not self.moodle.may_call(UNASSIGN):
            for step in self.steps["unassigned"]:
                self.fail(
                    step.item,
                    f"the user holds other roles too, and un-enrolling would take all of them: add {UNASSIGN} to the token's service "
                    f"({FUNCTIONS_PAGE}) to take only this one",
                )
            self.steps["unassigned"] = []

    def needed(self):
        # The token was asked for UNASSIGN before.
        return {**super().needed(), UNASSIGN: (), UNENROL: self.steps["unenrolled"] or self._ends}

    # -- predicting -----------------------------------------------------------------------------------------------

    def rehearse(self):
        # Several courses at a time.
        rosters = {step.about.roster.key: step.about.roster for step in self.steps["unenrolled"] if step.certain}
        manual_only = [roster for roster in rosters.values() if roster.others == []]
        for _ids in self.asker.each(lambda roster: roster.enrolled.inactive(), manual_only):
            pass
        self._refused = {step.about.place for step in self.steps["enrolled"] if _is_off(step.about)}
        super().rehearse()

    def obstacle(self, step):
        subject = step.about
        if subject.period is not None:
            return refusals.advice("wsnoinstance", subject.record) if _is_off(subject) else None
        # It takes the enrolment, or was to be in its place.
        return _LEFT_AS_IT_IS if subject.place in self._refused else None

    def unseen(self, step):
        return next(filter(None, [self._account.unseen, *refusals.unclear(step.about, self._known_roles)]), None)

    # -- doing ----------------------------------------------------------------------------------------------------

    def remember(self):
        super().remember()
        dated = any(step.remembered for step in [*self.done, *self._unknown])
        if dated and self.site.memory.get(RUNS, DATES) is not None:
            self.site.memory.put(RUNS, {DATES: None})

    def lanes(self, change):
        # Two requests at a time with one user and course would clash, and what is known by no id may be the same.
        known = all(step.about.user is not None and step.about.roster.number is not None for step in self.steps[change])
        return self.asker.lanes if known and change == "enrolled" else 1, lambda step: step.about.place

    def heed(self, batch, value):
        self._known_roles.update(step.about.record.role for step in batch)

    def sendable(self, change):
        """The steps without those on users who were refused a role that they were to have before, or instead."""
        done = set(self.done)
        refused = {step.about.place for step in self.steps["enrolled"] if change != "enrolled" and step not in done}
        for step in self.steps[change]:
            if step.about.place in refused:
                self.fail(step.item, _LEFT_AS_IT_IS)
            else:
                yield step

    def look(self, steps):
        asked = [step.about for step in steps if step.about.joins is None and step.about.roster.enrolled is not None]
        rosters = {subject.roster.key: subject.roster for subject in asked}
        read = self._reader.read_all([(roster.ref, roster.number) for roster in rosters.values()])
        lists = {key: enrolled for key, (enrolled, _problem) in zip(rosters, read)}
        members = self._members_again([step.about for step in steps if step.about.joins is not None])
        return [
            _is_done(step.about, lists.get(step.about.roster.key)) if step.about.joins is None else _has_joined(step.about, members)
            for step in steps
        ]

    def _members_again(self, subjects):
        """Group id -> the ids of its members now, of the groups that EnrolSubjects join; what can't be read is left out."""
        courses: dict[t.Any, tuple[CourseGroups, dict[Ref, None]]] = {}
        for subject in subjects:
            course = CourseGroups(subject.roster.ref, subject.roster.number)
            courses.setdefault(course.key, (course, {}))[1][Ref("group", "id", str(subject.joins.id))] = None
        self._groups.read_all(courses.values())
        return {group.id: group.members for course, _refs in courses.values() if course.problem is None for group in course.groups}

    def is_doubtful(self, step):
        # Moodle is silent for an enrolment of another method, which stays as it is.
        subject = step.about
        if subject.period is None:
            return subject.joins is None
        return not subject.gains_role and subject.roster.others != []

    def why_left(self, step):
        return _OTHER_METHOD if step.about.period is None else _STILL_ACTIVE

    def reason(self, step, error):
        if step.about.joins is not None:
            return told_of_groups(step, error)
        record, roster = step.about.record, step.about.roster
        suspects = [roster.ref] if roster.number is None and roster.enrolled is None else []
        suspects += [record.user] if step.about.user is None else []
        suspects += [record.role] if record.role is not None and record.role not in self._known_roles else []
        return refusals.reason(error, record, suspects)


def _leave_out_defaults(steps):
    """Drop the variables in which no step differs from the default, so that a request holds more of them."""
    for name, default in UNSENT.items():
        if all(step.sent[name] == default for step in steps):
            for step in steps:
                del step.sent[name]


def _is_off(subject):
    """Whether an enrolment is known to be refused, as the course has no manual method that is on."""
    methods = subject.roster.methods
    return methods is not None and subject.record.method == DEFAULT_METHOD and DEFAULT_METHOD not in methods


def _has_joined(subject, members):
    """Whether somebody is in a group by now (None: nobody can tell). members: group id -> ids."""
    inside = members.get(subject.joins.id)
    return None if inside is None else subject.user in inside


def _is_done(subject, enrolled):
    """Whether what a step was to do is so in a course's list (None: nobody can tell)."""
    if enrolled is None:
        return None
    record = subject.record
    user = enrolled.find(record.user) if subject.user is None else subject.user
    member = enrolled.members.get(user)
    if member is None:
        if subject.period is None:
            return True
        return False if subject.user is not None or enrolled.shows(record.user.by) else None
    if subject.period is None and subject.gone_role is None:
        return False
    if member.roles is None:
        return None
    if subject.period is None:
        return subject.gone_role not in member.roles
    if not any(is_role(record.role, name, number) for name, number in member.roles.items()):
        return False
    # The role is given last, so that who has it now and lacked it has the rest too. Of the rest, only the suspension can be read.
    if subject.gains_role:
        return True
    as_sent = is_as_sent(enrolled, user, subject.period)
    return None if as_sent and record.is_dated else as_sent
