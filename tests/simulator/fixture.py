# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, steer and stop a practice Moodle from tests; needs nothing but Python's own library.

    with Practice("--moodle", "4.3") as practice:
        practice.fault("status", function="tool_sync_process", status=504, when="after")
        ... practice.url, practice.token ...
        assert practice.counters()["writes"] == 1

The environment variable TOOLSYNC_TEST_MOODLE names the version that is played where ``--moodle`` is not given.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from .versions import DEFAULT, VERSIONS

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {
    "tool_sync": "11111111111111111111111111111111",
    "tool_sync_core_ext": "22222222222222222222222222222222",
    "tool_sync_cohort_ext": "33333333333333333333333333333333",
}


class Practice:
    """A practice Moodle in a process of its own. ``options`` are those of ``python -m tests.simulator``.

    ``version`` is what it plays, ``url`` the site's address, ``token`` a token for everything, ``service_tokens`` those of
    the plugin's packaged services, ``log`` the access log, ``errors`` what the program complained about. ``python`` is an
    interpreter that has aiohttp (default: this one).
    """

    def __init__(self, *options: str, python: str | None = None, port: int = 0):
        self.options = list(options)
        if "--moodle" not in options:
            self.options += ["--moodle", os.environ.get("TOOLSYNC_TEST_MOODLE") or DEFAULT]
        self.version = VERSIONS[self.options[self.options.index("--moodle") + 1]]
        self.python = python or sys.executable
        self.port = port
        self.token = "0123456789abcdef0123456789abcdef"
        self.service_tokens = dict(TOKENS)
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> Practice:
        """Start it, unless it runs, and wait until it answers. After stop() it comes back on the same port."""
        if self._process is not None:
            return self
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="practice-moodle-")
        self.log = Path(self._folder.name) / "access.log"
        command = [self.python, "-m", "tests.simulator", "--port", str(self.port), "--token", self.token]
        command += ["--log", str(self.log)]
        for name, token in self.service_tokens.items():
            command += ["--service-token", f"{name}={token}"]
        self.errors = Path(self._folder.name) / "errors.txt"
        with self.errors.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command + self.options, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.url = self.next_url()
        self.port = urllib.parse.urlsplit(self.url).port or 0
        return self

    def next_url(self) -> str:
        """The address in the next line that the program prints, one for each site."""
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if " listening on " not in line:
            self._process.wait(timeout=20)
            raise RuntimeError("the practice Moodle did not start: " + self.errors.read_text(encoding="utf-8"))
        return line.rpartition(" ")[2].strip()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            self._process = None

    def __enter__(self) -> Practice:
        return self.start()

    def __exit__(self, *unused: object) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # -- steering -----------------------------------------------------------------------------------------------

    def control(self, method: str, what: str, **given: Any) -> dict[str, Any]:
        """A control call; RuntimeError with the server's words when it refuses."""
        data = json.dumps(given).encode() if given else None
        request = urllib.request.Request(f"{self.url}/_practice/{what}", data=data, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def counters(self) -> dict[str, Any]:
        """``calls`` per function, ``executed`` per function, and ``writes``."""
        return self.control("GET", "counters")

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """All tables."""
        return self.control("GET", "state")

    def fault(self, kind: str, **how: Any) -> None:
        """Put a fault in waiting, see faults.py for kinds and keys."""
        self.control("POST", "faults", kind=kind, **how)

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def condition(self, name: str, on: bool = True, value: str = "") -> None:
        self.control("POST", "conditions", name=name, on=on, value=value)

    def clear_conditions(self) -> None:
        self.control("DELETE", "conditions")

    def configure(self, **sections: Any) -> None:
        """``plugin={...}, core={...}, limits={...}, latency={...}, noise=..., edition=..., service={...}...``."""
        self.control("POST", "configure", **sections)

    def reset(self, **how: Any) -> None:
        """Back to the state and the settings of the first start, without faults, conditions and counts."""
        self.control("POST", "reset", **how)

    def access_log(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    # -- Moodle -------------------------------------------------------------------------------------------------

    def call(self, function: str, token: str | None = None, **arguments: str) -> Any:
        """One REST call, its JSON decoded; ``arguments`` may hold bracketed names."""
        form = {"wstoken": token or self.token, "wsfunction": function, "moodlewsrestformat": "json", **arguments}
        data = urllib.parse.urlencode(form).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/webservice/rest/server.php", data=data, timeout=600) as answer:
            return json.load(answer)

    def put(self, name: str, content: str | bytes) -> None:
        """Put a file where the plugin looks for its input, as upload and commit would."""
        raw = content.encode() if isinstance(content, str) else content
        mark = "practice-boundary"
        body = (
            f'--{mark}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{self.token}\r\n--{mark}\r\n'
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        ).encode() + raw + f"\r\n--{mark}--\r\n".encode()
        request = urllib.request.Request(
            f"{self.url}/webservice/upload.php", data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={mark}"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            uploaded = json.load(answer)
        if not isinstance(uploaded, list) or "itemid" not in uploaded[0]:
            raise RuntimeError(f"the file was not uploaded: {uploaded}")
        itemid = uploaded[0]["itemid"]
        if self.call("tool_sync_commit_file", draftitemid=str(itemid)) is not True:
            raise RuntimeError("the file was not committed")


class PracticeSites:
    """Two or more practice Moodles in one process, each a Practice in ``sites`` with a token of its own.

        with PracticeSites(50) as many:
            ... many.sites[17].url, many.sites[17].token ...
            assert many.sites[17].counters()["writes"] == 0
    """

    def __init__(self, number: int, *options: str):
        self.number = number
        self.sites: list[Practice] = []
        self._process = Practice("--sites", str(number), *options)

    def __enter__(self) -> PracticeSites:
        urls = [self._process.start().url] + [self._process.next_url() for _number in range(1, self.number)]
        self.sites = [self._site(number, url) for number, url in enumerate(urls)]
        return self

    def __exit__(self, *unused: object) -> None:
        self._process.__exit__()

    def _site(self, number: int, url: str) -> Practice:
        site = Practice(*self._process.options)
        site.url = url
        site.token = site.token[:-4] + f"{number:04}"
        site.service_tokens = {name: token[:-4] + f"{number:04}" for name, token in site.service_tokens.items()}
        site.log = self._process.log.with_name(f"{self._process.log.name}.{number:04}")
        return site
