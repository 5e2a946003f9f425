# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task says and does the same, whether it runs inside the controller or as a module."""

from __future__ import annotations

import pytest

from tests.secrets.ways import CASES


@pytest.mark.parametrize("name", CASES)
def test_both_ways_say_the_same(played, name):
    inside, module = (played[way].results[name] for way in ("inside", "module"))
    assert inside == module
