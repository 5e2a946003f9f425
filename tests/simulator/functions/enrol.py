# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's enrolment functions, the working and the broken ones, and Moodle's own that they stand on."""
from __future__ import annotations

from typing import Any

from ..errors import InvalidParameter, MissingRecord, MoodleException, PhpError
from ..moodle import access, enrolments
from ..params import Multi, Struct, Value
from ..site import Call
from .identifiers import enrol_id
from .registry import function

# Methods whose folder has an externallib.php; only manual's can enrol.
WITH_WEB_SERVICES = ("guest", "manual", "meta", "self")

ENROL = {
    "roleidsource": Value(), "roleid": Value(), "useridsource": Value(), "userid": Value(),
    "courseidsource": Value(), "courseid": Value(), "method": Value(default="manual"),
    "timestart": Value("int", 0), "timeend": Value("int", 0), "suspend": Value("int", 0),
}
UNENROL = {
    "useridsource": Value(), "userid": Value(), "courseidsource": Value(), "courseid": Value(),
    "roleidsource": Value(default=""), "roleid": Value(default=""), "method": Value(default="manual"),
}
ROLE = {
    "roleidsource": Value(), "roleid": Value(), "useridsource": Value(), "userid": Value(), "contexttype": Value(),
    "instanceidsource": Value(), "instanceid": Value(), "shiftrole": Value("bool", 0), "component": Value(default=""),
}
UNROLE = {name: value for name, value in ROLE.items() if name != "shiftrole"}


@function("tool_sync_enrol_user_enrol", ENROL, writes=True)
def enrol_user(call: Call, **given: Any) -> bool:
    store = call.store
    roleid = enrol_id(store, "role", given["roleidsource"], given["roleid"])
    courseid = enrol_id(store, "course", given["courseidsource"], given["courseid"])
    userid = enrol_id(store, "user", given["useridsource"], given["userid"])
    method = given["method"]
    if method == "sync":
        raise MoodleException("Trying to use enrol/sync plugin but not installed here.")
    if method not in WITH_WEB_SERVICES:
        raise MoodleException("This enrol method does not support web services")
    if method != "manual":
        raise PhpError(f"Call to undefined method enrol_{method}_external::enrol_users()")
    call.record_cost()
    enrolment = {
        "roleid": _number("roleid", roleid), "userid": _number("userid", userid),
        "courseid": _number("courseid", courseid), "timestart": given["timestart"], "timeend": given["timeend"],
        "suspend": given["suspend"],
    }
    manual_enrol(call, enrolments=[enrolment])
    return True


def _number(name: str, value: str | int) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidParameter(
            f'{name} => Invalid parameter value detected: Invalid external api parameter: the value is "{value}", '
            'the server was expecting "int" type'
        ) from None


@function("tool_sync_enrol_users_enrol", {"enrols": Multi(Struct(ENROL))}, writes=True)
def enrol_users(call: Call, enrols: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One after the other; the first bad one throws, those before it stay enrolled."""
    done = []
    for given in enrols:
        done.append({"userid": given["userid"], "status": enrol_user(call, **given)})
    return done


@function("tool_sync_enrol_user_unenrol", UNENROL, writes=True)
def unenrol_user(call: Call, **given: Any) -> bool:
    """Never works: the class it asks for is not loaded."""
    enrol_id(call.store, "course", given["courseidsource"], given["courseid"])
    enrol_id(call.store, "user", given["useridsource"], given["userid"])
    if given["method"] == "sync":
        raise MoodleException("Trying to use enrol/sync plugin but not installed here.")
    raise MoodleException("This enrol method does not support unenrol_users()")


@function("tool_sync_enrol_users_unenrol", {"enrols": Multi(Struct(UNENROL))}, writes=True)
def unenrol_users(call: Call, enrols: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"userid": given["userid"], "status": unenrol_user(call, **given)} for given in enrols]


def _role_function(name: str, parameters: dict[str, Any], items: str = "") -> None:
    """The role functions call a method in a way that PHP 8 does not allow, whatever they are given."""

    @function(name, parameters, writes=True)
    def run(call: Call, **given: Any) -> Any:
        if items and not given[items]:
            return []
        raise PhpError(
            "Non-static method tool_sync_core_ext_external::validate_role_parameters() cannot be called statically"
        )


_role_function("tool_sync_enrol_role_assign", ROLE)
_role_function("tool_sync_enrol_role_assigns", {"roleassigns": Multi(Struct(ROLE))}, "roleassigns")
_role_function("tool_sync_enrol_role_unassign", UNROLE)
_role_function("tool_sync_enrol_role_unassigns", {"roleunassigns": Multi(Struct(ROLE))}, "roleunassigns")


# -- Moodle's manual enrolment ------------------------------------------------------------------------------------


@function(
    "enrol_manual_enrol_users",
    {
        "enrolments": Multi(
            Struct(
                {
                    "roleid": Value("int"), "userid": Value("int"), "courseid": Value("int"),
                    "timestart": Value("int", 0), "timeend": Value("int", 0), "suspend": Value("int", 0),
                }
            )
        )
    },
    writes=True,
)
def manual_enrol(call: Call, **given: list[dict[str, Any]]) -> None:
    """All of them or, when one is refused, none."""
    with call.store.atomic():
        for enrolment in given["enrolments"]:
            _manual_enrol(call, enrolment)


def _manual_enrol(call: Call, wanted: dict[str, Any]) -> None:
    store, courseid = call.store, wanted["courseid"]
    context = access.course_context(store, courseid)
    access.require_capability(store, "enrol/manual:enrol", call.user["id"], context)
    if wanted["roleid"] not in access.assignable_roles(store, call.user["id"], context):
        raise MoodleException(
            "wsusercannotassign",
            f"You don't have the permission to assign this role ({wanted['roleid']}) to this user "
            f"({wanted['userid']}) in this course ({courseid}).",
        )
    instance = enrolments.first_enabled(store, courseid, "manual")
    if instance is None:
        raise MoodleException(
            "wsnoinstance",
            f"Manual enrolment plugin instance doesn't exist or is disabled for the course (id = {courseid})",
        )
    status = enrolments.SUSPENDED if wanted["suspend"] else enrolments.ACTIVE
    enrolments.enrol(
        call, instance, wanted["userid"], wanted["roleid"], wanted["timestart"], wanted["timeend"], status
    )


@function(
    "enrol_manual_unenrol_users",
    {"enrolments": Multi(Struct({"userid": Value("int"), "courseid": Value("int"), "roleid": Value("int", None)}))},
    writes=True,
)
def manual_unenrol(call: Call, **given: list[dict[str, Any]]) -> None:
    """Silent about users who are not enrolled."""
    store = call.store
    with store.atomic():
        for enrolment in given["enrolments"]:
            if not store.exists("course", id=enrolment["courseid"]):
                raise MissingRecord("course")
            context = access.course_context(store, enrolment["courseid"])
            access.require_capability(store, "enrol/manual:unenrol", call.user["id"], context)
            instance = _manual_instance(call, enrolment["courseid"])
            if not store.exists("user", id=enrolment["userid"]):
                raise InvalidParameter("User id not exist: " + str(enrolment["userid"]))
            enrolments.unenrol(store, instance, enrolment["userid"])


def _manual_instance(call: Call, courseid: int) -> Any:
    found = enrolments.first_enabled(call.store, courseid, "manual", also_disabled=True)
    if found is None:
        raise MoodleException(
            "wsnoinstance",
            f"Manual enrolment plugin instance doesn't exist or is disabled for the course (id = {courseid})",
        )
    return found
