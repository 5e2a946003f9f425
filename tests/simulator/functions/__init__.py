# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web service functions, one registry."""
from . import cohort, core, enrol, enrolled, group, tool_sync  # noqa: F401 (they register themselves)
from .registry import REGISTRY, known

__all__ = ["REGISTRY", "known"]
