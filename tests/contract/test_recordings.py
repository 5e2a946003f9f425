# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every exchange of the recordings, of all versions: the practice Moodle answers what the real one did."""
from __future__ import annotations

from typing import Any

import pytest

from tests.contract import replay
from tests.simulator.fixture import Practice

# The recording's words for a condition -> what brings it about here (a control call's name and value).
CONDITIONS: dict[str, tuple[str, str]] = {
    "web services disabled": ("webservices-off", ""),
    "REST protocol disabled": ("rest-off", ""),
    "maintenance mode": ("maintenance", ""),
    "site wants an upgrade": ("upgrade-pending", ""),
    "token expired": ("token-expired", ""),
    "token bound to another address": ("token-other-address", ""),
    "service disabled": ("service-off", ""),
    "account not authorised for the service": ("not-authorised", ""),
    "account suspended": ("account-suspended", ""),
    "account without capabilities": ("no-capabilities", "ada"),
    "developer debugging on": ("debug-developer", ""),
    "account language is French": ("french-account", ""),
    "maintenance from the command line": ("cli-maintenance", ""),
    "community release of the plugin": ("community", ""),
}
# The request itself brings it about, by its Host header.
BY_REQUEST = "the URL used is not the site address"


def under_conditions(practice: Practice, player: replay.Player, version: str) -> list[replay.Compared]:
    compared = []
    last = None
    for number, exchange in enumerate(replay.load(version, "conditions")):
        wanted = exchange.get("condition")
        if wanted != last:
            practice.clear_conditions()
            if wanted is not None and wanted != BY_REQUEST:
                name, value = CONDITIONS[wanted]
                practice.condition(name, value=value)
            last = wanted
        compared.append(player.play(number, exchange))
    return compared


@pytest.fixture(scope="module", params=replay.VERSIONS)
def played(request: pytest.FixtureRequest) -> dict[str, list[replay.Compared]]:
    """The recordings of a version: the conditions come after the sequence, the core functions start afresh."""
    version = request.param
    with replay.practice_for(version) as practice:
        player = replay.player_for(practice, version, "sequence")
        sequence = replay.play(player, version, "sequence")
        conditions = under_conditions(practice, player, version)
        practice.reset()
        core = replay.play(replay.player_for(practice, version, "core"), version, "core")
        return {"sequence": sequence, "conditions": conditions, "core": core}


def _cases(kind: str) -> list[Any]:
    labels = [exchange["label"] for exchange in replay.load(replay.VERSIONS[0], kind)]
    return [pytest.param(kind, number, id=f"{number}-{label}") for number, label in enumerate(labels)]


@pytest.mark.parametrize("kind,number", _cases("sequence") + _cases("conditions") + _cases("core"))
def test_exchange_agrees(played: dict[str, Any], kind: str, number: int) -> None:
    compared = played[kind][number]
    assert not compared.difference, f"{compared.difference}\nrecorded: {compared.recorded}\nanswer: {compared.answered}"


@pytest.mark.parametrize("version", replay.VERSIONS)
def test_recordings_are_whole(version: str) -> None:
    assert len(replay.load(version, "sequence")) == 201
    assert len(replay.load(version, "conditions")) == 42
    assert len(replay.load(version, "core")) == 105
