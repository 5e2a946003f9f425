# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of dictionaries as the plugin's CSV."""

from __future__ import annotations

import datetime
import io

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.activeprolearn.toolsync.plugins.filter.toolsync_csv import FilterModule, toolsync_csv
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.csvfile.dialect import read_rows

ADA = {"username": "ada", "firstname": "Ada", "lastname": "Lovelace"}


def test_the_filter_is_found_under_its_name():
    assert FilterModule().filters() == {"toolsync_csv": toolsync_csv}


def test_values_are_written_as_the_plugin_reads_them():
    rows = [{"a": True, "b": None, "c": 15}, {"a": False, "d": datetime.date(2026, 9, 1), "c": " x "}]
    assert toolsync_csv(rows) == "a;b;c;d\n1;;15;\n0;;x;2026-09-01\n"


def test_columns_and_separator():
    assert toolsync_csv([ADA], columns=["lastname", "username", "firstname"], separator=",") == (
        "lastname,username,firstname\nLovelace,ada,Ada\n"
    )


def test_a_separator_in_a_value_of_users_is_encoded():
    assert toolsync_csv([{**ADA, "lastname": "L;M"}], service="users").endswith("ada;Ada;L&#44M\n")


def test_another_column_comes_first_where_the_first_would_make_a_comment():
    assert toolsync_csv([{"shortname": "[2026] C", "fullname": "C"}], service="courses") == "fullname;shortname\nC;[2026] C\n"


def test_files_without_a_header():
    assert toolsync_csv([{"shortname": "C1"}, {"shortname": "C2"}], service="courses", action="delete") == "C1\nC2\n"


def test_the_service_as_the_web_page_spells_it():
    assert toolsync_csv([{"cmd": "add", "uid": "ada"}], service="enols") == "cmd;uid\nadd;ada\n"


def test_what_is_written_is_read_back():
    rows = [{**ADA, "lastname": "Łukasiewicz"}, {**ADA, "username": "bob", "firstname": "B, o; b"}]
    read = read_rows(io.BytesIO(toolsync_csv(rows, service="users").encode()), "users", "sync")
    assert [row.values for row in read] == rows


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        ("a", {}, "its input must be a list, and is str"),
        (ADA, {}, "its input must be a list, and is dict"),
        ([], {}, "there are no rows"),
        ([{}], {}, "there are no columns"),
        ([ADA, "ada"], {}, "row 2 must be a dictionary, and is str"),
        ([{"a": {"b": "secret"}}], {}, "row 1, column a must be a text"),
        ([{"a": "secret;x"}], {}, "row 1, column a has the separator in it"),
        ([{"a": "secret\nx"}], {"service": "users"}, "row 1, column a has a line break"),
        ([{"a": "-secret"}], {}, "row 1, column a starts with one of"),
        ([{"a": "secret" * 200}], {}, "row 1 (its longest column is a) is longer than the 1023 bytes"),
        ([{"a": '"secret"'}], {"service": "courses"}, "row 1, column a starts or ends with a quote"),
        ([ADA], {"columns": ["username"]}, "row 1 has a value for a column that columns does not name"),
        ([ADA], {"columns": "username"}, "columns must be a list of names"),
        ([ADA], {"columns": [1]}, "columns must be a list of names"),
        ([ADA], {"separator": "\t"}, "separator must be ; or ,"),
        ([ADA], {"service": "groups"}, "service must be one of courses, users, enrols, cohorts"),
        ([ADA], {"service": ["users"]}, "service must be one of"),
        ([ADA], {"service": "users", "action": "create"}, "action must be one of those of the service: sync"),
        ([ADA], {"action": "sync"}, "action must be one of those of the service: none without service"),
    ],
)
def test_what_cannot_be_written_is_named_without_its_value(rows, options, says):
    with pytest.raises(AnsibleFilterError) as caught:
        toolsync_csv(rows, **options)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_value_of_an_inline_vault_is_its_text():
    """As ansible-core 2.16 to 2.18 hand it to a filter."""

    class Encrypted:
        __ENCRYPTED__ = True

        def __str__(self):
            return "Sesame-1"

    assert toolsync_csv([{"username": "ada", "password": Encrypted()}], service="users") == "username;password\nada;Sesame-1\n"
