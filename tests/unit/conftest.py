# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server that answers by a script, for what the client does on the wire."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from dataclasses import dataclass, field

import pytest


@dataclass
class Seen:
    """A request as it arrived."""

    path: str
    headers: dict
    body: bytes
    connection: int

    @property
    def form(self):
        """The form fields, in order."""
        return urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class Step:
    """One answer: status, headers, body (JSON unless bytes); before: called with the handler's socket first."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    before: object = None
    drop: bool = False


class ScriptedServer:
    """Answers the requests by the steps of its script, in order; one too many gets HTTP 599."""

    def __init__(self, context=None):
        self.script: list[Step] = []
        self.seen: list[Seen] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            # An answer goes in two pieces, and the second would wait for a word about the first.
            disable_nagle_algorithm = True
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.seen.append(Seen(self.path, dict(self.headers), body, id(self.connection)))
                step = outer.script.pop(0) if outer.script else Step(b"the script is at its end", 599)
                if step.before:
                    step.before(self)
                if step.drop:
                    self.close_connection = True
                    self.connection.close()
                    return
                answer = step.body if isinstance(step.body, bytes) else json.dumps(step.body).encode()
                self.send_response(step.status)
                self.send_header("Content-Length", str(len(answer)))
                for name, value in step.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        scheme = "http"
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, body=None, status=200, **more):
        self.script.append(Step(body, status, **more))
        return self

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def make_server():
    """A factory of scripted servers; takes an SSLContext for one that speaks TLS."""
    made = []

    def make(context=None):
        made.append(ScriptedServer(context))
        return made[-1]

    yield make
    for scripted in made:
        scripted.close()


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture(scope="session")
def _practice():
    from tests.simulator.fixture import Practice

    with Practice() as running:
        yield running


@pytest.fixture
def practice(_practice):
    """A practice Moodle in the state of the recordings, new for every test."""
    _practice.reset()
    return _practice
