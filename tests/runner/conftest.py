# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for jobs: a practice Moodle, ansible's programs on the PATH, the collection awx.awx."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runner.job import EXAMPLE, Job, Start
from tests.runner.job import run as run_job
from tests.simulator.fixture import ROOT, Practice

# The last release of the package "ansible" that holds awx.awx; Galaxy may be out of reach where PyPI is not.
ANSIBLE_WHEEL = "ansible==12.3.0"
CACHE = Path(os.environ.get("TOOLSYNC_CACHE") or ROOT / ".cache")


@pytest.fixture(scope="session", autouse=True)
def ansible_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """ansible-playbook and its like, run by this Python: the installed scripts name theirs, and PATH may hold others."""
    folder = tmp_path_factory.mktemp("bin")
    for name, command in (("ansible", "adhoc"), ("ansible-playbook", "playbook"), ("ansible-galaxy", "galaxy")):
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ansible {command} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        for name in [name for name in os.environ if name.startswith(("ANSIBLE_", "TOOLSYNC_")) and name != "TOOLSYNC_EE_IMAGE"]:
            patch.delenv(name)
        yield folder


@pytest.fixture(scope="module")
def running() -> Iterator[Practice]:
    with Practice() as practice:
        yield practice


@pytest.fixture
def practice(running: Practice) -> Practice:
    """A practice Moodle in the state of the recordings, new for every test."""
    running.reset()
    return running


@pytest.fixture
def start(practice: Practice, tmp_path: Path) -> Start:
    """Starts a job on the practice Moodle with the example's files; fails when it leaves the token anywhere."""
    number = 0

    def run(inputs: dict[str, Any] | None = None, project: dict[str, str] | None = None, **given: Any) -> Job:
        nonlocal number
        number += 1
        inputs = {"url": practice.url, "token": practice.token, **(inputs or {})}
        variables = {"sync_csv_dir": "{project}/csv", **given.pop("extra_vars", {})}
        ended = run_job(tmp_path / str(number), inputs, project={**EXAMPLE, **(project or {})}, extra_vars=variables, **given)
        texts = ended.everything()
        assert {"events", "safe env", "stdout"} < {name.rpartition("/")[2] for name in texts}
        assert [name for name, text in texts.items() if inputs["token"] in text] == []
        return ended

    return run


@pytest.fixture(scope="session")
def awx_collection() -> Path:
    """A folder for ANSIBLE_COLLECTIONS_PATH that holds awx.awx; downloaded once."""
    folder = CACHE / f"awx-{ANSIBLE_WHEEL.rpartition('=')[2]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "1", "--dest", scratch]
            try:
                subprocess.run([*command, ANSIBLE_WHEEL], check=True, capture_output=True, timeout=300)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                pytest.skip(f"the package {ANSIBLE_WHEEL}, which holds the collection awx.awx, can't be downloaded")
            unpacked = Path(scratch) / "unpacked"
            with zipfile.ZipFile(next(Path(scratch).glob("ansible-*.whl"))) as wheel:
                wheel.extractall(unpacked, [name for name in wheel.namelist() if name.startswith("ansible_collections/awx/")])
            if not folder.exists():  # another process may have been faster
                unpacked.rename(folder)
    return folder
