# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that take a CSV."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  src:
    description:
      - The file, on the controller; it is sent to the host that runs the module when that is another one.
      - Relative paths are looked for in C(files) first, as with M(ansible.builtin.copy).
      - Only one of O(src), O(content) and O(rows) can be given.
    type: path
  remote_src:
    description: Whether O(src) is a file on the host that runs the module already.
    type: bool
    default: false
  content:
    description: The text of the file, instead of O(src).
    type: str
  rows:
    description:
      - The rows of the file, instead of O(src); each a dictionary of column and value.
      - A number with a point or an exponent is refused, as YAML shortens it (V(2026.10) becomes V(2026.1)). Put it in quotes.
    type: list
    elements: dict
  columns:
    description:
      - The columns of O(rows), in order.
      - Without it, all columns that occur, in the order in which they do.
    type: list
    elements: str
  separator:
    description: What separates the cells of the file. The site's setting knows V(;) and V(,) only.
    type: str
    default: ;
  site_separator:
    description: The separator that the site expects; the file is re-written with it. Without it, the file's own is kept.
    type: str
    choices: [;, ","]
  encoding:
    description: The encoding of O(src). It is sent as UTF-8 without a byte order mark.
    type: str
    default: utf-8
"""
