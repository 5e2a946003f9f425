# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, by what identifies them, as far as the token's account is shown them.

Private to this collection. Many are read in one request, several requests at a time, and nobody twice.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import MoodleError
from ..send.batch import CREDENTIALS, Bulk

USERS = "core_user_get_users_by_field"
SEARCH = "core_user_get_users"
#: Identifiers of which Moodle knows only one spelling.
_LOWER_CASE = ("username", "email")
#: What a site takes either all or none of. For user names a setting of it decides (extendedusernamechars).
_ODD = {"username": re.compile(r"[^-.@_a-z0-9]"), "email": re.compile(r"\A[^@]*\Z")}


def folded(by, value):
    """A value as it is compared: databases differ in whether case counts for an e-mail address."""
    return value.casefold() if by in _LOWER_CASE else value


class User(t.NamedTuple):
    """fields: texts as a file for the users service would carry them, C(profile_field_x) included.

    A field that is empty may be left out, as is one that the token's account is not shown.
    """

    id: int
    fields: dict[str, str]


class Users:
    """Reads users: C(look_up), then C(find), each with Refs by id, username, idnumber or email.

    readable: False once the token turned out to lack the function; then nobody is found.
    """

    def __init__(self, asker):
        self._asker = asker
        self._users: dict[int, User] = {}
        self._asked: set[tuple[str, str]] = set()
        #: (by, folded value) -> ids.
        self._ids: dict[tuple[str, str], list[int]] = {}
        self._refused: dict[tuple[str, str], MoodleError] = {}
        self._hidden: set[str] = set()
        self._shown: set[str] = set()

    @property
    def readable(self):
        return USERS not in self._asker.lacking

    def look_up(self, refs):
        """Ask for those that were not asked for yet."""
        wanted: dict[str, dict[str, None]] = {}
        for ref in refs:
            # Moodle knows user names in lower case only, and refuses all of a request for one that is not.
            value = ref.value.lower() if ref.by == "username" else ref.value
            if value and (ref.by, value) not in self._asked:
                wanted.setdefault(ref.by, {})[value] = None
        for by, values in wanted.items():
            self._look_up(by, values)

    def expect(self, accounts):
        """Take accounts that are to come for some that are there, with ids below 0. accounts: fields as of a User."""
        for number, fields in enumerate(accounts, 1):
            self._users[-number] = User(-number, fields)
            for by in ("username", "idnumber", "email"):
                if fields.get(by):
                    self._ids.setdefault(_key(by, fields[by]), []).append(-number)

    def all(self, auth=""):
        """The Users of an authentication method; without one, all that have an e-mail. None where the token may not list them."""
        key, value = ("auth", auth) if auth else ("email", "%")
        answer = self._asker.ask(SEARCH, {"criteria": [{"key": key, "value": value}]})
        return None if answer is None else [User(row["id"], _fields(row)) for row in answer["users"]]

    def find(self, ref):
        """The Users that a reference fits, among those that were looked up."""
        return [self._users[number] for number in self._ids.get(_key(ref.by, ref.value), ())]

    def refusal(self, ref):
        """The MoodleError by which Moodle took a value for none of its kind, or None."""
        return self._refused.get(_key(ref.by, ref.value))

    def usernames(self, ids):
        """id -> username of those that the account is shown; None where users can't be read."""
        self._look_up("id", [str(number) for number in dict.fromkeys(ids) if ("id", str(number)) not in self._asked])
        found = {number: self._users[number].fields.get("username") for number in ids if number in self._users}
        return {number: name for number, name in found.items() if name is not None} if self.readable else None

    def hides(self, by):
        """Whether somebody's identifier is not shown, so that who is not found may be there all the same."""
        return by in self._hidden

    def shows(self, field):
        """Whether a field was seen of anybody: otherwise an empty one looks like one that is not shown."""
        return field in self._shown

    def _look_up(self, by, values):
        odd, overhead = _ODD.get(by), CREDENTIALS + 1
        bulk = Bulk(
            lambda batch: self._ask(by, batch),
            lambda value: 1,
            self._asker.share(len(values), self._asker.max_input_vars - overhead) + overhead,
            overhead=1,
            lanes=self._asker.lanes,
            # Each of them would refuse all of a request.
            group=lambda value: by if odd and odd.search(value) else None,
        )
        for value, error, _tried in bulk.run(values):
            self._asked.add((by, value))
            if error is not None:
                self._refused[_key(by, value)] = error

    def _ask(self, by, values):
        # The field comes last: where PHP cuts the request off, Moodle refuses it instead of leaving users out.
        for row in self._asker.ask(USERS, {"values": values, "field": by}) or ():
            user = self._users.setdefault(row["id"], User(row["id"], _fields(row)))
            self._shown.update(name for name in user.fields.keys() - self._shown if user.fields[name])
            self._asked.add(("id", str(user.id)))
            self._ids["id", str(user.id)] = [user.id]
            if row.get(by) is None:
                self._hidden.add(by)
                continue
            ids = self._ids.setdefault(_key(by, str(row[by])), [])
            if user.id not in ids:
                ids.append(user.id)


def _key(by, value):
    return by, folded(by, value)


def _fields(row):
    fields = {name: value if isinstance(value, str) else str(int(value)) for name, value in row.items() if isinstance(value, (str, int))}
    for field in row.get("customfields") or ():
        value = field.get("value")
        fields[f"profile_field_{field.get('shortname')}"] = "" if value is None else str(value)
    return fields
