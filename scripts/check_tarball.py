# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that a collection tarball holds what users need at run time, all of it and nothing else.

Usage: check_tarball.py TARBALL

Prints the number of files and exits with 1 after naming each file that is missing or does not belong.
"""

from __future__ import annotations

import sys
import tarfile

#: Files that must be there.
REQUIRED = {
    "CHANGELOG.rst",
    "COPYING",
    "FILES.json",
    "MANIFEST.json",
    "README.md",
    "meta/ee-requirements.txt",
    "meta/execution-environment.yml",
    "meta/runtime.yml",
    "requirements.txt",
}
#: Folders whose files may be there, with the endings that they may have.
ALLOWED = {
    "playbooks/": (".yml", ".csv", ".j2", ".md"),
    "plugins/": (".py", ".yml"),
    "roles/": (".yml", ".j2", ".md", ".php", ".html", ".css", ".py", ".sh"),
}


def belongs(name: str) -> bool:
    return name in REQUIRED or any(name.startswith(folder) and name.endswith(ALLOWED[folder]) for folder in ALLOWED)


def main(path: str) -> int:
    with tarfile.open(path) as tarball:
        names = {member.name for member in tarball.getmembers() if member.isfile()}
    problems = [f"missing: {name}" for name in sorted(REQUIRED - names)]
    problems += [f"does not belong: {name}" for name in sorted(names) if not belongs(name)]
    print(*problems, f"{len(names)} files in {path.rsplit('/', 1)[-1]}", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
