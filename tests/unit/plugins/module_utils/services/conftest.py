# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site to plan on: the real client and a memory file, in front of a scripted server."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.memory import Memory
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.moodle import Moodle
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services.base import Site
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.transport import Transport

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def site_on(tmp_path):
    """A factory: site_on(url, token=..., check_mode=False) -> Site. All of a test share one memory file."""
    with contextlib.ExitStack() as stack:

        def make(url, token=TOKEN, check_mode=False):
            transport = stack.enter_context(Transport(url, token, sleep=lambda seconds: None, retries=0))
            memory = Memory(transport.base, str(tmp_path / "state.json"), read_only=check_mode)
            return Site(Moodle(transport, token, read_only=check_mode), memory)

        yield make


@pytest.fixture
def site(site_on, server):
    """A site behind the scripted server."""
    return site_on(server.url)
