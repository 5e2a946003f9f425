# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's REST API as the modules of awx.awx ask for: a store with lists, records, associations and surveys.

It keeps what it is given, by endpoint, drops fields that a kind of record does not have, as AWX does, hides secrets, and
refuses a credential whose inputs its type does not have or that lacks a required one.
"""
from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
PREFIX = "/api/v2/"
HIDDEN = "$encrypted$"

TEMPLATE = {
    "name": "", "description": "", "organization": None, "inventory": None, "extra_vars": "", "survey_enabled": False,
    "allow_simultaneous": False, "limit": "", "scm_branch": "",
}
# The fields of each kind of record, with their defaults.
FIELDS: dict[str, Record] = {
    "organizations": {"name": "", "description": ""},
    "credential_types": {"name": "", "description": "", "kind": "", "inputs": {}, "injectors": {}, "managed": False},
    "credentials": {"name": "", "description": "", "organization": None, "credential_type": None, "inputs": {}},
    "execution_environments": {"name": "", "description": "", "organization": None, "image": "", "pull": "", "credential": None},
    "projects": {
        "name": "", "description": "", "organization": None, "scm_type": "", "scm_url": "", "scm_branch": "", "scm_revision": "",
    },
    "project_updates": {"name": "", "status": "", "project": None},
    "inventories": {"name": "", "description": "", "organization": None, "kind": "", "host_filter": None, "variables": ""},
    "hosts": {"name": "", "description": "", "inventory": None, "enabled": True, "variables": ""},
    "job_templates": {
        **TEMPLATE, "job_type": "run", "project": None, "playbook": "", "execution_environment": None, "diff_mode": False,
        "ask_variables_on_launch": False, "ask_credential_on_launch": False,
    },
    "workflow_job_templates": {**TEMPLATE, "ask_variables_on_launch": False},
    "workflow_job_template_nodes": {"identifier": "", "workflow_job_template": None, "unified_job_template": None},
    "workflow_approval_templates": {"name": "", "description": "", "timeout": 0},
    "schedules": {"name": "", "description": "", "unified_job_template": None, "rrule": "", "enabled": True},
}
KINDS = {
    "organizations": "organization", "credential_types": "credential_type", "credentials": "credential", "projects": "project",
    "execution_environments": "execution_environment", "project_updates": "project_update", "inventories": "inventory",
    "hosts": "host", "job_templates": "job_template", "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node", "schedules": "schedule",
    "workflow_approval_templates": "workflow_approval_template",
}
LAUNCHABLE = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")


class Refused(Exception):
    """HTTP status and what is wrong."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status, detail)
        self.status, self.detail = status, detail


