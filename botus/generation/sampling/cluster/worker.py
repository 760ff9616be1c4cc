"""What a worker of a cluster does when it is asked: it keeps models by their content, and samples units.

Whatever it is sent comes as bytes and values, and Dask is not imported here.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import botus

if TYPE_CHECKING:
    from botus.generation.job import Sample
    from botus.generation.sampling.engine import Loading
    from botus.generation.sampling.units import Plan, Writer

TOKENS = "tokens.json"  # beside a converted model: what its tokens are
_UNUSED = 30 * 86400.0  # seconds after which a model goes
_CUT_OFF = 86400.0  # seconds after which a transfer goes that has not come to its end
_NEW = "new-"  # and the number of a transfer: the folder of a model that is coming
_checked: set[str] = set()  # models whose content this process has looked at


@dataclass(frozen=True)
class Greeting:
    """What a worker has.

    Attributes:
        versions: of what writes and what carries; "" where it is not installed.
        place: the folder of its models, which several workers may share.
        has: the model is there, and whole.
    """

    versions: Mapping[str, str]
    place: str
    has: bool


def versions() -> dict[str, str]:
    """What has to be the same everywhere for the same texts, and what should be, so that they arrive."""
    installed = {name: _version(name) for name in ("ctranslate2", "distributed")}
    python = ".".join(platform.python_version_tuple()[:2])
    return {"botus": botus.__version__, "Python": python, **installed}


def greet(model: str) -> Greeting:
    """Say what there is."""
    own = versions()
    has = bool(own["ctranslate2"]) and _is_whole(model)
    return Greeting(own, f"{socket.gethostname()}:{_models()}", has)


def put(transfer: str, name: str, chunk: bytes) -> None:
    """Take the next piece of a file of a model."""
    folder = _models() / f"{_NEW}{transfer}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / Path(name).name, "ab") as target:
            target.write(chunk)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)  # so that a full disk gets its room back
        raise


def keep(model: str, transfer: str) -> None:
    """Keep a model that has come as a whole.

    Raises:
        ValueError: it is not what was sent.
        OSError: its place cannot be cleared.
    """
    folder = _models() / f"{_NEW}{transfer}"
    try:
        if digest(_files(folder)) != model:
            raise ValueError("it came damaged")
        shutil.rmtree(_models() / model, ignore_errors=True)  # a damaged one
        try:
            folder.rename(_models() / model)
        except OSError:
            if not _is_whole(model):  # or another worker was faster
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _forget_unused()


def write(model: str, device: str, loading: Loading, plan: Plan, number: int) -> list[Sample]:
    """Sample a unit."""
    return _writer(model, device, loading).write(plan, number)


def digest(files: Mapping[str, Path | bytes]) -> str:
    """Return what tells a model from others by its content."""
    total = hashlib.sha256()
    for name in sorted(files):
        own = hashlib.sha256()
        for chunk in chunks(files[name]):
            own.update(chunk)
        total.update(f"{name}\0{own.hexdigest()}\n".encode())
    return total.hexdigest()


def chunks(file: Path | bytes, size: int = 8 << 20) -> Iterator[bytes]:
    """Yield a file in pieces."""
    if isinstance(file, bytes):
        yield file
        return
    with open(file, "rb") as source:
        while chunk := source.read(size):
            yield chunk


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _models() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "botus" / "models"


def _files(folder: Path) -> dict[str, Path | bytes]:
    return {path.name: path for path in folder.iterdir()}


def _is_whole(model: str) -> bool:
    folder = _models() / model
    try:
        if model not in _checked and digest(_files(folder)) == model:
            _checked.add(model)
        os.utime(folder)  # used now
    except OSError:
        _checked.discard(model)
    return model in _checked


def _forget_unused() -> None:
    for path in _models().iterdir():
        with suppress(OSError):
            most = _CUT_OFF if path.name.startswith(_NEW) else _UNUSED
            if time.time() - path.stat().st_mtime > most:
                shutil.rmtree(path, ignore_errors=True)


@lru_cache(maxsize=2)
def _writer(model: str, device: str, loading: Loading) -> Writer:
    from botus.generation.sampling.engine import device_here
    from botus.generation.sampling.units import Writer

    folder = _models() / model
    tokens = json.loads((folder / TOKENS).read_bytes())
    pieces = [piece.encode("latin-1") for piece in tokens["pieces"]]
    return Writer(folder, device_here(device), pieces, frozenset(tokens["ends"]), loading)
