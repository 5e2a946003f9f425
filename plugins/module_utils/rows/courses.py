# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs that create, delete and reset courses make of each row (plugin.md B.2, B.6, B.8).

Private to this collection. Written beside the rules of the practice Moodle, which judge them.
"""

from __future__ import annotations

import collections
import re

from ..read.directory import Ref
from ..read.names import meant
from .plan import CREATE, DELETE, HIDDEN, LOOK, REPORT, SILENT, SURE, UNCHANGED, UPDATE, Rules, Sight, name_of, truthy
from .reasons import NO_COURSE
from .tally import Tally

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)\s*").fullmatch
_TEACHER = re.compile(r"teacher[1-9][0-9]*_account").fullmatch
#: Bytes that a value may have; a longer one becomes nothing, which the database refuses.
_LONGEST = {"shortname": 150, "fullname": 254, "idnumber": 100}
_FLAGS = "showgrades legacyfiles visible visibleold groupmodeforce showreports guest self".split()
#: Values of which the plugin makes nothing, where it takes only these.
_CHOICES = {
    **dict.fromkeys(_FLAGS, ("0", "1")),
    "groupmode": ("0", "1", "2"),
    "newsitems": tuple(map(str, range(11))),
}
_SITE_ID = 1


class _CourseRules(Rules):
    """What the three have in common: one course a row, by one identifier. What is known of courses: Ref -> whether it is there."""

    column = "shortname"

    def __init__(self, readers, settings):
        super().__init__(readers, settings)
        self._refs: dict[Ref, None] = {}
        self._there: dict[Ref, bool | None] = {}
        self._were: dict[Ref, bool | None] = {}
        self._rows_of: collections.Counter = collections.Counter()

    def _by(self):
        return "shortname"

    def _ref(self, row):
        """The Ref of a row's course, or None for what can be no identifier."""
        value, by = row.values.get(self.column, ""), self._by()
        return Ref("course", by, value) if value and (by != "id" or value.isdecimal()) else None

    def note(self, row):
        ref = self._ref(row)
        if ref is not None:
            self._refs[ref] = None
            self._rows_of[ref] += 1

    def read(self):
        self._look_up(self._refs)
        self._were = dict(self._there)

    def _look_up(self, refs):
        courses = self.readers.courses
        courses.look_up(refs)
        courses.check(refs)
        self._there.update((ref, courses.exists(ref)) for ref in refs)

    def _ids(self, ref):
        return [course.id for course in self.readers.courses.find(ref)]

    def covered(self):
        return sum(bool(there) for there in self._were.values())

    def look_again(self, rows, agreed):
        refs = [ref for ref in map(self._ref, rows) if ref is not None]
        readers = self.readers.anew()
        readers.courses.look_up(refs)
        readers.courses.check(refs)
        self._after = {ref: readers.courses.exists(ref) for ref in refs}

    def seen(self, row, said):
        ref = self._ref(row)
        was, now = self._were.get(ref), self._after.get(ref)
        if was is None or now is None:
            return None
        kind = UPDATE if was and now else CREATE if now else DELETE if was else UNCHANGED
        return Sight(was == now, now == self._there.get(ref), kind, self._whole(said), self._rows_of[ref])

    def _whole(self, said):
        return True


class DeleteRules(_CourseRules):
    column = "identifier"

    def _by(self):
        return self.settings.get("filedeleteidentifier") or "shortname"

    def play(self, row):
        doubt = SURE if self.settings.get("filedeleteidentifier") else HIDDEN
        tally = Tally(row.line, name_of(row, self.column), doubt)
        ref = self._ref(row)
        there = None if ref is None else self._there[ref]
        if there is None:
            tally.unknown("whether there is such a course can't be told")
        elif not there:
            tally.skip(NO_COURSE)
        elif self._ids(ref) == [_SITE_ID]:
            tally.says = "unreported"
        else:
            tally.says = "deleted"
            tally.did(DELETE, removes=1)
            tally.field("identifier", ref.value, None)
            self._there[ref] = False
        return tally.outcome()


class ResetRules(_CourseRules):
    def play(self, row):
        tally = Tally(row.line, name_of(row, self.column))
        ref = self._ref(row)
        there = None if ref is None else self._there[ref]
        if row.given != len(row.columns):
            tally.stop("has another number of values than the header, which ends the run")
        elif there is None:
            tally.unknown("shortname: whether there is such a course can't be told")
        elif not there:
            tally.fail(f"shortname: {NO_COURSE}")
        else:
            tally.says = "updated"
            tally.may(UPDATE, HIDDEN, "what there is to reset in a course can't be seen")
        return tally.outcome()

    def _whole(self, said):
        return said == "failed"


