# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's own functions, of those a client of the plugin needs."""
from __future__ import annotations

import hashlib
import re
from typing import Any

from .. import php
from ..errors import CodingError, InvalidParameter, MoodleException, PhpError
from ..moodle import access, users
from ..moodle import courses as course_rows
from ..moodle.files import draft_area
from ..moodle.users import fullname
from ..params import OPTIONAL, Multi, Struct, Value
from ..seed import PLUGIN_VERSION
from ..site import Call
from ..store import Row, Store
from .registry import function, known

FEATURES_OFF = ("messagingallusers", "enableglobalsearch", "mnet_dispatcher_mode")


def picture(call: Call, size: str) -> str:
    return f"{call.site.wwwroot}/theme/image.php/boost/core/1795370938/u/{size}"


@function(
    "core_webservice_get_site_info", {"serviceshortnames": Multi(Value("raw"), default=None)}
)
def get_site_info(call: Call, serviceshortnames: Any) -> dict[str, Any]:
    store, user, service = call.store, call.user, call.service
    assert service is not None
    version = call.site.version
    names = [
        row["functionname"]
        for row in store.records("external_services_functions", externalserviceid=service["id"])
        if known(row["functionname"]) and call.site.has_function(row["functionname"])
    ]
    admin = user["id"] == access.ADMIN
    shown = {
        "sitename": store.setting("sitename", "core"),
        "username": user["username"],
        "firstname": user["firstname"],
        "lastname": user["lastname"],
        "fullname": fullname(user),
        "lang": call.lang,
        "userid": user["id"],
        "siteurl": call.site.wwwroot,
        "userpictureurl": picture(call, "f1"),
        "functions": [
            {"name": name, "version": PLUGIN_VERSION if name.startswith("tool_sync_") else version.core_version}
            for name in names
        ],
        "downloadfiles": service["downloadfiles"],
        "uploadfiles": service["uploadfiles"],
        "release": version.release,
        "version": version.core_version,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": name, "value": int(name not in FEATURES_OFF)} for name in version.features],
        "usercanmanageownfiles": True,
        "userquota": 0 if admin else 104857600,
        "usermaxuploadfilesize": -1 if admin else call.site.limits.upload_max_filesize,
        "userhomepage": 1,
        "userprivateaccesskey": hashlib.md5(user["username"].encode(), usedforsecurity=False).hexdigest(),
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": admin,
        "theme": "boost",
        "limitconcurrentlogins": 0,
    }
    if version.policy_agreed:
        shown["policyagreed"] = 0
    return shown


def describe_user(call: Call, user: Row) -> dict[str, Any]:
    """A user as core's look-up shows it to somebody who may see everything."""
    shown = {
        "id": user["id"], "username": user["username"], "firstname": user["firstname"],
        "lastname": user["lastname"], "fullname": fullname(user), "email": user["email"],
        "department": user["department"], "firstaccess": user["firstaccess"],
        "lastaccess": user["lastaccess"], "auth": user["auth"], "suspended": bool(user["suspended"]),
        "confirmed": bool(user["confirmed"]), "lang": user["lang"], "theme": user["theme"],
        "timezone": user["timezone"], "mailformat": user["mailformat"],
    }
    if call.site.version.user_trackforums:
        shown["trackforums"] = user["trackforums"]
    for name in ("idnumber", "address", "phone1", "phone2", "institution", "city", "country"):
        if user[name]:
            shown[name] = user[name]
    fields = call.store.rows(
        "SELECT f.shortname, f.name, f.datatype, d.data FROM user_info_data d JOIN user_info_field f "
        "ON f.id = d.fieldid WHERE d.userid = ? AND d.data <> '' ORDER BY f.id",
        [user["id"]],
    )
    if fields:
        shown["customfields"] = [
            {"type": row["datatype"], "value": row["data"], "name": row["name"], "shortname": row["shortname"]}
            for row in fields
        ]
    shown["profileimageurlsmall"] = picture(call, "f2")
    shown["profileimageurl"] = picture(call, "f1")
    return shown


