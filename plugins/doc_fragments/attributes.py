# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules say of check mode, diff and idempotence."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tell what would be changed, without changing it.
    support: full
    details: The site is only read.
  diff_mode:
    description: Shows what changed, or would change in check mode.
    support: full
  idempotent:
    description: Run again with the same options, and nobody else having touched the site, it changes nothing.
  action_group:
    description: Is in the action group C(activeprolearn.toolsync.toolsync), for C(module_defaults).
    support: full
    membership:
      - activeprolearn.toolsync.toolsync
"""

    FILES = r"""
options: {}
attributes:
  platform:
    description: Platforms that the module runs on.
    platforms: posix
    support: full
"""

    # Before the others, which complete it.
    INFO = r"""
options: {}
attributes:
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
"""
