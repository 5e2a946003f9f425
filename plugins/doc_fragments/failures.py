# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad records do to a task, of the modules that are given many."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  on_failures:
    description:
      - What to do when some of the records failed, or it can't be told of them.
      - V(continue), the others are processed, and the task fails at its end.
      - V(stop), nothing is sent where some are known to fail before that, and the task fails.
      - V(warn), the others are processed, and the task does not fail.
      - An error may come after the work, so what got no answer or was refused is looked at. It can't be told of what is not in place so far
        without an answer, or was refused and can't be looked at.
      - It is no matter of choice where Moodle does not answer, or refuses the token or the function.
    type: str
    choices: [continue, stop, warn]
    default: continue
"""
