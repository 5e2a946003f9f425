# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records, their lists, and how they look in an answer."""
from __future__ import annotations

import copy
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

from . import checks, credentials, notifications
from .fields import KINDS, UNIFIED, Kind, Record, Refused

PAGE = 25
#: What a list can be filtered by, besides fields: through a link, or by a part of the value.
FILTER = re.compile(r"(?P<or>or__)?(?P<field>[a-z_]+?)(?:__(?P<of>name|organization))?(?:__(?P<how>startswith))?")


class Store:
    """``prefix``: of the API. ``playbooks``: those of every project. ``broken``: the reason for which updates of projects fail, if they do.

    ``following``: endpoint -> number of its next record, for once.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.records: dict[str, dict[int, Record]] = {endpoint: {} for endpoint in KINDS}
        self.surveys: dict[str, Record] = {}
        self.associations: dict[str, list[int]] = {}
        self.roles: dict[int, tuple[str, str]] = {}
        self.playbooks = {"playbooks/full_sync.yml", "playbooks/many_sites.yml"}
        self.broken = ""
        self.following: dict[str, int] = {}
        self._last = 0

    # -- what a test asks ---------------------------------------------------------------------------------------

    def named(self, endpoint: str, name: str) -> Record:
        """The one record of that name (or identifier), with its secrets."""
        [found] = [record for record in self.records[endpoint].values() if name in (record.get("name"), record.get("identifier"))]
        return found

    def associated(self, endpoint: str, record: Record, what: str) -> list[int]:
        if what in record:
            return record[what]
        return self.associations.get(f"{endpoint}/{record['id']}/{what}", [])

    def survey(self, endpoint: str, record: Record) -> Record:
        return self.surveys.get(f"{endpoint}/{record['id']}", {})

    def allowed(self, team: str) -> list[tuple[str, str]]:
        """Name of a record and role, for each role that a team has."""
        number = self.named("teams", team)["id"]
        found = []
        for role, (key, name) in self.roles.items():
            if number in self.associations.get(f"roles/{role}/teams", []):
                endpoint, _slash, of = key.partition("/")
                found.append((self.records[endpoint][int(of)]["name"], name))
        return sorted(found)

    def state(self) -> Any:
        """All there is, to compare with later."""
        return copy.deepcopy([self.records, self.surveys, {key: numbers for key, numbers in self.associations.items() if numbers}])

    # -- records ------------------------------------------------------------------------------------------------

    def number(self, endpoint: str) -> int:
        self._last += 1
        given = self.following.pop(endpoint, self._last)
        self._last = max(self._last, given)
        return given

    def add(self, endpoint: str, given: Record) -> Record:
        """A new record, of what was sent."""
        kind = KINDS[endpoint]
        values = {**kind.new(), **_accepted(kind, given)}
        checks.check(self, endpoint, values, given, None)
        return self.put(endpoint, values)

    def put(self, endpoint: str, values: Record) -> Record:
        """A new record as it is. Fields that are not given have their defaults."""
        record = {"id": self.number(endpoint), **KINDS[endpoint].new(), **values}
        self.records[endpoint][record["id"]] = record
        for name in KINDS[endpoint].roles:
            self.roles[len(self.roles) + 1] = (f"{endpoint}/{record['id']}", name)
        if endpoint == "projects" and record["scm_type"]:
            record["local_path"] = f"_{record['id']}__{re.sub(r'[^a-z0-9]+', '_', record['name'].lower())}"
        return record

    def change(self, endpoint: str, record: Record, given: Record) -> None:
        """What is refused changes nothing."""
        values = {**record, **_accepted(KINDS[endpoint], given)}
        checks.check(self, endpoint, values, given, record)
        record.update(values)

    def unified(self, number: int) -> tuple[str, Record]:
        """The endpoint of a template and the template itself."""
        for endpoint in UNIFIED:
            if number in self.records[endpoint]:
                return endpoint, self.records[endpoint][number]
        raise Refused(400, {"unified_job_template": [f'Invalid pk "{number}" - object does not exist.']})

    def playbooks_of(self, project: Record) -> set[str]:
        return self.playbooks if project["scm_revision"] else set()

    # -- updates of projects ------------------------------------------------------------------------------------

    def update_project(self, project: Record) -> Record:
        project["status"] = "pending"
        copied = {name: project[name] for name in KINDS["project_updates"].fields if name in project and name != "status"}
        return self.put("project_updates", {**copied, "project": project["id"], "unified_job_template": project["id"], "scm_revision": ""})

    def latest_update(self, project: Record) -> Record | None:
        updates = [update for update in self.records["project_updates"].values() if update["project"] == project["id"]]
        return updates[-1] if updates else None

    def advance(self, update: Record) -> None:
        """The next state of an update."""
        project = self.records["projects"][update["project"]]
        if update["status"] == "running":
            update.update(status="failed" if self.broken else "successful", failed=bool(self.broken), finished="2026-11-25T18:00:00Z")
            if not self.broken:
                project["scm_revision"] = update["scm_revision"] = "5591fee048e38b8e2c1453760c39ac2acba7a8ef"
            project["status"] = update["status"]
        elif not update["finished"]:
            update["status"] = {"pending": "waiting", "waiting": "running"}[update["status"]]
            project["status"] = "running" if update["status"] == "running" else "pending"

    def events(self, update: Record) -> list[Record]:
        if update["status"] != "failed":
            return []
        data = {"task_action": "ansible.builtin.git", "res": {"msg": self.broken}}
        return [{"event": "runner_on_failed", "failed": True, "event_data": data}]

    # -- lists --------------------------------------------------------------------------------------------------

    def list(self, endpoint: str, query: dict[str, str]) -> Record:
        """A page of the records that the query asks for."""
        endpoints = [endpoint]
        if endpoint == "unified_job_templates":
            endpoints = [other for other in UNIFIED if other != "workflow_approval_templates"]
        query = dict(query)
        page, size = int(query.pop("page", 1)), int(query.pop("page_size", PAGE))
        matching = [
            (other, record) for other in endpoints for record in self.records[other].values() if self._matches(other, record, query)
        ]
        if not any(self.records[other] for other in endpoints):
            self._matches(endpoints[0], KINDS[endpoints[0]].new(), query)  # a wrong filter is refused even where there is nothing
        return self.page(endpoint, query, page, size, [self.shown(other, record) for other, record in matching])

    def page(self, path: str, query: dict[str, str], page: int, size: int, found: list[Record]) -> Record:
        more = page * size < len(found)
        address = f"{self.prefix}{path}/?{urllib.parse.urlencode({**query, 'page': page + 1})}"
        shown = found[(page - 1) * size:page * size]
        return {"count": len(found), "next": address if more else None, "previous": None, "results": shown}

    def _matches(self, endpoint: str, record: Record, query: dict[str, str]) -> bool:
        alternatives, wanted = [], []
        for name, value in query.items():
            match = FILTER.fullmatch(name)
            assert match
            met = self._meets(endpoint, record, match, value)
            (alternatives if match["or"] else wanted).append(met)
        return all(wanted) and (not alternatives or any(alternatives))

    def _meets(self, endpoint: str, record: Record, match: re.Match[str], value: str) -> bool:
        kind, field = KINDS[endpoint], match["field"]
        if field not in kind.fields and field != "id":
            raise Refused(400, {"detail": f"{kind.model} has no field named '{field}'"})
        linked = {**kind.links, **({"unified_job_template": ""} if "unified_job_template" in kind.fields else {})}
        held = record.get(field)
        if match["of"] and held is not None:
            held = (self.records[linked[field]][held] if linked[field] else self.unified(held)[1]).get(match["of"])
        elif field in linked and not value.isdigit():
            raise Refused(400, {"detail": f"Invalid {field} id: {value}"})
        if isinstance(held, bool):
            return held == (value.lower() == "true")
        return str(held).startswith(value) if match["how"] else str(held) == value

    # -- answers ------------------------------------------------------------------------------------------------

    def address(self, endpoint: str, number: int) -> str:
        return f"{self.prefix}{endpoint}/{number}/"

    def shown(self, endpoint: str, record: Record) -> Record:
        kind = KINDS[endpoint]
        address = self.address(endpoint, record["id"])
        related = {part: f"{address}{part}/" for part in kind.parts}
        for field, other in kind.links.items():
            if record[field] is not None:
                related[field] = self.address(other, record[field])
        if record.get("unified_job_template") is not None:
            other, template = self.unified(record["unified_job_template"])
            related["unified_job_template"] = self.address(other, template["id"])
            if endpoint == "schedules" and other == "job_templates":
                related["project"] = self.address("projects", template["project"])
                related["inventory"] = self.address("inventories", template["inventory"])
        made = {**copy.deepcopy(record), "type": kind.type, "url": address, "related": related}
        made["summary_fields"] = self._summary(endpoint, record)
        if endpoint == "projects":
            self._add_updates(made, record)
        elif endpoint == "credentials":
            made["inputs"] = credentials.shown(self.records["credential_types"][record["credential_type"]], record["inputs"])
        elif endpoint == "notification_templates":
            made["notification_configuration"] = notifications.shown(made["notification_configuration"])
        elif endpoint == "inventories":
            made["total_hosts"] = sum(host["inventory"] == record["id"] for host in self.records["hosts"].values())
        return made

    def _summary(self, endpoint: str, record: Record) -> Record:
        kind = KINDS[endpoint]
        made: Record = {}
        for field, other in kind.links.items():
            if record[field] is None or field == "workflow_job_template":
                continue
            linked = self.records[other][record[field]]
            made[field] = {"id": linked["id"], "name": linked["name"]}
            made[field] |= {name: linked[name] for name in {"inventories": ["kind"], "projects": ["status"]}.get(other, [])}
        if record.get("unified_job_template") is not None:
            other, template = self.unified(record["unified_job_template"])
            made["unified_job_template"] = {"id": template["id"], "name": template["name"], "unified_job_type": UNIFIED[other]}
            if endpoint == "schedules" and other == "job_templates":
                made["inventory"] = self._summary(other, template)["inventory"]
        if endpoint in ("job_templates", "jobs"):
            of = ("job_templates", record["job_template"] if endpoint == "jobs" else record["id"])
            numbers = self.associations.get(f"{of[0]}/{of[1]}/credentials", [])
            made["credentials"] = [self._credential_summary(number) for number in numbers]
        if endpoint == "project_updates":
            made["organization"] = self._summary("projects", self.records["projects"][record["project"]]).get("organization")
        if kind.roles:
            key = f"{endpoint}/{record['id']}"
            made["object_roles"] = {name: {"id": number, "name": name} for number, (of, name) in self.roles.items() if of == key}
        return made

    def _credential_summary(self, number: int) -> Record:
        record = self.records["credentials"][number]
        return {name: record[name] for name in ("id", "name", "description", "kind", "cloud")}

    def _add_updates(self, made: Record, project: Record) -> None:
        update = self.latest_update(project)
        if update is None:
            return
        summary = {"id": update["id"], "name": update["name"], "status": update["status"]}
        for name in ("last_job", "last_update") if update["finished"] else ("current_job", "current_update"):
            made["related"][name] = self.address("project_updates", update["id"])
            made["summary_fields"][name] = summary

    def everyone(self, endpoint: str, numbers: list[int]) -> Iterator[Record]:
        for number in numbers:
            yield self.shown(endpoint, self.records[endpoint][number])


def _accepted(kind: Kind, given: Record) -> Record:
    """The fields that a record of the kind has and that may be given; null for a text is no text."""
    return {
        name: kind.fields[name] if value is None and kind.fields[name] == "" else value
        for name, value in given.items() if name in kind.fields and name not in kind.read_only
    }
