"""The content of a file, or a pipe, that holds a secret; nothing that never ends or keeps one waiting."""

from __future__ import annotations

import os
import select
import stat

_LONGEST, _PATIENCE = 1 << 16, 30  # bytes, seconds


def content(path: str) -> bytes:
    """Read a file with a secret, or a pipe into which a manager of secrets writes one before long.

    Raises:
        OSError: it cannot be read, or is none; its `strerror` says why.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise OSError(0, "a folder" if stat.S_ISDIR(mode) else "neither a file nor a pipe")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = b""
        while len(found) <= _LONGEST:
            if not select.select([descriptor], [], [], _PATIENCE)[0]:
                raise OSError(0, f"nothing came through the pipe in {_PATIENCE} seconds")
            piece = os.read(descriptor, _LONGEST)
            if not piece:
                return found
            found += piece
        raise OSError(0, "too long to be a secret")
    finally:
        os.close(descriptor)
