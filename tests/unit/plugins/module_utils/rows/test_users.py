# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of users."""

from __future__ import annotations

import pytest

HEAD = "username;firstname;lastname;email;idnumber;institution;department;city;country;lang;timezone\n"
#: The practice Moodle's own defaults, as the plugin writes them.
REST = ";;;NZ;en;Europe/London"


def row(name, first="A", last="B", email=None, idnumber="", rest=REST):
    return f"{name};{first};{last};{email or name + '@example.com'};{idnumber};{rest}\n"


def test_new_same_and_changed(school, job):
    content = HEAD + row("ada", "Ada", "X", idnumber="Uada") + row("eve", idnumber="U9")
    foretold, done, tables = job.both("users", content)
    assert foretold.counts == done.counts == {"created": 1, "updated": 1} and "user" in tables
    assert foretold.certain and done.certain
    foretold, done, tables = job.both("users", content)
    assert foretold.counts == done.counts == {"unchanged": 2} and not tables
    assert foretold.certain and done.certain and not done.changed and not foretold.changed
    foretold, done, tables = job.both("users", content.replace("ada;Ada;X", "ada;Ada;Y"))
    assert foretold.counts == done.counts == {"updated": 1, "unchanged": 1} and tables == {"user"} and foretold.certain


def test_somebody_elses_email_in_moodle_and_in_the_file(school, job):
    head = "username;firstname;lastname;email\n"
    content = head + "t1;A;B;ada@example.com\nbob;P;J;t5@example.com\nt5;J;L;t5@example.com\n"
    content = content.replace("bob;P;J;t5", "bob;P;J;ada")
    foretold, done, tables = job.both("users", content, check=False)
    assert foretold.counts == done.counts == {"failed": 2, "created": 1} and tables == {"user"}
    assert foretold.certain and done.certain
    assert foretold.rows[2][1].startswith("email: belongs to another username") and str(school.ids["ada"]) in foretold.rows[2][1]


def test_an_email_that_an_earlier_row_takes(school, job):
    content = "username;firstname;lastname;email\nt1;A;B;new@example.com\nt2;A;B;new@example.com\n"
    job.put("users", "username;firstname;lastname;email\nt1;A;B;new@example.com\n")
    job.path.write_text(content)
    foretold = job.foretold()
    assert foretold.counts == {"created": 1, "failed": 1} and foretold.certain


@pytest.mark.parametrize(
    ("identity", "line", "outcome"),
    [
        ("idnumber", row("new", idnumber="Uada"), "fail"),
        ("idnumber", row("ada", idnumber="U77"), "fail"),
        ("email", row("ada", email="else@example.com"), "fail"),
        ("email", row("new", email="ada@example.com"), "fail"),
        ("username", row("ada", email="else@example.com", idnumber="Uada"), "fail"),
        ("idnumber", row("new", idnumber="U77"), "create"),
        ("email", row("ada", email="ada@example.com", idnumber="other"), "update"),
    ],
)
def test_the_key_decides_what_collides(school, job, identity, line, outcome):
    foretold, done, _tables = job.both("users", HEAD + line, primaryidentity=identity)
    assert foretold.rows[2][0] == done.rows[2][0] == outcome
    assert foretold.certain and done.certain


@pytest.mark.parametrize("turn", [1, -1])
def test_what_can_t_be_seen_is_told_in_the_order_of_the_columns(school, job, turn):
    """The name of a plan is made of it: with another order in every process, none that was approved could be run."""
    job.both("users", HEAD + row("ada", "Ada", "X", idnumber="Uada"))
    unseen = ["trackforums", "autosubscribe", "password", "maildisplay", "description"][::turn]
    job.path.write_text(f"{HEAD.strip()};{';'.join(unseen)}\n{row('ada', 'Ada', 'X', idnumber='Uada').strip()};1;1;1;1;1\n")
    _outcome, because, *_rest = job.foretold().rows[2]
    assert because == f"{unseen[0]}: what is there can't be seen"


def test_the_site_s_defaults_are_not_known_until_a_run_has_shown_them(school, job):
    content = "username;firstname;lastname;email;idnumber\nnew;A;B;new@example.com;N1\n"
    foretold, done, _tables = job.both("users", content)
    assert foretold.certain and done.certain and done.counts == {"created": 1}
    foretold, done, tables = job.both("users", content)
    assert foretold.certain and foretold.counts == done.counts == {"unchanged": 1} and done.certain and not tables


def test_what_the_site_s_defaults_do_is_seen_by_one_look(school, practice, job):
    content = "username;firstname;lastname;email;idnumber\nnew;A;B;new@example.com;N1\nmore;A;B;more@example.com;N2\n"
    job.both("users", content)
    practice.configure(core={"country": "FR"})
    before = practice.counters()["calls"]["core_user_get_users_by_field"]
    foretold, done, tables = job.both("users", content)
    assert done.counts == {"updated": 2} and done.changed and done.certain and tables == {"user"}
    assert foretold.counts == {"unchanged": 2}, "it was another one when it was last seen"
    assert practice.counters()["calls"]["core_user_get_users_by_field"] - before < 8


