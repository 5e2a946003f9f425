# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync says in its summary and report, in English and in French."""

from __future__ import annotations

import datetime

from ansible_collections.activeprolearn.toolsync.plugins.module_utils.rows.plan import COUNTED

from .french import in_french

_EN = {
    "colon": ": ",
    "semicolon": "; ",
    "decimal": ".",
    "thousands": ",",
    "moment": "%Y-%m-%d %H:%M UTC",
    "file_sent": "file sent",
    "file_to_send": "file to send",
    "settings_changed": "settings changed",
    "settings_to_change": "settings to change",
    "nothing": "nothing to do",
    "not_certain": "whether anything changed is not certain",
    "predicted_not_certain": "what changes is not certain",
    "not_started": "not started",
    "step_failed": "failed",
    "some_failed": "{0}: {1} of {2} failed.",
    "some_would_fail": "{0}: {1} of {2} would fail.",
    "again": "What is done is done; run it again when the cause is fixed.",
    "unknown": "outcome unknown",
    "aborted": "stopped in the middle",
    "executed_unreadable": "done, without a readable report",
    "more": "and {0} more",
    "line": "line",
    "record": "record",
    "reason": "reason",
    "outcome": "outcome",
    "step": "step",
    "file": "file",
    "rows": "rows",
    "seconds": "seconds",
    "total": "All steps",
    "done": "Done",
    "failed_run": "Failed",
    "predicted": "Predicted",
    "refused": "Refused",
    "nothing_sent": "nothing was sent",
    "check_mode": "check mode: nothing was written",
    "will_change": "Who and what would change",
    "changed": "Who and what changed",
    "rows_hidden": "Rows are named with sync_report_rows: {0}; they may name people.",
    "no_personal_data": "This report names nobody.",
    "personal_data": "This report may name people: keep it as you keep the files.",
}
_FR = {
    "colon": " : ",
    "semicolon": " ; ",
    "decimal": ",",
    "thousands": "\N{NARROW NO-BREAK SPACE}",
    "moment": "%d/%m/%Y à %H:%M UTC",
    "file_sent": "fichier envoyé",
    "file_to_send": "fichier à envoyer",
    "settings_changed": "réglages modifiés",
    "settings_to_change": "réglages à modifier",
    "nothing": "rien à faire",
    "not_certain": "on ne sait pas avec certitude si quelque chose a changé",
    "predicted_not_certain": "on ne sait pas avec certitude ce qui changerait",
    "not_started": "pas commencée",
    "step_failed": "échec",
    "some_failed": "{0} : {2}, dont {1} en erreur.",
    "some_would_fail": "{0} : {2}, dont {1} en erreur d'après la prévision.",
    "again": "Ce qui est fait est fait ; relancez une fois la cause corrigée.",
    "unknown": "issue inconnue",
    "aborted": "arrêtée en cours de route",
    "executed_unreadable": "faite, sans compte rendu lisible",
    "more": "et {0} de plus",
    "line": "ligne",
    "record": "enregistrement",
    "reason": "motif",
    "outcome": "issue",
    "step": "étape",
    "file": "fichier",
    "rows": "lignes",
    "seconds": "secondes",
    "total": "Toutes les étapes",
    "done": "Terminé",
    "failed_run": "Échec",
    "predicted": "Prévision",
    "refused": "Refusé",
    "nothing_sent": "rien n'a été envoyé",
    "check_mode": "mode test : rien n'a été écrit",
    "will_change": "Qui et quoi changerait",
    "changed": "Qui et quoi a changé",
    "rows_hidden": "Pour voir ces lignes, qui peuvent nommer des personnes : sync_report_rows: {0}.",
    "no_personal_data": "Ce rapport ne nomme personne.",
    "personal_data": "Ce rapport peut nommer des personnes : conservez-le comme vos fichiers.",
}
#: Words that go with a number, for one and for several: what a step has, and what became of it. Those of a kind of step stand under
#: that kind, where they are others than for the rows of a file.
#: Kinds that are counted by nouns which take the words of "masculine" in French.
_EN["masculine"] = ()
_FR["masculine"] = ("deploy", "groups", "roles")
_EN["numbered"] = {
    "": {
        "": ("row", "rows"),
        "created": ("created", "created"),
        "updated": ("updated", "updated"),
        "deleted": ("deleted", "deleted"),
        "unchanged": ("unchanged", "unchanged"),
        "skipped": ("skipped", "skipped"),
        "failed": ("failed", "failed"),
        "not_done": ("not done", "not done"),
        "unreported": ("not accounted for", "not accounted for"),
        "unpredicted": ("not predicted", "not predicted"),
        "rows_failed": ("row failed", "rows failed"),
    },
    # Rows of this kind make cohorts, memberships, or both.
    "cohorts": {
        "created": ("cohort created", "cohorts created"),
        "updated": ("cohort updated", "cohorts updated"),
        "emptied": ("cohort emptied", "cohorts emptied"),
        "deleted": ("cohort deleted", "cohorts deleted"),
        "added": ("member added", "members added"),
        "removed": ("member removed", "members removed"),
        "unchanged": ("row unchanged", "rows unchanged"),
    },
    "deploy": {"": ("course", "courses")},
    "enrol": {
        "": ("enrolment", "enrolments"),
        "enrolled": ("enrolled", "enrolled"),
        "added": ("put into a group", "put into groups"),
        "unenrolled": ("unenrolled", "unenrolled"),
    },
    "cohort_members": {"": ("membership", "memberships"), "added": ("added", "added"), "removed": ("removed", "removed")},
    "groups": {
        "": ("group or member", "groups and members"),
        "created": ("group created", "groups created"),
        "deleted": ("group deleted", "groups deleted"),
        "added": ("member added", "members added"),
        "removed": ("member removed", "members removed"),
    },
    "roles": {"": ("role", "roles"), "assigned": ("given", "given"), "unassigned": ("taken away", "taken away")},
}
_FR["numbered"] = {
    "": {
        "": ("ligne", "lignes"),
        "created": ("créée", "créées"),
        "updated": ("modifiée", "modifiées"),
        "deleted": ("supprimée", "supprimées"),
        "unchanged": ("inchangée", "inchangées"),
        "skipped": ("ignorée", "ignorées"),
        "failed": ("en erreur", "en erreur"),
        "not_done": ("non traitée", "non traitées"),
        "unreported": ("sans compte rendu", "sans compte rendu"),
        "unpredicted": ("imprévisible", "imprévisibles"),
        "rows_failed": ("ligne en erreur", "lignes en erreur"),
    },
    "cohorts": {
        "created": ("cohorte créée", "cohortes créées"),
        "updated": ("cohorte modifiée", "cohortes modifiées"),
        "emptied": ("cohorte vidée", "cohortes vidées"),
        "deleted": ("cohorte supprimée", "cohortes supprimées"),
        "added": ("membre ajouté", "membres ajoutés"),
        "removed": ("membre retiré", "membres retirés"),
        "unchanged": ("ligne inchangée", "lignes inchangées"),
    },
    "masculine": {
        "created": ("créé", "créés"),
        "updated": ("modifié", "modifiés"),
        "deleted": ("supprimé", "supprimés"),
        "unchanged": ("inchangé", "inchangés"),
        "skipped": ("ignoré", "ignorés"),
        "not_done": ("non traité", "non traités"),
    },
    "deploy": {"": ("cours", "cours")},
    "enrol": {
        "": ("inscription", "inscriptions"),
        "enrolled": ("faite", "faites"),
        "added": ("affectée à un groupe", "affectées à des groupes"),
        "unenrolled": ("retirée", "retirées"),
    },
    "cohort_members": {"": ("appartenance", "appartenances"), "added": ("ajoutée", "ajoutées"), "removed": ("retirée", "retirées")},
    "groups": {
        "": ("groupe ou membre", "groupes et membres"),
        "created": ("groupe créé", "groupes créés"),
        "deleted": ("groupe supprimé", "groupes supprimés"),
        "added": ("membre ajouté", "membres ajoutés"),
        "removed": ("membre retiré", "membres retirés"),
    },
    "roles": {"": ("rôle", "rôles"), "assigned": ("donné", "donnés"), "unassigned": ("retiré", "retirés")},
}
#: What makes a sentence of the code one of the language.
_EN["said"] = str
_FR["said"] = in_french
WORDS = {"en": _EN, "fr": _FR}


