# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with a CSV: what is said of it holds no cell, neither a result nor what Ansible writes to the system's log."""

from __future__ import annotations

import io
import json

from ansible_collections.activeprolearn.toolsync.plugins.module_utils import module
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check
from ansible_collections.activeprolearn.toolsync.plugins.modules import toolsync_upload
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenarios import COHORTS, ENROLS, USERS
from tests.secrets.test_leaks import PERSONAL

COURSES = "shortname;fullname;category;idnumber;lang;teacher1_account;teacher1_role\nZQC1;Zqcourse;1;ZQI1;zqlang;zqteacher;zqrole\n"
FILES = {("users", "sync"): USERS, ("enrols", "sync"): ENROLS, ("cohorts", "sync"): COHORTS, ("courses", "create"): COURSES}
DAMAGES = st.sampled_from(
    "drop line,repeat line,swap lines,drop separator,add separator,quote,comma,swap cells,long,bytes,empty cell".split(",")
)
INTO_HEADER = ("add separator", "quote", "long", "bytes")


def damaged(lines, how, line, cell):
    """The file with one thing wrong; how: one of DAMAGES."""
    lines = list(lines)
    line %= len(lines)
    cells = lines[line].split(b";")
    cell %= len(cells)
    if how == "drop line":
        del lines[line]
        return lines or [b""]
    if how == "repeat line":
        return [*lines, lines[line]]
    if how == "swap lines":
        lines[0], lines[line] = lines[line], lines[0]
        return lines
    if how == "swap cells":
        cells[0], cells[cell] = cells[cell], cells[0]
    elif how == "comma":
        return [one.replace(b";", b",") for one in lines]
    elif how == "drop separator" and cell:
        cells[cell - 1 : cell + 1] = [cells[cell - 1] + cells[cell]]
    else:
        changes = {"add separator": b"zq;zq", "quote": b'"zqquoted"', "long": b"zqlong" * 300, "bytes": b"zq\xff\xe9", "empty cell": b""}
        cells[cell] = changes.get(how, cells[cell])
    lines[line] = b";".join(cells)
    return lines


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(DAMAGES, st.integers(0, 20), st.integers(0, 20)), max_size=4))
def test_no_finding_quotes_a_cell(kind, damages):
    lines = FILES[kind].encode().splitlines()
    for how, line, cell in damages:
        # What stands in the header is named in findings; that is no cell. Rows are told from it, wherever it is by now, by their names.
        if how in INTO_HEADER and not PERSONAL.search(lines[line % len(lines)].decode(errors="replace")):
            continue
        lines = damaged(lines, how, line, cell)
    check = Check(io.BytesIO(b"\n".join(lines)), *kind, separator=";", settings={})
    said = json.dumps([vars(finding) for finding in (*check.errors, *check.destructive, *check.warnings)])
    assert PERSONAL.findall(said) == []
    assert PERSONAL.findall(json.dumps(list(check.columns))) == []


def test_the_system_s_log_gets_no_cell(monkeypatch):
    """AnsibleModule writes the arguments of every start to the log of the host that it runs on."""
    logged = []
    given = {"url": "http://127.0.0.1:9", "token": "zqtoken0zqtoken0", "retries": 0, "dest": "u.csv", "content": USERS, "service": "users"}
    monkeypatch.setattr(module.AnsibleModule, "log", lambda self, text, log_args=None: logged.append(str((text, log_args))))
    monkeypatch.setattr(module.AnsibleModule, "_load_params", lambda self: setattr(self, "params", dict(given)))
    monkeypatch.setattr(module.AnsibleModule, "exit_json", lambda self, **result: None)
    monkeypatch.setattr(module.AnsibleModule, "fail_json", lambda self, **result: None)
    toolsync_upload.main()
    assert logged and "u.csv" in "".join(logged)
    assert PERSONAL.findall("".join(logged)) == []
