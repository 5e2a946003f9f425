# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that writes each result as it came, with the seconds that it took, a line of JSON each."""

from __future__ import annotations

import json
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: every_result
type: notification
short_description: Write each result to a file
description: Write each result, as it came, to a file.
options:
  path:
    description: The file, to whose end they are added.
    type: path
    required: true
    env: [{name: EVERY_RESULT}]
    ini: [{section: every_result, key: path}]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "every_result"

    def v2_runner_on_start(self, host, task):
        self._begun = {**getattr(self, "_begun", {}), (host.name, task._uuid): time.monotonic()}

    def _keep(self, result, **more):
        task = result._task
        seconds = time.monotonic() - self._begun[result._host.name, task._uuid]
        line = {
            "action": task.action, "task": task.get_name(), "host": result._host.name,
            "seconds": seconds, "result": dict(result._result),
        }  # fmt: skip
        with open(self.get_option("path"), "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_unreachable = v2_runner_item_on_ok = v2_runner_item_on_failed = _keep
