# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option of modules that look at what was sent before."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state_file:
    description:
      - A file on the host that runs the module that remembers what was last sent to the site, because the site can't be asked.
      - Without it, a file per site in C(~/.ansible/toolsync) is used. It holds names and checksums, neither secrets nor rows.
      - The environment variable E(TOOLSYNC_STATE_FILE) gives another default.
      - Where it does not survive (a container per run, as in AWX), everything is reported as changed; nothing else depends on it.
    type: path
"""
