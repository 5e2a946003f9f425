# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages of the documentation that say what the code says: docs/docsite/rst/reference_*.rst.

Usage: reference.py [--check]

With --check nothing is written; it names the pages that are out of date and exits with 1.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "docsite" / "rst"
COLLECTION = "activeprolearn.toolsync"
PACKAGE = f"ansible_collections.{COLLECTION}.plugins"
UTILS = ROOT / "plugins" / "module_utils"
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
BLANK = "…"


def page(label: str, title: str, body: list[str]) -> str:
    return HEAD.format(label=label, title=title, line="=" * len(title)) + "\n".join(body).rstrip() + "\n"


def heading(title: str, line: str = "-") -> list[str]:
    return ["", title, line * len(title), ""]


def plain(text: str) -> str:
    """Text as reStructuredText that means nothing but itself."""
    return re.sub(r"([\\`*_|<>])", r"\\\1", text)


# -- what a piece of code says ----------------------------------------------------------------------------------


#: Name -> where it is given a value, and where (None) it is used, by line.
Known = dict[str, list[tuple[int, "ast.expr | None"]]]


def texts(node: ast.expr | None, known: Known) -> list[str]:
    """What an expression of a message can say, with ``…`` for what is filled in; empty when nothing is known of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.sub(r"%[sd]|\{\}", BLANK, node.value)]
    if isinstance(node, ast.JoinedStr):
        return [re.sub("%[sd]", BLANK, "".join(part.value if isinstance(part, ast.Constant) else BLANK for part in node.values))]
    if isinstance(node, ast.IfExp):
        return texts(node.body, known) + texts(node.orelse, known)
    if isinstance(node, ast.BinOp):
        left = texts(node.left, known)
        if isinstance(node.op, ast.Add):
            return [one + other for one in left for other in texts(node.right, known) or [BLANK]]
        return left
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return texts(node.func.value, known)
    if isinstance(node, ast.Name):
        return [text for value in values(node, known) for text in texts(value, {})]
    return []


def values(node: ast.Name, known: Known) -> list[ast.expr]:
    """What the name may hold there: all that it was given since it was used before."""
    given: list[ast.expr] = []
    for line, value in reversed(known.get(node.id, [])):
        if line < node.lineno and value is None and given:
            break
        if line < node.lineno and value is not None:
            given.append(value)
    return given[::-1]


def functions(tree: ast.AST):
    """Each outermost function with the values that its names are given."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node)
        elif isinstance(node, ast.FunctionDef):
            known: Known = {}
            for inner in ast.walk(node):
                if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                    known.setdefault(inner.targets[0].id, []).append((inner.lineno, inner.value))
                elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                    known.setdefault(inner.id, []).append((inner.lineno, None))
            for lines in known.values():
                lines.sort(key=lambda entry: entry[0])
            yield node, known


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


# -- errors -----------------------------------------------------------------------------------------------------


def error_classes() -> list[type]:
    """The classes of errors.py, in its order."""
    module = importlib.import_module(f"{PACKAGE}.module_utils.errors")
    return [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, module.ToolsyncError)]


def messages() -> dict[str, list[str]]:
    """Class name -> what its errors say, wherever one is made."""
    found: dict[str, list[str]] = {}
    names = {kind.__name__ for kind in error_classes()}
    for file in sorted(UTILS.rglob("*.py")):
        for function, known in functions(ast.parse(file.read_text(encoding="utf-8"))):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and called(call) in names and call.args:
                    for text in texts(call.args[0], known):
                        listed = found.setdefault(called(call), [])
                        text = re.sub(f"{BLANK}{{2,}}", BLANK, text)
                        # Of a message that is made elsewhere, only the frame would be shown.
                        if len(re.findall("[A-Za-z_]{2,}", text)) > 1 and text not in listed:
                            listed.append(text)
    return found


def errors_page() -> str:
    body = [
        "A failed task returns ``msg``, which says what happened and what to do, and ``error``, a dictionary. Its ``kind`` is one of the",
        "words below; use it in ``failed_when`` and ``rescue``. ``error.errorcode`` is Moodle's own word, where Moodle answered;",
        "``error.option`` is the option that caused it.",
        "",
        "In the messages below, … stands for what is filled in.",
        "",
    ]
    said = messages()
    for kind in error_classes():
        body += [*heading(f"{kind.kind}"), f"**Cause:** {plain(kind.cause)}", ""]
        if kind.cure:
            body += [f"**Cure:** {plain(kind.cure)}", ""]
        listed = sorted(said.get(kind.__name__, []))
        if listed:
            body += ["**Messages:**", "", *(f"* {plain(text)}" for text in listed), ""]
    return page("reference_errors", "Errors, their causes and cures", body)


