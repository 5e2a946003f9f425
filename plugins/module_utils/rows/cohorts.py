# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of cohorts makes of each row (plugin.md B.5).

Private to this collection. Written beside the rules of the practice Moodle, which judge them.
"""

from __future__ import annotations

import collections
import typing as t

from ..errors import OptionError
from ..read.directory import Ref
from .accounts import Accounts, Found
from .plan import CREATE, DELETE, HIDDEN, LOOK, REPORT, SURE, UPDATE, Rules, Sight, name_of, several, truthy
from .reasons import NO_COHORT, NO_USER
from .tally import Tally

#: Columns whose change Moodle shows.
_SHOWN = frozenset(("userid", "cdescription", "members"))
_CATEGORY_COLUMNS = {"ccatcontext": "id", "ccatcontextidnumber": "idnumber"}


class WorkingCohort:
    """A cohort. members: ids of users, None where they can't be read; category: that rows have moved it to."""

    __slots__ = ("id", "name", "idnumber", "unset", "description", "members", "category", "was")

    def __init__(self, number, name, idnumber, unset, description, members):
        self.id, self.name, self.idnumber, self.unset = number, name, idnumber, unset
        self.description, self.members = description, members
        self.category: int | None = None
        self.was = self.visible() if number is not None else None

    def visible(self):
        members = None if self.members is None else frozenset(self.members)
        return self.name, self.idnumber, self.description, members


