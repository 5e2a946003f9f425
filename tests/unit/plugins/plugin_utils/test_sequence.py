# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bookkeeping of the role sync: steps, needs, results and how they are told."""

from __future__ import annotations

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import report, sequence
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.words import WORDS

EN, FR = WORDS["en"], WORDS["fr"]
OPTIONS = {
    "sync_course_identifier": "shortname",
    "sync_user_identifier": "username",
    "sync_cohort_identifier": "idnumber",
    "sync_cohort_autocreate": True,
    "sync_on_failures": "continue",
    "sync_exact": False,
    "sync_language": "en",
}


def steps(*given, found=(), **options):
    return sequence.steps_of({**OPTIONS, **options, "sync_steps": list(given)}, found)


def result(name="users", state="done", outcome="complete", certain=True, failures=(), on_failures="continue", **counts):
    about = {"name": name, "kind": "users", "action": "sync", "src": f"/srv/{name}.csv", "on_failures": on_failures}
    made = sequence.not_started(sequence.begun(about))
    made["counts"].update(rows=sum(counts.values()), **counts)
    return {**made, "state": state, "outcome": outcome, "changed_is_certain": certain, "failures": list(failures)}


def test_steps_are_named_by_what_they_are_and_never_alike():
    made, problems = steps(
        {"service": "users", "src": "a.csv"},
        {"service": "users", "src": "b.csv"},
        {"service": "courses", "action": "create", "src": "c.csv"},
        {"name": "teachers", "enrol": [{"user": "ada"}]},
        {"service": "enols", "src": "d.csv"},
    )
    assert problems == []
    assert [step["name"] for step in made] == ["users", "users 2", "courses create", "teachers", "enrols"]
    assert [step["kind"] for step in made] == ["users", "users", "courses", "enrol", "enrols"]


def test_records_are_found_as_the_role_says_unless_a_step_says_otherwise():
    made, _problems = steps(
        {"service": "users", "src": "a.csv"},
        {"service": "enrols", "src": "b.csv", "config": {"useridentifier": "email"}},
        {"service": "cohorts", "src": "c.csv"},
        {"service": "courses", "action": "delete", "src": "d.csv"},
        sync_user_identifier="idnumber",
    )
    assert made[0]["config"] == {"primaryidentity": "idnumber"}
    assert made[1]["config"] == {"courseidentifier": "shortname", "useridentifier": "email"}
    assert made[2]["config"] == {"cohortidentifier": "idnumber", "useridentifier": "idnumber", "autocreate": "1"}
    assert made[3]["config"] == {"filedeleteidentifier": "shortname"}


def test_all_that_is_wrong_with_steps_is_told_at_once():
    made, problems = steps(
        {"service": "users", "src": "a.csv", "deploy": []},
        {"name": "nothing"},
        {"service": "users"},
        {"service": "users", "src": ""},
        {"service": "users", "rows": [{}]},
        {"service": "courses", "src": "c.csv"},
        {"service": "enrols", "src": "e.csv", "config": {"courseidentifier": "shortnam", "useridentifer": "email"}, "needs": ["cohort"]},
        {"enrol": [{"user": "ada"}], "src": "a.csv", "config": {}},
        {"name": "last", "service": "users", "src": "a.csv", "needs": ["usres", "nothing"]},
    )
    told = "\n".join(problems)
    assert len(problems) == 11
    assert [step["name"] for step in made if not step["problems"]] == []
    assert made[-3]["config"] == {"useridentifier": "username"} and "src" not in made[0]
    for part in (
        "this one has service, deploy",
        "nothing: a step has one of",
        "users: a step with service has one of src",
        "users 4: src is empty",
        "enrol: a step with enrol has no config, src.",
        "give dest",
        "action is missing for courses",
        "enrols: courseidentifier of enrols must be one of",
        "enrols: enrols has no setting useridentifer",
        "enrols: needs names cohort, which is no step before it",
        "last: needs names usres, which is no step before it",
    ):
        assert part in told