def gender(kind, words):
    """The words for what became of what is counted as a kind: a key of ``numbered``."""
    return "masculine" if kind in words["masculine"] else ""


def _forms(words, name, kind):
    tables = (words["numbered"].get(key, {}) for key in (kind, gender(kind, words), ""))
    return next((table[name] for table in tables if name in table), (name, name))


def numbered(number, words, name="", kind=""):
    """ "1 row", "2 rows", "3 created". name: of an outcome; kind: of the step, or of gender()."""
    forms = _forms(words, name, kind)
    # French takes nought as one, too.
    return f"{number} {forms[0 if number == 1 or (number == 0 and words is _FR) else 1]}"


def named(name, predicted):
    """The outcome as it is called: before a run, what it will not account for is what can't be predicted."""
    name = {"unknown": "unreported"}.get(name, name)
    return "unpredicted" if predicted and name == "unreported" else name


def outcome(row, step, words):
    """What became of one of a step's rows, or would. row: as of sequence.rows_of."""
    return ", ".join(_forms(words, named(name, step["outcome"] == "predicted"), step["kind"])[0] for name in row["outcomes"])


def counted(result, words):
    """ "59 created, 1 failed": what is not nought of a step's result, in the words of its kind; or an empty text."""
    predicted, details = result["outcome"] == "predicted", result.get("details")
    found = details or {name: result["counts"][name] for name in COUNTED.values()}
    kind = result["kind"] if details else gender(result["kind"], words)
    return ", ".join(numbered(number, words, named(name, predicted), kind) for name, number in found.items() if number)


def digits(number, words):
    """A number as it is read: "12,345", "0.2"."""
    whole, _point, part = f"{number:,}".partition(".")
    return whole.replace(",", words["thousands"]) + (words["decimal"] + part if part else "")


def written_moment(text, words):
    """A moment of a report as it is read, without its seconds."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime(words["moment"]) if text else ""
