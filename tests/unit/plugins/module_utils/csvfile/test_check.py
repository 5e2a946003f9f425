# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a CSV file before it is sent: a table of what each service refuses, and why."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile import check as csvcheck
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.check import Check
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import ACTIONS, read_rows
from bad_files import BAD_FILES, COHORTS, COURSES, CREATE_ALL, ENROLS, NAMES, RESET, USERS


def check(data, service=None, action=None, *, settings=None, **more):
    data = data if isinstance(data, bytes) else data.encode()
    action = action or service and ACTIONS[service][0]
    return Check(io.BytesIO(data), service, action, separator=";", settings=settings or {}, **more)


def codes(findings):
    return [(finding.line, finding.column, finding.code) for finding in findings]


#: White space that Python strips and PHP's trim() leaves.
FOREIGN_BLANKS = ["\u00a0", "\u2003", "\u3000", "\x1c", "\x85"]


@pytest.mark.parametrize("blank", FOREIGN_BLANKS)
class TestWhiteSpaceThatThePluginKeeps:
    def test_at_the_edges_of_a_line_of_users(self, blank):
        rows = f"{blank}ada;Ada;Lovelace;ada@example.org;U1\nbob;Bob;B;bob@example.org;U2\n"
        found = codes(check(USERS + rows, "users").errors)
        assert (2, "username", "bad_username") in found
        header = "username;firstname;lastname;email\n"
        found = codes(check(f"{header}ada;Ada;Lovelace;ada@example.org{blank}\n", "users").errors)
        assert found == [(2, "email", "bad_email")]

    def test_the_check_takes_a_line_as_the_reader_takes_it(self, blank):
        data = f"{blank}C1\nC1\n".encode()
        identifiers = [row.values["identifier"] for row in read_rows(io.BytesIO(data), "courses", "delete")]
        assert identifiers == [f"{blank}C1", "C1"]
        # Two identifiers, not one twice.
        assert "duplicate_value" not in [finding.code for finding in check(data, "courses", "delete").warnings]
        assert "duplicate_value" in [finding.code for finding in check("C1\nC1 \n", "courses", "delete").warnings]


class TestAHeaderThatIsAlmostOne:
    @pytest.mark.parametrize(
        ("header", "words"),
        [
            ('"username";"firstname";"lastname";"email"', "in quotes"),
            ("Username;FirstName;LASTNAME;Email", "small letters"),
            ('"Username";"Firstname";"Lastname"', "small letters"),
            ("ada;Ada;Lovelace;ada@example.org", "does not look like a header"),
        ],
    )
    def test_it_is_told_what_is_wrong_with_it(self, header, words):
        (finding,) = check(f"{header}\na;b;c;d\n", "users").errors
        assert finding.code == "not_a_header" and words in finding.message and "ada" not in finding.message


