# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a task runs, and what its arguments are by then. How it runs, tests/secrets and the integration targets see."""

from __future__ import annotations

import datetime
import sys
from types import SimpleNamespace

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.action.toolsync_config import ActionModule
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import action

HERE = {"ansible_python_interpreter": sys.executable}


def runs_here(task_vars, *, transport="local", become=False, background=0):
    made = ActionModule.__new__(ActionModule)
    made._connection = SimpleNamespace(transport=transport)
    made._play_context = SimpleNamespace(become=become)
    made._task = SimpleNamespace(async_val=background, delegate_to=None)
    made._templar = SimpleNamespace(template=lambda text: text)
    return made._runs_here(task_vars)


@pytest.mark.parametrize(
    ("platform", "task_vars", "how", "expected"),
    [
        ("linux", HERE, {}, True),
        ("linux", HERE, {"become": True}, False),
        ("linux", HERE, {"background": 5}, False),
        ("linux", HERE, {"transport": "ssh"}, False),
        ("linux", {"ansible_python_interpreter": "/usr/bin/other"}, {}, False),
        ("linux", {}, {}, True),
        ("linux", {"ansible_python_interpreter": "auto_silent"}, {}, True),
        # A process that Ansible forked crashes there when it asks the system for proxies.
        ("darwin", HERE, {}, False),
    ],
)
def test_a_task_runs_in_the_controller_only_where_its_module_would(monkeypatch, platform, task_vars, how, expected):
    monkeypatch.setattr(action.sys, "platform", platform)
    assert runs_here(task_vars, **how) is expected


def test_arguments_are_plain_and_time_stamps_are_the_texts_that_yaml_made_them_of():
    moment = datetime.datetime(2026, 9, 1, 8, 0)
    given = {"rows": [{"starttime": moment, "day": moment.date(), "n": 7, "off": False, "none": None}], "names": {"a"}, "pair": (1, 2)}
    assert action.as_json(given) == {
        "rows": [{"starttime": "2026-09-01 08:00:00", "day": "2026-09-01", "n": 7, "off": False, "none": None}],
        "names": ["a"],
        "pair": [1, 2],
    }
