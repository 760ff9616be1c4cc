"""The files of an export where they lie: in a folder, a zip, a tar, a gzip or alone; names and contents.

Nothing is unpacked to disk, so a name with `..` in it is only a name, and `Limits` bound what unfolds. A file
that stands alone brings the few neighbours along that explain it, under the name of its folder.
"""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

from botus.corpus.parsing.decoding import lines_of, recoded, text_of
from botus.errors import FileError
from botus.store.durable.files import explain
from botus.store.durable.opening import open_file
from botus.text import counted

_PIECE, _STEP = 1 << 18, 1 << 20
_NEIGHBOURS = (
    *(
        "note-tweet*.js",
        "account.js",
        "protected-history.js",
        "twitter-circle-tweet*.js",
        "deleted-tweet*.js",
    ),
    "channel.json",
)
_KINDS: dict[int | bytes, str] = {
    **dict.fromkeys((stat.S_IFLNK, tarfile.SYMTYPE, tarfile.LNKTYPE), "link"),
    **dict.fromkeys((stat.S_IFIFO, tarfile.FIFOTYPE), "pipe"),
    **dict.fromkeys((stat.S_IFCHR, stat.S_IFBLK, tarfile.CHRTYPE, tarfile.BLKTYPE), "device"),
    stat.S_IFSOCK: "socket",
}
_AGAIN = "download it again, or unpack it and name the folder"


@dataclass(frozen=True)
class Limits:
    """How much an archive may unfold to.

    Attributes:
        ratio: bytes read per compressed byte; the JSON of real exports stays below 30.
        free: bytes that may be read from one file whatever its ratio.
        total: bytes that may be read from one zip.
        files: files that an archive or a folder may have.
    """

    ratio: int = 200
    free: int = 1 << 26
    total: int = 1 << 35
    files: int = 1_000_000

    def check(self, read: int, packed: int, place: str, total: int = 0) -> None:
        """Refuse to go on where so much came out of so little."""
        if total > self.total or (read > self.free and read > self.ratio * packed):
            raise FileError(
                f"{place} unpacks to far more than an export does (a zip bomb?); "
                "nothing was unpacked to disk",
                "if you trust it, unpack it yourself and name the folder",
            )

    def check_files(self, files: int, path: Path) -> None:
        """Refuse to go on where there are too many files."""
        if files > self.files:
            raise FileError(f"{path} has more than {self.files:,} files", "name the export itself")


class Archive(ABC):
    """The files of an export.

    Attributes:
        path: as the person gave it.
        names: its files, with `/` between folders.
        encoding: of its texts, where a person said so.
        left_out: how many of each kind are there that are no files: a link may lead out of the export.
    """

    path: Path
    names: list[str]
    encoding: str | None = None
    left_out: Counter[str]
    _where = "in"

    def notes(self) -> list[str]:
        """A sentence about what was left out."""
        kinds = [counted(number, kind) for kind, number in sorted(self.left_out.items())]
        verb = "was" if self.left_out.total() == 1 else "were"
        return [f"{' and '.join(kinds)} {self._where} {self.path} {verb} left out"] if kinds else []

    @abstractmethod
    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of one file in pieces; raises FileError where it is damaged or protected."""

    def close(self) -> None:  # noqa: B027 (most hold nothing open)
        """Let go of the file; reading another of its files opens it again."""

    def place(self, name: str) -> str:
        """Name one file for a person; no letter of it can steer a terminal."""
        return f"{self.path}, " + "".join(letter if letter.isprintable() else "?" for letter in name)

    def start(self, name: str, size: int = 1 << 16) -> bytes:
        """The first bytes of a file, at least `size` where it has them."""
        found = b""
        for piece in self._decoded(name):
            found += piece
            if len(found) >= size:
                break
        return found

    def text(self, name: str, notes: list[str]) -> Iterator[str]:
        """The text of a file in pieces; `notes` gets a sentence where letters were guessed."""
        return text_of(self._decoded(name), self.place(name), notes)

    def _decoded(self, name: str) -> Iterator[bytes]:
        pieces = self.pieces(name)
        return recoded(pieces, self.encoding, self.place(name)) if self.encoding else pieces

    def lines(self, name: str, notes: list[str]) -> Iterator[str]:
        """The lines of a file with their ends."""
        return lines_of(self.text(name, notes), self.place(name))


def open_archive(path: Path, limits: Limits = Limits()) -> Archive:
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
        with open_file(path) as source:
            start = source.read(512)
        if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            return Zip(path, limits)
        packed = limits if start[:2] == b"\x1f\x8b" else None
        if packed:
            with Inflated(path, limits) as inflated:
                start = inflated.read(512)
        return Tar(path, limits, packed) if start[257:262] == b"ustar" else Single(path, packed)


class Single(Archive):
    """One file; `names` begins with it."""

    _where = "beside"

    def __init__(self, path: Path, packed: Limits | None = None) -> None:
        self.path, self._packed = path, packed
        folder = path.absolute().parent
        there = sorted(one.name for some in _NEIGHBOURS for one in folder.glob(some) if one.name != path.name)
        beside, self.left_out = _only_files(folder, there)
        own = path.name.removesuffix(".gz") if packed else path.name
        self._paths = {f"{folder.name}/{own}": path} | {f"{folder.name}/{n}": folder / n for n in beside}
        self.names = list(self._paths)

    def pieces(self, name: str) -> Iterator[bytes]:
        path = self._paths[name]
        yield from _pieces_of(path, self._packed if path == self.path else None)

    def place(self, name: str) -> str:
        return str(self._paths[name])


class Folder(Archive):
    """A folder with all its files; hidden ones and links are left out."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.names, self.left_out = [], Counter()
        for folder, inner, names in os.walk(path, onerror=_unreadable):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            below = Path(folder).relative_to(path)
            there = [name for name in (*names, *inner) if not name.startswith(".")]
            own, left_out = _only_files(Path(folder), there)
            self.left_out += left_out
            self.names += sorted((below / name).as_posix() for name in own)
            limits.check_files(len(self.names), path)

    def pieces(self, name: str) -> Iterator[bytes]:
        yield from _pieces_of(self.path / name, None)


