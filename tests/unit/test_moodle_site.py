# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role moodle_site: its script, its wishes and the stand-in of its tests fit together."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.site_info import FEATURES
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles/moodle_site"
SCRIPT = (ROLE / "files/moodle_site.php").read_text(encoding="utf-8")
STAND_IN = (ROOT / "tests/integration/targets/setup_moodle_host/files/php.py").read_text(encoding="utf-8")
VARS = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))
DEFAULTS = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
OPTIONS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]


def test_the_script_reads_what_the_role_wishes_and_no_more():
    wishes = VARS["__moodle_site_wishes"]
    used = set(re.findall(r"\$wish\['(\w+)'\]|\$this->wish\['\w+'\]\['(\w+)'\]", SCRIPT))
    assert {first or second for first, second in used} == {key for part in wishes.values() if isinstance(part, dict) for key in part}
    assert set(re.findall(r"\$this->wish\['(\w+)'\]", SCRIPT)) == {*wishes, "mode"}


def test_the_stand_in_tells_items_that_the_script_tells():
    items = {name for name in re.findall(r'(?:item|flag|exactly)\("([^"]+)"', STAND_IN) if "{" not in name}
    known = set(re.findall(r"item\('([^']+)'", SCRIPT))
    assert items - known - {"account: suspended"} == set()
    assert len(items) > 10 and '"account: {$field}"' in SCRIPT and "'suspended' => 0" in SCRIPT


@pytest.mark.skipif(shutil.which("php") is None, reason="no PHP on this machine")
def test_php_understands_the_script():
    done = subprocess.run(["php", "-l", str(ROLE / "files/moodle_site.php")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("php") is None, reason="no PHP on this machine")
def test_the_script_works_from_the_standard_input_and_answers_where_there_is_no_moodle(tmp_path):
    done = subprocess.run(["php", "--", str(tmp_path), "{}"], check=False, input=SCRIPT, capture_output=True, text=True)
    answer = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and answer.startswith("moodle_site: ")
    assert "config.php" in json.loads(answer[len("moodle_site: "):])["error"]


def test_the_default_features_are_features():
    assert set(DEFAULTS["moodle_site_features"]) <= set(FEATURES)


def test_defaults_are_documented_as_they_are():
    documented = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}
    computed = {"moodle_site_account_email"}
    assert documented == {name: value for name, value in DEFAULTS.items() if name not in computed}


def test_the_settings_are_those_that_web_services_cannot_set():
    ours = set(OPTIONS["moodle_site_settings"]["options"])
    theirs = {f"{service}_{key}" for service, keys in SETTINGS.items() for key in keys}
    assert ours & theirs == set()
    assert set(VARS["__moodle_site_settings"]) <= ours
