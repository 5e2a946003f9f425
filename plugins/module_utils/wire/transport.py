# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: the only file that imports requests. TLS, proxies, time-outs, retries by class of call, redaction.

Private to this collection. Knows nothing of Moodle: it sends fields to a path and hands back status, headers and bytes.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from ..errors import LibraryMissing, OptionError, OutcomeUnknown, Redirected, SourceFileError, TlsFailed, Unreachable

try:
    import requests
    from requests.auth import AuthBase
except ImportError as import_error:
    requests = None
    AuthBase = object
    REQUESTS_IMPORT_ERROR: str | None = str(import_error)
else:
    REQUESTS_IMPORT_ERROR = None

USER_AGENT = "activeprolearn.toolsync/1.0.0 (ansible)"
#: Statuses that a proxy or an overloaded server gives for a while.
PASSING = (429, 502, 503, 504)
GATEWAY_TIMEOUT = 504
#: A Retry-After beyond this many seconds is not waited for.
LONGEST_WAIT = 60.0
CHUNK = 1 << 20
#: How urllib3 begins its messages: with the connection's representation.
_CONNECTION_NAME = re.compile(r"^(?:<[^>]*>|\w+\([^)]*\)): ")
#: errno names are not enough: these are the exceptions of urllib3 that prove that no byte was sent.
NEVER_CONNECTED = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "LocationParseError")


