# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How property tests run: the same on a busy machine as on an idle one."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("toolsync", deadline=None, max_examples=300)
settings.load_profile("toolsync")
