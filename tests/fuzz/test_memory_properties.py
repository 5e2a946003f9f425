# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A memory file that was damaged at any byte is never taken for the truth, and never stops a task."""

from __future__ import annotations

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.memory import Memory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SITE = "https://moodle.example.org"
FILES = {"users.csv": {"sha256": "00ff", "size": 12, "state": "kept"}}


def written(folder):
    path = folder / "state.json"
    path.unlink(missing_ok=True)
    memory = Memory(SITE, str(path))
    memory.put("files", FILES)
    memory.put("settings", {"users": {"filelocation": "users.csv"}})
    return path, path.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_counts_as_none(tmp_path, data):
    path, whole = written(tmp_path)
    place = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.sampled_from([0, 1, 2, len(whole)]))
    path.write_bytes(whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + length :])
    memory = Memory(SITE, str(path))
    found = memory.get("files")
    assert found == {} if memory.problem else found == FILES
    memory.put("files", {"b.csv": {"sha256": "11"}})
    assert Memory(SITE, str(path)).get("files", "b.csv") == {"sha256": "11"}
