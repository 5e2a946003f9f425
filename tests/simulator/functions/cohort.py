# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's cohort functions and Moodle's own."""
from __future__ import annotations

from typing import Any

from ..errors import InvalidParameter, MissingRecord, MoodleException, PhpError, ReadFailed
from ..moodle import access, cohorts
from ..params import OPTIONAL, Multi, Struct, Value
from ..site import Call
from ..store import Row
from . import identifiers
from .registry import function

METHODS = ("cohort", "delayedcohort", "cohortrestricted")
LIST_OPTIONS = Multi(Struct({"name": Value("alphanumext"), "value": Value("raw")}), default=())
MEMBERS = Multi(
    Struct(
        {
            "cohorttype": Struct({"type": Value("alphanumext"), "value": Value("raw")}),
            "usertype": Struct({"type": Value("alphanumext"), "value": Value("raw")}),
        }
    )
)


def describe(cohort: Row) -> dict[str, Any]:
    return {
        "id": cohort["id"], "name": cohort["name"], "idnumber": cohort["idnumber"],
        "description": cohort["description"] or "", "descriptionformat": 1, "visible": bool(cohort["visible"]),
    }


def _require_any(call: Call, cohort: Row, *capabilities: str) -> None:
    """One of the rights in the cohort's context; the last one is named when all are missing."""
    me, context = call.user["id"], cohort["contextid"]
    if not any(access.has_capability(call.store, capability, me, context) for capability in capabilities):
        access.require_capability(call.store, capabilities[-1], me, context)


@function(
    "tool_sync_get_cohorts", {"cohortidsource": Value(), "cohortids": Multi(Value(), default=())}
)
def get_cohorts(call: Call, cohortidsource: str, cohortids: list[str]) -> list[dict[str, Any]]:
    """All cohorts, or those of the identifiers that there are."""
    if not cohortids:
        found = call.store.records("cohort")
    elif cohortidsource not in ("id", "idnumber"):
        raise InvalidParameter("Cohort id source not in accepted range")
    else:
        rows = {
            row["id"]: row for one in cohortids for row in call.store.records("cohort", **{cohortidsource: one})
        }
        found = [rows[number] for number in sorted(rows)]
    for cohort in found:
        _require_any(call, cohort, "moodle/cohort:manage", "moodle/cohort:view")
    return [describe(cohort) for cohort in found]


# -- cohorts bound to courses -------------------------------------------------------------------------------------


@function(
    "tool_sync_cohort_bind",
    {
        **{name: Value() for name in ("chidsource", "chid", "cidsource", "cid", "ridsource", "rid")},
        "method": Value(default="manual"),
        "timestart": Value("int", 0), "timeend": Value("int", 0), "suspend": Value("int", 0),
        "makegroup": Value("int", 0), "extparam1": Value(default=""), "extparam2": Value(default=""),
    },
    writes=True,
)
def bind(call: Call, **given: Any) -> bool:
    """Add an enrolment instance; the members are enrolled by the next cohort sync."""
    store = call.store
    course = identifiers.cohort_course(store, given["cidsource"], given["cid"])
    cohort = identifiers.cohort(store, given["chidsource"], given["chid"])
    role = identifiers.cohort_role(store, given["ridsource"], given["rid"])
    _check_method(given["method"])
    there = store.record(
        "enrol", enrol=given["method"], courseid=course["id"], customint1=cohort["id"], roleid=role["id"]
    )
    if there is None:
        store.insert(
            "enrol", enrol=given["method"], status=0, courseid=course["id"], roleid=role["id"],
            customint1=cohort["id"], customint2=given["makegroup"], timecreated=call.now(), timemodified=call.now(),
        )
    elif there["status"] == 1:
        raise PhpError('Attempt to assign property "enrolstartdate" on string')
    return True


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise InvalidParameter("Bad enrol method " + method)


def _bindings(call: Call, given: dict[str, Any]) -> list[Row]:
    """The enrolment instances, of all roles, by which a cohort is bound to a course."""
    course = identifiers.cohort_course(call.store, given["cidsource"], given["cid"])
    cohort = identifiers.cohort(call.store, given["chidsource"], given["chid"])
    return call.store.records("enrol", enrol=given["method"], courseid=course["id"], customint1=cohort["id"])


