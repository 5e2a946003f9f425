# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a client and a site, and breaks: proxies, balancers and TLS front ends, on real sockets of 127.0.0.1.

    with Relay(practice.url) as relay:                      # a reverse proxy: the client is given relay.url
        relay.cut("after", function="tool_sync_process")    # the site works, its answer is lost
        relay.cut("during", "reset", function="upload.php", skip=1)
        relay.say(b"<br />Fatal error", function="tool_sync_process")   # the site works, the client reads something else
        ... relay.seen: the functions in the order in which they arrived

    Relay(practice.url, context=tls_context)                # the same, as https (relay.url begins with https)
    Relay(practice.url, idle=0.5)                           # a balancer: drops a connection on which nobody speaks for 0.5 s
    Relay()                                                 # a forward proxy: monkeypatch.setenv("http_proxy", relay.url)
    Relay(tunnel=503)                                       # one that refuses CONNECT with that status

A forward proxy relays http and, by CONNECT, tunnels. In a tunnel it sees no functions: put a Relay with a context behind it, and cut
there; or give it C(idle). The site hears nothing of a cut: what was passed on is done. C(forward_proxy(monkeypatch, relay)) sets the
environment for a client of this process.
"""

from __future__ import annotations

import http.client
import re
import select
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

#: Where a call can be cut: half of the request has come; all of it, and it is not passed on; it was passed on, and the site is at
#: work; the site has answered, and nothing of it is passed on; half of the answer's body was passed on.
WHEN = ("request", "before", "during", "after", "within")
#: How: as if all had been said; with a TCP reset; not at all, but silent from there on.
HOW = ("close", "reset", "stall")
_HOP_BY_HOP = ("connection", "host", "accept-encoding", "proxy-connection", "transfer-encoding", "keep-alive")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def forward_proxy(monkeypatch, relay):
    """Have this process use a relay as the proxy for http and https, and no other."""
    for name in _PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", relay.url)
    monkeypatch.setenv("https_proxy", relay.url)


@dataclass
class _Strike:
    when: str
    how: str
    function: str
    skip: int
    count: int
    answer: bytes | None = None


class _Gone(Exception):
    """The connection has been dealt with."""


class Relay:
    """One that passes requests on. upstream: the site's address, None for a forward proxy. See the module's text for the rest.

    url: where it listens. seen: the function of each request that arrived whole ("upload.php" for a file; "" in a tunnel).
    connections: how many were accepted. Ends with C(with) or C(close()).
    """

    def __init__(self, upstream=None, *, context=None, idle=None, tunnel=200):
        self._upstream, self._context, self._idle, self._tunnel_status = upstream, context, idle, tunnel
        self.seen: list[str] = []
        self.connections = 0
        self._strikes: list[_Strike] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, when, how="close", *, function="*", skip=0, count=1):
        """Cut calls of a function ("*": of any). skip: let so many pass first; count: so many are cut, 0 for all."""
        if when not in WHEN or how not in HOW:
            raise ValueError(f"when is one of {WHEN}, how one of {HOW}")
        self._strikes.append(_Strike(when, how, function, skip, count))

    def say(self, body, status=200, *, function="*", skip=0, count=1, headers=None):
        """Give the client another answer than the site's, which has done its work. headers: Content-Type is text/html unless given."""
        lines = {"Content-Type": "text/html", **(headers or {}), "Content-Length": str(len(body))}
        head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._strikes.append(_Strike("after", "close", function, skip, count, head.encode() + b"\r\n" + body))

    def clear(self):
        """Nothing is cut any more."""
        with self._lock:
            self._strikes.clear()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        self._ended.set()
        self._listener.close()
        for one in list(self._open):
            _close(one)

    # -- one connection -------------------------------------------------------------------------------------------

    def _accept(self):
        while not self._ended.is_set():
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self._open.add(client)
        try:
            if self._context is not None:
                raw, client = client, self._context.wrap_socket(client, server_side=True)
                self._open.discard(raw)
                self._open.add(client)
            while self._one_call(client):
                pass
        except (OSError, ValueError, http.client.HTTPException, _Gone):
            pass
        finally:
            self._open.discard(client)
            _close(client)

    def _one_call(self, client):
        """Whether the connection stays open."""
        head, body = _read_until(client, b"\r\n\r\n")
        if not head:
            return False
        method, target, headers = _parsed(head)
        if method == "CONNECT":
            return self._tunnel(client, target)
        length = int(headers.get("content-length", 0))
        body = _read_more(client, body, min(length, max(1, length // 2)))
        function = _function_of(target, body)
        strike = self._take(function, ("request",))
        if strike:
            self._end(client, strike.how)
        body = _read_more(client, body, length)
        function = _function_of(target, body)
        self.seen.append(function)
        strike = self._take(function, WHEN[1:])
        if strike and strike.when == "before":
            self._end(client, strike.how)
        work = _Work(self._upstream or target, urlsplit(target).path, method, headers, body)
        if strike and strike.when == "during":
            # The site shall have the request before the client can send it again.
            work.begun.wait(10)
            self._end(client, strike.how)
        if not work.done.wait(self._idle or 600):
            self._end(client, "close")
        if work.answer is None:
            return False
        if strike and strike.answer:
            client.sendall(strike.answer)
            return True
        if strike and strike.when == "after":
            self._end(client, strike.how)
        if strike:
            _head, _mark, text = work.answer.partition(b"\r\n\r\n")
            client.sendall(work.answer[: len(work.answer) - len(text) + len(text) // 2])
            self._end(client, strike.how)
        client.sendall(work.answer)
        return True

    def _take(self, function, moments):
        with self._lock:
            for strike in self._strikes:
                if strike.when not in moments or strike.function not in ("*", function):
                    continue
                if strike.skip:
                    strike.skip -= 1
                    continue
                if strike.count:
                    strike.count -= 1
                    if not strike.count:
                        self._strikes.remove(strike)
                return strike
        return None

    def _end(self, client, how):
        if how == "stall":
            self._ended.wait(600)
        self._open.discard(client)
        _close(client, rudely=how == "reset")
        raise _Gone

    def _tunnel(self, client, target):
        if self._tunnel_status != 200:
            client.sendall(f"HTTP/1.1 {self._tunnel_status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return False
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as site:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.seen.append("")
            while True:
                ready, _writable, _broken = select.select([client, site], [], [], self._idle)
                if not ready:
                    # The site's side stays open for a while, as with a balancer.
                    _close(client)
                    self._ended.wait(5)
                    return False
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        return False
                    (site if one is client else client).sendall(data)


class _Work:
    """A request at the site. answer: all bytes of its answer, None when there is none. begun, done: events."""

    def __init__(self, upstream, path, method, headers, body):
        self.begun, self.done, self.answer = threading.Event(), threading.Event(), None
        self._call = (upstream, path, method, {key: value for key, value in headers.items() if key not in _HOP_BY_HOP}, body)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        upstream, path, method, headers, body = self._call
        parts = urlsplit(upstream)
        try:
            site = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=600)
            site.request(method, path, body, {**headers, "Host": parts.netloc})
            self.begun.set()
            answer = site.getresponse()
            text = answer.read()
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
            lines += [f"{key}: {value}" for key, value in answer.getheaders() if key.lower() not in (*_HOP_BY_HOP, "content-length")]
            self.answer = "\r\n".join([*lines, f"Content-Length: {len(text)}", "", ""]).encode("latin-1") + text
            site.close()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            self.begun.set()
            self.done.set()


def _read_until(client, mark):
    data = b""
    while mark not in data:
        piece = client.recv(65536)
        if not piece:
            return b"", b""
        data += piece
    head, _mark, rest = data.partition(mark)
    return head, rest


def _read_more(client, body, length):
    pieces, have = [body], len(body)
    while have < length:
        piece = client.recv(65536)
        if not piece:
            raise _Gone
        pieces.append(piece)
        have += len(piece)
    return b"".join(pieces)


def _parsed(head):
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return method, target, {name.strip().lower(): value.strip() for name, _colon, value in pairs}


def _function_of(target, body):
    if urlsplit(target).path.endswith("/upload.php"):
        return "upload.php"
    found = re.search(rb"(?:^|&)wsfunction=(\w+)", body)
    return found.group(1).decode() if found else ""


def _close(connection, rudely=False):
    """End a connection at once, for good: without TLS's goodbye, and with a reset if rudely."""
    if connection.fileno() < 0:
        return
    try:
        if isinstance(connection, ssl.SSLSocket):
            connection = socket.socket(fileno=connection.detach())
        if rudely:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            # Another thread may be waiting in it: that alone would keep it open.
            connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
