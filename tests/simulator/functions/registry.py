# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where web service functions register themselves: name, parameters, whether they write, how they answer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..params import Description, Struct

Function = Callable[..., Any]


@dataclass(frozen=True)
class Registered:
    """``broken`` is thrown while Moodle looks the function up, before it checks who asks."""

    name: str
    parameters: Struct
    run: Function
    writes: bool
    broken: Exception | None = None


REGISTRY: dict[str, Registered] = {}


def function(
    name: str, parameters: dict[str, Description], writes: bool = False, broken: Exception | None = None
) -> Callable[[Function], Function]:
    """Register ``run(call, **parameters)`` as the web service function ``name``."""

    def register(run: Function) -> Function:
        REGISTRY[name] = Registered(name, Struct(parameters), run, writes, broken)
        return run

    return register


# Functions of a real Moodle that the practice knows by name only.
NAMED_ONLY = frozenset(
    "core_course_create_courses core_course_delete_courses core_course_duplicate_course core_course_get_contents "
    "core_files_get_files core_files_upload".split()
)


def known(name: str) -> bool:
    return name in REGISTRY or name in NAMED_ONLY
