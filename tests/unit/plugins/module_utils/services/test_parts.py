# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large file in parts."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import file as csvfile
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import parts


@pytest.fixture
def split(site, tmp_path):
    def make(content, size, service="users", action="sync", **more):
        (tmp_path / "users.csv").write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return parts.plan(
            site, src=str(tmp_path / "users.csv"), service=service, action=action, rows_per_part=size,
            folder=str(tmp_path / "parts"), **more,
        )  # fmt: skip

    return make


def rows_of(path, service="users", action="sync"):
    with open(path, "rb") as stream:
        return list(csvfile.read_rows(stream, service, action))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_no_row_is_lost_or_repeated_and_lines_can_be_found(split, tmp_path, end, size):
    lines = ["# export", "username;firstname;lastname"]
    lines += [f"u{number};Zo\u00e9;N" + ("\n" * (number % 4 == 0)) + ("\n# x" * (number % 3 == 0)) for number in range(7)]
    content = end.join("\n".join(lines).split("\n")) + end
    made = split(content, size)
    made.apply()
    whole = {row.line: row.values for row in rows_of(tmp_path / "users.csv")}
    found = {}
    for part in made.result["parts"]:
        rows = rows_of(part["src"])
        assert len(rows) == part["rows"] <= size
        for row in rows:
            assert row.line + part["line_offset"] not in found
            found[row.line + part["line_offset"]] = row.values
    assert found == whole and len(whole) == 7 == made.result["rows"]


def test_a_file_without_header(split):
    made = split("C1\nC2\nC3\n", 2, "courses", "delete")
    made.apply()
    names = [[row.values["identifier"] for row in rows_of(part["src"], "courses", "delete")] for part in made.result["parts"]]
    assert names == [["C1", "C2"], ["C3"]]
    assert [part["line_offset"] for part in made.result["parts"]] == [0, 2]


def test_names_and_privacy(split):
    made = split("username;firstname;lastname\n" + "a;b;c\n" * 3, 2, dest="eleves.2026.csv")
    made.apply()
    assert [part["dest"] for part in made.result["parts"]] == ["eleves.2026-001-of-002.csv", "eleves.2026-002-of-002.csv"]
    assert os.stat(made.result["folder"]).st_mode & 0o777 == 0o700


def test_what_is_done_is_known_until_the_file_changes(split):
    content = "username;firstname;lastname\na;b;c\nd;e;f\n"
    made = split(content, 1)
    made.apply()
    with open(made.result["parts"][0]["marker"], "w", encoding="utf-8") as stream:
        json.dump({"counts": {"rows": 1}}, stream)
    again = split(content, 1)
    assert not again.changed
    assert [part["result"] for part in again.result["parts"]] == [{"counts": {"rows": 1}}, None]
    other = split(content + "g;h;i\n", 1)
    assert other.changed and [part["result"] for part in other.result["parts"]] == [None] * 3


def test_they_can_be_removed(split):
    content = "username;firstname;lastname\na;b;c\n"
    split(content, 1).apply()
    gone = split(content, 1, state="absent")
    assert gone.changed
    gone.apply()
    assert not os.path.exists(gone.result["folder"])
    assert not split(content, 1, state="absent").changed


def test_planning_writes_nothing(split, tmp_path):
    assert split("username;firstname;lastname\na;b;c\n", 1).changed
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(
    "content, size, kind", [("username;firstname;lastname\n", 1, errors.CsvRefused), ("a;b\nc;d\n", 0, errors.OptionError)]
)
def test_what_cannot_be_split(split, content, size, kind):
    with pytest.raises(kind):
        split(content, size)
