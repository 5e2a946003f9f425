# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import getpass
import os
import platform

from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_lock import TASK, where
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.action import ToolsyncAction


class ActionModule(ToolsyncAction):
    """Adds who runs the sequence: this process is a child of ansible-playbook, which lives as long as the sequence."""

    task = TASK

    def arguments(self, args):
        pid = os.getppid()
        return {"owner": f"{getpass.getuser()}@{platform.node()}, process {pid}", "pid": pid, "host": where(), **args}
