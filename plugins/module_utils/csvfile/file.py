# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV files as the plugin takes them: render, re-encode.

Private to this collection. Nothing here keeps a file in memory but render(), which makes one.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import shutil

from .check import ARCHIVES
from .dialect import BLANKS, COMMENT_STARTS, LINE_LIMIT, SEPARATOR_CODE, dialect_of

_CHUNK = 1 << 16


def render(rows, columns=None, *, separator, service, action):
    """The plugin's CSV (bytes: UTF-8, LF, no byte order mark) of a list of dicts.

    columns: their order, default that of first appearance; if a row would then start like a comment, another column
    comes first. True, False and None become 1, 0 and nothing. ValueError names the row (from 1) and the column of
    what the dialect can't carry, never the content.
    """
    if not rows:
        raise ValueError("there are no rows")
    headerless = bool(dialect_of(service, action).columns)
    names = _columns(rows, columns)
    table = [[_cell(number, name, row.get(name), separator, service) for name in names] for number, row in enumerate(rows, 1)]
    if columns is None and not headerless:
        order = _best_order(table, service)
        names = [names[place] for place in order]
        table = [[cells[place] for place in order] for cells in table]
    lines = [] if headerless else [_header(names, separator)]
    lines += [_line(number, cells, names, separator, service) for number, cells in enumerate(table, 1)]
    return b"".join(lines)


def _columns(rows, columns):
    names = dict.fromkeys(columns or ())
    if columns is not None and len(names) != len(columns):
        raise ValueError("columns names a column more than once")
    for number, row in enumerate(rows, 1):
        if columns is not None and not names.keys() >= row.keys():
            raise ValueError(f"row {number} has a value for a column that columns does not name")
        names.update(dict.fromkeys(row))
    if not all(isinstance(name, str) and name and name == name.strip(BLANKS) for name in names):
        raise ValueError("every column needs a name, without a space around it")
    if not names:
        raise ValueError("there are no columns")
    return list(names)


