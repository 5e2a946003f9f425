# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire, and what the client makes of what comes back."""

from __future__ import annotations

import socket
import ssl
import time

import pytest
import trustme
from ansible_collections.activeprolearn.toolsync.plugins.module_utils import errors
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import (
    ALWAYS,
    NEVER,
    NOT_WHILE_RUNNING,
    FilePart,
    Transport,
    site_address,
)

TOKEN = "0123456789abcdef0123456789abcdef"
PATH = "/webservice/rest/server.php"


def transport(url, **options):
    slept = options.pop("slept", [])
    return Transport(url, TOKEN, sleep=slept.append, **options)


def post(client, repeat=ALWAYS, **more):
    return client.post(PATH, [("wstoken", TOKEN), ("wsfunction", "f")], repeat=repeat, **more)


def test_fields_go_into_the_body_in_order(server):
    server.answer({"a": 1})
    with transport(server.url + "/") as client:
        assert post(client).status == 200
    (seen,) = server.seen
    assert seen.path == PATH
    assert seen.form == [("wstoken", TOKEN), ("wsfunction", "f")]


def test_one_connection_serves_all_calls(server):
    server.answer(1).answer(2).answer(3)
    with transport(server.url) as client:
        for _again in range(3):
            post(client)
    assert len({seen.connection for seen in server.seen}) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504, 520, 522, 524])
def test_a_passing_fault_is_sent_again_when_that_is_harmless(server, status):
    slept = []
    server.answer({}, status).answer({}, status).answer({"ok": True})
    with transport(server.url, slept=slept) as client:
        assert post(client).status == 200
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [401, 403, 413, 429, 500, 502, 503, 504])
def test_what_must_not_be_repeated_is_sent_once(server, status):
    server.answer({}, status)
    with transport(server.url) as client:
        assert post(client, NEVER).status == status
    assert len(server.seen) == 1


def test_retry_after_is_honoured_up_to_a_limit(server):
    slept = []
    server.answer({}, 429, headers={"Retry-After": "7"}).answer({}, 429, headers={"Retry-After": "3600"})
    with transport(server.url, slept=slept) as client:
        assert post(client).status == 429
    assert slept == [7.0]
    assert len(server.seen) == 2


@pytest.mark.parametrize("value", ["\xb2", "-1", "Wed, 25 Nov 2026 07:28:00 GMT", "9" * 400, ""])
def test_a_retry_after_that_is_no_number_is_none(server, value):
    slept = []
    server.answer({}, 503, headers={"Retry-After": value}).answer({})
    with transport(server.url, slept=slept) as client:
        assert post(client).status == 200
    assert slept == [1.0]


def test_a_lost_answer_of_a_call_that_must_not_be_repeated_is_unknown(server):
    server.answer(drop=True)
    with transport(server.url) as client, pytest.raises(errors.OutcomeUnknown):
        post(client, NEVER)
    assert len(server.seen) == 1


def test_a_lost_answer_of_a_harmless_call_is_asked_for_again(server):
    server.answer(drop=True).answer({"ok": True})
    with transport(server.url) as client:
        assert post(client).status == 200


def test_retries_end(server):
    for _again in range(3):
        server.answer(drop=True)
    with transport(server.url, retries=2) as client, pytest.raises(errors.Unreachable, match=r"[^.] \(tried 3 times\)\. Check"):
        post(client)
    assert not server.script


def test_no_answer_in_time(server):
    server.answer({}, before=lambda handler: time.sleep(1.5))
    with transport(server.url, timeout=1) as client, pytest.raises(errors.OutcomeUnknown, match="a whole answer within 1 s"):
        post(client, NEVER)


@pytest.mark.parametrize("status", [429, 503])
def test_what_must_not_run_twice_at_a_time_is_sent_again_after_a_status_that_says_it_has_not_begun(server, status):
    server.answer({}, status).answer({})
    with transport(server.url) as client:
        assert post(client, NOT_WHILE_RUNNING).status == 200
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [500, 502, 504, 520, 522, 524, 599])
def test_what_must_not_run_twice_at_a_time_is_sent_once_where_it_may_still_run(server, status):
    server.answer({}, status).answer({})
    with transport(server.url) as client:
        assert post(client, NOT_WHILE_RUNNING).status == status
    assert len(server.seen) == 1


def test_nobody_listens():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    slept = []
    with transport(f"http://127.0.0.1:{port}", slept=slept) as client, pytest.raises(errors.Unreachable) as caught:
        post(client, NEVER)
    assert "Connection refused" in str(caught.value) and "0x" not in str(caught.value)
    assert len(slept) == 3, "a call that never left may be sent again"


def test_unknown_host():
    with transport("http://moodle.invalid") as client, pytest.raises(errors.Unreachable, match="moodle.invalid"):
        post(client, NEVER)


def test_a_redirect_is_not_followed_and_its_body_not_looked_at_twice(server):
    server.answer(b"go", 302, headers={"Location": "http://[nonsense"})
    with transport(server.url) as client:
        reply = post(client)
    assert (reply.status, reply.body, reply.headers["Location"]) == (302, b"go", "http://[nonsense")


