# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter toolsync_csv: a list of dictionaries as a CSV that the plugin reads as it was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import ACTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.file import render

SEPARATORS = (";", ",")
#: What the plugin's web page calls a service otherwise than its code.
ALIASES = {"enols": "enrols"}


def toolsync_csv(rows, columns=None, separator=";", service=None, action=None):
    """The text of the CSV of a list of dicts, a newline after each line.

    Raises AnsibleFilterError, which names the row (from 1) and the column, never a value.
    """
    service, action = _checked(rows, columns, separator, service, action)
    try:
        plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
        return render(plain, columns, separator=separator, service=service, action=action).decode("utf-8")
    except ValueError as error:
        raise AnsibleFilterError(f"toolsync_csv: {error}") from None


def _checked(rows, columns, separator, service, action):
    """(service, action) as csvfile has them; without an action the service's first one."""
    if not _is_list(rows):
        raise AnsibleFilterError(f"toolsync_csv: its input must be a list, and is {type(rows).__name__}")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise AnsibleFilterError(f"toolsync_csv: row {number} must be a dictionary, and is {type(row).__name__}")
    if columns is not None and not (_is_list(columns) and all(isinstance(name, str) for name in columns)):
        raise AnsibleFilterError("toolsync_csv: columns must be a list of names")
    if separator not in SEPARATORS:
        raise AnsibleFilterError("toolsync_csv: separator must be ; or , as the plugin's setting csvseparator")
    if isinstance(service, str):
        service = ALIASES.get(service, service)
    if service is not None and not (isinstance(service, str) and service in ACTIONS):
        raise AnsibleFilterError(f"toolsync_csv: service must be one of {', '.join(ACTIONS)}")
    if action is not None and (service is None or action not in ACTIONS[service]):
        allowed = ", ".join(ACTIONS[service]) if service else "none without service"
        raise AnsibleFilterError(f"toolsync_csv: action must be one of those of the service: {allowed}")
    return service, action or service and ACTIONS[service][0]


def _plain(value):
    """A value of an inline vault as its text; before ansible-core 2.19 a filter gets it as an object that is none."""
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value


def _is_list(value):
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        return {"toolsync_csv": toolsync_csv}
