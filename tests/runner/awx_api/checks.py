# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses of a record, kind by kind, and what it makes of what it takes.

Each check gets the store and the whole record as it would be, changes it where AWX does, and raises Refused.
"""
from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from . import credentials, notifications, schedules, survey
from .fields import KINDS, Record, Refused

if TYPE_CHECKING:
    from .store import Store


def check(store: Store, endpoint: str, values: Record, given: Record, before: Record | None) -> None:
    """values: the record with what was given; before: the record that is changed, None for a new one."""
    kind = KINDS[endpoint]
    missing = {name: ["This field is required."] for name in kind.needed if before is None and given.get(name) in (None, "")}
    if missing:
        raise Refused(400, missing)
    for name in ("variables", "extra_vars"):
        if name in kind.fields:
            _check_variables(name, values[name])
    special = {
        "credential_types": _credential_type, "credentials": _credential, "execution_environments": _environment, "projects": _project,
        "job_templates": _job_template, "schedules": _schedule, "workflow_approval_templates": _approval,
        "notification_templates": _notification,
    }.get(endpoint)
    if special:
        special(store, values, given, before)
    names, words = kind.unique
    for record in store.records[endpoint].values():
        if names and record is not before and all(record[name] == values[name] for name in names):
            raise Refused(400, {"__all__": [words]})


def _check_variables(name: str, text: Any) -> None:
    if not isinstance(text, str):
        raise Refused(400, {name: ["Not a valid string."]})
    parsed = yaml.safe_load(text)
    if parsed is not None and not isinstance(parsed, dict):
        wrong = f"Input type `{type(parsed).__name__}` is not a dictionary"
        raise Refused(400, {name: [f"Cannot parse as JSON (error: {wrong}) or YAML (error: {wrong})."]})


def _credential_type(store: Store, values: Record, given: Record, before: Record | None) -> None:
    in_use = before is not None and any(made["credential_type"] == before["id"] for made in store.records["credentials"].values())
    credentials.check_type(values, in_use, before)


def _credential(store: Store, values: Record, given: Record, before: Record | None) -> None:
    made_type = store.records["credential_types"][values["credential_type"]]
    if "inputs" in given or "credential_type" in given:
        values["inputs"] = credentials.inputs(made_type, values["inputs"], before["inputs"] if before else {})


def _environment(store: Store, values: Record, given: Record, before: Record | None) -> None:
    if not re.fullmatch(r"[\w./:@-]+", values["image"]):
        raise Refused(400, {"image": [f"The container image name {values['image']} is not valid"]})


def _project(store: Store, values: Record, given: Record, before: Record | None) -> None:
    if values["scm_type"] and not values["scm_url"]:
        raise Refused(400, {"scm_url": ["SCM URL is required."]})
    scheme = re.match(r"(\w+)://", values["scm_url"])
    if scheme and scheme[1] not in ("http", "https", "ssh", "git", "file"):
        raise Refused(400, {"scm_url": ["Unsupported git URL"]})


def _job_template(store: Store, values: Record, given: Record, before: Record | None) -> None:
    if values["job_type"] not in ("run", "check"):
        raise Refused(400, {"job_type": [f'"{values["job_type"]}" is not a valid choice.']})
    project = store.records["projects"].get(values["project"])
    if project is None:
        raise Refused(400, {"project": ["Job Templates must have a project assigned."]})
    if values["inventory"] is None and not values["ask_inventory_on_launch"]:
        raise Refused(400, {"inventory": ["You must either set a default value or ask to prompt on launch."]})
    if values["playbook"] not in store.playbooks_of(project):
        raise Refused(400, {"playbook": ["Playbook not found for project."]})
    values["organization"] = project["organization"]


def _schedule(store: Store, values: Record, given: Record, before: Record | None) -> None:
    endpoint, template = store.unified(values["unified_job_template"])
    asked = survey.questions(template, store.surveys.get(f"{endpoint}/{template['id']}", {}))
    schedules.check(values, asked, template["ask_variables_on_launch"])
    values.update(rrule=schedules.kept(values["rrule"]), timezone=schedules.timezone(values["rrule"]))
    _prompts(template, values)


def _prompts(template: Record, values: Record) -> None:
    """What is given for a launch must be asked."""
    for name in ("job_type", "limit", "inventory"):
        if values[name] is not None and not template.get(f"ask_{name}_on_launch"):
            raise Refused(400, {name: ["Field is not configured to prompt on launch."]})


def _approval(store: Store, values: Record, given: Record, before: Record | None) -> None:
    try:
        values["timeout"] = int(values["timeout"])
    except (TypeError, ValueError):
        raise Refused(400, {"timeout": ["A valid integer is required."]}) from None


def _notification(store: Store, values: Record, given: Record, before: Record | None) -> None:
    stored = before["notification_configuration"] if before else {}
    if "notification_configuration" in given or before is None:
        values["notification_configuration"] = notifications.configuration(
            values["notification_type"], values["notification_configuration"], stored
        )
    values["messages"] = {**KINDS["notification_templates"].new()["messages"], **json.loads(json.dumps(values["messages"]))}


def check_node(store: Store, values: Record) -> None:
    """What a node of a workflow gives its template must be asked there."""
    if values["unified_job_template"] is not None:
        _prompts(store.unified(values["unified_job_template"])[1], values)


def check_follower(store: Store, parent: Record, what: str, number: int) -> None:
    """Refuse a node that would follow itself, or on success and on failure."""
    if number == parent["id"] or _leads_to(store, number, parent["id"]):
        raise Refused(400, {"Error": "Cycle detected."})
    if any(number in parent[other] for other in ("success_nodes", "failure_nodes", "always_nodes") if other != what):
        raise Refused(400, {"Error": "Relationship not allowed."})


def _leads_to(store: Store, start: int, end: int) -> bool:
    node = store.records["workflow_job_template_nodes"][start]
    following = [*node["success_nodes"], *node["failure_nodes"], *node["always_nodes"]]
    return end in following or any(_leads_to(store, number, end) for number in following)


def check_credential(store: Store, associated: list[int], number: int) -> None:
    """Refuse a second credential of a type."""
    added = store.records["credentials"].get(number)
    if added is None:
        raise Refused(400, {"detail": "Credential matching query does not exist."})
    if any(store.records["credentials"][other]["credential_type"] == added["credential_type"] for other in associated):
        name = store.records["credential_types"][added["credential_type"]]["name"]
        raise Refused(400, {"error": f"Cannot assign multiple {name} credentials."})
