# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that a filter names and a file of users lacks: suspended, or deleted.

Private to this collection. They go into a file of their own, whose rows say of each account what it is now, as the plugin sets every field
of an account that it writes.
"""

from __future__ import annotations

from ..errors import OptionError, not_in_service
from ..read.account import SITE_INFO, Account
from ..read.users import SEARCH
from ..rows.plan import DELETE, SURE, UPDATE, Outcome

#: Columns that a suspended account keeps.
_KEPT = "username firstname lastname email idnumber institution department city country lang timezone auth".split()
_NAMED = "username firstname lastname email idnumber".split()
#: Ids of the guest and of the first administrator.
_SPARED_IDS, _SPARED_NAMES = (1, 2), ("admin", "guest")


class Leavers:
    """outcomes: of the accounts, which have no line; rows: for their file; covered: accounts that the filter names.

    given: a dict of auth, idnumber_prefix, action, keep and confirm. rules: UserRules that were played. Raises OptionError.
    """

    def __init__(self, readers, settings, given, rules):
        auth, prefix = (given.get("auth") or "").strip(), given.get("idnumber_prefix") or ""
        if not auth and not prefix:
            raise OptionError(
                "leavers: a filter with neither auth nor idnumber_prefix names everybody.",
                option="leavers",
                cure="Name one of them, or both; nothing was sent.",
            )
        deletes = given["action"] == "delete"
        if deletes and not given["confirm"]:
            raise OptionError(
                "leavers: deleting accounts loses their grades and work for good.",
                option="leavers",
                cure="Suspend them (action: suspend), or set confirm: true as well if that is meant; nothing was sent.",
            )
        self.notes: list[str] = []
        own = self._own(readers)
        found = readers.users.all(auth)
        if found is None:
            raise not_in_service("leavers: the accounts of the site can't be listed with this token.", SEARCH)
        named = [user for user in found if user.fields.get("idnumber", "").startswith(prefix)]
        self.covered = len(named)
        keep = {name.lower() for name in given.get("keep") or ()}
        staying = rules.names()
        self.outcomes: list[Outcome] = []
        self.rows: list[dict] = []
        for user in named:
            name = user.fields.get("username", "")
            spared = user.id in (own, *_SPARED_IDS) or name in _SPARED_NAMES or name in keep
            if spared or not name or staying(user.fields):
                continue
            if not deletes and user.fields.get("suspended") == "1":
                continue
            self._add(user, deletes)

    def _add(self, user, deletes):
        kind, column = (DELETE, "deleted") if deletes else (UPDATE, "suspended")
        name = user.fields["username"]
        fields = {column: ("0", "1")}
        outcome = Outcome(None, name, kind, "is not in the file", changes=True, doubt=SURE, fields=fields, removes=1)
        self.outcomes.append(outcome)
        columns = _NAMED if deletes else _KEPT
        self.rows.append({**{column: user.fields.get(column, "") for column in columns}, column: "1"})

    @staticmethod
    def _own(readers):
        """The id of the token's account."""
        own = Account(readers.asker).id
        if own is None:
            raise not_in_service("leavers: whose token it is can't be told, so that its own account could be among them.", SITE_INFO)
        return own