def test_a_file_that_is_on_the_server_needs_no_source():
    made, problems = steps({"service": "users", "src": None})
    assert problems == [] and made[0]["src"] is None


def test_the_files_of_a_folder_come_in_the_order_in_which_one_needs_the_other():
    found = ["/x/courses.csv", "/x/users.csv", "/x/enrols.csv"]
    made, problems = sequence.steps_of({**OPTIONS, "sync_csv_dir": "/x"}, found)
    assert problems == []
    assert [(step["kind"], step["src"]) for step in made] == [("courses", found[0]), ("users", found[1]), ("enrols", found[2])]
    assert "(/y holds none of them)" in sequence.steps_of({**OPTIONS, "sync_csv_dir": "/y"}, [])[1][0]


def test_only_a_step_that_did_not_run_blocks_those_that_need_it():
    bad_rows, lost = result("users", created=1, failed=2), result("cohorts", state="failed", outcome="unknown")
    assert sequence.blocked_by({}, [bad_rows]) == ""
    assert sequence.blocked_by({}, [bad_rows, lost]) == "It needs cohorts."
    assert sequence.blocked_by({"needs": ["users"]}, [bad_rows, lost]) == ""
    assert sequence.blocked_by({"needs": ["cohorts"]}, [bad_rows, lost]) == "It needs cohorts."


def test_a_step_that_stops_for_its_failed_rows_stops_all_that_follow():
    bad = result("users", on_failures="stop", created=1, failed=2)
    assert sequence.blocked_by({"needs": []}, [bad]) == "Rows of users failed, and on_failures is stop."
    assert sequence.blocked_by({}, [result("users", on_failures="stop", created=1)]) == ""


@pytest.mark.parametrize(("policy", "bad"), [("continue", True), ("stop", True), ("warn", False)])
def test_failed_rows_fail_the_role_unless_their_step_shall_only_warn(policy, bad):
    assert bool(sequence.why([result(created=1), result("enrols", on_failures=policy, created=1, failed=1)], EN)) is bad
    assert sequence.why([result(state="failed", on_failures=policy)], EN)
    assert not sequence.why([result(created=1)], EN)


def test_what_a_check_fails_with_does_not_say_that_anything_was_done():
    told = sequence.why([result("users", outcome="predicted", created=1, failed=1)], EN, check_mode=True)
    assert told == "users: 1 of 2 rows would fail. Check mode: nothing was written."


def test_why_names_each_bad_step_and_its_reason():
    lost = {**result("enrols", state="failed", outcome="unknown"), "message": "No answer came."}
    blocked = {**result("groups", state="not started"), "message": "It needs enrols."}
    told = sequence.why([result("users", created=1, failed=1), result("cohorts", on_failures="warn", failed=1), lost, blocked], EN)
    assert "users: 1 of 2 rows failed." in told
    assert "enrols: failed: No answer came." in told
    assert "groups: not started: It needs enrols." in told
    assert "cohorts" not in told


@pytest.mark.parametrize(
    ("results", "problems", "status"),
    [
        ([result(created=1)], [], "done"),
        ([result(created=1), result(failed=1, on_failures="warn")], [], "rows_failed"),
        ([result(failed=1), result(state="failed")], [], "failed"),
        ([result(state="not started")], ["No."], "refused"),
    ],
)
def test_the_status_in_one_word(results, problems, status):
    assert sequence.status_of(results, problems) == status


