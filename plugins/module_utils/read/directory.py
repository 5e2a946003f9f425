# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses, users, roles, cohorts and categories by whatever identifier the user chose.

Private to this collection. A reference is checked before anything is sent, and looked up through Moodle's read functions
where the token has them: the plugin answers every unknown identifier with the same "Invalid parameter value detected".
"""

from __future__ import annotations

import typing as t

from ..errors import AccessRefused, FunctionUnknown, MoodleError, OptionError, concerns_records, lacks_function
from ..send.batch import Bulk
from ..wire.moodle import has_markup

IDENTIFIERS = {
    "course": ("id", "shortname", "idnumber"),
    "user": ("id", "username", "idnumber", "email"),
    "role": ("id", "shortname"),
    "cohort": ("id", "idnumber", "name"),
    "category": ("id", "idnumber"),
    "group": ("id", "name"),
}
COURSES = "core_course_get_courses_by_field"
USERS = "core_user_get_users_by_field"
CATEGORIES = "core_course_get_categories"
_LONGEST = 255
#: Values of which Moodle knows only one spelling.
_LOWER_CASE = ("username", "email")
_MAY_NOT_SEE = {
    "course": "or one that the token's account may not see",
    "user": "or one that the token's account may not see (capability moodle/user:viewdetails)",
    "category": "or one that the token's account may not see",
    "cohort": "or one that the token's account may not see (capability moodle/cohort:view)",
}


class Ref(t.NamedTuple):
    """What a user wrote for a course, user, role, cohort or category. kind: one of IDENTIFIERS; by: the identifier; value: text."""

    kind: str
    by: str
    value: str

    def __str__(self):
        return f"{self.kind} {self.value} ({self.by})"


def reference(kind, by, value, option):
    """The Ref for an option's value. Raises OptionError for what can be no identifier; option: for the message."""
    if by not in IDENTIFIERS[kind]:
        allowed = ", ".join(IDENTIFIERS[kind])
        raise OptionError(f"{option}: a {kind} is identified by {allowed}; not by {by}.", option=option)
    text = str(value)
    if by in ("id", *_LOWER_CASE):
        text = text.strip()
    if not text.strip():
        raise OptionError(f"{option} is empty.", option=option)
    if len(text) > _LONGEST:
        raise OptionError(f"{option} is longer than {_LONGEST} characters.", option=option)
    if by == "id" and not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**63):
        raise OptionError(
            f"{option} must be a number, because the {kind} is identified by its id.",
            option=option,
            cure=f"Correct it, or set {kind}_identifier to {' or '.join(IDENTIFIERS[kind][1:])}; nothing was sent.",
        )
    if has_markup(text):
        raise OptionError(f"{option} holds a <, which Moodle takes for markup and refuses.", option=option)
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text):
        raise OptionError(f"{option} holds a control character or broken UTF-8.", option=option)
    if by == "id":
        text = str(int(text))
    return Ref(kind, by, text.lower() if by == "username" else text)


class Directory:
    """Looks references up, each once.

    can_ask: kind -> False once the token turned out not to have the read function. What then is known by no id, and what
    the token's account is not shown, has neither an id nor a problem: only Moodle can tell, when it is sent.
    """

    def __init__(self, moodle, max_input_vars):
        self._moodle = moodle
        self._max_input_vars = max_input_vars
        self._ids: dict[Ref, int] = {}
        self._problems: dict[Ref, str] = {}
        self.can_ask = {"course": True, "user": True, "category": True}

    def id_of(self, ref):
        """The id on the site, or None where it is not known (or where there is a problem)."""
        return self._ids.get(ref)

    def problem(self, ref):
        """Why the reference leads nowhere, or None."""
        return self._problems.get(ref)

    def learn(self, ref, number):
        """Note an id that another read told."""
        self._ids[ref] = number

    def look_up(self, refs):
        """Ask for all courses and users among the references that are not known yet."""
        unknown = [ref for ref in dict.fromkeys(refs) if ref not in self._ids and ref not in self._problems]
        self._guarded("course", self._courses, [ref for ref in unknown if ref.kind == "course"])
        self._guarded("user", self._users, [ref for ref in unknown if ref.kind == "user"])
        self._guarded("category", self._categories, [ref for ref in unknown if ref.kind == "category"])
        for ref in unknown:
            if ref.by == "id" and not self.can_ask.get(ref.kind):
                self._ids[ref] = int(ref.value)

    def _guarded(self, kind, ask, refs):
        if not refs or not self.can_ask[kind]:
            return
        try:
            ask(refs)
        except (AccessRefused, FunctionUnknown) as error:
            if not lacks_function(error):
                raise
            self.can_ask[kind] = False

    def _courses(self, refs):
        for ref in refs:
            try:
                found = self._moodle.call(COURSES, {"value": ref.value, "field": ref.by}).value["courses"]
            except MoodleError as error:
                if not concerns_records(error):
                    raise
                self._problems[ref] = f"Moodle refuses to look for the {ref}: {error.message}"
                continue
            self._note(ref, [course["id"] for course in found])

    def _categories(self, refs):
        for ref in refs:
            criteria = [{"key": ref.by, "value": ref.value}]
            try:
                found = self._moodle.call(CATEGORIES, {"criteria": criteria, "addsubcategories": False}).value
            except MoodleError as error:
                if not concerns_records(error):
                    raise
                # An account that may not search by this key gets an error, not an empty list: nothing is known.
                continue
            self._note(ref, [category["id"] for category in found])

    def _users(self, refs):
        for by in IDENTIFIERS["user"]:
            wanted = {ref.value: ref for ref in refs if ref.by == by}
            found = _Found(self._moodle, by)
            bulk = Bulk(found.ask, lambda value: 1, self._max_input_vars, overhead=1)
            for value, error, _tried in bulk.run(wanted):
                if error is not None:
                    self._problems[wanted[value]] = f"Moodle takes {value} for no {by}: {error.message}"
                elif found.ids_of(value) or not found.hidden:
                    self._note(wanted[value], found.ids_of(value))

    def _note(self, ref, ids):
        if len(ids) == 1:
            self._ids[ref] = ids[0]
        else:
            self._problems[ref] = not_one(ref, ids)


def not_one(ref, ids):
    """What is wrong with a reference that leads to none or to several of its kind."""
    if not ids:
        return f"no {ref.kind} has the {ref.by} {ref.value}, {_MAY_NOT_SEE[ref.kind]}"
    plural = "categories" if ref.kind == "category" else f"{ref.kind}s"
    shown = ", ".join(map(str, ids[:10]))
    return f"several {plural} have the {ref.by} {ref.value} (ids {shown}): name the {ref.kind} by another identifier"


class _Found:
    """The users that Moodle gave for values of an identifier. hidden: the token's account is not shown everybody's."""

    def __init__(self, moodle, by):
        self._moodle, self._by = moodle, by
        self._ids: dict[str, list[int]] = {}
        self.hidden = False

    def ask(self, values):
        # The field comes last: where PHP cuts the request off, Moodle refuses it instead of leaving users out.
        for user in self._moodle.call(USERS, {"values": values, "field": self._by}).value:
            if user.get(self._by) is None:
                self.hidden = True
                continue
            ids = self._ids.setdefault(folded(self._by, str(user[self._by])), [])
            if user["id"] not in ids:
                ids.append(user["id"])

    def ids_of(self, value):
        return self._ids.get(folded(self._by, value), [])


def folded(by, value):
    """A value as it is compared: databases differ in whether case counts for an e-mail address."""
    return value.casefold() if by in _LOWER_CASE else value
