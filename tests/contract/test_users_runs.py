# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""users / sync: the traps of its files and rows."""
from __future__ import annotations

import pytest

from tests.contract.helpers import HEAD, START, configure, run, table
from tests.simulator.fixture import Practice


def sync(practice: Practice, content: str | bytes, identity: str = "username") -> list[str]:
    """Run a file; the report's lines between its start and its end."""
    configure(practice, "users", primaryidentity=identity)
    return run(practice, "users", "sync", "userimport.csv", content)


def test_rows_that_vanish_without_a_word(practice: Practice) -> None:
    rows = ";A;B;a@x;\n-b;A;B;b@x;\n#c;A;B;c@x;\n0;A;B;d@x;\n(e;A;B;;\n[f;A;B;;\n/g;A;B;;\nh;A;B;h@x;H\n"
    assert sync(practice, HEAD + rows) == [*START, "User account added: 3 , h  ", ""]


def test_a_leading_space_hides_no_users_row(practice: Practice) -> None:
    """Rows are trimmed before the comment rule here, unlike in the other services."""
    assert sync(practice, HEAD + " u;A;B;;\n") == [*START, "User account added: 3 , u  ", ""]


def test_usernames_are_lowered_and_quotes_kept(practice: Practice) -> None:
    sync(practice, HEAD + 'MiXed;"Quoted";O\'Neil;;\n')
    user = table(practice, "user", username="mixed")[0]
    assert (user["firstname"], user["lastname"]) == ('"Quoted"', "O'Neil")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_bom(practice: Practice, end: str) -> None:
    content = "\ufeff" + (HEAD + "é1;Éa;B;;\nb;A;B;;\n").replace("\n", end).replace("é1", "e1")
    assert [line.split(",")[1].strip() for line in sync(practice, content.encode())[2:4]] == ["e1", "b"]
    assert table(practice, "user", username="e1")[0]["firstname"] == "Éa"


def test_a_long_line_becomes_two_rows(practice: Practice) -> None:
    first = "long;" + "x" * (1023 - 5)
    report = sync(practice, f"username;description;firstname;lastname\n{first}second;text;C;D\n")
    # The first half has no names, so the account can be made only from the second.
    assert "User account added" in report[-2] and "second" in report[-2]


def test_a_line_cut_inside_a_character_loses_the_report(practice: Practice) -> None:
    filler = "x" * (1023 - len("u;A;B;;") - 1)
    configure(practice, "users", primaryidentity="username")
    practice.put("userimport.csv", f"{HEAD}u;A;B;;{filler}é;C;D\n")
    answer = practice.call("tool_sync_process", service="users", action="sync")
    assert answer["errorcode"] == "dmlwriteexception"


def test_encoded_separator(practice: Practice) -> None:
    sync(practice, HEAD + "u;A&#44B;C;;\n")
    assert table(practice, "user", username="u")[0]["firstname"] == "A;B"


def test_missing_and_invalid_columns(practice: Practice) -> None:
    assert sync(practice, "username;firstname\nu;A\n")[-1] == '"lastname" is a required field'
    assert sync(practice, "username;firstname;lastname; email\nu;A;B;c\n")[-1] == '" email" is not a valid field name'
    assert "is not a valid" not in sync(practice, "username;firstname;lastname;mycourse\nu;A;B;\n")[-1]


def test_an_empty_name_ends_the_run(practice: Practice) -> None:
    report = sync(practice, HEAD + "a;A;B;;\nb;;B;;\nc;C;C;;\n")
    assert report == [
        *START,
        "User account added: 3 , a  ",
        'Field "firstname" is missing Error on line 3. Field "firstname" is missing',
    ]
    assert not table(practice, "user", username="c")


def test_an_invalid_username_aborts_without_a_report(practice: Practice) -> None:
    configure(practice, "users", primaryidentity="username")
    practice.put("userimport.csv", HEAD + "a;A;B;;\nb c;A;B;;\nd;A;B;;\n")
    answer = practice.call("tool_sync_process", service="users", action="sync")
    assert answer["errorcode"] == "invalidusername"
    assert table(practice, "user", username="a") and not table(practice, "user", username="d")


def test_collisions(practice: Practice) -> None:
    sync(practice, HEAD + "a;A;A;a@x;I1\nb;B;B;b@x;I2\n")
    assert sync(practice, HEAD + "a;A;A;a@x;I9\n", "idnumber")[2:] == [
        "Error : User username collision when creating Required : I9 as ",
        "a , [I9], A, A ",
        "",
    ]
    assert sync(practice, HEAD + "c;A;A;;I1\n", "idnumber")[2:] == [
        "Error : User username collision when updating Required : I1 as ",
        "(3) c , [I1], A, A ",
        "",
    ]
    assert sync(practice, HEAD + "c;C;C;a@x;I3\n")[2:] == [
        "Error : User email collision when creating c , [I3], C, C ",
        "",
    ]
    assert sync(practice, HEAD + "a;A;A;new@x;I1\n")[2:] == [
        "Error : User email collision when updating Required : a as ",
        "(3) , a , [I1], A, A ",
        "",
    ]
    tryback = [file for file in table(practice, "files") if "_tryback_" in file["filename"]]
    assert tryback


