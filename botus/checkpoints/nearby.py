"""Where is the model? Looks for checkpoints of one's own in a data directory and the working directory.

In each: run folders, folders of other formats and tars, there, in `checkpoint/` and wherever a folder's name
says that models lie in it. The default is `checkpoint/run1`, or a `checkpoint_run1.tar`; another one is taken
where it is the only one. A folder or tar is a model by the names of its files, of which no more than that is
read here, and of what may be a home folder or a network drive no more than it takes a moment to read.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from botus.checkpoints.unsupported import TAR_ERRORS, kind_of_names
from botus.errors import SettingsError

# By their places in a directory: run1, and what the Colab notebook of gpt-2-simple leaves on Google Drive.
_DEFAULTS = ("checkpoint/run1", "checkpoint_run1.tar", "checkpoint/checkpoint_run1.tar")
_DEFAULT_NAMES = ("run1", "checkpoint_run1.tar")
_HOLDS_MODELS = re.compile(r"checkpoint.*|models?", re.IGNORECASE)
_STEP = re.compile(r"checkpoint-(\d{1,15})")  # of transformers' Trainer, several in one folder
_AN_OLD_RUN = re.compile(r".*-before-\d+")  # which `finetune --fresh` has set aside
_PACKED = re.compile(
    r"(checkpoint|trained_model|run\d).*\.(tar|tgz|zip|tar\.(gz|bz2|xz|zst))(\.(part|crdownload))?",
    re.IGNORECASE,
)

# The names of a model's files: each pattern has one.
_WEIGHTS = r"(pytorch_)?model(-\d+-of-\d+)?\.(safetensors|bin)"  # model.bin is CTranslate2's
_INDEX = r"(pytorch_)?model\.(safetensors|bin)\.index\.json"
_RUN = (r"model-\d+\.index", r"model-\d+\.data-.*", r"hparams\.json", r"encoder\.json", r"vocab\.bpe")
_CONFIGURED = (_WEIGHTS, r"config\.json")
_PARTS_ANYWHERE = ((r"model-\d+\.(index|meta|data-.*)",), (r"model\.safetensors|pytorch_model\.bin",))
_PARTS = (  # what is left of a model where others of its files are missing
    *_PARTS_ANYWHERE,
    (r"hparams\.json|encoder\.json", r"vocab\.bpe|counter|checkpoint"),
    (r"hparams\.json", r"encoder\.json"),
    (r"checkpoint", r"counter"),
    (_WEIGHTS,),
    (_INDEX,),
    (r"config\.json", r"vocab\.json|merges\.txt|tokenizer\.json|generation_config\.json"),
)
_OTHER_FORMAT = re.compile(r".*\.(hdf5|gguf|safetensors|onnx|keras)|ckpt\.pt", re.IGNORECASE)
# Nobody's own: what was published, as OpenAI's files or in a folder of its name, and was not trained on.
_OPENAI = r"model\.ckpt\..*"
_PUBLISHED = re.compile(
    r"\d+M|(distil)?gpt2(-medium|-large|-xl)?|dialogpt-(small|medium|large)", re.IGNORECASE
)
_TRAINED_ON = r"training_args\.bin|trainer_state\.json"
# Of a hundred thousand names the few that a model or a packed one can have: only these are looked at closely.
_OF_INTEREST = re.compile(
    r"checkpoint|counter|merges\.txt|.*\.(data-.*|index|meta|json|bpe|bin|safetensors|gguf|llamafile|onnx|h5|hdf5"
    r"|keras|pt|pth|ckpt|pb|pbtxt|tflite|msgpack|tar|tgz|zip|gz|bz2|xz|zst|part|crdownload)",
    re.IGNORECASE,
)

_MOST_FOLDERS, _DEEPEST = 200, 3
_MOST, _MOST_BELOW = 300_000, 3000  # names in a directory itself, and in a folder below it
_MOST_TARS, _MOST_MEMBERS = 20, 200  # and members of each, by which it is known
_MOST_NAMED = 10


class Nearby(NamedTuple):
    """The checkpoint to use, and the others that are here."""

    path: Path | None
    others: tuple[Path, ...] = ()


class _Grade(IntEnum):
    WHOLE = 0  # as far as names tell
    OLD = 1  # the same, and set aside
    DOUBTFUL = 2  # some of it is missing, it is packed, or of a kind that botus does not read


class _Found(NamedTuple):
    path: Path
    grade: _Grade
    preference: int  # of several defaults the lowest counts; 0 for none


def find(data: Path, cwd: Path) -> Nearby:
    """Return the checkpoint of a data directory or, after that, of the working directory, and the others.

    One that is not whole, or that botus does not read, is returned where there is no other: opening it says
    what is wrong.

    Raises:
        SettingsError: there are several, and nothing says which is meant.
    """
    seen: set[str] = set()  # a folder may be there twice, by a link or as part of the other directory
    found = [[one for one in _Search(base).everything() if _is_new(one.path, seen)] for base in (data, cwd)]
    whole = [[one for one in group if one.grade < _Grade.DOUBTFUL] for group in found]
    for group in filter(None, whole):
        path = _choice(group)
        return Nearby(path, tuple(one.path for own in whole for one in own if one.path != path))
    return Nearby(next((one.path for group in found for one in group), None))


def _is_new(path: Path, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    is_new = real not in seen
    seen.add(real)
    return is_new


def _choice(group: list[_Found]) -> Path:
    """The default, or the only one; several are a question."""
    default = min((one for one in group if one.preference), key=lambda one: one.preference, default=None)
    if default is None and len(group) > 1:
        named = ", ".join(str(one.path) for one in group[:_MOST_NAMED])
        named += f" and {len(group) - _MOST_NAMED} more" if len(group) > _MOST_NAMED else ""
        raise SettingsError(f"there are several checkpoints: {named}", "name one with --checkpoint PATH")
    return (default or group[0]).path


class _Listing(NamedTuple):
    """What lies in a folder, by its names in their order."""

    files: list[str]
    folders: list[str]
    lost: list[str]  # links to nothing


@dataclass
class _Search:
    """A search for models below a directory."""

    base: Path
    _folders: int = 0
    _tars: int = 0

    def everything(self) -> list[_Found]:
        """Return what there is: whole models first, runs that were set aside only where there is no other."""
        found = sorted(self._models(self.base), key=lambda one: one.grade)
        is_new = any(one.grade is _Grade.WHOLE for one in found)
        return [one for one in found if not (is_new and one.grade is _Grade.OLD)]

    def _models(self, folder: Path, depth: int = 0) -> Iterator[_Found]:
        if self._folders >= _MOST_FOLDERS:
            return
        self._folders += 1
        listing = _listing(folder, _MOST_BELOW if depth else _MOST)
        holds_models = depth == 0 or _says_models(folder)
        if listing is None:
            if depth and (holds_models or _says_models(folder.parent)):
                yield self._found(folder, _Grade.DOUBTFUL)
            return
        yield from self._itself(folder, listing)
        if holds_models and depth < _DEEPEST:
            yield from self._packed(folder, listing)
            inner = [folder / name for name in listing.folders if not _STEP.fullmatch(name)]
            for path in sorted(inner, key=lambda path: not _says_models(path)):
                yield from self._models(path, depth + 1)
            for name in listing.lost:
                if _says_models(folder / name) or name in _DEFAULT_NAMES:
                    yield self._found(folder / name, _Grade.DOUBTFUL)

    def _itself(self, folder: Path, listing: _Listing) -> Iterator[_Found]:
        """The model that a folder is, or that the highest step in it is."""
        if _is_whole(folder, listing.files):
            yield self._found(folder, _Grade.OLD if _AN_OLD_RUN.fullmatch(folder.name) else _Grade.WHOLE)
            return
        halves = []
        for name in sorted(filter(_STEP.fullmatch, listing.folders), key=_step, reverse=True):
            step, inner = folder / name, _listing(folder / name, _MOST_BELOW)
            if inner and _is_whole(step, inner.files):
                yield self._found(step, _Grade.WHOLE, folder)
                return
            if inner is None or _is_part(step, inner.files):
                halves.append(step)
        if folder == self.base:  # where anything may lie
            if any(_has(listing.files, part) for part in _PARTS_ANYWHERE):
                yield self._found(folder, _Grade.DOUBTFUL)
            for name in filter(_OTHER_FORMAT.fullmatch, listing.files):
                yield self._found(folder / name, _Grade.DOUBTFUL)
        elif self._place(folder) == _DEFAULTS[0] and any(folder.iterdir()):  # opening it says what is missing
            yield self._found(folder, _Grade.WHOLE)
        elif (
            _is_part(folder, listing.files)
            or (folder.name.casefold() == "trained_model" and "config.json" in listing.files)
            or ("resume" in listing.folders and (folder / "resume" / "state.json").is_file())
        ):
            yield self._found(folder, _Grade.DOUBTFUL)
        for step in halves[:1]:
            yield self._found(step, _Grade.DOUBTFUL, folder)

    def _packed(self, folder: Path, listing: _Listing) -> Iterator[_Found]:
        for name in sorted(listing.files, key=lambda name: not _PACKED.fullmatch(name)):
            path, names = folder / name, []
            if name.lower().endswith(".tar") and self._tars < _MOST_TARS:
                self._tars += 1
                names = _members(path)
            if self._place(path) in _DEFAULTS or _is_whole(path, names):
                yield self._found(path, _Grade.WHOLE)
            elif _PACKED.fullmatch(name) or _is_part(path, names):
                yield self._found(path, _Grade.DOUBTFUL)

    def _found(self, path: Path, grade: _Grade, stands_for: Path | None = None) -> _Found:
        place = self._place(stands_for or path)
        if place in _DEFAULTS:
            return _Found(path, grade, 1 + _DEFAULTS.index(place))
        is_default = PurePosixPath(place).name in _DEFAULT_NAMES
        return _Found(path, grade, 1 + len(_DEFAULTS) if is_default else 0)

    def _place(self, path: Path) -> str:
        """Where it is in the directory, in small letters: Windows and macOS do not tell them from others."""
        return path.relative_to(self.base).as_posix().casefold()


def _says_models(folder: Path) -> bool:
    return bool(_HOLDS_MODELS.fullmatch(folder.name))


def _has(names: Iterable[str], patterns: Iterable[str]) -> bool:
    there = list(names)
    return all(any(re.fullmatch(pattern, name) for name in there) for pattern in patterns)


def _is_whole(path: Path, names: list[str]) -> bool:
    """Tell whether a folder or tar with files of these names is a model, and may be somebody's own."""
    return not _is_published(path, names) and (_has(names, _RUN) or _has(names, _CONFIGURED))


