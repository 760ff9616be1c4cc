"""Opens files to read them, and only files: a pipe would wait for its writer, and a device may never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from botus.errors import FileError, remedy

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def open_file(path: Path) -> BinaryIO:
    """Open a file to read it, as bytes.

    Raises:
        FileError: it is no file; it is not opened, for that alone can block or set a device going.
        OSError: there is none, or it cannot be opened.
    """
    refuse_special(path)
    return open(path, "rb", opener=_at_once)


def refuse_special(path: Path | int, name: Path | None = None) -> None:
    """Raise FileError where something is there that is no file, as links are followed.

    Args:
        name: what to call it, where `path` is a descriptor.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except OSError:
        return  # whoever opens it meets the same trouble
    if kind != stat.S_IFREG:
        is_folder = kind == stat.S_IFDIR
        hint = remedy(OSError(errno.EISDIR, ""), Path()) if is_folder else "move it away, or put a file there"
        raise FileError(f"{name or path} is {_KINDS.get(kind, 'something else')}, not a file", hint)


def is_plain(path: Path) -> bool:
    """Tell whether a file itself stands there: no link to one, which may lie anywhere, and nothing else."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _at_once(path: str, flags: int) -> int:
    """Open without waiting, for what is there may have changed since it was looked at."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        refuse_special(descriptor, Path(path))
    except FileError:
        os.close(descriptor)
        raise
    return descriptor
