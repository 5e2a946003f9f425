# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large CSV in parts, each for a run of its own, and which of them are done.

Private to this collection. Every part begins with the header line, and its data lines stand in a run of the source, so that a line of a
part is a line of the source plus an offset. A part is done when its marker, the result of its run, lies beside it; the folder is named
after site, service, action and content, so that another file begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil

from ..csvfile import file as csvfile
from ..errors import CsvRefused, OptionError, SourceFileError, StateFileError
from ..memory import DEFAULT_FOLDER
from ..plan import Plan


def plan(site, *, src, service, action, rows_per_part, separator=";", state="present", dest=None, folder=None):
    """src: path on this host; dest: name that parts are named after; folder: where parts lie, default below the memory's."""
    if rows_per_part < 1:
        raise OptionError("rows_per_part must be at least 1.", option="rows_per_part")
    source = _Source(src, service, action, separator, rows_per_part)
    key = hashlib.sha256(f"{site.moodle.base}\0{service}\0{action}\0{rows_per_part}\0{source.sha256}".encode()).hexdigest()[:16]
    folder = os.path.join(os.path.expanduser(folder or f"{DEFAULT_FOLDER}/parts"), key)
    if state == "absent":
        return _Removal(folder, source)
    return _Split(folder, source, dest or os.path.basename(src))


class _Source:
    """The file: its digest, header and the line ranges of its parts. Read as Latin-1, which keeps every byte."""

    def __init__(self, path, service, action, separator, rows_per_part):
        self.path = path
        try:
            with open(path, "rb") as stream:
                digest = hashlib.sha256()
                for chunk in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(chunk)
                self.sha256 = digest.hexdigest()
                stream.seek(0)
                self.ranges = list(_ranges(csvfile.read_rows(stream, service, action, separator=separator), rows_per_part))
        except OSError as error:
            raise SourceFileError(f"src: {path} cannot be read: {error.strerror}.", option="src") from None
        if not self.ranges:
            raise CsvRefused(f"{os.path.basename(path)} has no data row.", option="src")
        self.headed = (service, action) not in csvfile.HEADERLESS

    def write(self, paths):
        """Write all parts, in one pass over the source."""
        header, number, part = "", 0, 0
        target = None
        try:
            with open(self.path, encoding="latin-1", newline=None) as lines:
                for number, line in enumerate(lines, 1):
                    if number < self.ranges[0][0] and self.headed and line.strip() and line[0] not in csvfile.COMMENT_STARTS:
                        header = line
                    if part < len(paths) and number == self.ranges[part][0]:
                        if target:
                            target.close()
                        target = open(paths[part], "w", encoding="latin-1", newline="\n")
                        target.write(header)
                        part += 1
                    if target:
                        target.write(line)
        finally:
            if target:
                target.close()


class _Split(Plan):
    def __init__(self, folder, source, name):
        self._folder, self._source = folder, source
        stem, dot, extension = name.rpartition(".")
        count = len(source.ranges)
        width = max(3, len(str(count)))
        self._parts = []
        for number, (first_line, rows) in enumerate(source.ranges, 1):
            part = f"{stem or extension}-{number:0{width}}-of-{count:0{width}}{dot and dot + extension}"
            path = os.path.join(folder, part)
            marker = f"{path}.done.json"
            self._parts.append(
                {
                    "src": path,
                    "dest": part,
                    "rows": rows,
                    "line_offset": first_line - (2 if source.headed else 1),
                    "marker": marker,
                    "result": _read(marker),
                }
            )
        changed = not all(os.path.exists(part["src"]) for part in self._parts)
        shown = {"folder": folder, "parts": self._parts, "sha256": source.sha256, "rows": sum(rows for _line, rows in source.ranges)}
        super().__init__(changed=changed, before={}, after={"parts": [part["dest"] for part in self._parts]}, result=shown)

    def apply(self):
        if not self.changed:
            return
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            os.chmod(self._folder, 0o700)
            self._source.write([part["src"] for part in self._parts])
        except OSError as error:
            raise StateFileError(f"The parts could not be written to {self._folder}: {error.strerror}.", option="folder") from None


class _Removal(Plan):
    def __init__(self, folder, source):
        self._folder = folder
        exists = os.path.isdir(folder)
        shown = {"folder": folder, "parts": [], "sha256": source.sha256, "rows": sum(rows for _line, rows in source.ranges)}
        super().__init__(changed=exists, before={"folder": folder} if exists else {}, after={}, result=shown)

    def apply(self):
        shutil.rmtree(self._folder, ignore_errors=True)


def _ranges(rows, size):
    """(line of the first row, number of rows) of every part; a cut line is not torn apart."""
    first, count, last = 0, 0, 0
    for row in rows:
        if row.line != last and count >= size:
            yield first, count
            first, count = 0, 0
        first = first or row.line
        count += 1
        last = row.line
    if count:
        yield first, count


def _read(marker):
    """The result of a part that is done, or None."""
    try:
        with open(marker, encoding="utf-8") as stream:
            result = json.load(stream)
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) else None