def test_what_a_list_came_to():
    answer = {
        "changed": True,
        "changed_is_certain": True,
        "counts": {"created": 1, "added": 2, "removed": 1, "deleted": 0, "unchanged": 3, "failed": 1},
        "failures": [{"course": "MATH101", "group": "A", "user": "nobody", "reason": "no such user"}],
    }
    told = sequence.of_list("groups", answer, False)
    assert told["counts"] == {**sequence.no_counts(), "rows": 8, "created": 3, "deleted": 1, "unchanged": 3, "failed": 1}
    assert told["failures"] == [{"line": None, "key": "nobody / A / MATH101", "reason": "no such user"}]
    added = sequence.of_list("groups", {**answer, "added": [{"course": "MATH101", "group": "A", "user": "ada"}], "unchanged": [{}]}, True)
    assert added["rows"] == [{"line": None, "key": "ada / A / MATH101", "outcome": "added", "because": ""}]
    assert told["records_changed"] and told["outcome"] == "complete"
    assert told["rows"] == []
    line = sequence.line_of({**result("groups"), "kind": "groups", "file": "", **told}, EN)
    assert line == "groups: 8 groups and members: 1 group created, 2 members added, 1 member removed, 3 unchanged, 1 failed"
    line = sequence.line_of({**result("groups"), "kind": "groups", "file": "", **told}, FR)
    assert line == "groups : 8 groupes et membres : 1 groupe créé, 2 membres ajoutés, 1 membre retiré, 3 inchangés, 1 en erreur"


@pytest.mark.parametrize("answer", [{}, {"changed": False, "rc": -9}, {"failed": True, "msg": "killed"}])
def test_a_deployment_without_evidence_is_a_failure(answer):
    told = sequence.of_deployments([answer, {"created": True, "changed": True, "confirmed": True}], ["A", "B"], False)
    assert told["counts"]["failed"] == 1 and told["counts"]["created"] == 1
    assert [row["key"] for row in told["rows"]] == ["B"]
    assert told["failures"][0]["key"] == "A" and told["failures"][0]["reason"]
    assert (told["state"], told["outcome"], told["records_changed"], told["changed_is_certain"]) == ("failed", "unknown", True, False)


def test_what_differs_of_a_course_that_is_there_is_told():
    differs = {"fullname": {"current": "Law", "wanted": "Law 2026"}}
    there = {"created": False, "updated": False, "changed": False, "confirmed": True, "differences": differs}
    told = sequence.of_deployments([there], ["LAW"], False)
    assert told["counts"]["unchanged"] == 1 and told["message"] == "LAW: fullname is Law, not Law 2026."
    told = sequence.of_deployments([{**there, "updated": True, "changed": True}], ["LAW"], True)
    assert told["counts"]["updated"] == 1 and told["message"] == "LAW: fullname is Law, becomes Law 2026."


def test_a_deployment_that_was_refused_is_a_row_that_failed():
    refused = {"failed": True, "msg": "category is empty. Correct the option; nothing was sent.", "error": {"kind": "option"}}
    told = sequence.of_deployments([refused], ["A"], False)
    assert (told["state"], told["outcome"], told["records_changed"]) == ("done", "complete", False)
    assert told["failures"] == [{"line": None, "key": "A", "reason": "category is empty. Correct the option."}]


@pytest.mark.parametrize("answer", [{}, {"failed": True, "msg": "MODULE FAILURE"}])
def test_a_list_without_evidence_may_have_changed_something(answer):
    told = sequence.of_list("enrol", answer, False)
    assert (told["state"], told["outcome"], told["records_changed"], told["changed_is_certain"]) == ("failed", "unknown", True, False)
    refused = sequence.of_list("enrol", {"failed": True, "msg": "No.", "error": {"kind": "option"}}, False)
    assert (refused["state"], refused["outcome"], refused["records_changed"]) == ("failed", "option", False)


def test_check_mode_does_not_call_failed_what_an_earlier_step_would_make():
    failures = [
        {"line": 3, "key": "x", "reason": "uid: there is no such user"},
        {"line": 4, "key": "y", "reason": "email: belongs to another username"},
        {"line": None, "key": "z", "reason": "user z does not exist"},
    ]
    seen = sequence.not_seen_yet(result(outcome="predicted", created=1, failed=3, failures=failures), sequence.MISSING)
    assert seen["counts"]["unreported"] == 2 and seen["counts"]["failed"] == 1
    assert [failure["line"] for failure in seen["failures"]] == [4] and seen["changed_is_certain"] is False
    assert [(row["key"], row["outcome"]) for row in seen["rows"]] == [("z", "unknown"), ("x", "unknown")]
    surely = result(outcome="predicted", failed=1, failures=failures[1:2])
    assert sequence.not_seen_yet(surely, sequence.MISSING) == surely


