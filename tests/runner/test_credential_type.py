# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential type, through AWX's own injectors and by the rules that AWX holds custom types to."""
from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import CONNECTION_SPEC
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.runner.job import credential_type, inject

TOKEN = "5ecret0123456789abcdef0123456789"
URL = "https://moodle.example.org/campus"
CA = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n"
FIELD_KEYS = {"id", "label", "type", "format", "help_text", "secret", "multiline", "choices", "default", "ask_at_runtime"}


def test_address_and_token_become_the_environment_of_the_modules(tmp_path: Path) -> None:
    injected = inject(credential_type(), {"url": URL, "token": TOKEN}, tmp_path, tmp_path)
    assert injected.env == {
        "TOOLSYNC_URL": URL, "TOOLSYNC_TOKEN": TOKEN, "TOOLSYNC_VALIDATE_CERTS": "true", "TOOLSYNC_CA_PATH": "",
    }
    assert injected.args == []


def test_what_awx_keeps_and_shows_has_no_token(tmp_path: Path) -> None:
    safe = inject(credential_type(), {"url": URL, "token": TOKEN, "ca": CA}, tmp_path, tmp_path).safe
    assert TOKEN not in str(safe)
    assert safe["TOOLSYNC_URL"] == URL and set(safe["TOOLSYNC_TOKEN"]) == {"*"}


@pytest.mark.parametrize(("given", "expected"), [("true", "true"), ("false", "false"), ("", "true")])
def test_certificates_are_verified_unless_somebody_said_no(tmp_path: Path, given: str, expected: str) -> None:
    inputs = {"url": URL, "token": TOKEN, "validate_certs": given}
    assert inject(credential_type(), inputs, tmp_path, tmp_path).env["TOOLSYNC_VALIDATE_CERTS"] == expected


def test_authorities_become_a_file_as_the_job_sees_it(tmp_path: Path) -> None:
    injected = inject(credential_type(), {"url": URL, "token": TOKEN, "ca": CA}, tmp_path, Path("/runner"))
    seen = Path(injected.env["TOOLSYNC_CA_PATH"])
    assert seen.parent == Path("/runner/env")
    written = tmp_path / "env" / seen.name
    assert written.read_text(encoding="utf-8") == CA
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_the_variables_are_those_that_the_modules_read() -> None:
    fallbacks = {name for spec in CONNECTION_SPEC.values() if "fallback" in spec for name in spec["fallback"][1]}
    assert set(credential_type()["injectors"]["env"]) <= fallbacks


def test_awx_takes_the_inputs() -> None:
    inputs = credential_type()["inputs"]
    assert set(inputs) == {"fields", "required"}
    names = [field["id"] for field in inputs["fields"]]
    assert len(set(names)) == len(names) and set(inputs["required"]) <= set(names)
    for field in inputs["fields"]:
        assert set(field) <= FIELD_KEYS
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]) and field["id"] != "tower"
        assert isinstance(field["label"], str) and field["type"] == "string"
        assert isinstance(field.get("default", ""), str)
        assert field.get("format", "url") in ("url", "ssh_private_key")
        assert all(isinstance(choice, str) for choice in field.get("choices", ["x"]))
    assert [field["id"] for field in inputs["fields"] if field.get("secret")] == ["token"]


def test_awx_takes_the_injectors() -> None:
    made_type = credential_type()
    injectors = made_type["injectors"]
    assert set(injectors) <= {"file", "env", "extra_vars"} and set(injectors["file"]) == {"template"}
    assert not set(injectors["env"]) & ENV_BLOCKLIST
    # AWX fills every field in when it checks a type, and refuses one that uses anything else.
    namespace = {field["id"]: "EXAMPLE" for field in made_type["inputs"]["fields"]}
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in injectors["env"].items():
        assert re.fullmatch(r"[A-Z_]+", name) and not name.startswith("ANSIBLE_") and template.isascii()
        assert sandbox.from_string(template).render(**namespace, tower={"filename": "FILE"})
    assert sandbox.from_string(injectors["file"]["template"]).render(**namespace) == "EXAMPLE"
