# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's first service: settings, files, runs, course check and deployment."""
from __future__ import annotations

from .. import params
from ..errors import InvalidParameter, MissingRecord, MoodleException, PhpError
from ..moodle import courses, files
from ..params import Value
from ..services import PROCESSES
from ..site import Call
from .registry import function

SETTINGS = {
    "courses": (
        "fileuploadlocation", "filedeletelocation", "filedeleteidentifier", "fileexistslocation",
        "existfileidentifier", "fileresetlocation", "fileresetidentifier",
    ),
    "users": ("filelocation", "primaryidentity"),
    "cohorts": ("filelocation", "useridentifier", "cohortidentifier", "autocreate", "syncdelete"),
    "enrols": ("filelocation", "courseidentifier", "useridentifier"),
}
COURSE_SOURCES = ("id", "idnumber", "shortname")
KEPT_FROM_TEMPLATE = (
    "summary", "format", "showgrades", "newsitems", "startdate", "enddate", "maxbytes", "showreports", "visible",
    "groupmode", "groupmodeforce", "lang", "theme", "enablecompletion",
)


def require_pro(call: Call) -> None:
    if not call.site.pro:
        raise MoodleException("proreleasefeature")


@function(
    "tool_sync_set_config", {"service": Value(), "confkey": Value(), "confvalue": Value()}, writes=True
)
def set_config(call: Call, service: str, confkey: str, confvalue: str) -> bool:
    """Any value is taken; a wrong one shows at the next run."""
    if service not in SETTINGS:
        raise PhpError("in_array(): Argument #2 ($haystack) must be of type array, null given", "TypeError")
    if confkey not in SETTINGS[service]:
        raise InvalidParameter("Service keys not in acceptable ranges.")
    call.store.set_setting(f"{service}_{confkey}", confvalue)
    return True


@function("tool_sync_commit_file", {"draftitemid": Value("int")}, writes=True)
def commit_file(call: Call, draftitemid: int) -> bool:
    """Move the draft's files into the plugin's area, in the place of files of the same names."""
    require_pro(call)
    draft = files.draft_area(call.store, call.user["id"], draftitemid)
    found = call.store.records("files", **draft)
    if not found:
        raise MoodleException("nofile", "File not specified")
    for file in found:
        files.save(call.store, files.SYNC_AREA, "/", file["filename"], file["content"], call.user["id"], call.now())
    call.store.delete("files", **draft)
    return True


@function("tool_sync_process", {"service": Value(), "action": Value()}, writes=True)
def process(call: Call, service: str, action: str) -> str | None:
    """Run a service; its report, which Moodle refuses to hand over when it holds markup."""
    if service not in PROCESSES:
        raise InvalidParameter("Service not in acceptable ranges.")
    if action not in PROCESSES[service]:
        raise InvalidParameter("Service action not in acceptable ranges.")
    require_pro(call)
    report = PROCESSES[service][action](call).process()
    call.site.last_report = report or ""
    return params.text_response(report)


@function("tool_sync_check_course", {"courseidsource": Value(), "courseid": Value()})
def check_course(call: Call, courseidsource: str, courseid: str) -> bool:
    if courseidsource not in COURSE_SOURCES:
        raise InvalidParameter("ID source not in acceptable range.")
    return call.store.exists("course", **{courseidsource: courseid})


@function(
    "tool_sync_deploy_course",
    {
        **{name: Value() for name in ("categoryidsource", "categoryid", "templateidsource", "templateid")},
        **{name: Value() for name in ("shortname", "fullname", "idnumber")},
        "replacements": Value(default=""),
    },
    writes=True,
)
def deploy_course(
    call: Call, categoryidsource: str, categoryid: str, templateidsource: str, templateid: str, shortname: str,
    fullname: str, idnumber: str, replacements: str,
) -> int:
    """Copy a template course; the new course's id. What the plugin does with replacements is in its closed part."""
    store = call.store
    if categoryidsource not in ("id", "idnumber"):
        raise InvalidParameter("Category ID source not in acceptable range.")
    category = store.record("course_categories", **{categoryidsource: categoryid})
    if category is None:
        raise InvalidParameter("Category does not exist.")
    if templateidsource not in COURSE_SOURCES:
        raise InvalidParameter("Template ID source not in acceptable range.")
    require_pro(call)
    template = store.record("course", **{templateidsource: templateid})
    if template is None:
        raise MissingRecord("course")
    courses.check_names_free(store, shortname, idnumber, holders=True)
    call.record_cost()
    with store.atomic():
        kept = {name: template[name] for name in KEPT_FROM_TEMPLATE}
        names = {"shortname": shortname, "fullname": fullname, "idnumber": idnumber}
        course = courses.create(store, call.now(), category=category["id"], **names, **kept)
        courses.copy_content(store, template["id"], course, call.now())
    return course
