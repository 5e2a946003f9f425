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


def plan(site, params):
    """params: the options of toolsync_lock. Raises StateFileError."""
    return LockPlan(site, params)


class LockPlan(Plan):
    """Looking at the file and changing it is one step, under a lock of the operating system."""

    def __init__(self, site, params):
        self._site, self._wait = site, params["wait"]
        self._path = os.path.expanduser(params["path"] or f"{default_path(site.moodle.base)}.sequence")
        self._takes = params["state"] == "present"
        why = files.obstacle(self._path, makes_folder=True) if self._takes else None
        if why:
            raise StateFileError(f"path: {self._path} {why}. No lock was taken.", option="path")
        self._run_id, owner = params["run_id"], params["owner"] or params["run_id"]
        #: What the file holds. owner: for people; pid: of a process that lives as long as the sequence; host: its where().
        self._wanted = {"run_id": self._run_id, "owner": owner, "pid": params["pid"], "host": params["host"], "site": site.moodle.base}
        current = self._holder()
        mine = bool(current) and current.get("run_id") == self._run_id
        before = {"owner": current.get("owner")} if current else {}
        super().__init__(
            changed=mine is not self._takes,
            before=before,
            after={"owner": owner} if self._takes else {} if mine else before,
            result={"lock_file": self._path, "owner": owner, "waited": 0},
        )

    def apply(self):
        if not self._takes:
            self.changed = self._release()
            return
        begun = time.monotonic()
        would_change, self.changed = self.changed, False
        while True:
            current, stale = self._take()
            if current is None:
                break
            waited = time.monotonic() - begun
            if waited >= self._wait:
                raise LockHeld(
                    f"Another sequence runs on {self._site.moodle.base}: {current.get('owner')}, since {_age(current)}. "
                    f"Waited {waited:.0f} s.",
                    cure=f"Wait for its end, or give it more time with wait. If that run is gone, remove {self._path} on this host.",
                )
            time.sleep(min(POLL, max(self._wait - waited, 0.01)))
        if stale:
            self._site.warn(f"The lock of a run that is gone ({stale.get('owner')}, since {_age(stale)}) was taken over.")
        self.changed = would_change
        self.result["waited"] = round(time.monotonic() - begun)

    def _holder(self):
        """Who holds it: a dict, empty where the file makes no sense; None when nobody does."""
        try:
            # A symlink or a FIFO is nothing of ours; it is neither followed nor waited for.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
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
            about = os.lstat(self._path)
        except OSError:
            return {"owner": "another user", "since": time.time()}
        return {"owner": f"another user (uid {about.st_uid})", "since": about.st_mtime}

    def _take(self):
        """(None, the stale holder or None) when it is ours now, else (its holder, None)."""
        with self._guarded():
            current = self._holder()
            gone = current is not None and self._is_gone(current)
            if current is not None and not gone and current.get("run_id") != self._run_id:
                return current, None
            if current is None or gone:
                # Other users may read whom they wait for.
                with files.replacing(self._path, 0o644) as stream:
                    stream.write(json.dumps({**self._wanted, "since": int(time.time())}).encode("ascii"))
            return None, current if gone else None

    def _release(self):
        """True when it was ours, and is free now."""
        with self._guarded():
            current = self._holder()
            if not current or current.get("run_id") != self._run_id:
                return False
            os.unlink(self._path)
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
            with files.alone(f"{self._path}.guard"):
                yield
        except OSError as error:
            which = f" ({error.filename})" if error.filename not in (None, self._path) else ""
            raise StateFileError(f"The lock {self._path} could not be written: {error.strerror}{which}.", option="path") from None


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
