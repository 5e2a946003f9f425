# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading, rendering and re-encoding of CSV files by the plugin's rules (what they are: plugin release 4.1.0)."""

from __future__ import annotations

import datetime
import io

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import file as csvfile
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import ACTIONS, read_rows


def read(data, service=None, action=None, separator=";"):
    data = data if isinstance(data, bytes) else data.encode()
    return list(read_rows(io.BytesIO(data), service, action or service and ACTIONS[service][0], separator=separator))


def values(data, service=None, action=None, separator=";"):
    return [row.values for row in read(data, service, action, separator)]


def render(rows, columns=None, service=None, action=None):
    action = action or service and ACTIONS[service][0]
    return csvfile.render(rows, columns, separator=";", service=service, action=action).decode()


class TestReading:
    def test_header_and_rows(self):
        rows = read("username;firstname\nada;Ada\nbob;Bob\n", "users")
        assert [(row.line, row.values) for row in rows] == [
            (2, {"username": "ada", "firstname": "Ada"}),
            (3, {"username": "bob", "firstname": "Bob"}),
        ]
        assert rows[0].columns == ["username", "firstname"]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends(self, end):
        rows = read(end.join(["a;b", "1;2", "3;4"]))
        assert [(row.line, row.values) for row in rows] == [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]

    def test_a_lone_cr_in_a_file_of_lf_is_taken_out(self):
        assert values("a;b\n1;x\ry\n") == [{"a": "1", "b": "xy"}]

    def test_cr_lines_are_found_across_pieces(self):
        text = "a;b\r" + "1;2\r" * 40_000
        rows = read(text)
        assert len(rows) == 40_000
        assert rows[-1].line == 40_001

    def test_the_byte_order_mark_is_removed(self):
        assert values(b"\xef\xbb\xbfa;b\n1;2\n") == [{"a": "1", "b": "2"}]

    def test_a_file_of_nothing_but_a_byte_order_mark(self):
        assert read(b"\xef\xbb\xbf") == []

    def test_blank_lines_and_comments_are_no_rows_but_count_as_lines(self):
        rows = read("# first\n\na;b\n\n# between\n1;2\n   \n3;4\n")
        assert [(row.line, row.number) for row in rows] == [(6, 4), (8, 6)]

    @pytest.mark.parametrize("start", list("([-#/ "))
    def test_lines_that_start_like_a_comment_are_no_header(self, start):
        assert values(f"{start}x;y\na;b\n1;2\n") == [{"a": "1", "b": "2"}]

    @pytest.mark.parametrize("start", list("([-/ "))
    def test_a_data_row_that_starts_like_a_comment_is_marked(self, start):
        (row,) = read(f"a;b\n{start}1;2\n", "enrols")
        assert row.skipped == "dropped"
        assert row.values["b"] == "2"

    def test_in_users_files_lines_are_trimmed_before_the_comment_rule(self):
        rows = read("username;firstname\n  ada;Ada\n  -x;X\n", "users")
        assert [(row.values["username"], row.skipped) for row in rows] == [("ada", None), ("-x", "dropped")]

    @pytest.mark.parametrize("first", ["", "0"])
    def test_in_users_files_a_row_with_an_empty_first_column_is_marked(self, first):
        (row,) = read(f"username;firstname\n{first};Ada\n", "users")
        assert row.skipped == "empty_first"

    def test_quotes_are_data(self):
        assert values('username;firstname\nada;"Ada"\n', "users") == [{"username": "ada", "firstname": '"Ada"'}]

    @pytest.mark.parametrize("action", ["create", "reset"])
    def test_courses_lose_one_quote_at_each_end(self, action):
        rows = values('shortname;fullname\n"C1";""Name""\n', "courses", action)
        assert rows == [{"shortname": "C1", "fullname": '"Name"'}]

    def test_only_users_files_have_a_code_for_the_separator(self):
        text = "username;cid\nada;a&#44b\n"
        assert values(text, "users")[0]["cid"] == "a;b"
        assert values(text, "enrols")[0]["cid"] == "a&#44b"

    @pytest.mark.parametrize(
        ("service", "action", "trimmed"),
        [
            ("courses", "create", True),
            ("courses", "bindmetas", True),
            ("enrols", None, True),
            ("courses", "reset", False),
            ("users", None, False),
            ("cohorts", None, False),
        ],
    )
    def test_where_header_names_are_trimmed(self, service, action, trimmed):
        (row,) = values("one; two\n1;2\n", service, action)
        assert list(row) == ["one", "two" if trimmed else " two"]

    def test_values_are_trimmed_but_for_bindmetas(self):
        assert values("a;b\n1 ; 2\n", "enrols") == [{"a": "1", "b": "2"}]
        assert values("a;b\n1 ; 2\n", "courses", "bindmetas") == [{"a": "1 ", "b": " 2"}]

    def test_missing_and_surplus_values(self):
        assert values("a;b\n1\n1;2;3\n") == [{"a": "1"}, {"a": "1", "b": "2"}]

    def test_of_doubled_columns_the_last_wins(self):
        assert values("a;a\n1;2\n") == [{"a": "2"}]

    def test_files_without_a_header(self):
        assert values("C1\n\n# no\nC;2\n", "courses", "delete") == [{"identifier": "C1"}, {"identifier": "C;2"}]
        assert values("C1;Name\nC2\n", "courses", "check") == [
            {"identifier": "C1", "description": "Name"},
            {"identifier": "C2"},
        ]

    @pytest.mark.parametrize(("length", "pieces"), [(1022, 1), (1023, 1), (1024, 2), (3000, 3)])
    def test_a_long_line_is_cut(self, length, pieces):
        # 1,023 bytes with the line end are read at once; a line end alone is a blank line.
        rows = read(b"a;b\n" + b"x" * length + b"\n1;2\n")
        cut = [row for row in rows if row.line == 2]
        assert len(cut) == pieces
        assert [row.part for row in cut] == ([0] if length == 1022 else list(range(1, pieces + 1)))
        assert "".join(row.text for row in cut) == "x" * length
        assert (rows[-1].line, rows[-1].number) == (3, -(-(length + 1) // 1023) + 2)

    def test_an_endless_line_is_cut_in_the_same_places_however_it_is_read(self):
        rows = read(b"a\n" + b"y" * 200_000)
        assert {len(row.text) for row in rows[:-1]} == {1023}
        assert sum(len(row.text) for row in rows) == 200_000
        assert {row.line for row in rows} == {2}

    def test_rows_are_read_as_they_are_asked_for(self):
        class Stream(io.BytesIO):
            reads = 0

            def readline(self, *args):
                self.reads += 1
                return super().readline(*args)

        stream = Stream(b"a;b\n" + b"1;2\n" * 1000)
        next(read_rows(stream, None, None))
        assert stream.reads < 10

    def test_bytes_that_are_no_utf8_survive(self):
        (row,) = read(b"a;b\ncaf\xe9;2\n")
        assert row.text.encode("utf-8", "surrogateescape") == b"caf\xe9;2"


class TestRendering:
    def test_order_of_first_appearance(self):
        assert render([{"a": "1"}, {"b": "2", "a": "3"}]) == "a;b\n1;\n3;2\n"

    def test_columns_give_the_order(self):
        assert render([{"a": "1", "b": "2"}], ["b", "a", "c"]) == "b;a;c\n2;1;\n"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (True, "1"),
            (False, "0"),
            (None, ""),
            (12, "12"),
            ("2026.10", "2026.10"),
            ("  x ", "x"),
            ("\u00a0x\u3000", "\u00a0x\u3000"),
            (datetime.date(2026, 9, 1), "2026-09-01"),
            (datetime.datetime(2026, 9, 1, 8, 30), "2026-09-01 08:30:00"),
        ],
    )
    def test_values(self, value, text):
        assert render([{"a": "x", "b": value}]) == f"a;b\nx;{text}\n"

    def test_another_column_comes_first_when_a_row_would_be_a_comment(self):
        rows = [{"shortname": "[2026] Intro", "fullname": "Intro"}, {"shortname": "B", "fullname": "(B)"}]
        with pytest.raises(ValueError, match="row 1, column shortname starts with one of"):
            render(rows, service="courses")
        rows[1]["fullname"] = "B"
        assert render(rows, service="courses") == "fullname;shortname\nIntro;[2026] Intro\nB;B\n"

    def test_a_given_order_is_kept_or_refused(self):
        with pytest.raises(ValueError, match="row 1, column b starts with one of"):
            render([{"a": "1", "b": "-1"}], ["b", "a"])

    def test_users_never_start_with_an_empty_column(self):
        rows = [{"email": "", "username": "ada"}]
        assert render(rows, service="users") == "username;email\nada;\n"
        with pytest.raises(ValueError, match="row 1, column email is the first one"):
            render(rows, ["email", "username"], service="users")

    def test_users_can_carry_the_separator(self):
        text = render([{"username": "ada", "address": "1; Main St"}], service="users")
        assert text == "username;address\nada;1&#44 Main St\n"
        assert values(text, "users")[0]["address"] == "1; Main St"

    @pytest.mark.parametrize("action", ["delete", "check"])
    def test_files_without_a_header(self, action):
        assert render([{"identifier": "C1"}, {"identifier": "C2"}], service="courses", action=action) == "C1\nC2\n"

    @pytest.mark.parametrize(
        ("rows", "columns", "service", "message"),
        [
            ([], None, None, "there are no rows"),
            ([{}], None, None, "there are no columns"),
            ([{"a": "1"}, {"a": "secret;x"}], None, "enrols", "row 2, column a has the separator"),
            ([{"a": "secret\nx"}], None, None, "row 1, column a has a line break"),
            ([{"a": "secret\rx"}], None, None, "row 1, column a has a line break"),
            ([{"a": "secret\0x"}], None, None, "row 1, column a has a NUL"),
            ([{"a": "secret&#44x"}], None, "users", "row 1, column a has the code"),
            ([{"a": '"secret"'}], None, "courses", "row 1, column a starts or ends with a quote"),
            ([{"a": ["secret"]}], None, None, "row 1, column a must be a text"),
            ([{"a": {"b": "secret"}}], None, None, "row 1, column a must be a text"),
            ([{"a": b"secret"}], None, None, "row 1, column a must be a text"),
            ([{"a": float("nan")}], None, None, "row 1, column a is a number with a point"),
            ([{"a": 2026.10}], None, None, "row 1, column a is a number with a point or an exponent"),
            ([{"a": 2.026e16}], None, None, "put it in quotes"),
            ([{"a": "secret\ud800"}], None, None, "UTF-8"),
            ([{"a": "1", "b": "secret" * 200}], None, None, r"row 1 \(its longest column is b\) is longer than"),
            ([{"a": "1"}, {"a": None}], None, None, "row 2 is empty"),
            ([{"a": "1", "secret": "2"}], ["a"], None, "row 1 has a value for a column that columns does not name"),
            ([{"a": "1"}], ["a", "a"], None, "more than once"),
            ([{"a;b": "1"}], None, None, "a column name has the separator"),
            ([{"-a": "1"}], None, None, "first column's name starts like a comment"),
            ([{" a": "1"}], None, None, "every column needs a name"),
            ([{"": "1"}], None, None, "every column needs a name"),
            ([{1: "1"}], None, None, "every column needs a name"),
        ],
    )
    def test_what_the_dialect_cannot_carry(self, rows, columns, service, message):
        with pytest.raises(ValueError, match=message) as caught:
            render(rows, columns, service=service)
        assert "secret" not in str(caught.value)

    def test_the_longest_line_that_fits(self):
        assert len(render([{"a": "x" * 1022}]).splitlines()[1]) == 1022
        with pytest.raises(ValueError, match="longer than the 1023 bytes"):
            render([{"a": "x" * 1023}])
        with pytest.raises(ValueError, match="longer than the 1023 bytes"):
            render([{"a": "é" * 512}])


