# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrol users in courses and end enrolments: read who is enrolled, plan the difference, send only that.

Private to this collection. The plugin's own un-enrolment never works (plugin.md A.5), so Moodle's is used.
"""

from __future__ import annotations

import typing as t

from ..errors import FUNCTIONS_PAGE, AccessRefused, FunctionUnknown, PartlyFailed
from ..plan import Plan
from ..read.courses import COURSES
from ..read.directory import Directory, Ref
from ..read.enrolments import CORE_LIST, Enrolments
from ..read.users import USERS
from ..send.batch import checked_lanes, checked_limit
from ..wire.ask import Asker
from .enrol_actions import Action, Course, Sender
from .enrol_records import DEFAULT_METHOD, Record, fold, purge_targets, records
from .enrol_standing import Period, Standing, is_role, memory_key

ENROL = "tool_sync_enrol_users_enrol"
UNENROL = "enrol_manual_unenrol_users"
UNASSIGN = "core_role_unassign_roles"
SITE_INFO = "core_webservice_get_site_info"
SECTION = "enrolments"
#: What ENROL takes for a variable that is not sent (plugin.md, tool_sync_enrol_user_enrol).
DEFAULTS = {"suspend": False, "timestart": 0, "timeend": 0, "method": DEFAULT_METHOD}
#: Entries that a list of the result holds at most; the counts are complete.
LISTED = 1000


def plan(site, params):
    """params: the options of toolsync_enrol. Raises OptionError before anything is sent."""
    limit, lanes = checked_limit(params["max_input_vars"]), checked_lanes(params["parallel_requests"])
    wanted = fold(records(params), lambda record: (record.course, record.user))
    purged = purge_targets(params, wanted) if params["purge"] else []
    return EnrolPlan(site, wanted, purged, on_failures=params["on_failures"], max_input_vars=limit, lanes=lanes)


class EnrolPlan(Plan):
    def __init__(self, site, wanted, purged, *, on_failures, max_input_vars, lanes):
        super().__init__(changed=False, before={}, after={}, result={})
        self._site, self._moodle = site, site.moodle
        self._on_failures, self._max_input_vars, self._lanes = on_failures, max_input_vars, lanes
        self._asker = Asker(site.moodle, max_input_vars, lanes)
        self._directory = Directory(self._asker)
        self._reader = Enrolments(self._asker, site.warn)
        self._remembered = site.memory.get(SECTION)
        self._courses: dict[Ref, Course] = {}
        self._standings: dict[t.Any, Standing] = {}
        self._enrolments: list[Action] = []
        self._unassignments: list[Action] = []
        self._unenrolments: list[Action] = []
        self._unchanged: list[Record] = []
        self._failures: list[dict[str, t.Any]] = []
        self._undated = 0
        self._ends = False
        self._read(wanted, [course for course, role in purged])
        self._decide(fold(self._identified(wanted), self._place), purged)
        self._require_functions()
        self._report(self._actions)

    # -- reading --------------------------------------------------------------------------------------------------

    def _read(self, wanted, purged):
        courses = list(dict.fromkeys([record.course for record in wanted] + purged))
        self._directory.look_up(courses)
        by_id: dict[int, Course] = {}
        for ref in courses:
            course = Course(ref, self._directory.id_of(ref), problem=self._directory.problem(ref))
            # A course by two names is one course.
            self._courses[ref] = course if course.number is None else by_id.setdefault(course.number, course)
        there = {id(course): course for course in self._courses.values() if course.problem is None}.values()
        for course, told in zip(there, self._reader.read_all([(course.ref, course.number) for course in there])):
            course.enrolled, course.problem = told
        for record in wanted:
            enrolled = self._courses[record.course].enrolled
            number = enrolled.find(record.user) if enrolled is not None else None
            if number is not None:
                self._directory.learn(record.user, number)
        self._directory.look_up(
            record.user for record in wanted if self._courses[record.course].problem is None
        )
        if not self._reader.readable and any(
            course.enrolled is None and course.problem is None for course in self._courses.values()
        ):
            self._site.warn(
                "Who is enrolled can't be read with this token, so everything is sent and reported as changed. "
                f"Add {CORE_LIST} and {COURSES} to the token's service ({FUNCTIONS_PAGE})."
            )

    def _identified(self, wanted):
        """The records whose course and user exist, as far as the site tells; the others become failures."""
        for record in wanted:
            course = self._courses[record.course]
            problem = course.problem or self._directory.problem(record.user)
            if problem is None:
                yield record
            else:
                course.unclear = True
                self._fail(record, problem)

    def _place(self, record):
        number = self._directory.id_of(record.user)
        return self._courses[record.course].key, record.user if number is None else number

    def _standing(self, record):
        place = self._place(record)
        if place not in self._standings:
            period = Period.parse(self._remembered.get(memory_key(*place, record.method)))
            self._standings[place] = Standing(self._courses[record.course].enrolled, self._directory.id_of(record.user), period)
        return self._standings[place]

    # -- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, wanted, purged):
        # Roles are given before others are taken away: a user who loses the last one loses the enrolment.
        for record in wanted:
            if record.present:
                self._decide_present(record)
        for record in wanted:
            if not record.present:
                self._decide_absent(record)
        self._decide_purge(wanted, purged)
        if self._undated:
            self._site.warn(
                f"Enrolments that may exist ({self._undated}) are sent without a start or an end that this host knows: Moodle then "
                "sets none, and can't be asked for what was there. Give timestart and timeend where they matter."
            )

    def _decide_present(self, record):
        standing = self._standing(record)
        differs = standing.differs(record)
        if differs is False:
            self._unchanged.append(record)
            return
        course, user = self._courses[record.course], self._directory.id_of(record.user)
        self._undated += standing.loses_dates(record)
        period = standing.period_for(record)
        dated = record.timestart is not None or record.timeend is not None
        before, was_enrolled = standing.describe(dated), standing.is_enrolled
        remembered = {}
        if dated or standing.period is not None:
            remembered = {memory_key(*self._place(record), record.method): period.text()}
        standing.enrol(record, period)
        self._enrolments.append(
            Action(
                record,
                course,
                user,
                "updated" if was_enrolled else "enrolled",
                self._enrolment(record, period, course, user),
                bool(differs) and (user is not None or was_enrolled or _shows(course, record.user)),
                before,
                standing.describe(dated),
                remembered,
            )
        )

    @staticmethod
    def _enrolment(record, period, course, user):
        """The variables of an item. What has a default comes first: a request that PHP cuts off then lacks what has none."""
        sent = {
            "suspend": period.suspended,
            "timestart": period.start,
            "timeend": period.end,
            "method": record.method,
        }
        for ref, number in ((record.role, None), (record.user, user), (course.ref, course.number)):
            by, value = (ref.by, ref.value) if number is None else ("id", number)
            sent.update({f"{ref.kind}idsource": by, f"{ref.kind}id": value})
        return sent

    def _decide_absent(self, record):
        course, user, standing = self._courses[record.course], self._directory.id_of(record.user), self._standing(record)
        if standing.known and not standing.is_enrolled and (user is not None or _shows(course, record.user)):
            self._unchanged.append(record)
        elif user is None or course.number is None:
            missing = USERS if user is None else COURSES
            self._ends = True
            self._fail(record, f"un-enrolling needs ids: add {missing} to the token's service ({FUNCTIONS_PAGE})")
        elif record.role is not None and not standing.known:
            self._fail(
                record,
                "which other roles the user holds can't be read: leave role out to end the whole enrolment, or add "
                f"{CORE_LIST} to the token's service ({FUNCTIONS_PAGE})",
            )
        else:
            self._remove(record, course, user, standing)

    def _remove(self, record, course, user, standing):
        """Plan the end of an enrolment, or of one role of several."""
        held = {
            name: number
            for name, number in standing.roles.items()
            if record.role is not None and is_role(record.role, name, number)
        }
        if record.role is not None and not held:
            self._unchanged.append(record)
            return
        before = standing.describe(False)
        if record.role is None or len(standing.roles) == 1:
            key = memory_key(*self._place(record), record.method)
            standing.unenrol()
            sent = {"userid": user, "courseid": course.number}
            remembered = {key: None} if key in self._remembered else {}
            action = Action(record, course, user, "unenrolled", sent, standing.known, before, None, remembered)
            self._unenrolments.append(action)
            return
        ((name, number),) = held.items()
        standing.unassign(name)
        sent = {"contextlevel": "course", "instanceid": course.number, "roleid": number, "userid": user}
        after = standing.describe(False)
        self._unassignments.append(Action(record, course, user, "updated", sent, True, before, after, gone_role=name))

    def _decide_purge(self, wanted, purged):
        targets = {(self._courses[ref].key, role): (self._courses[ref], role) for ref, role in purged}
        found = [member for course, role in targets.values() for member in self._surplus(course, role, wanted)]
        own = self._own_id() if found else None
        for course, role, member in found:
            name = member.fields.get("username")
            user = Ref("user", "username", name) if name else Ref("user", "id", str(member.id))
            record = Record("purge", course.ref, user, role, DEFAULT_METHOD, None, None, None, False)
            self._directory.learn(user, member.id)
            if member.id == own:
                self._site.warn(f"purge leaves the token's own account in {course.ref}.")
            elif self._standing(record).holds(role):
                self._remove(record, course, member.id, self._standing(record))

    def _surplus(self, course, role, wanted):
        """The (course, role, Member) of those who hold a role and are not wanted."""
        if course.problem is not None:
            if not course.unclear:
                self._note_failure(course.ref.value, None, role.value, course.problem)
            return
        if course.enrolled is None:
            raise AccessRefused(
                f"purge needs to know who is enrolled in {course.ref}, which can't be read.",
                cure=f"Add {CORE_LIST} and {COURSES} to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
                option="purge",
            )
        wanted = [record for record in wanted if self._courses[record.course] is course]
        if course.unclear or any(self._directory.id_of(record.user) is None for record in wanted):
            self._site.warn(f"purge removed nobody from {course.ref}: some of its users could not be identified.")
            return
        kept: dict[t.Any, list[Ref]] = {}
        for record in wanted:
            if record.present:
                kept.setdefault(self._directory.id_of(record.user), []).append(record.role)
        for member in course.enrolled.members.values():
            for name, number in (member.roles or {}).items():
                if is_role(role, name, number) and not any(is_role(ref, name, number) for ref in kept.get(member.id, ())):
                    yield course, role, member

    def _own_id(self):
        info = self._asker.ask(SITE_INFO, {})
        if info is None:
            raise AccessRefused(
                f"purge needs {SITE_INFO}, to leave the token's own account alone, and the token may not call it.",
                cure=f"Add it to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
                option="purge",
            )
        return info["userid"]

    def _require_functions(self):
        """Raise, before anything is sent, for a function that the token may not call."""
        if self._unassignments and not self._moodle.may_call(UNASSIGN):
            for action in self._unassignments:
                self._fail(
                    action.record,
                    f"the user holds other roles too, and un-enrolling would take all of them: add {UNASSIGN} to the token's service "
                    f"({FUNCTIONS_PAGE}) to take only this one",
                )
            self._unassignments = []
        for needed, function in ((self._enrolments, ENROL), (self._unenrolments or self._ends, UNENROL)):
            allowed = self._moodle.may_call(function) if needed else True
            if allowed is None:
                raise FunctionUnknown(f"{self._moodle.base} does not know the web service function {function}.")
            if not allowed:
                raise AccessRefused(
                    f"The token may not call {function}, which this task needs.",
                    cure=f"Add it to the token's service ({FUNCTIONS_PAGE}); nothing was sent.",
                )

    # -- doing ----------------------------------------------------------------------------------------------------

    def rehearse(self):
        self._conclude()

    def apply(self):
        sender = Sender(self._site, self._courses.values(), self._max_input_vars, self._fail)
        try:
            _leave_out_defaults(self._enrolments)
            # Two requests at a time with one user and course would clash, and what is known by no id may be the same.
            known = all(action.user is not None and action.course.number is not None for action in self._enrolments)
            sender.run(self._enrolments, ENROL, "enrols", self._lanes if known else 1)
            sender.run(self._unless_refused(sender, self._unassignments), UNASSIGN, "unassignments")
            sender.run(self._unless_refused(sender, self._unenrolments), UNENROL, "enrolments")
            sender.verify(self._reader)
        finally:
            self._report(sender.done, sender.unanswered)
            remembered = {key: value for action in sender.done for key, value in action.remembered.items()}
            if remembered:
                self._site.memory.put(SECTION, remembered)
        self._conclude()

    def _unless_refused(self, sender, actions):
        """The actions without those on users who were refused a role that they were to have instead."""
        for action in actions:
            if (action.course.key, action.user) in sender.refused:
                self._fail(action.record, "left as it is, because another record of the same user and course was refused")
            else:
                yield action

    @property
    def _actions(self):
        return [*self._enrolments, *self._unassignments, *self._unenrolments]

    # -- telling --------------------------------------------------------------------------------------------------

    def _fail(self, record, reason):
        named = record.named()
        self._note_failure(named["course"], named["user"], named["role"], reason)

    def _note_failure(self, course, user, role, reason):
        self._failures.append({"course": course, "user": user, "role": role, "reason": reason})

    def _report(self, actions, unanswered=False):
        """Set result, changed and both sides of the diff from what is, or will be, done."""
        lists: dict[str, list[dict[str, t.Any]]] = {"enrolled": [], "updated": [], "unenrolled": []}
        self.before, self.after = {}, {}
        for action in actions:
            lists[action.becomes].append(action.record.named())
            course, user = action.course.ref.value, action.record.user.value
            before, after = self.before.setdefault(course, {}), self.after.setdefault(course, {})
            if user not in before:
                before[user] = action.before
            after[user] = action.after
        lists["unchanged"] = [record.named() for record in self._unchanged]
        counts = {name: len(entries) for name, entries in lists.items()}
        self.changed = bool(actions) or unanswered
        self.result.update({name: entries[:LISTED] for name, entries in lists.items()})
        self.result.update(
            counts={**counts, "failed": len(self._failures)},
            failures=self._failures,
            changed_is_certain=all(action.certain for action in actions) and not unanswered,
        )

    def _conclude(self):
        """Raise or warn for the failures, as the user wants it."""
        if not self._failures or self._on_failures == "ignore":
            return
        shown = "; ".join(
            f"{entry['user'] or 'purge'} in {entry['course']}: {entry['reason']}" for entry in self._failures[:3]
        )
        more = f"; and {len(self._failures) - 3} more" if len(self._failures) > 3 else ""
        number = len(self._failures)
        message = f"{number} record{'s' if number > 1 else ''} failed: {shown}{more}."
        if self._on_failures == "warn":
            self._site.warn(message)
        else:
            raise PartlyFailed(message)


def _leave_out_defaults(actions):
    """Drop the variables in which no action differs from the default, so that a request holds more of them."""
    for name, default in DEFAULTS.items():
        if all(action.sent[name] == default for action in actions):
            for action in actions:
                del action.sent[name]


def _shows(course, ref):
    """Whether the course's list would show a user who is known by no id."""
    return course.enrolled is not None and course.enrolled.shows(ref.by)
