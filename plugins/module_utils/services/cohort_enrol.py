# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cohort bound to a course: its members are enrolled by Moodle's next cohort synchronisation.

Private to this collection. No web service lists bindings. What is known of them: how many active ones a course has (its list of enrolment
methods holds one C(cohort) for each), what was last sent from this host, and what the plugin's functions do. C(tool_sync_cohort_bind)
changes nothing where there is an active binding of that role, and dies of a PHP error where there is a suspended one, before it changes
anything; C(tool_sync_cohort_restore_enrol) does nothing at all (plugin.md A.6). So a suspended binding is restored by taking it away and
making it anew.
"""

from __future__ import annotations

from ..errors import MoodleError, OptionError, ParameterRefused, ToolsyncError
from ..plan import Plan
from ..read.cohorts import Cohorts
from ..read.directory import Directory, reference, unknown
from ..send.listed import told
from ..wire.ask import Asker, require_functions

BIND = "tool_sync_cohort_bind"
UNBIND = "tool_sync_cohort_unbind"
SUSPEND = "tool_sync_cohort_suspend_enrol"
METHOD = "cohort"
SECTION = "bindings"
PRESENT, SUSPENDED, ABSENT = "present", "suspended", "absent"
#: The functions that each state takes.
_NEEDED = {PRESENT: (BIND, UNBIND), SUSPENDED: (BIND, SUSPEND), ABSENT: (UNBIND,)}
#: What PHP 8 says when the plugin binds a cohort whose binding is suspended.
_SUSPENDED_ERROR = "Attempt to assign property"
_UNSEEN = {"because": "which bindings of cohorts a course has, and by which roles, can't be seen: no web service lists them", "items": 1}
_LEFT_BEHIND = (
    "The plugin took the binding away without ending what hangs on it: members who were enrolled by it keep their role in the course. "
    "To end that too, suspend a binding first, wait for Moodle's cohort synchronisation, then remove it."
)


def plan(site, params):
    """params: the options of toolsync_cohort_enrol. Raises OptionError for what does not exist."""
    refs = [reference(kind, params[f"{kind}_identifier"], params[kind], kind) for kind in ("cohort", "course", "role")]
    return BindingPlan(site, *refs, params["state"])


class BindingPlan(Plan):
    def __init__(self, site, cohort, course, role, state):
        self._site, self._asker, self._state = site, Asker(site.moodle), state
        self._cohort, self._course, self._role = cohort, course, role
        cohort_id = self._read_cohort()
        course_id, self._count = self._read_course()
        looked_up = ((cohort, cohort_id), (course, course_id))
        # By their ids, where these are known, they are sent and remembered.
        (ch_by, ch), (c_by, c) = ((ref.by, ref.value) if number is None else ("id", number) for ref, number in looked_up)
        self._names = {"chidsource": ch_by, "chid": ch, "cidsource": c_by, "cid": c, "method": METHOD}
        self._key = f"cohort {ch_by}={ch} in course {c_by}={c}"
        #: Role -> state as last sent from here; None where nothing was.
        self._sent = site.memory.get(SECTION, self._key)
        self._role_key = f"{role.by}={role.value}"
        self._suspects = [ref for ref, number in looked_up if number is None]
        before = self._state_before()
        super().__init__(
            changed=before != state,
            before={"state": before},
            after={"state": state},
            result={
                "cohort": cohort.value,
                "course": course.value,
                "role": None if state == ABSENT else role.value,
                "state": state,
                "previous": before,
                "restored": False,
                # Neither bindings nor roles can be looked at before.
                "changed_is_certain": False,
                "uncertain": [_UNSEEN],
            },
        )
        require_functions(site.moodle, _NEEDED[state])

    # -- reading --------------------------------------------------------------------------------------------------

    def _read_cohort(self):
        """The cohort's id, None where the token can't tell."""
        cohorts = Cohorts(self._asker)
        cohorts.look_up([self._cohort])
        if self._cohort.by == "name":
            cohorts.require()
        found, problem = cohorts.one(self._cohort)
        if problem is not None:
            raise OptionError(f"cohort: {problem}.", option="cohort")
        return found and found.id

    def _read_course(self):
        """(the course's id, how many active bindings of cohorts it has), both None where the token can't tell."""
        directory = Directory(self._asker)
        directory.look_up([self._course])
        problem, found = directory.problem(self._course), directory.courses.find(self._course)
        if problem is not None:
            raise OptionError(f"course: {problem.rstrip('.')}.", option="course")
        if not found:
            return None, None
        return found[0].id, None if found[0].methods is None else found[0].methods.count(METHOD)

    def _counted(self):
        return None if self._count is None else self._read_course()[1]

    def _state_before(self):
        """What the binding is, by best knowledge; None for unknown."""
        known = None if self._sent is None else self._sent.get(self._role_key, ABSENT)
        if self._state == ABSENT and self._sent is not None:
            # Unbinding takes the bindings of all roles.
            known = next((state for state in (PRESENT, SUSPENDED) if state in self._sent.values()), ABSENT)
        return None if known == PRESENT and self._count == 0 else known

    # -- doing ----------------------------------------------------------------------------------------------------

    def apply(self):
        self._touched = False
        try:
            {PRESENT: self._activate, SUSPENDED: self._suspend, ABSENT: self._remove}[self._state]()
        except ToolsyncError as error:
            if isinstance(error, ParameterRefused):
                self._explain(error)
            self._settle(self._touched or error.may_be_done, False)
            if self.changed:
                # Nobody can look which bindings there are, and what was sent before need not be so any more.
                self._site.memory.put(SECTION, {self._key: None})
            self.result["state"] = self.after["state"] = None if self.changed else self.before["state"]
            raise
        if not self.changed:
            self._settle(False, self.result["changed_is_certain"], self._state)

    def _settle(self, changed, certain, previous=None):
        """Note what was seen. previous: what the binding was, where that was seen too."""
        self.changed = changed
        self.result.update(changed_is_certain=certain, uncertain=[] if certain else [_UNSEEN])
        if previous is not None:
            self.before["state"] = self.result["previous"] = previous

    def _activate(self):
        bound = self._bind(self._role_key)
        count = self._counted()
        if not bound or count == 0:
            self._restore()
        else:
            if count is not None:
                self._settle(count > self._count, True, ABSENT if count > self._count else None)
            self._remember({**(self._sent or {}), self._role_key: PRESENT})

    def _restore(self):
        self._call(UNBIND, self._names)
        # The bindings of other roles went with it.
        others = {role: state for role, state in (self._sent or {}).items() if role != self._role_key}
        self._remember({})
        for role in (self._role_key, *(role for role, state in others.items() if state == PRESENT)):
            self._bind(role)
        lost = [role for role, state in others.items() if state != PRESENT]
        if lost:
            self._site.warn(f"The suspended binding of {', '.join(lost)} was lost: the plugin can restore one only by removing all.")
        self._remember({role: PRESENT for role in (self._role_key, *others) if role not in lost})
        works = self._counted() != 0
        if not works:
            self._site.warn(
                "The course still lists no active binding of a cohort: is the enrolment method Cohort sync enabled (Site administration > "
                "Plugins > Enrolments > Manage enrol plugins)?"
            )
        self.result["restored"] = True
        self._settle(True, works, SUSPENDED)

    def _suspend(self):
        if self.before["state"] == SUSPENDED and not self._count:
            # Binding it to see whether it is there might wake it, should the plugin be fixed one day.
            self._call(SUSPEND, self._names)
        elif self._bind(self._role_key):
            self._call(SUSPEND, self._names)
            self._settle(True, True)
        else:
            self._settle(False, True)
        others = sorted(role for role, state in (self._sent or {}).items() if state == PRESENT and role != self._role_key)
        if others:
            self._site.warn(f"The plugin suspends the bindings of all roles: that of {', '.join(others)} too.")
        self._remember({**dict.fromkeys(self._sent or (), SUSPENDED), self._role_key: SUSPENDED})

    def _remove(self):
        self._call(UNBIND, self._names)
        count = self._counted()
        gone = None if count is None else count < self._count
        if gone is not None:
            # One that nobody knows of may have been suspended.
            self._settle(gone or self._sent is None or SUSPENDED in self._sent.values(), gone)
        if self.changed and gone is not False and self.before["state"] != SUSPENDED:
            self._site.warn(_LEFT_BEHIND)
        self._remember({})

    def _bind(self, role):
        """Bind the cohort by a role; False where there is a suspended binding, which is left alone."""
        by, _equals, value = role.partition("=")
        try:
            self._call(BIND, {**self._names, "ridsource": by, "rid": value})
        except MoodleError as error:
            if error.errorcode is None and _SUSPENDED_ERROR in error.message:
                return False
            raise
        return True

    def _call(self, function, parameters):
        self._site.moodle.call(function, parameters)
        self._touched = True

    def _remember(self, roles):
        if roles != self._sent:
            self._site.memory.put(SECTION, {self._key: roles})
            self._sent = roles

    def _explain(self, error):
        """Say in an error why Moodle refused a call, as far as it can be told."""
        suspects = [self._role, *self._suspects] if self._state != ABSENT else self._suspects
        error.message = told(error) if error.debuginfo or not suspects else f"{unknown(suspects)}."
        error.option = suspects[0].kind if len(suspects) == 1 else None
