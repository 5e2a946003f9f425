# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder to run playbooks in, against a practice Moodle."""

from __future__ import annotations

import pytest

from tests.docs.conftest import Kitchen
from tests.simulator.fixture import Practice


@pytest.fixture(scope="session")
def running():
    with Practice("--seed", "demo") as practice:
        yield practice


@pytest.fixture
def practice(running):
    """In its first state."""
    running.reset()
    return running


@pytest.fixture
def kitchen(tmp_path, practice):
    return Kitchen(tmp_path, practice)
