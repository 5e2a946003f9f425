# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the role sync, as HTML, Markdown and JSON files on the controller."""

from __future__ import annotations

import json
import os

import jinja2
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.files import obstacle, replacing
from markupsafe import Markup, escape

from .sequence import DOUBTS, ENDS, rows_of
from .words import COUNTED, counted, digits, gender, named, numbered, outcome, written_moment

TEMPLATES = os.path.join(os.path.dirname(__file__), "..", "..", "roles", "sync", "templates")
#: Of the folder where it has to be made, and of the files: for the user and the group.
FOLDER_MODE, FILE_MODE = 0o750, 0o640


def unwritable(options, base):
    """What is wrong with the folder of reports, as a list of sentences: looked for before anything is sent."""
    folder = _folder(options, base)
    if folder is None:
        return []
    if os.path.exists(folder) and not os.path.isdir(folder):
        return [f"sync_report_dir: {folder} is no folder."]
    return obstacles("sync_report_dir", os.path.join(folder, "report.html"), makes_folder=True)


def obstacles(option, path, *, makes_folder=False):
    """Why a file that an option names could not be written, as a list of sentences."""
    why = obstacle(path, makes_folder=makes_folder)
    return [f"{option}: {os.path.dirname(path) if makes_folder else path} {why}."] if why else []


def _folder(options, base):
    folder = options.get("sync_report_dir")
    return os.path.join(base, os.path.expanduser(folder)) if folder else None


def write(options, base, host, figures, words):
    """Write the report anew; returns the paths. A folder that is there keeps its mode, one that is made gets its own."""
    folder = _folder(options, base)
    os.makedirs(folder, mode=FOLDER_MODE, exist_ok=True)
    name = options.get("sync_report_name") or f"toolsync-{host}"
    texts = {
        "html": render("report.html.j2", figures, words, options),
        "md": render("report.md.j2", figures, words, options),
        "json": json.dumps(figures, indent=2, ensure_ascii=False) + "\n",
    }
    paths = []
    for extension, text in texts.items():
        path = os.path.join(folder, f"{name}.{extension}")
        with replacing(path, FILE_MODE) as stream:
            stream.write(text.encode("utf-8"))
        paths.append(path)
    return paths


def render(template, figures, words, options):
    """A report's text. Everything that comes from files and the site is escaped for HTML, and none of it is a template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=jinja2.select_autoescape(["html.j2"]), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = lambda text: str("" if text is None else text).replace("|", "\\|").replace("\n", " ")
    # A path is broken at its slashes where it does not fit.
    environment.filters["path"] = lambda text: Markup("/<wbr>").join(escape(part) for part in str(text or "").split("/"))
    status = figures["status"]
    verdict = {"refused": words["refused"], "failed": words["failed_run"]}.get(
        status, words["predicted" if figures["check_mode"] else "done"]
    )
    if status == "rows_failed":
        verdict = f"{verdict}, {numbered(figures['counts']['failed'], words, 'rows_failed')}"
    colour = {"done": "blue" if figures["check_mode"] else "good", "rows_failed": "amber"}.get(status, "bad")
    return environment.get_template(template).render(
        figures=figures,
        words=words,
        language=options["sync_language"],
        rows_of=rows_of,
        outcome=outcome,
        outcomes=list(COUNTED.values()),
        colour=colour,
        verdict=verdict,
        numbered=numbered,
        named=named,
        counted=counted,
        gender=gender,
        digits=digits,
        moment=written_moment,
        ends=ENDS,
        doubts=DOUBTS,
    )