class Zip(Archive):
    """A zip; the central directory is read once, each file when it is asked for."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._zip: zipfile.ZipFile | None = None
        self.left_out = Counter()
        self._read = 0
        # Some programs of Windows write their own separator.
        own = {one.filename.replace("\\", "/"): one.filename for one in self._opened().infolist()}
        self._own = {
            name: filename
            for name, filename in own.items()
            if name and not name.endswith("/") and not name.startswith("__MACOSX/")
        }
        self.names = list(self._own)
        limits.check_files(len(self.names), path)

    def pieces(self, name: str) -> Iterator[bytes]:
        info = self._opened().getinfo(self._own[name])
        place = self.place(name)
        if info.flag_bits & 1:
            raise FileError(
                f"{place} is protected by a password", "unpack it with the password and name the folder"
            )
        read = 0
        with _explained(self.path, place), self._opened().open(info) as source:
            while piece := source.read(_PIECE):
                read += len(piece)
                self._read += len(piece)
                self._limits.check(read, info.compress_size, place, self._read)
                yield piece

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()
        self._zip, self._read = None, 0

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            with _explained(self.path):
                self._zip = zipfile.ZipFile(self.path)
        return self._zip


class Tar(Archive):
    """A tar, packed or plain; it is passed through once for its names and again for what is read."""

    def __init__(self, path: Path, limits: Limits, packed: Limits | None) -> None:
        self.path, self._packed, self.left_out = path, packed, Counter()
        self._members: dict[str, tuple[int, int]] = {}
        with (
            _explained(path),
            _opened(path, packed) as source,
            tarfile.open(fileobj=source, mode="r:") as tar,
        ):
            while member := tar.next():
                if member.isreg() and not member.issparse():
                    self._members[member.name.removeprefix("./")] = (member.offset_data, member.size)
                elif kind := _KINDS.get(member.type):
                    self.left_out[kind] += 1
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all
                limits.check_files(len(self._members), path)
        self.names = list(self._members)

    def pieces(self, name: str) -> Iterator[bytes]:
        offset, left = self._members[name]
        with _explained(self.path), _opened(self.path, self._packed) as source:
            source.seek(offset)
            while left:
                piece = source.read(min(_PIECE, left))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece


class Inflated(gzip.GzipFile):
    """The content of a gzip, within limits; skipping a file of a tar decompresses it too."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._source = open_file(path)  # closed by `close`
        super().__init__(fileobj=self._source)

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(_STEP if size is None or size < 0 else size)
        self._check()
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = super().seek(0, os.SEEK_CUR)
        target = offset + (at if whence == os.SEEK_CUR else 0)
        before = -1
        while before < at < target - _STEP:
            before, at = at, super().seek(at + _STEP)
            self._check()
        return super().seek(target)

    def close(self) -> None:
        super().close()
        self._source.close()

    def _check(self) -> None:
        self._limits.check(self.tell(), self._source.tell(), str(self.name))


def _opened(path: Path, packed: Limits | None) -> BinaryIO:
    return cast(BinaryIO, Inflated(path, packed)) if packed else open_file(path)


def _pieces_of(path: Path, packed: Limits | None) -> Iterator[bytes]:
    with _explained(path), _opened(path, packed) as source:
        while piece := source.read(_PIECE):
            yield piece


def _only_files(folder: Path, names: list[str]) -> tuple[list[str], Counter[str]]:
    """Of the names in a folder those of files, and how many of each other kind there are but folders."""
    try:
        modes = {name: stat.S_IFMT(os.lstat(folder / name).st_mode) for name in names}
    except OSError as error:
        _unreadable(error)
    return [name for name, mode in modes.items() if mode == stat.S_IFREG], Counter(
        _KINDS[mode] for mode in modes.values() if mode in _KINDS
    )


def _unreadable(error: OSError) -> NoReturn:
    raise explain(error, Path(os.fsdecode(error.filename)), "read") from error


@contextmanager
def _explained(path: Path, place: str = "") -> Iterator[None]:
    place = place or str(path)
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FileError(
            f"{place} is damaged or cut off: {str(error) or 'it ends too early'}", _AGAIN
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise FileError(
            f"{place} is packed in a way botus cannot read: {error}", "unpack it and name the folder"
        ) from error
    except OSError as error:
        raise explain(error, path, "read") from error
