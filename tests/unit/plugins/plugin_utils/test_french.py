# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Summary and report in French."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.read.directory import Ref, not_one
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows import plan
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows import reasons as reasons_of_rows
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.services import enrol_refusals
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils import report, sequence
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.french import in_french
from ansible_collections.activeprolearn.toolsync.plugins.plugin_utils.words import WORDS, digits, numbered, written_moment

FR = WORDS["fr"]
#: Files of rows/ whose sentences modules say, which are English: what stops a task, and what cures a row.
OF_TASKS = ("files.py", "reasons.py")
#: What a list of names has not.
SENTENCE = re.compile(r"\b(is|are|has|was|can't|may|there|ends|not|no|belongs|another)\b")


def reasons():
    """Every text of rows/ that says why: a column and a colon before it, or words with spaces. What is filled in is 7."""
    for path in sorted(Path(plan.__file__).parent.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        parts |= {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(map(_put_in, node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                text = node.value
            else:
                continue
            if path.name not in OF_TASKS and " " in text and SENTENCE.search(text) and not text.startswith("exact: "):
                yield text


def _put_in(part):
    """What a part of a text with braces says: a reason that has a name, or 7."""
    return part.value if isinstance(part, ast.Constant) else getattr(reasons_of_rows, getattr(part.value, "id", ""), "7")


@pytest.mark.parametrize("text", sorted(set(reasons())))
def test_a_reason_of_a_row_can_be_said_in_french(text):
    """Where this fails, say it in plugin_utils/french.py."""
    french = in_french(text)
    english = re.sub(r"^[\w, ]+: ", "", text)
    assert english not in french
    assert not re.search(r"\b(the|there|is|can't|which|not)\b", french), french
    assert in_french(french) == french


@pytest.mark.parametrize("text", sorted({cure for _words, cure in reasons_of_rows._CURES}))
def test_what_to_do_about_a_row_can_be_said_in_french(text):
    assert not re.search(r"\b(the|is|or|correct|it)\b", in_french(text), re.IGNORECASE)


@pytest.mark.parametrize("code", enrol_refusals._ADVICE)
def test_why_moodle_refuses_an_enrolment_can_be_said_in_french(code):
    text = enrol_refusals._ADVICE[code].format(role="student", method="manual")
    assert not re.search(r"\b(the|has|lacks|may)\b", in_french(text))


@pytest.mark.parametrize("kind", ["user", "course", "cohort", "category"])
def test_who_is_not_there_can_be_said_in_french(kind):
    ref = Ref(kind, "idnumber", "X1")
    assert "idnumber : X1" in in_french(not_one(ref, [])) and "the" not in in_french(not_one(ref, [])).split()
    assert in_french(not_one(ref, [4, 5])).startswith("plusieurs ont cette valeur (idnumber : X1 ; identifiants 4, 5) : utilisez")


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "email: belongs to another username, or the username to another email (account 2) (the plugin: Error : User email collision)",
            "email : la valeur est déjà celle d'un autre username, ou ce username a déjà un autre email (compte 2) "
            "(le plugin : Error : User email collision)",
        ),
        ("It needs users, cohorts.", "Étapes nécessaires : users, cohorts."),
        ("LAW: fullname is Law, becomes Law 2026.\nB: visible is 1, not 0.", "LAW : fullname vaut Law et devient Law 2026.\n"
         "B : visible vaut 1 et non 0."),
        ("cid: is empty, which ends the run", "cid : la valeur est vide, ce qui arrête l'exécution"),
        ("Nobody has said this before.", "Nobody has said this before."),
        ("uid: nor this", "uid: nor this"),
    ],
)  # fmt: skip
def test_sentences(english, french):
    assert in_french(english) == french
    assert in_french(french) == french


def test_what_is_told_of_a_check():
    assert in_french(sequence.FORESEEN) != sequence.FORESEEN
    failures = [{"line": 3, "key": "x", "reason": "uid: there is no such user"}]
    open_step = sequence.not_seen_yet(step("groups", "predicted", counts={"created": 1, "failed": 1}, failures=failures,
                                           details={"created": 1, "failed": 1}), sequence.MISSING)  # fmt: skip
    assert in_french(open_step["message"]) != open_step["message"]
    assert sequence.line_of(open_step, FR).startswith("étape : 2 groupes et membres : 1 groupe créé, 1 imprévisible ; ")


def test_why_nothing_was_sent():
    _steps, problems = sequence.steps_of({"sync_steps": None, "sync_csv_dir": "/x"}, [])
    told = in_french(problems[0])
    assert told.startswith("Il n'y a rien à faire.") and told.endswith("enrols.csv. /x n'en contient aucun.")
    refused = "users: The plan removes 9 of 10 records, and removals_limit (10%) allows 5. Look at rows. If that is meant, raise it."
    assert in_french(refused).startswith("users : Le plan retire 9 enregistrements sur 10, et removals_limit (10%) en autorise 5.")


def test_every_outcome_of_a_row_has_its_word():
    rows = [{"line": 2, "key": "x", "outcome": outcome, "because": ""} for outcome in plan.COUNTED]
    told = {name for row in sequence.rows_of({"kind": "users", "rows": rows}) for name in row["outcomes"]}
    assert told == set(plan.COUNTED.values()) - {"failed"} and told <= FR["numbered"][""].keys()


def test_numbers_nouns_and_moments_are_as_one_writes_them_in_french():
    assert [numbered(number, FR) for number in (0, 1, 2)] == ["0 ligne", "1 ligne", "2 lignes"]
    assert numbered(2, FR, "created", "masculine") == "2 créés"
    assert numbered(1, FR, "created", "groups") == "1 groupe créé" and numbered(2, FR, "unchanged", "roles") == "2 inchangés"
    assert digits(12345, FR) == "12\N{NARROW NO-BREAK SPACE}345" and digits(0.2, FR) == "0,2"
    assert digits(12345.5, WORDS["en"]) == "12,345.5"
    assert written_moment("2026-09-01T08:05:59Z", FR) == "01/09/2026 à 08:05 UTC" and written_moment(None, FR) == ""


def step(kind, outcome="complete", **more):
    about = {"name": "étape", "kind": kind, "action": "sync", "src": "/srv/a.csv" if kind == "users" else "", "on_failures": "continue"}
    made = {**sequence.not_started(sequence.begun(about)), "state": "done", "outcome": outcome, "rows": []}
    counts = {**made["counts"], **more.pop("counts")}
    return {**made, **more, "counts": {**counts, "rows": sum(counts.values())}}


def test_a_report_in_french_has_no_english_of_ours():
    failures = [{"line": 3, "key": "x", "reason": "uid: there is no such user (the plugin: nope)"}]
    changing = [{"line": 2, "key": "y", "outcome": "create", "changes": True, "because": ""}]
    failing = [{"line": 3, "key": "not twice", "outcome": "fail", "changes": False, "because": "uid: there is no such user"}]
    doubts = [{"because": "uid: there is no such user", "rows": 2}]
    results = [
        step("users", "predicted", counts={"created": 1, "failed": 1}, failures=failures, rows=changing + failing),
        step("groups", "predicted", counts={"created": 1200, "unchanged": 1}, changed_is_certain=False, uncertain=doubts),
        {**step("enrol", counts={}), "state": "not started", "message": "It needs users."},
    ]
    about = {"site": {"name": "École"}, "started": "2026-09-01T08:00:00Z", "check_mode": True, "plan_id": "1", "show": "all", "words": FR}
    figures = sequence.figures(results, [], **about)
    blocked = "étape : pas commencée : Étapes nécessaires : users."
    assert figures["reason"] == (
        f"étape : 2 lignes, dont 1 en erreur d'après la prévision. {blocked} Mode test : rien n'a été écrit."
    )
    assert sequence.figures(results, [], **{**about, "check_mode": False})["reason"] == (
        f"étape : 2 lignes, dont 1 en erreur. {blocked} Ce qui est fait est fait ; relancez une fois la cause corrigée."
    )
    options = {"sync_language": "fr", "sync_report_rows": "all"}
    for template in ("report.html.j2", "report.md.j2"):
        text = report.render(template, figures, FR, options)
        assert "uid : cet utilisateur n&#39;existe pas (le plugin : nope)".replace("&#39;", "&#39;" if "html" in template else "'") in text
        assert "01/09/2026 à 08:00 UTC" in text and "not twice" not in text and "there is" not in text
    html = report.render("report.html.j2", figures, FR, options)
    assert "<td>créée</td>" in html and "<b>1\N{NARROW NO-BREAK SPACE}200</b> créés" in html
    assert "On ne sait pas avec certitude ce qui changerait (uid : cet utilisateur n&#39;existe pas : 2 lignes)." in html
    summary = "\n".join(sequence.summary(figures, FR))
    assert "étape (/srv/a.csv) : 2 lignes : 1 créée, 1 en erreur\n  ligne 3, x : uid : cet utilisateur n'existe pas" in summary
    assert "1201 groupes et membres : 1200 créés, 1 inchangé ; on ne sait pas" in summary
