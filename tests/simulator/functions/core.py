# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's own functions, of those a client of the plugin needs."""
from __future__ import annotations

import hashlib
from typing import Any

from ..errors import InvalidParameter
from ..moodle import access
from ..moodle.users import fullname
from ..params import Multi, Value
from ..seed import CORE_VERSIONS, PLUGIN_VERSION
from ..site import Call
from ..store import Row
from .registry import function, known

FEATURES = (
    "usecomments usetags enablenotes messaging enableblogs enablecompletion enablebadges messagingallusers "
    "enablecustomreports mnet_dispatcher_mode"
).split()
FEATURES_OFF = ("messagingallusers", "enableglobalsearch", "mnet_dispatcher_mode")


def picture(call: Call, size: str) -> str:
    return f"{call.site.wwwroot}/theme/image.php/boost/core/1795370938/u/{size}"


@function(
    "core_webservice_get_site_info", {"serviceshortnames": Multi(Value("raw"), default=None)}
)
def get_site_info(call: Call, serviceshortnames: Any) -> dict[str, Any]:
    store, user, service = call.store, call.user, call.service
    assert service is not None
    core_version, release = CORE_VERSIONS[call.site.moodle]
    features = list(FEATURES)
    if call.site.moodle != "4.1":
        features.insert(-1, "enableglobalsearch")
    names = [
        row["functionname"]
        for row in store.records("external_services_functions", externalserviceid=service["id"])
        if known(row["functionname"])
    ]
    admin = user["id"] == access.ADMIN
    return {
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
            {"name": name, "version": PLUGIN_VERSION if name.startswith("tool_sync_") else core_version}
            for name in names
        ],
        "downloadfiles": service["downloadfiles"],
        "uploadfiles": service["uploadfiles"],
        "release": release,
        "version": core_version,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": name, "value": int(name not in FEATURES_OFF)} for name in features],
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


def describe_user(call: Call, user: Row) -> dict[str, Any]:
    """A user as core's look-up shows it to somebody who may see everything."""
    shown = {
        "id": user["id"], "username": user["username"], "firstname": user["firstname"],
        "lastname": user["lastname"], "fullname": fullname(user), "email": user["email"],
        "department": user["department"], "idnumber": user["idnumber"], "firstaccess": user["firstaccess"],
        "lastaccess": user["lastaccess"], "auth": user["auth"], "suspended": bool(user["suspended"]),
        "confirmed": bool(user["confirmed"]), "lang": user["lang"], "theme": user["theme"],
        "timezone": user["timezone"], "mailformat": user["mailformat"],
    }
    for name in ("address", "phone1", "phone2", "institution", "city", "country"):
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
    kinds = {"id": "int", "idnumber": "raw", "username": "raw", "email": "raw"}
    if field not in kinds:
        raise InvalidParameter(f"Invalid field '{field}'")
    found = []
    for value in dict.fromkeys(values):
        if field == "id" and not value.isdigit():
            raise InvalidParameter(f'the value is "{value}", the server was expecting "int" type')
        if value != "":
            found += call.store.records("user", **{field: value, "deleted": 0})
    found.sort(key=lambda user: user["id"])
    may_see_all = access.has_capability(call.store, "moodle/user:viewalldetails", call.user["id"])
    shown = [describe_user(call, user) for user in found if user["username"] != "guest"]
    if may_see_all:
        return shown
    return [user for user in shown if user["id"] == call.user["id"]]


COURSE_FIELDS = ("id", "ids", "shortname", "idnumber", "category")


def describe_course(call: Call, course: Row) -> dict[str, Any]:
    category = call.store.record("course_categories", id=course["category"])
    methods = call.store.rows(
        "SELECT DISTINCT enrol FROM enrol WHERE courseid = ? AND status = 0 ORDER BY sortorder", [course["id"]]
    )
    shown = {
        "id": course["id"], "fullname": course["fullname"], "displayname": course["fullname"],
        "shortname": course["shortname"], "categoryid": course["category"],
        "categoryname": category["name"] if category else "", "sortorder": course["sortorder"],
        "summary": course["summary"], "summaryformat": 1, "summaryfiles": [], "overviewfiles": [],
        "showactivitydates": False, "showcompletionconditions": bool(course["enablecompletion"]), "contacts": [],
        "enrollmentmethods": [row["enrol"] for row in methods],
    }
    for name in (
        "idnumber", "format", "showgrades", "newsitems", "startdate", "enddate", "maxbytes", "showreports", "visible",
        "groupmode", "groupmodeforce", "defaultgroupingid", "enablecompletion", "lang", "theme", "marker",
        "legacyfiles", "timecreated", "timemodified",
    ):
        shown[name] = course[name]
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
        column = "id" if field == "ids" else field
        found = []
        for one in value.split(",") if field == "ids" else [value]:
            if column in ("id", "category") and not one.isdigit():
                raise InvalidParameter(f'the value is "{one}", the server was expecting "int" type')
            found += call.store.records("course", **{column: one})
    return {"courses": [describe_course(call, course) for course in found], "warnings": []}
