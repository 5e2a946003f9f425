# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the execution environment that users are given into one with the collection of this checkout.

Usage: local_definition.py TARBALL FOLDER BASE_IMAGE

Writes FOLDER/execution-environment.yml: the collection comes from TARBALL instead of Galaxy, and the base image is BASE_IMAGE.
All else stays, so that what is built and run here is what users are told to build.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

DEFINITION = Path(__file__).resolve().parents[2] / "playbooks/files/awx/execution-environment.yml"


def local(definition: dict[str, Any], tarball: Path, base_image: str) -> dict[str, Any]:
    changed = dict(definition)
    # ansible-builder copies its folder _build, with these files, to /build.
    collection = {"name": f"/build/collection/{tarball.name}", "type": "file"}
    changed["dependencies"] = {**definition["dependencies"], "galaxy": {"collections": [collection]}}
    changed["additional_build_files"] = [{"src": str(tarball), "dest": "collection"}]
    changed["images"] = {"base_image": {"name": base_image}}
    return changed


def main(tarball: str, folder: str, base_image: str) -> None:
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    changed = local(definition, Path(tarball).resolve(), base_image)
    Path(folder, "execution-environment.yml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
