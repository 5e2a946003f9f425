# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge itself: it notices a lie, takes no doubt for one, and a job is made small without losing what is wrong."""

from __future__ import annotations

import pytest

from . import jobs, trial
from .hidden import hidden
from .play import judge
from .shrink import shrunk
from .test_cases import job, people

RECORDS = {"users": people("ann", "ben"), "cohorts": [{"name": "One", "idnumber": "C1", "members": ["ann"]}]}
LINES = ["userid;cidnumber", "ann;C1", "ben;C1"]


def told(monkeypatch, **lies):
    """Let every task say something else than it would."""
    honest = trial.run

    def run(task, params, **how):
        result = honest(task, params, **how)
        if "counts" in result:
            result.update({name: lie(result[name]) for name, lie in lies.items()})
        return result

    monkeypatch.setattr(trial, "run", run)


def verdict(grounds, **more):
    return judge(grounds("4.1"), job("judged", "4.1", "cohorts", RECORDS, LINES, **more))


LIES = {
    "changed is false": {"changed": lambda changed: False},
    "changed is true": {"changed": lambda changed: True},
    "rows that change": {"counts": lambda counts: {**counts, "updated": counts["updated"] + 1, "unchanged": counts["unchanged"] - 1}},
    "counts that are not the sum of their parts": {"counts": lambda counts: {**counts, "rows": 99}},
    "rows deleted": {"counts": lambda counts: {**counts, "updated": 0, "deleted": counts["deleted"] + counts["updated"]}},
    "a row is called unchanged": {"rows": lambda rows: [{**row, "outcome": "unchanged"} for row in rows]},
    "rows are called unchanged": {"rows": lambda rows: rows[1:]},
}


@pytest.mark.parametrize("wrong", LIES)
def test_a_lie_is_noticed(grounds, monkeypatch, wrong):
    told(monkeypatch, changed_is_certain=lambda certain: True, **LIES[wrong])
    assert wrong in {what for _step, what in verdict(grounds).kinds}


def test_what_is_not_certain_must_not_be_called_unchanged(grounds, monkeypatch):
    told(monkeypatch, changed_is_certain=lambda certain: False, changed=lambda changed: False)
    assert "uncertain, and changed is false" in {what for _step, what in verdict(grounds).kinds}


@pytest.mark.parametrize("wrong", [name for name in LIES if name not in ("counts that are not the sum of their parts", "changed is false")])
def test_what_is_not_certain_is_no_lie(grounds, monkeypatch, wrong):
    told(monkeypatch, changed_is_certain=lambda certain: False, **LIES[wrong])
    assert verdict(grounds).wrong == []


def test_check_mode_that_writes_is_noticed(grounds, monkeypatch):
    honest = trial.run
    monkeypatch.setattr(trial, "run", lambda task, params, check_mode=False: honest(task, params))
    assert "check mode wrote" in {what for _step, what in verdict(grounds).kinds}


def test_a_failing_job_is_made_small(grounds, monkeypatch):
    told(monkeypatch, changed=lambda changed: False, changed_is_certain=lambda certain: True)
    small = shrunk(grounds("4.1"), verdict(grounds, sent_again=False))
    assert len(small.job.lines) == 2
    assert small.job.sent_again and len(small.job.records["users"]) == 1
    assert judge(grounds("4.1"), jobs.Job.load(small.job.dump())).kinds == small.kinds


def test_a_seed_makes_the_same_job_again():
    made = [jobs.make("7", kind, "5.1") for kind in jobs.KINDS]
    assert [jobs.make("7", kind, "5.1") for kind in jobs.KINDS] == made
    assert [jobs.Job.load(one.dump()) for one in made] == made


USERS = [
    {"username": "ann", "email": "ann@x.org", "idnumber": "A"},
    {"username": "ben", "email": "ben@x.org", "idnumber": "A"},
    {"username": "cy.1700000000", "email": "", "idnumber": "", "deleted": 1},
]
INSIDE = [{"user": "ann", "course": "MATH101", "role": "student"}, {"user": "ben", "course": "MATH101", "role": "student", "status": 1}]
HEAD = "cmd;uid;cid;rolename;enrol"


@pytest.mark.parametrize(
    ("lines", "user", "why"),
    [
        ([HEAD, "add;ann;MATH101;student;manual", "del;ann;TPL;student;manual"], "username", ""),
        ([HEAD, "del;ann;MATH101;student;manual", "add;ben;MATH101;teacher;"], "username", ""),
        (["uid;cid;rolename", "ann;MATH101;student"], "username", "roles without"),
        ([HEAD, "add;ann;MATH101;student;self"], "username", "roles without"),
        ([HEAD, "del;ben;MATH101;student;manual"], "username", "by which method"),
        ([HEAD, "add;ann;MATH101;pupil;manual"], "username", "a role that nobody holds"),
        ([HEAD, "add;ann;MATH101;student;manual", "add;ann;MATH101;student;manual"], "username", "a start of now"),
        ([HEAD + ";starttime", "add;ann;MATH101;student;manual;2024-09-01 08:00:00"], "username", "the column starttime"),
        ([HEAD, "add;A;MATH101;student;manual"], "idnumber", "two accounts"),
        ([HEAD, "add;99999;MATH101;student;manual"], "id", "a deleted account"),
        ([HEAD, "add;cy.1700000000;MATH101;student;manual"], "username", "accounts that are deleted"),
    ],
)
def test_what_no_web_service_shows_is_known(lines, user, why):
    records = {"users": USERS, "courses": [{"shortname": "MATH101"}, {"shortname": "TPL"}], "enrolments": INSIDE}
    one = job("hidden", "4.1", "enrols", records, lines)
    one.settings = {**one.settings, "useridentifier": user}
    assert why in hidden(one) and bool(hidden(one)) is bool(why)
