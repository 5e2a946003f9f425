# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All cases are played once for each way; the tests look at what came of them."""

from __future__ import annotations

import pytest

from tests.secrets.ways import WAYS, play


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """Way -> Played."""
    return {way: play(way, tmp_path_factory.mktemp(way)) for way in WAYS}
