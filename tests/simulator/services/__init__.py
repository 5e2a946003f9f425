# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin does with a CSV file, one manager for each service."""
from __future__ import annotations

from .base import Run
from .users import UsersSync

# service -> action -> the run that does it
PROCESSES: dict[str, dict[str, type[Run]]] = {
    "users": {"sync": UsersSync},
}
