# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a server answers - any JSON at any place, any bytes, any size, as slowly as it likes - a task ends, and tells what came.

Its result is then one that can be told (JSON), never "a defect", and does not call unchanged what it may have changed.
TOOLSYNC_FUZZ multiplies how much is tried.
"""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import multiprocessing
import os
import random
import re
import resource
import signal
import socket
import threading
import time
import urllib.parse
import zlib

import pytest
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import lines as reportlines
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report import outcome as report
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.report.services import PARSERS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import NO_PARAMETER, Moodle
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import Reply, Transport
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.test_matrix import digest
from tests.scenarios import SCENARIOS, World
from tests.simulator.fixture import Practice

TIMES = int(os.environ.get("TOOLSYNC_FUZZ", "1"))
#: Answers of each scenario that are changed at a place.
TRIED = 12 * TIMES
GONE = object()
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
WRITING = {name for name, function in FUNCTIONS.items() if function.writes}
STRANGE = (
    None, GONE, "x", "", 7, -1, 0, 1.5, True, False, [], {}, [None], ["x"], {"a": 1}, float("nan"), float("inf"), 10**400, "\x1b[31m\ud800",
    "\0", [[]] * 3, {"exception": 7}, {"errorcode": [], "message": {}}, {"error": None},
)  # fmt: skip
#: More than any of it may take, and far less than for ever.
HANGING = 240
#: Bytes of memory that a client may take, beyond what Python and the tests have.
MOST_MEMORY = 130 << 20


@pytest.fixture(autouse=True)
def no_hang():
    """End a test that does not end."""

    def late(*unused):
        raise RuntimeError("a hang")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANGING * TIMES)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# -- any JSON at any place ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def practice():
    with Practice() as running:
        yield running


class Tampered:
    """Between the client and a practice Moodle: writes the answers down, and changes one."""

    def __init__(self, monkeypatch):
        self.bodies, self.names = [], []
        self._place = self._change = None
        send_once = Transport._send_once

        def sent(transport, *args):
            reply = send_once(transport, *args)
            body = reply.body
            if len(self.bodies) == self._place:
                body = self._change(bytes(body))
            self.bodies.append(bytes(reply.body))
            form = dict(urllib.parse.parse_qsl(args[1].decode())) if isinstance(args[1], bytes) else {}
            self.names.append("" if NO_PARAMETER in form else form.get("wsfunction", ""))
            return Reply(reply.status, reply.headers, body, reply.url)

        monkeypatch.setattr(Transport, "_send_once", sent)
        monkeypatch.setitem(Transport.__init__.__kwdefaults__, "sleep", lambda seconds: None)

    def strike(self, place, change):
        self.bodies, self.names = [], []
        self._place, self._change = place, change

    @property
    def hit_what_writes(self):
        return self._place < len(self.names) and self.names[self._place] in WRITING


def places(value, path=()):
    """The paths of all places in a JSON value; of lists the first entry stands for all."""
    yield path
    pairs = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def put(value, path, new):
    """The JSON text of a value with something else at a place."""
    value = {"root": copy.deepcopy(value)}
    inside, key = value, "root"
    for step in path:
        inside, key = inside[key], step
    if new is GONE:
        del inside[key]
    else:
        inside[key] = new
    text = json.dumps(value["root"]) if "root" in value else ""
    return text.encode()


def ends_well(result, before, practice, where):
    """Whether a task's result is one that may be told, whatever the answers were."""
    assert "error" in result or not result.get("failed"), (where, result.get("exception"))
    json.dumps(result, allow_nan=False, ensure_ascii=False).encode()
    assert not UNSEEN.search(result.get("msg", "") + "".join(result.get("warnings", ())))
    # A server that lies about what it holds is believed; one that says nothing of what it did is not.
    if before is not None and not result["changed"] and result.get("changed_is_certain", True):
        assert digest(practice) == before, (where, "called unchanged")


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("kind", ["types", "bytes"])
def test_an_answer_that_is_changed_at_a_place(practice, tmp_path_factory, monkeypatch, name, kind):
    scenario, chance = SCENARIOS[name], random.Random(f"{name} {kind}")

    def prepared():
        world = World(practice, tmp_path_factory.mktemp("world"))
        scenario.prepare(world)
        return world, digest(practice)

    tampered = Tampered(monkeypatch)
    world, _before = prepared()
    tampered.strike(-1, None)
    result = run(scenario.task(), scenario.parameters(world, retries=0))
    assert not result.get("failed"), result
    bodies = list(tampered.bodies)
    changes = list(_of_types(bodies) if kind == "types" else _of_bytes(bodies, chance))
    for where, place, change in chance.sample(changes, min(TRIED, len(changes))):
        world, before = prepared()
        tampered.strike(place, change)
        result = run(scenario.task(), scenario.parameters(world, retries=0), diff=True)
        ends_well(result, before if tampered.hit_what_writes else None, practice, (place, where))


