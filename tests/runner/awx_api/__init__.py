# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for AWX, as far as the modules of awx.awx ask for it. test_awx_recording.py holds it to the recording of a real AWX 24.6.

fields: what kinds of records there are. store: they, their lists and their answers. checks, credentials, survey, schedules, notifications:
what AWX refuses. server: the requests. What the recording does not show (groups, teams and roles, notification templates, events of project
updates) follows AWX's code.
"""
from __future__ import annotations

from .fields import HIDDEN, Record
from .server import Awx

__all__ = ["HIDDEN", "Awx", "Record"]