@dataclass(frozen=True)
class Reply:
    """status: HTTP status; headers: case-insensitive mapping; body: bytes; url: what was asked."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes
    url: str


class _NoNetrc(AuthBase):
    """An authentication that adds nothing, so that requests does not look into ~/.netrc; proxies stay as they are."""

    def __call__(self, request):
        return request


class Transport:
    """One keep-alive session with one site.

    url: the site's base address. timeout: seconds without an answer; connect_timeout: seconds for the connection.
    retries: how often a call that may be repeated is sent again. sleep and clock are there for tests.
    """

    def __init__(
        self,
        url,
        secret,
        *,
        validate_certs=True,
        ca_path=None,
        timeout=60,
        connect_timeout=10,
        retries=3,
        sleep=time.sleep,
        clock=time.monotonic,
    ):
        if requests is None:
            raise LibraryMissing(f"{sys.executable} cannot import the library requests ({REQUESTS_IMPORT_ERROR}).")
        self.base = _checked_url(url)
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.retries = retries
        self._secret = secret
        self._verify = _checked_ca(ca_path) if validate_certs and ca_path else validate_certs
        if not validate_certs:
            # The user has decided; a warning for each request would only land in the module's stderr.
            requests.packages.urllib3.disable_warnings(requests.packages.urllib3.exceptions.InsecureRequestWarning)
        self._sleep = sleep
        self._clock = clock
        self._session = requests.Session()
        self._session.auth = _NoNetrc()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._session.close()

    @property
    def clear_text(self):
        """True when the token would cross a network unencrypted."""
        parts = urlsplit(self.base)
        return parts.scheme == "http" and not _is_loopback(parts.hostname)

    def redact(self, text):
        """text without the token."""
        return str(text).replace(self._secret, "********") if self._secret else str(text)

    def post(self, path, fields, *, repeatable, alone=False, timeout=None):
        """POST form fields (ordered pairs of text). Raises Unreachable, TlsFailed, Redirected, OutcomeUnknown.

        alone: it must not be sent again while the server may still be at it.
        """
        body = urlencode(fields).encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send(path, body, headers, repeatable=repeatable, alone=alone, timeout=timeout)

    def post_file(self, path, fields, part, *, repeatable, timeout=None):
        """POST a FilePart as multipart/form-data, streamed. fields come before the file."""
        body = Multipart(fields, part)
        headers = {"Content-Type": body.content_type, "Content-Length": str(len(body))}
        return self._send(path, body, headers, repeatable=repeatable, alone=False, timeout=timeout)

    def _send(self, path, body, headers, *, repeatable, alone, timeout):
        url = self.base + path
        sent, lost = 0, False
        while True:
            sent += 1
            try:
                reply = self._send_once(url, body, headers, timeout or self.timeout)
            except _NotSent as error:
                failure, wait = Unreachable(self.redact(error)), None
            except _Lost as error:
                if not repeatable or (alone and isinstance(error, _Late)):
                    raise OutcomeUnknown(self.redact(error)) from None
                failure, wait, lost = Unreachable(self.redact(error)), None, True
            else:
                if alone and reply.status == GATEWAY_TIMEOUT:
                    raise OutcomeUnknown(f"A gateway in front of {self.base} gave up waiting (HTTP {reply.status}).")
                if not (repeatable and reply.status in PASSING):
                    return reply
                failure, wait = reply, _retry_after(reply.headers)
            if sent > self.retries or (wait or 0) > LONGEST_WAIT:
                if isinstance(failure, Reply):
                    return failure
                if sent > 1:
                    failure.message = f"{failure.message.rstrip('.')} (tried {sent} times)."
                failure.may_be_done = lost
                raise failure
            self._sleep(min(2.0 ** (sent - 1), 30.0) if wait is None else wait)

    def _send_once(self, url, body, headers, timeout):
        limits = (min(self.connect_timeout, timeout), timeout)
        try:
            # verify belongs to each request: the session's is overruled by REQUESTS_CA_BUNDLE.
            with self._session.post(
                url,
                data=body,
                headers=headers,
                verify=self._verify,
                timeout=limits,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.is_redirect or 300 <= response.status_code < 400:
                    raise Redirected(_redirect_message(self.base, url, response.headers.get("Location")))
                return Reply(response.status_code, response.headers, self._read(response, timeout), url)
        except requests.exceptions.SSLError as error:
            raise TlsFailed(f"The TLS connection to {self.base} failed: {_root(error)}.") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
            raise OptionError(f"url: {self.base} is not an address that can be asked: {error}.", option="url") from None
        except requests.exceptions.ConnectTimeout:
            raise _NotSent(f"{self.base} did not accept a connection within {limits[0]:g} s.") from None
        except requests.exceptions.ReadTimeout:
            raise _Late(f"{self.base} did not answer within {timeout:g} s.") from None
        except requests.exceptions.ProxyError as error:
            raise _NotSent(f"The proxy that the environment names for {self.base} failed: {_root(error)}.") from None
        except (requests.exceptions.RequestException, OSError) as error:
            root = _root(error)
            if type(root).__name__ in NEVER_CONNECTED:
                raise _NotSent(f"{self.base} could not be reached: {_plain(root)}.") from None
            raise _Lost(f"The connection to {self.base} broke before a whole answer had come: {_plain(root)}.") from None

    def _read(self, response, timeout):
        """The whole body; one that trickles in is given up after timeout seconds, as no byte at all would be."""
        deadline = self._clock() + timeout
        chunks = []
        read = getattr(response.raw, "read1", None) or response.raw.read
        while True:
            try:
                chunk = read(65536, decode_content=True)
            except Exception as error:  # urllib3's own classes; what they have in common is that the answer is lost
                raise _Lost(f"The answer of {self.base} broke off: {_plain(_root(error))}.") from None
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            if self._clock() > deadline:
                raise _Late(f"The answer of {self.base} was not complete within {timeout:g} s.")


class _NotSent(Exception):
    """Proven: the server has not seen the request."""


class _Lost(Exception):
    """The server may have done the work; the answer did not arrive."""


class _Late(_Lost):
    """The answer did not arrive in time: the server may still be at it."""


class FilePart:
    """A file to send. path: of a regular file; name: what the server is told; field: name of the form field.

    sent: what the file's state was after it was sent last (os.stat_result), None before. A checksum of what is sent would tell more, and
    halve the speed of a large file.
    """

    def __init__(self, path, name, field="file_1"):
        self.path = path
        self.name = name
        self.field = field
        self.size = os.path.getsize(path)
        self.sent: os.stat_result | None = None

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
        head = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
        ]
        # As browsers do it (WHATWG): UTF-8 as it is, the three characters that would end the value escaped.
        name = part.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="{part.field}"; filename="{name}"\r\n'
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


def _checked_url(url):
    try:
        parts = urlsplit(url or "")
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_ok = None, False
    if parts is None or not port_ok or parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError("url must be the address of the Moodle site, such as https://moodle.example.org.", option="url")
    if parts.username or parts.password:
        raise OptionError("url must not hold a user name or a password.", option="url")
    if parts.query or parts.fragment:
        raise OptionError("url must be the site's base address, without ? or #.", option="url")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _checked_ca(ca_path):
    path = os.path.expanduser(ca_path)
    if not os.access(path, os.R_OK):
        raise OptionError(f"ca_path: {ca_path} does not exist or cannot be read on this host.", option="ca_path")
    return path


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after(headers):
    """Seconds of a Retry-After header, or None; its date form is not used by what stands in front of Moodle."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _redirect_message(base, url, location):
    if not location:
        return f"{base} answered with a redirect that names no address."
    target = urlsplit(urljoin(url, location))
    path = target.path
    for end in ("/webservice/rest/server.php", "/webservice/upload.php"):
        path = path[: -len(end)] if path.endswith(end) else path
    return f"{base} redirects to {target.scheme}://{target.netloc}{path.rstrip('/')}: use that as url."


def _root(error):
    """The innermost cause that the libraries wrapped."""
    seen = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in getattr(error, "args", ()) if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error


def _plain(error):
    """An exception as a person would say it, without object addresses of the libraries."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _CONNECTION_NAME.sub("", str(error)).strip(" .") or type(error).__name__