def test_what_no_earlier_step_makes_is_foretold_as_failed():
    reasons = ["category: there is none of this id", "cid: there is no such course", "g1: there is no such group"]
    failures = [{"line": line, "key": "x", "reason": reason} for line, reason in enumerate(reasons, 2)]
    predicted = result(outcome="predicted", failed=3, failures=failures)
    assert [failure["line"] for failure in sequence.not_seen_yet(predicted, sequence.MISSING)["failures"]] == [2]
    # Where accounts and courses were foreseen, groups and cohorts were not.
    assert [failure["line"] for failure in sequence.not_seen_yet(predicted, sequence.UNFORESEEN)["failures"]] == [2, 3]


def row(line, outcome, because="", fields=()):
    return {"line": line, "key": f"u{line}", "outcome": outcome, "changes": outcome == "update", "because": because, "fields": fields}


def plan(*rows, certain=True, files=(), changed=True, **counts):
    counts = {"rows": sum(counts.values()), **counts}
    told = {"plan_id": "1", "rows": list(rows), "counts": counts, "certain": certain, "uncertain": []}
    return {**told, "changed": changed, "files": list(files)}


@pytest.mark.parametrize(
    ("planned", "send", "sends"),
    [
        (plan(unchanged=3), "all", False),
        (plan(unchanged=3, certain=False), "all", True),
        (plan(unchanged=3, updated=1), "all", True),
        (plan(unchanged=3, failed=1), "all", True),
        (plan(unchanged=3, failed=1, changed=False), "differing", False),
        (plan(unchanged=3, certain=False, changed=False), "differing", False),
    ],
)
def test_something_is_sent_where_it_differs_or_may_differ(planned, send, sends):
    sent, told = sequence.of_plan(planned, send, False)
    assert sent is sends
    assert told["counts"]["rows"] == planned["counts"]["rows"]
    assert sends or (told["records_changed"], told["changed_is_certain"]) == (False, True)


def test_rows_that_are_left_out_and_rows_of_several_files_are_told_as_rows_of_the_source():
    files = [
        {"path": "/t/u-1.csv", "rows": 2, "spans": [[2, 5, 1], [3, 9, 1]], "leavers": False},
        {"path": "/t/u-2.csv", "rows": 1, "spans": [[2, 10, 1]], "leavers": False},
    ]
    planned = plan(row(3, "fail", "uid: there is no such user"), row(5, "update"), row(9, "update"), row(10, "update"), files=files,
                   failed=1, updated=3, unchanged=6)  # fmt: skip
    parts = [
        {"counts": {**sequence.no_counts(), "rows": 2, "updated": 1, "failed": 1}, "failures": [{"line": 3, "key": "u9", "reason": "no"}]},
        {"counts": {**sequence.no_counts(), "rows": 1, "updated": 1}, "failures": []},
    ]
    doubts = [{"because": "enrol: it can't be seen", "rows": 3}]
    whole = {"state": "done", "rows": [], "uncertain": doubts, "outcome": "complete"}
    whole.update(changed_is_certain=True, records_changed=True, file_sent=True)
    done = [sequence.at_source({**whole, **part}, file["spans"]) for part, file in zip(parts, files)]
    told = sequence.of_files(planned, done)
    assert {name: number for name, number in told["counts"].items() if number} == {"rows": 10, "updated": 2, "failed": 2, "unchanged": 6}
    assert [failure["line"] for failure in told["failures"]] == [3, 9]
    lost = {**done[0], "state": "failed", "outcome": "unknown", "message": "No answer came.", "changed_is_certain": False}
    told = sequence.of_files(planned, [lost])
    assert (told["state"], told["outcome"], told["message"]) == ("failed", "unknown", "No answer came.")
    assert told["uncertain"] == [{"because": "enrol: it can't be seen", "rows": 3}]
    assert told["counts"]["not_done"] == 1 and told["counts"]["rows"] == 10


