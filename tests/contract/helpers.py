# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short forms for the tests of runs."""
from __future__ import annotations

from typing import Any

from tests.simulator.fixture import Practice

HEAD = "username;firstname;lastname;email;idnumber\n"
START = ["Starting...1", "Starting users synchronisation..."]


def configure(practice: Practice, service: str, **settings: str) -> None:
    for key, value in settings.items():
        assert practice.call("tool_sync_set_config", service=service, confkey=key, confvalue=value) is True


def run(practice: Practice, service: str, action: str, name: str, content: str | bytes) -> list[str]:
    """Put a file in place and run a service; the lines of its report without the end marker."""
    practice.put(name, content)
    report = practice.call("tool_sync_process", service=service, action=action)
    assert isinstance(report, str), report
    return [line for line in report.splitlines() if line != "end of report"]


def table(practice: Practice, name: str, /, **wanted: Any) -> list[dict[str, Any]]:
    rows = practice.state()[name]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]
