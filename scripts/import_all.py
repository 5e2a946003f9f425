# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import every plugin file of an installed collection by its full name, and nothing of it from elsewhere.

Usage: import_all.py FOLDER (the one that holds ansible_collections)
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(folder: Path) -> int:
    sys.path.insert(0, str(folder))
    names = [
        ".".join(file.relative_to(folder).with_suffix("").parts)
        for file in sorted(folder.glob("ansible_collections/*/*/plugins/**/*.py"))
        if file.name != "__init__.py"
    ]
    for name in names:
        importlib.import_module(name)
    strays = [
        f"{name} comes from {module.__file__}"
        for name, module in sys.modules.items()
        if name.startswith("ansible_collections.")
        and getattr(module, "__file__", None)
        and not Path(module.__file__).is_relative_to(folder)
    ]
    print(*strays, f"{len(names)} plugin files imported", sep="\n")
    return 1 if strays or not names else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