def test_the_reason_of_a_failed_row_is_ours_with_that_of_the_plugin_beside_it():
    answer = {
        "outcome": "complete", "changed": True, "counts": {}, "rows": [row(3, "fail", "email: belongs to another username")],
        "failures": [
            {"line": 3, "key": "x", "reason": "email: belongs to another username", "cure": "", "said": "User email collision"},
            {"line": 4, "key": "y", "reason": "Bad", "cure": "", "said": "Bad"},
        ],
    }  # fmt: skip
    told = sequence.of_run(answer)
    assert [failure["reason"] for failure in told["failures"]] == [
        "email: belongs to another username (the plugin: User email collision)",
        "Bad",
    ]


CHANGING = [row(2, "create", fields=["cname", "userid"]), row(3, "update", fields=["userid"]), row(4, "update", fields=["cdescription"]),
            row(5, "delete", fields=["userid"]), row(6, "update", fields=["members"]), row(7, "fail", "cname: is empty")]  # fmt: skip


def of_cohorts(rows=None, **more):
    made = {**result(outcome="predicted", created=1, updated=3, deleted=1, unchanged=2, failed=1), "kind": "cohorts"}
    made["rows"] = CHANGING if rows is None else rows
    made.update(failures=[{"line": 7, "key": "u7", "reason": "cname: is empty"}], **more)
    return {**made, "details": sequence.details_of(made)}


def test_cohorts_and_their_members_are_counted_apart():
    line = sequence.line_of(of_cohorts(), EN, where=False)
    assert line == (
        "users: 8 rows: 1 cohort created, 1 cohort updated, 1 cohort emptied, 2 members added, 1 member removed, 2 rows unchanged, 1 failed"
    )
    assert "1 cohorte créée" in sequence.line_of(of_cohorts(), FR)
    # Where not all rows are told, and for other kinds, rows are counted.
    assert of_cohorts(CHANGING[1:])["details"] == {} == of_cohorts(kind="users")["details"]


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_who_will_change_is_told_where_all_rows_are_asked_for(template):
    made = figures("all", of_cohorts(), check_mode=True)
    shown, said = report.render(template, made, EN, OPTIONS), "\n".join(sequence.summary(made, EN))
    assert "Who and what would change" in shown and "Check mode: nothing was written." in said
    assert "  line 2, u2: cohort created, member added\n" in said
    assert "member added (userid)\n" in said and "cohort created, member added" in shown
    assert shown.count("u7") == said.count("u7") == 1 and "sync_report_rows" not in shown + said
    french = report.render(template, made, FR, OPTIONS)
    assert "Qui et quoi changerait" in french and "cohorte créée, membre ajouté" in french
    assert "Who and what changed" in report.render(template, figures("all", of_cohorts()), EN, OPTIONS)
    for show in ("none", "failed"):
        made = figures(show, of_cohorts(), check_mode=True)
        shown, said = report.render(template, made, EN, OPTIONS), "\n".join(sequence.summary(made, EN))
        assert "u2" not in shown + said and ("u7" in shown) is ("u7" in said) is (show == "failed")
        assert "sync_report_rows: all" in shown and "sync_report_rows: all" in said


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_a_failed_row_comes_with_what_to_do_about_it(template):
    planned = plan(row(3, "fail", "uid: there is no such user"), failed=1)
    failure = {"line": 3, "key": "u3", "reason": "uid: there is no such user", "cure": "Wait for the account.", "said": "No such user"}
    run = {"outcome": "complete", "changed": False, "counts": {}, "rows": [], "failures": [failure]}
    predicted, done = sequence.of_plan(planned, "all", True)[1], sequence.of_run(run)
    for told, cure in ((predicted, "Create the account first"), (done, "Wait for the account.")):
        made = figures("failed", {**result(failed=1), "failures": told["failures"]})
        assert cure in report.render(template, made, EN, OPTIONS)
        assert cure in "".join(sequence.summary(made, EN))


