# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential's authority and its switch for the verification, against a practice Moodle that speaks TLS."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
import trustme

from tests.runner.job import Start
from tests.simulator.fixture import Practice


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def practice(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    chain = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(chain))
    with Practice("--cert", str(chain)) as running:
        yield running


def test_the_credentials_authority_is_trusted(start: Start, authority: trustme.CA) -> None:
    ended = start({"ca": authority.cert_pem.bytes().decode()}, check=True)
    assert ended.status == "successful", ended.output


def test_without_it_the_job_fails(start: Start) -> None:
    ended = start(check=True)
    assert ended.status == "failed"
    assert "certificate" in " ".join(ended.failures())


def test_unless_verification_is_switched_off(start: Start) -> None:
    ended = start({"validate_certs": "false"}, check=True)
    assert ended.status == "successful", ended.output
