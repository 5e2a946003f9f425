# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sequence on a site at a time: a lock that outlives a task.

Private to this collection. The plugin's settings and files are global to the site and its runs take no lock of their own, so that two
sequences would swap files. The lock is a file on the host that runs the modules; it is as good as that host is common to the runs.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import time

from .. import files
from ..errors import LockHeld, StateFileError
from ..memory import default_path
from ..plan import Plan

POLL = 1.0
#: Seconds after which a lock counts as left behind, whoever holds it.
LEFT_BEHIND = 86400


def plan(site, *, state, run_id, owner, pid=None, host=None, wait=600, path=None):
    """state: present or absent; run_id: of the sequence; owner: for people. pid: of a process that lives as long as it; host: its where().

    Raises StateFileError.
    """
    path = os.path.expanduser(path or f"{default_path(site.moodle.base)}.sequence")
    why = files.obstacle(path, makes_folder=True) if state == "present" else None
    if why:
        raise StateFileError(f"path: {path} {why}. No lock was taken.", option="path")
    lock = _Lock(path)
    holder = {"run_id": run_id, "owner": owner, "pid": pid, "host": host, "since": None, "site": site.moodle.base}
    current = lock.holder()
    mine, before = bool(current) and current.get("run_id") == run_id, _shown(current)
    result = {"lock_file": path, "owner": owner, "waited": 0}
    if state == "present":
        return _Acquire(site, lock, holder, wait, changed=not mine, before=before, after=_shown(holder), result=result)
    return _Release(lock, holder, changed=mine, before=before, after={} if mine else before, result=result)


class _Acquire(Plan):
    def __init__(self, site, lock, holder, wait, **known):
        super().__init__(**known)
        self._site, self._lock, self._holder, self._wait = site, lock, holder, wait

    def apply(self):
        begun = time.monotonic()
        would_change, self.changed = self.changed, False
        while True:
            current, stale = self._lock.take(self._holder)
            if current is None:
                break
            waited = time.monotonic() - begun
            if waited >= self._wait:
                raise LockHeld(
                    f"Another sequence runs on {self._site.moodle.base}: {current.get('owner')}, since {_age(current)}. "
                    f"Waited {waited:.0f} s.",
                    cure=f"Wait for its end, or give it more time with wait. If that run is gone, remove {self._lock.path} on this host.",
                )
            time.sleep(min(POLL, max(self._wait - waited, 0.01)))
        if stale:
            self._site.warn(f"The lock of a run that is gone ({stale.get('owner')}, since {_age(stale)}) was taken over.")
        self.changed = would_change
        self.result["waited"] = round(time.monotonic() - begun)


class _Release(Plan):
    def __init__(self, lock, holder, **known):
        super().__init__(**known)
        self._lock, self._holder = lock, holder

    def apply(self):
        self.changed = self._lock.release(self._holder["run_id"])


class _Lock:
    """The file. Looking and changing is one step, under a lock of the operating system."""

    def __init__(self, path):
        self.path = path

    def holder(self):
        """Who holds it: a dict, empty where the file makes no sense; None when nobody does."""
        try:
            # A symlink or a FIFO is nothing of ours; it is neither followed nor waited for.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, encoding="utf-8") as stream:
                content = json.load(stream)
            return content if isinstance(content, dict) else {}
        except FileNotFoundError:
            return None
        except OSError as error:
            return {} if error.errno == errno.ELOOP else self._unreadable()
        except (ValueError, RecursionError):
            return {}

    def _unreadable(self):
        """The holder of a lock that may not be read, as another user's: it is one all the same."""
        try:
            about = os.lstat(self.path)
        except OSError:
            return {"owner": "another user", "since": time.time()}
        return {"owner": f"another user (uid {about.st_uid})", "since": about.st_mtime}

    def take(self, wanted):
        """(None, the stale holder or None) when it is ours now, else (its holder, None)."""
        with self._guarded():
            current = self.holder()
            gone = current is not None and self._is_gone(current)
            if current is not None and not gone and current.get("run_id") != wanted["run_id"]:
                return current, None
            if current is None or gone:
                # Other users may read whom they wait for.
                with files.replacing(self.path, 0o644) as stream:
                    stream.write(json.dumps({**wanted, "since": int(time.time())}).encode("ascii"))
            return None, current if gone else None

    def release(self, run_id):
        """True when it was ours, and is free now."""
        with self._guarded():
            current = self.holder()
            if not current or current.get("run_id") != run_id:
                return False
            os.unlink(self.path)
            return True

    def _is_gone(self, current):
        since = current.get("since")
        if not isinstance(since, (int, float)) or time.time() - since > LEFT_BEHIND:
            return True
        # A process number means something in its own place only.
        return current.get("host") in (platform.node(), where()) and not _lives(current.get("pid"))

    @contextlib.contextmanager
    def _guarded(self):
        try:
            with files.alone(f"{self.path}.guard"):
                yield
        except OSError as error:
            which = f" ({error.filename})" if error.filename not in (None, self.path) else ""
            raise StateFileError(f"The lock {self.path} could not be written: {error.strerror}{which}.", option="path") from None


def where():
    """The name of this host together with that of the process namespace, where there are any: containers may share a host name."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def _lives(pid):
    """Whether a process of this host is there; an unknown one counts as alive."""
    if not isinstance(pid, int) or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            state = stream.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    # One that was killed stays listed until its parent asks for it, which nobody may do in a container.
    return state not in ("Z", "X")


def _age(current):
    since = current.get("since")
    if not isinstance(since, (int, float)):
        return "an unknown time"
    minutes = max(0, time.time() - since) / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _shown(current):
    return {"owner": current.get("owner")} if current else {}