def _of_types(bodies):
    """(a description, the answer's number, body -> another body) of all that can be changed."""
    for number, body in enumerate(bodies):
        value = json.loads(body)
        for path in places(value):
            for new in STRANGE:
                yield (path, new), number, lambda body, path=path, new=new: put(json.loads(body), path, new)


def _of_bytes(bodies, chance):
    junk = (b"", b'"', b"{", b"]", b"\\", b"\xff\xfe", b"\0", b"<b>Fatal error</b>: x", b"Notice: y\n", b"\x1b[2J", b"null", b"1e999")
    for number, body in enumerate(bodies):
        for _again in range(6):
            start = chance.randrange(len(body) + 1)
            end = min(len(body), start + chance.choice((0, 1, 2, 5, len(body))))
            new = chance.choice(junk)
            yield (start, end, new), number, lambda body, start=start, end=end, new=new: body[:start] + new + body[end:]


# -- any bytes on the connection ------------------------------------------------------------------------------------


class Speaker:
    """A server that reads a request from each connection, calls speak(connection), and hangs up. url: its address."""

    def __init__(self, speak=None):
        self.speak = speak
        self._ears = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._ears.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _address = self._ears.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(30)
                data = connection.recv(65536)
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                self.speak(connection)
                connection.shutdown(socket.SHUT_WR)
                # Whoever leaves before the rest was read takes with him what he said.
                while connection.recv(65536):
                    pass

    def close(self):
        self._ears.shutdown(socket.SHUT_RDWR)
        self._ears.close()


@pytest.fixture(scope="module")
def speaker():
    made = Speaker()
    yield made
    made.close()


def ask(url, name="core_cohort_get_cohort_members", timeout=5.0):
    """The error that a call ends with, None for an answer."""
    with Transport(url, "f3b0c44298fc1c149afbf4c8996fb924", timeout=timeout, retries=0) as client:
        try:
            Moodle(client, "f3b0c44298fc1c149afbf4c8996fb924").call(name)
        except errors.ToolsyncError as error:
            assert not UNSEEN.search(str(error))
            return error
    return None


LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK", b"HTTP/1.1 100 Continue", b"HTTP/1.0 204 No", b"HTTP/1.1 302 Go", b"HTTP/9.9 999 ?", b"HTTP/1.1 -1 x",
        b"ICY 200", b"Content-Length: 4", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 1,2",
        b"Content-Length: x", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Content-Encoding: gzip",
        b"Content-Encoding: br, gzip", b"Location: http://[x", b"Location: //\xff\xfe", b"Location: javascript:x", b"Retry-After: 9",
        b"Retry-After: \xb2", b"Set-Cookie: a=\x1b", b"Connection: close", b"X: " + b"y" * 70_000, b"", b"", b"4\r\nnull", b"0",
        b"-4\r\nnull", b"ffffffffffffffff", b"1;" + b"x" * 70_000, b"null", b"[]", b"{", b'[{"cohortid": 1, "userids": [1]}]',
        b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", gzip.compress(b"[]"),
    ]
)  # fmt: skip


@settings(max_examples=150 * TIMES)
@given(st.lists(LINES, max_size=9).map(b"\r\n".join) | st.binary(max_size=80), st.booleans())
def test_any_bytes_end_in_an_answer_or_an_error(speaker, said, begins):
    whole = (b"HTTP/1.1 200 OK\r\n" if begins else b"") + said
    speaker.speak = lambda connection: connection.sendall(whole)
    ask(speaker.url)


@pytest.mark.parametrize("number", range(12 * TIMES))
def test_an_answer_that_trickles_from_any_place_on_ends_in_time(speaker, number):
    chance = random.Random(number)
    body = b'[{"cohortid": 1, "userids": [1, 2, 3]}]'
    whole = {
        0: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        1: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + body,
        2: b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(body),
        3: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n" % (len(body), body),
    }[number % 4]
    cut = chance.randrange(len(whole) - 1)
    drop = chance.choice([whole[cut : cut + 1], b"x", b" ", b"\r\n"])

    def slowly(connection):
        connection.sendall(whole[:cut])
        for _again in range(int(HANGING / 0.02)):
            connection.sendall(drop)
            time.sleep(0.02)

    speaker.speak = slowly
    ask(speaker.url, timeout=0.3)


