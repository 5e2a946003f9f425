# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment, as far as ansible-builder can tell without building it; `make ee` builds it."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ee.local_definition import DEFINITION, local
from tests.simulator.fixture import ROOT


@pytest.fixture(params=["podman", "docker", "podman docker", ""], ids=["podman", "docker", "both", "neither"])
def runtimes(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with these container runtimes and nothing else: ansible-builder chooses by what it finds there."""
    folder = tmp_path / "runtimes"
    folder.mkdir()
    for name in request.param.split():
        (folder / name).write_text("#!/bin/false\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def builder(*arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-m", "ansible_builder", *arguments]
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def context_of(definition: Path, cwd: Path) -> tuple[str, Path]:
    """The Containerfile that ansible-builder makes, and the folder of the files that come with it."""
    # By itself it names the file after the runtime that it finds. "create" starts none, and takes no --container-runtime.
    builder("create", "--file", str(definition), "--context", "context", "--output-filename", "Containerfile", cwd=cwd)
    return (cwd / "context/Containerfile").read_text(encoding="utf-8"), cwd / "context/_build"


@pytest.mark.usefixtures("runtimes")
def test_what_users_build_takes_the_collection_from_galaxy(tmp_path: Path) -> None:
    containerfile, files = context_of(DEFINITION, tmp_path)
    assert yaml.safe_load((files / "requirements.yml").read_text(encoding="utf-8")) == {
        "collections": [{"name": "activeprolearn.toolsync", "version": ">=1.0.0"}]
    }
    assert "ansible-runner" in containerfile  # without it AWX can't start a job in the image


@pytest.mark.usefixtures("runtimes")
def test_what_is_built_here_takes_it_from_a_tarball(tmp_path: Path) -> None:
    tarball = tmp_path / "activeprolearn-toolsync-1.0.0.tar.gz"
    tarball.write_bytes(b"not looked into")
    given = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    changed = tmp_path / "execution-environment.yml"
    changed.write_text(yaml.safe_dump(local(given, tarball, "localhost/base:1")), encoding="utf-8")
    containerfile, files = context_of(changed, tmp_path)
    [collection] = yaml.safe_load((files / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    assert collection == {"name": f"/build/collection/{tarball.name}", "type": "file"}
    assert (files / "collection" / tarball.name).exists()
    assert 'EE_BASE_IMAGE="localhost/base:1"' in containerfile
    assert given == yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))  # the given one was left alone


def test_the_collection_says_what_it_needs(tmp_path: Path) -> None:
    place = tmp_path / "ansible_collections/activeprolearn"
    place.mkdir(parents=True)
    os.symlink(ROOT, place / "toolsync")
    found = yaml.safe_load(builder("introspect", str(tmp_path), "--sanitize", cwd=tmp_path).partition("---")[2])
    assert [line.partition("#")[0].strip() for line in found["python"]] == ["requests>=2.28"], json.dumps(found)
    assert not found["system"]


@pytest.mark.parametrize("name", ["meta/ee-requirements.txt", "requirements.txt"])
def test_one_requirement_in_both_files(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ["requests>=2.28"]
