# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer has after `git clone`: what is committed, and nothing that this checkout happens to hold besides."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.fixture import Practice

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.prefix)
FILE = re.compile(r"(?<![\w/.-])(?:\$ROOT/|\./)?((?:scripts|tests|playbooks|docs|plugins|roles|changelogs|\.ci)/[\w./*-]+)")
#: What scripts write, and only read after that.
MADE = {"docs/build", "docs/build/index.html", "tests/output", "tests/output/junit"} | {
    f"tests/integration/{name}" for name in ("integration_config.yml", "integration.cfg")
}


def git(*arguments):
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The clone, where Ansible finds it as the collection too. Its .venv is this one: installing takes minutes."""
    if not shutil.which("git") or git("rev-parse", "--git-dir").returncode != 0 or not (ROOT / ".git").exists():
        pytest.skip("no git, or this is no checkout")
    folder = tmp_path_factory.mktemp("fresh") / "ansible_collections/activeprolearn/toolsync"
    done = git("clone", "--quiet", str(ROOT), str(folder))
    assert done.returncode == 0, done.stderr
    (folder / ".venv").symlink_to(VENV)
    return folder


def recipe(clone, *arguments, **options):
    """Start make; the target venv counts as made."""
    if not shutil.which("make") or not (VENV / "bin/python").exists():
        pytest.skip("no make, or no .venv")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "TOOLSYNC_", "MAKE", "MFLAGS"))}
    environment.update(ANSIBLE_COLLECTIONS_PATH=str(clone.parents[2]), HOME=str(clone.parents[3]), ANSIBLE_NOCOLOR="1")
    command = ["make", "-o", "venv", *arguments]
    return subprocess.Popen(
        command, cwd=clone, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **options
    )


def targets(clone):
    return re.findall(r"^([a-z-]+):", (clone / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_simulator_starts_and_prints_what_a_shell_needs_for_it(clone):
    make = recipe(clone, "simulator", "PORT=0")
    try:
        lines = [make.stdout.readline() for _line in range(3)]
        assert [line.split("=")[0] for line in lines[1:]] == ["export TOOLSYNC_URL", "export TOOLSYNC_TOKEN"], lines
        script = "".join(lines[1:]) + 'printf "%s\\n" "$TOOLSYNC_URL" "$TOOLSYNC_TOKEN"'
        site = Practice()
        site.url, site.token = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split()
        assert site.url in lines[0]
        assert site.call("core_webservice_get_site_info")["username"] == "admin"
        assert (clone / ".cache/practice.sqlite").exists()
    finally:
        os.killpg(make.pid, signal.SIGINT)
        make.communicate(timeout=20)


def test_the_demonstration_runs(clone):
    output, _none = recipe(clone, "demo").communicate(timeout=300)
    runs = output.split("=== the second run")
    assert len(runs) == 2 and not [run for run in runs if not re.search(r"failed=0 ", run)], output


def test_make_knows_what_the_pages_name(clone):
    pages = [*clone.glob("*.md"), *clone.glob("docs/docsite/rst/*.rst"), *clone.glob("tests/**/README.md")]
    named = {
        (page.name, name) for page in pages
        for name in re.findall(r"(?:`|^ *)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {name for _page, name in named} >= {"demo", "test", "simulator"}
    assert not [what for what in named if what[1] not in targets(clone)]


def test_scripts_use_only_what_is_committed(clone):
    scripts = [*clone.glob("scripts/*.sh"), clone / ".ci/run"]
    dry, _none = recipe(clone, "-n", *targets(clone)).communicate(timeout=60)
    texts = {script.name: script.read_text(encoding="utf-8") for script in scripts} | {"Makefile": dry}
    named = {
        (name, path.rstrip("."))
        for name, text in texts.items()
        for path in re.findall(FILE, text)
    } | {
        (name, module.replace(".", "/") + "*") for name, text in texts.items() for module in re.findall(r"-m (tests[\w.]+)", text)
    } | {
        (name, f"scripts/{part}.sh") for name, text in texts.items() for part in re.findall(r"^part ([a-z_]+)", text, re.MULTILINE)
    } | {
        (name, f"tests/{part}") for name, text in texts.items() for part in re.findall(r"^part unit ([a-z]+)", text, re.MULTILINE)
    }
    assert {path for _name, path in named} >= {"scripts/test.sh", "scripts/lint.sh", "tests/runner", "tests/simulator*"}
    assert not [(name, path) for name, path in named if path not in MADE and not list(clone.glob(path))]


def test_scripts_can_be_started(clone):
    for script in [*clone.glob("scripts/*.sh"), clone / ".ci/run"]:
        # lib.sh is only sourced.
        assert os.access(script, os.X_OK) or script.name == "lib.sh", script
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