UNBIND = {
    **{name: Value() for name in ("chidsource", "chid", "cidsource", "cid")},
    "method": Value(default="cohort"),
}
SUSPEND = {
    "chidsource": Value(), "chid": Value(), "cidsource": Value(default="shortname"), "cid": Value(default=""),
    "method": Value(default="cohort"),
}


@function("tool_sync_cohort_unbind", UNBIND, writes=True)
def unbind(call: Call, **given: Any) -> bool:
    """Delete the instances and leave what hangs on them behind, as the plugin does."""
    found = _bindings(call, given)
    _check_method(given["method"])
    for instance in found:
        call.store.delete("enrol", id=instance["id"])
    return True


@function("tool_sync_cohort_suspend_enrol", SUSPEND, writes=True)
def suspend(call: Call, **given: Any) -> bool:
    for instance in _bindings(call, given):
        call.store.update("enrol", instance["id"], status=1)
    return True


@function("tool_sync_cohort_restore_enrol", SUSPEND, writes=True)
def restore(call: Call, **given: Any) -> bool:
    """Does nothing: it looks for instances of a role that it never looked up."""
    _bindings(call, given)
    return True


@function(
    "tool_sync_cohort_get_users",
    {"chidsource": Value(), "chid": Value(), "options": LIST_OPTIONS},
    broken=PhpError('Class "tool_sync_external" not found'),
)
def get_users(call: Call, **given: Any) -> None:
    """Never gets this far: Moodle can't even describe it."""


@function("tool_sync_cohort_delete", {"chidsource": Value(), "chid": Value()}, writes=True)
def delete(call: Call, chidsource: str, chid: str) -> bool:
    """True when there was such a cohort."""
    found = call.store.record("cohort", **{chidsource: chid}) if chidsource in ("id", "idnumber") else None
    if found is None:
        return False
    cohorts.delete(call.store, found["id"])
    return True


# -- members ------------------------------------------------------------------------------------------------------


@function("tool_sync_cohort_add_members", {"members": MEMBERS}, writes=True)
def add_members(call: Call, members: list[dict[str, dict[str, str]]]) -> dict[str, Any]:
    """An unknown user stops it before anything is done; the rest is Moodle's own function."""
    known = []
    for number, member in enumerate(members):
        kind, value = member["usertype"]["type"], member["usertype"]["value"]
        if value in ("", "0"):
            raise InvalidParameter(f"Null User idnumber at record {number}")
        user = identifiers.cohort_user(call.store, kind, value)
        known.append({**member, "usertype": {"type": "id", "value": str(user["id"])}})
    return core_add_members(call, known)


@function("core_cohort_add_cohort_members", {"members": MEMBERS}, writes=True)
def core_add_members(call: Call, members: list[dict[str, dict[str, str]]]) -> dict[str, Any]:
    """One transaction; what can't be done is a warning: 1 wrong type, 2 nothing of that name, 3 there already."""
    store, warnings = call.store, []
    with store.atomic():
        for member in members:
            call.record_cost()
            warning = _add_member(call, member["cohorttype"], member["usertype"])
            if warning is not None:
                warnings.append({"warningcode": warning[0], "message": warning[1]})
    return {"warnings": warnings}


def _add_member(call: Call, cohort: dict[str, str], user: dict[str, str]) -> tuple[str, str] | None:
    store = call.store
    if cohort["type"] not in ("id", "idnumber"):
        return "1", f"invalid parameter: cohortype={cohort['type']}"
    if user["type"] not in ("id", "username"):
        return "1", f"invalid parameter: usertype={user['type']}"
    shown = f"cohort({cohort['type']}={cohort['value']} {user['type']}={user['value']})"
    try:
        found = store.record("cohort", **{cohort["type"]: cohort["value"]})
        account = store.record("user", deleted=0, mnethostid=1, **{user["type"]: user["value"]})
    except ReadFailed as error:
        raise MoodleException("Error", "cohort/Error") from error
    if found is None:
        return "2", f"cohort {cohort['type']}={cohort['value']} not exists"
    if account is None:
        return "2", f"user {user['type']}={user['value']} not exists"
    if store.exists("cohort_members", cohortid=found["id"], userid=account["id"]):
        return "3", "record already exists: " + shown
    _require_any(call, found, "moodle/cohort:manage", "moodle/cohort:assign")
    cohorts.add_member(call, found["id"], account["id"])
    return None