def test_a_long_list_of_changes_is_cut_off_in_the_output_and_whole_in_the_report():
    many = {**result(created=30), "rows": [row(number, "create") for number in range(2, 32)]}
    made = figures("all", many)
    said = sequence.summary(made, EN)
    assert said[-1] == "  and 10 more" and len(said) == 22
    assert "u31" in report.render("report.md.j2", made, EN, OPTIONS)


def test_exact_is_for_files_that_can_be_and_leavers_for_users():
    options = {**OPTIONS, "sync_exact": True, "sync_leavers": {"auth": "ldap"}}
    assert [sequence.is_exact({"kind": kind}, options) for kind in ("enrols", "cohorts", "users", "courses")] == [True, True, False, False]
    assert sequence.is_exact({"kind": "enrols", "exact": False}, options) is False
    assert [sequence.leavers_of({"kind": kind}, options) for kind in ("users", "enrols")] == [{"auth": "ldap"}, None]


def test_a_plan_of_a_sequence_is_another_one_when_a_step_is():
    (first, second), _problems = steps({"service": "users", "src": "a.csv"}, {"enrol": [{"user": "ada"}]})
    (_first, other), _problems = steps({"service": "users", "src": "a.csv"}, {"enrol": [{"user": "bob"}]})
    known = sequence.plan_id([first, second], [{"plan_id": "1"}, None])
    assert known == sequence.plan_id([first, second], [{"plan_id": "1"}, None])
    assert (
        len(
            {known, sequence.plan_id([first, other], [{"plan_id": "1"}, None]), sequence.plan_id([first, second], [{"plan_id": "2"}, None])}
        )
        == 3
    )


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (result(created=1), "users (/srv/users.csv): 1 row: 1 created"),
        ({**result(unchanged=2), "file_sent": True}, "users (/srv/users.csv): file sent; 2 rows: 2 unchanged"),
        ({**result(outcome="predicted", created=1), "file_sent": True}, "users (/srv/users.csv): file to send; 1 row: 1 created"),
        (result(outcome="predicted", created=1, unreported=2), "users (/srv/users.csv): 3 rows: 1 created, 2 not predicted"),
        (result(created=1, unreported=2), "users (/srv/users.csv): 3 rows: 1 created, 2 not accounted for"),
        (result(state="not started"), "users (/srv/users.csv): not started"),
        (result(state="failed", outcome="unknown"), "users (/srv/users.csv): outcome unknown"),
        (result(unchanged=1, certain=False), "users (/srv/users.csv): 1 row: 1 unchanged; whether anything changed is not certain"),
        (
            {**result(unchanged=3, certain=False), "uncertain": [{"because": "city: unseen", "rows": 1}, {"because": "x", "rows": 2}]},
            "users (/srv/users.csv): 3 rows: 3 unchanged; whether anything changed is not certain (city: unseen: 1 row; x: 2 rows)",
        ),
    ],
)
def test_a_step_in_one_line(made, line):
    assert sequence.line_of(made, EN) == line


def test_both_languages_have_the_same_words():
    assert EN.keys() == FR.keys()
    for kind, forms in EN["numbered"].items():
        assert forms.keys() <= FR["numbered"][kind].keys(), kind


NAMED = [{"line": 3, "key": "sasha.secret", "reason": "sasha.secret is unknown"}]


def figures(show, *results, problems=(), check_mode=False, words=None):
    site = {"url": "https://moodle.example.org", "name": "School"}
    about = {"site": site, "started": "2026-09-01T08:00:00Z", "check_mode": check_mode, "plan_id": "1", "show": show, "words": words or EN}
    return sequence.figures(list(results), problems, **about)


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
@pytest.mark.parametrize(("show", "named"), [("none", False), ("failed", True), ("all", True)])
def test_one_switch_says_whether_rows_are_named(template, show, named):
    bad = {**result(failed=1, failures=NAMED), "message": "users: sasha.secret is unknown"}
    made = figures(show, bad)
    text = report.render(template, made, EN, OPTIONS)
    assert ("sasha.secret" in text) is named
    assert ("sasha.secret" in str(made)) is named
    assert ("sasha.secret" in "\n".join(sequence.summary(made, EN))) is named


