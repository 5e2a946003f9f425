# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of what was last sent."""

from __future__ import annotations

import json
import os
import threading

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.errors import StateFileError
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.memory import Memory, default_path
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run

from tests.scenarios import SCENARIOS, World

SITE = "https://moodle.example.org"


def memory(path, **more):
    return Memory(SITE, str(path), **more)


def test_what_is_put_is_got_by_the_next_task(tmp_path):
    path = tmp_path / "new" / "state.json"
    memory(path).put("settings", {"users": {"filelocation": "a.csv"}})
    memory(path).put("settings", {"enrols": {"filelocation": "b.csv"}})
    assert memory(path).get("settings") == {"users": {"filelocation": "a.csv"}, "enrols": {"filelocation": "b.csv"}}
    assert memory(path).get("settings", "users") == {"filelocation": "a.csv"}
    assert memory(path).get("files", "x") is None


def test_none_forgets(tmp_path):
    one = memory(tmp_path / "s")
    one.put("files", {"a": 1, "b": 2})
    one.put("files", {"a": None})
    assert one.get("files") == {"b": 2}


def test_it_is_private(tmp_path):
    memory(tmp_path / "folder" / "s").put("files", {"a": 1})
    assert (tmp_path / "folder" / "s").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


def test_damage_at_any_byte_is_an_empty_memory_and_can_be_written_again(tmp_path):
    path = tmp_path / "s"
    memory(path).put("files", {"a.csv": {"sha256": "x"}})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        damaged = memory(path)
        assert damaged.get("files") == {} and "was damaged" in damaged.problem
    memory(path).put("files", {"b.csv": {"sha256": "y"}})
    assert memory(path).get("files") == {"b.csv": {"sha256": "y"}}


@pytest.mark.parametrize("content", ["[]", "1", '{"sites": []}', '{"files": {}}', "[" * 100000])
def test_another_content_is_damage(tmp_path, content):
    (tmp_path / "s").write_text(content)
    other = memory(tmp_path / "s")
    assert other.get("files") == {} and "was damaged" in other.problem


@pytest.mark.parametrize("section", ["[]", "1", '"x"', "null"])
def test_a_section_of_another_shape_is_empty(tmp_path, section):
    (tmp_path / "s").write_text(f'{{"sites": {{"{SITE}": {{"files": {section}}}}}}}')
    assert memory(tmp_path / "s").get("files") == {}
    memory(tmp_path / "s").put("files", {"a": 1})
    assert memory(tmp_path / "s").get("files") == {"a": 1}


def test_sites_may_share_a_file(tmp_path):
    other = Memory("https://other.example.org", str(tmp_path / "s"))
    memory(tmp_path / "s").put("files", {"a": 1})
    other.put("files", {"a": 2})
    assert memory(tmp_path / "s").get("files") == {"a": 1} and other.get("files") == {"a": 2} and other.problem is None


@pytest.mark.parametrize("content", ["1", "[]", "null"])
def test_a_site_of_another_shape_is_empty(tmp_path, content):
    (tmp_path / "s").write_text(f'{{"sites": {{"{SITE}": {content}}}}}')
    memory(tmp_path / "s").put("files", {"a": 1})
    assert memory(tmp_path / "s").get("files") == {"a": 1}


def test_check_mode_never_writes(tmp_path):
    with pytest.raises(RuntimeError):
        memory(tmp_path / "s", read_only=True).put("files", {"a": 1})
    assert not (tmp_path / "s").exists()


def test_what_can_not_be_written_is_told_when_asked_for(tmp_path):
    (tmp_path / "file").write_text("")
    lost = memory(tmp_path / "file" / "s")
    with pytest.raises(StateFileError, match="is not a folder. Nothing was sent"):
        lost.check()
    lost.insist()
    lost.put("files", {"a": 1})
    with pytest.raises(StateFileError, match="state_file: .* could not be written: "):
        lost.insist()


def test_a_file_that_may_not_be_read_is_neither_damaged_nor_written_over(tmp_path, monkeypatch):
    path = tmp_path / "s"
    memory(path).put("files", {"a": 1})
    content, plain = path.read_bytes(), open

    def refused(name, *args, **kwargs):
        if str(name) == str(path):
            raise PermissionError(13, "Permission denied", name)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr("builtins.open", refused)
    other = memory(path)
    assert other.get("files") == {} and "cannot be read: Permission denied" in other.problem
    with pytest.raises(StateFileError, match="cannot be read: Permission denied. Nothing was sent"):
        other.check()
    other.put("files", {"b": 2})
    with pytest.raises(StateFileError, match="it cannot be read"):
        other.insist()
    monkeypatch.undo()
    assert path.read_bytes() == content


def test_a_check_leaves_nothing_behind(tmp_path):
    memory(tmp_path / "new" / "folder" / "s").check()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "s").mkdir()
    with pytest.raises(StateFileError, match="cannot be read: Is a directory"):
        memory(tmp_path / "s").check()


def test_marks_can_be_taken_back_and_never_weaken_what_is_known(tmp_path):
    known = memory(tmp_path / "s")
    files = {"a": {"sha256": "1", "state": "kept"}, "b": {"sha256": "2", "state": "consumed"}}
    known.put("files", files)
    before = known.mark_files(None, "maybe_consumed")
    assert {name: entry["state"] for name, entry in known.get("files").items()} == {"a": "maybe_consumed", "b": "consumed"}
    known.put("files", before)
    assert known.get("files") == files
    assert known.mark_files("c", "kept") == {}


def test_parallel_writers_lose_nothing(tmp_path):
    def write(number):
        for step in range(10):
            memory(tmp_path / "s").put("files", {f"{number}-{step}": 1})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads((tmp_path / "s").read_text())["sites"][SITE]["files"]) == 40
    assert sorted(os.listdir(tmp_path)) == ["s", "s.lock"]


def test_sites_have_files_of_their_own():
    paths = {default_path(url) for url in (SITE, SITE + "/a", SITE + "/b", "http://moodle.example.org")}
    assert len(paths) == 4
    assert all(os.path.basename(path).startswith("moodle.example.org-") for path in paths)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("name", ["upload", "config"])
def test_a_file_that_can_not_be_written_is_told_before_anything_is_sent(practice, tmp_path, name, check_mode):
    world = World(practice, tmp_path)
    scenario = SCENARIOS[name]
    scenario.prepare(world)
    (tmp_path / "file").write_text("")
    before = practice.counters()["calls"]
    result = run(scenario.task(), scenario.parameters(world, state_file=str(tmp_path / "file" / "s.json")), check_mode=check_mode)
    assert result["failed"] and result["error"]["option"] == "state_file" and "Nothing was sent" in result["msg"]
    assert practice.counters()["calls"] == before
