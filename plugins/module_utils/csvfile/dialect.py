# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plugin reads a CSV file: the one description of its dialect.

Private to this collection. Checking a file, attributing a report to its rows and writing a tryback all read through
this room, so they can't disagree. The dialect has no quoting: a line is split blindly on the separator. Lines are
read with a buffer of 1,024 bytes, so a longer one is cut and its rest read as a line of its own. Lines that start
with one of C(( [ - # /) or a space are passed over.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

# Bytes of a line, its newline included, that the plugin reads at once.
LINE_LIMIT = 1023
COMMENT_STARTS = "([-#/ "
# What PHP's trim() takes off: less than Python's strip(), which takes a no-break space too.
BLANKS = " \t\n\r\0\x0b"
# In users files this stands for the separator (no semicolon at its end).
SEPARATOR_CODE = "&#44"

# A multiple of LINE_LIMIT, so that an endless line is cut in the same places however it is read.
_PIECE = LINE_LIMIT * 64


@dataclass
class Row:
    """A data row. line: 1-based, in the file.

    skipped: why the plugin passes over it without a word: C(dropped) (it starts like a comment) or C(empty_first)
    (users: nothing or 0 in the first column). number: the plugin's own count of lines, 2 for the first one after the
    header.
    part: 0 for a whole line, else which piece of a cut line it is. text: the line, undecodable bytes as surrogates.
    given: how many values the line has.
    """

    line: int
    values: dict[str, str] = field(default_factory=dict)
    skipped: str | None = None
    number: int = 0
    part: int = 0
    text: str = ""
    columns: list[str] = field(default_factory=list)
    given: int = 0


@dataclass(frozen=True)
class Dialect:
    """What differs from service to service in reading a file.

    columns: of a file without a header line. splits_line: false for courses to delete, where the whole line is the identifier.
    """

    columns: tuple[str, ...] = ()
    splits_line: bool = True
    trims_line: bool = False
    trims_header: bool = True
    trims_values: bool = True
    strips_quotes: bool = False
    decodes_separator: bool = False

    def line(self, text):
        """A data line before it is looked at."""
        return text.strip(BLANKS) if self.trims_line else text

    def header(self, text, separator):
        """The column names of a header line."""
        names = text.split(separator)
        return [name.strip(BLANKS) for name in names] if self.trims_header else names

    def cells(self, text, separator):
        """The values of a data line."""
        if not self.splits_line:
            return [text.strip(BLANKS)]
        cells = text.split(separator)
        if self.trims_values:
            cells = [cell.strip(BLANKS) for cell in cells]
        if self.strips_quotes and '"' in text:
            cells = [cell.removeprefix('"').removesuffix('"') for cell in cells]
        if self.decodes_separator and SEPARATOR_CODE in text:
            cells = [cell.replace(SEPARATOR_CODE, separator) for cell in cells]
        return cells


#: (service, action) -> its Dialect; a user is told of services and actions in this order.
_DIALECTS = {
    ("courses", "create"): Dialect(strips_quotes=True),
    ("courses", "delete"): Dialect(columns=("identifier",), splits_line=False),
    ("courses", "reset"): Dialect(trims_header=False, strips_quotes=True),
    ("courses", "check"): Dialect(columns=("identifier", "description")),
    ("courses", "bindmetas"): Dialect(trims_values=False),
    ("users", "sync"): Dialect(trims_line=True, trims_header=False, decodes_separator=True),
    ("enrols", "sync"): Dialect(),
    ("cohorts", "sync"): Dialect(trims_header=False),
}
#: service -> its actions.
ACTIONS = {service: tuple(action for other, action in _DIALECTS if other == service) for service, _action in _DIALECTS}


def dialect_of(service, action):
    """The Dialect of a service and action; without a service (None) what all have in common."""
    return _DIALECTS.get((service, action), Dialect())


def reads(stream):
    """Yield (line, piece, part) for every read that the plugin does of a binary stream.

    line: 1-based number of the line in the file. piece: at most 1,023 bytes, line end included, a leading BOM excluded.
    part: 0 for a whole line, else 1, 2, ... for the pieces of a line that is cut. At most 64 KiB are held.
    """
    piece = stream.readline(_PIECE)
    if piece.startswith(codecs.BOM_UTF8):
        piece = piece[len(codecs.BOM_UTF8) :] or stream.readline(_PIECE)
    end = b"\r" if _ends_with_cr(piece) else b"\n"
    pieces = _cr_lines(piece, stream) if end == b"\r" else chain([piece], iter(partial(stream.readline, _PIECE), b""))
    line = 0
    for piece in filter(None, pieces):
        line += 1
        if len(piece) <= LINE_LIMIT:
            yield line, piece, 0
            continue
        part = 0
        while piece:
            for start in range(0, len(piece), LINE_LIMIT):
                part += 1
                yield line, piece[start : start + LINE_LIMIT], part
            piece = b"" if piece.endswith(end) else next(pieces, b"")


def line_text(piece):
    """The text of a piece as the plugin sees it: without any line end, wherever it stands in the piece."""
    return piece.decode("utf-8", "surrogateescape").replace("\r", "").replace("\n", "")


def passed_over(text, separator, width):
    """Why the plugin passes over a line of a file with that many columns: blank, comment, dropped, or None."""
    if not text:
        return "blank"
    if text[0] not in COMMENT_STARTS:
        return None
    if not text.strip(BLANKS):
        return "blank"
    if text[0] == "#":
        return "comment"
    if width > 1:
        return "dropped" if text.count(separator) == width - 1 else "comment"
    return "dropped" if any(char.isalnum() for char in text) else "comment"


def read_rows(stream, service, action, *, separator=";"):
    """Yield a Row for every data row of a binary stream, lazily and exactly as the plugin reads them.

    Blank lines and comments are left out; data rows that the plugin passes over are not, but marked (Row.skipped).
    """
    dialect = dialect_of(service, action)
    columns = list(dialect.columns) or None
    number = 1
    for line, piece, part in reads(stream):
        text = line_text(piece)
        if columns is None:
            if not passed_over(text, separator, 1):
                columns = dialect.header(text, separator)
            continue
        number += 1
        whole, text = text, dialect.line(text)
        skipped = passed_over(text, separator, 1 if dialect.columns else len(columns))
        if part > 1 and skipped == "comment":
            skipped = "dropped"
        if skipped in ("blank", "comment"):
            continue
        cells = dialect.cells(text, separator)
        values = dict(zip(columns, cells))
        if not skipped and dialect.decodes_separator and values[columns[0]] in ("", "0"):
            skipped = "empty_first"
        yield Row(line, values, skipped, number, part, whole, columns, len(cells))


def _ends_with_cr(piece):
    """Whether lines end with a lone CR. As PHP does, the first line end of the file decides."""
    cr = piece.find(b"\r")
    return cr >= 0 and piece[cr + 1 : cr + 2] != b"\n" and b"\n" not in piece[:cr]


def _cr_lines(head, stream):
    """The lines of a stream that end with CR, in pieces as readline() gives them. head: what was read of it already."""
    while True:
        end = head.find(b"\r", 0, _PIECE) + 1
        more = b"" if end or len(head) >= _PIECE else stream.read(_PIECE)
        if more:
            head += more
            continue
        if not head:
            return
        yield head[: end or _PIECE]
        head = head[end or _PIECE :]
