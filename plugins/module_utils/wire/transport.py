# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: the only file that imports requests. TLS, proxies, time-outs, retries by class of call, redaction.

Private to this collection. Knows nothing of Moodle: it sends fields to a path and hands back status, headers and bytes.

That nothing was sent is not concluded from errors, which a proxy can cause at any time: each connection notes when it begins to send a
request. Whatever goes wrong before is proof; after that the server may have done the work.
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import os
import re
import socket
import sys
import threading
import time
import typing as t
import zlib
from urllib.parse import urlencode, urlsplit

from ..errors import LibraryMissing, NotMoodle, OptionError, OutcomeUnknown, SourceFileError, TlsFailed, Unreachable
from .secret import Secret

try:
    import requests
    from requests import exceptions as requests_errors
    from requests.adapters import HTTPAdapter
    from requests.packages.urllib3 import exceptions as urllib3_errors
except ImportError as import_error:
    requests = None
    HTTPAdapter = object
    REQUESTS_IMPORT_ERROR: str | None = str(import_error)
else:
    REQUESTS_IMPORT_ERROR = None
    #: What a connection, or the lack of one, may end with.
    BROKEN_BY = (requests_errors.RequestException, urllib3_errors.HTTPError, http.client.HTTPException, OSError, UnicodeError)

USER_AGENT = "activeprolearn.toolsync/1.0.0 (ansible)"
#: When a call may be sent again after it was sent and no answer came: whenever; not as long as the server may still be at it, which
#: nobody can tell; never. What was not sent at all may always be sent again.
ALWAYS, NOT_WHILE_RUNNING, NEVER = "always", "not_while_running", "never"
#: Statuses that a proxy or an overloaded server gives for a while; the first two say that it has not begun. From 520 on: Cloudflare's.
NOT_BEGUN = (429, 503)
PASSING = (*NOT_BEGUN, 502, 504, 520, 521, 522, 523, 524, 599)
#: The headers that are looked at.
HEADERS = ("Location", "Retry-After")
#: A Retry-After beyond this many seconds is not waited for.
LONGEST_WAIT = 60.0
#: Bytes of an answer, unpacked. A course's 100,000 users take 30 MB, a report's line some 100 bytes.
LARGEST_ANSWER, LARGEST_REPORT = 64 << 20, 96 << 20
CHUNK = 1 << 20
PIECE = 1 << 16
DEFAULT_PORTS = {"http": 80, "https": 443}
#: How urllib3 begins its messages: with the connection's representation.
_CONNECTION_NAME = re.compile(r"^(?:<[^>]*>|\w+\([^)]*\)): ")
_GZIP = 16 + zlib.MAX_WBITS
_DIGITS = re.compile(r"[0-9]{1,18}\Z")


