"""Crash states: everything a disk may hold after the power fails at any moment of a run.

`Recorder` stands in for `files.Disk`: it does what it is told and keeps a list of it. `states` turns such a
list into all that a crash may leave behind, after every single operation: data that was not synced is lost,
cut in half or kept, and every subset of the names that were not synced has come to the disk.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botus.store.durable import exchange, files

_TEMPORARY = (".botus-tmp", exchange.MARK)
Operation = tuple[Any, ...]
Image = dict[str, tuple[int, bytes]]
"""Path below the data folder -> (inode, content)."""
INDEX = "log.index"
_indexes: list[bytes] = []


class Recorder(files.Disk):
    """Does what it is told and keeps a list of it.

    Args:
        data: the folder; what is outside it is not recorded.
        witness: called before every operation; what it returns is kept beside the operation.
    """

    def __init__(self, data: Path, witness: Callable[[], Any] = lambda: None) -> None:
        self.data, self.witness = data, witness
        self.start = picture(data)
        self.log: list[tuple[Operation, Any]] = []

    def _record(self, *operation: Any) -> None:  # noqa: ANN401
        if not any(INDEX in str(one) for one in operation[1:] if isinstance(one, str)):
            self.log.append((operation, self.witness()))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.data))

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self._record("open", self._name(path))
        return super().open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        self._record("write", self._path(descriptor), data)
        super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._record("truncate", self._path(descriptor), size)
        super().truncate(descriptor, size)

    def fsync(self, descriptor: int) -> None:
        self._record("fsync", self._path(descriptor))
        super().fsync(descriptor)

    def link(self, source: Path, target: Path) -> None:
        if not target.exists():
            self._record("link", self._name(source), self._name(target))
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._record("rename", self._name(source), self._name(target))
        super().rename(source, target)

    def exchange(self, first: Path, second: Path) -> None:
        self._record("exchange", self._name(first), self._name(second))
        super().exchange(first, second)

    def unlink(self, path: Path) -> None:
        if path.exists():
            self._record("unlink", self._name(path))
        super().unlink(path)

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)  # an empty folder on the disk or not makes no difference to anybody

    def fsync_folder(self, path: Path) -> None:
        self._record("fsync_folder", self._name(path))
        super().fsync_folder(path)

    def _path(self, descriptor: int) -> str:
        return self._name(Path(os.readlink(f"/proc/self/fd/{descriptor}")))

    def durable(self) -> Image:
        """What would be left if everything that is not synced were lost now."""
        model = _Model(self.start)
        for operation, _ in self.log:
            model.apply(operation)
        return model.image("lost", set())


@dataclass
class _Inode:
    durable: bytes
    current: bytes

    def content(self, mode: str) -> bytes:
        if mode == "kept" or self.current == self.durable:
            return self.current
        if mode == "lost" or not self.current.startswith(self.durable):
            return self.durable
        return (
            self.durable + self.current[len(self.durable) :][: (len(self.current) - len(self.durable)) // 2]
        )


@dataclass
class _Model:
    """A disk: inodes with synced and current content, synced names, and changes of names that are not."""

    start: Image
    inodes: list[_Inode] = field(default_factory=list)
    synced: dict[str, int] = field(default_factory=dict)
    visible: dict[str, int] = field(default_factory=dict)
    unsynced: list[tuple[str, tuple[str, int | None], ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers: dict[int, int] = {}
        for path, (inode, content) in self.start.items():
            if inode not in numbers:
                numbers[inode] = len(self.inodes)
                self.inodes.append(_Inode(content, content))
            self.synced[path] = self.visible[path] = numbers[inode]

    def apply(self, operation: Operation) -> None:
        kind, path, *rest = operation
        if kind == "open":
            if path not in self.visible:
                self.inodes.append(_Inode(b"", b""))
                self._change(_folder(path), (path, len(self.inodes) - 1))
        elif kind == "write":
            self._inode(path).current += rest[0]
        elif kind == "truncate":
            self._inode(path).current = self._inode(path).current[: rest[0]]
        elif kind == "fsync":
            self._inode(path).durable = self._inode(path).current
        elif kind == "link":
            self._change(_folder(rest[0]), (rest[0], self.visible[path]))
        elif kind == "rename":
            self._change(_folder(rest[0]), (rest[0], self.visible[path]), (path, None))
        elif kind == "exchange":
            self._change(_folder(path), (path, self.visible[rest[0]]), (rest[0], self.visible[path]))
        elif kind == "unlink":
            self._change(_folder(path), (path, None))
        elif kind == "fsync_folder":
            for change in [change for change in self.unsynced if change[0] == path]:
                _apply(self.synced, change)
            self.unsynced = [change for change in self.unsynced if change[0] != path]

    def image(self, mode: str, kept: set[int]) -> Image:
        names = dict(self.synced)
        for number, change in enumerate(self.unsynced):
            if number in kept:
                _apply(names, change)
        return {path: (inode, self.inodes[inode].content(mode)) for path, inode in names.items()}

    def images(self) -> Iterator[Image]:
        for mode in ("lost", "half", "kept"):
            for size in range(len(self.unsynced) + 1):
                for kept in itertools.combinations(range(len(self.unsynced)), size):
                    yield self.image(mode, set(kept))

    def _inode(self, path: str) -> _Inode:
        return self.inodes[self.visible[path]]

    def _change(self, folder: str, *names: tuple[str, int | None]) -> None:
        change = (folder, *names)
        self.unsynced.append(change)
        _apply(self.visible, change)


def states(recorder: Recorder) -> Iterator[tuple[Image, Any]]:
    """Yield every crash state of a recorded run, with what the witness said then."""
    model = _Model(recorder.start)
    for operation, seen in recorder.log:
        for image in model.images():
            yield image, seen
        model.apply(operation)
    for image in model.images():
        yield image, recorder.witness()


def visible(recorder: Recorder) -> Iterator[Image]:
    """Yield what a reader sees after every operation."""
    model = _Model(recorder.start)
    for operation, _ in recorder.log:
        model.apply(operation)
        yield {path: (inode, model.inodes[inode].current) for path, inode in model.visible.items()}


def picture(data: Path) -> Image:
    """Read a folder; lock files and the index of the log are left out, nothing is lost with them."""
    found: Image = {}
    for path in sorted(data.rglob("*")):
        if path.name == INDEX:
            _indexes.append(path.read_bytes())
        elif path.is_file() and path.suffix != ".lock":
            found[str(path.relative_to(data))] = (path.stat().st_ino, path.read_bytes())
    return found


def restore(image: Image, data: Path) -> None:
    """Write a crash state into an empty folder, hard links included, with any index of the log or none."""
    first: dict[int, Path] = {}
    for name, (inode, content) in image.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if inode in first:
            os.link(first[inode], path)
        else:
            path.write_bytes(content)
            first[inode] = path
    if _indexes and (folder := data / ".botus").is_dir():
        stale = _indexes[-1 - len(str(image)) % min(9, len(_indexes))]
        harm = len(str(image)) // 9 % 3
        torn = stale[: len(stale) // 2] + bytes(len(stale) // 4)
        if harm:
            (folder / INDEX).write_bytes(stale if harm == 1 else torn)
    del _indexes[:-9]


def key(image: Image) -> tuple[Any, ...]:
    """What makes two crash states the same: names and content; nobody ever reads a temporary file."""
    kept = (name for name in image if not any(mark in name for mark in _TEMPORARY))
    return tuple(sorted((name, image[name][1]) for name in kept))


def _folder(path: str) -> str:
    return str(Path(path).parent)


def _apply(names: dict[str, int], change: tuple[Any, ...]) -> None:
    _, *pairs = change
    removed = {path for path, inode in pairs if inode is None}
    needed = {path for path, _ in pairs[1:]} | (set() if removed else {path for path, _ in pairs[:-1]})
    if not needed <= names.keys():
        return  # a rename or an exchange of what never came to the disk
    for path, inode in pairs:
        if inode is None:
            names.pop(path, None)
        else:
            names[path] = inode