def _cell(number, column, value, separator, service):
    """One value as text, checked for what the dialect can't carry."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        # 2026.10 is 2026.1 by now, and 20260000000000000.0 is 2.026e+16.
        raise _refusal(number, column, "is a number with a point or an exponent, which YAML shortens: put it in quotes")
    if not isinstance(value, (str, int, datetime.date, datetime.time)):
        raise _refusal(number, column, "must be a text, a whole number, a date, true, false or null")
    text = str(value).strip(BLANKS)
    if "\n" in text or "\r" in text:
        raise _refusal(number, column, "has a line break, which the plugin's CSV can't carry")
    if "\0" in text:
        raise _refusal(number, column, "has a NUL character")
    if service == "users" and SEPARATOR_CODE in text:
        raise _refusal(number, column, f"has the code {SEPARATOR_CODE}, which the plugin would take for the separator")
    if separator in text:
        if service != "users":
            raise _refusal(number, column, "has the separator in it, and the plugin's CSV has no quoting")
        text = text.replace(separator, SEPARATOR_CODE)
    if service == "courses" and text and '"' in (text[0], text[-1]):
        raise _refusal(number, column, "starts or ends with a quote, which the plugin would take off")
    return text


def _refusal(number, column, why):
    return ValueError(f"row {number}, column {column} {why}")


def _best_order(table, service):
    """The places of the columns, with one first that no row starts a comment with, if there is one."""
    places = range(len(table[0]))
    first = next((place for place in places if all(_may_be_first(cells[place], service) for cells in table)), 0)
    return sorted(places, key=lambda place: place != first)


def _may_be_first(cell, service):
    if service == "users" and cell in ("", "0"):
        return False
    return cell[:1] not in COMMENT_STARTS if cell else True


def _header(names, separator):
    text = separator.join(names)
    if any(separator in name or "\n" in name or "\r" in name for name in names):
        raise ValueError("a column name has the separator or a line break in it")
    if text[0] in COMMENT_STARTS:
        raise ValueError("the first column's name starts like a comment")
    return _encoded(text, "the header")


def _line(number, cells, names, separator, service):
    text = separator.join(cells)
    if not any(cells):
        raise ValueError(f"row {number} is empty")
    if text[0] in COMMENT_STARTS:
        raise _refusal(number, names[0], f"starts with one of {COMMENT_STARTS.strip()} or a space: the plugin drops such a row")
    if service == "users" and cells[0] in ("", "0"):
        raise _refusal(number, names[0], "is the first one and empty or 0: the plugin drops such a row")
    longest = max(range(len(cells)), key=lambda place: len(cells[place]))
    return _encoded(text, f"row {number} (its longest column is {names[longest]})")


def _encoded(text, what):
    try:
        line = text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        raise ValueError(f"{what} has a character that UTF-8 can't hold") from None
    if len(line) > LINE_LIMIT:
        raise ValueError(f"{what} is longer than the {LINE_LIMIT} bytes that the plugin reads")
    return line


def normalise(source, target, *, separator, encoding, site_separator):
    """Copy a CSV from one binary stream, read from its beginning, to another as UTF-8 without a byte order mark.

    When site_separator differs from separator, the source is read with the usual CSV quoting and written without it. An archive is copied
    untouched. ValueError names line and column, never content.
    """
    try:
        "".encode(encoding)
    except LookupError:
        raise ValueError("encoding: there is no text encoding of that name") from None
    is_archive = source.read(3).startswith(ARCHIVES)
    source.seek(0)
    if is_archive:
        shutil.copyfileobj(source, target)
        return
    texts = _decoded(source, encoding)
    if site_separator != separator:
        _reseparate(texts, target, separator, site_separator)
        return
    for text in texts:
        target.write(text.encode("utf-8"))


def _decoded(source, encoding):
    """Yield the text of a binary stream in pieces, without byte order marks at its beginning."""
    text_of = codecs.getincrementaldecoder(encoding)().decode
    line, is_first, more = 1, True, True
    while more:
        more = source.read(_CHUNK)
        try:
            text = text_of(more, not more)
        except UnicodeDecodeError as error:
            line += _line_ends(error.object[: int(error.start)].decode(error.encoding, "replace"))
            raise ValueError(f"line {line} is not {encoding}: name its encoding with the option encoding") from None
        except UnicodeError:
            raise ValueError(f"the file is not {encoding}: name its encoding with the option encoding") from None
        line += _line_ends(text)
        if text:
            yield text.lstrip("\ufeff") if is_first else text
            is_first = False


def _line_ends(text):
    return text.count("\n") or text.count("\r")


def _reseparate(texts, target, separator, site_separator):
    """Write the lines with another separator. Comments are passed on as they are."""
    # The line that was read last, and the one where the record begins that is being read.
    number, first = 0, 1

    def lines():
        nonlocal number, first
        for line in _lines(texts):
            number += 1
            if line.startswith("#") and number == first:
                target.write(line.encode("utf-8"))
                first += 1
            else:
                yield line

    columns = None
    try:
        for cells in csv.reader(lines(), delimiter=separator, quotechar='"'):
            for place, cell in enumerate(cells):
                why = "a line break" if "\n" in cell else "the site's separator" if site_separator in cell else None
                if why:
                    column = columns[place] if columns and place < len(columns) else place + 1
                    raise ValueError(f"line {first}, column {column} has {why} in it, which the plugin's CSV can't carry")
            if cells and columns is None:
                columns = [cell if cell.isidentifier() else number for number, cell in enumerate(cells, 1)]
            target.write((site_separator.join(cells) + "\n").encode("utf-8"))
            first = number + 1
    except csv.Error:
        raise ValueError(f"line {first} can't be read as CSV with the separator given") from None


def _lines(texts):
    """Yield the lines of pieces of text, each with a line feed at its end."""
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest = ""
    for text in texts:
        *lines, rest = (rest + newlines.decode(text)).split("\n")
        yield from (f"{line}\n" for line in lines)
        if len(rest) > csv.field_size_limit():
            raise csv.Error("a line without an end")
    rest += newlines.decode("", final=True)
    if rest:
        yield rest if rest.endswith("\n") else f"{rest}\n"
