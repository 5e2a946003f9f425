# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding records by the identifiers that the plugin's enrol and cohort functions take."""
from __future__ import annotations

from ..errors import InvalidParameter
from ..store import Row, Store

# what: (table, sources in the enrol functions)
SOURCES = {
    "role": ("role", ("id", "shortname")),
    "user": ("user", ("id", "username", "idnumber", "email")),
    "course": ("course", ("id", "shortname", "idnumber")),
}


def enrol_id(store: Store, what: str, source: str, value: str) -> str | int:
    """The id an enrol function works with; an ``id`` is taken as it comes, whether there is such a record or not."""
    table, sources = SOURCES[what]
    if source not in sources:
        if what == "role":
            raise InvalidParameter(f"Role source {source} not in acceptable ranges.")
        raise InvalidParameter(f"{what.capitalize()} source not in acceptable ranges.")
    if source == "id":
        return value
    host = {"mnethostid": 1} if (what, source) == ("user", "username") else {}
    found = store.record(table, **{source: value}, **host)
    if found is None:
        if what == "course":
            tail = f" for {value}" if source == "shortname" else ""
            raise InvalidParameter(f"Course not found by {source}{tail}")
        raise InvalidParameter(f"{what.capitalize()} not found by {source}: {value}")
    return found["id"]


def cohort(store: Store, source: str, value: str) -> Row:
    if source not in ("id", "idnumber"):
        raise InvalidParameter("Cohort source not in acceptable ranges.")
    found = store.record("cohort", **{source: value})
    if found is None:
        raise InvalidParameter(f"Cohort not found by {source} : {value}")
    return found


def cohort_role(store: Store, source: str, value: str) -> Row:
    if source not in ("id", "shortname"):
        raise InvalidParameter("Role source not in acceptable ranges.")
    found = store.record("role", **{source: value})
    if found is None:
        raise InvalidParameter(f"Role not found by {source} : {value}")
    return found


def cohort_course(store: Store, source: str, value: str) -> Row:
    if source not in ("id", "idnumber", "shortname"):
        raise InvalidParameter("Course id source not in acceptable ranges")
    found = store.record("course", **{source: value})
    if found is None:
        raise InvalidParameter(f"Course not found by {source} for {value}")
    return found


def cohort_user(store: Store, source: str, value: str) -> Row:
    if source not in ("id", "idnumber", "username", "email"):
        raise InvalidParameter("User id source not in acceptable ranges")
    found = store.record("user", **{source: value})
    if found is None:
        raise InvalidParameter(f"User not found by {source} for {value}")
    return found
