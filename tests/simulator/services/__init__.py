# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin does with a CSV file, one manager for each service."""
from __future__ import annotations

from .base import Run
from .cohorts import CohortsSync
from .courses import CoursesBindmetas, CoursesCheck, CoursesDelete, CoursesReset
from .courses_create import CoursesCreate
from .enrols import EnrolsSync
from .users import UsersSync

# service -> action -> the run that does it
PROCESSES: dict[str, dict[str, type[Run]]] = {
    "courses": {
        "check": CoursesCheck,
        "delete": CoursesDelete,
        "create": CoursesCreate,
        "reset": CoursesReset,
        "bindmetas": CoursesBindmetas,
    },
    "users": {"sync": UsersSync},
    "cohorts": {"sync": CohortsSync},
    "enrols": {"sync": EnrolsSync},
}