class Reply(t.NamedTuple):
    """status: HTTP status; headers: those of HEADERS that came; body: bytes, unpacked; url: what was asked. None holds the token."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes
    url: str


def site_address(url):
    """The one spelling of a site's address, by which its lock and its memory are found. Raises OptionError.

    Host in lower case, no port that is the scheme's own, no doubled slashes and none at the end.
    """
    try:
        parts = urlsplit((url or "").strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise OptionError("url must be the address of the Moodle site, such as https://moodle.example.org.", option="url")
    if parts.username or parts.password:
        raise OptionError("url must not hold a user name or a password.", option="url")
    if parts.query or parts.fragment:
        raise OptionError("url must be the site's base address, without ? or #.", option="url")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own_port = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{own_port}{re.sub('/+', '/', parts.path).rstrip('/')}"


class Transport:
    """One keep-alive session with one site.

    url: the site's base address. timeout: seconds for an answer, from the end of the request to its last byte; connect_timeout:
    seconds for the connection. retries: how often a call that may be repeated is sent again. sleep is there for tests.
    """

    def __init__(self, url, secret, *, validate_certs=True, ca_path=None, timeout=60, connect_timeout=10, retries=3, sleep=time.sleep):
        if requests is None:
            raise LibraryMissing(f"{sys.executable} cannot import the library requests ({REQUESTS_IMPORT_ERROR}).")
        self.base = site_address(url)
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.retries = retries
        self._secret = Secret(secret.strip())
        self._verify = validate_certs
        if validate_certs and ca_path:
            self._verify = os.path.expanduser(ca_path)
            if not os.access(self._verify, os.R_OK):
                raise OptionError(f"ca_path: {ca_path} does not exist or cannot be read on this host.", option="ca_path")
        if not validate_certs:
            # The user has decided; a warning for each request would only land in the module's stderr.
            requests.packages.urllib3.disable_warnings(urllib3_errors.InsecureRequestWarning)
        self._sleep = sleep
        self._session = requests.Session()
        # An authentication that adds nothing keeps the library from looking into ~/.netrc; proxies stay as they are.
        self._session.auth = lambda request: request
        # The library would look for the next request, and read the whole body for it.
        self._session.get_redirect_target = lambda response: None
        # Only what is unpacked here is asked for.
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"})
        for scheme in DEFAULT_PORTS:
            self._session.mount(f"{scheme}://", _Adapter())
        try:
            requests.Request("POST", self.base).prepare()
        except (requests_errors.RequestException, UnicodeError) as error:
            raise OptionError(f"url: {self.base} is not an address that can be asked: {error}.", option="url") from None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._session.close()

    @property
    def clear_text(self):
        """True when the token would cross a network unencrypted."""
        parts = urlsplit(self.base)
        try:
            stays_here = ipaddress.ip_address(parts.hostname).is_loopback
        except ValueError:
            stays_here = parts.hostname == "localhost"
        return parts.scheme == "http" and not stays_here

    def redact(self, text):
        """text without the token, however it is spelt."""
        return self._secret.hide(str(text).encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def post(self, path, fields, part=None, *, repeat, timeout=None, largest=LARGEST_ANSWER):
        """POST form fields (ordered pairs of text); with a FilePart, as multipart/form-data, the file after them and streamed.

        repeat: ALWAYS, NOT_WHILE_RUNNING or NEVER. largest: bytes of an answer. Raises Unreachable, TlsFailed, NotMoodle for an answer
        that can't be read, OutcomeUnknown.
        """
        if part is None:
            body = urlencode(fields).encode("ascii")
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
        else:
            body = Multipart(fields, part)
            headers = {"Content-Type": body.content_type, "Content-Length": str(len(body))}
        url = self.base + path
        sent, lost = 0, False
        while True:
            sent += 1
            try:
                reply = self._send_once(url, body, headers, timeout or self.timeout, largest)
            except Unreachable as error:
                if error.may_be_done and repeat != ALWAYS:
                    raise OutcomeUnknown(error.message) from None
                failure, wait, lost = error, None, lost or error.may_be_done
            else:
                again = {ALWAYS: PASSING, NOT_WHILE_RUNNING: NOT_BEGUN, NEVER: ()}[repeat]
                if reply.status not in again:
                    return reply
                # Seconds: its date form is not used by what stands in front of Moodle.
                retry_after = reply.headers.get("Retry-After", "")
                failure, wait = reply, float(retry_after) if _DIGITS.match(retry_after) else None
            if sent > self.retries or (wait or 0) > LONGEST_WAIT:
                if isinstance(failure, Reply):
                    return failure
                if sent > 1:
                    failure.message = f"{failure.message.rstrip('.')} (tried {sent} times)."
                failure.may_be_done = lost
                raise failure
            self._sleep(min(2.0 ** (sent - 1), 30.0) if wait is None else wait)

    def _send_once(self, url, body, headers, timeout, largest):
        limits = (min(self.connect_timeout, timeout), timeout)
        _now.request_begun = False
        try:
            # verify belongs to each request: the session's is overruled by REQUESTS_CA_BUNDLE.
            with self._session.post(
                url, data=body, headers=headers, verify=self._verify, timeout=limits, allow_redirects=False, stream=True
            ) as response:
                answer = self._read(response.raw, largest)
                headers = {name: self.redact(response.headers[name]) for name in HEADERS if name in response.headers}
                reply = Reply(response.status_code, headers, self._secret.hide(answer), url)
        except BROKEN_BY as error:
            failure = self._failure(error, *limits)
        else:
            return reply
        # Here it keeps nothing of the answer.
        raise failure

    def _failure(self, error, connect_timeout, timeout):
        """The error for what went wrong. Before the request had begun, it is proof that the server has not seen it."""
        begun, variable = _now.request_begun, _proxy_variable(self.base)
        by_way_of, cure = f" by way of the proxy that {variable} names" if variable else "", None
        if begun and _is_time_out(error):
            said = f"{self.base} did not give a whole answer within {timeout:g} s{by_way_of}."
        elif begun:
            said = f"The connection to {self.base}{by_way_of} broke before a whole answer had come: {_reason(error)}."
        elif isinstance(error, (requests_errors.InvalidURL, requests_errors.InvalidSchema, UnicodeError)) and variable:
            # Whatever the library says of it quotes the value, and a proxy's address may hold a password.
            lacking = isinstance(error, requests_errors.InvalidSchema)
            why = "is of a kind that this Python has no library for (SOCKS takes PySocks)" if lacking else "is not an address"
            said, cure = f"The proxy that {variable} names for {self.base} can't be used: its value {why}.", _CURE_OF_VARIABLE
        elif isinstance(error, requests_errors.SSLError):
            return TlsFailed(self.redact(f"The TLS connection to {self.base} failed: {_reason(error)}."))
        elif _is_time_out(error):
            said = f"No connection to {self.base} came about within {connect_timeout:g} s{by_way_of}."
        elif isinstance(error, requests_errors.ProxyError):
            said = f"The proxy that {variable} names for {self.base} failed: {_reason(error)}."
        else:
            said = f"{self.base} could not be reached{by_way_of}: {_reason(error)}."
        failure = Unreachable(self.redact(said), cure=cure)
        failure.may_be_done = begun
        return failure

    def _read(self, raw, largest):
        """The whole body, unpacked. Raises NotMoodle for one that is too large or packed in another way than asked for."""
        packed = raw.headers.get("Content-Encoding", "").strip().lower()
        if packed not in ("", "identity", "gzip", "x-gzip"):
            raise NotMoodle(f"{self.base} answered in a packing that nobody asked for.", cure=_CURE_OF_SIZE)
        pieces = iter(lambda: raw.read(PIECE, decode_content=False), b"")
        unpacked = bytearray()
        for part in pieces if packed in ("", "identity") else _unzipped(pieces):
            unpacked += part
            if len(unpacked) > largest:
                # Whoever keeps the error keeps this frame.
                unpacked.clear()
                raise NotMoodle(f"{self.base} answered with more than {largest >> 20} MiB.", cure=_CURE_OF_SIZE)
        # Not every version of the library looks at it.
        if raw.length_remaining:
            raise OSError(None, "it is shorter than announced")
        return unpacked


_CURE_OF_VARIABLE = "Correct it on the host that runs the module: in a password, # / @ : and the like are written as %23 %2F %40 %3A."
_CURE_OF_SIZE = "Look at what stands at this address and in front of it: no Moodle answers so."


def _unzipped(pieces):
    """The content of gzip's pieces, a little at a time: few bytes may stand for very many."""
    stream = None
    for piece in pieces:
        while piece:
            stream = stream or zlib.decompressobj(_GZIP)
            try:
                yield stream.decompress(piece, PIECE)
            except zlib.error:
                raise OSError(None, "it is packed badly") from None
            piece, stream = (stream.unused_data, None) if stream.eof else (stream.unconsumed_tail, stream)
    if stream is not None:
        raise OSError(None, "its packing has no end")


