# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a job the way AWX does: its own code injects the credential, ansible-runner starts the playbook.

With TOOLSYNC_EE_IMAGE in the environment the job runs in that execution environment, by podman, as on AWX's nodes.
"""
from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from awx_plugins.interfaces import _temporary_private_container_api as container_api
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

ROOT = Path(__file__).resolve().parents[2]
AWX_FILES = ROOT / "playbooks/files/awx"
IN_CONTAINER = Path("/runner")
FULL_SYNC = "activeprolearn.toolsync.full_sync"
EXAMPLE = {f"csv/{file.name}": file.read_text(encoding="utf-8") for file in (ROOT / "playbooks/demo_data/school").glob("*.csv")}


def credential_type() -> dict[str, Any]:
    return yaml.safe_load((AWX_FILES / "credential_type.yml").read_text(encoding="utf-8"))


@dataclass
class Injected:
    """What a credential turns into. ``safe`` is what AWX keeps of ``env`` in its database and shows."""

    env: dict[str, str] = field(default_factory=dict)
    safe: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)


def inject(made_type: dict[str, Any], inputs: dict[str, Any], folder: Path, seen: Path) -> Injected:
    """AWX's injectors at work. folder: the job's private folder; seen: where the job finds it."""
    (folder / "env").mkdir(parents=True, exist_ok=True)
    kind = ManagedCredentialType(
        namespace="toolsync", name=made_type["name"], kind=made_type["kind"], inputs=made_type["inputs"],
        injectors=made_type["injectors"], managed=False,
    )
    injected = Injected()
    before = container_api.CONTAINER_ROOT
    container_api.CONTAINER_ROOT = str(seen)  # the names of files are made from this, whatever the argument says
    try:
        inject_credential(
            kind, Credential(inputs), injected.env, injected.safe, injected.args, str(folder), container_root=seen
        )
    finally:
        container_api.CONTAINER_ROOT = before
    return injected


@dataclass
class Job:
    """A job that has ended: AWX's view of it."""

    folder: Path
    status: str
    rc: int
    stats: dict[str, Any]
    events: list[dict[str, Any]]
    output: str
    credential: Injected

    @property
    def artifacts(self) -> dict[str, Any]:
        """What set_stats handed on: AWX shows it and gives it to the next nodes of a workflow."""
        last = [event for event in self.events if event["event"] == "playbook_on_stats"][-1]
        return last["event_data"].get("artifact_data", {})

    def failures(self) -> list[str]:
        """The messages of failed tasks."""
        failed = [event["event_data"] for event in self.events if event["event"] == "runner_on_failed"]
        return [str(data["res"].get("msg")) for data in failed if not data.get("ignore_errors")]

    def everything(self) -> dict[str, str]:
        """All that the job leaves behind, by file, but for two in which ansible-runner notes the environment it was given."""
        left = {
            str(file.relative_to(self.folder)): file.read_text(encoding="utf-8", errors="replace")
            for file in (self.folder / "artifacts").rglob("*") if file.is_file() and file.name not in ("command", "env.list")
        }
        return {**left, "events": json.dumps(self.events), "safe env": json.dumps(self.credential.safe)}


def run(
    folder: Path, inputs: dict[str, Any], *, playbook: str = FULL_SYNC, project: dict[str, str] | None = None,
    extra_vars: dict[str, Any] | None = None, check: bool = False, made_type: dict[str, Any] | None = None,
    host_vars: dict[str, Any] | None = None, sites: dict[str, Any] | None = None,
) -> Job:
    """A job of a new private folder. inputs: the credential's; project: files of the project, name: text.
    host_vars: of localhost; sites: an inventory instead, in Ansible's words.

    ``{project}`` in the values of extra_vars stands for the project's folder, as the job sees it.
    """
    image = os.environ.get("TOOLSYNC_EE_IMAGE", "")
    seen = IN_CONTAINER if image else folder
    injected = inject(made_type or credential_type(), inputs, folder, seen)
    given = json.loads(json.dumps(extra_vars or {}).replace("{project}", f"{seen}/project"))
    (folder / "project").mkdir()
    for name, text in (project or {}).items():
        (folder / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / name).write_text(text, encoding="utf-8")
    inventory = folder / "inventory/hosts"
    inventory.parent.mkdir()
    host_vars = host_vars or {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(json.dumps(sites or {"all": {"hosts": {"localhost": host_vars}}}), encoding="utf-8")
    (folder / "home").mkdir()
    env = {**injected.env, "HOME": f"{seen}/home"}
    command = " ".join(injected.args + (["--check"] if check else []))
    ident = f"toolsync-{secrets.token_hex(8)}"  # names the container too
    isolation: dict[str, Any] = {}
    if image:
        isolation = {
            "process_isolation": True, "process_isolation_executable": "podman", "container_image": image,
            # As AWX: the job is root in its container. The practice Moodle listens on this machine's loopback only.
            "container_options": ["--network=host", "--pull=never", "--user=root"],
        }
    ended = ansible_runner.run(
        private_data_dir=str(folder), ident=ident, playbook=playbook, envvars=env, extravars=given,
        cmdline=command or None, quiet=True, **isolation,
    )
    job = Job(
        folder, ended.status, ended.rc, ended.stats or {}, list(ended.events),
        (folder / "artifacts" / ident / "stdout").read_text(encoding="utf-8", errors="replace"), injected,
    )
    shutil.rmtree(folder / "env")  # holds the secrets in clear
    return job


Start = Callable[..., Job]
