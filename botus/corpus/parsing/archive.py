"""The files of an export where they lie: in a folder, a zip, a tar or alone; their names and their bytes.

A path goes in; names and pieces of bytes come out. Nothing is unpacked to disk, so a name with `..` in it
is only a name. What decompresses is bounded by `Limits`. The one surprise: a file that stands alone brings
the few neighbours along that explain it, under the name of its folder.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from botus.corpus.parsing.tarball import Inflated, Limits, too_much
from botus.errors import FileError
from botus.store.durable.files import explain

_PIECE = 1 << 18
_NEIGHBOURS = ("note-tweet.js", "account.js", "protected-history.js", "channel.json")
_AGAIN = "download it again, or unpack it and name the folder"


class Archive(Protocol):
    """What every kind of container offers.

    Attributes:
        path: as the person gave it.
        names: its files, with `/` between folders.
    """

    path: Path
    names: list[str]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of one file in pieces; raises FileError where it is damaged or protected."""

    def close(self) -> None:
        """Let go of the file; reading another of its files opens it again."""


def open_archive(path: Path, limits: Limits = Limits()) -> Archive:  # noqa: B008 (it is frozen)
    """Look at a path and return its files.

    Raises:
        FileError: it is missing, unreadable, no file or folder, or an archive that is cut off.
    """
    with _explained(path):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Folder(path, limits)
        if not stat.S_ISREG(mode):
            raise FileError(f"{path} is neither a file nor a folder", "name an export")
        with open(path, "rb") as source:
            start = source.read(512)
        if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            return Zip(path, limits)
        if start[:2] == b"\x1f\x8b":
            return _of_gzip(path, limits)
        return Tar(path, limits, _plainly) if start[257:262] == b"ustar" else Single(path)


def where(archive: Archive, name: str) -> str:
    """Name one file of an archive for a person; no letter of it can steer a terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return str(archive.path) if isinstance(archive, Single) else f"{archive.path}, {shown}"


def start_of(archive: Archive, name: str, size: int = 1 << 16) -> bytes:
    """The first bytes of a file, at least `size` where it has them."""
    found = b""
    for piece in archive.pieces(name):
        found += piece
        if len(found) >= size:
            break
    return found


class Single:
    """One file; `names` begins with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        folder = path.absolute().parent
        beside = [name for name in _NEIGHBOURS if name != path.name and (folder / name).is_file()]
        self._paths = {f"{folder.name}/{one.name}": one for one in [path, *(folder / n for n in beside)]}
        self.names = list(self._paths)

    def pieces(self, name: str) -> Iterator[bytes]:
        yield from _of_file(self._paths[name])

    def close(self) -> None:
        pass


class Folder:
    """A folder with all its files; hidden ones and links to folders are left out."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.names: list[str] = []
        for folder, inner, names in os.walk(path, onerror=_unreadable):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            below = Path(folder).relative_to(path)
            self.names += sorted((below / name).as_posix() for name in names if not name.startswith("."))
            _refuse_crowd(path, len(self.names), limits)

    def pieces(self, name: str) -> Iterator[bytes]:
        yield from _of_file(self.path / name)

    def close(self) -> None:
        pass


class Zip:
    """A zip; the central directory is read once, each file when it is asked for."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._zip: zipfile.ZipFile | None = None
        self._read = 0
        # Some programs of Windows write their own separator.
        own = {one.filename.replace("\\", "/"): one.filename for one in self._opened().infolist()}
        self._own = {
            name: filename
            for name, filename in own.items()
            if name and not name.endswith("/") and not name.startswith("__MACOSX/")
        }
        self.names = list(self._own)
        _refuse_crowd(path, len(self.names), limits)

    def pieces(self, name: str) -> Iterator[bytes]:
        info = self._opened().getinfo(self._own[name])
        if info.flag_bits & 1:
            raise FileError(
                f"{where(self, name)} is protected by a password",
                "unpack it with the password and name the folder",
            )
        read = 0
        with _zip_explained(self.path, where(self, name)), self._opened().open(info) as source:
            while piece := source.read(_PIECE):
                read += len(piece)
                self._read += len(piece)
                if self._limits.exceeded(read, info.compress_size) or self._read > self._limits.total:
                    raise too_much(where(self, name))
                yield piece

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()
        self._zip, self._read = None, 0

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            with _zip_explained(self.path, str(self.path)):
                self._zip = zipfile.ZipFile(self.path)
        return self._zip


class Tar:
    """A tar, inflated or plain; it is passed through once for its names and again for what is read."""

    def __init__(self, path: Path, limits: Limits, opener: Callable[[Path, Limits], io.RawIOBase]) -> None:
        self.path = path
        self._limits, self._opener = limits, opener
        self._members: dict[str, tuple[int, int]] = {}
        with (
            _tar_explained(path),
            opener(path, limits) as source,
            tarfile.open(fileobj=source, mode="r:") as tar,
        ):
            while member := tar.next():
                if member.isreg() and not member.issparse():
                    self._members[member.name.removeprefix("./")] = (member.offset_data, member.size)
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all
                _refuse_crowd(path, len(self._members), limits)
        self.names = list(self._members)

    def pieces(self, name: str) -> Iterator[bytes]:
        offset, left = self._members[name]
        with _tar_explained(self.path), self._opener(self.path, self._limits) as source:
            source.seek(offset)
            while left:
                piece = source.read(min(_PIECE, left))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece

    def close(self) -> None:
        pass


class Inflating:
    """One file that is packed alone (`.gz`)."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self.names = [path.name.removesuffix(".gz")]

    def pieces(self, name: str) -> Iterator[bytes]:
        with _tar_explained(self.path), Inflated(self.path, self._limits) as source:
            while piece := source.read(_PIECE):
                yield piece

    def close(self) -> None:
        pass


def _unreadable(error: OSError) -> None:
    raise explain(error, Path(os.fsdecode(error.filename)), "read") from error


def _refuse_crowd(path: Path, files: int, limits: Limits) -> None:
    if files > limits.files:
        raise FileError(f"{path} has more than {limits.files:,} files", "name the export itself")


def _of_gzip(path: Path, limits: Limits) -> Archive:
    with _tar_explained(path), Inflated(path, limits) as source:
        start = source.read(512)
    return Tar(path, limits, Inflated) if start[257:262] == b"ustar" else Inflating(path, limits)


def _plainly(path: Path, limits: Limits) -> io.RawIOBase:
    return open(path, "rb", buffering=0)


def _of_file(path: Path) -> Iterator[bytes]:
    with _explained(path), open(path, "rb") as source:
        while piece := source.read(_PIECE):
            yield piece


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explain(error, path, "read") from error


@contextmanager
def _zip_explained(path: Path, place: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FileError(f"{place} is damaged or cut off: {_reason(error)}", _AGAIN) from error
    except (NotImplementedError, RuntimeError) as error:
        raise FileError(
            f"{place} is packed in a way botus cannot read: {_reason(error)}", "unpack it and name the folder"
        ) from error
    except OSError as error:
        raise explain(error, path, "read") from error


@contextmanager
def _tar_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FileError(f"{path} is damaged or cut off: {_reason(error)}", _AGAIN) from error
    except OSError as error:
        raise explain(error, path, "read") from error


def _reason(error: BaseException) -> str:
    return str(error) or "it ends too early"