class Awx:
    """The API on a free port of this machine, while the context lasts. ``writes``: method and path of each write."""

    def __init__(self) -> None:
        self.token = "awxtoken0123456789"
        self.records: dict[str, dict[int, Record]] = {endpoint: {} for endpoint in FIELDS}
        self.surveys: dict[str, Record] = {}
        self.associations: dict[str, list[int]] = {}
        self.writes: list[str] = []
        self._last = 0
        self.add("organizations", {"name": "Default"})

    # -- life ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Awx:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what a test asks ---------------------------------------------------------------------------------------

    def named(self, endpoint: str, name: str) -> Record:
        """The one record of that name (or identifier), with its secrets."""
        [found] = [
            record for record in self.records[endpoint].values() if name in (record.get("name"), record.get("identifier"))
        ]
        return found

    def associated(self, endpoint: str, record: Record, what: str) -> list[int]:
        return self.associations.get(f"{endpoint}/{record['id']}/{what}", [])

    def survey(self, endpoint: str, record: Record) -> Record:
        return self.surveys[f"{endpoint}/{record['id']}"]

    # -- records ------------------------------------------------------------------------------------------------

    def add(self, endpoint: str, given: Record) -> Record:
        self._last += 1
        record = {"id": self._last, **json.loads(json.dumps(FIELDS[endpoint]))}
        self.records[endpoint][self._last] = record
        return self.change(endpoint, record, given)

    def change(self, endpoint: str, record: Record, given: Record) -> Record:
        known = {name: value for name, value in given.items() if name in FIELDS[endpoint]}
        # AWX's serializers take null for text that is left out.
        record.update({name: "" if value is None and FIELDS[endpoint][name] == "" else value for name, value in known.items()})
        if endpoint == "credentials":
            self._check_inputs(record)
        if endpoint == "projects" and not record["scm_revision"]:
            record["scm_revision"] = "0" * 40
        return record

    def _check_inputs(self, credential: Record) -> None:
        inputs = self.records["credential_types"][credential["credential_type"]]["inputs"]
        fields = {field["id"]: field for field in inputs["fields"]}
        wrong = [name for name in inputs["required"] if not credential["inputs"].get(name)]
        wrong += [name for name in credential["inputs"] if name not in fields]
        wrong += [
            name for name, value in credential["inputs"].items()
            if name in fields and ("choices" in fields[name] and value not in fields[name]["choices"] or not isinstance(value, str))
        ]
        if wrong:
            del self.records["credentials"][credential["id"]]
            raise Refused(400, {"inputs": wrong})

    def shown(self, endpoint: str, record: Record) -> Record:
        address = f"{PREFIX}{endpoint}/{record['id']}/"
        shown = {**json.loads(json.dumps(record)), "type": KINDS[endpoint], "url": address, "summary_fields": {}, "related": {}}
        if endpoint == "credentials":
            fields = self.records["credential_types"][record["credential_type"]]["inputs"]["fields"]
            for field in fields:
                if field.get("secret") and field["id"] in shown["inputs"]:
                    shown["inputs"][field["id"]] = HIDDEN
        if endpoint in ("job_templates", "workflow_job_templates"):
            shown["related"]["survey_spec"] = address + "survey_spec/"
        if endpoint == "projects":
            for update in self.records["project_updates"].values():
                if update["project"] == record["id"]:
                    shown["summary_fields"]["current_update"] = {"id": update["id"]}
        if endpoint == "workflow_job_template_nodes" and record["unified_job_template"] is not None:
            kind = next(kind for kind in LAUNCHABLE if record["unified_job_template"] in self.records[kind])
            shown["related"]["unified_job_template"] = f"{PREFIX}{kind}/{record['unified_job_template']}/"
        return shown

    # -- requests -----------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: dict[str, str], body: Record) -> tuple[int, Any]:
        """Status and JSON for a request of ``path`` below /api/v2/."""
        parts = path.strip("/").split("/")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if len(parts) == 1:
            return self._list(parts[0], query) if method == "GET" else self._create(parts[0], body)
        endpoint, number = parts[0], int(parts[1])
        record = self.records[endpoint].get(number) if endpoint in self.records else None
        if record is None:
            raise Refused(404, "Not found.")
        if len(parts) == 2:
            if method == "PATCH":
                self.change(endpoint, record, body)
            return 200, self.shown(endpoint, record)
        return self._below(method, endpoint, record, parts[2], body)

    def _list(self, endpoint: str, query: dict[str, str]) -> tuple[int, Any]:
        kinds = LAUNCHABLE if endpoint == "unified_job_templates" else (endpoint,)
        if not set(kinds) <= set(FIELDS):
            raise Refused(404, "Not found.")
        found = [self.shown(kind, record) for kind in kinds for record in self.records[kind].values()]
        found = [record for record in found if all(str(record.get(name)) == value for name, value in query.items())]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _create(self, endpoint: str, body: Record) -> tuple[int, Any]:
        record = self.add(endpoint, body)
        if endpoint == "projects":
            self.add("project_updates", {"name": record["name"], "status": "successful", "project": record["id"]})
        return 201, self.shown(endpoint, record)

    def _below(self, method: str, endpoint: str, record: Record, what: str, body: Record) -> tuple[int, Any]:
        key = f"{endpoint}/{record['id']}"
        if what == "survey_spec":
            if method == "POST":
                self.surveys[key] = body
                return 200, {}
            return 200, self.surveys.get(key, {})
        if what == "create_approval_template":
            made = self.add("workflow_approval_templates", body)
            record["unified_job_template"] = made["id"]
            return 201, self.shown("workflow_approval_templates", made)
        if endpoint == "workflow_approval_templates":
            raise Refused(404, "Not found.")
        associated = self.associations.setdefault(f"{key}/{what}", [])
        if method == "POST":
            associated.remove(body["id"]) if body.get("disassociate") else associated.append(body["id"])
            return 204, None
        return 200, {"count": len(associated), "next": None, "results": [{"id": number} for number in associated]}

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        awx = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urllib.parse.urlsplit(self.path)
                try:
                    if self.headers.get("Authorization") != f"Bearer {awx.token}":
                        raise Refused(401, "Authentication credentials were not provided.")
                    query = dict(urllib.parse.parse_qsl(url.query))
                    status, body = awx.answer(
                        self.command, url.path.removeprefix(PREFIX), query, json.loads(raw) if raw else {}
                    )
                except Refused as error:
                    status, body = error.status, {"detail": error.detail}
                text = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in (
                    ("Content-Type", "application/json"), ("Content-Length", str(len(text))),
                    ("X-API-Product-Name", "AWX"), ("X-API-Product-Version", "24.6.1"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET: Callable[[Any], None] = respond
            do_POST = do_PATCH = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
