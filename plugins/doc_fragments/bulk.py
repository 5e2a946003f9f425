# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that send many records in few requests share; before the attributes of all modules, which complete it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  max_input_vars:
    description:
      - PHP's setting C(max_input_vars) on the site. It limits how many records fit into a request.
      - A site with a lower one is noticed, and gets smaller requests.
    type: int
    default: 1000
attributes:
  check_mode:
    details: The site is only read. A right that the token's account lacks is found only in the real run.
"""
