# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sequence on a site at a time: a lock that outlives a task.

Private to this collection. The plugin's settings and files are global to the site and its runs take no lock of their own, so that two
sequences would swap files. The lock is a file on the host that runs the modules; it is as good as that host is common to the runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import time

from ..errors import LockHeld, StateFileError
from ..memory import default_path
from ..plan import Plan

POLL = 1.0


def plan(site, *, state, run_id, owner, pid=None, host=None, wait=600, stale_after=86400, path=None):
    """state: present or absent; run_id: of the sequence; owner: for people. pid, host: of a process that lives as long as it."""
    path = os.path.expanduser(path or f"{default_path(site.moodle.base)}.sequence")
    holder = {"run_id": run_id, "owner": owner, "pid": pid, "host": host, "since": None, "site": site.moodle.base}
    lock = _Lock(path, stale_after)
    return (_Acquire if state == "present" else _Release)(site, lock, holder, wait)


class _Acquire(Plan):
    def __init__(self, site, lock, holder, wait, *, sleep=time.sleep, clock=time.monotonic):
        current = lock.holder()
        mine = bool(current) and current.get("run_id") == holder["run_id"]
        shown = {"lock_file": lock.path, "owner": holder["owner"], "waited": 0}
        super().__init__(changed=not mine, before=_shown(current), after={"owner": holder["owner"]}, result=shown)
        self._site, self._lock, self._holder, self._wait = site, lock, holder, wait
        self._sleep, self._clock = sleep, clock

    def apply(self):
        begun = self._clock()
        would_change, self.changed = self.changed, False
        while True:
            current, stale = self._lock.take(self._holder)
            if current is None:
                break
            waited = self._clock() - begun
            if waited >= self._wait:
                raise LockHeld(
                    f"Another sequence runs on {self._site.moodle.base}: {current.get('owner')}, since {_age(current)}. "
                    f"Waited {waited:.0f} s.",
                    cure=f"Wait for its end, or give it more time with wait. If that run is gone, remove {self._lock.path} on this host.",
                )
            self._sleep(min(POLL, max(self._wait - waited, 0.01)))
        if stale:
            self._site.warn(f"The lock of a run that is gone ({stale.get('owner')}, since {_age(stale)}) was taken over.")
        self.changed = would_change
        self.result["waited"] = round(self._clock() - begun)


class _Release(Plan):
    def __init__(self, site, lock, holder, wait):
        current = lock.holder()
        mine = bool(current) and current.get("run_id") == holder["run_id"]
        shown = {"lock_file": lock.path, "owner": holder["owner"], "waited": 0}
        super().__init__(changed=mine, before=_shown(current), after={} if mine else _shown(current), result=shown)
        self._lock, self._holder = lock, holder

    def apply(self):
        self.changed = self._lock.release(self._holder["run_id"])


class _Lock:
    """The file. Looking and changing is one step, under a lock of the operating system."""

    def __init__(self, path, stale_after):
        self.path, self._stale_after = path, stale_after

    def holder(self):
        """Who holds it: a dict, empty where the file can't be read; None when nobody does."""
        try:
            with open(self.path, encoding="utf-8") as stream:
                content = json.load(stream)
            return content if isinstance(content, dict) else {}
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {}

    def take(self, wanted):
        """(None, the stale holder or None) when it is ours now, else (its holder, None)."""
        with self._guarded():
            current = self.holder()
            gone = current is not None and self._is_gone(current)
            if current is not None and not gone and current.get("run_id") != wanted["run_id"]:
                return current, None
            if current is None or gone:
                with open(f"{self.path}.new", "w", encoding="utf-8") as stream:
                    json.dump({**wanted, "since": int(time.time())}, stream)
                os.replace(f"{self.path}.new", self.path)
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
        if not isinstance(since, (int, float)) or time.time() - since > self._stale_after:
            return True
        return current.get("host") == platform.node() and not _lives(current.get("pid"))

    @contextlib.contextmanager
    def _guarded(self):
        try:
            os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)
            descriptor = os.open(f"{self.path}.guard", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StateFileError(f"The lock {self.path} could not be written: {error.strerror}.", option="path") from None


def _lives(pid):
    """Whether a process of this host is there; an unknown one counts as alive."""
    if not isinstance(pid, int) or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _age(current):
    since = current.get("since")
    if not isinstance(since, (int, float)):
        return "an unknown time"
    minutes = max(0, time.time() - since) / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _shown(current):
    return {"owner": current.get("owner")} if current else {}
