# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people at ``/``."""
from __future__ import annotations

from html import escape

from .site import Site


def render(site: Site) -> str:
    name = escape(str(site.store.setting("sitename", "core")))
    return f"<!DOCTYPE html><title>Practice Moodle</title><h1>{name}</h1>"
