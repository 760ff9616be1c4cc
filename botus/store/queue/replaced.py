"""Keeps tweets.txt after it was replaced, because a shell's `>>` that had it open may still write to it.

It lives on under a hard link in .botus, whose name tells its size, until the next rewrite or posting run;
what came late is then added to the file that took its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from botus.store.durable import files
from botus.store.durable.opening import is_plain

_MOMENT = 0.5  # seconds in which a replaced file may still be written to, however often it is replaced


def keep(path: Path, seen: files.Stamp) -> Path:
    """Keep the file that is about to be replaced, under a name that tells its size."""
    kept = path.parent / files.STATE_FOLDER / f"replaced-{path.name}.{seen[0]}.{seen[1]}"
    with suppress(OSError):  # a file system without links only loses this safety
        files.disk.link(path, kept)
    return kept


def kept(path: Path) -> list[Path]:
    """Return the replaced files that are kept."""
    names = (path.parent / files.STATE_FOLDER).glob(f"replaced-{path.name}.*")
    return [one for one in names if one.suffix[1:].isdecimal() and is_plain(one)]


def take_up(old: Path, path: Path, add: Callable[[bytes, bytes], None]) -> None:
    """Hand over what was written to a replaced file, and let it go once its moment is over.

    Args:
        old: the replaced file.
        path: the file that took its place.
        add: takes what the file held when it was replaced, and what came late.

    Raises:
        OSError: somebody else was quicker.
    """
    if (current := files.stamp(path)) is None:
        return  # moved away, perhaps for a moment only
    size, late = int(old.suffix[1:]), old.stat()  # what comes after this look is for the next one
    age, was_replaced = time.time() - late.st_ctime, current[0] != late.st_ino
    content = (files.read(old) or b"") if was_replaced and late.st_size > size else b""
    if content[size:]:
        add(content[:size], content[size:])
    if not was_replaced or not 0 <= age < _MOMENT:
        files.disk.unlink(old)
    elif content[size:]:  # from here on only what comes later still
        files.disk.rename(old, old.with_suffix(f".{len(content)}"))