# -- the check of CSV files -------------------------------------------------------------------------------------

#: Function of csvfile/rules.py or csvfile/check.py -> the files that its findings are about.
ABOUT = {
    "courses_create": "courses, create",
    "courses_reset": "courses, reset",
    "courses_bindmetas": "courses, bindmetas",
    "courses_list": "courses, delete and check",
    "users": "users",
    "_indexed_columns": "users",
    "_deletions": "users",
    "enrols": "enrols",
    "cohorts": "cohorts",
}
EVERY_FILE = "every file"
LEVELS = ("error", "warning", "destructive")


def findings() -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Kind of file -> code -> (level, what it says)."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for name in ("csvfile/check.py", "csvfile/rules.py"):
        tree = ast.parse((UTILS / name).read_text(encoding="utf-8"))
        for function, known in functions(tree):
            for call in ast.walk(function):
                if isinstance(call, ast.Call):
                    for level, code, text in finding(call, known):
                        listed = found.setdefault(ABOUT.get(function.name, EVERY_FILE), {}).setdefault(code, [])
                        if (level, text) not in listed:
                            listed.append((level, text))
    return found


def finding(call: ast.Call, known: Known) -> list[tuple[str, str, str]]:
    """What a call of note(), Header.error(), Header.warn() or Plan.cell() records: (level, code, text)."""
    arguments, levels = list(call.args), ["error"]
    if called(call) == "cell":
        if len(arguments) < 4:
            return []
        code, message = arguments[2:4]
        if len(arguments) > 4:
            levels = texts(arguments[4], known)
    elif called(call) in ("error", "warn") and len(arguments) == 3:
        code, message = arguments[1:]
        levels = ["error" if called(call) == "error" else "warning"]
    elif called(call) == "note" and len(arguments) in (4, 5):
        code, message = arguments[-2:]
        # What it is given decides the level where it is a parameter.
        levels = texts(arguments[0], known) or ["error", "warning"]
    else:
        return []
    codes, said = texts(code, known), texts(message, known)
    if len(codes) != 1 or not set(levels) <= set(LEVELS):
        return []
    return [(level, codes[0], text) for level in levels for text in said]


def findings_page() -> str:
    body = [
        "Before a file is sent, :ansplugin:`activeprolearn.toolsync.toolsync_upload#module` checks it",
        "by the rules of the plugin's own reader.",
        "What it finds is in :ansretval:`activeprolearn.toolsync.toolsync_upload#module:findings`; each finding has a ``code``.",
        "An **error** keeps the file from being sent. A **warning** does not.",
        "A **destructive** finding is a row that deletes or resets; such a file is sent only with",
        ":ansopt:`activeprolearn.toolsync.toolsync_upload#module:allow_destructive=true`.",
        "",
        "A finding never quotes a cell, because cells are personal data. In the texts below, … stands for what is filled in.",
        "",
    ]
    found = findings()
    for about in [EVERY_FILE, *dict.fromkeys(ABOUT.values())]:
        body += heading(about.capitalize())
        body += [".. list-table::", "   :header-rows: 1", "   :widths: 22 14 64", "", "   * - code", "     - level", "     - what it says"]
        for code, listed in sorted(found[about].items()):
            levels = sorted({level for level, _text in listed}, key=LEVELS.index)
            body += [f"   * - ``{code}``", f"     - {', '.join(levels)}"]
            said = sorted({text for _level, text in listed})
            body += [f"     - {plain(said[0])}"] if len(said) == 1 else [
                f"     {'-' if number == 0 else ' '} * {plain(text)}" for number, text in enumerate(said)
            ]
        body.append("")
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
        listed = [name for name in found.functions if name != site.SITE_INFO]
        allowed = [name for name in found.capabilities if name != "webservice/rest:use"]
        body += [
            f"   * - ``{feature}``",
            "     - " + ", ".join(f"``{name}``" for name in listed) + ("; file uploads" if found.upload else ""),
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


def constants(file: Path) -> dict[str, str]:
    """The texts that a plugin file assigns at its top: DOCUMENTATION and so on."""
    return {
        node.targets[0].id: node.value.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
    }


def modules() -> dict[str, dict]:
    """Name -> documentation, its attributes completed by those of the fragment that all modules share."""
    fragment = yaml.safe_load(constants(ROOT / "plugins/doc_fragments/attributes.py")["DOCUMENTATION"])["attributes"]
    found = {}
    for file in sorted((ROOT / "plugins/modules").glob("*.py")):
        documented = yaml.safe_load(constants(file)["DOCUMENTATION"])
        own = documented.get("attributes", {})
        documented["attributes"] = {name: {**said, **own.get(name, {})} for name, said in fragment.items()}
        found[file.stem] = documented
    return found


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
