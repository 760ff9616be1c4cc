"""Where is the model? Looks for checkpoints of one's own in a data directory and the working directory.

In each: run folders and tars, there and in `checkpoint/`. The default is `checkpoint/run1`, or a
`checkpoint_run1.tar`; another one is taken where it is the only one. A folder or tar is a model by the names
of its files, of which no more than that is read here.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from botus.checkpoints.unsupported import TAR_ERRORS, Kind, kind_of_names
from botus.errors import SettingsError

_TAR = "checkpoint_run1.tar"  # what the Colab notebook of gpt-2-simple leaves on Google Drive
_PACKED = re.compile(r"checkpoint.*\.(tar|tgz|zip|tar\.(gz|bz2|xz|zst))", re.IGNORECASE)
_SIGNS = re.compile(
    r".*\.index|model-\d+\.(meta|data-.*)|hparams\.json|encoder\.json|vocab\.bpe|counter|checkpoint"
)
_WEIGHTS = re.compile(
    r"(model\.safetensors|pytorch_model\.bin)(\.index\.json)?"
)  # of transformers, aitextgen
_BASE_MODEL = "model.ckpt.index"  # OpenAI's: nobody's own
_AN_OLD_RUN = re.compile(r".*-before-\d+")  # which `finetune --fresh` has set aside
_FOREIGN_FILES = re.compile(r".*\.(hdf5|gguf|safetensors|onnx|keras)|ckpt\.pt", re.IGNORECASE)
_MEMBERS = 50  # of a tar, by which it is known


class Nearby(NamedTuple):
    """The checkpoint to use, and the others that are here."""

    path: Path | None
    others: tuple[Path, ...] = ()


def find(data: Path, cwd: Path) -> Nearby:
    """Return the checkpoint of a data directory or, after that, of the working directory, and the others.

    Raises:
        SettingsError: there are several, and nothing says which is meant, or one that botus does not read.
    """
    bases = list({base.resolve(): base for base in (data, cwd)}.values())
    found = [path for base in bases for path in _models(base)]
    for base in bases:
        own = list(_models(base))
        default = next((path for path in own if path.name in ("run1", _TAR)), None)
        if default is None and len(own) > 1:
            named = ", ".join(map(str, own))
            raise SettingsError(f"there are several checkpoints: {named}", "name one with --checkpoint PATH")
        if path := default or next(iter(own), None):
            return Nearby(path, tuple(other for other in found if other != path))
    for base in bases:
        for path, kind in _foreign(base):
            raise SettingsError(
                f"{path} is {kind.name}, which botus does not read, and there is no other model",
                f"{kind.way}; or name another with --checkpoint PATH (the bundled demo is --checkpoint demo)",
            )
    return Nearby(None)


def _models(base: Path) -> Iterator[Path]:
    """The models that botus reads, or says what to do with, the default first."""
    folder = base / "checkpoint"
    run1 = folder / "run1"
    if _names(run1):
        yield run1
    tars = [base / _TAR, folder / _TAR]
    for tar in tars:
        if tar.is_file():
            yield tar
    runs = [path for path in (*_inside(folder), *_inside(base)) if _is_run(path) and path != run1]
    new = [path for path in runs if not _AN_OLD_RUN.fullmatch(path.name)]
    yield from new or runs
    for path in (folder, base):
        if _is_run(path) and path not in runs:
            yield path
        for name in _names(path):
            if path / name not in tars and _is_packed(path / name):
                yield path / name


def _foreign(base: Path) -> Iterator[tuple[Path, Kind]]:
    for folder in (base / "checkpoint", base):
        for path in (*_inside(folder), folder):
            names = _names(path)
            if path == base:  # where anything may lie
                names = [name for name in names if _FOREIGN_FILES.fullmatch(name)]
            if kind := kind_of_names(names):
                yield path if path != base else path / names[0], kind


def _is_run(path: Path) -> bool:
    signs = [name for name in _names(path) if _SIGNS.fullmatch(name) and (path / name).is_file()]
    if any(_WEIGHTS.fullmatch(name) for name in _names(path)):
        return kind_of_names(_names(path)) is None
    return (len(signs) > 1 and _BASE_MODEL not in signs) or (path / "resume" / "state.json").is_file()


def _is_packed(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.suffix.lower() != ".tar":
        return bool(_PACKED.fullmatch(path.name))
    try:
        with tarfile.open(path, "r:") as archive:
            return any(_SIGNS.fullmatch(PurePosixPath(one.name).name) for one in islice(archive, _MEMBERS))
    except (*TAR_ERRORS, OSError):
        return bool(_PACKED.fullmatch(path.name))  # opening it says what is wrong


def _inside(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder) if (folder / name).is_dir()]


def _names(folder: Path) -> list[str]:
    """The names in a folder; none where it cannot be looked into."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
