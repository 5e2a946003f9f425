# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of a CSV that was given as text or rows: nobody else reads it, and it goes with the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import source as csvsource
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import SOURCE_SPEC, Source

DEFAULTS = {name: spec.get("default") for name, spec in SOURCE_SPEC.items()}
GIVEN = {
    "content": ({"content": "a;b\n1;2\n"}, b"a;b\n1;2\n"),
    "rows": ({"rows": [{"a": 1, "b": "2"}]}, b"a;b\n1;2\n"),
    "another separator": ({"content": "a,b\n1,2\n", "separator": ",", "site_separator": ";"}, b"a;b\n1;2\n"),
}


LINUX = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="open files have no paths here")


@pytest.fixture(params=[pytest.param(True, marks=LINUX), False], ids=["/proc", "no /proc"])
def folder(request, tmp_path, monkeypatch):
    """The folder for temporary files, on a system with or without paths of open files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if not request.param:
        exists = os.path.exists
        monkeypatch.setattr(csvsource.os.path, "exists", lambda path: not str(path).startswith("/proc") and exists(path))
    return tmp_path


@pytest.mark.parametrize(("options", "data"), GIVEN.values(), ids=GIVEN)
def test_it_can_be_read_again_and_again_and_by_nobody_else(folder, options, data):
    source = Source({**DEFAULTS, **options}, None, None)
    for _again in range(2):
        with open(source.path, "rb") as one, open(source.path, "rb") as other:
            assert one.read() == other.read() == data
    assert os.path.getsize(source.path) == len(data)
    assert os.stat(source.path).st_mode & 0o777 == 0o600
    source.close()
    assert os.listdir(folder) == []
    assert not os.path.exists(source.path)


@LINUX
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("options", [options for options, _data in GIVEN.values()], ids=list(GIVEN))
def test_nothing_is_left_of_it_whatever_ends_the_process(tmp_path, options, end):
    params = {**DEFAULTS, **options}
    program = (
        # A process that a shell started in the background ignores interrupts, and so do its children.
        f"import signal, sys, time; sys.path[:0] = {sys.path!r}; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.source import Source\n"
        f"source = Source({params!r}, None, None)\nprint(open(source.path).read(), flush=True)\ntime.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert child.stdout.readline() == b"a;b\n"
    child.send_signal(end)
    child.communicate()
    assert child.returncode != 0 and os.listdir(tmp_path) == []


def test_a_folder_for_temporary_files_that_is_full(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(errors.SourceFileError, match="temporary files: No space left on device.*TMPDIR"):
        Source({**DEFAULTS, "content": "a\n1\n"}, None, None)


def test_a_text_that_is_none():
    with pytest.raises(errors.CsvRefused, match="UTF-8 can't hold"):
        Source({**DEFAULTS, "content": "a\n\ud800\n"}, None, None)
