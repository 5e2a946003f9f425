# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice site: its data, its conditions and limits, and what was asked of it."""
from __future__ import annotations

import collections
import threading
import time
from dataclasses import dataclass, field

from . import php
from .errors import MoodleException
from .schema import COLUMNS
from .store import Row, Store
from .versions import V41, Version

DEBUG_NORMAL = 15
DEBUG_DEVELOPER = 32767

# Name of a condition -> what it does to the site.
CONDITIONS = {
    "webservices-off": "web services are off",
    "rest-off": "the REST protocol is off",
    "maintenance": "maintenance mode, set in the database",
    "cli-maintenance": "maintenance mode, set from the command line",
    "upgrade-pending": "the site waits for an upgrade",
    "token-expired": "the token is past its date; its first use deletes it",
    "token-other-address": "the token is bound to another address",
    "service-off": "the service is disabled",
    "not-authorised": "the account is not on the service's list",
    "account-suspended": "the account is suspended",
    "no-capabilities": "the token belongs to an account without any right",
    "debug-normal": "debugging messages on, level NORMAL",
    "debug-developer": "debugging messages on, level DEVELOPER",
    "french-account": "the account's language is French",
    "community": "the plugin's community release",
    "other-host": "the site's own address is another one",
    "mail-broken": "the site can't send mail",
    "functions-missing": "Moodle knows no function whose name begins with one of the value's words (default: the plugin's)",
}


@dataclass
class Limits:
    """PHP's limits, in variables and bytes, as on the recorded servers."""

    max_input_vars: int = 1000
    post_max_size: int = 210 * 1024 * 1024
    upload_max_filesize: int = 200 * 1024 * 1024


@dataclass
class Latency:
    """What a call, a record of a run or a bulk call, and a user in a list or an account cost, in milliseconds.

    A real server took 24 for a call, 2 to 6 for a record, 0.8 to 2.3 for a user in a course's list, 1.5 to 3 for an account.
    """

    call_ms: float = 0.0
    record_ms: float = 0.0
    read_ms: float = 0.0


@dataclass
class Seen:
    """A call as the page shows it: never a token, never a parameter's value."""

    time: float
    function: str
    outcome: str
    milliseconds: float


@dataclass
class Site:
    store: Store
    version: Version = V41
    edition: str = "pro"
    wwwroot: str = ""
    limits: Limits = field(default_factory=Limits)
    latency: Latency = field(default_factory=Latency)
    conditions: dict[str, str] = field(default_factory=dict)
    last_calls: collections.deque[Seen] = field(default_factory=lambda: collections.deque(maxlen=200))
    calls: collections.Counter[str] = field(default_factory=collections.Counter)
    executed: collections.Counter[str] = field(default_factory=collections.Counter)
    writes: int = 0
    # Whether what the plugin prints besides its report stands before the JSON (the recorded servers dropped it).
    noise: bool = False
    last_report: str = ""
    clock_offset: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def now(self) -> int:
        """The site's clock, in Unix time."""
        return int(time.time() + self.clock_offset)

    @property
    def debug(self) -> int:
        if "debug-developer" in self.conditions:
            return DEBUG_DEVELOPER
        if "debug-normal" in self.conditions:
            return DEBUG_NORMAL
        return int(self.store.setting("debug", "core") or 0)

    @property
    def pro(self) -> bool:
        return self.edition == "pro" and "community" not in self.conditions and not (
            self.store.setting("emulatecommunity") or "0"
        ).strip("0")

    def has_function(self, name: str) -> bool:
        """False for a function that the condition takes away from what the practice plays."""
        missing = self.conditions.get("functions-missing")
        return missing is None or not name.startswith(tuple((missing or "tool_sync_").split()))

    def send_mail(self) -> None:
        """Nobody gets anything; a site that can't send mail says so."""
        if "mail-broken" in self.conditions:
            raise MoodleException("messagenotsent", "Message was not sent")

    def state(self) -> dict[str, list[dict[str, object]]]:
        """Every table as lists of records, for tests; files without content, no token."""
        tables = {}
        for table in COLUMNS:
            if table == "external_tokens":
                continue
            rows = self.store.records(table)
            tables[table] = [
                {name: row[name] for name in row.keys() if (table, name) != ("files", "content")} for row in rows
            ]
        return tables


@dataclass
class Call:
    """One request on its way through Moodle: who asks, in which language, and what PHP printed meanwhile.

    ``raw`` asks for names as they are stored, and not as a web page needs them.
    """

    site: Site
    user: Row
    lang: str = "en"
    service: Row | None = None
    raw: bool = False
    abandoned: threading.Event = field(default_factory=threading.Event)
    printed: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.site.store

    def now(self) -> int:
        return self.site.now()

    def shown(self, name: str, formats: bool) -> str:
        """A name as an answer has it: ready for a web page where the version does that and the request wants it."""
        return php.format_string(name) if formats and not self.raw else name

    def record_cost(self) -> None:
        """Take the time that one record takes on the site that is played."""
        if self.site.latency.record_ms:
            self.site.stopping.wait(self.site.latency.record_ms / 1000)

    def read_cost(self, number: int) -> None:
        """Take the time that listing, or looking up, so many users takes."""
        if self.site.latency.read_ms:
            self.site.stopping.wait(self.site.latency.read_ms * number / 1000)
