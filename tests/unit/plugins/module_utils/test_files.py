# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the collection's own files are written, in folders where others may lay something in the way."""

from __future__ import annotations

import contextlib
import os
import stat

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import files


def write(path, text=b"new", mode=0o600):
    with files.replacing(str(path), mode) as stream:
        stream.write(text)


def mode_of(path):
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_the_mode_is_the_one_asked_for_whatever_was_there(tmp_path, mode):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o666)
    write(path, mode=mode)
    assert path.read_bytes() == b"new" and mode_of(path) == mode


@pytest.mark.parametrize("name", ["file", ".file.new"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_symlink_is_replaced_and_not_followed(tmp_path, name, is_there):
    victim = tmp_path / "victim"
    if is_there:
        victim.write_text("precious")
    (tmp_path / name).symlink_to(victim)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new" and not (tmp_path / "file").is_symlink()
    assert victim.exists() == is_there and (not is_there or victim.read_text() == "precious")


def test_what_another_lays_at_the_last_moment_is_not_written_to(tmp_path, monkeypatch):
    unlink = os.unlink

    def relaid(path):
        with contextlib.suppress(FileNotFoundError):
            unlink(path)
        with open(path, "w") as stream:
            stream.write("laid")

    monkeypatch.setattr(os, "unlink", relaid)
    with pytest.raises(FileExistsError):
        write(tmp_path / "file")
    assert (tmp_path / ".file.new").read_text() == "laid" and not (tmp_path / "file").exists()


def test_a_write_that_breaks_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), files.replacing(str(path)) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


def test_it_is_on_the_disk_before_it_has_its_name_and_then_its_name_too(tmp_path, monkeypatch):
    path = tmp_path / "file"
    seen = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        about = os.fstat(descriptor)
        seen.append(("folder" if stat.S_ISDIR(about.st_mode) else "file", about.st_size, about.st_ino))
        fsync(descriptor)

    def replaced(old, new):
        seen.append("named")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write(path, b"content")
    assert seen[0] == ("file", 7, path.stat().st_ino)
    assert seen[1] == "named"
    assert seen[2][0] == "folder" and seen[2][2] == tmp_path.stat().st_ino


def test_a_guard_is_not_made_through_a_symlink(tmp_path):
    (tmp_path / "guard").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="guard is a symbolic link"), files.alone(str(tmp_path / "guard")):
        pass
    assert not (tmp_path / "victim").exists()


def test_what_stands_in_the_way(tmp_path):
    (tmp_path / "plain").write_text("")
    (tmp_path / "link").symlink_to("/nonexistent/x")
    os.mkfifo(tmp_path / "fifo")
    for free in ("plain", "link", "other"):
        assert files.obstacle(str(tmp_path / free)) is None
    assert files.obstacle("name") is None
    assert "is a folder" in files.obstacle(str(tmp_path))
    assert "not a regular file" in files.obstacle(str(tmp_path / "fifo"))
    assert "not a regular file" in files.obstacle("/dev/null")
    assert f"no folder {tmp_path}/a" in files.obstacle(str(tmp_path / "a" / "b"))
    assert files.obstacle(str(tmp_path / "a" / "b" / "c"), makes_folder=True) is None
    assert "is not a folder" in files.obstacle(str(tmp_path / "plain" / "b"), makes_folder=True)
    assert "not a folder" in files.obstacle(str(tmp_path / "plain" / "b" / "c"), makes_folder=True)


def test_a_folder_that_may_not_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    assert f"may not write to {tmp_path}" in files.obstacle(str(tmp_path / "x"))
    assert f"may not write to {tmp_path}" in files.obstacle(str(tmp_path / "new" / "x"), makes_folder=True)