@function("core_user_get_users_by_field", {"field": Value("raw"), "values": Multi(Value("raw"))})
def get_users_by_field(call: Call, field: str, values: list[str]) -> list[dict[str, Any]]:
    """One value that is no value of its field, such as a username with capitals, refuses them all."""
    kinds = {"id": "int", "idnumber": "raw", "username": "username", "email": "email"}
    if field not in kinds:
        raise CodingError("invalid field parameter", f"The search field '{field}' is not allowed")
    found = []
    for value in dict.fromkeys(values):
        cleaned = php.clean(value, kinds[field])
        if cleaned != value:
            raise InvalidParameter(f"The field '{field}' value is invalid: {value}(cleaned value: {cleaned})")
        if value != "":
            found += call.store.records("user", **{field: value, "deleted": 0})
    found.sort(key=lambda user: user["id"])
    call.read_cost(len(found))
    may_see_all = access.has_capability(call.store, "moodle/user:viewalldetails", call.user["id"])
    shown = [describe_user(call, user) for user in found if user["username"] != "guest"]
    if may_see_all:
        return shown
    return [user for user in shown if user["id"] == call.user["id"]]


@function(
    "core_user_get_users", {"criteria": Multi(Struct({"key": Value("alpha"), "value": Value("raw")}))}
)
def get_users(call: Call, criteria: list[dict[str, str]]) -> dict[str, Any]:
    """Accounts that meet all criteria; names and addresses may hold a % for any text. Not recorded: by Moodle's documentation."""
    found = call.store.records("user", deleted=0)
    for one in criteria:
        key, value = one["key"], one["value"]
        if key in ("id", "username", "idnumber", "auth"):
            found = [user for user in found if str(user[key]) == value]
        elif key in ("email", "firstname", "lastname"):
            pattern = re.compile(".*".join(map(re.escape, value.split("%"))), re.IGNORECASE)
            found = [user for user in found if pattern.fullmatch(user[key])]
        else:
            raise InvalidParameter(f"invalid criteria key: {key}")
    call.read_cost(len(found))
    if not access.has_capability(call.store, "moodle/user:viewalldetails", call.user["id"]):
        found = [user for user in found if user["id"] == call.user["id"]]
    return {"users": [describe_user(call, user) for user in found if user["username"] != "guest"], "warnings": []}


#: What changing a field of a course takes.
_CHANGES = {"fullname": "changefullname", "shortname": "changeshortname", "idnumber": "changeidnumber", "categoryid": "changecategory"}


@function(
    "core_course_update_courses",
    {
        "courses": Multi(
            Struct({"id": Value("int"), **{name: Value("int" if name == "categoryid" else "raw", OPTIONAL) for name in _CHANGES}})
        )
    },
    writes=True,
)
def update_courses(call: Call, courses: list[dict[str, Any]]) -> dict[str, Any]:
    """What is refused of a course is a warning. Not recorded: by Moodle's documentation."""
    warnings = []
    for given in courses:
        try:
            with call.store.atomic():
                _update_course(call, dict(given))
        except MoodleException as error:
            told = {"item": "course", "itemid": given["id"], "warningcode": error.errorcode, "message": error.message}
            warnings.append(told)
    return {"warnings": warnings}


def _update_course(call: Call, given: dict[str, Any]) -> None:
    store = call.store
    course = store.record("course", id=given.pop("id"))
    if course is None:
        raise MoodleException("invalidrecord", "Can't find data record in database table course.")
    context = access.context_id(store, access.COURSE, course["id"])
    access.require_capability(store, "moodle/course:update", call.user["id"], context)
    columns = {("category" if name == "categoryid" else name): value for name, value in given.items()}
    changed = {name: value for name, value in columns.items() if value != course[name]}
    for name in changed:
        access.require_capability(
            store, f"moodle/course:{_CHANGES['categoryid' if name == 'category' else name]}", call.user["id"], context
        )
    if "category" in changed and not store.exists("course_categories", id=changed["category"]):
        raise MoodleException("unknowncategory", "Unknown category!")
    course_rows.check_names_free(store, changed.get("shortname"), changed.get("idnumber"), holders=True)
    if changed:
        store.update("course", course["id"], **changed, timemodified=call.now())


COURSE_FIELDS = {"id": "int", "ids": "sequence", "shortname": "text", "idnumber": "raw", "category": "int"}


