# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PHP reads a request and writes JSON, with its limits, and Moodle's cleaning of values.

Bytes that are no UTF-8 travel as surrogate escapes, so that they are seen, not lost, where PHP would choke on them.
"""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes


def text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def is_utf8(value: str) -> bool:
    return not any("\udc80" <= char <= "\udcff" for char in value)


def truthy(value: Any) -> bool:
    """PHP's idea of true: ``"0"`` is false."""
    return value not in (None, "", "0", 0, False)


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")


# -- request variables --------------------------------------------------------------------------------------------


def urlencoded(raw: bytes) -> list[tuple[str, str]]:
    pairs = []
    for part in raw.split(b"&"):
        if part:
            name, _equals, value = part.replace(b"+", b" ").partition(b"=")
            pairs.append((text(unquote_to_bytes(name)), text(unquote_to_bytes(value))))
    return pairs


def variables(pairs: list[tuple[str, str]], max_input_vars: int) -> dict[str, Any]:
    """The nested array PHP makes of ``a[b][c]=d``; what comes after max_input_vars variables is dropped in silence."""
    result: dict[str, Any] = {}
    for name, value in pairs[:max_input_vars]:
        _place(result, name, value)
    return result


def _place(result: dict[str, Any], name: str, value: str) -> None:
    name = name.lstrip(" ")
    base, bracket, rest = name.partition("[")
    if not base:
        return
    keys = [re.sub(r"[ .]", "_", base)]
    if bracket:
        keys_found = re.match(r"(?:\[[^\]]*\])+", "[" + rest)
        if keys_found is None:
            keys = [re.sub(r"[ .\[]", "_", name)]
        else:
            keys += re.findall(r"\[([^\]]*)\]", keys_found.group(0))
    place: dict[str, Any] = result
    for key, following in zip(keys, [*keys[1:], None]):
        if key == "" and place is not result:
            numbers = [int(known) for known in place if known.isdigit()]
            key = str(max(numbers) + 1 if numbers else 0)
        if following is None:
            place[key] = value
        else:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]


@dataclass
class Upload:
    """One entry of $_FILES; ``error`` is PHP's UPLOAD_ERR_* number, 0 for none."""

    field: str
    name: str
    content: bytes
    error: int = 0


def multipart(body: bytes, content_type: str, upload_max: int) -> tuple[list[tuple[str, str]], list[Upload]]:
    """Form fields and files of a multipart body. Like PHP, a Content-Transfer-Encoding header means nothing here."""
    found = re.search(r'boundary="?([^";,]+)"?', content_type, re.IGNORECASE)
    if not found:
        return [], []
    mark = b"--" + found.group(1).encode("latin-1")
    fields: list[tuple[str, str]] = []
    files: list[Upload] = []
    form_limit = 0
    for part in _parts(body, mark):
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank:
            continue
        disposition = ""
        for line in text(head).split("\r\n"):
            if line.lower().startswith("content-disposition:"):
                disposition = line
        name = _parameter(disposition, "name")
        filename = _parameter(disposition, "filename")
        if name is None:
            continue
        if filename is None:
            fields.append((name, text(content)))
            if name == "MAX_FILE_SIZE" and content.isdigit():
                form_limit = int(content)
            continue
        error = 0
        if filename == "":
            error = 4
        elif len(content) > upload_max:
            error = 1
        elif form_limit and len(content) > form_limit:
            error = 2
        # PHP itself cuts the path from the name.
        files.append(Upload(name, re.split(r"[/\\]", filename)[-1], b"" if error else content, error))
    return fields, files[:20]


def _parts(body: bytes, mark: bytes) -> list[bytes]:
    parts = []
    at = body.find(mark)
    while at >= 0:
        start = at + len(mark)
        if body[start : start + 2] == b"--":
            break
        start = body.find(b"\r\n", start) + 2
        at = body.find(b"\r\n" + mark, start - 2)
        if start < 2 or at < 0:
            break
        parts.append(body[start:at] if at >= start else b"")
        at += 2
    return parts


def _parameter(disposition: str, name: str) -> str | None:
    found = re.search(rf'[;\s]{name}="((?:[^"\\]|\\.)*)"', disposition) or re.search(
        rf"[;\s]{name}=([^;\s]*)", disposition
    )
    return re.sub(r'\\(["\\])', r"\1", found.group(1)) if found else None


# -- cleaning -----------------------------------------------------------------------------------------------------


def strip_tags(value: str) -> str:
    """PHP's strip_tags(): ``<`` begins a tag unless white space follows; an unclosed tag eats the rest."""
    out: list[str] = []
    depth = 0
    in_tag = False
    quote = ""
    comment_end = -1
    for index, char in enumerate(value):
        following = value[index + 1 : index + 2]
        if char == "\0" or index < comment_end:
            continue
        if not in_tag:
            if value.startswith("<!--", index):
                closed = value.find("-->", index + 4)
                comment_end = closed + 3 if closed >= 0 else len(value)
            elif char == "<" and not following.isspace():
                in_tag = True
            else:
                out.append(char)
        elif char in "\"'":
            quote = "" if quote == char else quote or char
        elif quote:
            continue
        elif char == "<" and not following.isspace():
            depth += 1
        elif char == ">":
            if depth:
                depth -= 1
            else:
                in_tag = False
    return "".join(out)


def format_string(value: str) -> str:
    """Moodle's format_string(): a name made ready for a web page, its markup gone."""
    return strip_tags(_BARE_AMPERSAND.sub("&amp;", value)).replace("<", "&lt;").replace(">", "&gt;")


_BARE_AMPERSAND = re.compile(r"&(?![a-zA-Z0-9#]{1,8};)")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def clean(value: str, kind: str) -> str:
    """Moodle's clean_param() for the kinds of parameter that occur here."""
    if kind == "raw":
        return value
    value = "".join(char for char in value if not "\udc80" <= char <= "\udcff" and char != "\0")
    if kind == "text":
        return strip_tags(value)
    if kind == "notags":
        return strip_tags(value)
    if kind == "int":
        found = re.match(r"\s*([+-]?\d+)", value)
        return str(int(found.group(1))) if found else "0"
    if kind == "bool":
        lowered = value.lower()
        if lowered in ("on", "yes", "true"):
            return "1"
        return "0" if lowered in ("off", "no", "false") or not truthy(value) else "1"
    if kind == "alphanum":
        return re.sub(r"[^A-Za-z0-9]", "", value)
    if kind == "alphanumext":
        return re.sub(r"[^A-Za-z0-9_-]", "", value)
    if kind == "alpha":
        return re.sub(r"[^A-Za-z]", "", value)
    if kind == "username":
        return re.sub(r"[^-.@_a-z0-9]", "", value.replace(" ", "").lower())
    if kind == "email":
        return value if _ADDRESS.fullmatch(value) else ""
    if kind == "sequence":
        return re.sub(r"[^0-9,]", "", value)
    if kind == "file":
        value = re.sub(r"[\x00-\x1f|&<>\"`':\\/]", "", value)
        value = re.sub(r"\.\.+", "", value)
        return "" if value == "." else value
    if kind == "path":
        value = value.replace("\\", "/")
        value = re.sub(r"[\x00-\x1f&<>\"`|':]", "", value)
        value = re.sub(r"\.\.+", "", value)
        return re.sub(r"//+", "/", re.sub(r"/(\./)+", "/", value))
    raise ValueError("unknown kind of parameter: " + kind)