def test_deleted_deletes_whatever_it_says_and_creates_when_run_again(practice: Practice) -> None:
    sync(practice, HEAD + "gone;A;B;g@x;I1\n")
    content = "username;firstname;lastname;deleted\ngone;A;B;0\n"
    assert sync(practice, content) == [*START, ""]
    assert table(practice, "user", id=3)[0]["deleted"] == 1
    assert sync(practice, content) == [*START, "User account added: 4 , gone  ", ""]


def test_enrolments_groups_and_cohorts_of_a_row(practice: Practice) -> None:
    content = (
        "username;firstname;lastname;course1;role1;enrol1;group1;cohort;cohortid\n"
        "u;A;B;MATH101;teacher;manual;Groupe A;Team;T1\n"
        "v;A;B;NOPE;student;manual;;;\n"
        "w;A;B;MATH101;student;self;;;\n"
    )
    assert sync(practice, content) == [
        *START,
        "User account added: 3 , u  ",
        "User u enrolled in course MATH101",
        'Added to group "Groupe A"',
        "User account added: 4 , v  ",
        'Unknown course named "NOPE"',
        "User account added: 5 , w  ",
        "No manual enrol. Disabling enrolment activation.",
        f'Role "student" added on context {table(practice, "context", contextlevel=50, instanceid=3)[0]["id"]}',
        "",
    ]
    assert table(practice, "cohort")[0]["idnumber"] == "T1"
    assert table(practice, "groups_members")[0]["userid"] == 3


def test_enrolled_and_not_enrolled_for_a_row_without_a_role(practice: Practice) -> None:
    content = "username;firstname;lastname;course1;enrol1\nu;A;B;MATH101;manual\n"
    assert sync(practice, content)[3:5] == [
        "User u enrolled in course MATH101",
        "User enrol u failure in course MATH101. Enrol and role data in file are not consistant.",
    ]


def test_updates_put_absent_fields_back_to_their_defaults(practice: Practice) -> None:
    sync(practice, "username;firstname;lastname;city;country\nu;A;B;Paris;fr\n")
    assert table(practice, "user", username="u")[0]["country"] == "FR"
    sync(practice, "username;firstname;lastname\nu;A;B\n")
    user = table(practice, "user", username="u")[0]
    assert (user["city"], user["country"]) == ("", "NZ")


def test_simulation_changes_nothing(practice: Practice) -> None:
    practice.configure(plugin={"simulate": 1})
    assert sync(practice, HEAD + "u;A;B;;\nadmin;A;U;;\n")[2:4] == [
        "SIMULATION : User account added:  u  ",
        "SIMULATION : User account changed: A U as [admin] () ",
    ]
    assert len(table(practice, "user")) == 2


def test_files_afterwards(practice: Practice) -> None:
    practice.configure(plugin={"storereport": 1, "filearchive": 1, "filecleanup": 1})
    sync(practice, HEAD + "u;A;B;;\n")
    files = [(file["filepath"], file["filename"].partition("_")[2]) for file in table(practice, "files")]
    assert sorted(files) == [("/archives/", "userimport.csv"), ("/reports/", "report_userimport.csv")]


def test_what_is_printed_stands_before_the_json_where_the_site_does_not_hold_it_back(practice: Practice) -> None:
    practice.configure(plugin={"filecleanup": 1}, noise=True)
    configure(practice, "users", primaryidentity="username")
    practice.put("userimport.csv", HEAD + "u;A;B;;\n")
    with pytest.raises(ValueError):
        practice.call("tool_sync_process", service="users", action="sync")


def test_passwords_are_not_kept(practice: Practice) -> None:
    sync(practice, "username;firstname;lastname;password\nu;A;B;S3cret-word\nv;A;B;\n")
    assert "S3cret-word" not in str(practice.state())
    assert table(practice, "user_preferences")[0]["name"] == "create_password"


def test_a_site_that_was_never_set_up(practice: Practice) -> None:
    practice.reset(seed="empty")
    report = run(practice, "users", "sync", "userimport.csv", HEAD + "cleo;Cléo;D;;C1\n")
    assert "User account added" in report[2]
    assert table(practice, "user", username="cleo")[0]["firstname"] == "ClÃ\x83Â©o"
