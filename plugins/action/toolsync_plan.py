# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.activeprolearn.toolsync.plugins.modules.toolsync_plan import TASK
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.action import ToolsyncAction


class ActionModule(ToolsyncAction):
    task = TASK
