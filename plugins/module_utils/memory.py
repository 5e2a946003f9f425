# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was last sent to a site, kept in a file, since the site can't be asked.

Private to this collection. The file is JSON, mode 0600, and holds names of settings and files, and checksums; no token, no row.
A damaged file counts as an empty one: then everything is reported as changed once. One that may not be read does too, and is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from urllib.parse import urlsplit

from . import files
from .errors import StateFileError

#: What a run did to the file that was committed under a name.
KEPT, MAYBE_CONSUMED, CONSUMED = "kept", "maybe_consumed", "consumed"


def default_path(base):
    """The memory file for a site: its host name for people, a hash for sites that share it."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(base).netloc)
    return f"~/.ansible/toolsync/{host}-{hashlib.sha256(base.encode()).hexdigest()[:8]}.json"


class Memory:
    """Sections of what was sent: section -> key -> value (JSON).

    base: the site's address; path: of the file, or None for the default; read_only: never written (check mode). problem: what was wrong
    with the file when it was read, as a sentence, or None. failure: the StateFileError of what could not be written, or None.
    """

    def __init__(self, base, path=None, *, read_only=False):
        self.path = os.path.expanduser(path or default_path(base))
        self.read_only = read_only
        self.problem = None
        self.failure = None
        self._base = base
        self._guard = f"{self.path}.lock"

    def get(self, section, key=None):
        """A copy of a section (a dict), or one value of it (None when unknown)."""
        sites, why = self._read()
        if why is not None:
            self.problem = f"The memory file {self.path} {why}: what was sent to the site before is not known."
        found = sites.get(self._base, {}).get(section, {})
        return found if key is None else found.get(key)

    def check(self):
        """Raise StateFileError where the file can't be written, as far as can be told without trying. For before anything is sent."""
        why = self._read()[1] or files.obstacle(self.path, makes_folder=True)
        if why is None and os.path.lexists(self._guard) and not os.access(self._guard, os.R_OK | os.W_OK):
            why = f"cannot be written: {self._guard} belongs to another user"
        if why is not None:
            raise StateFileError(f"state_file: {self.path} {why}. Nothing was sent.", option="state_file")

    def put(self, section, values):
        """Merge values into a section; a value of None forgets its key. Written at once.

        Where the file can't be written, that is kept as C(failure) and told when the task ends, so that it hides nothing. What must not be
        sent unless it is remembered calls C(insist) in between.
        """
        if self.read_only:
            raise RuntimeError("the memory file was written in check mode")
        try:
            with files.alone(self._guard):
                sites, why = self._read()
                if why is not None:
                    raise OSError(None, f"it {why}")
                content = sites.setdefault(self._base, {})
                merged = {**content.get(section, {}), **values}
                content[section] = {key: value for key, value in merged.items() if value is not None}
                text = json.dumps({"version": 1, "checksum": _checksum(sites), "sites": sites}, indent=1, sort_keys=True)
                with files.replacing(self.path) as stream:
                    stream.write(text.encode("ascii"))
        except OSError as error:
            self.failure = self.failure or StateFileError(
                f"state_file: {self.path} could not be written: {error.strerror}.", option="state_file"
            )

    def insist(self):
        """Raise what C(put) could not write."""
        if self.failure is not None:
            raise self.failure

    def mark_files(self, name, state):
        """A run reads the file of that name: remember what becomes of it. name None: any file may be read.

        Returns the entries as they were, for C(put) to take back. What is known to be consumed is not made a guess again.
        """
        known = self.get("files")
        touched = {
            key: entry
            for key, entry in known.items()
            if name in (None, key) and not (state == MAYBE_CONSUMED and entry.get("state") == CONSUMED)
        }
        if touched:
            self.put("files", {key: {**entry, "state": state} for key, entry in touched.items()})
        return touched

    def _read(self):
        """(what is known of every site that shares the file, why it can't be read or None)."""
        try:
            with open(self.path, encoding="utf-8") as stream:
                content = json.load(stream)
        except (FileNotFoundError, NotADirectoryError):
            return {}, None
        except OSError as error:
            return {}, f"cannot be read: {error.strerror}"
        except (ValueError, RecursionError):
            content = None
        sites = content.get("sites") if isinstance(content, dict) else None
        # A changed byte may leave JSON of another meaning: then every value of it is a guess.
        if not isinstance(sites, dict) or content.get("checksum") != _checksum(sites):
            self.problem = f"The memory file {self.path} was damaged, and is taken as empty."
            return {}, None
        return sites, None


def _checksum(sites):
    return hashlib.sha256(json.dumps(sites, sort_keys=True).encode()).hexdigest()