#: What the connection of this thread's request has come to.
_now = threading.local()


class _Connection:
    """A urllib3 connection that notes when it begins to send a request. Mixed into each class of theirs, see _watched."""

    _connecting = False

    def connect(self):
        # What a proxy is asked for a tunnel is sent inside of this, and is not the request.
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data):
        if self.sock is None:
            self.connect()
        if not self._connecting:
            _now.request_begun = True
            # Reading the last answer has left the rest of its time.
            self.sock.settimeout(self.timeout)
        super().send(data)


class _Response(http.client.HTTPResponse):
    """An answer of a server or of a proxy that is asked for a tunnel: the socket's time-out is for all of it, whatever trickles in."""

    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_UntilThen(self.fp.detach(), sock), PIECE)


class _UntilThen(io.RawIOBase):
    """A socket's stream that ends with a time-out so many seconds after it was made as the socket's time-out has."""

    def __init__(self, stream, sock):
        super().__init__()
        self._stream, self._sock = stream, sock
        self._end = time.monotonic() + sock.gettimeout()

    def readable(self):
        return True

    def readinto(self, buffer):
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self):
        self._stream.close()
        super().close()


class _Adapter(HTTPAdapter):
    """Makes connections of our class, directly and by way of proxies."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager)

    def proxy_manager_for(self, *args, **kwargs):
        return _watch(super().proxy_manager_for(*args, **kwargs))


def _watch(manager):
    """Have a manager's pools, of urllib3 1.26 or 2, make watched connections."""
    manager.pool_classes_by_scheme = {scheme: _watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}
    return manager