def test_netrc_is_ignored(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answer({})
    with transport(server.url) as client:
        post(client)
    assert "Authorization" not in server.seen[0].headers


def test_a_proxy_of_the_environment_is_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.answer({"by": "proxy"})
    with transport("http://moodle.example.org") as client:
        post(client)
    assert server.seen[0].path == f"http://moodle.example.org{PATH}"


@pytest.fixture
def tls(make_server, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    scripted = make_server(context)
    scripted.ca = str(tmp_path / "ca.pem")
    return scripted


def test_an_unknown_authority_is_refused(tls):
    with transport(tls.url) as client, pytest.raises(errors.TlsFailed, match="certificate verify failed"):
        post(client)
    assert not tls.seen


def test_an_authority_can_be_given(tls):
    tls.answer({})
    with transport(tls.url, ca_path=tls.ca) as client:
        assert post(client).status == 200


def test_verification_can_be_switched_off_whatever_the_environment_says(tls, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls.ca)
    tls.answer({})
    with transport(tls.url, validate_certs=False) as client:
        assert post(client).status == 200


def test_a_missing_ca_file_is_an_option_error(server):
    with pytest.raises(errors.OptionError, match="ca_path"):
        transport(server.url, ca_path="/nonexistent/ca.pem")


@pytest.mark.parametrize(
    "url", ["moodle.example.org", "ftp://moodle.example.org", "https://", "https://a:b@moodle.example.org", "https://m/?x=1",
            "https://m:port", "http://[::1", ""]
)  # fmt: skip
def test_addresses_that_are_none(url):
    with pytest.raises(errors.OptionError) as caught:
        transport(url)
    assert caught.value.option == "url"


@pytest.mark.parametrize(
    "url, clear",
    [("http://moodle.example.org", True), ("https://m", False), ("http://localhost:80", False), ("http://127.0.0.1", False)],
)
def test_clear_text_is_known(url, clear):
    assert transport(url).clear_text is clear


@pytest.mark.parametrize(
    "url, one",
    [
        ("HTTPS://Moodle.Example.ORG/", "https://moodle.example.org"),
        ("https://moodle.example.org:443", "https://moodle.example.org"),
        ("https://moodle.example.org:0443/", "https://moodle.example.org"),
        ("http://moodle.example.org:80/moodle//", "http://moodle.example.org/moodle"),
        ("http://moodle.example.org:443//Learn//moodle", "http://moodle.example.org:443/Learn/moodle"),
        ("https://moodle.example.org:8443", "https://moodle.example.org:8443"),
        ("https://[2001:DB8::1]:443/m", "https://[2001:db8::1]/m"),
        (" https://moodle.example.org\n", "https://moodle.example.org"),
    ],
)
def test_a_site_has_one_address_however_it_is_spelt(url, one):
    assert site_address(url) == one == transport(url).base
    assert site_address(one) == one


def test_the_token_is_redacted():
    assert transport("https://m").redact(f"a {TOKEN} b") == "a ******** b"


@pytest.mark.parametrize("content", [b"a;b\n1;2\n", b"a;b\r\n1;2\r\n", bytes(range(256)) * 9000, b""])
def test_a_file_arrives_byte_by_byte(server, tmp_path, content):
    path = tmp_path / "data.bin"
    path.write_bytes(content)
    server.answer([])
    with transport(server.url) as client:
        client.post("/webservice/upload.php", [("token", TOKEN)], FilePart(str(path), "été.csv"), repeat=ALWAYS)
    (seen,) = server.seen
    mark = seen.headers["Content-Type"].partition("boundary=")[2].encode()
    parts = seen.body.split(b"--" + mark)
    assert int(seen.headers["Content-Length"]) == len(seen.body)
    assert [part.partition(b"\r\n\r\n")[2][:-2] for part in parts[1:-1]] == [TOKEN.encode(), content]
    assert 'filename="été.csv"'.encode() in parts[2]
    assert b"Content-Transfer-Encoding" not in parts[2]


def test_a_file_is_sent_whole_again_after_a_lost_answer(server, tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"a;b\n1;2\n")
    server.answer(drop=True).answer([])
    with transport(server.url) as client:
        client.post("/webservice/upload.php", [("token", TOKEN)], FilePart(str(path), "data.csv"), repeat=ALWAYS)
    assert server.seen[0].body == server.seen[1].body and b"1;2" in server.seen[1].body


def test_a_file_that_becomes_shorter_is_not_sent_as_if_it_were_whole(server, tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"x" * 3_000_000)
    part = FilePart(str(path), "data.csv")
    path.write_bytes(b"x" * 1_500_000)
    slept = []
    with transport(server.url, slept=slept) as client, pytest.raises(errors.SourceFileError, match="data.csv became shorter"):
        client.post("/webservice/upload.php", [("token", TOKEN)], part, repeat=ALWAYS)
    assert not slept and part.sent is None
