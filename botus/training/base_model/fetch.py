"""Base models: where they lie (`models/124M` under the working directory), and how a missing one is fetched.

The layout is that of `download_gpt2` in gpt_2_simple/gpt_2.py: seven files, here and on the server. Each
comes into its place only when it is whole and checked, the weights last, so a folder that is half fetched is
never taken for a model. model.ckpt.meta, a drawing of the graph, is only for gpt-2-simple, which looks
whether it is there: a model without it is used as it is.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from botus.checkpoints.checkpoint import open_trainable
from botus.checkpoints.folder_or_tar import StoredFile, refuse_placeholder
from botus.checkpoints.formats.bundle import Entry, read_index, read_tensor
from botus.errors import FileError, SettingsError
from botus.store.durable import files
from botus.training.base_model.download import Hooks, download

NAMES = ("124M", "355M", "774M", "1558M")
_INDEX, _META, _DATA = "model.ckpt.index", "model.ckpt.meta", "model.ckpt.data-00000-of-00001"
# The order of fetching: what is small and says that the address is right comes first.
FILES = ("hparams.json", "encoder.json", "vocab.bpe", "checkpoint", _INDEX, _META, _DATA)
_KEYS = {"hparams.json": "n_vocab", "encoder.json": "!"}  # of every such file: all bytes are tokens
# Bytes of the largest, 1558M: 6.2 GB of weights; of the other files a list of tokens and a graph with 2 MB.
_MOST_WEIGHTS, _MOST = 8 << 30, 16 << 20
_ANEW = "remove that file: the same command fetches it again"


def fetch(name: str, models: Path, url: str, hooks: Hooks) -> Path:
    """Return the folder of a base model, and fetch what is missing of it.

    Args:
        name: such as `124M`; a folder of another name is used if it is there.
        models: the folder of all base models, `models` in the working directory.
        url: the address of that folder on the server, without a slash at the end.

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
        open_trainable(folder)
        return folder
    if set(_missing(folder)) - {_META}:
        files.make_folder(folder)
        with files.lock(models, "fetch", holder="another botus that fetches a base model"):
            _fetch(folder, f"{url}/{name}", hooks)
    try:
        open_trainable(folder)
    except FileError as error:
        raise FileError(error.message, _ANEW) from error
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not (folder / name).exists()]


def _fetch(folder: Path, url: str, hooks: Hooks) -> None:
    files.sweep(folder)
    missing = _missing(folder)
    count = "all" if len(missing) == len(FILES) else f"{len(missing)} of the {len(FILES)}"
    hooks.say(f"fetching {count} files of the base model {folder.name} into {folder}")
    for name in missing:
        check = partial(_check, folder, name)
        sizes = _data_sizes(folder) if name == _DATA else range(1, _MOST)
        download(f"{url}/{name}", folder / name, check, hooks, sizes)


def _check(folder: Path, name: str, path: Path) -> None:
    """Check one file before it comes into its place.

    Raises:
        FileError: it is not what it should be.
    """
    if name == _DATA:  # every tensor has a checksum: nothing else proves that pieces belong together
        piece = StoredFile("it", path, 0, path.stat().st_size)
        for entry in _entries(folder):
            read_tensor(entry, piece)
        return
    content = _content(path, "it")
    if name == _INDEX:
        read_index(content, "it")
    elif name == "checkpoint" and b"model_checkpoint_path" not in content:
        raise FileError("it names no model_checkpoint_path")
    elif name in _KEYS:
        try:
            value = json.loads(content)
        except ValueError as error:
            raise FileError("it is not JSON") from error
        except (RecursionError, MemoryError):  # nested, or with more parts than a list of tokens has
            value = None
        if not isinstance(value, dict) or _KEYS[name] not in value:
            raise FileError("it is JSON, but of something else")


def _content(path: Path, label: str) -> bytes:
    """A small file, which is no web page and not empty."""
    content = files.read(path) or b""
    if not content:
        raise FileError(f"{label} is empty", _ANEW)
    refuse_placeholder(content[:512], label)
    return content


def _data_sizes(folder: Path) -> range:
    """How long the file of weights may be: its tensors lie end to end, as the index says."""
    end = max((entry.offset + entry.size for entry in _entries(folder)), default=0)
    if not 0 < end < _MOST_WEIGHTS:
        raise FileError(f"{folder / _INDEX} is damaged: no GPT-2 model has {end:,} bytes of weights", _ANEW)
    return range(end, end + 1)


def _entries(folder: Path) -> list[Entry]:
    label = str(folder / _INDEX)
    return list(read_index(_content(folder / _INDEX, label), label)[1].values())
