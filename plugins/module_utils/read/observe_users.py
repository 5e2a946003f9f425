# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a run's rows, before and after it.

Private to this collection.
"""

from __future__ import annotations

from .values import batches, text

#: Columns of the users service that core_user_get_users_by_field gives back as they were sent.
USER_FIELDS = frozenset(
    "username firstname lastname email idnumber institution department city country lang timezone phone1 phone2 address "
    "auth suspended mailformat".split()
)


class UsersObserver:
    """Compares the fields that the columns of the users service set. Its snapshot: username -> field -> text."""

    #: The report says the same of a user who changed and of one who did not.
    compares = True

    def __init__(self, moodle, rows, settings):
        self._moodle, self._rows = moodle, rows
        self._readable: set[str] = set()

    def look(self):
        """{username: {column: text}} of the rows' users that exist."""
        found = {}
        for names in batches(_username(row) for row in self._rows if not row.skipped):
            parameters = {"field": "username", "values": names}
            for user in self._moodle.call("core_user_get_users_by_field", parameters).value:
                found[user["username"]] = self._fields(user)
        return found

    def predict(self, row, before):
        """What a run will make of a row: created, updated, unchanged; None when that can't be told."""
        user = before.get(_username(row))
        if "deleted" in row.values:
            return None
        if user is None:
            return "created"
        return self._verdict(row, all(user.get(key, "") == value for key, value in self._values(row)))

    def outcome(self, row, before, after):
        """What a run has made of a row."""
        name = _username(row)
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            return "created" if new else "deleted" if old else None
        return self._verdict(row, old == new)

    def _verdict(self, row, same):
        if not same:
            return "updated"
        return "unchanged" if all(self._can_see(key) for key, value in row.values.items() if value) else None

    def _can_see(self, column):
        """Whether the account of the token is shown the field: an empty field and a hidden one look the same otherwise."""
        return column in self._readable

    def _fields(self, user):
        fields = {key: text(value) for key, value in user.items() if key in USER_FIELDS}
        for field in user.get("customfields") or ():
            fields[f"profile_field_{field.get('shortname')}"] = text(field.get("value"))
        self._readable.update(key for key, value in fields.items() if value)
        return fields

    def _values(self, row):
        for key, value in row.values.items():
            if key in USER_FIELDS or key.startswith("profile_field_"):
                yield key, value.lower() if key == "username" else value


def _username(row):
    return row.values.get("username", "").lower()
