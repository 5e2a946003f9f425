# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the CSV library that hold for every input, not only for those that somebody thought of."""

from __future__ import annotations

import io
import re

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import ACTIONS, read_rows
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.file import normalise, render
from hypothesis import given
from hypothesis import strategies as st

PAIRS = [(service, action) for service, actions in ACTIONS.items() for action in actions]
#: No service, and the first action of each.
KINDS = [(None, None), *((service, actions[0]) for service, actions in ACTIONS.items())]
PHP_BLANKS = " \t\n\r\0\x0b"
texts = st.text(max_size=40)
awkward = st.text(alphabet=' ;,"#-([/0a\u00e9\n\r\t\0&4', max_size=12)
cells = st.one_of(texts, awkward, st.none(), st.booleans(), st.integers(), st.lists(texts, max_size=1))
names = st.text(alphabet="abcdefgh_", min_size=1, max_size=8)
separators = st.sampled_from([";", ","])
tables = st.lists(st.dictionaries(names, cells, min_size=1, max_size=6), min_size=1, max_size=8)


def as_read(value):
    """What the plugin reads of a value that was rendered."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return str(value).strip(PHP_BLANKS)


class Plugin:
    """The plugin's reading, written down a second time and as plainly as possible, for files of LF lines."""

    def __init__(self, data, separator, *, trims_line=False, strips_quotes=False, code=False):
        lines = []
        for line in re.findall(rb"[^\n]*\n|[^\n]+$", data):
            lines += [line[start : start + 1023] for start in range(0, len(line), 1023)]
        lines = [line.decode("utf-8", "surrogateescape").replace("\n", "").replace("\r", "") for line in lines]
        header, self.rows = None, []
        for line in lines:
            if header is not None and trims_line:
                line = line.strip(PHP_BLANKS)
            if not line or line[0] in "([-#/ ":
                continue
            cells = line.split(separator)
            if header is None:
                header = cells
                continue
            cells = [cell.strip(PHP_BLANKS) for cell in cells]
            if strips_quotes:
                cells = [re.sub(r'"\Z', "", re.sub(r'\A"', "", cell)) for cell in cells]
            if code:
                cells = [cell.replace("&#44", separator) for cell in cells]
            row = dict(zip(header, cells))
            if not code or row[header[0]] not in ("", "0"):
                self.rows.append(row)


@given(tables, separators, st.sampled_from(KINDS))
def test_what_is_rendered_is_read_again(rows, separator, kind):
    try:
        data = render(rows, separator=separator, service=kind[0], action=kind[1])
    except ValueError:
        return
    read = list(read_rows(io.BytesIO(data), *kind, separator=separator))
    assert len(read) == len(rows)
    for row, found in zip(rows, read):
        assert found.skipped is None
        assert {name: as_read(value) for name, value in row.items()}.items() <= found.values.items()
        assert set("".join(found.values[name] for name in found.values if name not in row)) == set()


@given(tables, separators, st.sampled_from(KINDS))
def test_what_cannot_be_rendered_is_told_without_its_content(rows, separator, kind):
    secret = "x7s3cret"
    rows = [{name: f"{secret}{value}" if isinstance(value, str) else value for name, value in row.items()} for row in rows]
    try:
        render(rows, separator=separator, service=kind[0], action=kind[1])
    except ValueError as error:
        assert secret not in str(error)


@given(tables, separators)
def test_rendered_files_pass_the_check_that_holds_for_all(rows, separator):
    try:
        data = render(rows, separator=separator, service=None, action=None)
    except ValueError:
        return
    result = Check(io.BytesIO(data), None, None, separator=separator, settings={})
    assert result.errors == [] and result.destructive == []
    assert result.rows == len(rows)


lines_of_bytes = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.text(alphabet=' ;"#-([/0a\u00e9', max_size=20).map(str.encode),
        st.integers(1000, 2100).map(lambda size: b"y;" * (size // 2)),
    ),
    max_size=8,
).map(b"\n".join)


@given(lines_of_bytes, separators)
@pytest.mark.parametrize(
    ("service", "action", "how"),
    [
        ("enrols", "sync", {}),
        ("users", "sync", {"trims_line": True, "code": True}),
        ("courses", "reset", {"strips_quotes": True}),
        ("cohorts", "sync", {}),
    ],
)
def test_files_are_read_as_the_plugin_reads_them(service, action, how, data, separator):
    # Other line ends and the byte order mark have their own tests.
    data = data.replace(b"\r", b"").replace(b"\xef\xbb\xbf", b"")
    expected = Plugin(data, separator, **how).rows
    found = [row for row in read_rows(io.BytesIO(data), service, action, separator=separator) if not row.skipped]
    trimmed = [{name.strip(PHP_BLANKS): value for name, value in row.items()} for row in expected]
    assert [row.values for row in found] in (expected, trimmed)


@given(st.binary(max_size=400) | lines_of_bytes, st.sampled_from([(None, None), *PAIRS]))
def test_the_check_takes_any_bytes(data, pair):
    result = Check(io.BytesIO(data), *pair, separator=";", settings={})
    archive = data.startswith((b"PK\x03", b"PK\x05", b"\x1f\x8b"))
    # A file that would hang the server never passes.
    lines = list(read_rows(io.BytesIO(data), *pair))
    if not result.errors and not result.destructive and not archive:
        assert lines
        assert result.columns
    assert result.counts["error"] >= len(result.errors)


@given(st.binary(max_size=400) | lines_of_bytes, st.sampled_from([(None, None), *PAIRS]))
def test_rows_come_in_order(data, pair):
    rows = list(read_rows(io.BytesIO(data), *pair))
    assert [row.number for row in rows] == sorted({row.number for row in rows})
    assert [row.line for row in rows] == sorted(row.line for row in rows)


@given(st.binary(max_size=300) | lines_of_bytes, st.sampled_from(["utf-8", "latin-1", "utf-16-le", "cp1252"]))
def test_normalising_gives_the_same_text_or_says_why_not(data, encoding):
    target = io.BytesIO()
    try:
        normalise(io.BytesIO(data), target, separator=";", encoding=encoding, site_separator=";")
    except ValueError as error:
        with pytest.raises(UnicodeError):
            data.decode(encoding)
        assert "encoding" in str(error)
        return
    if data.startswith((b"PK\x03", b"PK\x05", b"\x1f\x8b")):
        assert target.getvalue() == data
    else:
        text = data.decode(encoding)
        assert target.getvalue() == (text[1:] if text.startswith("\ufeff") else text).encode()


@given(st.lists(st.lists(st.text(alphabet='a"\u00e9 ,', max_size=8), min_size=2, max_size=4), min_size=1, max_size=6))
def test_quoted_files_are_separated_anew(table):
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table)
    target = io.BytesIO()
    normalise(io.BytesIO(quoted.encode()), target, separator=",", encoding="utf-8", site_separator=";")
    assert target.getvalue().decode() == "".join(";".join(row) + "\n" for row in table)
