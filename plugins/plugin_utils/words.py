# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role sync says in its summary and report, in English and in French.

Messages of modules stay English: they are what one searches the guides for.
"""

from __future__ import annotations

#: What became of rows, in the order in which it is told.
COUNTED = ("created", "updated", "deleted", "unchanged", "skipped", "failed", "unreported")

_EN = {
    "created": "created",
    "updated": "updated",
    "deleted": "deleted",
    "unchanged": "unchanged",
    "skipped": "skipped",
    "failed": "failed",
    "unreported": "not accounted for",
    "unpredicted": "not predicted",
    "row": "row",
    "rows": "rows",
    "row_failed": "row failed",
    "rows_failed": "rows failed",
    "file_sent": "file sent",
    "settings_changed": "settings changed",
    "nothing": "nothing to do",
    "not_certain": "whether anything changed is not certain",
    "not_started": "not started",
    "step_failed": "failed",
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
    "state": "state",
    "seconds": "seconds",
    "total": "All steps",
    "done": "Done",
    "predicted": "Predicted",
    "refused": "Refused",
    "check_mode": "check mode: nothing was written",
    "will_change": "Who and what would change",
    "rows_hidden": "The rows are shown with sync_report_rows: {0}; they may name people.",
    "no_personal_data": "This report names nobody.",
    "personal_data": "This report names people: keep it as you keep the files.",
}
_FR = {
    "created": "créé(s)",
    "updated": "modifié(s)",
    "deleted": "supprimé(s)",
    "unchanged": "inchangé(s)",
    "skipped": "ignoré(s)",
    "failed": "en erreur",
    "unreported": "sans compte rendu",
    "unpredicted": "imprévisible(s)",
    "row": "ligne",
    "rows": "lignes",
    "row_failed": "ligne en erreur",
    "rows_failed": "lignes en erreur",
    "file_sent": "fichier envoyé",
    "settings_changed": "réglages modifiés",
    "nothing": "rien à faire",
    "not_certain": "on ne sait pas avec certitude si quelque chose a changé",
    "not_started": "pas commencée",
    "step_failed": "échec",
    "unknown": "issue inconnue",
    "aborted": "arrêtée en cours de route",
    "executed_unreadable": "faite, sans compte rendu lisible",
    "more": "et {0} autres",
    "line": "ligne",
    "record": "enregistrement",
    "reason": "motif",
    "outcome": "issue",
    "step": "étape",
    "file": "fichier",
    "state": "état",
    "seconds": "secondes",
    "total": "Toutes les étapes",
    "done": "Terminé",
    "predicted": "Prévision",
    "refused": "Refusé",
    "check_mode": "mode test : rien n'a été écrit",
    "will_change": "Qui et quoi changerait",
    "rows_hidden": "Les lignes s'affichent avec sync_report_rows: {0} ; elles peuvent nommer des personnes.",
    "no_personal_data": "Ce rapport ne nomme personne.",
    "personal_data": "Ce rapport nomme des personnes : conservez-le comme vos fichiers.",
}
WORDS = {"en": _EN, "fr": _FR}


def rows(number, words):
    """"1 row", "2 rows"."""
    return f"{number} {words['row' if number == 1 else 'rows']}"


def counted(counts, words, predicted=False):
    """"59 created, 1 failed": what is not zero, or an empty text."""
    told = []
    for name in COUNTED:
        if counts.get(name):
            told.append(f"{counts[name]} {words['unpredicted' if predicted and name == 'unreported' else name]}")
    return ", ".join(told)
