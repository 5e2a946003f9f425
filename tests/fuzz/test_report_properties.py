# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the report parser that hold for every text and every file."""

from __future__ import annotations

import io

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import read_rows
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import lines as reportlines
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import outcome as report
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report.services import PARSERS
from hypothesis import given
from hypothesis import strategies as st

PAIRS = list(PARSERS)
PARTS = report.TOLD[1:8]
words = st.sampled_from(["C1", "C2", "U1", "0", "1", "2", "99999999999999", "ada", "a , b", "[x]", "", "{$a->i}", "\u00e9", "\u00b2"])


def known_lines():
    """Lines of the plugin with anything in the place of what varies."""
    tables = [reportlines.SHARED, *reportlines.TABLES.values()]
    texts = [text for table in tables for _class, *texts in table.values() for text in texts or ["[[x]]"]]
    texts += ["# -- *", "Processing add by idnumber:* for idnumber:*", "* , [*], *, *", "General : * : OK", "Roles : * : *"]
    texts += [f"[[{key.split('/')[-1]}]]" for table in tables for key in table]

    def fill(text, fillings):
        for filling in fillings:
            text = text.replace("*", filling, 1)
        return text

    filled = st.builds(fill, st.sampled_from(texts), st.lists(words, min_size=6, max_size=6))
    return st.builds(str.__add__, st.sampled_from(["", "", "", *reportlines.PREFIXES]), filled)


reports = st.lists(st.one_of(known_lines(), st.text(max_size=30)), max_size=25).map("\n".join)
HEADERS = {
    "courses": "shortname;idnumber;category;master;meta\n",
    "users": "username;firstname;lastname;idnumber;deleted\n",
    "enrols": "cid;uid;rolename\n",
    "cohorts": "cidnumber;userid;cdescription\n",
}
files = st.lists(st.lists(words | st.just("-x"), min_size=1, max_size=5).map(";".join), max_size=12)


def rows_of(lines, service, action):
    data = (HEADERS[service] + "\n".join(lines)).encode()
    return list(read_rows(io.BytesIO(data), service, action))


@given(reports, st.sampled_from(PAIRS), files)
def test_every_row_counts_once(text, pair, lines):
    service, action = pair
    rows = rows_of(lines, service, action)
    parsed = report.parse(text, service, action, rows=iter(rows))
    assert parsed.counts["rows"] == len(rows) == sum(parsed.counts[name] for name in PARTS)
    assert all(number >= 0 for number in parsed.counts.values())
    # The fate of each row adds up to the counts.
    fates = [fate for _line, fate in parsed.row_outcomes.items()]
    assert {name: fates.count(name) for name in PARTS} == {name: parsed.counts[name] for name in PARTS}
    assert {line for line, _fate in parsed.row_outcomes.items()} == {row.line for row in rows}


@given(reports, st.sampled_from(PAIRS), files)
def test_failed_rows_are_in_the_failures_and_in_the_tryback(text, pair, lines):
    service, action = pair
    rows = rows_of(lines, service, action)
    parsed = report.parse(text, service, action, rows=rows)
    failed = {line for line, fate in parsed.row_outcomes.items() if fate == "failed"}
    listed = {failure["line"] for failure in parsed.failures}
    assert failed <= listed
    assert parsed.failure_count == len(parsed.failures) >= parsed.counts["failed"]
    target = io.BytesIO()
    written = report.tryback(rows, parsed, target)
    assert written == len({row.line for row in rows} & (failed | listed))
    # Every row written is read again, and nothing else is.
    again = list(read_rows(io.BytesIO(target.getvalue()), service, action))
    assert len(again) == written


@given(reports, st.sampled_from(PAIRS))
def test_without_the_file_the_counts_add_up_too(text, pair):
    parsed = report.parse(text, *pair)
    assert parsed.counts["rows"] == sum(parsed.counts[name] for name in PARTS)
    assert parsed.counts["unreported"] == 0
    assert list(parsed.row_outcomes.items()) == []


@given(st.text(), st.sampled_from(PAIRS))
def test_any_text_is_taken(text, pair):
    parsed = report.parse(text, *pair)
    assert parsed.outcome in ("complete", "aborted", "empty")
    assert (parsed.outcome == "empty") is (not parsed.lines)
    assert parsed.counts["unparsed"] <= len(parsed.lines)


@given(st.text(max_size=60), reports, st.text(max_size=60))
def test_a_report_is_found_in_other_text(before, middle, after):
    whole = f"Starting...1\n{middle}\nend of report"
    found = report.find_report(f"{before}\n{whole}\n{after}")
    assert found is not None
    assert found.startswith(("Starting", "# -- "))
    assert report.find_report(whole) == whole


@given(st.lists(st.text(alphabet="abcdefg", min_size=1, max_size=4), unique=True, max_size=30), st.data())
def test_users_that_are_reported_in_order_are_found(names, data):
    told = [name for name in names if data.draw(st.booleans())]
    rows = rows_of([f"{name};A;L;" for name in names], "users", "sync")
    text = "".join(f"User account added: {number} , {name}  \n" for number, name in enumerate(told))
    parsed = report.parse(text, "users", rows=rows)
    assert {row.values["username"] for row in rows if parsed.row_outcomes.get(row.line) == "created"} == set(told)
