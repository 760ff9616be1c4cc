"""Base models: where they lie (`models/124M` under the working directory), and how a missing one is fetched.

The layout is gpt-2-simple's: seven files under these names, here and on the server. Each comes into its place
only when it is whole and checked, the weights last, so a folder that is half fetched is never taken for a
model. The surprise: model.ckpt.meta, a drawing of the graph, is fetched for completeness (gpt-2-simple looks
whether it is there) and missed by nobody: a model without it is used as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from botus.checkpoints.bundle import Entry, read_index, read_tensor
from botus.checkpoints.gpt2_simple import open_checkpoint
from botus.checkpoints.pieces import Piece, refuse_strangers
from botus.errors import FileError, SettingsError
from botus.store.durable import files
from botus.training.base_model.download import Surroundings, download

NAMES = ("124M", "355M", "774M", "1558M")
_INDEX, _META, _DATA = "model.ckpt.index", "model.ckpt.meta", "model.ckpt.data-00000-of-00001"
# The order of fetching: what is small and says that the address is right comes first.
FILES = ("hparams.json", "encoder.json", "vocab.bpe", "checkpoint", _INDEX, _META, _DATA)
_ANEW = "remove that file: the same command fetches it again"


def fetch(name: str, models: Path, url: str, around: Surroundings) -> Path:
    """Return the folder of a base model, and fetch what is missing of it.

    Args:
        name: such as `124M`; a folder of another name is used if it is there.
        models: the folder of all base models, `models` in the working directory.
        url: the address of that folder on the server, without a slash at the end.
        around: what is told, and how long is waited.

    Raises:
        SettingsError: there is no such model.
        TemporaryError: the network or the server failed; what has arrived is kept for the next attempt.
        FileError: a file is damaged, or the server sends something else, or the disk is full.
        BusyError: another botus is fetching.
        Interrupted: Ctrl-C.
    """
    folder = models / name
    if name not in NAMES:
        if not name or not folder.is_dir():
            raise SettingsError(
                f"there is no base model {name!r}: no folder {folder}",
                f"{', '.join(NAMES)} are fetched; name an earlier run by its folder: data/checkpoint/run1",
            )
        open_checkpoint(folder)
        return folder
    if set(_missing(folder)) - {_META}:
        files.make_folder(folder)
        with files.lock(models, "fetch", holder="another botus that fetches a base model"):
            _fetch(folder, f"{url}/{name}", around)
    _check_all(folder)
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not (folder / name).exists()]


def _fetch(folder: Path, url: str, around: Surroundings) -> None:
    files.sweep(folder)
    missing = _missing(folder)
    count = "all" if len(missing) == len(FILES) else f"{len(missing)} of {len(FILES)}"
    around.say(f"fetching {count} files of the base model {folder.name} into {folder}")
    for name in missing:
        least = _bytes_of_weights(folder) if name == _DATA else 0
        download(f"{url}/{name}", folder / name, _check(folder, name), around, at_least=least)


def _check(folder: Path, name: str) -> Callable[[Path], None]:
    """The check of one file before it comes into its place."""
    if name == _DATA:
        return partial(_check_weights, folder)
    checks: dict[str, Callable[[Path], None]] = {
        "hparams.json": partial(_check_json, "n_vocab"),
        "encoder.json": partial(_check_json, "!"),  # a byte, and all bytes are tokens
        "checkpoint": _check_state,
        _INDEX: _check_index,
    }
    return checks.get(name, _check_small)


def _check_small(path: Path) -> None:
    _content(path, "it")


def _content(path: Path, label: str) -> bytes:
    """A small file, which is no web page and not empty."""
    content = files.read(path) or b""
    if not content:
        raise FileError(f"{label} is empty", _ANEW)
    refuse_strangers(content[:512], label)
    return content


def _check_json(key: str, path: Path) -> None:
    try:
        value = json.loads(_content(path, "it"))
    except ValueError as error:
        raise FileError(f"it is not JSON: {error}") from error
    if not isinstance(value, dict) or key not in value:
        raise FileError("it is JSON, but of something else")


def _check_state(path: Path) -> None:
    if b"model_checkpoint_path" not in _content(path, "it"):
        raise FileError("it names no model_checkpoint_path")


def _check_index(path: Path) -> None:
    read_index(_content(path, "it"), "it")


def _check_weights(folder: Path, path: Path) -> None:
    """Compare every tensor with its checksum: nothing else proves that pieces belong together."""
    piece = Piece("it", path, 0, path.stat().st_size)
    for entry in _entries(folder):
        read_tensor(entry, piece)


def _bytes_of_weights(folder: Path) -> int:
    return max((entry.offset + entry.size for entry in _entries(folder)), default=0)


def _entries(folder: Path) -> list[Entry]:
    label = str(folder / _INDEX)
    return list(read_index(_content(folder / _INDEX, label), label)[1].values())


def _check_all(folder: Path) -> None:
    try:
        open_checkpoint(folder)
    except FileError as error:
        raise FileError(error.message, _ANEW) from error