# -- any size -------------------------------------------------------------------------------------------------------


def bomb(megabytes, times=1):
    """Blanks, packed so many times."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = b"".join([*(packer.compress(b" " * (1 << 20)) for _again in range(megabytes)), packer.flush()])
    return packed if times == 1 else gzip.compress(packed, 1)


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _again in range(1 << 12):
        connection.sendall(b" " * (1 << 20))


def said(body, *headers):
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers])
    return lambda connection: connection.sendall(head + b"\r\n\r\n" + body)


def packed(body):
    return said(gzip.compress(body, 1), b"Content-Encoding: gzip")


PACKED = b"Content-Encoding: gzip"
SIZES = {
    "a bomb": lambda: said(bomb(300), PACKED),
    "a bomb in a bomb": lambda: said(bomb(300, 2), b"Content-Encoding: gzip, gzip"),
    "a bomb in a bomb, told once": lambda: said(bomb(300, 2), PACKED),
    "a redirect to a bomb": lambda: lambda connection: connection.sendall(
        b"HTTP/1.1 302 Go\r\nLocation: /x\r\nContent-Encoding: gzip\r\n\r\n" + bomb(300)
    ),
    "no end": lambda: endless,
    "10 GB announced": lambda: lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nnull"),
    "structures": lambda: packed(b"[" + b"{}," * 3_000_000 + b"{}]"),
    "lists": lambda: packed(b"[" + b"[]," * 3_000_000 + b"[]]"),
    "numbers": lambda: packed(b"[" + b"1000," * 4_000_000 + b"1]"),
    "openers": lambda: packed(b"x" + b"[" * 10_000_000 + b"]"),
    "quotes": lambda: packed(b"x " + b'\\"' * 5_000_000 + b'""'),
    "digits": lambda: packed(b"[" + b"9" * 10_000_000 + b"]"),
    "no header's end": lambda: lambda connection: in_pieces(connection, b"HTTP/1.1 200 OK\r\nX: "),
    "a chunk's size": lambda: lambda connection: in_pieces(connection, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"),
}


def in_pieces(connection, begin):
    connection.sendall(begin)
    for _again in range(300):
        connection.sendall(b"x" * (1 << 20))


def _measure(url, function, queue):
    """In a process of its own: (the kind of a call's error, the bytes of memory that it took so far) for each of SIZES."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _size in SIZES:
        error = ask(url, function, timeout=60.0)
        queue.put((error and error.kind, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10))


@pytest.mark.parametrize("function", ["core_cohort_get_cohort_members", "tool_sync_process"])
def test_no_answer_takes_all_the_memory(speaker, function):
    """Each kind of it, one after the other."""
    answers = (make() for make in SIZES.values())

    def speak(connection):
        next(answers)(connection)

    speaker.speak = speak
    process = multiprocessing.get_context("spawn")
    queue = process.Queue()
    child = process.Process(target=_measure, args=(speaker.url, function, queue), daemon=True)
    child.start()
    for size in SIZES:
        kind, taken = queue.get(timeout=HANGING)
        assert kind in ("not_moodle", "unknown", "unreachable", "redirect"), (size, kind)
        assert taken < MOST_MEMORY, f"{size}: {taken >> 20} MiB"
    child.join()


# -- reports --------------------------------------------------------------------------------------------------------

FILLERS = ("a", "a ", "'", "a@", ": ", "(", "[", " as [", "->", "1 ", ", ", '"', "\\n", "SIMULATE: ")


@pytest.mark.parametrize(("service", "action"), PARSERS)
def test_a_report_of_long_lines_is_read_in_time(service, action):
    tables = [reportlines.SHARED, *reportlines.TABLES.values()]
    texts = [text for table in tables for _class, *texts in table.values() for text in texts if "*" in text]
    chance = random.Random(service + action)
    for filler in FILLERS:
        lines = [text.replace("*", filler * (20_000 // len(filler))) for text in chance.sample(texts, 12 * TIMES)]
        lines += [filler * (400_000 // len(filler)), "# -- 1" + "1" * 100_000]
        parsed = report.parse("Starting...1\n" + "\n".join(lines), service, action)
        assert len(parsed.lines) == len([line for line in lines if line.strip()]) + 1