class CohortRules(Rules):
    def __init__(self, readers, settings):
        super().__init__(readers, settings)
        self._by = settings.get("cohortidentifier") or "idnumber"
        self._column = f"c{self._by}"
        self._users = Accounts(readers, settings.get("useridentifier") or "username")
        told = all(settings.get(name) for name in ("cohortidentifier", "useridentifier", "autocreate"))
        self._doubt = SURE if told else HIDDEN
        self._creates = truthy(settings.get("autocreate", "1"))
        self._wanted: dict[str, None] = {}
        self._categories: dict[Ref, None] = {}
        self._rows_of: collections.Counter = collections.Counter()
        self._cohorts: list[WorkingCohort] = []
        #: (field, value) -> cohorts, in the order of their ids.
        self._index: dict[tuple[str, str], list[WorkingCohort]] = {}
        self._before: dict[str, t.Any] = {}
        #: cohort -> whom its rows add.
        self._kept: dict[str, set[int]] = {}

    # -- reading ----------------------------------------------------------------------------------------------------

    def note(self, row):
        values = row.values
        self._users.want(values.get("userid", ""))
        self._wanted[values.get(self._column, "")] = None
        self._rows_of[values.get(self._column, "")] += 1
        for column, by in _CATEGORY_COLUMNS.items():
            value = values.get(column, "")
            if truthy(value) and (by != "id" or value.isdecimal()):
                self._categories[Ref("category", by, value)] = None

    def read(self):
        def cohorts():
            self._cohorts = self._read(self.readers) or []

        self.readers.asker.together(self._users.read, cohorts, lambda: self.readers.categories.look_up(self._categories))
        self._readable = self.readers.cohorts.readable
        for cohort in self._cohorts:
            self._add(cohort)
        self._before = {value: self._visible(self._having(self._by, value)) for value in self._wanted}

    def _read(self, readers):
        """All cohorts, with the members of those that the rows name; None where they can't be read."""
        found = readers.cohorts.all()
        if found is None:
            return None
        named = [cohort.id for cohort in found.values() if str(getattr(cohort, self._by)) in self._wanted]
        members = readers.cohorts.members(named) if named else {}
        return [
            WorkingCohort(cohort.id, cohort.name, cohort.idnumber, cohort.unset, cohort.description, self._ids(members, cohort.id))
            for cohort in found.values()
        ]

    @staticmethod
    def _ids(members, number):
        told = (members or {}).get(number)
        return set(told) if isinstance(told, tuple) else None

    def _add(self, cohort):
        for field in ("id", "name", "idnumber"):
            self._index.setdefault((field, str(getattr(cohort, field))), []).append(cohort)

    def _drop(self, cohort):
        for field in ("id", "name", "idnumber"):
            self._index[field, str(getattr(cohort, field))].remove(cohort)

    def _having(self, field, value):
        """The first cohort that has a value, or None."""
        found = self._index.get((field, value))
        return found[0] if found else None

    @staticmethod
    def _visible(cohort):
        return None if cohort is None else cohort.visible()

    def covered(self):
        return sum(len(members) for _name, _idnumber, _text, members in filter(None, self._before.values()) if members)

    # -- a row ------------------------------------------------------------------------------------------------------

    def play(self, row):
        values = row.values
        tally = Tally(row.line, name_of(row, self._column, "userid"), self._doubt)
        command = values.get("cmd")
        command = command if truthy(command) else "add"
        if not self._readable:
            tally.unknown(f"{self._column}: cohorts can't be read")
        elif command == "add":
            self._play_add(values, tally)
        elif command == "del":
            self._play_del(values, tally)
        elif command == "free":
            self._play_free(values, tally)
        else:
            tally.says = "unreported"
        return tally.outcome()

    def _cohort(self, values, tally):
        wanted = values.get(self._column) or ""
        if not wanted or self._by == "id" and not wanted.isdecimal():
            tally.unknown(f"{self._column}: which cohort that is can't be told")
            return None
        found = self._having(self._by, wanted)
        if found is None and self._by != "id":
            found = self._near(self._by, wanted, tally)
        if found is not None and len(self._index[self._by, getattr(found, self._by) if self._by != "id" else wanted]) > 1:
            tally.doubted(LOOK, f"{self._column}: there are several such cohorts")
        return found

    def _near(self, by, value, tally):
        """A cohort whose name differs in case only, where that does not matter to the database."""
        spelt = value.casefold()
        near = [cohort for cohort in self._cohorts if spelt and getattr(cohort, by).casefold() == spelt]
        if not near or self.readers.case_counts():
            return None
        if self.readers.case_counts() is None:
            tally.doubted(REPORT, f"c{by}: there is a cohort whose {by} differs in case only")
            return None
        return near[0]

    def _user(self, values):
        return self._users.find(values["userid"]) if truthy(values.get("userid")) else Found(None)

    # -- add --------------------------------------------------------------------------------------------------------

    def _play_add(self, values, tally):
        if not truthy(values.get(self._column)):
            tally.fail(f"{self._column}: is empty, and identifies the cohort")
            return
        cohort = self._cohort(values, tally)
        if tally.ended:
            return
        user = self._user(values)
        if user.id is not None:
            self._kept.setdefault(values[self._column], set()).add(user.id)
        if cohort is None:
            if not self._creates:
                tally.fail(f"{self._column}: {NO_COHORT}, and the setting autocreate is off")
                return
            cohort = self._create(values, tally)
            if cohort is None:
                return
        else:
            self._update(cohort, values, tally)
        if user.id is None and user.doubt == HIDDEN:
            tally.unknown("userid: whether there is such a user can't be told")
        elif user.id is None:
            if "userid" in values:
                tally.fail(f"userid: {NO_USER}" if values["userid"] else "userid: is empty", user.doubt)
        elif cohort.members is None:
            tally.may(UPDATE, HIDDEN, f"{self._column}: the members of the cohort can't be read")
        elif user.id not in cohort.members:
            cohort.members.add(user.id)
            tally.did(UPDATE)
            tally.field("userid", None, values["userid"])
            tally.say_at_least("updated")

    def _create(self, values, tally):
        name = values.get("cname")
        if not truthy(name):
            tally.stop("cname: is empty, and without it a new cohort ends the run")
            return None
        by = "idnumber" if self._by == "name" else "name"
        value = values.get("cidnumber") if by == "idnumber" else name
        if value:
            other = self._having(by, value) or self._near(by, value, tally)
        else:
            # Without the column the plugin looks for one that has no idnumber at all, else for one with an empty one.
            other = next((one for one in self._index.get((by, ""), ()) if one.unset == (value is None)), None)
        if other is not None:
            tally.fail(f"c{by}: another cohort has this {by}, so that no new one is made")
            return None
        number = values.get("cidnumber")
        made = WorkingCohort(None, name, number or "", number is None, values.get("cdescription") or "", set())
        self._add(made)
        self._cohorts.append(made)
        tally.did(CREATE)
        tally.says = "created"
        for column in ("cname", "cidnumber", "cdescription"):
            if values.get(column):
                tally.field(column, None, values[column])
        return made

    def _update(self, cohort, values, tally):
        tally.says = "unchanged"
        if any(values.get(column) for column in ("cdescription", *_CATEGORY_COLUMNS)):
            # So the report is read: one of these can change a cohort.
            tally.says = "updated"
        description = values.get("cdescription")
        if truthy(description) and description != cohort.description:
            tally.did(UPDATE)
            tally.field("cdescription", cohort.description, description)
            cohort.description = description
        for column in _CATEGORY_COLUMNS:
            if truthy(values.get(column)):
                self._move(cohort, column, values[column], tally)
                break

    def _move(self, cohort, column, value, tally):
        """A category that the cohort is to lie in; an unknown one leaves it where it is."""
        by = _CATEGORY_COLUMNS[column]
        found = self.readers.categories.find(Ref("category", by, value)) if by != "id" or value.isdecimal() else None
        if found == []:
            return
        number = found[0].id if found and len(found) == 1 else None
        if number is None or cohort.id is None:
            inside = None
        else:
            inside = cohort.category == number if cohort.category else self.readers.cohorts.lies_in(cohort.id, number)
        cohort.category = number
        if inside is None:
            tally.may(UPDATE, HIDDEN, f"{column}: in which category the cohort lies can't be seen")
        elif not inside:
            tally.did(UPDATE)
            tally.field(column, None, value)

    # -- del, free --------------------------------------------------------------------------------------------------

    def _play_del(self, values, tally):
        cohort, user = self._cohort(values, tally), self._user(values)
        if tally.ended:
            return
        if user.id is None and user.doubt == HIDDEN:
            tally.unknown("userid: whether there is such a user can't be told; without one the whole cohort is deleted")
        elif user.id is not None:
            tally.says = "unreported" if cohort is None else "deleted"
            if cohort is not None and cohort.members is None:
                tally.may(DELETE, HIDDEN, f"{self._column}: the members of the cohort can't be read", removes=1)
            elif cohort is not None and user.id in cohort.members:
                cohort.members.discard(user.id)
                tally.did(DELETE, removes=1)
                tally.field("userid", values["userid"], None)
        elif cohort is None:
            tally.skip(f"{self._column}: {NO_COHORT}")
        else:
            self._delete(cohort, values, user, tally)

    def _delete(self, cohort, values, user, tally):
        tally.says = "deleted"
        many = None if cohort.members is None else len(cohort.members)
        if truthy(values.get("userid")):
            members = "its members" if many is None else several(many, "member")
            tally.wrecks(f"userid: {NO_USER}, and so the whole cohort is deleted, with {members}")
        # The report calls both deleted, the cohort and a member of it.
        tally.doubted(LOOK if user.doubt == REPORT else user.doubt, "userid: whether there is such a user can't be told")
        tally.did(DELETE, removes=1 + (many or 0))
        tally.field(self._column, values[self._column], None)
        self._drop(cohort)
        self._cohorts.remove(cohort)

    def _play_free(self, values, tally):
        cohort = self._cohort(values, tally)
        if tally.ended:
            return
        if cohort is None:
            tally.skip(f"{self._column}: {NO_COHORT}")
        elif cohort.members is None:
            tally.may(UPDATE, HIDDEN, f"{self._column}: the members of the cohort can't be read")
        elif not cohort.members:
            tally.says = "unreported"
        else:
            tally.says = "updated"
            tally.did(UPDATE, removes=len(cohort.members))
            tally.field("members", len(cohort.members), 0)
            cohort.members.clear()

    def left_out(self):
        found, by = [], self._users.by
        gone: dict[int, str] = {}
        for wanted, kept in self._kept.items():
            cohort = self._having(self._by, wanted)
            if cohort is None:
                continue
            if cohort.members is None:
                raise OptionError("exact: the members of a cohort can't be read.", option="exact")
            gone.update((number, wanted) for number in cohort.members - kept)
            found += [(wanted, number) for number in sorted(cohort.members - kept)]
        refs = {number: Ref("user", "id", str(number)) for number in gone}
        self.readers.users.look_up(refs.values())
        named = {number: (self.readers.users.find(ref) or [None])[0] for number, ref in refs.items()}
        names = self._users.named(
            {number: str(number) if by == "id" else record and record.fields.get(by) for number, record in named.items()}
        )
        nameless = len(gone) - len(names)
        if nameless:
            self.notes.append(f"exact: {several(nameless, 'member')} left where they are, without an own {by} that is shown.")
        return [{"cmd": "del", "userid": names[number], self._column: wanted} for wanted, number in found if number in names]

    # -- after the run ----------------------------------------------------------------------------------------------

    def look_again(self, rows, agreed):
        found = self._read(self.readers.anew())
        self._after = None
        if found is not None:
            self._after = {}
            for cohort in found:
                self._after.setdefault(str(getattr(cohort, self._by)), cohort)

    def seen(self, row, said):
        value = row.values.get(self._column, "")
        if self._after is None or not value:
            return None
        was, now = self._before.get(value), self._visible(self._after.get(value))
        expected = self._visible(self._having(self._by, value))
        kind = UPDATE if was and now else CREATE if now else DELETE
        if kind == UPDATE and said == "deleted":
            kind = DELETE
        told = all(one is None or one[3] is not None for one in (was, now))
        whole = told and not any(row.values.get(column) for column in ("component", *_CATEGORY_COLUMNS))
        return Sight(was == now, expected == now, kind, whole, self._rows_of[value], _SHOWN)
