# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of records: their endpoints, fields with defaults, and what must be unique."""
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
HIDDEN = "$encrypted$"
NEVER = "never updated"


class Refused(Exception):
    """HTTP status and the body of the answer."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


@dataclass(frozen=True)
class Kind:
    """type: in answers. model: in AWX's messages. fields: with defaults; ``read_only`` ones can't be given.

    links: field -> endpoint of the record whose number it holds. parts: below the record's address, shown in ``related``.
    unique: fields that no two records share, and AWX's words for it. needed: fields that can't be left out.
    """

    type: str
    model: str
    fields: Record
    links: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], str] = ((), "")
    needed: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def new(self) -> Record:
        return copy.deepcopy(self.fields)


ORGANIZATION = {"organization": "organizations"}
#: What a launch can be given beforehand, in a schedule or a node.
PROMPTS: Record = dict.fromkeys((
    "inventory", "scm_branch", "job_type", "job_tags", "skip_tags", "limit", "diff_mode", "verbosity", "execution_environment", "forks",
    "job_slice_count", "timeout",
))
ASKS = tuple(f"ask_{what}_on_launch" for what in (
    "scm_branch", "variables", "tags", "diff_mode", "skip_tags", "job_type", "limit", "verbosity", "inventory", "credential",
    "execution_environment", "labels", "forks", "job_slice_count", "timeout", "instance_groups",
))
SCM: Record = {
    "local_path": "", "scm_type": "", "scm_url": "", "scm_branch": "", "scm_refspec": "", "scm_clean": False, "scm_track_submodules": False,
    "scm_delete_on_update": False, "credential": None, "timeout": 0, "scm_revision": "",
}
NAMED: Record = {"name": "", "description": ""}
#: What a job has of its template.
JOB: Record = {
    "job_type": "run", "inventory": None, "project": None, "playbook": "", "scm_branch": "", "forks": 0, "limit": "", "verbosity": 0,
    "extra_vars": "", "job_tags": "", "force_handlers": False, "skip_tags": "", "start_at_task": "", "timeout": 0, "use_fact_cache": False,
    "organization": None, "execution_environment": None, "diff_mode": False, "allow_simultaneous": False, "job_slice_count": 1,
    "webhook_service": "", "webhook_credential": None,
}
KINDS: dict[str, Kind] = {
    "organizations": Kind(
        "organization", "Organization", {**NAMED, "max_hosts": 0, "custom_virtualenv": None, "default_environment": None},
        parts=("credentials",), unique=(("name",), "Organization with this Name already exists."), needed=("name",),
    ),
    "teams": Kind("team", "Team", {**NAMED, "organization": None}, ORGANIZATION, needed=("name", "organization")),
    "credential_types": Kind(
        "credential_type", "CredentialType",
        {**NAMED, "kind": "", "namespace": None, "managed": False, "inputs": {}, "injectors": {}}, parts=("credentials",),
        unique=(("name", "kind"), "Credential type with this Name and Kind already exists."), needed=("name", "kind"),
        read_only=("namespace", "managed"),
    ),
    "credentials": Kind(
        "credential", "Credential",
        {
            **NAMED, "organization": None, "credential_type": None, "managed": False, "inputs": {}, "kind": None, "cloud": True,
            "kubernetes": False,
        },
        {**ORGANIZATION, "credential_type": "credential_types"},
        unique=(
            ("organization", "name", "credential_type"), "Credential with this Organization, Name and Credential type already exists.",
        ),
        needed=("name", "credential_type"), read_only=("managed", "kind", "cloud", "kubernetes"),
    ),
    "execution_environments": Kind(
        "execution_environment", "ExecutionEnvironment",
        {**NAMED, "organization": None, "image": "", "managed": False, "credential": None, "pull": ""},
        {**ORGANIZATION, "credential": "credentials"}, needed=("name", "image"), read_only=("managed",),
    ),
    "notification_templates": Kind(
        "notification_template", "NotificationTemplate",
        {
            **NAMED, "organization": None, "notification_type": "", "notification_configuration": {},
            "messages": {"started": None, "success": None, "error": None, "workflow_approval": None},
        },
        ORGANIZATION, unique=(("organization", "name"), "Notification template with this Organization and Name already exists."),
        needed=("name", "organization", "notification_type"),
    ),
    "projects": Kind(
        "project", "Project",
        {
            **NAMED, **SCM, "status": NEVER, "organization": None, "scm_update_on_launch": False, "scm_update_cache_timeout": 0,
            "allow_override": False, "custom_virtualenv": None, "default_environment": None, "signature_validation_credential": None,
        },
        {**ORGANIZATION, "credential": "credentials"}, parts=("update",),
        unique=(("organization", "name"), "Project with this (organization, name) combination already exists."), needed=("name",),
        read_only=("local_path", "scm_revision", "status"),
    ),
    "project_updates": Kind(
        "project_update", "ProjectUpdate",
        {
            **NAMED, **SCM, "unified_job_template": None, "launch_type": "manual", "status": "pending",
            "failed": False, "finished": None, "job_explanation": "", "project": None, "job_type": "check",
        },
        {"project": "projects"}, parts=("events", "stdout"),
    ),
    "inventories": Kind(
        "inventory", "Inventory",
        {
            **NAMED, "organization": None, "kind": "", "host_filter": None, "variables": "", "total_hosts": 0,
            "hosts_with_active_failures": 0, "total_groups": 0, "total_inventory_sources": 0, "inventory_sources_with_failures": 0,
            "pending_deletion": False, "prevent_instance_group_fallback": False,
        },
        ORGANIZATION, unique=(("name", "organization"), "Inventory with this Name and Organization already exists."),
        needed=("name", "organization"), read_only=("total_hosts", "total_groups"),
    ),
    "hosts": Kind(
        "host", "Host",
        {**NAMED, "inventory": None, "enabled": True, "instance_id": "", "variables": "", "ansible_facts_modified": None},
        {"inventory": "inventories"}, unique=(("name", "inventory"), "Host with this Name and Inventory already exists."),
        needed=("name", "inventory"),
    ),
    "groups": Kind(
        "group", "Group", {**NAMED, "inventory": None, "variables": ""}, {"inventory": "inventories"}, parts=("hosts", "children"),
        unique=(("name", "inventory"), "Group with this Name and Inventory already exists."), needed=("name", "inventory"),
    ),
    "job_templates": Kind(
        "job_template", "JobTemplate",
        {
            **NAMED, **JOB, "status": NEVER, "host_config_key": "", **dict.fromkeys(ASKS, False), "survey_enabled": False,
            "become_enabled": False, "custom_virtualenv": None, "prevent_instance_group_fallback": False,
        },
        {
            "inventory": "inventories", "project": "projects", **ORGANIZATION, "execution_environment": "execution_environments",
        },
        parts=("credentials", "launch", "survey_spec"),
        unique=(("organization", "name"), "JobTemplate with this (organization, name) combination already exists."), needed=("name",),
        read_only=("status", "organization"), roles=("admin_role", "execute_role", "read_role"),
    ),
    "workflow_job_templates": Kind(
        "workflow_job_template", "WorkflowJobTemplate",
        {
            **NAMED, "status": NEVER, "extra_vars": "", "organization": None, "survey_enabled": False, "allow_simultaneous": False,
            **dict.fromkeys(
                ("ask_variables_on_launch", "ask_inventory_on_launch", "ask_scm_branch_on_launch", "ask_limit_on_launch"), False
            ),
            "inventory": None, "limit": None, "scm_branch": None, "webhook_service": "", "webhook_credential": None, "skip_tags": None,
            "job_tags": None,
        },
        {**ORGANIZATION, "inventory": "inventories"}, parts=("launch", "survey_spec"),
        unique=(("organization", "name"), "WorkflowJobTemplate with this (organization, name) combination already exists."),
        needed=("name",), read_only=("status",), roles=("admin_role", "execute_role", "read_role", "approval_role"),
    ),
    "workflow_job_template_nodes": Kind(
        "workflow_job_template_node", "WorkflowJobTemplateNode",
        {
            "extra_data": {}, **PROMPTS, "workflow_job_template": None, "unified_job_template": None, "success_nodes": [],
            "failure_nodes": [], "always_nodes": [], "all_parents_must_converge": False, "identifier": "",
        },
        {"workflow_job_template": "workflow_job_templates", "inventory": "inventories"},
        parts=("credentials", "create_approval_template", "success_nodes"),
        unique=(
            ("identifier", "workflow_job_template"),
            "Workflow job template node with this Identifier and Workflow job template already exists.",
        ),
        needed=("workflow_job_template",), read_only=("success_nodes", "failure_nodes", "always_nodes"),
    ),
    "workflow_approval_templates": Kind(
        "workflow_approval_template", "WorkflowApprovalTemplate",
        {**NAMED, "status": NEVER, "execution_environment": None, "timeout": 0}, needed=("name",), read_only=("status",),
    ),
    "schedules": Kind(
        "schedule", "Schedule",
        {
            "rrule": "", **NAMED, "extra_data": {}, **PROMPTS, "unified_job_template": None, "enabled": True, "timezone": "UTC",
            "until": "",
        },
        {"inventory": "inventories"}, parts=("credentials",),
        unique=(("unified_job_template", "name"), "Schedule with this Unified job template and Name already exists."),
        needed=("name", "rrule", "unified_job_template"), read_only=("timezone", "until"),
    ),
    "jobs": Kind(
        "job", "Job",
        {
            **NAMED, **JOB, "unified_job_template": None, "launch_type": "manual", "status": "pending", "failed": False,
            "job_template": None, "artifacts": {}, "job_explanation": "", "job_slice_number": 0, "passwords_needed_to_start": [],
        },
        {"inventory": "inventories", "project": "projects", **ORGANIZATION}, parts=("credentials",),
    ),
}
#: Credential types that AWX brings along, as far as somebody uses them here.
BUILT_IN: dict[str, Record] = {
    "Machine": {
        "kind": "ssh", "inputs": {"fields": [{"id": "username", "type": "string"}, {"id": "password", "type": "string", "secret": True}]},
    },
    "Source Control": {
        "kind": "scm",
        "inputs": {"fields": [{"id": "username", "type": "string"}, {"id": "ssh_key_data", "type": "string", "secret": True}]},
    },
}
#: What a job can be made of, with the kind of that job. An approval can't be found among the others.
UNIFIED = {
    "job_templates": "job", "projects": "project_update", "workflow_job_templates": "workflow_job",
    "workflow_approval_templates": "workflow_approval",
}