@function(
    "tool_sync_cohort_delete_members", {"members": MEMBERS, "blocking": Value("bool", True)}, writes=True
)
def delete_members(call: Call, members: list[dict[str, dict[str, str]]], blocking: bool) -> None:
    pairs = []
    for member in members:
        kind, value = member["cohorttype"]["type"], member["cohorttype"]["value"]
        if blocking:
            cohort = identifiers.cohort(call.store, kind, value)["id"]
        else:
            found = call.store.record("cohort", **{kind: value}) if kind in ("id", "idnumber") else None
            cohort = found["id"] if found else 0
        user = identifiers.cohort_user(call.store, member["usertype"]["type"], member["usertype"]["value"])
        pairs.append({"cohortid": cohort, "userid": user["id"]})
    core_delete_members(call, pairs)


@function(
    "core_cohort_delete_cohort_members",
    {"members": Multi(Struct({"cohortid": Value("int"), "userid": Value("int")}))},
    writes=True,
)
def core_delete_members(call: Call, members: list[dict[str, int]]) -> None:
    """One transaction; silent about users who are no members."""
    store = call.store
    with store.atomic():
        for member in members:
            call.record_cost()
            cohort = store.record("cohort", id=member["cohortid"])
            if cohort is None:
                raise MissingRecord("cohort")
            if not store.exists("user", id=member["userid"], deleted=0):
                raise MissingRecord("user")
            _require_any(call, cohort, "moodle/cohort:manage", "moodle/cohort:assign")
            cohorts.remove_member(store, cohort["id"], member["userid"])


@function("core_cohort_get_cohort_members", {"cohortids": Multi(Value("int"))})
def get_members(call: Call, cohortids: list[int]) -> list[dict[str, Any]]:
    answer = []
    for number in cohortids:
        cohort = call.store.record("cohort", id=number)
        if cohort is None:
            raise MissingRecord("cohort")
        _require_any(call, cohort, "moodle/cohort:manage", "moodle/cohort:view")
        rows = call.store.rows(
            'SELECT u.id FROM cohort_members cm JOIN "user" u ON u.id = cm.userid WHERE cm.cohortid = ? '
            "AND u.deleted = 0 ORDER BY u.lastname, u.firstname",
            [number],
        )
        answer.append({"cohortid": number, "userids": [row["id"] for row in rows]})
    return answer


def _describe_made(call: Call, cohort: Row) -> dict[str, Any]:
    name = call.shown(cohort["name"], call.site.version.formats_cohort_names)
    return {**describe(cohort), "name": name, "theme": cohort["theme"]}


def _describe_core(call: Call, cohort: Row) -> dict[str, Any]:
    shown = _describe_made(call, cohort)
    if call.site.version.cohort_custom_fields:
        shown["customfields"] = []
    return shown


@function("core_cohort_get_cohorts", {"cohortids": Multi(Value("int"), default=())})
def core_get_cohorts(call: Call, cohortids: list[int]) -> list[dict[str, Any]]:
    found = call.store.records("cohort")
    if cohortids:
        found = [cohort for cohort in found if cohort["id"] in cohortids]
    for cohort in found:
        _require_any(call, cohort, "moodle/cohort:manage", "moodle/cohort:view")
    return [_describe_core(call, cohort) for cohort in found]


# -- Moodle's own making and changing of cohorts ------------------------------------------------------------------

_COHORT = {
    "categorytype": Struct({"type": Value("text"), "value": Value("raw")}),
    "name": Value("raw"), "idnumber": Value("raw"), "description": Value("raw", OPTIONAL),
    "descriptionformat": Value("int", 1), "visible": Value("bool", OPTIONAL), "theme": Value("raw", OPTIONAL),
}


def _category_context(call: Call, given: dict[str, str]) -> int:
    kind, value = given["type"], given["value"]
    if kind not in ("idnumber", "id", "system"):
        raise InvalidParameter("category type must be id, idnumber or system:" + kind)
    if kind == "system":
        return access.context_id(call.store, access.SYSTEM, 0)
    found = call.store.record("course_categories", **{kind: value})
    if found is None:
        raise InvalidParameter(f"category not exists: category {kind} = {value}")
    return access.context_id(call.store, access.CATEGORY, found["id"])


