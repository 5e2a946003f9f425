# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share whose O(state=exact) takes everybody out who is not listed."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  allow_empty:
    description: Whether O(state=exact) may take everybody out because a list is empty. Without it, that is refused.
    type: bool
    default: false
"""
