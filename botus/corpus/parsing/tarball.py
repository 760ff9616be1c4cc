"""Decompresses a gzip as a file that can be searched, and refuses to go on where a small one becomes huge.

A path and limits go in, an open file comes out. The one surprise: skipping a file of a tar decompresses it
too, so the limits hold for skipping as for reading.
"""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass
from pathlib import Path

from botus.errors import FileError

_STEP = 1 << 20


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

    def exceeded(self, read: int, packed: int) -> bool:
        """Tell whether so much may not come out of so little."""
        return read > self.free and read > self.ratio * packed


def too_much(place: str) -> FileError:
    """What to say of a file that unfolds to far more than an export does."""
    return FileError(
        f"{place} unpacks to far more than an export does (a zip bomb?); nothing was unpacked to disk",
        "if you trust it, unpack it yourself and name the folder",
    )


class Inflated(io.RawIOBase):
    """The content of a gzip file."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._packed = open(path, "rb")  # noqa: SIM115 (closed by `close`)
        self._file = gzip.GzipFile(fileobj=self._packed)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        found = self._file.read(_STEP if size < 0 else size)
        self._check()
        return found

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        target = offset + (self.tell() if whence == os.SEEK_CUR else 0)
        while self.tell() < target and self._file.tell() < target - _STEP:
            before = self.tell()
            self._file.seek(before + _STEP)
            self._check()
            if self.tell() == before:
                break
        return self._file.seek(target)

    def close(self) -> None:
        self._file.close()
        self._packed.close()
        super().close()

    def _check(self) -> None:
        if self._limits.exceeded(self._file.tell(), self._packed.tell()):
            raise too_much(str(self._path))
