# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Courses, users, roles, cohorts and categories by whatever identifier the user chose.

Private to this collection. A reference is checked before anything is sent, and looked up through Moodle's read functions
where the token has them: the plugin answers every unknown identifier with the same "Invalid parameter value detected".
"""

from __future__ import annotations

import functools
import re
import typing as t

from ..errors import OptionError
from ..wire.moodle import has_markup
from .categories import Categories
from .courses import Courses
from .users import Users

IDENTIFIERS = {
    "course": ("id", "shortname", "idnumber"),
    "user": ("id", "username", "idnumber", "email"),
    "role": ("id", "shortname"),
    "cohort": ("id", "idnumber", "name"),
    "category": ("id", "idnumber"),
    "group": ("id", "name"),
}
_LONGEST = 255
_MAY_NOT_SEE = {
    "course": "or one that the token's account may not see",
    "user": "or one that the token's account may not see (capability moodle/user:viewdetails)",
    "category": "or one that the token's account may not see",
    "cohort": "or one that the token's account may not see (capability moodle/cohort:view)",
}
#: How the plugin's web page names accounts of other sites, C(username@mnethostid): no function of it, nor of Moodle, finds them so.
_OF_ANOTHER_SITE = re.compile(r".@\d+\Z")


class Ref(t.NamedTuple):
    """What a user wrote for a course, user, role, cohort or category. kind: one of IDENTIFIERS; by: the identifier; value: text."""

    kind: str
    by: str
    value: str

    def __str__(self):
        return f"{self.kind} {self.value} ({self.by})"


def id_in(value):
    """The id that an option's value is, or None."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) < 2**63 else None


def reference(kind, by, value, option):
    """The Ref for an option's value. Raises OptionError for what can be no identifier; option: for the message."""
    if by not in IDENTIFIERS[kind]:
        allowed = ", ".join(IDENTIFIERS[kind])
        raise OptionError(f"{option}: a {kind} is identified by {allowed}; not by {by}.", option=option)
    text = str(value)
    if by in ("id", "username", "email"):
        text = text.strip()
    if not text.strip():
        raise OptionError(f"{option} is empty.", option=option)
    if len(text) > _LONGEST:
        raise OptionError(f"{option} is longer than {_LONGEST} characters.", option=option)
    if by == "id" and id_in(text) is None:
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
    """Looks references up, each once. users, courses, categories: the readers, with what they were told.

    What is known by no id where the token lacks the function, and what the token's account is not shown, has neither an id nor a
    problem: only Moodle can tell, when it is sent.
    """

    def __init__(self, asker):
        self._asker = asker
        self.courses, self.users, self.categories = Courses(asker), Users(asker), Categories(asker)
        self._readers = {"course": self.courses, "user": self.users, "category": self.categories}
        self._ids: dict[Ref, int] = {}
        self._problems: dict[Ref, str] = {}

    @property
    def readable(self):
        """Whether the token has all the functions that were needed so far."""
        return all(reader.readable for reader in self._readers.values())

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
        """Ask for all courses, users and categories among the references that are not known yet."""
        unknown = [ref for ref in dict.fromkeys(refs) if ref not in self._ids and ref not in self._problems]
        wanted = {kind: [ref for ref in unknown if ref.kind == kind] for kind in self._readers}
        self._asker.together(*(functools.partial(self._readers[kind].look_up, refs) for kind, refs in wanted.items() if refs))
        for ref in unknown:
            reader = self._readers.get(ref.kind)
            if reader is not None and reader.readable:
                self._note(ref, reader.find(ref))
            elif ref.by == "id":
                self._ids[ref] = int(ref.value)

    def _note(self, ref, found):
        error = self._readers[ref.kind].refusal(ref) if ref.kind in ("user", "course") else None
        if error is not None and ref.kind == "user":
            self._problems[ref] = f"Moodle takes {ref.value} for no {ref.by}: {error.message}"
        elif error is not None:
            self._problems[ref] = f"Moodle refuses to look for the {ref}: {error.message}"
        elif found is None or (not found and ref.kind == "user" and self.users.hides(ref.by)):
            pass
        elif len(found) == 1:
            self._ids[ref] = found[0].id
        else:
            self._problems[ref] = not_one(ref, [record.id for record in found])


def unknown(refs):
    """What is wrong where Moodle does not know some of these references, and does not say which."""
    return f"Moodle knows no {' or no '.join(map(str, refs))}{''.join(map(_hint, refs))}"


def not_one(ref, ids):
    """What is wrong with a reference that leads to none or to several of its kind."""
    if not ids:
        return f"no {ref.kind} has the {ref.by} {ref.value}, {_MAY_NOT_SEE[ref.kind]}{_hint(ref)}"
    plural = "categories" if ref.kind == "category" else f"{ref.kind}s"
    shown = ", ".join(map(str, ids[:10]))
    return f"several {plural} have the {ref.by} {ref.value} (ids {shown}): name the {ref.kind} by another identifier"


def _hint(ref):
    if (ref.kind, ref.by) != ("user", "username") or not _OF_ANOTHER_SITE.search(ref.value):
        return ""
    return "; accounts of other sites (username@mnethostid) are found by their id, idnumber or email only"