class TestEveryFile:
    @pytest.mark.parametrize("data", ["", "\n", "\n\n", "# only a comment", "# a\n(b\n", "   \n", "\ufeff", "-x\n"])
    @pytest.mark.parametrize("service", [None, "users", "enrols", "cohorts", "courses"])
    def test_without_a_header_a_file_is_never_sent(self, data, service):
        # The plugin loops for ever on it.
        result = check(data, service)
        assert (None, None, "no_header") in codes(result.errors)

    @pytest.mark.parametrize("data", ["a;b", "a;b\n", "a;b\n\n# x\n"])
    def test_without_a_data_row_a_file_is_never_sent(self, data):
        assert codes(check(data).errors) == [(None, None, "no_rows")]
        assert (None, None, "no_rows") in codes(check(data, "users").errors)

    @pytest.mark.parametrize("action", ["delete", "check"])
    def test_files_without_a_header_need_one_line(self, action):
        assert check("# nobody\n", "courses", action).errors
        result = check("C1\n", "courses", action)
        assert result.errors == []
        assert (result.rows, result.columns[0]) == (1, "identifier")

    def test_a_good_file(self):
        result = check("a;b\n1;2\n3;4\n")
        assert (result.rows, result.columns) == (2, ["a", "b"])
        assert result.warnings == result.errors == result.destructive == []

    @pytest.mark.parametrize("head", [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"])
    def test_archives(self, head):
        assert check(head + b"\0" * 100).errors == []
        assert codes(check(head + b"\0" * 100, "users").errors) == [(None, None, "not_text")]

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (b"a;b\n1;\0\n", (2, None, "nul_byte")),
            (b"a;b\ncaf\xe9;2\n", (2, None, "not_utf8")),
            (b"caf\xe9;b\n1;2\n", (1, None, "not_utf8")),
            (b"a;b\n1;" + b"x" * 1021 + b"\n", (2, None, "line_too_long")),
            (b"a;b\n1;" + "é".encode() * 700 + b"\n", (2, None, "line_too_long")),
            (b"a;" + b"x" * 1100 + b"\n1;2\n", (1, None, "line_too_long")),
        ],
    )
    @pytest.mark.parametrize("service", [None, "cohorts"])
    def test_bytes_that_do_harm(self, data, expected, service):
        assert expected in codes(check(data, service).errors)

    def test_a_cut_line_is_told_once(self):
        result = check(b"username;firstname;lastname\nada;Ada;" + b"x;-" * 2000 + b"\nbob;Bob;B\n", "users")
        assert codes(result.errors) == [(2, None, "line_too_long")]
        assert result.rows == 2

    def test_utf16(self):
        found = codes(check("a;b\n1;2\n".encode("utf-16")).errors)
        assert (1, None, "nul_byte") in found
        assert (1, None, "not_utf8") in found

    def test_a_line_of_just_the_right_length(self):
        assert check(b"a;b\n1;" + b"x" * 1020 + b"\n").errors == []

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ("\ufeffa;b\n1;2\n", "bom"),
            ("a;b\r\n1;2\n", "mixed_line_ends"),
            ("a;b\n# 1;2\n3;4\n", "comment_like_row"),
        ],
    )
    def test_what_is_worth_a_warning(self, data, code):
        result = check(data)
        assert result.errors == []
        assert [finding.code for finding in result.warnings] == [code]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_one_kind_of_line_ends_is_none(self, end):
        assert check(end.join(["a;b", "1;2", "3;4", ""])).warnings == []
        assert check(end.join(["a;b", "1;2", "3;4"])).warnings == []

    def test_the_first_findings_are_listed_and_all_are_counted(self):
        result = check(USERS + ";;;;\n" * 100, "users", limit=7)
        assert len(result.errors) == 7
        assert result.counts["error"] == 300
        assert result.errors[0].line == 2

    def test_a_warning_that_many_rows_get_is_listed_once(self):
        result = check("cid;uid;rolename;cmd;enrol;starttime\n" + "C;u;;del;manual;\n" * 9, "enrols")
        assert codes(result.warnings) == [(2, "cmd", "data_loss")]
        assert result.counts["warning"] == 9


@pytest.mark.parametrize(("service", "action", "settings", "data", "level", "line", "column", "code"), BAD_FILES)
def test_findings(service, action, settings, data, level, line, column, code):
    result = check(data, service, action, settings=settings)
    found = {"error": result.errors, "warning": result.warnings, "destructive": result.destructive}[level]
    assert (line, column, code) in codes(found)


GOOD = [
    ("users", None, {"primaryidentity": "username"}, USERS + "ada;Ada;Lovelace;ada@x.org;U1\nBob;Bob;Martin;;\n"),
    ("users", None, {"primaryidentity": "idnumber"}, USERS + "ada;Ada;Lovelace;;U1\n"),
    ("users", None, {"extendedusernamechars": "1"}, USERS + "zoé d;Zoé;D;;\n"),
    ("users", None, {}, USERS + '  ada;Ada "the" First;O\'Neil;;\n'),
    ("users", None, {}, NAMES + ";address\nada;A;L;1&#44 Main\n"),
    ("users", None, None, NAMES + ";profile_field_x;suspended;country\nada;A;L;y;0;fr\n"),
    ("users", None, None, NAMES + ";course1;group1;role1;enrol1;start1;end1\na;b;c;C;G;student;manual;1;0\n"),
    ("enrols", None, {}, ENROLS + "add;C1;ada;student;manual;2026-09-01 08:00:00\nenable;C1;bob;;manual;\n"),
    ("enrols", None, {}, "cid;uid;rolename;enrol;starttime;gcmd;g1;g9\nC;u;student;;;gaddcreate;A;B\n"),
    ("cohorts", None, {"cohortidentifier": "idnumber", "autocreate": 1}, COHORTS + "add;C;Name;ada\n;C;Name;bob\n"),
    ("cohorts", None, {"cohortidentifier": "name"}, "cname;userid\nA;ada\n"),
    ("courses", "create", {}, COURSES + 'C1;"Name";1\nC2;Name 2;A/B\n'),
    ("courses", "create", {"forceupdate": 1}, CREATE_ALL + "a;b;c;0;;1;1;5;2026-09-01;0;0;0;1;0;0;;;@1788220800;0;0\n"),
    ("courses", "create", {}, COURSES[:-1] + ";topic0;topic52;teacher1_account;teacher1_role\na;b;c;d;e;5;teacher\n"),
    (
        "courses",
        "reset",
        {"fileresetidentifier": "shortname"},
        RESET + "C;yes;1;no;items;student;roles;members;groups;;0;1;\n",
    ),
    ("courses", "bindmetas", {}, "master;meta;cmd\na;b;add\nc;d;\n"),
    ("courses", "check", {}, "C1;Name\nC2\n"),
]


