# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PHP reads requests, files and dates. What is expected here was seen in PHP 8.2."""
from __future__ import annotations

from datetime import datetime

import pytest

from tests.simulator import php, phptime
from tests.simulator.csvdialect import CsvFile, Hang, Reader
from tests.simulator.php import Upload


@pytest.mark.parametrize(
    "query,expected",
    [
        ("a[b][c]=d&a[b][e]=f", {"a": {"b": {"c": "d", "e": "f"}}}),
        ("a[]=1&a[]=2", {"a": {"0": "1", "1": "2"}}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[][b]=1&a[][b]=2", {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ("a.b=1&c+d=2", {"a_b": "1", "c_d": "2"}),
        ("a[b=1", {"a_b": "1"}),
        ("a[b]=1&a=2", {"a": "2"}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("=x&[x]=1", {}),
        ("a%5Bb%5D=%C3%A9", {"a": {"b": "é"}}),
    ],
)
def test_variables_are_nested_as_in_php(query: str, expected: dict) -> None:
    assert php.variables(php.urlencoded(query.encode()), 1000) == expected


def test_variables_past_the_limit_are_dropped() -> None:
    pairs = [(f"e[{number}][{key}]", "1") for number in range(5) for key in "abc"]
    assert php.variables(pairs, 7) == {
        "e": {"0": {"a": "1", "b": "1", "c": "1"}, "1": {"a": "1", "b": "1", "c": "1"}, "2": {"a": "1"}}
    }


@pytest.mark.parametrize(
    "text,expected",
    [
        ("a <b>x</b> c", "a x c"),
        ("a < b", "a < b"),
        ("a <3 b", "a "),
        ("x <p unclosed", "x "),
        ('<a href="x>y">t</a>', "t"),
        ("a > b", "a > b"),
        ("<<b>>x", "x"),
        ("<!-- a > b --> e", " e"),
        ("<!-- unclosed", ""),
        ("<ol><li>f = x </li></ol>", "f = x "),
        ("&lt;x&gt;", "&lt;x&gt;"),
        ("O'Neil <b", "O'Neil "),
    ],
)
def test_strip_tags(text: str, expected: str) -> None:
    assert php.strip_tags(text) == expected


@pytest.mark.parametrize(
    "content,lengths",
    [
        (b"a\nb\n", [2, 2, 0]),
        (b"a\nb", [2, 1]),
        (b"", [0]),
        (b"a\r\nb\r\n", [3, 3, 0]),
        (b"a\rb\rc", [2, 2, 1]),
        (b"a\nb\rc\r\n", [2, 5, 0]),
        (b"x" * 1023 + b"\n" + b"y", [1023, 1, 1]),
        (b"x" * 1022 + b"\n" + b"y\n", [1023, 2, 0]),
        (b"x" * 1023, [1023, 0]),
        (b"x" * 1022, [1022]),
        (b"x" * 3000 + b"\nq\n", [1023, 1023, 955, 2, 0]),
    ],
)
def test_lines_are_read_as_fgets_and_feof_do(content: bytes, lengths: list[int]) -> None:
    reader = Reader(content)
    got = []
    while not reader.eof:
        got.append(len(reader.fgets()))
    assert got == lengths


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a comment", b"-a\n/b\n(c\n[d\n e\n"])
def test_a_file_without_a_header_never_ends(content: bytes) -> None:
    with pytest.raises(Hang):
        CsvFile(content, "UTF-8").header()


def test_header_after_comments_and_bom() -> None:
    assert CsvFile(b"\xef\xbb\xbfa;b\r\n1;2", "UTF-8").header() == ("a;b", 0)
    assert CsvFile(b"# note\n\na;b\n", "UTF-8").header() == ("a;b", 2)


def test_latin_1_sites_encode_twice() -> None:
    csv = CsvFile("a\né\n".encode(), None)
    csv.header()
    _ignored, line = csv.skipped(csv.read())
    assert line.decode() == "é".encode().decode("latin-1").encode().decode("latin-1")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("2025-09-01", datetime(2025, 9, 1)),
        ("2025-09-01 10:30:15", datetime(2025, 9, 1, 10, 30, 15)),
        ("01-09-2025", datetime(2025, 9, 1)),
        ("09/01/2025", datetime(2025, 9, 1)),
        ("20250901", datetime(2025, 9, 1)),
        ("2025-09-31", datetime(2025, 10, 1)),
    ],
)
def test_dates(text: str, expected: datetime) -> None:
    assert phptime.strtotime(text, 0) == int(expected.timestamp())


def test_numbers_are_no_dates() -> None:
    assert phptime.strtotime("1756684800", 0) == 0
    assert phptime.strtotime("@1756684800", 0) == 1756684800
    assert phptime.strtotime("garbage", 0) == 0


def test_multipart_takes_bytes_as_they_come() -> None:
    body = (
        b'--m\r\nContent-Disposition: form-data; name="token"\r\n\r\nT\r\n'
        b'--m\r\nContent-Disposition: form-data; name="f"; filename="../a/b.csv"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n\r\n"
        b'--m\r\nContent-Disposition: form-data; name="g"; filename=""\r\n\r\n\r\n--m--\r\n'
    )
    fields, files = php.multipart(body, "multipart/form-data; boundary=m", 100)
    assert fields == [("token", "T")]
    assert files == [Upload("f", "b.csv", b"aGVsbG8=\r\n"), Upload("g", "", b"", 4)]


def test_multipart_limits() -> None:
    part = b'--m\r\nContent-Disposition: form-data; name="f"; filename="b.csv"\r\n\r\n12345\r\n--m--\r\n'
    _fields, files = php.multipart(part, 'multipart/form-data; boundary="m"', 4)
    assert files[0].error == 1
    limit = b'--m\r\nContent-Disposition: form-data; name="MAX_FILE_SIZE"\r\n\r\n4\r\n'
    _fields, files = php.multipart(limit + part, "multipart/form-data; boundary=m", 100)
    assert files[0].error == 2


@pytest.mark.parametrize(
    "kind,given,expected",
    [
        ("int", "abc", "0"),
        ("int", "12x", "12"),
        ("file", "a:b|c*.csv", "abc*.csv"),
        ("file", "..", ""),
        ("path", "/in/../x//y", "/in/x/y"),
        ("username", "Anne Marie!", "annemarie"),
        ("alphanum", "ab-12", "ab12"),
    ],
)
def test_cleaning(kind: str, given: str, expected: str) -> None:
    assert php.clean(given, kind) == expected
