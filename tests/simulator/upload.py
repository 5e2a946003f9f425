# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's upload.php: files into the caller's draft area, with its own shape of answers and errors."""
from __future__ import annotations

from typing import Any

from . import php
from .errors import AccessDenied, MoodleException, Thrown
from .moodle import access, files
from .moodle.users import fullname
from .php import Upload
from .site import DEBUG_DEVELOPER, Site
from .store import Row
from .webservice import authenticate

UPLOAD_ERRORS = {
    1: ("upload_error_ini_size", "The uploaded file exceeds the upload_max_filesize directive in php.ini."),
    2: (
        "upload_error_form_size",
        "The uploaded file exceeds the MAX_FILE_SIZE directive that was specified in the HTML form.",
    ),
    4: ("upload_error_no_file", "No file was uploaded."),
}


def handle(site: Site, variables: dict[str, Any], uploads: list[Upload]) -> list[dict[str, Any]]:
    """Store the files of a request; what Moodle throws otherwise is thrown."""
    token = variables.get("token")
    if not isinstance(token, str):
        raise MoodleException("missingparam", "A required parameter (token) was missing")
    if "webservices-off" in site.conditions:
        raise AccessDenied("Web services are not enabled in Advanced features")
    user, service = authenticate(site, php.clean(token, "alphanum"))
    if not service["enabled"] or "service-off" in site.conditions:
        raise AccessDenied("Web service is not available (it doesn't exist or might be disabled)")
    if service["restrictedusers"] and "no-capabilities" not in site.conditions:
        allowed = site.store.exists("external_services_users", externalserviceid=service["id"], userid=user["id"])
        if not allowed or "not-authorised" in site.conditions:
            raise AccessDenied("The user is not allowed to use this service.")
    if not service["uploadfiles"]:
        raise AccessDenied("Web service file upload must be enabled in external service settings")
    path = php.clean(str(variables.get("filepath", "/")), "path") or "/"
    itemid = int(php.clean(str(variables.get("itemid", "0")), "int"))
    for upload in uploads:
        if upload.error:
            code, message = UPLOAD_ERRORS[upload.error]
            raise MoodleException(code, message)
    if itemid <= 0:
        itemid = files.unused_draft_itemid(site.store, user["id"])
    site.executed["upload.php"] += 1
    site.writes += bool(uploads)  # a request without a file stores nothing
    return [_store(site, user, itemid, path, upload) for upload in uploads]


def _store(site: Site, user: Row, itemid: int, path: str, upload: Upload) -> dict[str, Any]:
    name = php.clean(upload.name, "file")
    limit = int(site.store.setting("maxbytes", "core") or 0)
    if limit and len(upload.content) > limit and user["id"] != access.ADMIN:
        return {
            "filename": name, "errortype": "fileoversized",
            "error": "The file is too large and cannot be uploaded. ",
        }
    area = files.draft_area(site.store, user["id"], itemid)
    if files.find(site.store, area, path, name) is not None:
        answer: dict[str, Any] = {"filename": name, "filepath": "/tmp/phpABCDEF"}
        if site.version.upload_tells_size:
            answer["size"] = len(upload.content)
        if site.version.upload_tells_scan_time:
            answer = {"avscantime": 0.0002, **answer}
        return {**answer, "errortype": "filenameexist", "error": f"File name already exists: {name}"}
    files.save(site.store, area, path, name, upload.content, user["id"], site.now())
    length = len(name.encode("utf-8", "surrogateescape"))
    answer = {
        "component": "user", "contextid": area["contextid"], "userid": str(user["id"]), "filearea": "draft",
        "filename": name, "filepath": path, "itemid": itemid, "license": "unknown", "author": fullname(user),
        "source": f'O:8:"stdClass":1:{{s:6:"source";s:{length}:"{name}";}}',
    }
    if site.version.upload_tells_size:
        answer["filesize"] = len(upload.content)
    return answer


def write_error(error: Thrown, site: Site) -> str:
    """The error object of Moodle's AJAX scripts: ``error`` where REST has ``message``."""
    answer: dict[str, Any] = {
        "error": error.told_message(site.version), "errorcode": error.told_code(site.version), "stacktrace": None, "debuginfo": None,
        "reproductionlink": None,
    }
    if site.debug >= DEBUG_DEVELOPER:
        folder = site.version.code_folder + "/webservice"
        answer["stacktrace"] = (
            f"* line 77 of {folder}/lib.php: {error.told_class(site.version)} thrown\n"
            f"* line 58 of {folder}/upload.php: call to webservice->authenticate_user()\n"
        )
        answer["debuginfo"] = f"{error.debuginfo or ''}\nError code: {error.errorcode}"
        answer["reproductionlink"] = site.wwwroot + "/"
    return php.dumps(answer)
