# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Play the recordings of a real Moodle against the practice Moodle and tell where it answers otherwise.

    python -m tests.contract.replay [4.1] [4.3] [4.5] [5.1]

Each recording begins with a site of its own.

Compared are the HTTP status, the type of the content, a JSON body value by value, another body word by word. In texts,
numbers, PHP's temporary names, keys and the site's address are folded. An answer of a core function may leave fields out,
but what it holds must agree.
"""
from __future__ import annotations

import gzip
import http.client
import json
import re
import sys
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulator.fixture import Practice

RECORDINGS = Path(__file__).parent / "recordings"
VERSIONS = ("4.1", "4.3", "4.5", "5.1")
# Each of these starts from the same state; the conditions come after the sequence.
KINDS = ("sequence", "core")
# Numbers of the recorded sites alone: the clock, chance, contexts that the practice has no use for, and how the recorded
# courses were made, which differs from one recording to the next.
OWN_NUMBERS = {
    "contextid", "itemid", "avscantime", "timecreated", "timemodified", "startdate", "sortorder", "newsitems", "enablecompletion",
}
# The day of the recording: one enrolment in it begins in September 2026.
RECORDED = "2026-11-22"


@dataclass
class Compared:
    """One exchange and what came of it; ``difference`` is empty when both agree."""

    number: int
    label: str
    difference: str
    recorded: str
    answered: str


def load(version: str, kind: str) -> list[dict[str, Any]]:
    with gzip.open(RECORDINGS / f"moodle-{version}.{kind}.json.gz") as recording:
        return json.load(recording)["exchanges"]


class Player:
    """Sends recorded requests to a practice Moodle; carries draft item ids over from its own upload answers."""

    def __init__(self, practice: Practice):
        self.base = practice.url
        self.marks = {"{{token}}": practice.token, "{{base}}": practice.url}
        self.marks.update({f"{{{{token:{name}}}}}": token for name, token in practice.service_tokens.items()})
        self.drafts: dict[str, str] = {}

    def play(self, number: int, exchange: dict[str, Any]) -> Compared:
        request, recorded = exchange["request"], exchange["response"]
        status, headers, text = self._send(request)
        text = text.replace(self.base.replace("/", "\\/"), "{{base}}").replace(self.base, "{{base}}")
        wanted, got = _json(recorded["body"]), _json(text)
        if "files" in request:
            self._learn_drafts(wanted, got)
        function = dict(request.get("form", [])).get("wsfunction", "")
        difference = ""
        if status != recorded["status"]:
            difference = f"status {recorded['status']} != {status}"
        for name, value in recorded["headers"].items():
            given = headers.get(name, "").replace(self.base, "{{base}}")
            if not difference and given.lower() != value.lower():
                difference = f"{name}: {value!r} != {given!r}"
        if not difference and (wanted is None) != (got is None):
            difference = "one body is JSON, the other is not"
        elif not difference and wanted is None:
            same = fold(recorded["body"]).split() == fold(text).split()
            difference = "" if same else "the text differs"
        elif not difference:
            difference = differ(wanted, got, function.startswith(("core_", "enrol_manual_")))
        return Compared(number, exchange["label"], difference, recorded["body"], text)

    def _send(self, request: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        values = []
        for name, value in request.get("form", []):
            value = self.drafts.get(value, value) if name in ("draftitemid", "itemid") else value
            for mark, real in self.marks.items():
                value = value.replace(mark, real)
            values.append((name, value))
        path, headers, body = request["path"], dict(request.get("headers", {})), b""
        if "files" in request:
            mark = uuid.uuid4().hex
            headers["Content-Type"] = "multipart/form-data; boundary=" + mark
            body = multipart(mark, values, request["files"])
        elif request["method"] == "GET":
            path += "?" + urllib.parse.urlencode(values)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(values).encode()
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.base).netloc, timeout=120)
        try:
            connection.request(request["method"], path, body=body or None, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text
        finally:
            connection.close()

    def _learn_drafts(self, wanted: Any, got: Any) -> None:
        if isinstance(wanted, list) and isinstance(got, list):
            for left, right in zip(wanted, got):
                if "itemid" in left and "itemid" in right:
                    self.drafts[str(left["itemid"])] = str(right["itemid"])


def multipart(mark: str, values: list[tuple[str, str]], files: list[list[str]]) -> bytes:
    parts = []
    for name, value in values:
        if name == "token" and value == "":
            continue
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n')
    for field, name, content in files:
        head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: text/csv'
        parts.append(f"--{mark}\r\n{head}\r\n\r\n{content}\r\n")
    return ("".join(parts) + f"--{mark}--\r\n").encode()


def fold(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{32}\b|\{\{other_token\}\}", "key", text)
    text = re.sub(r"php[A-Za-z0-9]{6}", "php", text)
    return re.sub(r"\d+", "#", text)


def _json(text: str) -> Any:
    """The decoded body, ("null",) for JSON's null, None for what is no JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return ("null",) if value is None else value


def differ(want: Any, got: Any, subset: bool, where: str = "") -> str:
    """The first difference between two decoded JSON values, or nothing."""
    if type(want) is not type(got):
        return f"{where}: {want!r} != {got!r}"[:400]
    if isinstance(want, str):
        return "" if fold(want) == fold(got) else f"{where}: {want!r} != {got!r}"
    if isinstance(want, (list, tuple)):
        if len(want) != len(got):
            return f"{where}: {len(want)} items != {len(got)}"
        pairs = [(left, right, f"{where}[{index}]") for index, (left, right) in enumerate(zip(want, got))]
    elif isinstance(want, dict):
        missing, extra = set(want) - set(got), set(got) - set(want)
        if extra or (missing and not subset):
            return f"{where}: keys missing {sorted(missing)}, extra {sorted(extra)}"
        pairs = [(want[key], got[key], f"{where}.{key}") for key in got]
    elif isinstance(want, bool):
        return "" if want == got else f"{where}: {want} != {got}"
    else:
        return "" if want == got or where.rpartition(".")[2] in OWN_NUMBERS else f"{where}: {want} != {got}"
    for left, right, place in pairs:
        found = differ(left, right, subset, place)
        if found:
            return found
    return ""


def play(player: Player, version: str, kind: str) -> list[Compared]:
    return [player.play(number, exchange) for number, exchange in enumerate(load(version, kind))]


def practice_for(version: str) -> Practice:
    """The recorded sites could not send mail."""
    return Practice("--moodle", version, "--today", RECORDED, "--condition", "mail-broken")


def player_for(practice: Practice, version: str, kind: str) -> Player:
    """With a token as the recording's: for the functions that its first answer lists, or for all that it calls."""
    exchanges = load(version, kind)
    if kind == "core":
        functions = list(dict.fromkeys(dict(exchange["request"]["form"])["wsfunction"] for exchange in exchanges))
    else:
        functions = [function["name"] for function in json.loads(exchanges[0]["response"]["body"])["functions"]]
    practice.configure(service={"shortname": "practice", "functions": functions})
    return Player(practice)


def _report(version: str, kind: str) -> Iterator[str]:
    with practice_for(version) as practice:
        compared = play(player_for(practice, version, kind), version, kind)
    differing = [one for one in compared if one.difference]
    for one in differing:
        yield f"DIFFERS  {one.number} {one.label}: {one.difference}"
    yield f"Moodle {version}, {kind}: {len(compared) - len(differing)} of {len(compared)} exchanges agree"


def main(versions: list[str]) -> int:
    failed = False
    for version in versions or VERSIONS:
        for kind in KINDS:
            for line in _report(version, kind):
                failed = failed or line.startswith("DIFFERS")
                print(line, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