@functools.cache
def _watched(pool):
    if issubclass(pool.ConnectionCls, _Connection):
        return pool
    connection = type("Connection", (_Connection, pool.ConnectionCls), {"response_class": _Response})
    return type("Pool", (pool,), {"ConnectionCls": connection})


class FilePart:
    """A file to send. path: of a regular file; name: what the server is told.

    sent: what the file's state was after it was sent last (os.stat_result), None before. A checksum of what is sent would tell more, and
    halve the speed of a large file.
    """

    def __init__(self, path, name):
        self.path = path
        self.name = name
        self.size = os.path.getsize(path)
        self.sent: os.stat_result | None = None

    def __str__(self):
        return f"{self.name} ({self.size} bytes)"

    def __iter__(self):
        """Pieces of the file; each is overwritten by the next."""
        buffer, left = memoryview(bytearray(min(CHUNK, self.size))), self.size
        with open(self.path, "rb", buffering=0) as stream:
            while left:
                count = stream.readinto(buffer[:left])
                if not count:
                    raise SourceFileError(
                        f"{self.name} became shorter while it was being sent.", cure="Run it again when nothing writes to it."
                    )
                yield buffer[:count]
                left -= count
            self.sent = os.fstat(stream.fileno())


class Multipart:
    """A multipart/form-data body with one file, made while it is sent: C(len()) bytes, any number of times.

    The file's bytes go as they are and without Content-Transfer-Encoding, which PHP would ignore (plugin.md A.2).
    """

    def __init__(self, fields, part):
        mark = os.urandom(16).hex()
        self.content_type = f"multipart/form-data; boundary={mark}"
        self._part = part
        head = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
        # As browsers do it (WHATWG): UTF-8 as it is, the three characters that would end the value escaped.
        name = part.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file_1"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self._head = "".join(head).encode("utf-8")
        self._tail = f"\r\n--{mark}--\r\n".encode("ascii")

    def __len__(self):
        return len(self._head) + self._part.size + len(self._tail)

    def __iter__(self):
        yield self._head
        yield from self._part
        yield self._tail


def _proxy_variable(url):
    """What names the proxy for a URL, for a message; None where there is none."""
    if not requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return None
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    found = next((spelt for name in names for spelt in (name, name.upper()) if os.environ.get(spelt)), None)
    return f"the variable {found}" if found else "the system"


def _is_time_out(error):
    """Whether it is the end of our own patience."""
    ours = (socket.timeout, urllib3_errors.ConnectTimeoutError, urllib3_errors.ReadTimeoutError)
    # What has a number is the system's; a refused connection is a kind of time-out to the library.
    strange = urllib3_errors.NewConnectionError
    return any(isinstance(one, ours) and not isinstance(one, strange) and getattr(one, "errno", None) is None for one in _causes(error))


def _causes(error):
    """An error and what the libraries wrapped in it, or raised it for, the innermost last."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        wrapped = [one for one in (getattr(error, "reason", None), *error.args) if isinstance(one, BaseException)]
        # urllib3 1.26 tries things that fail, so that not all that went before is a cause.
        before = [one for one in (error.__cause__, error.__context__) if isinstance(one, OSError)]
        error = next(iter(wrapped + before), None)
    return seen


def _reason(error):
    """What is at the bottom of an error, as a person would say it: without the libraries' names of objects, hosts and proxies."""
    causes = _causes(error)
    said = next((one.strerror for one in reversed(causes) if isinstance(one, OSError) and one.strerror), None)
    return said or _CONNECTION_NAME.sub("", str(causes[-1])).strip(" .") or type(causes[-1]).__name__
