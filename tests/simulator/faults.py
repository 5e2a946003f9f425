# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what networks, proxies and broken servers do, per function and per count, before or after the work.

A fault is a JSON object: ``kind`` and, where they matter,

* ``function``: a web service function, ``upload.php`` or ``*``; ``count``: how many calls it hits (default 1, 0 for
  all); ``skip``: how many to let pass first;
* ``when``: ``before`` (default) or ``after`` the work was done;
* ``status``, ``retry_after`` (seconds), ``location``, ``seconds``, ``text``: see the kinds.

Kinds: ``status`` (an HTTP error page, or ``text``), ``redirect``, ``reset`` (the connection is reset), ``close`` (closed without a
word), ``hang`` (no answer, for ``seconds`` if given, else until the client leaves), ``slow-headers`` and ``slow-body``
(``seconds`` long), ``truncate`` (half of the JSON as if it were all), ``cut`` (the connection ends in mid-body),
``noise`` (``text`` before the JSON), ``empty`` (200 without a body), ``refuse`` (no connection is taken for
``seconds``; at once, for all).
"""
from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, fields
from typing import Any

from aiohttp import web

KINDS = (
    "status redirect reset close hang slow-headers slow-body truncate cut noise empty refuse"
).split()
_ALWAYS_AFTER = ("slow-body", "truncate", "cut", "noise", "empty")
_TITLES = {
    401: "401 Authorization Required", 403: "403 Forbidden", 413: "413 Request Entity Too Large",
    429: "429 Too Many Requests", 500: "500 Internal Server Error", 502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out",
}


@dataclass
class Fault:
    kind: str
    function: str = "*"
    count: int = 1
    skip: int = 0
    when: str = "before"
    status: int = 500
    retry_after: str = ""
    location: str = ""
    seconds: float = 0.0
    text: str = ""

    @classmethod
    def parse(cls, given: dict[str, Any]) -> Fault:
        """A fault from its JSON form; ValueError says what is wrong with it."""
        known = {one.name for one in fields(cls)}
        if unknown := set(given) - known:
            raise ValueError("unknown key: " + ", ".join(sorted(unknown)))
        fault = cls(**{**given, "retry_after": str(given.get("retry_after", ""))})
        if fault.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if fault.when not in ("before", "after"):
            raise ValueError("when must be before or after")
        if fault.kind in _ALWAYS_AFTER:
            fault.when = "after"
        return fault

    @property
    def label(self) -> str:
        return f"fault: {self.kind}{' ' + str(self.status) if self.kind == 'status' else ''}"


class Faults:
    """The faults in waiting. The first that fits a call is spent on it."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, function: str) -> Fault | None:
        for fault in self.waiting:
            if fault.function not in ("*", function):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.count:
                fault.count -= 1
                if not fault.count:
                    self.waiting.remove(fault)
            return fault
        return None

    async def before(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        """What the client gets instead of the work; None lets the work be done."""
        return await self._strike(fault, request) if fault.when == "before" else None

    async def after(self, fault: Fault, request: web.Request, answer: web.Response) -> web.StreamResponse:
        """What the client gets once the work is done."""
        if fault.when == "before":
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        headers = {"Content-Type": answer.headers["Content-Type"]}
        if fault.kind == "truncate":
            return web.Response(body=body[: max(1, len(body) // 2)], headers=headers)
        if fault.kind == "noise":
            return web.Response(body=fault.text.encode() + body, headers=headers)
        if fault.kind == "empty":
            return web.Response(body=b"", headers=headers)
        if fault.kind in ("slow-body", "cut"):
            return await self._in_pieces(fault, request, body, headers)
        return await self._strike(fault, request) or answer

    async def _strike(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        if fault.kind == "status":
            if fault.text:
                return web.Response(text=fault.text, status=fault.status, content_type="text/html")
            return error_page(fault.status, fault.retry_after)
        if fault.kind == "redirect":
            status = fault.status if 300 <= fault.status < 400 else 302
            return web.Response(status=status, headers={"Location": fault.location or "/elsewhere"})
        if fault.kind == "reset":
            return reset(request)
        if fault.kind == "close":
            return reset(request, rudely=False)
        if fault.kind == "slow-headers":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.kind == "hang":
            await until_gone(request, fault.seconds)
            return reset(request)
        return None

    @staticmethod
    async def _in_pieces(
        fault: Fault, request: web.Request, body: bytes, headers: dict[str, str]
    ) -> web.StreamResponse:
        answer = web.StreamResponse(headers={**headers, "Content-Length": str(len(body))})
        await answer.prepare(request)
        if fault.kind == "cut":
            await answer.write(body[: len(body) // 2])
            await asyncio.sleep(0.05)
            reset(request, rudely=False)
            return answer
        pieces = max(1, min(10, len(body)))
        size = -(-len(body) // pieces) or 1
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(body), size):
                await asyncio.sleep(fault.seconds / pieces)
                await answer.write(body[at : at + size])
            await answer.write_eof()
        return answer


def error_page(status: int, retry_after: str = "") -> web.Response:
    """An error page as nginx writes it."""
    title = _TITLES.get(status, str(status))
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    headers = {"Retry-After": retry_after} if retry_after else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="proxy"'
    return web.Response(status=status, text=text, headers=headers, content_type="text/html")


def reset(request: web.Request, rudely: bool = True) -> web.Response:
    """Drop the connection: with a TCP reset, or by closing it as if all had been said."""
    transport = request.transport
    if transport is not None:
        if rudely:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
    return web.Response()


async def until_gone(request: web.Request, seconds: float = 0.0) -> None:
    """Wait until the client has left, or for so long."""
    waited = 0.0
    while request.transport is not None and not request.transport.is_closing():
        if seconds and waited >= seconds:
            return
        await asyncio.sleep(0.05)
        waited += 0.05
