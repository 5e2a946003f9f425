# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's web service front: who asks, may they, which function, and how the answer is written.

The order of the checks is Moodle's: a wrong token is told before an unknown function, an unknown function before a
service that does not hold it, and parameters are looked at last.
"""
from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from . import params, php
from .errors import AccessDenied, InvalidParameter, MissingRecord, MoodleException, Thrown
from .functions import REGISTRY, known
from .moodle import access
from .site import DEBUG_DEVELOPER, DEBUG_NORMAL, Call, Site
from .store import Row
from .strings import INSTALLED

JSON_TYPE = "application/json"
XML_TYPE = "application/xml; charset=utf-8"


class Request:
    """A REST request after PHP has read it."""

    def __init__(self, variables: dict[str, Any]):
        given = dict(variables)
        self.json = given.pop("moodlewsrestformat", None) == "json"
        self.lang = _scalar(given.pop("moodlewssettinglang", ""))
        self.raw = _scalar(given.pop("moodlewssettingraw", "")) == "1"
        for name in ("fileurl", "filter", "timezone"):
            given.pop("moodlewssetting" + name, None)
        self.token = _scalar(given.pop("wstoken", ""))
        self.function = _scalar(given.pop("wsfunction", ""))
        self.arguments = given


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else ""


def execute(site: Site, request: Request) -> tuple[Any, Call]:
    """Run a request's function. Throws what Moodle would throw; ``Call.printed`` is what PHP printed on the way."""
    user, service = authenticate(site, request.token)
    if not access.has_capability(site.store, "webservice/rest:use", user["id"]):
        raise AccessDenied(
            "You are not allowed to use the rest protocol (missing capability: webservice/rest:use)"
        )
    lang = request.lang if request.lang in INSTALLED else user_language(site, user)
    call = Call(site, user, lang, raw=request.raw)
    call.service = service
    if not request.function:
        raise InvalidParameter("Missing function name")
    entry = REGISTRY.get(request.function)
    if not known(request.function) or not site.has_function(request.function):
        raise MissingRecord("external_functions", f"SELECT * FROM external_functions WHERE name = {request.function}")
    if entry is not None and entry.broken is not None:
        raise entry.broken
    if not service["enabled"] or "service-off" in site.conditions or not _listed(site, service, request.function, user):
        raise AccessDenied(f"Access to the function {request.function}() is not allowed.")
    if entry is None:
        raise MoodleException("notpractised", f"The practice Moodle does not play {request.function}")
    arguments = params.validate(entry.parameters, request.arguments)
    site.executed[request.function] += 1
    if entry.writes:
        site.writes += 1
    return entry.run(call, **arguments), call


def authenticate(site: Site, token: str) -> tuple[Row, Row]:
    """The token's user and service. An expired token is deleted by its first use."""
    store = site.store
    found = store.record("external_tokens", token=token) if token else None
    if found is None:
        raise MoodleException("invalidtoken", "Invalid token - token not found")
    if "token-expired" in site.conditions or (found["validuntil"] and found["validuntil"] < site.now()):
        store.delete("external_tokens", id=found["id"])
        raise AccessDenied("Invalid token - token expired - check validuntil time for the token")
    if "token-other-address" in site.conditions or found["iprestriction"]:
        raise AccessDenied("Invalid token - IP:127.0.0.1 is not supported")
    service = store.record("external_services", id=found["externalserviceid"])
    user = store.record("user", id=found["userid"], deleted=0)
    if user is None or service is None:
        raise MoodleException("wsaccessuserdeleted", "Refused web service access for deleted username")
    if "no-capabilities" in site.conditions:
        user = _plain_account(site, site.conditions["no-capabilities"])
    if "maintenance" in site.conditions and not access.has_capability(
        store, "moodle/site:maintenanceaccess", user["id"]
    ):
        raise MoodleException("sitemaintenance", "The site is undergoing maintenance and is currently not available")
    if user["suspended"] or "account-suspended" in site.conditions:
        name = user["username"]
        raise MoodleException("wsaccessusersuspended", f"Refused web service access for suspended username: {name}")
    return user, service


def user_language(site: Site, user: Row) -> str:
    if "french-account" in site.conditions:
        return "fr"
    return user["lang"] if user["lang"] in INSTALLED else "en"


def _plain_account(site: Site, wanted: str) -> Row:
    """The account a token belongs to while the condition holds: the one named, or the first plain one."""
    store = site.store
    if wanted:
        found = store.record("user", username=wanted, deleted=0)
    else:
        found = store.row('SELECT * FROM "user" WHERE id > 2 AND deleted = 0 ORDER BY id LIMIT 1')
    if found is None:
        created = store.insert(
            "user", username=wanted or "plain", firstname="Plain", lastname="Account", mnethostid=1, confirmed=1
        )
        found = store.record("user", id=created)
    assert found is not None
    return found


def _listed(site: Site, service: Row, function: str, user: Row) -> bool:
    store = site.store
    if not store.exists("external_services_functions", externalserviceid=service["id"], functionname=function):
        return False
    if not service["restrictedusers"]:
        return True
    listed = store.exists("external_services_users", externalserviceid=service["id"], userid=user["id"])
    return listed and "not-authorised" not in site.conditions


# -- answers ------------------------------------------------------------------------------------------------------


def write_result(value: Any, as_json: bool) -> str:
    if as_json:
        return php.dumps(value)
    return '<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n' + _xml(value) + "</RESPONSE>\n"


def write_error(error: Thrown, site: Site, as_json: bool) -> str:
    debug, code = site.debug, error.told_code(site.version)
    message = error.told_message(site.version)
    if error.debuginfo and debug >= DEBUG_DEVELOPER:
        message += f" ({error.debuginfo})"
    show = error.debuginfo is not None and debug >= DEBUG_NORMAL
    if as_json:
        answer = {"exception": error.told_class(site.version)}
        if code is not None:
            answer["errorcode"] = code
        answer["message"] = message
        if show:
            answer["debuginfo"] = str(error.debuginfo)
        return php.dumps(answer)
    lines = ['<?xml version="1.0" encoding="UTF-8" ?>', f'<EXCEPTION class="{error.told_class(site.version)}">']
    if code is not None:
        lines.append(f"<ERRORCODE>{escape(code)}</ERRORCODE>")
    lines.append(f"<MESSAGE>{escape(message)}</MESSAGE>")
    if show:
        lines.append(f"<DEBUGINFO>{escape(str(error.debuginfo))}</DEBUGINFO>")
    return "\n".join([*lines, "</EXCEPTION>", ""])


def _xml(value: Any) -> str:
    if value is None:
        return '<VALUE null="null"/>\n'
    if isinstance(value, list):
        return "<MULTIPLE>\n" + "".join(map(_xml, value)) + "</MULTIPLE>\n"
    if isinstance(value, dict):
        keys = "".join(f'<KEY name="{name}">{_xml(inner)}</KEY>\n' for name, inner in value.items())
        return f"<SINGLE>\n{keys}</SINGLE>\n"
    if isinstance(value, bool):
        value = int(value)
    return f"<VALUE>{escape(str(value))}</VALUE>\n"