@function("core_cohort_create_cohorts", {"cohorts": Multi(Struct(_COHORT))}, writes=True)
def core_create_cohorts(call: Call, **given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All of them or none. An idnumber is given once, and so is the lack of one."""
    store, made = call.store, []
    with store.atomic():
        for cohort in given["cohorts"]:
            context = _category_context(call, cohort.pop("categorytype"))
            if store.exists("cohort", idnumber=cohort["idnumber"]):
                raise InvalidParameter("record already exists: idnumber=" + cohort["idnumber"])
            access.require_capability(store, "moodle/cohort:manage", call.user["id"], context)
            number = store.insert(
                "cohort", contextid=context, timecreated=call.now(), timemodified=call.now(), **{"theme": "", **cohort}
            )
            row = store.record("cohort", id=number)
            assert row is not None
            made.append(_describe_made(call, row))
    return made


@function("core_cohort_update_cohorts", {"cohorts": Multi(Struct({"id": Value("int"), **_COHORT}))}, writes=True)
def core_update_cohorts(call: Call, **given: list[dict[str, Any]]) -> None:
    """All of them or none. The category is always set; what is left out of the rest stays.

    Nobody looks whether another cohort has the idnumber.
    """
    store = call.store
    with store.atomic():
        for cohort in given["cohorts"]:
            if not cohort["name"].strip():
                raise InvalidParameter("Invalid cohort name")
            old = store.record("cohort", id=cohort["id"])
            if old is None:
                raise MissingRecord("cohort")
            access.require_capability(store, "moodle/cohort:manage", call.user["id"], old["contextid"])
            context = _category_context(call, cohort.pop("categorytype"))
            access.require_capability(store, "moodle/cohort:manage", call.user["id"], context)
            store.update("cohort", cohort.pop("id"), contextid=context, timemodified=call.now(), **cohort)


@function("core_cohort_delete_cohorts", {"cohortids": Multi(Value("int"))}, writes=True)
def core_delete_cohorts(call: Call, cohortids: list[int]) -> None:
    """All of them or none."""
    with call.store.atomic():
        for number in cohortids:
            cohort = call.store.record("cohort", id=number)
            if cohort is None:
                raise MissingRecord("cohort")
            access.require_capability(call.store, "moodle/cohort:manage", call.user["id"], cohort["contextid"])
            cohorts.delete(call.store, number)


@function(
    "core_cohort_search_cohorts",
    {
        "query": Value("raw"),
        "context": Struct(
            {
                "contextid": Value("int", OPTIONAL), "contextlevel": Value("alpha", OPTIONAL),
                "instanceid": Value("int", OPTIONAL),
            }
        ),
        "includes": Value("alpha", "parents"),
        "limitfrom": Value("int", 0),
        "limitnum": Value("int", 25),
    },
)
def search_cohorts(
    call: Call, query: str, context: dict[str, Any], includes: str, limitfrom: int, limitnum: int
) -> dict[str, Any]:
    """Cohorts whose name, idnumber or description holds the query: of the context, or of all."""
    if includes not in ("self", "parents", "all"):
        raise InvalidParameter(f"Invalid includes value: {includes}")
    found = call.store.records("cohort", order="name, idnumber")
    if includes != "all":
        wanted = _context(call, context)
        here = {wanted, 1} if includes == "parents" else {wanted}
        found = [cohort for cohort in found if cohort["contextid"] in here]
    words = query.lower()
    found = [
        cohort
        for cohort in found
        if any(words in (cohort[name] or "").lower() for name in ("name", "idnumber", "description"))
    ]
    for cohort in found:
        _require_any(call, cohort, "moodle/cohort:manage", "moodle/cohort:view")
    last = limitfrom + limitnum if limitnum else None
    return {"cohorts": [_describe_core(call, cohort) for cohort in found[limitfrom:last]]}


def _context(call: Call, given: dict[str, Any]) -> int:
    if given.get("contextid"):
        return given["contextid"]
    level = access.LEVELS.get(given.get("contextlevel", ""))
    if level is None:
        raise InvalidParameter("Missing parameters, please provide either context level with instance id or contextid")
    return access.context_id(call.store, level, 0 if level == access.SYSTEM else given.get("instanceid", 0))
