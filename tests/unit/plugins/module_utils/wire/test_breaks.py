# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What breaks between the client and the site: what is sent again, and what is not because it may have been done."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
import time

import pytest
import trustme
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import ALWAYS, NEVER, NOT_WHILE_RUNNING, Transport

from tests.faults.proxies import Relay, forward_proxy

TOKEN = "0123456789abcdef0123456789abcdef"
WAYS = ("directly", "by proxy", "by TLS", "through a tunnel")
RETRIES = 2


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority: (a server's context, the file of the authority)."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    path = str(tmp_path_factory.mktemp("tls") / "ca.pem")
    authority.cert_pem.write_to_path(path)
    return context, path


class Road:
    """A way from the client to the scripted server. relay: where calls can be cut; proxy: the relay that is asked for tunnels, or None."""

    def __init__(self, way, server, authority, monkeypatch, stack, *, idle=None):
        context, self._ca = authority
        is_tls, is_proxied = way in ("by TLS", "through a tunnel"), way in ("by proxy", "through a tunnel")
        proxy_is_front = is_proxied and not is_tls
        self.proxy = stack.enter_context(Relay(idle=idle)) if is_proxied else None
        front = None if proxy_is_front else stack.enter_context(
            Relay(server.url, context=context if is_tls else None, idle=None if is_proxied else idle)
        )
        self.relay = self.proxy if proxy_is_front else front
        self.url = server.url if proxy_is_front else front.url
        if is_proxied:
            forward_proxy(monkeypatch, self.proxy)
        self.slept = []

    def post(self, repeat, timeout=20.0, fields=(("wsfunction", "f"),)):
        with Transport(self.url, TOKEN, ca_path=self._ca, retries=RETRIES, timeout=timeout, sleep=self.slept.append) as client:
            return client.post("/webservice/rest/server.php", fields, repeat=repeat)


@pytest.fixture
def road(server, authority, monkeypatch):
    """A factory: road(way, idle=None) -> Road."""
    with contextlib.ExitStack() as stack:
        yield lambda way, **more: Road(way, server, authority, monkeypatch, stack, **more)


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_lead_to_the_site(road, server, way):
    server.answer("here")
    assert road(way).post(NEVER).body == b'"here"'


@pytest.mark.parametrize("how", ["close", "reset", "stall"])
@pytest.mark.parametrize("when", ["before", "during", "after", "within"])
@pytest.mark.parametrize("way", WAYS)
def test_a_cut_call_is_not_sent_again_where_it_may_have_been_done(road, server, way, when, how):
    for repeat in (NEVER, NOT_WHILE_RUNNING)[how == "stall" :]:
        server.answer("done").answer("done")
        taken = road(way)
        taken.relay.cut(when, how)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            taken.post(repeat, timeout=0.3 if how == "stall" else 20.0)
        assert taken.relay.seen == ["f"] and not taken.slept
        assert caught.value.may_be_done


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("when", ["before", "after", "within"])
@pytest.mark.parametrize("way", WAYS)
def test_a_cut_call_that_may_be_repeated_is_sent_again(road, server, way, when, how):
    server.answer("done").answer("done")
    taken = road(way)
    taken.relay.cut(when, how)
    assert taken.post(ALWAYS).status == 200
    assert taken.relay.seen == ["f", "f"] and taken.slept == [1.0]


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_is_cut_each_time_may_have_been_done(road, server, way):
    for _again in range(RETRIES + 1):
        server.answer("done")
    taken = road(way)
    taken.relay.cut("after", "reset", count=0)
    with pytest.raises(errors.Unreachable, match=r"tried 3 times") as caught:
        taken.post(ALWAYS)
    assert caught.value.may_be_done and len(taken.relay.seen) == RETRIES + 1


@pytest.mark.parametrize("way", WAYS)
def test_silence_that_something_between_drops_is_no_answer(road, server, way):
    server.answer("done", before=lambda handler: time.sleep(1)).answer("done")
    taken = road(way, idle=0.2)
    with pytest.raises(errors.OutcomeUnknown, match="broke before a whole answer had come: (Remote end closed|Connection reset)"):
        taken.post(NOT_WHILE_RUNNING)
    assert len(server.seen) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_request_that_breaks_in_its_middle_is_not_sent_again(road, way):
    taken = road(way)
    taken.relay.cut("request", "reset", count=0)
    with pytest.raises(errors.OutcomeUnknown):
        taken.post(NEVER, fields=[("wsfunction", "f"), ("more", "x" * 3_000_000)])
    assert taken.relay.connections == 1


# -- what proves that nothing was sent ------------------------------------------------------------------------------


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fails(url, kind, ca=None, **more):
    """The error of a call that must never be repeated, and how often it was tried."""
    slept = []
    with Transport(url, TOKEN, ca_path=ca, retries=RETRIES, sleep=slept.append, **more) as client, pytest.raises(kind) as caught:
        client.post("/x", [("a", "1")], repeat=NEVER)
    assert not caught.value.may_be_done
    return caught.value, len(slept) + 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(monkeypatch, free_port, scheme):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://somebody:secretword@127.0.0.1:{free_port}")
    monkeypatch.setenv("no_proxy", "")
    error, tried = fails(f"{scheme}://moodle.example.org", errors.Unreachable)
    assert f"the variable {scheme}_proxy names" in str(error) and "Connection refused" in str(error)
    assert "somebody" not in str(error) and tried == RETRIES + 1


def test_a_proxy_whose_name_is_unknown(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://somebody:secretword@proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "")
    error, tried = fails("http://moodle.example.org", errors.Unreachable)
    assert "http_proxy" in str(error) and "proxy.invalid" not in str(error) and tried == RETRIES + 1


@pytest.mark.parametrize("status", [403, 407, 502, 503])
def test_a_proxy_that_refuses_a_tunnel(monkeypatch, status):
    with Relay(tunnel=status) as relay:
        forward_proxy(monkeypatch, relay)
        error, tried = fails("https://moodle.example.org", errors.Unreachable)
        assert f"Tunnel connection failed: {status}" in str(error) and tried == relay.connections == RETRIES + 1


@contextlib.contextmanager
def listener(answer):
    """The port of a program that reads once from each connection, and then calls answer(connection) and closes it."""

    def serve():
        while True:
            try:
                connection, _address = ears.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as ears:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield ears.getsockname()[1]
        ears.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_proxy_that_hangs_up_when_asked_for_a_tunnel(monkeypatch):
    with listener(lambda connection: None) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "")
        _error, tried = fails("https://moodle.example.org", errors.Unreachable)
        assert tried == RETRIES + 1


def test_a_proxy_that_trickles_when_asked_for_a_tunnel(monkeypatch):
    def slowly(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _again in range(400):
            connection.sendall(b"X")
            time.sleep(0.05)

    with listener(slowly) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "")
        error, _tried = fails("https://moodle.example.org", errors.Unreachable, connect_timeout=0.3)
        assert "within 0.3 s" in str(error)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"])
@pytest.mark.parametrize("is_proxied", [False, True])
def test_tls_that_fails_in_the_handshake(monkeypatch, is_proxied, said):
    with listener(lambda connection: connection.sendall(said)) as port, Relay() as proxy:
        if is_proxied:
            forward_proxy(monkeypatch, proxy)
        _error, tried = fails(f"https://127.0.0.1:{port}", errors.TlsFailed)
        assert tried == 1


@pytest.mark.parametrize("limits", [{"connect_timeout": 0.2}, {"connect_timeout": 2, "timeout": 0.2}])
def test_a_connection_that_nobody_accepts(limits):
    """It takes no longer than an answer may."""
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _again in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        error, tried = fails(f"http://127.0.0.1:{deaf.getsockname()[1]}", errors.Unreachable, **limits)
    assert "came about within 0.2 s" in str(error) and tried == RETRIES + 1


@pytest.mark.parametrize(
    "value",
    [
        "http://jsmith:S3cret#Pw@proxy.invalid:3128",
        "http://jsmith:S3cret/Pw@proxy.invalid:3128",
        "http://jsmith:S3cretPw@127.0.0.1:99999",
        "jsmith:S3cretPw@[proxy:3128",
        "http://:3128",
    ],
)
def test_a_proxy_variable_that_is_no_address_is_named_and_its_value_not_shown(monkeypatch, value):
    monkeypatch.setenv("http_proxy", value)
    monkeypatch.setenv("no_proxy", "")
    error, _tried = fails("http://moodle.example.org", errors.Unreachable)
    assert "the variable http_proxy" in error.message and error.option is None
    assert not any(word in str(error) for word in ("jsmith", "S3cret", "Pw@", "99999", "3128"))


def test_a_socks_proxy_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests.packages.urllib3.contrib.socks", None)
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", _no_socks)
    monkeypatch.setenv("ALL_PROXY", "socks5h://jsmith:S3cretPw@127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", "")
    error, _tried = fails("https://moodle.example.org", errors.Unreachable)
    assert "the variable ALL_PROXY" in error.message and "PySocks" in error.message and error.option is None
    assert "jsmith" not in str(error) and "1080" not in str(error)


def _no_socks(*args, **kwargs):
    import requests

    raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")


# -- answers that trickle, and that never end -----------------------------------------------------------------------


def _trickle(begin, drop):
    """What a server does that begins an answer and never ends it; after 20 s it gives up, with an answer that would do."""

    def before(handler):
        with contextlib.suppress(OSError):
            handler.connection.sendall(begin)
            for _again in range(400):
                handler.connection.sendall(drop)
                time.sleep(0.05)

    return before


TRICKLES = {
    "status line": (b"HTTP/1.1 2", b"0"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "body without a length": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
    "chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "gzip's header": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"x"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnull\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("is_tls", [False, True])
@pytest.mark.parametrize("kind", TRICKLES)
def test_the_timeout_is_for_the_whole_answer_whatever_trickles(make_server, authority, is_tls, kind):
    context, ca = authority
    scripted = make_server(context if is_tls else None)
    scripted.answer(before=_trickle(*TRICKLES[kind]), drop=True)
    with Transport(scripted.url, TOKEN, timeout=0.3, ca_path=ca) as client:
        with pytest.raises(errors.OutcomeUnknown, match="a whole answer within 0.3 s"):
            client.post("/x", [("a", "1")], repeat=NEVER)


def test_what_an_answer_leaves_of_its_time_is_not_that_of_the_next_request(server):
    server.answer(1, before=lambda handler: time.sleep(0.5)).answer(2, before=lambda handler: time.sleep(0.5))
    with Transport(server.url, TOKEN, timeout=0.8) as client:
        assert [client.post("/x", [("a", "b")], repeat=NEVER).body for _again in range(2)] == [b"1", b"2"]
    assert len({seen.connection for seen in server.seen}) == 1
