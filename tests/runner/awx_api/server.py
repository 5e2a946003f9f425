# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests: AWX's REST API on a free port of this machine."""
from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from . import checks, survey
from .fields import ASKS, BUILT_IN, KINDS, Record, Refused
from .store import Store

NO_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n'
    "  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)
NO_LOGIN = "Authentication credentials were not provided. To establish a login session, visit /api/login/."
#: What can be associated with a record, and whose records those are.
PARTS = {
    "credentials": "credentials", "hosts": "hosts", "children": "groups", "success_nodes": "workflow_job_template_nodes",
    "failure_nodes": "workflow_job_template_nodes", "always_nodes": "workflow_job_template_nodes", "teams": "teams",
    **dict.fromkeys((
        "notification_templates_started", "notification_templates_success", "notification_templates_error",
        "notification_templates_approvals",
    ), "notification_templates"),
}


class Awx(Store):
    """The API, answering while the context lasts. ``requests``: method and path of each. ``product``: as AWX names itself."""

    def __init__(self, prefix: str = "/api/v2/", product: str = "AWX") -> None:
        super().__init__(prefix)
        self.token = "awxtoken0123456789"
        self.product = product
        self.requests: list[str] = []
        self.put("organizations", {"name": "Default"})
        for number, (name, made_type) in enumerate(BUILT_IN.items(), 1):
            self.following["credential_types"] = number
            self.put("credential_types", {"name": name, "managed": True, **made_type})

    def __enter__(self) -> Awx:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ask(self, method: str, path: str, body: Any = None, authorization: str | None = None) -> tuple[int, Any]:
        """Status and JSON for a request. path: with the query, below the server's address."""
        url = urllib.parse.urlsplit(path)
        self.requests.append(f"{method} {url.path.removeprefix(self.prefix)}")
        try:
            if authorization != f"Bearer {self.token}":
                raise Refused(401, {"detail": NO_LOGIN})
            if body is not None and not isinstance(body, dict):
                raise Refused(400, {"detail": "JSON parse error - not a JSON object"})
            parts = url.path.removeprefix(self.prefix).strip("/").split("/")
            if not url.path.startswith(self.prefix) or parts[0] not in {*KINDS, "unified_job_templates", "roles"}:
                raise Refused(404, NO_PAGE)
            return self._answer(method, parts, dict(urllib.parse.parse_qsl(url.query)), body or {})
        except Refused as error:
            return error.status, error.body

    def _answer(self, method: str, parts: list[str], query: dict[str, str], body: Record) -> tuple[int, Any]:
        endpoint = parts[0]
        if len(parts) == 1:
            return (200, self.list(endpoint, query)) if method == "GET" else self._create(endpoint, body)
        if endpoint == "roles":
            return self._associate(method, f"roles/{parts[1]}/{parts[2]}", parts[2], body, query)
        record = self.records[endpoint].get(int(parts[1]))
        if record is None:
            raise Refused(404, {"detail": f"No {KINDS[endpoint].model} matches the given query."})
        if len(parts) == 3:
            return self._below(method, endpoint, record, parts[2], body, query)
        if method in ("PATCH", "PUT"):
            return self._change(endpoint, record, body)
        if method == "DELETE":
            del self.records[endpoint][record["id"]]
            return 204, None
        shown = self.shown(endpoint, record)
        update = {"project_updates": record, "projects": self.latest_update(record)}.get(endpoint)
        if update is not None:
            self.advance(update)  # it gets on while somebody watches
        return 200, shown

    def _create(self, endpoint: str, body: Record) -> tuple[int, Any]:
        if endpoint == "workflow_job_template_nodes":
            checks.check_node(self, {**KINDS[endpoint].new(), **body})
        record = self.add(endpoint, body)
        if endpoint == "projects" and record["scm_type"]:
            self.update_project(record)
        return 201, self.shown(endpoint, record)

    def _change(self, endpoint: str, record: Record, body: Record) -> tuple[int, Any]:
        before = {name: record.get(name) for name in ("scm_url", "scm_branch", "credential")}
        self.change(endpoint, record, body)
        if endpoint == "projects" and before != {name: record[name] for name in before}:
            self.update_project(record)
        return 200, self.shown(endpoint, record)

    def _below(self, method: str, endpoint: str, record: Record, what: str, body: Record, query: dict[str, str]) -> tuple[int, Any]:
        key = f"{endpoint}/{record['id']}"
        if what == "survey_spec":
            return self._survey(method, key, body)
        if what == "launch" and endpoint == "job_templates":
            return (200, self._needs(record)) if method == "GET" else self._launch(record, body)
        if what == "update" and method == "POST":
            update = self.shown("project_updates", self.update_project(record))
            return 202, {"project_update": update["id"], **update}
        if what == "events":
            found = [event for event in self.events(record) if query.get("event") in (None, event["event"])]
            return 200, self.page(f"{key}/events", query, 1, 25, found)
        if what == "create_approval_template":
            made = self.add("workflow_approval_templates", body)
            record["unified_job_template"] = made["id"]
            return 201, self.shown("workflow_approval_templates", made)
        if what not in PARTS:
            raise Refused(404, NO_PAGE)
        return self._associate(method, f"{key}/{what}", what, body, query, record)

    def _associate(
        self, method: str, key: str, what: str, body: Record, query: dict[str, str], record: Record | None = None,
    ) -> tuple[int, Any]:
        numbers = record[what] if record is not None and what in record else self.associations.setdefault(key, [])
        if method == "GET":
            return 200, self.page(key, query, int(query.get("page", 1)), 25, list(self.everyone(PARTS[what], numbers)))
        number = body["id"]
        if body.get("disassociate"):
            if number in numbers:
                numbers.remove(number)
            return 204, None
        if what == "credentials":
            checks.check_credential(self, numbers, number)
        elif what.endswith("_nodes") and record is not None:
            checks.check_follower(self, record, what, number)
        if number not in self.records[PARTS[what]]:
            raise Refused(400, {"detail": f"{KINDS[PARTS[what]].model} matching query does not exist."})
        if number not in numbers:
            numbers.append(number)
        return 204, None

    def _survey(self, method: str, key: str, body: Record) -> tuple[int, Any]:
        if method == "GET":
            return 200, survey.shown(self.surveys.get(key, {}))
        if method == "DELETE":
            self.surveys.pop(key, None)
        else:
            survey.check_spec(body)
            self.surveys[key] = body
        return 200, None

    # -- starting a job -----------------------------------------------------------------------------------------

    def _needs(self, template: Record) -> Record:
        """What a launch asks for."""
        asked = survey.questions(template, self.survey("job_templates", template))
        needed = [question["variable"] for question in asked if question["required"]]
        return {
            **{name: template[name] for name in ASKS}, "can_start_without_user_input": not needed,
            "survey_enabled": template["survey_enabled"], "variables_needed_to_start": needed, "passwords_needed_to_start": [],
            "credential_needed_to_start": False, "inventory_needed_to_start": template["inventory"] is None,
            "job_template_data": {name: template[name] for name in ("name", "id", "description")},
        }

    def _launch(self, template: Record, body: Record) -> tuple[int, Any]:
        asked = survey.questions(template, self.survey("job_templates", template))
        answers = body.get("extra_vars", {})
        errors = survey.answer_errors(asked, answers)
        if errors:
            raise Refused(400, {"variables_needed_to_start": errors})
        if not self.records["projects"][template["project"]]["scm_revision"]:
            raise Refused(400, {"project": ["Missing a revision to run due to failed project update."]})
        taken = {question["variable"] for question in asked}
        ignored: Record = {name: body[name] for name in ("limit", "job_type") if name in body and not template[f"ask_{name}_on_launch"]}
        unasked = {name: value for name, value in answers.items() if name not in taken}
        if unasked and not template["ask_variables_on_launch"]:
            ignored["extra_vars"] = unasked
        copied = {name: template[name] for name in KINDS["jobs"].fields if name in template and name != "status"}
        variables = {name: value for name, value in answers.items() if name in taken}
        job = self.put("jobs", {
            **copied, "unified_job_template": template["id"], "job_template": template["id"], "extra_vars": json.dumps(variables),
        })
        return 201, {"job": job["id"], "ignored_fields": ignored, **self.shown("jobs", job)}

    # -- HTTP ---------------------------------------------------------------------------------------------------

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        awx = self

        class Handler(http.server.BaseHTTPRequestHandler):
            # An answer goes in two pieces, and the second would wait for a word about the first.
            disable_nagle_algorithm = True
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                # The text of an address is not always encoded: a path with a query is given as one.
                status, body = awx.ask(self.command, self.path, json.loads(raw) if raw else None, self.headers.get("Authorization"))
                text = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                for name, value in (
                    ("Content-Type", "text/html" if isinstance(body, str) else "application/json"), ("Content-Length", str(len(text))),
                    ("X-API-Product-Name", awx.product), ("X-API-Product-Version", "24.6.1"),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET: Callable[[Any], None] = respond
            do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
