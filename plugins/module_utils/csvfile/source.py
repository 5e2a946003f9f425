# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user gave as a path, a text or rows, as the file that is sent. Private to this collection."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import stat
import tempfile

from ..errors import CsvRefused, SourceFileError
from .check import Check
from .file import normalise, render

_CHUNK = 1 << 20
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

    params: a module's options, as in SOURCE_SPEC; path: of the bytes, on this host, until C(close); separator: the one they have; name: the
    base name of src, or None. Nothing is copied where src can be sent as it is. Raises SourceFileError, CsvRefused.
    """

    def __init__(self, params, service, action):
        self._made = contextlib.ExitStack()
        src, separator, encoding = params["src"], params["separator"], params["encoding"]
        self.name = os.path.basename(src) if src else None
        self.separator = params["site_separator"] or separator
        given = _regular(src) if src else None
        try:
            if params["rows"] is not None:
                self.path = self._scratch(_rendered(params, self.separator, service, action))
                return
            if given is None:
                given, encoding = self._scratch(_encoded(params["content"])), "utf-8"
            self.path = self._to_send(given, separator, encoding)
        except OSError as error:
            raise SourceFileError(
                f"The file to send could not be made in the folder for temporary files: {error.strerror}.",
                cure="Make room there, or name another folder with the environment variable TMPDIR; nothing was sent.",
            ) from None

    def inspect(self, service, action, settings):
        """(Check, SHA-256 in hex, os.stat_result) of the file. settings: what is known of the plugin's for the service."""
        with open(self.path, "rb") as stream:
            state, digest = os.fstat(stream.fileno()), _digest(stream)
            stream.seek(0)
            check = Check(stream, service, action, separator=self.separator, settings=settings)
        return check, digest, state

    def digest(self):
        """SHA-256 in hex of the file."""
        with open(self.path, "rb") as stream:
            return _digest(stream)

    def close(self):
        self._made.close()

    def _new_file(self):
        """(a new binary file for this user only, its path). Whatever ends this process, nothing is left of it.

        Linux gives a path to files without a name. Elsewhere it has one until C(close).
        """
        stream = self._made.enter_context(tempfile.TemporaryFile())
        path = f"/proc/self/fd/{stream.fileno()}"
        if not os.path.exists(path):
            stream = self._made.enter_context(tempfile.NamedTemporaryFile(prefix="toolsync-"))
            path = stream.name
        return stream, path

    def _scratch(self, data):
        stream, path = self._new_file()
        stream.write(data)
        stream.flush()
        return path

    def _to_send(self, given, separator, encoding):
        with open(given, "rb") as original:
            plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8") and original.read(3) != codecs.BOM_UTF8
            if plain and separator == self.separator:
                return given
            original.seek(0)
            target, path = self._new_file()
            try:
                normalise(original, target, separator=separator, encoding=encoding, site_separator=self.separator)
            except ValueError as error:
                raise CsvRefused(f"The file can't be re-encoded: {error}.", option="encoding") from None
            target.flush()
        return path


def _digest(stream):
    found = hashlib.sha256()
    for chunk in iter(lambda: stream.read(_CHUNK), b""):
        found.update(chunk)
    return found.hexdigest()


def _encoded(content):
    try:
        return content.encode("utf-8")
    except UnicodeEncodeError:
        raise CsvRefused("content has a character that UTF-8 can't hold.", option="content") from None


def _rendered(params, separator, service, action):
    try:
        return render(params["rows"], params["columns"], separator=separator, service=service, action=action)
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
