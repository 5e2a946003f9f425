# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make ``tests.simulator`` importable however pytest was started."""
from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.simulator.fixture import Practice
from tests.simulator.versions import VERSIONS


@pytest.fixture(scope="module", params=VERSIONS)
def running(request: pytest.FixtureRequest) -> Iterator[Practice]:
    with Practice("--moodle", request.param) as practice:
        yield practice


@pytest.fixture()
def practice(running: Practice) -> Practice:
    """A practice Moodle in its first state."""
    running.reset()
    return running