def describe_course(call: Call, course: Row) -> dict[str, Any]:
    category = call.store.record("course_categories", id=course["category"])
    methods = call.store.rows(
        "SELECT enrol FROM enrol WHERE courseid = ? AND status = 0 ORDER BY sortorder, id", [course["id"]]
    )
    shown = {
        "id": course["id"], "fullname": course["fullname"], "displayname": course["fullname"],
        "shortname": course["shortname"], "categoryid": course["category"],
        "categoryname": category["name"] if category else "", "sortorder": course["sortorder"],
        "summary": course["summary"], "summaryformat": 1, "summaryfiles": [], "overviewfiles": [],
        "showactivitydates": call.site.version.course_activity_dates,
        "showcompletionconditions": bool(course["enablecompletion"]), "contacts": [],
        "enrollmentmethods": [row["enrol"] for row in methods],
    }
    for name in (
        "idnumber", "format", "showgrades", "newsitems", "startdate", "enddate", "maxbytes", "showreports", "visible",
        "groupmode", "groupmodeforce", "defaultgroupingid", "enablecompletion", "lang", "theme", "marker",
        "legacyfiles", "timecreated", "timemodified",
    ):
        shown[name] = course[name]
    if call.site.version.course_image:
        context = access.context_id(call.store, access.COURSE, course["id"])
        shown["courseimage"] = f"{call.site.wwwroot}/pluginfile.php/{context}/course/generated/course.svg"
    return shown


@function(
    "core_course_get_courses_by_field",
    {"field": Value("raw", default=""), "value": Value("raw", default="")},
)
def get_courses_by_field(call: Call, field: str, value: str) -> dict[str, Any]:
    if field == "":
        found = call.store.records("course")
    elif field not in COURSE_FIELDS:
        raise InvalidParameter("Invalid field name")
    else:
        value = php.clean(value, COURSE_FIELDS[field])
        if field != "ids":
            found = call.store.records("course", **{field: value})
        else:
            known = {str(course["id"]): course for course in call.store.records("course")}
            wanted = list(dict.fromkeys(value.split(",")))
            if any(number not in known for number in wanted):
                raise PhpError('Attempt to assign property "contextvalidated" on null')
            found = [known[number] for number in wanted]
    return {"courses": [describe_course(call, course) for course in found], "warnings": []}


@function("core_course_get_courses", {"options": Struct({"ids": Multi(Value("int"), default=())}, default=None)})
def get_courses(call: Call, options: dict[str, Any] | None) -> list[dict[str, Any]]:
    ids = options["ids"] if options else ()
    found = call.store.records("course")
    return [describe_course(call, course) for course in found if not ids or course["id"] in ids]


@function(
    "core_course_get_categories",
    {
        "criteria": Multi(Struct({"key": Value("alpha"), "value": Value("raw")}), default=()),
        "addsubcategories": Value("bool", True),
    },
)
def get_categories(call: Call, criteria: list[dict[str, str]], addsubcategories: bool) -> list[dict[str, Any]]:
    """Categories that meet all criteria, and those below them."""
    store = call.store
    found = {row["id"]: row for row in store.records("course_categories")}
    everything = dict(found)
    for one in criteria:
        key, value = one["key"], one["value"]
        if key == "ids":
            wanted = {int(number) for number in value.split(",") if number.strip().isdigit()}
            found = {number: row for number, row in found.items() if number in wanted}
        elif key in ("id", "name", "parent", "idnumber", "visible"):
            found = {number: row for number, row in found.items() if str(row[key]) == value}
        else:
            raise MoodleException(
                "criteriaerror", "Missing permissions to search on a criterion.", f"Unknown search key: {key}"
            )
    if addsubcategories and criteria:
        below = True
        while below:
            below = {
                number: row
                for number, row in everything.items()
                if row["parent"] in found and number not in found
            }
            found.update(below)
    return [_describe_category(store, everything, row) for _number, row in sorted(found.items())]


def _describe_category(store: Store, everything: dict[int, Row], row: Row) -> dict[str, Any]:
    path = [row["id"]]
    parent = row["parent"]
    while parent in everything:
        path.insert(0, parent)
        parent = everything[parent]["parent"]
    return {
        "id": row["id"], "name": row["name"], "idnumber": row["idnumber"], "description": "", "descriptionformat": 1,
        "parent": row["parent"], "sortorder": row["sortorder"],
        "coursecount": store.value("SELECT COUNT(*) FROM course WHERE category = ?", [row["id"]]),
        "visible": row["visible"], "depth": len(path), "path": "/" + "/".join(map(str, path)),
    }


