# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many practice Moodles in one process are strangers to each other."""
from __future__ import annotations

import subprocess
import sys

from tests.simulator.fixture import ROOT, PracticeSites

SITE_INFO = "core_webservice_get_site_info"


def test_each_site_has_its_own_address_token_data_and_faults() -> None:
    with PracticeSites(3) as many:
        first, second, third = many.sites
        assert len({site.url for site in many.sites}) == len({site.token for site in many.sites}) == 3
        assert second.call(SITE_INFO)["siteurl"] == second.url
        assert third.call(SITE_INFO, token=second.token)["errorcode"] == "invalidtoken"
        second.put("users.csv", "username;firstname;lastname;email\nada;Ada;Lovelace;ada@example.com\n")
        second.condition("cli-maintenance")
        assert [site.counters()["writes"] > 0 for site in many.sites] == [False, True, False]
        assert first.call(SITE_INFO)["username"] == "admin"
        assert second.access_log() and not first.access_log().count("upload.php")


def test_their_number_must_make_sense() -> None:
    command = [sys.executable, "-m", "tests.simulator", "--sites", "0"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert "--sites" in run.stderr
