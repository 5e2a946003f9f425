# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the collection writes on the host that runs a task: memory, lock, tryback.

Private to this collection. Their folders may be open to other users, who lay symlinks and files of their own there: what is written is
always a new file, which takes the place of whatever has the name.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat


@contextlib.contextmanager
def replacing(path, mode=0o600):
    """A binary stream. What is written to it takes the place of the file at path, whole and on the disk, or not at all.

    mode: of the new file, whatever there was before. Raises OSError.
    """
    folder, name = os.path.split(path)
    # A name that is always the same: what a task left that was killed here is replaced by the next one.
    temporary = os.path.join(folder, f".{name}.new")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder or ".")


def _sync_folder(folder):
    """Have the new name on the disk too; not every file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def alone(path):
    """Hold the file at path, which is made for it, against all others who do the same. Raises OSError."""
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, f"{path} is a symbolic link") from None
        raise
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def obstacle(path, *, makes_folder=False):
    """Why C(replacing) could not write to path, as far as can be told without trying; None when nothing stands in its way.

    makes_folder: whether a missing folder will be made first, as C(alone) does.
    """
    with contextlib.suppress(OSError):
        kind = os.lstat(path).st_mode
        if stat.S_ISDIR(kind):
            return "is a folder"
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
            return "is not a regular file"
    folder = os.path.dirname(path) or "."
    while makes_folder and not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder) or "."
    if not os.path.exists(folder):
        return f"cannot be written: there is no folder {folder}"
    if not os.path.isdir(folder):
        return f"cannot be written: {folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"cannot be written: this user may not write to {folder}, or it is read-only"
    return None