@function(
    "core_user_create_users",
    {
        "users": Multi(
            Struct(
                {
                    "username": Value("username"), "firstname": Value("notags"), "lastname": Value("notags"),
                    "email": Value("raw"), "password": Value("raw", ""), "createpassword": Value("bool", False),
                    "auth": Value("raw", "manual"), "idnumber": Value("raw", ""), "lang": Value("raw", "en"),
                    "city": Value("notags", ""), "country": Value("alpha", ""), "timezone": Value("raw", "99"),
                    "department": Value("text", ""), "institution": Value("text", ""),
                }
            )
        )
    },
    writes=True,
)
def create_users(call: Call, **given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All of them or none."""
    store, made = call.store, []
    access.require_capability(store, "moodle/user:create", call.user["id"])
    with store.atomic():
        for fields in given["users"]:
            if store.exists("user", username=fields["username"], mnethostid=1):
                raise InvalidParameter("Username already exists: " + fields["username"])
            if "@" not in fields["email"]:
                raise InvalidParameter("Email address is invalid: " + fields["email"])
            if store.exists("user", email=fields["email"], mnethostid=1):
                raise InvalidParameter("Email address already exists: " + fields["email"])
            if not fields.pop("createpassword") and not fields["password"]:
                raise InvalidParameter("Invalid password: you must provide a password, or set createpassword.")
            fields["password"] = "hashed" if fields["password"] else ""
            number = users.create(store, call.now(), mnethostid=1, confirmed=1, **fields)
            made.append({"id": number, "username": fields["username"]})
    return made


ASSIGNMENTS = Multi(
    Struct(
        {
            "roleid": Value("int"), "userid": Value("int"), "contextid": Value("int", OPTIONAL),
            "contextlevel": Value("alpha", OPTIONAL), "instanceid": Value("int", OPTIONAL),
        }
    )
)
# Where a context's instance is kept.
INSTANCES = {access.USER: "user", access.CATEGORY: "course_categories", access.COURSE: "course", access.MODULE: "course_modules"}


def _assignment_context(call: Call, given: dict[str, Any]) -> int:
    if given.get("contextid"):
        if not call.store.exists("context", id=given["contextid"]):
            raise InvalidParameter("Context does not exist")
        return given["contextid"]
    if not given.get("contextlevel") or "instanceid" not in given:
        raise InvalidParameter("Missing parameters, please provide either context level with instance id or contextid")
    level = access.LEVELS.get(given["contextlevel"])
    if level is None:
        raise InvalidParameter("Invalid context level = " + given["contextlevel"])
    if level == access.SYSTEM:
        return access.context_id(call.store, level, 0)
    if not call.store.exists(INSTANCES[level], id=given["instanceid"]):
        raise InvalidParameter("Context does not exist")
    return access.context_id(call.store, level, given["instanceid"])


@function("core_role_assign_roles", {"assignments": ASSIGNMENTS}, writes=True)
def assign_roles(call: Call, assignments: list[dict[str, Any]]) -> None:
    with call.store.atomic():
        for given in assignments:
            context = _assignment_context(call, given)
            access.require_capability(call.store, "moodle/role:assign", call.user["id"], context)
            if given["roleid"] not in access.assignable_roles(call.store, call.user["id"], context):
                raise InvalidParameter(f"Can not assign roleid={given['roleid']} in contextid={context}")
            if not call.store.exists("user", id=given["userid"], deleted=0):
                raise CodingError("User ID does not exist or is deleted!", f"userid:{given['userid']}")
            access.assign_role(call.store, given["roleid"], given["userid"], context, when=call.now())


@function(
    "core_role_unassign_roles",
    {"unassignments": ASSIGNMENTS},
    writes=True,
)
def unassign_roles(call: Call, unassignments: list[dict[str, Any]]) -> None:
    """Silent about roles that are not held."""
    with call.store.atomic():
        for given in unassignments:
            context = _assignment_context(call, given)
            access.require_capability(call.store, "moodle/role:assign", call.user["id"], context)
            if given["roleid"] not in access.assignable_roles(call.store, call.user["id"], context):
                raise InvalidParameter(f"Can not unassign roleid={given['roleid']} in contextid={context}")
            call.store.delete(
                "role_assignments", roleid=given["roleid"], userid=given["userid"], contextid=context, component=""
            )


@function(
    "core_files_delete_draft_files",
    {
        "draftitemid": Value("int"),
        "files": Multi(Struct({"filepath": Value("path"), "filename": Value("file")})),
    },
    writes=True,
)
def delete_draft_files(call: Call, draftitemid: int, **given: list[dict[str, str]]) -> dict[str, Any]:
    """The folders that the deleted files lay in; silent about files that are not there."""
    area = draft_area(call.store, call.user["id"], draftitemid)
    gone = {
        file["filepath"]
        for file in given["files"]
        if call.store.delete("files", filepath=file["filepath"], filename=file["filename"], **area)
    }
    return {"parentpaths": sorted(gone), "warnings": []}
