# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: the two addresses of Moodle's web services, the page for people and the practice's own control calls."""
from __future__ import annotations

import asyncio
import contextlib
import copy
import ssl
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from . import control, html, page, php, seed, upload, webservice
from .csvdialect import Hang
from .errors import Thrown
from .faults import Faults, until_gone
from .site import Seen, Site

REST = "/webservice/rest/server.php"
UPLOAD = "/webservice/upload.php"
HTML = "text/html; charset=utf-8"


class Server:
    """A site behind HTTP. Work that may take long runs in threads, so that pages and control calls always answer."""

    def __init__(self, site: Site, start: str = "contract", log: Path | None = None):
        self.site = site
        self.start = start
        self.faults = Faults()
        self.log = log
        self._at_start = copy.deepcopy((site.limits, site.latency, site.edition, site.conditions, site.noise))
        self._tokens: dict[str, tuple[str, int]] = {}
        self._runner: web.AppRunner | None = None
        self._listener: web.BaseSite | None = None
        self.app = web.Application(client_max_size=1 << 40)
        self.app.router.add_route("*", REST, self.rest)
        self.app.router.add_route("*", UPLOAD, self.upload)
        self.app.router.add_get("/", self.page)
        self.app.router.add_route("*", "/_practice/{what}", self.control)
        self.app.router.add_route("*", "/{tail:.*}", self.missing)
        self.app.middlewares.append(self.logged)

    # -- Moodle -------------------------------------------------------------------------------------------------

    async def rest(self, request: web.Request) -> web.StreamResponse:
        variables, _uploads = await self.php_request(request)
        asked = webservice.Request(variables)

        def work() -> web.Response:
            return self.answer_rest(asked)

        return await self.moodle(request, asked.function or "(none)", work)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        variables, uploads = await self.php_request(request)

        def work() -> web.Response:
            try:
                result = upload.handle(self.site, variables, uploads)
            except Thrown as error:
                body, outcome = upload.write_error(error, self.site), error.errorcode or error.classname
            else:
                body, outcome = php.dumps(result), "ok"
            kind = "text/plain; charset=utf-8" if uploads else "application/json; charset=utf-8"
            return _answer(body, kind, outcome)

        return await self.moodle(request, "upload.php", work)

    def answer_rest(self, asked: webservice.Request) -> web.Response:
        site = self.site
        kind = webservice.JSON_TYPE if asked.json else webservice.XML_TYPE
        if "webservices-off" in site.conditions or "rest-off" in site.conditions:
            return _answer("", HTML, "403", 403)
        try:
            result, call = webservice.execute(site, asked)
        except Thrown as error:
            outcome = error.errorcode or error.classname
            return _answer(webservice.write_error(error, site, asked.json), kind, outcome)
        printed = "".join(call.printed) if site.noise else ""
        return _answer(printed + webservice.write_result(result, asked.json), kind, "ok")

    async def moodle(self, request: web.Request, function: str, work: Any) -> web.StreamResponse:
        """What every request meets on its way: a wrong host, maintenance, faults, latency; then the work itself."""
        site = self.site
        if "other-host" in site.conditions or not self.own_host(request):
            target = site.wwwroot + (request.path if site.version.redirect_keeps_path else "")
            return web.Response(
                status=303, text=html.redirect(target), headers={"Location": target},
                content_type="text/html", charset="UTF-8",
            )
        if "cli-maintenance" in site.conditions:
            return web.Response(
                status=503, text=html.maintenance(str(site.store.setting("sitename", "core"))),
                headers={"Retry-After": "300"}, content_type="text/html", charset="utf-8",
            )
        site.calls[function] += 1
        started = time.perf_counter()
        fault = self.faults.take(function)
        if fault is not None:
            answer = await self.faults.before(fault, request)
            if answer is not None:
                self.seen(function, fault.label, started)
                return answer
        if site.latency.call_ms:
            await asyncio.sleep(site.latency.call_ms / 1000)
        try:
            answer = await asyncio.to_thread(work)
        except Hang:
            self.seen(function, "endless loop", started)
            await until_gone(request)
            return web.Response(status=504)
        finally:
            await asyncio.to_thread(site.store.commit)
        self.seen(function, getattr(answer, "outcome", str(answer.status)), started)
        if fault is not None:
            return await self.faults.after(fault, request, answer)
        return answer

    async def php_request(self, request: web.Request) -> tuple[dict[str, Any], list[php.Upload]]:
        """$_GET and $_POST merged, and $_FILES, within PHP's limits."""
        limits = self.site.limits
        query = php.urlencoded(request.rel_url.raw_query_string.encode("latin-1"))
        variables = php.variables(query, limits.max_input_vars)
        body = await request.read()
        if len(body) > limits.post_max_size:
            return variables, []
        kind = request.headers.get("Content-Type", "")
        pairs: list[tuple[str, str]] = []
        uploads: list[php.Upload] = []
        if kind.startswith("multipart/form-data"):
            pairs, uploads = await asyncio.to_thread(php.multipart, body, kind, limits.upload_max_filesize)
        elif kind.startswith("application/x-www-form-urlencoded"):
            pairs = php.urlencoded(body)
        return {**variables, **php.variables(pairs, limits.max_input_vars)}, uploads

    def own_host(self, request: web.Request) -> bool:
        return self.site.wwwroot.partition("://")[2].split("/")[0] == request.host

    def seen(self, function: str, outcome: str, started: float) -> None:
        spent = (time.perf_counter() - started) * 1000
        self.site.last_calls.append(Seen(time.time(), function, outcome, spent))

    # -- the listening socket, tokens ---------------------------------------------------------------------------

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Take connections; returns the port, which is a free one for 0."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        self._address = (host, port, tls)
        await self._open()
        self._address = (host, self._runner.addresses[0][1], tls)
        return self._address[1]

    async def _open(self) -> None:
        assert self._runner is not None
        host, port, tls = self._address
        self._listener = web.TCPSite(self._runner, host, port, ssl_context=tls, reuse_address=True)
        await self._listener.start()

    def refuse(self, seconds: float) -> None:
        """Take no connection for so long: whoever tries is told "connection refused"."""
        self._refusing = asyncio.create_task(self._refuse(seconds))

    async def _refuse(self, seconds: float) -> None:
        await asyncio.sleep(0.02)
        assert self._listener is not None and self._runner is not None
        await self._listener.stop()
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            connection.force_close()
        await asyncio.sleep(seconds)
        await self._open()

    async def close(self) -> None:
        self.site.stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
        self.site.store.close()

    def give_token(self, token: str, service: str, userid: int = seed.ADMIN) -> None:
        self._tokens[token] = (service, userid)
        seed.give_token(self.site.store, token, service, userid)

    def restore_settings(self) -> None:
        """Limits, latency, edition, conditions and noise as the options of the start had them."""
        site = self.site
        site.limits, site.latency, site.edition, site.conditions, site.noise = copy.deepcopy(self._at_start)

    def restore_tokens(self) -> None:
        for token, (service, userid) in self._tokens.items():
            seed.give_token(self.site.store, token, service, userid)
        self.site.store.commit()

    # -- the practice's own -------------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.Response:
        text = await asyncio.to_thread(page.render, self.site, list(self.faults.waiting))
        return web.Response(text=text, content_type="text/html", charset="utf-8")

    async def control(self, request: web.Request) -> web.Response:
        return await control.handle(self, request)

    async def missing(self, request: web.Request) -> web.Response:
        return web.Response(status=404, text="File not found.\n", content_type="text/html", charset="UTF-8")

    @web.middleware
    async def logged(self, request: web.Request, handler: Any) -> web.StreamResponse:
        status: int | str = "-"
        try:
            answer = await handler(request)
            status = answer.status
            return answer
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            if self.log is not None and not request.path.startswith("/_practice/"):
                with contextlib.suppress(OSError), self.log.open("a", encoding="utf-8") as handle:
                    handle.write(f"{request.method} {request.raw_path} {status}\n")


class _Answer(web.Response):
    outcome = ""


def _answer(body: str, kind: str, outcome: str, status: int = 200) -> web.Response:
    answer = _Answer(body=body.encode("utf-8", "surrogateescape"), status=status, headers={"Content-Type": kind})
    answer.outcome = outcome
    return answer
