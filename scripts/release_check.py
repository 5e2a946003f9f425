# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must agree before a release: versions, changelog, licence headers, no exceptions from sanity tests.

Usage: release_check.py versions|changelog|licences|ignores

Names each thing that does not agree, and exits with 1 if there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
COPYRIGHT = "Copyright (c) 2026 ActiveProLearn toolsync contributors"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
#: What validate-modules looks for, in modules and in all that runs with them.
GPL = "GNU General Public License v3.0+"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def galaxy() -> dict:
    return yaml.safe_load(read("galaxy.yml"))


def releases() -> dict:
    return yaml.safe_load(read("changelogs/changelog.yaml"))["releases"]


def files() -> list[Path]:
    """The files of the checkout that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def versions() -> list[str]:
    """One version everywhere, and the promised ansible-core the same in meta, README and tests."""
    version = galaxy()["version"]
    problems = []
    if not re.fullmatch(r"[1-9]\d*\.\d+\.\d+", version):
        problems.append(f"galaxy.yml: {version} is not a released version")
    newest = max(releases(), key=lambda name: [int(part) for part in name.split(".")])
    if newest != version:
        problems.append(f"changelog.yaml: the newest release is {newest}, galaxy.yml has {version}")
    if f"\nv{version}\n=" not in read("CHANGELOG.rst"):
        problems.append(f"CHANGELOG.rst: has no heading v{version}: make changelog")
    if f"/{version} " not in re.search('USER_AGENT = "(.*)"', read("plugins/module_utils/wire/transport.py")).group(1):
        problems.append("transport.py: USER_AGENT names another version")
    if f'version: ">={version.split(".")[0]}.0.0"' not in read("README.md"):
        problems.append("README.md: the example of a requirements.yml names another major version")
    core = re.search(r">=(\d+\.\d+)", yaml.safe_load(read("meta/runtime.yml"))["requires_ansible"]).group(1)
    for name, said in (("README.md", f"ansible-core {core} or later"), ("scripts/integration.sh", f"ansible-core~={core}.0")):
        if said not in read(name):
            problems.append(f"{name}: does not say '{said}', as meta/runtime.yml does")
    for file in [*ROOT.glob("plugins/*/*.py"), *ROOT.glob("plugins/*/*.yml"), *ROOT.glob("roles/*/meta/argument_specs.yml")]:
        for added in re.findall(r"version_added: *['\"]?([\d.]+)", file.read_text(encoding="utf-8")):
            if added not in releases():
                problems.append(f"{file.relative_to(ROOT)}: version_added {added} is no release")
    return problems


def changelog() -> list[str]:
    """Every fragment, module, filter and role is in a release."""
    told = releases().values()
    fragments = {name for release in told for name in release.get("fragments", [])}
    problems = [f"{file.name}: is in no release" for file in ROOT.glob("changelogs/fragments/*.yml") if file.name not in fragments]
    if not releases()[galaxy()["version"]].get("changes", {}).get("release_summary"):
        problems.append("the release has no summary")
    listed = {
        "plugins/modules/*.py": {entry["name"] for release in told for entry in release.get("modules", [])},
        "plugins/filter/*.yml": {entry["name"] for release in told for entry in release.get("plugins", {}).get("filter", [])},
        "roles/*": {entry["name"] for release in told for entry in release.get("objects", {}).get("role", [])},
    }
    for pattern, names in listed.items():
        there = {path.stem for path in ROOT.glob(pattern)}
        problems += [f"{name}: is not in the changelog: make changelog" for name in sorted(there - names)]
        problems += [f"{name}: is in the changelog, and not in the collection" for name in sorted(names - there)]
    return problems


def licences() -> list[str]:
    """Every file of code says whose it is and under which licence."""
    problems = []
    for file in files():
        name = file.relative_to(ROOT).as_posix()
        if file.stat().st_size == 0 or not name.endswith((".py", ".php")):
            continue
        head = "".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[:20])
        wanted = [COPYRIGHT, LICENCE, *([GPL] if name.startswith(("plugins/", "roles/")) else [])]
        problems += [f"{name}: lacks '{words}'" for words in wanted if words not in head]
    if "GNU GENERAL PUBLIC LICENSE" not in read("COPYING"):
        problems.append("COPYING: is not the licence")
    return problems


def ignores() -> list[str]:
    """No test of ansible-test is told to look away, neither by a file nor in the code."""
    problems = [f"{file.relative_to(ROOT)}: must not be there" for file in ROOT.glob("tests/sanity/ignore*")]
    for file in files():
        name = file.relative_to(ROOT).as_posix()
        if name.startswith(("plugins/", "roles/", "playbooks/")) and file.suffix in (".py", ".yml", ".yaml"):
            text = file.read_text(encoding="utf-8")
            problems += [f"{name}: {found}" for found in re.findall(r"#.*(?:pylint: *disable|noqa|nosec|skip_ansible_lint).*", text)]
    return problems


CHECKS = {check.__name__: check for check in (versions, changelog, licences, ignores)}


def main(name: str) -> int:
    problems = CHECKS[name]()
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
