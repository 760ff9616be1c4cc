"""Owns the cache of converted models: one folder per model, kept only while it is whole.

A model is built beside its place and renamed into it, with a seal that has the size and checksum of each
file, so that a half-written or damaged one is never used. The seal tells damage, not who made it: a cache
belongs to a data directory and is never looked for in a checkpoint, which may come from anybody.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import google_crc32c

from botus.errors import FileError
from botus.store.durable import files

_SEAL = "seal.json"
_NEW = "new-"
_KEPT = 1  # models besides the new one: who goes to and fro between two need not wait each time
_ABANDONED = 3600.0  # seconds, where a file system has no locks; no build takes that long
_KEY = re.compile(r"[0-9a-f]{32}-[\w.]+-[\w.]+")


def converted(folders: Sequence[Path], key: str, build: Callable[[Path], None]) -> tuple[Path, int]:
    """Return the folder of a converted model, and build it first where there is none.

    Args:
        folders: where caches may lie; the first that can be written gets a new one. What they hold is
            believed, so none of them may come with a checkpoint.
        key: fingerprint, version and precision, joined by hyphens.
        build: writes the files into an empty folder.

    Returns:
        The folder, and an open file: until it is closed no other botus removes the model.

    Raises:
        FileError: none of the folders can be written, or what `build` raises.
    """
    for folder in folders:
        if (held := _hold(folder / key)) is not None:
            return folder / key, held
    problem = FileError("there is no folder for the converted model", "give a data directory")
    for folder in folders:
        try:
            return folder / key, _build(folder, key, build)
        except OSError as error:
            problem = files.explain(error, folder, "write the converted model into")
    raise problem


def _hold(model: Path) -> int | None:
    """Open the seal of a whole model, so that it stays; None where there is none, or it is being removed."""
    try:
        held = os.open(model / _SEAL, os.O_RDONLY)
    except OSError:
        return None
    if _lock(held, fcntl.LOCK_SH | fcntl.LOCK_NB) is not False and _whole(model):
        with suppress(OSError):
            os.utime(held)  # used now
        return held
    os.close(held)
    return None


def _lock(descriptor: int, how: int) -> bool | None:
    """Take a lock, which goes with the descriptor; None on a file system that has none."""
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        return False if isinstance(error, BlockingIOError) else None
    return True


def _whole(model: Path) -> bool:
    try:
        seal = json.loads((model / _SEAL).read_bytes())
        return bool(seal) and all(_sum(model / name) == value for name, value in seal.items())
    except (OSError, ValueError, AttributeError):
        return False


def _sum(path: Path) -> list[int]:
    size, crc = 0, 0
    with open(path, "rb") as source:
        while chunk := source.read(1 << 22):
            size, crc = size + len(chunk), google_crc32c.extend(crc, chunk)
    return [size, crc]


def _build(folder: Path, key: str, build: Callable[[Path], None]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{_NEW}*"):  # at first: where builds are killed, none comes to its end
        _remove(path, path)
    new, building = _new(folder)
    try:
        build(new)
        seal = {path.name: _sum(path) for path in new.iterdir()}
        (new / _SEAL).write_text(json.dumps(seal))
        place = os.open(folder, os.O_RDONLY)
        try:
            _lock(place, fcntl.LOCK_EX)  # two that have built the same do not remove each other's
            if (held := _hold(folder / key)) is not None:  # another botus was faster, with the same result
                return held
            held = os.open(new / _SEAL, os.O_RDONLY)
            _lock(held, fcntl.LOCK_SH)
            _clear(folder, key)
            new.rename(folder / key)
            return held
        finally:
            os.close(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        os.close(building)


def _new(folder: Path) -> tuple[Path, int]:
    """Make an empty folder and lock it: a build without a lock was killed."""
    while True:
        new = folder / f"{_NEW}{secrets.token_hex(4)}"
        new.mkdir()
        with suppress(FileNotFoundError):  # swept before it was locked
            building = os.open(new, os.O_RDONLY)
            _lock(building, fcntl.LOCK_EX)
            if new.is_dir():
                return new, building
            os.close(building)


def _clear(folder: Path, key: str) -> None:
    """Remove the damaged model of this key, and of the others all but the one used last and those in use."""
    shutil.rmtree(folder / key, ignore_errors=True)
    others = [path for path in folder.iterdir() if _KEY.fullmatch(path.name)]
    for path in sorted(others, key=_used)[:-_KEPT]:
        _remove(path, path / _SEAL)


def _used(model: Path) -> float:
    try:
        return (model / _SEAL).stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path, locked: Path) -> None:
    """Remove a folder unless somebody holds the lock of that file."""
    try:
        descriptor = os.open(locked, os.O_RDONLY)
    except OSError:  # without a seal nobody uses it
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        free = _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if free is None:
            free = time.time() - os.fstat(descriptor).st_mtime > _ABANDONED
        if free:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
