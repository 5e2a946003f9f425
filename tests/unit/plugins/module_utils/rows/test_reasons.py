# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about rows that fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows import reasons as reasons_of_rows


def texts(node):
    """The texts that an expression may be."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else put_in(part.value) for part in node.values)
    elif isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Name) and hasattr(reasons_of_rows, node.id):
        yield getattr(reasons_of_rows, node.id)
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def put_in(node):
    """What stands for a value in a text."""
    return next(texts(node), "x")


def reasons():
    """Why rows fail: what the rules give to C(tally.fail)."""
    for path in sorted(Path(reasons_of_rows.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fail":
                yield from texts(node.args[0])


@pytest.mark.parametrize("reason", sorted(set(reasons())))
def test_each_reason_has_a_cure(reason):
    assert reasons_of_rows.cure_of(reason).endswith(".")


def test_they_were_found():
    assert len(set(reasons())) > 15
    assert reasons_of_rows.cure_of("Some words of the plugin") == ""
