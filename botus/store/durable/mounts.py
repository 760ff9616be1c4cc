"""What the data directory lies on: do locks keep others out there, is a single file mounted?

On some shared folders a lock is granted to everybody, so a lock that is held is asked for once more.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from botus.store.durable import files
from botus.store.durable.opening import open_file


def lock_excludes(data: Path, name: str = "post") -> bool:
    """Tell whether a lock that this process holds really keeps others out on this file system."""
    return excludes(data / files.STATE_FOLDER / f"{name}.lock")


def excludes(path: Path) -> bool:
    """Tell whether the lock that this process holds on a file, shared or not, keeps others out."""
    with open_file(path) as second:
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def is_mount_point(path: Path) -> bool:
    """Tell whether a single file is mounted here: replacing it would fail with EBUSY. Linux only: proc(5)."""
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return False
    wanted = os.fsencode(path.resolve()).replace(b"\\", b"\\134").replace(b" ", b"\\040")
    return any(fields[4] == wanted for line in mounts.splitlines() if len(fields := line.split()) > 4)
