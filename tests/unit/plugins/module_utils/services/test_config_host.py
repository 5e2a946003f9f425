# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings on the Moodle host itself: read, compared, and only then set."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodlehost import MoodleHost
from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_config import TASK

STAND_IN = Path(__file__).resolve().parents[4] / "integration/targets/setup_moodle_host/files/php.py"
WANTED = {"service": "users", "settings": {"filelocation": "u.csv", "primaryidentity": "email"}}


class Host:
    """A Moodle folder with a stand-in for PHP that notes how it was called."""

    def __init__(self, folder):
        self.folder = folder
        self.php = folder / "php"
        self.calls = folder / "calls"
        (folder / "admin/cli").mkdir(parents=True)
        (folder / "admin/cli/cfg.php").write_text("<?php\n")
        self.program(f'exec {shlex.quote(sys.executable)} {shlex.quote(str(STAND_IN))} "$@"')
        self.write({"plugins": {"tool_sync": {"version": "2021111600", "users_filelocation": "u.csv"}}, "forced": []})

    def program(self, shell):
        self.php.write_text(f'#!/bin/sh\necho "$@" >> {shlex.quote(str(self.calls))}\n{shell}\n')
        self.php.chmod(0o755)

    def write(self, site):
        (self.folder / "site.json").write_text(json.dumps(site))

    @property
    def stored(self):
        return json.loads((self.folder / "site.json").read_text())["plugins"]["tool_sync"]

    @property
    def sets(self):
        return [line.partition("--name=")[2] for line in self.calls.read_text().splitlines() if "--set=" in line]

    def run(self, check_mode=False, **options):
        given = {"moodle_dir": str(self.folder), "php": str(self.php), **WANTED, **options}
        checked = ArgumentSpecValidator(TASK.argument_spec, **TASK.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return run(TASK, checked.validated_parameters, check_mode=check_mode, diff=True)


@pytest.fixture
def host(tmp_path, monkeypatch):
    for name in ("TOOLSYNC_URL", "TOOLSYNC_TOKEN", "TOOLSYNC_STATE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Host(tmp_path / "moo dle")


def test_only_what_differs_is_set_and_previous_is_what_the_site_had(host):
    result = host.run()
    assert result["changed"] and result["changed_keys"] == ["primaryidentity"]
    assert result["previous"] == {"filelocation": "u.csv", "primaryidentity": None}
    assert result["diff"] == {
        "before": {"filelocation": "u.csv", "primaryidentity": None},
        "after": {"filelocation": "u.csv", "primaryidentity": "email"},
    }
    assert host.sets == ["users_primaryidentity --set=email"]
    assert host.stored["users_primaryidentity"] == "email"


def test_a_second_run_sets_nothing(host):
    host.run()
    result = host.run()
    assert not result["changed"] and result["changed_keys"] == []
    assert result["previous"] == WANTED["settings"]
    assert len(host.sets) == 1


def test_what_somebody_changed_on_the_site_is_seen(host):
    host.run()
    host.write({"plugins": {"tool_sync": {**host.stored, "users_primaryidentity": "id"}}, "forced": []})
    result = host.run()
    assert result["changed_keys"] == ["primaryidentity"] and result["previous"]["primaryidentity"] == "id"


def test_check_mode_foretells_and_sets_nothing(host):
    before = host.stored
    foretold = host.run(check_mode=True)
    assert host.stored == before and host.sets == []
    done = host.run()
    assert foretold == done and done["changed"]


def test_neither_an_address_nor_a_memory_is_used(host, monkeypatch):
    monkeypatch.setenv("TOOLSYNC_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TOOLSYNC_TOKEN", "x" * 32)
    assert not host.run().get("failed")
    assert not list(host.folder.parent.glob(".ansible"))


def test_values_are_checked_before_anything_runs(host):
    result = host.run(settings={"primaryidentity": "shortname"})
    assert result["failed"] and "primaryidentity" in result["msg"]
    assert not host.calls.exists()


def test_a_value_with_an_equals_sign_arrives(host):
    host.run(settings={"filelocation": "a=b c.csv"})
    assert host.stored["users_filelocation"] == "a=b c.csv"


def test_a_failure_in_the_middle_tells_what_was_set(host):
    host.write({"plugins": {"tool_sync": {"version": "1"}}, "forced": ["users_primaryidentity"]})
    result = host.run()
    assert result["failed"] and result["error"]["kind"] == "moodle_host"
    assert "sets users_primaryidentity for good" in result["msg"]
    assert result["changed"] and result["changed_keys"] == ["filelocation"]
    assert result["diff"]["after"] == {"filelocation": "u.csv", "primaryidentity": None}


def test_a_plugin_that_is_not_there(host):
    host.write({"plugins": {}, "forced": []})
    result = host.run()
    assert result["failed"] and "tool_sync is not installed" in result["msg"] and not result["changed"]


@pytest.mark.parametrize(
    "shell, words",
    [
        ("echo '!!! Database connection failed !!!' >&2; exit 1", "exit status 1: !!! Database connection failed !!!"),
        ("exit 3", "exit status 3: it said nothing"),
        ("echo '[]'; echo nonsense", "no list of the settings"),
        ("exec sleep 20", "did not end within 1 s"),
    ],
)
def test_what_can_go_wrong_with_moodle_s_script(host, shell, words):
    host.program(shell)
    result = host.run(timeout=1)
    assert result["failed"] and words in result["msg"] and result["error"]["kind"] == "moodle_host"


def test_no_such_php(host):
    result = host.run(php=str(host.folder / "php9"))
    assert result["failed"] and "php9 could not be started: No such file" in result["msg"] and result["error"]["option"] == "php"


def test_no_such_moodle(host):
    result = host.run(moodle_dir=str(host.folder / "admin"))
    assert result["failed"] and "cfg.php" in result["msg"] and result["error"]["option"] == "moodle_dir"


def test_a_time_out_below_one_second_is_refused(host):
    assert "timeout must be at least 1" in host.run(timeout=0)["msg"]


def test_a_host_refuses_to_write_in_check_mode(host):
    with pytest.raises(RuntimeError):
        MoodleHost(str(host.folder), str(host.php), timeout=5, read_only=True).set("tool_sync", "encoding", "UTF-8")
    assert not host.calls.exists()


def test_settings_that_are_null_are_not_set(host):
    host.program("""echo '{"version": "1", "empty": null}'""")
    assert MoodleHost(str(host.folder), str(host.php), timeout=5).settings("tool_sync") == {"version": "1"}


def test_a_folder_without_moodle_is_an_option_s_fault(tmp_path):
    with pytest.raises(errors.OptionError, match="moodle_dir"):
        MoodleHost(str(tmp_path), "php", timeout=5)


def test_a_dollar_and_a_tilde_arrive_as_they_are(host, monkeypatch):
    monkeypatch.setenv("COURSE", "expanded")
    MoodleHost(str(host.folder), str(host.php), timeout=30).set("tool_sync", "users_filelocation", "~/$COURSE ${COURSE} a$(id).csv")
    assert host.stored["users_filelocation"] == "~/$COURSE ${COURSE} a$(id).csv"


def test_a_program_whose_children_go_on_ends_all_the_same(host):
    host.program("sleep 30 & sleep 30")
    begun = time.monotonic()
    assert "did not end within 1 s" in host.run(timeout=1)["msg"]
    assert time.monotonic() - begun < 10