def _is_part(path: Path, names: list[str]) -> bool:
    """Tell whether it has some files of a model, or a model of a kind that botus does not read."""
    if _is_published(path, names):
        return False
    return any(_has(names, part) for part in _PARTS) or kind_of_names(names) is not None


def _is_published(path: Path, names: list[str]) -> bool:
    if _has(names, [_OPENAI]):
        return True
    if not _PUBLISHED.fullmatch(path.stem):
        return False
    is_fetched = path.parent.name == "models"  # by finetune
    return is_fetched or not (_has(names, [_TRAINED_ON]) or _has(names, _RUN))


def _step(name: str) -> int:
    found = _STEP.fullmatch(name)
    return int(found[1]) if found else 0


def _members(path: Path) -> list[str]:
    """The names of the files in a tar; none where it is no tar, or a damaged one."""
    names: list[str] = []
    with suppress(*TAR_ERRORS, OSError), tarfile.open(path, "r:") as archive:
        for member in islice(archive, _MOST_MEMBERS):
            names.append(PurePosixPath(member.name).name)
    return names


def _listing(folder: Path, most: int) -> _Listing | None:
    """Look into a folder, without what is hidden; None where that is not possible."""
    listing = _Listing([], [], [])
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, most):
                if not entry.name.startswith("."):
                    _sort(entry, listing)
    except OSError:
        return None
    return _Listing(*map(sorted, listing))


def _sort(entry: os.DirEntry[str], into: _Listing) -> None:
    try:
        if entry.is_dir():
            into.folders.append(entry.name)
        elif entry.is_file():  # no pipe, which would wait for somebody
            if _OF_INTEREST.fullmatch(entry.name):
                into.files.append(entry.name)
        elif entry.is_symlink() and not os.path.exists(entry.path):
            into.lost.append(entry.name)
    except OSError:
        into.lost.append(entry.name)
