# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice's own control calls, ``/_practice/<what>``, JSON in and out. A real Moodle has nothing of the kind."""
from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import seed
from .faults import Fault
from .moodle import access, enrolments
from .site import CONDITIONS

if TYPE_CHECKING:
    from .server import Server


class Refused(Exception):
    """The control call makes no sense; the message says why."""


async def handle(server: Server, request: web.Request) -> web.Response:
    what = request.match_info["what"]
    action = ACTIONS.get((request.method, what))
    if action is None:
        return web.json_response({"error": f"no {request.method} {what}"}, status=404)
    try:
        raw = await request.read()
        given = json.loads(raw) if raw else {}
        if not isinstance(given, dict):
            raise Refused("a JSON object was expected")
        result = action(server, given)
        if asyncio.iscoroutine(result):
            result = await result
    except (Refused, ValueError, TypeError, KeyError) as error:
        return web.json_response({"error": str(error) or type(error).__name__}, status=400)
    return web.json_response(result)


def counters(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    """Requests per function, those of them that got as far as the work, and how many of these were writes."""
    site = server.site
    return {"calls": dict(site.calls), "executed": dict(site.executed), "writes": site.writes}


def forget_counters(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    server.site.calls.clear()
    server.site.executed.clear()
    server.site.writes = 0
    return {}


async def add_fault(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    fault = Fault.parse(given)
    if fault.kind == "refuse":
        server.refuse(fault.seconds)
    else:
        server.faults.waiting.append(fault)
    return {}


def list_faults(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    return {"faults": [vars(fault) for fault in server.faults.waiting]}


def clear_faults(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    server.faults.waiting.clear()
    return {}


def set_condition(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    """``{"name": ..., "on": true, "value": ""}``; a username for ``no-capabilities``, see ``--help``."""
    name = given["name"]
    if name not in CONDITIONS:
        raise Refused("condition must be one of " + ", ".join(CONDITIONS))
    if given.get("on", True):
        server.site.conditions[name] = str(given.get("value", ""))
    else:
        server.site.conditions.pop(name, None)
        # A token that was used while it was expired is gone; without the condition it is a good one again.
        server.restore_tokens()
    return {"conditions": sorted(server.site.conditions)}


def clear_conditions(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    server.site.conditions.clear()
    server.restore_tokens()
    return {}


def configure(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    """Change any of the sections that the README tells of."""
    site = server.site
    for section, values in given.items():
        if section in ("plugin", "core"):
            for name, value in values.items():
                site.store.set_setting(name, value, "tool_sync" if section == "plugin" else "core")
        elif section in ("limits", "latency"):
            target = getattr(site, section)
            for name, value in values.items():
                if not hasattr(target, name):
                    raise Refused(f"no {name} in {section}")
                setattr(target, name, type(getattr(target, name))(value))
        elif section == "noise":
            site.noise = bool(values)
        elif section == "edition" and values in ("pro", "community"):
            site.edition = values
        elif section == "service":
            _service(server, values)
        elif section == "role":
            _role(server, values)
        elif section == "greeting":
            for shortname, sender in values.items():
                _greeting(server, shortname, sender)
        elif section == "account":
            _account(server, values)
        else:
            raise Refused(f"cannot configure {section}={values!r}")
    site.store.commit()
    return {}


def _service(server: Server, given: dict[str, Any]) -> None:
    """``{"shortname", "functions": [...], "token": ..., "uploadfiles": 1, "username": "admin"}``."""
    store = server.site.store
    shortname = given["shortname"]
    found = store.record("external_services", shortname=shortname)
    if found is None:
        store.insert("external_services", shortname=shortname, name=shortname, enabled=1, uploadfiles=1)
        found = store.record("external_services", shortname=shortname)
    assert found is not None
    for name in ("enabled", "uploadfiles", "restrictedusers"):
        if name in given:
            store.update("external_services", found["id"], **{name: int(given[name])})
    if "functions" in given:
        store.delete("external_services_functions", externalserviceid=found["id"])
        for function in dict.fromkeys(given["functions"]):
            store.insert(
                "external_services_functions", externalserviceid=found["id"], functionname=function
            )
    if "token" in given:
        user = store.record("user", username=given.get("username", "admin"), deleted=0)
        if user is None:
            raise Refused("unknown username")
        # Not kept for reset(), which drops the service too.
        seed.give_token(store, given["token"], shortname, user["id"])


def _role(server: Server, given: dict[str, Any]) -> None:
    """``{"shortname", "contexts": [...]}``: the contexts in which a role can be given, one that is new if need be."""
    store = server.site.store
    found = store.record("role", shortname=given["shortname"])
    role = found["id"] if found else store.insert("role", shortname=given["shortname"], sortorder=99)
    store.delete("role_context_levels", roleid=role)
    for context in dict.fromkeys(given["contexts"]):
        store.insert("role_context_levels", roleid=role, contextlevel=access.LEVELS[context])


def _greeting(server: Server, shortname: str, sender: str) -> None:
    """Who greets those who are enrolled in the course: ``nobody``, its ``contact`` (a teacher) or ``noreply``."""
    store = server.site.store
    course = store.record("course", shortname=shortname)
    if course is None or sender not in enrolments.GREETING:
        raise Refused(f"greeting: a course's short name and one of {', '.join(enrolments.GREETING)}")
    for instance in store.records("enrol", courseid=course["id"], enrol="manual"):
        store.update("enrol", instance["id"], customint1=enrolments.GREETING[sender])


def _account(server: Server, given: dict[str, Any]) -> None:
    """``{"username", "capabilities": [...]}``: an account for a token, with just these rights at system level."""
    store = server.site.store
    user = store.record("user", username=given["username"])
    userid = user["id"] if user else store.insert(
        "user", username=given["username"], firstname="Service", lastname="Account", mnethostid=1, confirmed=1,
        email=f"{given['username']}@example.com",
    )
    store.delete("user_capabilities", userid=userid)
    for capability in dict.fromkeys(given.get("capabilities", ())):
        store.insert("user_capabilities", userid=userid, capability=capability)


async def state(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    return await asyncio.to_thread(server.site.state)


async def reset(server: Server, given: dict[str, Any]) -> dict[str, Any]:
    """Back to the start: data, settings of PHP and of the practice, counters, faults and conditions."""
    site = server.site
    server.faults.waiting.clear()
    forget_counters(server, {})
    site.last_calls.clear()
    site.last_report = ""
    server.restore_settings()
    await asyncio.to_thread(site.store.wipe)
    await asyncio.to_thread(seed.seed, site.store, given.get("seed", server.start), site.version)
    server.restore_tokens()
    return {}


ACTIONS: dict[tuple[str, str], Any] = {
    ("GET", "counters"): counters,
    ("DELETE", "counters"): forget_counters,
    ("GET", "faults"): list_faults,
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("POST", "conditions"): set_condition,
    ("DELETE", "conditions"): clear_conditions,
    ("POST", "configure"): configure,
    ("GET", "state"): state,
    ("POST", "reset"): reset,
}
