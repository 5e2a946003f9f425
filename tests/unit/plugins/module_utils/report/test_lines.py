# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the plugin's reports: every string of it, in both languages, filled and unfilled."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import lines as reportlines

STRINGS = Path(__file__).parents[6] / "shared/contract/report_strings.json"
PLACEHOLDER = re.compile(r"\{\$[ae][^}]*\}")
SERVICES = tuple(reportlines.TABLES)
#: Of tools of the plugin that no web service starts.
NEVER_REPORTED = ("groups", "userpictures")
# The French texts of these two are the same.
SAME = {"userupdatemailcollision": "usercreatemailcollision"}
FILLINGS = ("7", "Ada Lovelace (U1)", "élève [x] {y}", "", "a in course b : c")


def classify(line, service):
    """(key, class, captures) of a line as the report of a service holds it; None for one that is not known."""
    return reportlines.index_for(service).match(reportlines.tidy(reportlines.without_prefix(line)[0]))


def strings():
    if not STRINGS.exists():
        return []
    return [entry for entry in json.loads(STRINGS.read_text()) if entry["section"].split(" ")[0] not in NEVER_REPORTED]


@pytest.mark.skipif(not STRINGS.exists(), reason="the plugin's strings are not beside the repository")
@pytest.mark.parametrize("entry", strings(), ids=lambda entry: f"{entry['section']}: {entry['key']}")
def test_every_string_of_the_plugin(entry):
    service = entry["section"].split(" ")[0]
    texts = [text for text in (entry["en"], entry["fr"]) if text] or [f"[[{entry['key']}]]"]
    for text in texts:
        lines = [text, text.rstrip(), f" {text} ", *(f"{prefix}{text}" for prefix in reportlines.PREFIXES)]
        lines += [PLACEHOLDER.sub(lambda _match, value=value: value, text) for value in FILLINGS]
        for line in lines:
            if line.strip() in ("", ":"):
                continue
            found = {name: classify(line, name) for name in SERVICES}
            if service in SERVICES:
                assert found[service][0] in (entry["key"], SAME.get(entry["key"])), line
            else:
                assert None not in found.values(), line
            # Wherever a line of this text turns up, it means the same.
            assert {told[1] for told in found.values() if told} == {entry["class"]}, line


@pytest.mark.parametrize(
    ("line", "service", "expected"),
    [
        ("User ada (U1) enrolled in course C1", "enrols", ("enrolled", "ok", ["ada (U1)", "C1"])),
        ("User lea (3) added to group {$a->mygroup}", "enrols", ("addedtogroup", "ok", ["lea (3)", "{$a->mygroup}"])),
        ("[[allenrolsupdated]]", "enrols", ("allenrolsupdated", "updated", [""])),
        ("[[allenrolsupdated]] rest", "enrols", ("allenrolsupdated", "updated", [""])),
        ("Course [MATH101] {M101} Math 101 already exists.", "courses", ("courseexists", "ok", ["MATH101", "M101", "Math 101"])),
        ("Course NOPE does not exist in this Moodle. \\n", "courses", ("coursenotfound", "skipped", ["NOPE"])),
        ("Course [A] deleted.", "courses", ("coursedeleted", "deleted", ["[A]"])),
        ("Starting...16", "courses", ("starting", "info", ["16"])),
        ("Global group gadd/gaddcreate exception on line 7", "enrols", ("groupexception", "failed", ["gadd/gaddcreate", "7"])),
        ("[Error] role tutor unkown.", "courses", ("unknownrole", "failed", ["tutor"])),
        ("[Error] role  unkown.", "courses", ("norole", "info", [])),
    ],
)
def test_what_stands_for_the_placeholders(line, service, expected):
    assert classify(line, service) == expected


@pytest.mark.parametrize("line", ["", " ", "[[nosuchkey]]", "[[", "Course", "User", "end of report!", "SIMULATION : ", "\\n"])
def test_lines_of_no_known_kind(line):
    assert [classify(line, service) for service in SERVICES] == [None] * len(SERVICES)


def test_a_pattern_takes_time_in_proportion_to_the_line():
    line = "Error at line " + "1 : x : " * 200_000
    assert classify(line, "enrols") is None
    assert classify(line, "courses") is None


@pytest.mark.parametrize(
    ("line", "text", "simulated"),
    [("SIMULATION : x", "x", True), ("SIMULATION: x", "x", True), ("SIMULATE: x", "x", True), ("SIMULATION x", "SIMULATION x", False)],
)
def test_prefixes_of_simulated_runs(line, text, simulated):
    assert reportlines.without_prefix(line) == (text, simulated)
