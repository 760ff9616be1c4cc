"""renameat2(2), which Python does not have: two names exchange their files in one step. Linux only."""

from __future__ import annotations

import errno
import os
import platform
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
# Of the kernel's tables of system calls: glibc before 2.28 and musl before 1.2.6 have no function for it.
_NUMBERS = {"x86_64": 316, "aarch64": 276, "riscv64": 276, "loongarch64": 276, "ppc64le": 357, "s390x": 347}

Call = Callable[[int, bytes, int, bytes, int], int]


def exchange(first: Path, second: Path) -> None:
    """Let two files of one folder change their names; there is no moment in which either name has none.

    Raises:
        OSError: a name has no file; ENOSYS or EPERM where the system cannot or may not do this, and EINVAL
            where the file system cannot.
    """
    call = find(sys.platform, platform.machine())
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE):
        import ctypes

        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(first), None, str(second))


@cache
def find(system: str, machine: str, name: str = "renameat2") -> Call | None:
    """Find the call in the C library of this process, by its name or else by its number; None without it."""
    if system != "linux":
        return None
    try:
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        types: list[Any] = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
        if function := getattr(library, name, None):
            function.argtypes = types
            return partial(function)
        number = _NUMBERS.get(machine)
        if number is None or sys.maxsize < 2**32:  # a 32-bit process has numbers of its own
            return None
        library.syscall.argtypes = [ctypes.c_long, *types]
        library.syscall.restype = ctypes.c_long
        return partial(library.syscall, number)
    except (ImportError, OSError, AttributeError):
        return None
