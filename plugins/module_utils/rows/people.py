# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The working copy of accounts, on which a file of users is played.

Private to this collection.
"""

from __future__ import annotations

from .accounts import Accounts

#: What identifies an account for the plugin.
IDENTITIES = ("username", "email", "idnumber")


class Person:
    """An account. fields: texts, by the names of the file's columns; None for one whose value nobody knows. id: None for a new one."""

    __slots__ = ("id", "fields", "was", "gone")

    def __init__(self, number, fields):
        self.id, self.fields = number, fields
        self.was = fields if number is not None else None
        self.gone = False

    def get(self, field):
        return self.fields.get(field, "")

    def set(self, field, value):
        """Change the working copy, which is made for the first change only."""
        if self.fields is self.was:
            self.fields = dict(self.fields)
        self.fields[field] = value


class People:
    """Reads the accounts that rows name, nobody twice where that can be helped, and finds them as the plugin does.

    identity: the setting primaryidentity.
    """

    def __init__(self, readers, identity):
        self.identity = identity
        self.reader = readers.users
        self.by = {by: Accounts(readers, by) for by in IDENTITIES}
        self._found: dict[tuple[str, str], list[Person]] = {}
        self._known: dict[int, Person] = {}
        self._rows: list[tuple[str, str, str]] = []

    # -- reading ----------------------------------------------------------------------------------------------------

    def want(self, username, email, idnumber):
        self._rows.append((username, email, idnumber))

    def read(self):
        """By the key first; then by the e-mail, which shows who else has it; then those by name who were not shown yet."""
        if self.identity == "idnumber":
            self._read("idnumber", (idnumber for _username, _email, idnumber in self._rows))
        if self.identity in ("idnumber", "username", "email"):
            self._read("email", (email for _username, email, _idnumber in self._rows))
        known = {person.get("username") for person in self._known.values()}
        self._read("username", (username for username, _email, _idnumber in self._rows if username not in known))
        self._rows.clear()

    def _read(self, by, values):
        accounts, asked = self.by[by], []
        for value in values:
            if value:
                accounts.want(value)
                asked.append(value)
        accounts.read()
        for value in dict.fromkeys(asked):
            for record in accounts.records(value):
                self._take(record)

    def _take(self, record):
        if record.id not in self._known:
            person = self._known[record.id] = Person(record.id, record.fields)
            self.add(person)

    @property
    def readable(self):
        return self.reader.readable and not any(map(self.reader.hides, IDENTITIES))

    @property
    def all(self):
        """The accounts that there were."""
        return self._known.values()

    def before(self, username):
        """The account that had a name before the rows, or None."""
        return next((person for person in self._known.values() if person.was.get("username") == username), None)

    # -- finding ----------------------------------------------------------------------------------------------------

    def add(self, person):
        for by in IDENTITIES:
            self._found.setdefault((by, person.get(by).casefold()), []).append(person)

    def change(self, person, by, value):
        """Give an account another identity."""
        self._found[by, person.get(by).casefold()].remove(person)
        person.set(by, value)
        self._found.setdefault((by, value.casefold()), []).append(person)

    def having(self, by, value):
        """(the accounts that have a value for the database, whether that is sure)."""
        found, sure = [], True
        for person in self._found.get((by, value.casefold()), ()):
            if person.gone:
                continue
            same, told = (True, True) if person.id is None and person.get(by) == value else self.by[by].same(value, person.get(by))
            if same:
                found.append(person)
            sure = sure and told
        return found, sure

    def sees_all(self):
        return self.by["username"].sees_all()
