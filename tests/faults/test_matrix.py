# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call of every task times every fault: the outcome is the stated one, what is said is true, nothing is done twice, the next run
converges.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import time
import urllib.parse

import pytest
import trustme
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.module import run
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.catalogue import FUNCTIONS
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.moodle import NO_PARAMETER
from ansible_collections.activeprolearn.toolsync.plugins.module_utils.wire.transport import ALWAYS, NOT_WHILE_RUNNING, Transport

from tests.faults.effects import essence, judge
from tests.faults.matrix import CELLS, FAULTS, IDLE, PLANNED, STEPS, TIMEOUT, TOO_SLOW, expected
from tests.faults.proxies import Relay, forward_proxy
from tests.scenarios import MODULES, SCENARIOS, World

#: Real seconds for one second that the client waits before it tries again.
PACE = 1 / 20
#: The shortest way to have "tried again" and "kept failing".
RETRIES = 2
#: Functions that may run once at most for each call of a task, whatever happens.
NEVER_TWICE = [name for name, function in FUNCTIONS.items() if function.repeat != ALWAYS]


class Wire:
    """Between client and network: writes the calls down, and lets the time run short for those that are to come too late.

    The time-out itself is a real one of a real socket; only its length is another. Waits between tries are shortened alike.
    """

    def __init__(self, monkeypatch):
        self.calls, self.waits = [], []
        self._struck = None
        send_once = Transport._send_once

        def sent(transport, url, body, headers, timeout, largest):
            return send_once(transport, url, body, headers, self._meet(url, body, timeout), largest)

        def wait(seconds):
            self.waits.append(seconds)
            time.sleep(seconds * PACE)

        monkeypatch.setattr(Transport, "_send_once", sent)
        monkeypatch.setitem(Transport.__init__.__kwdefaults__, "sleep", wait)

    def strike(self, practice, relay, step, name, always):
        fault = FAULTS[name]
        which = {"function": step.function, "skip": step.nth, "count": 0 if always else 1}
        if fault.how and fault.how["kind"] != "refuse":
            practice.fault(**fault.how, **which)
        if fault.cut:
            relay.cut(*fault.cut, **which)
        if fault.say:
            relay.say(fault.say, **which)
        self._struck = [practice, step, fault.how, always, 0] if not fault.via else None

    def clear(self):
        self._struck = None
        self.calls, self.waits = [], []

    def _meet(self, url, body, timeout):
        is_upload = url.endswith("/upload.php")
        form = {} if is_upload else dict(urllib.parse.parse_qsl(body.decode()))
        name = "upload.php" if is_upload else form["wsfunction"]
        self.calls.append(name + ("?" if NO_PARAMETER in form else ""))
        if self._struck is None or name != self._struck[1].function:
            return timeout
        practice, step, how, always, seen = self._struck
        self._struck[4] += 1
        hits = seen >= step.nth if always else seen == step.nth
        if hits and how["kind"] == "refuse" and (seen == step.nth):
            practice.fault("refuse", seconds=0.5 if always else 0.1)
            time.sleep(0.06)
        return TIMEOUT if hits and (how["kind"] == "hang" or how.get("seconds") == TOO_SLOW) else timeout


def digest(practice):
    """The site's data without what differs between two runs that do the same: times, drafts, numbers of files."""
    state = practice.state()
    state["files"] = [
        {**row, "id": 0, "filename": re.sub(r"\d{8}-\d{4}", "DATE", row["filename"])}
        for row in state["files"]
        if row["filearea"] != "draft"
    ]
    state["files"].sort(key=lambda row: json.dumps(row, sort_keys=True))
    state["config_plugins"] = [{**row, "id": 0} for row in state["config_plugins"] if "lastrunning" not in row["name"]]
    for rows in state.values():
        for row in rows:
            for column in ("timecreated", "timemodified", "timeadded", "timestart", "password"):
                row.pop(column, None)
    state.pop("context", None)
    return state


#: Tasks that do their work again: a run is meant to, and bindings can't be read.
ALWAYS_DONE = ("process users", "process enrols", "process cohorts", "cohort enrol")


def executed(practice):
    counts = practice.counters()["executed"]
    return {name: counts.get(name, 0) for name in NEVER_TWICE}


def executed_too_often(scenario, counts, fault=""):
    """How often more than the task calls them functions ran. A site that says it has not begun is believed, though it has here."""
    planned = PLANNED[scenario]
    believed = NOT_WHILE_RUNNING if fault in ("429 after", "503 after") else None
    return sum(max(counts[one] - planned[one], 0) for one in counts if FUNCTIONS[one].repeat != believed)


