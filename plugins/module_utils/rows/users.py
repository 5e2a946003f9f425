# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of users makes of each row (plugin.md B.3).

Private to this collection. Written beside the rules of the practice Moodle, which judge them. The plugin writes every field of an account,
with its own defaults or the site's where the file has no column for it.
"""

from __future__ import annotations

import collections
import re
import time

from ..csvfile.rules import USER_WIDTHS
from .accounts import of_the_deleted
from .dates import LATER
from .people import People, Person
from .plan import CREATE, DELETE, HIDDEN, LOOK, REPORT, SETS, SURE, UPDATE, Rules, Sight, truthy
from .sidelines import Sidelines
from .tally import Tally

REQUIRED = ("username", "firstname", "lastname")
#: Columns whose values Moodle shows.
SHOWN = frozenset(
    "username firstname lastname email idnumber institution department city country lang timezone phone1 phone2 address auth suspended "
    "mailformat".split()
)
#: Columns that the plugin stores, and that no function shows. maildisplay and maildigest are set to defaults in each account of a
#: file that lacks them; nothing could ever be told of an account if that counted.
UNSHOWN = frozenset("password maildisplay maildigest autosubscribe trackforums description".split())
#: What the plugin writes where the file has no such column: a value; or the site's default, which no function tells.
DEFAULTS = {"institution": "", "department": "", "idnumber": ""}
SITE_DEFAULTS = ("city", "country", "lang", "timezone")
NUMBERS = ("suspended", "mailformat")
#: The accounts that the plugin never deletes.
SPARED = ("admin", "guest")
_JUNK = "deleted: whether an earlier run has made the account can't be seen"
#: A name that Moodle takes only where the site allows any character in it.
_NO_NAME = re.compile(r"[^-.@_a-z0-9]").search


class UserRules(Rules):
    """Of the settings that no web service sets, protectemails and the site's own city, country, lang and timezone decide here."""

    def __init__(self, readers, settings):
        super().__init__(readers, settings)
        told = settings.get("primaryidentity")
        self._identity = told or "username"
        self._doubt = SURE if told else HIDDEN
        self._people = People(readers, self._identity)
        self._sidelines = Sidelines(readers, settings)
        self._persons: dict[int, Person] = {}
        self._rows_of: collections.Counter = collections.Counter()
        #: line -> {field: value before it} of rows of which nothing is open but the site's defaults.
        self._open: dict[int, dict] = {}
        #: line -> the site's defaults that the row makes an account have.
        self._written: dict[int, frozenset] = {}
        self._defaults: dict | None = None
        #: Keys of accounts that rows make deleted.
        self._junk: set[str] = set()
        self._site = {name: settings.get(name) for name in SITE_DEFAULTS}

    # -- reading ----------------------------------------------------------------------------------------------------

    def note(self, row):
        values = row.values
        username = values.get("username", "").lower()
        self._people.want(username, values.get("email", ""), values.get("idnumber", ""))
        self._rows_of[username] += 1
        self._sidelines.note(values)
        self.sets_dates = self.sets_dates or self._sidelines.enrols(values)

    def read(self):
        self._people.read()
        self._sidelines.read()
        self._read_at = time.monotonic()

    def settle(self):
        if self._sidelines.moves:
            time.sleep(max(0.0, self._read_at + LATER - time.monotonic()))

    def covered(self):
        return len(self._people.all)

    def names(self):
        """A function that says of an account's fields whether the file names it; after the rows were played."""
        known = {person.get("username") for person in self._persons.values()} | set(self._rows_of)
        return lambda fields: fields.get("username", "") in known

    # -- a row ------------------------------------------------------------------------------------------------------

    def play(self, row):
        values = row.values
        tally = Tally(row.line, self._key(values), self._doubt)
        self._play(row.line, values, tally)
        return tally.outcome()

    def _key(self, values):
        by = (self._identity, "username") if self._identity != "id" else ("username",)
        found = next((values[column] for column in by if values.get(column)), "")
        return found.encode("utf-8", "replace").decode() or None

    def _play(self, line, values, tally):
        for name in REQUIRED:
            if name in values and not truthy(values[name]):
                tally.stop(f"{name}: is empty, which ends the run")
                return
        if truthy(values.get("oldusername")):
            tally.unknown("oldusername: ends the run, where the site allows renaming")
            return
        user = {**values, "username": values.get("username", "").lower()}
        if self._breaks(user, tally):
            return
        if of_the_deleted(user["username"]) or user["username"] == "guest" or user.get("mnethostid", "1") not in ("", "1"):
            tally.unknown("username: accounts that are deleted, of guests and of other hosts can't be read")
            return
        if not truthy(user.get("idnumber")):
            user["idnumber"] = ""
        if "deleted" in values:
            if self._delete(line, user, tally):
                return
        self._save(line, user, tally)

    @staticmethod
    def _breaks(user, tally):
        """Whether Moodle's database, or Moodle itself, may refuse a value, which ends the run."""
        for name, width in USER_WIDTHS.items():
            if len(user.get(name, "")) > width:
                tally.stop(f"{name}: is longer than {width} characters, which ends the run")
                return True
        if len(user.get("country", "")) > 2 or len(user["username"]) > 100:
            tally.stop("country, username: is too long, which ends the run")
            return True
        if any(not user.get(name, "").isdecimal() for name in NUMBERS if user.get(name)):
            tally.stop("suspended, mailformat: is no number, which may end the run", sure=False)
            return True
        if _NO_NAME(user["username"]) or truthy(user.get("email")) and "@" not in user["email"]:
            tally.stop("username, email: is none by Moodle's usual rules, which may end the run", sure=False)
            return True
        return False

    def _delete(self, line, user, tally):
        """Returns whether the row ends here."""
        if self._identity == "id":
            tally.unknown("deleted: by the setting primaryidentity id nobody is found")
            return True
        key = user.get(self._identity, "")
        found, sure = self._people.having(self._identity, key) if key else ([], False)
        if not sure or len(found) > 1 or not found and not self._people.readable:
            tally.unknown(f"{self._identity}: whether there is such an account can't be told")
            return True
        if not found and key in self._junk:
            tally.says = "unreported"
            tally.doubted(REPORT, _JUNK)
            return True
        if not found:
            tally.wrecks("deleted: there is no such account, and the plugin makes one that is deleted")
            tally.doubted(REPORT, _JUNK)
            self._junk.add(key)
            return False
        person = found[0]
        self._at(line, person)
        tally.says = "unreported"
        if person.get("username") not in SPARED:
            person.gone = True
            tally.did(DELETE, removes=1)
        return True

    def _at(self, line, person):
        self._persons[line] = person

    def _old(self, user, tally):
        """The account that the row is about, as the plugin finds it; None for a new one."""
        by = self._identity if self._identity in ("idnumber", "email") and truthy(user.get(self._identity)) else "username"
        found, sure = self._people.having(by, user[by])
        if not sure or len(found) > 1:
            tally.doubted(LOOK if sure else REPORT, f"{by}: whose it is can't be told")
        if not found and not (self._people.readable and self._people.sees_all()):
            tally.unknown("username: whether there is such an account can't be told")
        return min(found, key=lambda person: person.id or 2**62) if found else None

    def _save(self, line, user, tally):
        old = self._old(user, tally)
        if tally.ended:
            return
        if old is not None:
            self._at(line, old)
        if self._collides(user, tally):
            return
        self._written[line] = frozenset(SITE_DEFAULTS).difference(user)
        if old is None:
            tally.says = "created"
            tally.did(CREATE)
            old = Person(None, self._new(user))
            old.gone = user.get("deleted") == "1"
            self._people.add(old)
            self._at(line, old)
            for name in user:
                if name in SHOWN and user[name]:
                    tally.field(name, None, user[name])
        else:
            tally.says = "updated"
            self._update(line, old, user, tally)
        self._sidelines.play(user, old.id if old.id is not None else old, tally)

    # -- whose e-mail and name it is --------------------------------------------------------------------------------

    def _collides(self, user, tally):
        """Whether the row's name or e-mail belongs to another account than its key does."""
        identity = self._identity
        key = user.get(identity)
        if identity == "id" or key is None:
            return False
        for column in ("username", "email"):
            if column == identity or column == "email" and not truthy(user.get("email")):
                continue
            others, sure = self._taken(column, user[column], identity, key)
            if others is None:
                continue
            if not sure:
                tally.doubted(REPORT, f"{column}: whose it is can't be told")
            if others is True:
                tally.fail(f"{identity}: is empty, and others have none either")
                return True
            if others:
                whose = ", ".join(str(person.id) for person in others[:3] if person.id is not None)
                whose = f" (account {whose})" if whose else ""
                tally.fail(f"{column}: belongs to another {identity}, or the {identity} to another {column}{whose}")
                return True
        return False

    def _taken(self, column, value, identity, key):
        """(the accounts with the same value and another key, or the same key and another value, whether that is sure)."""
        having, sure = self._people.having(column, value)
        keyed, key_sure = self._people.having(identity, key)
        if not key:
            return (True, True) if identity == "idnumber" else ([person for person in having if person.get(identity)], False)
        others = [person for person in having if person not in keyed] + [person for person in keyed if person not in having]
        return others, sure and key_sure

    # -- fields -----------------------------------------------------------------------------------------------------

    def _wanted(self, user):
        """{field: what the row makes it} of those that are shown; None: the site's default."""
        wanted = {**DEFAULTS, **self._site}
        for name, value in user.items():
            if name in SHOWN or name.startswith("profile_field_"):
                wanted[name] = value
        wanted["country"] = wanted["country"] and wanted["country"].upper()
        wanted["lang"] = wanted["lang"] and wanted["lang"].lower().replace("_utf8", "")
        for name in NUMBERS:
            if name in wanted:
                wanted[name] = wanted[name] or "0"
        return wanted

    def _new(self, user):
        return {"auth": "manual", "suspended": "0", "mailformat": "1", **self._wanted(user)}

    def _update(self, line, person, user, tally):
        open_: dict[str, str] = {}
        for name, value in self._wanted(user).items():
            own = person.fields.get(name, "")
            if name == "email":
                self._email(person, value, tally)
            elif value is None and own is not None and (own or name != "country"):
                open_[name] = own
                tally.may(None, LOOK, f"{name}: there is no such column, and the plugin sets the site's default, which is not known")
                person.set(name, None)
            elif value is None:
                # The site's country is never empty; and a default stays what an earlier row made of it.
                if own is not None:
                    tally.did(UPDATE)
                person.set(name, None)
            elif own is None:
                tally.may(UPDATE, LOOK, f"{name}: what an earlier row has made of it is not known")
                person.set(name, value)
            elif own != value:
                self._differs(person, name, own, value, tally)
            elif name.startswith("profile_field_") and not value:
                tally.may(SETS, HIDDEN, f"{name}: an empty field looks like one that is not there")
        for name in (name for name in user if name in UNSHOWN):
            kind = UPDATE if name == "password" and truthy(user[name]) else None
            tally.may(kind, HIDDEN, f"{name}: what is there can't be seen")
        if person.fields.get("confirmed") == "0":
            tally.did(UPDATE)
            person.set("confirmed", "1")
        if open_ and tally.only_open(len(open_)):
            self._open[line] = open_

    def _differs(self, person, name, own, value, tally):
        if name.startswith("profile_field_") and not own and not self._people.reader.shows(name):
            tally.may(UPDATE, LOOK, f"{name}: there may be no such field")
        elif name in DEFAULTS and not self._people.sees_all():
            tally.may(UPDATE, LOOK, f"{name}: it may not be shown")
        else:
            tally.did(UPDATE, removes=int(name == "suspended" and value == "1"))
        tally.field(name, own, value)
        if name in ("username", "idnumber"):
            self._people.change(person, name, value)
        else:
            person.set(name, value)

    def _email(self, person, value, tally):
        """The e-mail of an account that exists; the site protects it, unless told otherwise."""
        own = person.get("email")
        if own == value or self.settings.get("protectemails") == "1":
            return
        if self.settings.get("protectemails") == "0":
            tally.did(UPDATE)
            tally.field("email", own, value)
            self._people.change(person, "email", value)
        else:
            tally.may(None, LOOK, "email: whether the site protects it can't be seen")

    # -- after the run ----------------------------------------------------------------------------------------------

    def outdated(self, agreed):
        """One account that a row has written tells the site's defaults: what became of all rows of which only these were open."""
        absent = frozenset().union(*self._written.values())
        fit = (line for line in reversed(self._written) if line in agreed and self._written[line] == absent)
        line = next((line for line in fit if not self._persons[line].gone), None)
        if not absent or line is None:
            return False
        name = self._persons[line].get("username")
        now = self._read_again([name]).get(name)
        if now is None:
            return True
        self._defaults = self.learned = {name: now.get(name, "") for name in absent}
        return any(self._site[name] is not None and self._site[name] != self._defaults[name] for name in absent)

    def _read_again(self, usernames):
        """{username: fields}."""
        people = People(self.readers.anew(), "id")
        for name in usernames:
            people.want(name, "", "")
        people.read()
        self._readable = people.readable and people.sees_all()
        return {person.get("username"): person.fields for person in people.all}

    def look_again(self, rows, agreed):
        self._told = {row.line for row in rows if row.line in agreed and row.line in self._open and self._defaults is not None}
        others = [self._username(row) for row in rows if row.line not in self._told]
        self._after = self._read_again(others) if others else {}

    def seen(self, row, said):
        if not self._readable:
            return None
        if row.line in self._told:
            same = all(own == self._defaults[name] for name, own in self._open[row.line].items())
            return Sight(same, same, UPDATE, not row.values.keys() & UNSHOWN and not self._sidelines.touches(row.values), 1)
        person, now = self._persons.get(row.line), self._after.get(self._username(row))
        if person is None:
            person = self._people.before(self._username(row))
        was = None if person is None else person.was
        names = SHOWN | {name for name in row.values if name.startswith("profile_field_")}
        unchanged = (was is None) == (now is None) and (was is None or all(was.get(name, "") == now.get(name, "") for name in names))
        as_planned = person is not None and person.gone == (now is None)
        if as_planned and now is not None:
            as_planned = all(value is None or value == now.get(name, "") for name, value in person.fields.items() if name in names)
        kind = UPDATE if was is not None and now is not None else CREATE if was is None else DELETE
        if kind == CREATE and said == "updated":
            # It was there, deleted, and was revived.
            kind, as_planned = UPDATE, False
        whole = not row.values.keys() & UNSHOWN and not self._sidelines.touches(row.values)
        return Sight(unchanged, as_planned, kind, whole, self._rows_of[row.values.get("username", "").lower()], SHOWN)

    def _username(self, row):
        person = self._persons.get(row.line)
        return person.get("username") if person is not None else row.values.get("username", "").lower()
