"""Owns the cache of converted models: one folder per model, kept only while it is whole, and made here.

What was measured at a model is kept in the same way, so that it need not be measured again.

A model is built beside its place and renamed into it, with a seal that has the size and checksum of each
file, so that a half-written or damaged one is never used. Neither is one that was made elsewhere: checkpoints
and data directories are downloaded, and their cache may hold the model of somebody else. So the seal also has
the time at which each file was last changed (ctime), in nanoseconds. The system sets it; no archive and no
copy brings it along. A restart, another mount or a new name of a folder above leave it as it is, as they do
not always leave the numbers of inodes and devices. A few file systems (FAT) know no such time and tell that
of the last writing, which can be set at will: there the two agree, and nothing is believed.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import google_crc32c

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.document import decoded
from botus.store.durable.opening import open_file

_SEAL = "seal.json"
_NEW = "new-"
_KEPT = 1  # models besides the new one: who goes to and fro between two need not wait each time
_MEASURED = "measured"  # the folder of what was measured, in that of the models
_FINDINGS = "findings.json"
_KEPT_FINDINGS = 20  # they are small
_MOST_FINDINGS = 1 << 24  # bytes
_ABANDONED = 3600.0  # seconds, where a file system has no locks; no build takes that long
_LONGEST_SEAL = 1 << 16  # bytes
_WRITTEN = 3600 * 10**9  # nanoseconds by which files seem to be written before they were changed
_KEY = re.compile(r"[0-9a-f]{32}-[\w.]+-[\w.]+")


@dataclass(frozen=True)
class Converted:
    """A converted model.

    Attributes:
        folder: where it lies.
        held: an open file; until it is closed no other botus removes the model.
        instead: where one lay that was made elsewhere, or copied, and was not used.
    """

    folder: Path
    held: int
    instead: Path | None = None


Findings: TypeAlias = dict[str, Any]  # what JSON can hold


def measured(
    folders: Sequence[Path],
    key: str,
    measure: Callable[[Path], Findings],
    alike: Callable[[Findings], bool] | None = None,
) -> Findings:
    """Return what was measured at a model, and measure it first where it is not known.

    Args:
        folders: where caches of models may lie.
        key: as that of a model, with a full stop and what tells this from what may do as well.
        measure: takes an empty folder, for files that are not needed afterwards.
        alike: tells whether what was measured under a key that is the same up to the full stop will do.

    Raises:
        FileError: none of the folders can be written, or what `measure` raises.
    """
    places = [folder / _MEASURED for folder in folders]
    known = None
    if alike and not any((place / key).is_dir() for place in places):
        stem = key.rpartition(".")[0]
        earlier = [path for place in places for path in place.glob(f"{stem}.*")]
        for path in sorted(earlier, key=_used, reverse=True):
            if known is None and (held := _hold(path)) is not None:
                findings = _findings(path, held)
                known = findings if alike(findings) else None

    def build(folder: Path) -> None:
        findings = measure(folder) if known is None else known
        for path in folder.iterdir():
            shutil.rmtree(path)
        (folder / _FINDINGS).write_text(json.dumps(findings))

    found = converted(places, key, build, _KEPT_FINDINGS)
    return _findings(found.folder, found.held)


def _findings(folder: Path, held: int) -> Findings:
    try:
        with open_file(folder / _FINDINGS) as source:
            findings: Findings = decoded(source.read(_MOST_FINDINGS))
            return findings
    finally:
        os.close(held)


def converted(
    folders: Sequence[Path], key: str, build: Callable[[Path], None], kept: int = _KEPT
) -> Converted:
    """Return a converted model, and build it first where there is none.

    Args:
        folders: where caches may lie; the first that can be written gets a new one.
        key: fingerprint, version and precision, joined by hyphens.
        build: writes the files into an empty folder.
        kept: how many others stay beside a new one, those used last.

    Raises:
        FileError: none of the folders can be written, or what `build` raises.
    """
    for folder in folders:
        if (held := _hold(folder / key)) is not None:
            return Converted(folder / key, held)
    instead = next((folder / key for folder in folders if _is_foreign(folder / key)), None)
    problem = FileError("there is no folder for the converted model", "give a data directory")
    for folder in folders:
        try:
            return Converted(folder / key, _build(folder, key, build, kept), instead)
        except OSError as error:
            problem = files.explain(error, folder, "write the converted model into")
    raise problem


def _hold(model: Path) -> int | None:
    """Open the seal of a whole model, so that it stays; None where there is none, or it is being removed."""
    try:
        held = os.open(model / _SEAL, os.O_RDONLY | os.O_NONBLOCK)
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
    """Tell whether a model was made here and is as it was; the cheap question first."""
    seal = _seal(model)
    try:
        return (
            bool(seal)
            and all(_is_own(model / name, changed) for name, (_, _, changed) in seal.items())
            and all(_sum(model / name) == (size, crc) for name, (size, crc, _) in seal.items())
        )
    except OSError:
        return False


def _is_foreign(model: Path) -> bool:
    """Tell whether a model was made elsewhere, or copied."""
    try:
        return any(not _is_own(model / name, changed) for name, (_, _, changed) in _seal(model).items())
    except OSError:
        return False


def _seal(model: Path) -> dict[str, tuple[int, int, int | None]]:
    """The size, checksum and time of each file; nothing where there is no seal, or none of this version."""
    try:
        with open_file(model / _SEAL) as source:
            seal = decoded(source.read(_LONGEST_SEAL))
        return {name: (size, crc, changed) for name, (size, crc, changed) in seal.items()}
    except (OSError, FileError, ValueError, TypeError, AttributeError):
        return {}


def _is_own(path: Path, changed: int | None) -> bool:
    status = path.stat()
    return status.st_mtime_ns != status.st_ctime_ns == changed


def _sum(path: Path) -> tuple[int, int]:
    size, crc = 0, 0
    with open(path, "rb") as source:
        while chunk := source.read(1 << 22):
            size, crc = size + len(chunk), google_crc32c.extend(crc, chunk)
    return size, crc


def _build(folder: Path, key: str, build: Callable[[Path], None], kept: int) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{_NEW}*"):  # at first: where builds are killed, none comes to its end
        _remove(path, path)
    new, building = _new(folder)
    try:
        build(new)
        for path in new.iterdir():
            os.utime(path, ns=(time.time_ns() - _WRITTEN,) * 2)
        seal = {path.name: (*_sum(path), path.stat().st_ctime_ns) for path in new.iterdir()}
        (new / _SEAL).write_text(json.dumps(seal))
        place = os.open(folder, os.O_RDONLY)
        try:
            _lock(place, fcntl.LOCK_EX)  # two that have built the same do not remove each other's
            if (held := _hold(folder / key)) is not None:  # another botus was faster, with the same result
                return held
            held = os.open(new / _SEAL, os.O_RDONLY)
            _lock(held, fcntl.LOCK_SH)
            _clear(folder, key, kept)
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


def _clear(folder: Path, key: str, kept: int) -> None:
    """Remove the damaged model of this key, and of the others all but the one used last and those in use."""
    shutil.rmtree(folder / key, ignore_errors=True)
    others = [path for path in folder.iterdir() if _KEY.fullmatch(path.name)]
    for path in sorted(others, key=_used)[:-kept]:
        _remove(path, path / _SEAL)


def _used(model: Path) -> float:
    try:
        return (model / _SEAL).stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path, locked: Path) -> None:
    """Remove a folder unless somebody holds the lock of that file."""
    try:
        descriptor = os.open(locked, os.O_RDONLY | os.O_NONBLOCK)
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
