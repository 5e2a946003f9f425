# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plugin reads a file: PHP's line reading, its comment rule, its encodings and its blind split."""
from __future__ import annotations

import re

from . import php

BOM = b"\xef\xbb\xbf"
LINE_BUFFER = 1024
_COMMENT = re.compile(rb"[(\[\-#/ ]")


class Hang(Exception):
    """The plugin loops for ever here; PHP does so without a time limit."""


def utf8_encode(raw: bytes) -> bytes:
    """PHP's utf8_encode(): takes any byte for ISO-8859-1, so UTF-8 text becomes double-encoded."""
    return raw.decode("latin-1").encode("utf-8")


class Reader:
    """A file opened by PHP with auto_detect_line_endings, read with fgets() and feof()."""

    def __init__(self, content: bytes):
        self._content = content
        self._at = 0
        self.eof = False
        self._mark = self._line_end(content)

    @staticmethod
    def _line_end(content: bytes) -> bytes:
        carriage, newline = content.find(b"\r"), content.find(b"\n")
        old_mac = carriage >= 0 and newline != carriage + 1 and not 0 <= newline < carriage
        return b"\r" if old_mac else b"\n"

    def fgets(self, length: int = LINE_BUFFER) -> bytes:
        """At most ``length - 1`` bytes up to and with the line end; nothing at the end of the file."""
        limit = self._at + length - 1
        end = self._content.find(self._mark, self._at, limit)
        if end >= 0:
            end += 1
        elif len(self._content) >= limit:
            end = limit
        else:
            end = len(self._content)
            self.eof = True
        line = self._content[self._at : end]
        self._at = end
        return line


class CsvFile:
    """The lines of a file as the plugin's loops see them, in text; ``encoding`` is the site's setting."""

    def __init__(self, content: bytes, encoding: str | None):
        self._reader = Reader(content)
        self._utf8 = encoding == "UTF-8"
        self._first = True

    @property
    def eof(self) -> bool:
        return self._reader.eof

    def raw(self) -> bytes:
        """A line as it stands in the file."""
        return self._reader.fgets()

    def read(self) -> bytes:
        """A line, taken for ISO-8859-1 unless the site says UTF-8."""
        line = self._reader.fgets()
        return line if self._utf8 else utf8_encode(line)

    def skipped(self, line: bytes) -> tuple[bool, bytes]:
        """Whether the plugin ignores this line, and what it makes of it: no line ends, encoded once more."""
        if self._first and self._utf8:
            line = line[len(BOM) :] if line.startswith(BOM) else line
            self._first = False
        line = line.replace(b"\r", b"").replace(b"\n", b"")
        if not self._utf8:
            line = utf8_encode(line)
        return not line or bool(_COMMENT.match(line)), line

    def header(self, first_raw: bool = True, then_raw: bool = False) -> tuple[str, int]:
        """The first line that counts and how many stood before it; without one the plugin never comes back."""
        line = self.raw() if first_raw else self.read()
        skipped = 0
        while True:
            ignored, text = self.skipped(line)
            if not ignored:
                return php.text(text), skipped
            if self.eof:
                raise Hang
            line = self.raw() if then_raw else self.read()
            skipped += 1


def trim(value: str) -> str:
    return value.strip(" \t\n\r\0\x0b")