@pytest.mark.parametrize(
    ("made", "colour", "verdict"),
    [
        (figures("failed", result(created=1)), "good", "Done"),
        (figures("failed", result(outcome="predicted", created=1), check_mode=True), "blue", "Predicted"),
        (figures("failed", result("users", created=1, failed=2), result("enrols", created=3)), "amber", "Done, 2 rows failed"),
        (figures("failed", result(created=1, failed=1, outcome="predicted"), check_mode=True), "amber", "Predicted, 1 row failed"),
        (figures("failed", result(failed=1), result("enrols", state="not started")), "bad", "Failed"),
        (figures("failed", result(state="not started"), problems=["users.csv has errors."]), "bad", "Refused"),
    ],
)
def test_a_report_begins_with_its_verdict(made, colour, verdict):
    text = report.render("report.html.j2", made, EN, OPTIONS)
    assert f'<span class="verdict {colour}">{verdict}</span>' in text and "<h1>School</h1>" in text
    assert report.render("report.md.j2", made, EN, OPTIONS).startswith(f"# School: {verdict}\n")


def test_a_report_has_the_total_and_the_full_path_of_each_file():
    made = figures("failed", result("users", created=1, failed=2, failures=NAMED), result("enrols", created=3))
    text = report.render("report.html.j2", made, EN, OPTIONS)
    assert "<b>6</b> rows" in text
    assert "/<wbr>srv/<wbr>users.csv" in text
    assert "/srv/users.csv" in report.render("report.md.j2", made, EN, OPTIONS)


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_a_report_of_what_was_refused_says_why(template):
    made = figures("failed", result(state="not started"), problems=["users.csv has errors.", "The token lacks a function."])
    text = report.render(template, made, EN, OPTIONS)
    assert "users.csv has errors." in text and "The token lacks a function." in text
    assert sequence.summary(made, EN) == ["Refused: nothing was sent", *made["problems"]]
    assert made["reason"] == "users.csv has errors. The token lacks a function. Nothing was sent."


def test_nothing_of_a_file_is_markup_or_a_template_in_a_report():
    evil = [{"line": 3, "key": "<script>x</script>", "reason": "{{ 7 * 7 }} | <b>"}]
    text = report.render("report.html.j2", figures("failed", result(failed=1, failures=evil)), EN, OPTIONS)
    assert "<script>" not in text and "&lt;script&gt;" in text and "{{ 7 * 7 }}" in text
    marked = report.render("report.md.j2", figures("failed", result(failed=1, failures=evil)), EN, OPTIONS)
    assert "{{ 7 * 7 }} \\| <b>" in marked


def test_a_report_is_a_new_file_in_a_folder_that_keeps_its_mode(tmp_path):
    folder, other = tmp_path / "reports", tmp_path / "other.txt"
    folder.mkdir(mode=0o711)
    other.write_text("mine")
    (folder / "toolsync-h.html").symlink_to(other)
    options = {**OPTIONS, "sync_report_dir": "reports"}
    paths = report.write(options, str(tmp_path), "h", figures("failed", result(created=1)), FR)
    assert other.read_text() == "mine"
    assert folder.stat().st_mode & 0o777 == 0o711
    assert [(tmp_path / path).stat().st_mode & 0o777 for path in paths] == [0o640] * 3
    assert '<html lang="en">' in (folder / "toolsync-h.html").read_text() and "Terminé" in (folder / "toolsync-h.md").read_text()


def test_a_report_folder_that_is_a_file_is_told_before_anything_is_sent(tmp_path):
    (tmp_path / "reports").write_text("")
    assert "is no folder" in report.unwritable({"sync_report_dir": "reports"}, str(tmp_path))[0]
    assert report.unwritable({"sync_report_dir": "new/deeper"}, str(tmp_path)) == []
    assert report.unwritable({}, str(tmp_path)) == []