def test_an_account_without_a_country_gets_the_site_s(school, job):
    foretold, done, tables = job.both("users", "username;firstname;lastname;email;idnumber\nada;Ada;X;ada@example.com;Uada\n")
    assert foretold.counts == done.counts == {"updated": 1} and tables == {"user"} and foretold.certain and done.certain


def test_a_password_can_not_be_seen(school, job):
    content = HEAD.strip() + ";password\n" + row("new").strip() + ";Secret-1\n"
    job.both("users", content)
    foretold, done, _tables = job.both("users", content)
    assert not foretold.certain and not done.certain


def test_deletions(school, job):
    content = "username;firstname;lastname;email;deleted\nada;Ada;X;ada@example.com;1\nadmin;A;U;admin@example.com;1\n"
    foretold, done, tables = job.both("users", content)
    assert foretold.counts == done.counts == {"deleted": 1, "unchanged": 1} and "user" in tables
    assert foretold.certain and done.certain
    foretold, done, tables = job.both("users", content)
    assert "makes one that is deleted" in foretold.rows[2][1] and not foretold.certain


def test_cohorts_that_come_with_accounts(school, job):
    content = HEAD.strip() + ";cohort\n" + row("new", idnumber="N1").strip() + ";Choir\n"
    foretold, done, tables = job.both("users", content)
    assert {"cohort", "cohort_members"} <= tables and foretold.certain and done.certain
    foretold, done, tables = job.both("users", content.replace(";Choir", ";Band"))
    assert foretold.counts == done.counts == {"updated": 1} and "cohort_members" in tables and done.certain


@pytest.mark.parametrize("role", ["student", "norole"])
def test_a_run_that_a_later_row_ends_has_enrolled_whom_the_rows_before_it_name(school, practice, job, role):
    """What became of their enrolments is not in their accounts."""
    practice.configure(plugin={"courses_primaryidentity": "shortname"})
    head = HEAD.rstrip("\n") + ";course1;role1;enrol1\n"
    lines = [row(name, name.title(), name[0].upper(), idnumber=f"U{name}").rstrip("\n") for name in ("ada", "bob")]
    job.put("users", head + f"{lines[0]};;;\n{lines[1]};;;\n")
    job.run()
    job.path.write_text(f"{head}{lines[0]};TPL;{role};manual\n{lines[1]};TPL;norole;\n", encoding="utf-8")
    job.put("users", job.path.read_text(encoding="utf-8"), check=False)
    before = job.database()["user_enrolments"]
    result = job.task(settings={"courses_primaryidentity": "shortname"})
    assert result["failed"] and result["changed"] and result["outcome"] == "aborted"
    assert len(job.database()["user_enrolments"]) == len(before) + 1
    assert not result["changed_is_certain"] and result["counts"]["not_done"] == result["counts"]["skipped"] == 0
    assert "plan the file again" in result["msg"] and "send: differing" in result["msg"]


def test_an_unknown_course_fails_though_the_account_is_made(school, job):
    content = HEAD.strip() + ";course1;role1;enrol1;start1\n" + row("new", idnumber="N1").strip() + ";NOPE;student;manual;1725177600\n"
    foretold, done, tables = job.both("users", content)
    assert foretold.counts == done.counts == {"failed": 1} and tables == {"user"} and foretold.changed and done.changed


def test_an_empty_name_ends_the_run(school, job):
    job.put("users", HEAD + row("new"))
    job.path.write_text(HEAD + row("new") + row("other", first=""))
    result = job.task()
    assert result["failed"] and "Line 3 would end the run" in result["msg"] and not result["changed"]


@pytest.mark.parametrize("column", ["maildisplay", "password"])
def test_what_nobody_shows_does_not_hide_what_can_be_seen(school, practice, job, column):
    """The plugin sets the time zone to the site's, as the file has no such column."""
    rows = [row(name, idnumber=f"U{name}").rstrip("\n") for name in ("ada", "bob")]
    job.put("users", HEAD.rstrip("\n") + f";{column}\n{rows[0]};1\n{rows[1]};1\n")
    job.run()
    practice.configure(core={"timezone": "Europe/Paris"})
    head = HEAD.rstrip("\n").replace(";timezone", f";{column}\n")
    job.put("users", head + "".join(line.replace(";Europe/London", ";1\n") for line in rows))
    done = job.run()
    assert {row["timezone"] for row in practice.state()["user"] if row["username"] in ("ada", "bob")} == {"Europe/Paris"}
    assert done.changed and done.counts == {"updated": 2}