@pytest.mark.parametrize(("service", "action", "settings", "data"), GOOD)
def test_good_files_have_no_findings(service, action, settings, data):
    result = check(data, service, action, settings=settings)
    assert codes(result.errors + result.warnings + result.destructive) == []
    assert result.rows == data.count("\n") - (action != "check")


def test_cells_are_never_quoted():
    secret = "s3cret"
    for service, action, header in (
        ("users", None, NAMES + ";email;country;suspended;start1;course1;deleted;maildisplay\n"),
        ("courses", "create", CREATE_ALL),
        ("enrols", None, "cid;uid;rolename;starttime;enrol;g1\n"),
        ("cohorts", None, "cidnumber;ccatcontext;userid\n"),
        ("courses", "reset", RESET),
        ("courses", "bindmetas", "master;meta\n"),
    ):
        row = ";".join([f'"{secret} é'] * header.count(";")) + f";{secret}\n"
        result = check(header + row + row + row[:-1] + ";x\n" + "-" + row, service, action)
        assert result.counts["error"] > 1
        assert secret not in repr((result.errors, result.warnings, result.destructive))


@pytest.mark.parametrize("first", ["s3cret;s3cret;s3cret x", "s3cret ;weekend@s3cret;s3cret", "s3cret,s3cret,s3cret"])
@pytest.mark.parametrize("service", ["users", "enrols", "cohorts", "courses"])
def test_a_file_without_its_header_does_not_show_its_first_row(first, service):
    result = check(f"{first}\nada;Ada;L\n", service)
    assert result.counts["error"] == 1
    assert "s3cret" not in repr(result)


@pytest.mark.parametrize(("word", "quoted"), [("disable", True), ("remove", False), ("ada", False), ("a@x.org", False)])
def test_only_known_commands_are_quoted(word, quoted):
    (finding,) = check(ENROLS + f"{word};C;u;s;manual;\n", "enrols").errors
    assert (word in finding.message) is quoted


def rows_with_doubles():
    rows = [f"user{number};A;L;;" for number in range(500)]
    rows[450] = rows[7]
    rows[460] = rows[7]
    return USERS + "\n".join(rows)


def test_doubles_are_found_wherever_they_stand():
    result = check(rows_with_doubles(), "users")
    assert codes(result.errors) == [(452, "username", "duplicate_value"), (462, "username", "duplicate_value")]
    assert result.errors[0].message == "has the same username as line 9"
    assert result.warnings == []


def test_doubles_beyond_the_limit_are_not_sought_and_that_is_said(monkeypatch):
    monkeypatch.setattr(csvcheck, "_MOST_COMPARED", 455)
    result = check(rows_with_doubles(), "users")
    assert codes(result.errors) == [(452, "username", "duplicate_value")]
    assert codes(result.warnings) == [(None, None, "doubles_not_sought")]
    assert "up to line 456" in result.warnings[0].message
    monkeypatch.setattr(csvcheck, "_MOST_COMPARED", 500)
    assert check(rows_with_doubles(), "users").warnings == []


def test_nothing_is_said_of_doubles_where_a_value_may_stand_twice(monkeypatch):
    monkeypatch.setattr(csvcheck, "_MOST_COMPARED", 1)
    assert check(ENROLS + "add;C;u;s;manual;2026-09-01 08:00:00\n" * 3, "enrols").warnings == []


def test_of_a_row_little_is_kept():
    class Rows(io.RawIOBase):
        """A file that is made as it is read."""

        def __init__(self, count):
            self.count = count
            self.seek(0)

        def readable(self):
            return True

        seekable = readable

        def seek(self, offset, whence=io.SEEK_SET):
            assert (offset, whence) in ((0, io.SEEK_SET), (0, io.SEEK_CUR)), "it is only read from its beginning"
            if whence == io.SEEK_SET:
                self.made, self.rest = 0, USERS.encode()
            return 0

        def readinto(self, buffer):
            while len(self.rest) < len(buffer) and self.made < self.count:
                self.made += 1
                self.rest += f"user{self.made};Ada;Lovelace;user{self.made}@example.org;U{self.made}\n".encode()
            size = min(len(buffer), len(self.rest))
            buffer[:size], self.rest = self.rest[:size], self.rest[size:]
            return size

    tracemalloc.start()
    result = Check(io.BufferedReader(Rows(60_000)), "users", "sync", separator=";", settings={})
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.errors == []
    assert result.rows == 60_000
    # 36 bytes a row for the line and three hashes, and 40 for putting one column in order.
    assert peak < 60_000 * 80 + (1 << 20), peak
