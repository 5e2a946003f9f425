# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CSV that a user gave as a path, a text or rows, as the bytes that are sent.

Private to this collection.
"""

from __future__ import annotations

import os
import stat
import tempfile

from ..errors import CsvRefused, SourceFileError
from . import file as csvfile

_BOM = b"\xef\xbb\xbf"
#: Options of a module that takes a file, and what a Source is made from.
SOURCE_SPEC = {
    "src": {"type": "path"},
    "remote_src": {"type": "bool", "default": False},
    "content": {"type": "str"},
    "rows": {"type": "list", "elements": "dict"},
    "columns": {"type": "list", "elements": "str"},
    "separator": {"type": "str", "default": ";"},
    "site_separator": {"type": "str", "choices": [";", ","]},
    "encoding": {"type": "str", "default": "utf-8"},
}


class Source:
    """A CSV that a user gave as a path, a text or rows, as the bytes that are sent.

    path: of these bytes, on this host; separator: the one they have; name: the base name of src, or None. Nothing is copied where
    src can be sent as it is. Raises SourceFileError, CsvRefused.
    """

    def __init__(
        self,
        *,
        src=None,
        content=None,
        rows=None,
        columns=None,
        separator=";",
        site_separator=None,
        encoding="utf-8",
        service=None,
        action=None,
    ):
        self._folder = tempfile.TemporaryDirectory(prefix="toolsync-")
        self.name = os.path.basename(src) if src else None
        self.separator = site_separator or separator
        if rows is not None:
            self.path = self._scratch("rows", _rendered(rows, columns, self.separator, service, action))
            return
        given = _regular(src) if src else self._scratch("content", content.encode("utf-8"))
        self.path = self._to_send(given, separator, encoding if src else "utf-8")

    @classmethod
    def of(cls, params, service=None, action=None):
        """The Source that a module's options name."""
        return cls(service=service, action=action, **{name: params[name] for name in SOURCE_SPEC if name != "remote_src"})

    def close(self):
        self._folder.cleanup()

    def _scratch(self, name, data):
        path = os.path.join(self._folder.name, name)
        with open(path, "wb") as stream:
            stream.write(data)
        return path

    def _to_send(self, given, separator, encoding):
        with open(given, "rb") as original:
            plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8") and original.read(3) != _BOM
            if plain and separator == self.separator:
                return given
            original.seek(0)
            path = os.path.join(self._folder.name, "sent")
            with open(path, "wb") as target:
                try:
                    csvfile.normalise(
                        original, target, separator=separator, encoding=encoding, site_separator=self.separator
                    )
                except ValueError as error:
                    raise CsvRefused(f"The file can't be re-encoded: {error}.", option="encoding") from None
        return path


def _rendered(rows, columns, separator, service, action):
    try:
        return csvfile.render(rows, columns, separator=separator, service=service, action=action)
    except ValueError as error:
        raise CsvRefused(f"rows can't be written as the plugin's CSV: {error}.", option="rows") from None


def _regular(src):
    try:
        mode = os.stat(src).st_mode
    except OSError as error:
        raise SourceFileError(f"src: {src} cannot be read: {error.strerror}.", option="src") from None
    if not stat.S_ISREG(mode):
        raise SourceFileError(f"src: {src} is not a regular file.", option="src")
    if not os.access(src, os.R_OK):
        raise SourceFileError(f"src: {src} cannot be read: permission denied.", option="src")
    return src