def normalise(data, *, separator=";", encoding="utf-8", site_separator=";"):
    target = io.BytesIO()
    csvfile.normalise(io.BytesIO(data), target, separator=separator, encoding=encoding, site_separator=site_separator)
    return target.getvalue()


class TestNormalising:
    @pytest.mark.parametrize("data", [b"", b"a", b"a;b\r\n1;2", "é;ü\n".encode(), b"a;b\n" * 50_000, "é".encode() * 70_001])
    def test_with_nothing_to_do_the_bytes_are_the_same(self, data):
        assert normalise(data) == data
        assert normalise(data, separator=",", site_separator=",") == data

    @pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig"])
    def test_the_byte_order_mark_goes(self, encoding):
        assert normalise(b"\xef\xbb\xbfa;b\n", encoding=encoding) == b"a;b\n"

    @pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "utf-16", "utf-16-le", "mac-roman"])
    def test_other_encodings(self, encoding):
        text = "prénom;nom\n" + "Zoé;Ünal\n" * 20_000
        assert normalise(text.encode(encoding), encoding=encoding) == text.encode()

    def test_a_byte_order_mark_of_another_encoding_goes_too(self):
        assert normalise("\ufeffa;b\n".encode("utf-16-le"), encoding="utf-16-le") == b"a;b\n"

    def test_utf16_without_its_mark_has_no_byte_order(self):
        with pytest.raises(ValueError, match="the file is not utf-16"):
            normalise("a;b\n".encode("utf-16-le"), encoding="utf-16")

    def test_plain_ascii_stays_as_it_is(self):
        assert normalise(b"a;b\n", encoding="iso-8859-1") == b"a;b\n"

    @pytest.mark.parametrize("before", [0, 30_000])
    def test_a_bad_byte_is_told_by_its_line(self, before):
        data = b"a;b\n" + b"1;2\n" * before + "Zoé;".encode() + b"caf\xe9\n"
        with pytest.raises(ValueError, match=f"line {before + 2} is not utf-8.*option encoding") as caught:
            normalise(data)
        assert "caf" not in str(caught.value)

    def test_a_character_cut_by_the_end_of_the_file(self):
        with pytest.raises(ValueError, match="line 2 is not utf-8"):
            normalise("a\nZoé".encode()[:-1])

    @pytest.mark.parametrize("encoding", ["no-such", "base64", "rot13", "hex"])
    def test_unknown_encodings(self, encoding):
        with pytest.raises(ValueError, match="encoding"):
            normalise(b"a", encoding=encoding)

    @pytest.mark.parametrize("head", [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"])
    def test_archives_are_passed_on(self, head):
        data = head + bytes(range(256)) * 400
        assert normalise(data, separator=",", site_separator=";") == data

    def test_another_separator(self):
        data = b'a,b\r\n"1",2 2\r\n# a comment, "as it is\n3,"say ""hi"""\n\n'
        expected = b'a;b\n1;2 2\n# a comment, "as it is\n3;say "hi"\n\n'
        assert normalise(data, separator=",", site_separator=";") == expected

    def test_a_last_line_without_an_end(self):
        assert normalise(b"a,b\n1,2", separator=",", site_separator=";") == b"a;b\n1;2\n"

    def test_lines_longer_than_a_chunk_and_many_chunks(self):
        data = b"a,b\n" + b"x" * 100_000 + b",2\n" + b"1,2\n" * 60_000
        assert normalise(data, separator=",", site_separator=";") == data.replace(b",", b";")

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b'a,b\n1,"x;y"\n', "line 2, column b has the site's separator"),
            (b'a,b\n1,2\n"x\ny",3\n', "line 3, column a has a line break"),
            (b'a,b\n1,"x\n# y"\n', "line 2, column b has a line break"),
            (b'a,b\n1,2,"x;y"\n', "line 2, column 3 has the site's separator"),
            (b'a,a b\n1,"x;y"\n', "line 2, column 2 has the site's separator"),
            (b'a,"b\n', "line 1, column 2 has a line break"),
            (b"a,b\n" + b"x" * 140_000 + b",1\n", "line 2 can't be read as CSV"),
            (b"a,b\n" + b"x" * 1_000_000, "line 2 can't be read as CSV"),
            (b"a,b\n1,caf\xe9\n", "line 2 is not utf-8"),
        ],
    )
    def test_what_cannot_be_separated_anew(self, data, message):
        with pytest.raises(ValueError, match=message):
            normalise(data, separator=",", site_separator=";")
