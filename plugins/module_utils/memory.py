# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was last sent to a site, kept in a file, since the site can't be asked.

Private to this collection. The file is JSON, mode 0600, and holds names of settings and files, and checksums; no token, no row.
A damaged file counts as an empty one: then everything is reported as changed once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from urllib.parse import urlsplit

from .errors import StateFileError

#: What a run did to the file that was committed under a name.
KEPT, MAYBE_CONSUMED, CONSUMED = "kept", "maybe_consumed", "consumed"
DEFAULT_FOLDER = "~/.ansible/toolsync"


def default_path(base_url):
    """The memory file for a site: its host name for people, a hash for sites that share it."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(base_url).netloc)
    return f"{DEFAULT_FOLDER}/{host}-{hashlib.sha256(base_url.encode()).hexdigest()[:8]}.json"


class Memory:
    """Sections of what was sent: section -> key -> value (JSON).

    path: of the file, or None for the default; read_only: never written (check mode). damaged: True after an unreadable file.
    """

    def __init__(self, site, path=None, *, read_only=False):
        self.path = os.path.expanduser(path or default_path(site))
        self.read_only = read_only
        self.damaged = False
        self._site = site

    def get(self, section, key=None):
        """A copy of a section (a dict), or one value of it (None when unknown)."""
        found = self._load().get(section)
        found = found if isinstance(found, dict) else {}
        return found if key is None else found.get(key)

    def put(self, section, values):
        """Merge values into a section; a value of None forgets its key. Written at once, atomically."""
        if self.read_only:
            raise RuntimeError("the memory file was written in check mode")
        try:
            with self._locked():
                sites = self._sites()
                content = sites.get(self._site)
                content = content if isinstance(content, dict) else {}
                old = content.get(section)
                merged = {**(old if isinstance(old, dict) else {}), **values}
                content[section] = {key: value for key, value in merged.items() if value is not None}
                sites = {**sites, self._site: content}
                self._write({"version": 1, "checksum": _checksum(sites), "sites": sites})
        except OSError as error:
            raise StateFileError(
                f"state_file: {self.path} could not be written: {error.strerror}. What was sent to the site stays sent.",
                option="state_file",
            ) from None

    def mark_files(self, name, state):
        """A run has read the file of that name: remember what became of it. name None: any file may have been read."""
        files = self.get("files")
        touched = {key: {**entry, "state": state} for key, entry in files.items() if name in (None, key)}
        if touched:
            self.put("files", touched)

    def _load(self):
        content = self._sites().get(self._site)
        return content if isinstance(content, dict) else {}

    def _sites(self):
        """What is known of every site that shares the file."""
        try:
            with open(self.path, encoding="utf-8") as stream:
                content = json.load(stream)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            content = None
        sites = content.get("sites") if isinstance(content, dict) else None
        # A changed byte may leave JSON of another meaning: then every value of it is a guess.
        if not isinstance(sites, dict) or content.get("checksum") != _checksum(sites):
            self.damaged = True
            return {}
        return sites

    @contextlib.contextmanager
    def _locked(self):
        """Two tasks on one site add to the file, one after the other."""
        os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)
        descriptor = os.open(f"{self.path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, content):
        folder, name = os.path.split(self.path)
        # Under the lock nobody else uses the name; a task that was killed here left its file, which this one replaces.
        temporary = os.path.join(folder, f".{name}.new")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1, sort_keys=True)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _checksum(sites):
    return hashlib.sha256(json.dumps(sites, sort_keys=True).encode()).hexdigest()