@pytest.fixture
def wire(monkeypatch):
    return Wire(monkeypatch)


@pytest.fixture(scope="session")
def relays(practice):
    """What may stand between client and site, by name; "" for nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with contextlib.ExitStack() as stack:
        made = {"proxy": Relay(), "tls": Relay(practice.url, context=context), "balancer": Relay(practice.url, idle=IDLE)}
        yield {"": None, **{name: stack.enter_context(relay) for name, relay in made.items()}}


@pytest.fixture
def way(relays, monkeypatch):
    """way(name) -> (the Relay or None, the connection's options by which the client comes by it)."""
    used = []

    def take(name):
        relay = relays[name]
        used.append(relay)
        if name == "proxy":
            forward_proxy(monkeypatch, relay)
        if name in ("", "proxy"):
            return relay, {}
        return relay, {"url": relay.url, "validate_certs": False}

    yield take
    for relay in filter(None, used):
        relay.clear()


@pytest.fixture(scope="session")
def aims(practice, tmp_path_factory):
    """Scenario -> (the site's data before the task, and after it, what it says), when nothing goes wrong. Made when first asked for."""
    known = {}

    def aim(name):
        if name not in known:
            world, scenario = World(practice, tmp_path_factory.mktemp("aim")), SCENARIOS[name]
            scenario.prepare(world)
            before = digest(practice)
            result = run(scenario.task(), scenario.parameters(world), diff=True)
            assert not result.get("failed"), result
            judge(name, result, before, digest(practice))
            known[name] = before, digest(practice), essence(result, world.folder)
        return known[name]

    return aim


def wait_for(practice):
    """After "refuse": until the site takes connections again."""
    for _try in range(100):
        try:
            return practice.counters()
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the practice Moodle does not come back")


def test_every_module_is_in_the_matrix():
    assert sorted({scenario.module for scenario in SCENARIOS.values()}) == MODULES
    assert list(STEPS) == list(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_matrix_has_all_calls_of_a_task(practice, tmp_path, wire, name):
    world, scenario = World(practice, tmp_path), SCENARIOS[name]
    scenario.prepare(world)
    result = run(scenario.task(), scenario.parameters(world))
    assert not result.get("failed"), result
    assert wire.calls == [call.lstrip("-") for call in STEPS[name].split()]


@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize(("step", "fault"), CELLS, ids=str)
def test_cell(practice, tmp_path, wire, way, aims, record_property, step, fault, always):
    before, aim, faultless = aims(step.scenario)
    world, scenario = World(practice, tmp_path), SCENARIOS[step.scenario]
    scenario.prepare(world)
    relay, connection = way(FAULTS[fault].via)
    parameters = scenario.parameters(world, retries=RETRIES, **connection)
    practice.control("DELETE", "counters")

    wire.strike(practice, relay, step, fault, always)
    result = run(scenario.task(), parameters, diff=True)
    wait_for(practice)
    time.sleep(FAULTS[fault].late + 0.1 if FAULTS[fault].late else 0)
    found, done = digest(practice), executed(practice)

    outcome = result["error"]["kind"] if result.get("failed") and "error" in result else "failed" if result.get("failed") else "ok"
    too_often = executed_too_often(step.scenario, done, fault)
    record_property("cell", (str(step), fault, always, outcome, too_often))
    assert outcome == expected(step, fault, always), result.get("msg")
    assert not too_often, f"done twice: {done}"
    judge(step.scenario, result, before, found)
    if outcome == "ok":
        assert found == aim, "called a success, but something is missing"
        assert essence(result, world.folder) == faultless, "not told as without the fault"
    else:
        assert result["msg"].strip() and World.token not in json.dumps(result)
    calls = [name.lstrip("-") for name in STEPS[step.scenario].split()]
    if "tool_sync_process" in calls[: step.position]:
        assert result["report"] == faultless["report"], "the report of a run that ended is lost"
    if fault.startswith("429") and step.repeatable:
        assert set(wire.waits) == {7.0}, "Retry-After was not kept"
    memory = tmp_path / "state.json"
    if memory.exists():
        json.loads(memory.read_text(encoding="utf-8"))

    practice.clear_faults()
    if relay:
        relay.clear()
    wire.clear()
    again = run(scenario.task(), parameters, diff=True)
    assert not again.get("failed"), again
    assert digest(practice) == aim, "the next run does not converge"
    if "process" in step.scenario:
        # A run says what it wrote again too.
        assert found == aim or again["changed"], "the next run did something and does not say so"
    else:
        judge(step.scenario, again, found, aim)
    if outcome == "ok":
        assert executed(practice) == done or step.scenario in ALWAYS_DONE, "done again after a success"
