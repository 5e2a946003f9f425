# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moodle's settings on its own host, through Moodle's C(admin/cli/cfg.php).

Private to this collection. What web services can't tell can be read here.
"""

from __future__ import annotations

import json
import os
import subprocess

from ..errors import MoodleHostError, OptionError

_HARD_SET = 4


class MoodleHost:
    """A Moodle whose folder and PHP are on this host.

    folder: the one with config.php; php: the program; timeout: seconds for one command; read_only: C(set) is a defect (check mode).
    """

    def __init__(self, folder, php, *, timeout, read_only=False):
        self._script = os.path.join(folder, "admin", "cli", "cfg.php")
        self._php = php
        self._timeout = timeout
        self.read_only = read_only
        if not os.path.isfile(self._script):
            raise OptionError(
                f"moodle_dir: there is no {self._script}, or this user may not see it.",
                option="moodle_dir",
                cure="Give the folder of Moodle on the host that runs the module; nothing was changed.",
            )

    def settings(self, plugin):
        """All settings of a plugin: name -> text. Raises MoodleHostError."""
        output = self._run(f"--component={plugin}", "--json")
        # PHP may print notices first. The list itself is one line.
        for line in reversed(output.splitlines()):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return {name: str(value) for name, value in found.items() if value is not None}
        raise MoodleHostError(f"Moodle's cfg.php answered with no list of the settings of {plugin}.")

    def set(self, plugin, name, value):
        """Set one setting. Raises MoodleHostError."""
        if self.read_only:
            raise RuntimeError("a setting was to be written in check mode")
        self._run(f"--component={plugin}", f"--name={name}", f"--set={value}", name=name)

    def _run(self, *arguments, name=None):
        """What the program printed."""
        try:
            # AnsibleModule.run_command is not there inside the controller, and has no time-out.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                [self._php, self._script, *arguments], timeout=self._timeout, check=False,
                stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise MoodleHostError(f"Moodle's cfg.php did not end within {self._timeout} s.", option="timeout") from None
        except OSError as error:
            raise MoodleHostError(f"php: {self._php} could not be started: {error.strerror}.", option="php") from None
        if done.returncode == _HARD_SET:
            raise MoodleHostError(f"The config.php of this Moodle sets {name} for good.", cure="Change it there.")
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1].strip()
            raise MoodleHostError(f"Moodle's cfg.php failed with the exit status {done.returncode}: {said.rstrip('.')}.")
        return done.stdout
