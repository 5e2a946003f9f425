# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay that breaks connections does what it says: what the site gets, what the client sees."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse

import pytest

from tests.faults.proxies import Relay

SETTING = {"wsfunction": "tool_sync_set_config", "service": "users", "confkey": "filelocation", "confvalue": "u.csv"}


def ask(relay, practice, target="", timeout=30):
    """The answer to a setting, None where the connection broke."""
    body = urllib.parse.urlencode({"wstoken": practice.token, "moodlewsrestformat": "json", **SETTING})
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=timeout)
    try:
        connection.request(
            "POST", f"{target}/webservice/rest/server.php", body, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def executed(practice, wanted):
    """How often the site has done it, waiting for it."""
    for _again in range(100):
        count = practice.counters()["executed"].get("tool_sync_set_config", 0)
        if count >= wanted:
            return count
        time.sleep(0.02)
    return count


def test_it_passes_on_what_is_not_cut(practice):
    with Relay(practice.url) as relay:
        relay.cut("before", function="tool_sync_process")
        assert json.loads(ask(relay, practice)) is True
        assert relay.seen == ["tool_sync_set_config"]


@pytest.mark.parametrize("how", ["close", "reset", "stall"])
@pytest.mark.parametrize("when, done", [("request", 0), ("before", 0), ("during", 1), ("after", 1), ("within", 1)])
def test_it_cuts_one_call(practice, when, how, done):
    with Relay(practice.url) as relay:
        relay.cut(when, how, function="tool_sync_set_config", skip=1)
        assert ask(relay, practice) == b"true"
        assert ask(relay, practice, timeout=0.7 if how == "stall" else 30) is None
        assert executed(practice, 1 + done) == 1 + done
        assert ask(relay, practice) == b"true"


def test_it_says_something_else(practice):
    with Relay(practice.url) as relay:
        relay.say(b"<br />PHP", function="tool_sync_set_config", count=0)
        assert [ask(relay, practice) for _again in range(2)] == [b"<br />PHP"] * 2
        assert executed(practice, 2) == 2
        relay.clear()
        assert ask(relay, practice) == b"true"


def test_it_drops_silence(practice):
    practice.fault("slow-headers", seconds=1, when="before")
    with Relay(practice.url, idle=0.1) as relay:
        assert ask(relay, practice) is None
        assert executed(practice, 1) == 1


def test_it_is_a_forward_proxy(practice):
    with Relay() as relay:
        assert ask(relay, practice, target=practice.url) == b"true"
        relay.cut("after")
        assert ask(relay, practice, target=practice.url) is None
        assert executed(practice, 2) == 2
