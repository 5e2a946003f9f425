# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the practice Moodle: ``python -m tests.simulator``."""
from __future__ import annotations

import argparse
import asyncio
import secrets
import shlex
import signal
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from . import seed
from .server import Server
from .site import CONDITIONS, Latency, Limits, Site
from .store import Store
from .versions import DEFAULT, VERSIONS


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tests.simulator",
        description="A practice Moodle with the tool_sync plugin, to rehearse playbooks before a real site.",
        epilog="conditions: " + "; ".join(f"{name} ({what})" for name, what in CONDITIONS.items()),
    )
    site = made.add_argument_group("the site")
    site.add_argument("--moodle", choices=sorted(VERSIONS), default=DEFAULT, help="the version it plays (default %(default)s)")
    site.add_argument("--edition", choices=("pro", "community"), default="pro", help="the plugin's release")
    site.add_argument("--seed", choices=("contract", "empty", "demo"), default="contract", help="state of a new site")
    site.add_argument("--data", metavar="FILE", default=":memory:", help="SQLite file to keep the site in")
    site.add_argument("--lang", default="en", help="language of the account behind the tokens: en or fr")
    site.add_argument("--today", metavar="YYYY-MM-DD", type=date.fromisoformat, help="the site's date, if not today's")
    site.add_argument("--condition", metavar="NAME", action="append", default=[], help="see below; repeatable")
    site.add_argument(
        "--sites", type=int, default=1, metavar="NUMBER",
        help="play so many sites, each on a port of its own; their tokens end in the site's number (0000 is the first)",
    )
    http = made.add_argument_group("where it answers")
    http.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    http.add_argument("--port", type=int, default=8099, help="0 for a free one (default %(default)s)")
    http.add_argument("--wwwroot", metavar="URL", help="the site's own address, if it is not the one printed")
    http.add_argument("--cert", metavar="FILE", help="answer over TLS with this certificate (PEM)")
    http.add_argument("--key", metavar="FILE", help="its key, if not in the same file")
    http.add_argument("--client-ca", metavar="FILE", help="ask for client certificates signed by this authority")
    http.add_argument("--log", metavar="FILE", type=Path, help="append method, path and status of each request")
    tokens = made.add_argument_group("tokens")
    tokens.add_argument("--token", help="token of an administrator for a service that holds everything; made up where it is not given")
    tokens.add_argument(
        "--service-token", metavar="NAME=TOKEN", action="append", default=[],
        help=f"token for one of the plugin's own services: {', '.join(seed.PACKAGED_SERVICES)}; repeatable",
    )
    limits = made.add_argument_group("limits and speed")
    limits.add_argument("--max-input-vars", type=int, default=Limits.max_input_vars, help="default %(default)s")
    limits.add_argument("--post-max-size", type=int, default=Limits.post_max_size, metavar="BYTES")
    limits.add_argument("--upload-max-filesize", type=int, default=Limits.upload_max_filesize, metavar="BYTES")
    limits.add_argument("--call-ms", type=float, default=0.0, metavar="MS", help="time a call takes; a real one: 24")
    limits.add_argument("--record-ms", type=float, default=0.0, metavar="MS", help="time a record takes; real: 2 to 6")
    limits.add_argument("--read-ms", type=float, default=0.0, metavar="MS", help="time per user listed or looked up; real: 1 to 2")
    limits.add_argument("--noise", action="store_true", help="let what the plugin prints stand before the JSON")
    return made


def own(args: argparse.Namespace, number: int) -> argparse.Namespace:
    """The options of one site among many: its own port, file, log and tokens."""
    if args.sites == 1:
        return args
    made = argparse.Namespace(**vars(args))
    made.token = numbered(args.token, number)
    made.service_token = [numbered(pair, number) for pair in args.service_token]
    made.port = args.port + number if args.port else 0
    made.data = args.data if args.data == ":memory:" else f"{args.data}.{number:04}"
    made.log = args.log and args.log.with_name(f"{args.log.name}.{number:04}")
    return made


def numbered(token: str, number: int) -> str:
    return token[:-4] + f"{number:04}"


def build(args: argparse.Namespace) -> Server:
    """A server for the options, not listening yet; ValueError says which option makes no sense."""
    conditions = {}
    for given in args.condition:
        name, _equals, value = given.partition("=")
        if name not in CONDITIONS:
            raise ValueError(f"--condition {name}: must be one of {', '.join(CONDITIONS)}")
        conditions[name] = value
    if args.data != ":memory:":
        Path(args.data).parent.mkdir(parents=True, exist_ok=True)
    site = Site(
        Store(args.data), VERSIONS[args.moodle], edition=args.edition, conditions=conditions,
        limits=Limits(args.max_input_vars, args.post_max_size, args.upload_max_filesize),
        latency=Latency(args.call_ms, args.record_ms, args.read_ms), noise=args.noise,
        clock_offset=(args.today - date.today()).days * 86400 if args.today else 0,
    )
    seed.seed(site.store, args.seed, site.version)
    site.store.update("user", seed.ADMIN, lang=args.lang)
    server = Server(site, args.seed, args.log)
    server.give_token(args.token, "practice")
    for pair in args.service_token:
        name, _equals, value = pair.partition("=")
        if not value:
            raise ValueError(f"--service-token {pair}: NAME=TOKEN was expected")
        server.give_token(value, name)
    site.store.commit()
    return server


async def serve(servers: list[tuple[Server, argparse.Namespace]]) -> None:
    """Answer until a signal comes, and print where; for a single site also what a shell needs for it. Each server has its own options."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(32))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        for server, args in servers:
            url = await listen(server, args)
            lines = [f"Practice Moodle listening on {url}"]
            if len(servers) == 1:
                lines += [f"export TOOLSYNC_URL={shlex.quote(url)}", f"export TOOLSYNC_TOKEN={shlex.quote(args.token)}"]
            print("\n".join(lines), flush=True)
        await stop.wait()
    finally:
        for server, _args in servers:
            await server.close()


async def listen(server: Server, args: argparse.Namespace) -> str:
    """Open the site's port; returns its address."""
    tls = None
    if args.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.cert, args.key)
        if args.client_ca:
            tls.load_verify_locations(args.client_ca)
            tls.verify_mode = ssl.CERT_REQUIRED
    port = await server.listen(args.host, args.port, tls)
    url = f"{'https' if tls else 'http'}://{args.host}:{port}"
    server.site.wwwroot = (args.wwwroot or url).rstrip("/")
    return url


def main() -> int:
    made = parser()
    args = made.parse_args()
    if not 1 <= args.sites <= 9999:
        made.error("--sites: a number from 1 to 9999 was expected")
    args.token = args.token or secrets.token_hex(16)
    try:
        servers = [(build(options), options) for options in (own(args, number) for number in range(args.sites))]
    except ValueError as error:
        made.error(str(error))
    try:
        asyncio.run(serve(servers))
    except OSError as error:
        print(f"cannot listen on {args.host}:{args.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
