# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line of a test run: nothing that failed may be lost in the sum."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/summary.py"
FAILURE = '<testcase classname="t" name="broken"><failure/></testcase>'
ERROR = '<testcase classname="t" name="crashed"><error/></testcase>'
SKIPPED = '<testcase classname="t" name="left"><skipped/></testcase>'
PASSED = '<testcase classname="t" name="good"/>'


@pytest.fixture
def close(tmp_path, capsys):
    """Sums up files (path -> text): (exit status, the printed lines)."""
    specification = importlib.util.spec_from_file_location("summary", SCRIPT)
    summary = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(summary)

    def run(files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return summary.main(tmp_path), capsys.readouterr().out.splitlines()

    return run


def junit(*cases):
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def test_all_parts_are_summed_up(close):
    status, lines = close(
        {
            "checks.tsv": "lint\tyamllint\tpassed\t1\nlint\tshellcheck\tskipped\t0\n",
            "unit/pytest.xml": junit(PASSED, PASSED, SKIPPED),
            "sanity/a.xml": junit(PASSED),
        }
    )
    assert status == 0
    assert lines[-1] == "4 passed, 0 failed, 2 skipped"


@pytest.mark.parametrize(
    ("files", "failed"),
    [
        ({"checks.tsv": "lint\truff\tfailed\t1\n"}, "ruff"),
        ({"unit/pytest.xml": junit(PASSED, FAILURE)}, "t broken"),
        ({"unit/pytest.xml": junit(ERROR)}, "t crashed"),
        ({"unit/pytest.xml": "<testsuites>"}, "pytest.xml"),
    ],
)
def test_a_failure_is_named_and_fails_the_run(close, files, failed):
    status, lines = close(files)
    assert status == 1
    assert any(line.startswith(f"    failed: {failed}") for line in lines)
    assert ", 1 failed, " in lines[-1]


@pytest.mark.parametrize("files", [{}, {"checks.tsv": "fuzz\ttests/fuzz\tskipped\t0\n"}])
def test_a_run_without_a_test_fails(close, files):
    status, lines = close(files)
    assert status == 1
    assert lines[-1].startswith("0 passed, 0 failed")
