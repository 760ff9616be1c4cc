"""Owns the cache of converted models: one folder per model, kept only while it is whole.

A model is built beside its place and renamed into it, with a seal that has the size and checksum of each
file, so that a half-written or damaged one is never used. An older key beside the new one belongs to an older
checkpoint of the same place, and goes.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import google_crc32c

from botus.errors import FileError
from botus.store.durable import files

_SEAL = "seal.json"
_NEW = "new-"
_ABANDONED = 3600.0  # seconds; no build takes that long
_KEY = re.compile(r"[0-9a-f]{32}-[\w.]+-[\w.]+")


def converted(folders: Sequence[Path], key: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of a converted model, and build it first where there is none.

    Args:
        folders: where caches may lie; the first that can be written gets a new one.
        key: fingerprint, version and precision, joined by hyphens.
        build: writes the files into an empty folder.

    Raises:
        FileError: none of the folders can be written, or what `build` raises.
    """
    for folder in folders:
        if _whole(folder / key):
            return folder / key
    problem = FileError("there is no folder for the converted model", "give a data directory")
    for folder in folders:
        try:
            return _build(folder, key, build)
        except OSError as error:
            problem = files.explain(error, folder, "write the converted model into")
    raise problem


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


def _build(folder: Path, key: str, build: Callable[[Path], None]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{_NEW}{secrets.token_hex(4)}"
    new.mkdir()
    try:
        build(new)
        seal = {path.name: _sum(path) for path in new.iterdir()}
        (new / _SEAL).write_text(json.dumps(seal))
        if not _whole(folder / key):  # else another botus was faster, with the same result
            _clear(folder)
            new.rename(folder / key)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder / key


def _clear(folder: Path) -> None:
    """Remove older models, the damaged one of this key, and what a killed build has left behind."""
    for path in folder.iterdir():
        abandoned = path.name.startswith(_NEW) and time.time() - path.stat().st_mtime > _ABANDONED
        if abandoned or _KEY.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
