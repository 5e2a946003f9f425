# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages of the documentation that say what the code says: docs/docsite/rst/reference_*.rst.

Usage: reference.py [--check]

With --check nothing is written; it names the pages that are out of date and exits with 1.
"""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from pathlib import Path

from ansible.plugins.loader import fragment_loader, init_plugin_loader
from ansible.utils.plugin_docs import get_docstring

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "docsite" / "rst"
COLLECTION = "activeprolearn.toolsync"
PACKAGE = f"ansible_collections.{COLLECTION}.plugins"
HEAD = """\
..
  Copyright (c) 2026 ActiveProLearn toolsync contributors
  GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

  Made by scripts/reference.py; make docs writes it anew.

.. _ansible_collections.activeprolearn.toolsync.docsite.{label}:

{title}
{line}

"""
BAD_FILES = ROOT / "tests" / "unit" / "plugins" / "module_utils" / "csvfile" / "bad_files.py"


def page(label: str, title: str, body: list[str]) -> str:
    return HEAD.format(label=label, title=title, line="=" * len(title)) + "\n".join(body).rstrip() + "\n"


def heading(title: str, line: str = "-") -> list[str]:
    return ["", title, line * len(title), ""]


def plain(text: str) -> str:
    """Text as reStructuredText that means nothing but itself."""
    return re.sub(r"([\\`*_|<>])", r"\\\1", text)


# -- errors -----------------------------------------------------------------------------------------------------


def error_classes() -> list[type]:
    """The classes of errors.py, in its order."""
    module = importlib.import_module(f"{PACKAGE}.module_utils.errors")
    return [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, module.ToolsyncError)]


def errors_page() -> str:
    body = [
        "A failed task returns ``msg``, which says what happened and what to do, and ``error``, a dictionary. Its ``kind`` is one of the",
        "words below; use it in ``failed_when`` and ``rescue``. ``error.errorcode`` is Moodle's own word, where Moodle answered;",
        "``error.option`` is the option that caused it.",
        "",
    ]
    for kind in error_classes():
        body += [*heading(f"{kind.kind}"), f"**Cause:** {plain(kind.cause)}", ""]
        if kind.cure:
            body += [f"**Cure:** {plain(kind.cure)}", ""]
    return page("reference_errors", "Errors, their causes and cures", body)


# -- the check of CSV files -------------------------------------------------------------------------------------

LEVELS = ("error", "warning", "destructive")


def findings() -> dict[str, dict[str, list[str]]]:
    """Code -> level -> what it says, of a file for each of them."""
    loaded = importlib.util.spec_from_file_location("bad_files", BAD_FILES)
    bad_files = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(bad_files)
    Check = importlib.import_module(f"{PACKAGE}.module_utils.csvfile.check").Check
    found: dict[str, dict[str, list[str]]] = {}
    for service, action, settings, data, level, line, column, code in bad_files.BAD_FILES:
        stream = io.BytesIO(data if isinstance(data, bytes) else data.encode())
        result = Check(stream, service, action, separator=";", settings=settings)
        for one in (*result.errors, *result.warnings, *result.destructive):
            if (one.level, one.line, one.column, one.code) == (level, line, column, code):
                listed = found.setdefault(code, {}).setdefault(level, [])
                listed += [one.message] if one.message not in listed else []
    return found


def findings_page() -> str:
    body = [
        "Before a file is sent, :ansplugin:`activeprolearn.toolsync.toolsync_upload#module` checks it",
        "by the rules of the plugin's own reader.",
        "What it finds is in :ansretval:`activeprolearn.toolsync.toolsync_upload#module:findings`; each finding has a ``code``.",
        "An **error** keeps the file from being sent. A **warning** does not.",
        "A **destructive** finding is a row that deletes or resets; such a file is sent only with",
        ":ansopt:`activeprolearn.toolsync.toolsync_upload#module:allow_destructive=true`.",
        "",
        "A finding never quotes a cell, because cells are personal data. The texts below are examples, without the line and the column",
        "that stand before them. One is not among them: ``doubles_not_sought``, a warning, names the line after 1,000,000 rows beyond",
        "which values that stand in a column twice are not looked for.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 22 14 64",
        "",
        "   * - code",
        "     - level",
        "     - what it says",
    ]
    for code, levels in sorted(findings().items()):
        said = sorted({text for texts in levels.values() for text in texts})
        body += [f"   * - ``{code}``", f"     - {', '.join(sorted(levels, key=LEVELS.index))}"]
        body += [f"     - {plain(said[0])}"] if len(said) == 1 else [
            f"     {'-' if number == 0 else ' '} * {plain(text)}" for number, text in enumerate(said)
        ]
    return page("reference_csv_findings", "What the check of a CSV file says", body)


# -- what a service must hold ------------------------------------------------------------------------------------


def needs_page() -> str:
    site = importlib.import_module(f"{PACKAGE}.module_utils.services.site_info")
    needs = importlib.import_module(f"{PACKAGE}.module_utils.services.site_info_needs").needs
    body = [
        "What the service of a token must hold, and what its account must be allowed on the whole site, for each of the features that",
        ":ansopt:`activeprolearn.toolsync.toolsync_site_info#module:features` names. The role ``moodle_site`` makes",
        "a service, a role and an account by this table; the filter",
        ":ansplugin:`activeprolearn.toolsync.toolsync_site_needs#filter` gives it to your playbooks.",
        "",
        "``core_webservice_get_site_info`` and the capability ``webservice/rest:use`` belong to each of them.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 18 46 36",
        "",
        "   * - feature",
        "     - functions in the service",
        "     - capabilities of the account",
    ]
    for feature in site.FEATURES:
        found = needs([feature])
        listed = [name for name in found["functions"] if name != site.SITE_INFO]
        allowed = [name for name in found["capabilities"] if name != "webservice/rest:use"]
        body += [
            f"   * - ``{feature}``",
            "     - " + ", ".join(f"``{name}``" for name in listed) + ("; file uploads" if found["upload"] else ""),
            "     - " + (", ".join(f"``{name}``" for name in allowed) or "none"),
        ]
    return page("reference_needs", "Functions and capabilities by feature", body)


# -- what changed means ------------------------------------------------------------------------------------------

_TYPES = {"O": "ansopt", "RV": "ansretval"}


def marked(text: str, module: str) -> str:
    """Ansible's markup of a module's documentation as reStructuredText."""

    def replace(match):
        kind, said = match.group(1), match.group(2).replace("\\", "")
        if kind in _TYPES and not said.startswith("ignore:"):
            return f":{_TYPES[kind]}:`{COLLECTION}.{module}#module:{said}`"
        if kind == "M":
            return f":ansplugin:`{said}#module`"
        if kind == "B":
            return f"**{said}**"
        return f"``{said.removeprefix('ignore:')}``"

    return re.sub(r"\b(RV|[OVCEMB])\(((?:[^()\\]|\\.|\([^()]*\))*)\)", replace, text)


def modules() -> dict[str, dict]:
    """Name -> documentation, with the fragments that it names, as Ansible reads it."""
    init_plugin_loader()
    return {
        file.stem: get_docstring(str(file), fragment_loader, collection_name=COLLECTION)[0]
        for file in sorted((ROOT / "plugins/modules").glob("*.py"))
    }


def bullets(details: str | list[str] | None, module: str) -> list[str]:
    listed = [details] if isinstance(details, str) else details or []
    return [f"* {marked(text, module)}" for text in listed]


def changed_page() -> str:
    body = [
        "The plugin has no function that tells its settings or its files, and its report says the same of a user who changed and of one",
        "who did not. So each module says how it knows. The rules behind it:",
        "",
        "* Nothing is guessed in silence. Where a module can't see whether something changed, it says ``changed: true``",
        "  and, if it has that return value, ``changed_is_certain: false``.",
        "* Settings are always sent. ``changed`` compares with what this host sent last.",
        "* Check mode and the real run are computed by the same code. In check mode every function that writes is locked.",
        "* What this host sent last is kept in ``state_file`` (``~/.ansible/toolsync`` by default). Where that file does not",
        "  survive, as in a container per run, more is reported as changed; nothing else depends on it.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 40 20 20 20",
        "",
        "   * - module",
        "     - check mode",
        "     - diff",
        "     - idempotent",
    ]
    all_modules = modules()
    for name, documented in all_modules.items():
        body.append(f"   * - :ansplugin:`{COLLECTION}.{name}#module`")
        body += [f"     - {documented['attributes'][key].get('support', '')}" for key in ("check_mode", "diff_mode", "idempotent")]
    for name, documented in all_modules.items():
        attributes = documented["attributes"]
        body += [*heading(name), marked(f"{documented['short_description']}.", name), ""]
        for key, title in (("idempotent", "Idempotence"), ("check_mode", "Check mode"), ("diff_mode", "Diff")):
            listed = bullets(attributes[key].get("details"), name)
            if key == "idempotent" and not listed:
                listed = [f"* {marked(attributes[key]['description'], name)}"]
            if listed:
                body += [f"**{title}**", "", *listed, ""]
    return page("reference_changed", "What changed means", body)


PAGES_OF = {
    "reference_changed.rst": changed_page,
    "reference_csv_findings.rst": findings_page,
    "reference_errors.rst": errors_page,
    "reference_needs.rst": needs_page,
}


def main(arguments: list[str]) -> int:
    stale = []
    for name, make in PAGES_OF.items():
        file, text = PAGES / name, make()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            PAGES.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'out of date: run make docs' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