def _parts(cell):
    """The names on a category's path, from the top."""
    return tuple(cell.removeprefix("/").removesuffix("/").split("/"))


def _paths(parts):
    """A path and those above it."""
    return [parts[: length + 1] for length in range(len(parts))]


def _lies(categories, parts):
    """Whether there is a category at the end of a path; None where that can't be told."""
    if categories is None:
        return None
    parents = {0}
    for name in parts:
        below = [category for category in categories.values() if category.parent in parents]
        parents = {category.id for category in below if category.name == name}
        if not parents:
            # Moodle shows names without markup, and a database may take no notice of case.
            return None if any(meant(one.name).casefold() == meant(name).casefold() for one in below) else False
    return True


class CreateRules(_CourseRules):
    """Of the settings that no web service sets, fileuploadidentifier, coursecategoryidentifier and forceupdate decide here."""

    def __init__(self, readers, settings):
        super().__init__(readers, settings)
        #: Lines of courses that exist, and of those that another key would call otherwise.
        self._existing: set[int] = set()
        self._by_shortname: set[int] = set()
        #: (Ref by shortname, Ref by idnumber) of rows that have both.
        self._idnumbers: list[tuple[Ref, Ref]] = []
        #: line -> the setting coursecategoryidentifier by which its category is one.
        self._modes: dict[int, str] = {}
        #: Paths of categories that rows make, and line -> whether it makes some; None: that can't be told.
        self._paths: set[tuple[str, ...]] = set()
        self._makes: dict[int, bool | None] = {}
        #: Path -> how many rows may make it.
        self._makers: collections.Counter = collections.Counter()

    def _by(self):
        return self.settings.get("fileuploadidentifier") or "shortname"

    @property
    def column(self):
        return self._by()

    def note(self, row):
        super().note(row)
        if self._ref(row) is not None and row.values.get("idnumber") and self._by() == "shortname":
            self._idnumbers.append((self._ref(row), Ref("course", "idnumber", row.values["idnumber"])))
        for column in ("shortname", "template"):
            if truthy(row.values.get(column)):
                self._refs[Ref("course", "shortname", row.values[column])] = None

    def read(self):
        self._categories = self.readers.categories.all()
        super().read()
        told = self.settings.get("fileuploadidentifier")
        numbers = [other for ref, other in self._idnumbers if not told or not self._there[ref]]
        self._look_up(dict.fromkeys(numbers))
        self._were = dict(self._there)

    def heard(self, planned, said):
        if planned.line in self._existing and said in ("unchanged", "updated"):
            self.learned["forceupdate"] = "1" if said == "updated" else "0"
        mode = self._modes.get(planned.line)
        if mode and said == "created":
            self.learned["coursecategoryidentifier"] = mode
        if planned.line in self._by_shortname and said == planned.says and said in ("created", "unchanged"):
            self.learned["fileuploadidentifier"] = "shortname"

    def seen(self, row, said):
        if said == "updated":
            # The site overwrites courses that exist. With what, can't all be seen.
            return Sight(False, False, UPDATE, False, 2)
        sight = super().seen(row, said)
        if said in SILENT and truthy(row.values.get("template")) and not self._after.get(self._ref(row)):
            # A template that was not restored to the end leaves a course without its names.
            return None
        if sight is None or not sight.unchanged or self._makes.get(row.line) is False:
            return sight
        # A category may have been made for a course that then was not.
        parts = _parts(row.values.get("category", ""))
        before, now = _lies(self._categories, parts), _lies(self._categories_after, parts)
        if before or before is now is False:
            return sight
        # Which one of several rows has made it can't be seen.
        rows = max(sight.rows, self._makers[parts])
        return sight._replace(unchanged=not now, kind=UPDATE if now else sight.kind, whole=False, rows=rows)

    def look_again(self, rows, agreed):
        super().look_again(rows, agreed)
        self._categories_after = self.readers.anew().categories.all()

    def play(self, row):
        values = row.values
        tally = Tally(row.line, name_of(row, "shortname"))
        if row.given != len(row.columns):
            tally.fail("has another number of values than the header")
            self._makes[row.line] = False
            return tally.outcome()
        ref = self._ref(row)
        there = None if ref is None else self._there[ref]
        if "fileuploadidentifier" not in self.settings and bool(there) != self._there_by_number(values.get("idnumber")):
            tally.doubted(REPORT, "fileuploadidentifier: whether shortname or idnumber tells courses apart is a setting of the site")
            self._by_shortname.add(row.line)
        if there is None:
            tally.unknown(f"{self.column}: whether there is such a course can't be told")
        elif there:
            self._existing.add(row.line)
            self._makes[row.line] = False
            self._exists(tally)
        else:
            self._create(row.line, values, tally)
            if self._makes.get(row.line) is not False:
                self._makers.update(_paths(_parts(values.get("category", ""))))
        return tally.outcome()

    def _there_by_number(self, cell):
        """Whether the plugin would find a course by the idnumber; by an empty one it finds the site's own."""
        return bool(self._there.get(Ref("course", "idnumber", cell))) if cell else cell is not None

    def _exists(self, tally):
        tally.says = "unchanged"
        if self.settings.get("forceupdate") == "1":
            tally.says = "updated"
            tally.may(UPDATE, HIDDEN, "forceupdate: what is overwritten in a course can't all be seen")
        if "forceupdate" not in self.settings:
            tally.doubted(REPORT, "forceupdate: whether courses that exist are overwritten is a setting of the site")

    def _create(self, line, values, tally):
        tally.says = "created"
        shortname = Ref("course", "shortname", values.get("shortname", ""))
        if self.column != "shortname" and self._there.get(shortname):
            self._makes[line] = False
            tally.fail("shortname: another course has it")
            return
        template = values.get("template", "")
        if self._breaks(values, tally) or not self._category(line, values.get("category", ""), tally):
            return
        makes = self._makes[line] = self._make_path(line, values.get("category", ""))
        if truthy(template) and not self._template(template, tally):
            why = "category: the path is made all the same"
            if makes and self.settings.get("coursecategoryidentifier") == "idname":
                tally.did(UPDATE)
                tally.field("category", None, values["category"])
            elif makes is not False:
                tally.may(UPDATE, LOOK, why)
            return
        idnumber = Ref("course", "idnumber", values.get("idnumber", ""))
        if idnumber.value and self._taken(idnumber, bool(template), tally):
            return
        if truthy(template) and any(_TEACHER(name) and truthy(value) for name, value in values.items()):
            tally.stop("template: a teacher beside it ends the run")
            return
        tally.did(CREATE)
        for name in ("shortname", "fullname", "idnumber", "category", "template"):
            if values.get(name):
                tally.field(name, None, values[name])
        self._there[shortname] = True
        if idnumber.value:
            self._there[idnumber] = True

    def _make_path(self, line, cell):
        """Whether a row makes categories: it does so before anything else, and they stay when the course fails."""
        if self.settings.get("coursecategoryidentifier") == "idnumber" or _NUMBER(cell):
            return False
        parts = _parts(cell)
        there = parts in self._paths or _lies(self._categories, parts)
        self._paths.update(_paths(parts))
        return None if there is None or not there and not self.readers.sees_all() else not there

    def _template(self, name, tally):
        """Returns whether the row goes on."""
        if ".mbz" not in name:
            there = self._there[Ref("course", "shortname", name)]
            if there is False:
                tally.fail(f"template: {NO_COURSE}")
                return False
        tally.doubted(REPORT, "template: whether it has a backup can't be seen")
        return True

    def _taken(self, ref, template, tally):
        """Whether another course has the idnumber, which ends the run."""
        if ref not in self._there:
            self._look_up([ref])
        if self._there[ref] is None:
            tally.doubted(REPORT, "idnumber: whether another course has it can't be told")
        elif self._there[ref] and template:
            tally.doubted(REPORT, "idnumber: another course has it")
        elif self._there[ref]:
            tally.stop("idnumber: another course has it, which ends the run")
            return True
        return False

    def _breaks(self, values, tally):
        for name, longest in _LONGEST.items():
            value = values.get(name, "")
            if len(value.encode("utf-8", "replace")) > longest or name != "idnumber" and not value.strip():
                tally.stop(f"{name}: is empty or has more than {longest} bytes, which ends the run")
                return True
        for name, choices in _CHOICES.items():
            if name in values and values[name] not in choices:
                tally.stop(f"{name}: is none of the values that there are, which may end the run", sure=False)
                return True
        return False

    def _category(self, line, cell, tally):
        """Returns whether the course gets one. A cell is an id or a path, or else an idnumber: that is a setting."""
        told = self.settings.get("coursecategoryidentifier")
        if self._categories is None:
            tally.doubted(REPORT, "category: categories can't be read")
            return True
        named = any(category.idnumber == cell for category in self._categories.values()) if cell else False
        if told == "idnumber":
            if not named:
                tally.fail("category: no category has this idnumber")
            return named
        if not _NUMBER(cell):
            fits = True
        else:
            fits = cell.strip().isdecimal() and int(cell) in self._categories
        if fits != named:
            self._modes[line] = "idname" if fits else "idnumber"
        if told is None and fits != named:
            tally.doubted(REPORT, "category: whether it is an id, a path or an idnumber is a setting of the site")
        if not fits and not named:
            tally.stop("category: there is none of this id, which ends the run")
        elif not fits and told:
            tally.stop("category: there is none of this id, which ends the run")
        return not tally.ended
