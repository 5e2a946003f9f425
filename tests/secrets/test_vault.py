# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file in a vault is readable for the time of its task, and no longer."""

from __future__ import annotations

import sys

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.scenarios import USERS, World
from tests.secrets.ways import FQCN, WAYS, interpreter, playbook
from tests.simulator.fixture import Practice


@pytest.mark.parametrize("background", [{}, {"async": 60, "poll": 1}], ids=["at once", "async"])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_in_a_vault_is_decrypted_for_its_task_only(tmp_path, way, background):
    secret = VaultSecret(b"zqvault")
    (tmp_path / "secret").write_bytes(secret.bytes)
    (tmp_path / "users.csv").write_bytes(VaultLib([("default", secret)]).encrypt(USERS.encode(), secret))
    with Practice() as practice:
        world = World(practice, tmp_path)
        connection = {"url": practice.url, "token": world.token, "state_file": str(tmp_path / "state.json")}
        upload = {**connection, "src": str(tmp_path / "users.csv"), "service": "users"}
        folders = [str(tmp_path / "tmp"), str(tmp_path / ".ansible/tmp")]
        tasks = [
            {"name": "upload", FQCN + "toolsync_upload": upload, **background},
            {
                "name": "look",
                # What runs in the background tidies up a moment after its end.
                "ansible.builtin.command": {"argv": ["grep", "-rlE", "Zq(first|last)", *folders]},
                "failed_when": False, "until": "look.rc == 1 or look.stdout == ''", "retries": 20, "delay": 1, "register": "look",
            },
        ]  # fmt: skip
        results, output = playbook(
            [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}],
            tmp_path,
            python=sys.executable if way == "inside" else interpreter(tmp_path),
            arguments=("--vault-password-file", str(tmp_path / "secret")),
            extra={"ansible_remote_tmp": str(tmp_path / ".ansible/tmp"), "ansible_async_dir": str(tmp_path / "jobs")},
        )
    found = {line["task"]: line["result"] for line in results}
    assert not found["upload"].get("failed") and found["upload"]["rows"] == 5, output
    assert found["look"]["stdout"] == ""
