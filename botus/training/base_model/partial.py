"""Owns what has arrived of a file that is being fetched, and a note of which version of it that is.

Both are hidden files beside the file's place. Bytes without a note are thrown away, because nobody knows what
they belong to.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from botus.store.durable import files
from botus.store.durable.document import decoded


@dataclass(frozen=True)
class Version:
    """Which version of a file the server has: what If-Range takes, and its bytes."""

    validator: str = ""
    size: int = 0

    def continues(self, other: Version) -> bool:
        """Tell whether this may be the same file."""
        same = not self.validator or not other.validator or self.validator == other.validator
        return same and (not self.size or not other.size or self.size == other.size)


class PartialFile:
    """What has arrived of a file, and the note of its version."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.botus-part")
        self._note = target.with_name(f".{target.name}.botus-part.json")
        self._descriptor = -1
        try:
            validator, size = decoded(files.read(self._note) or b"null")
            self.version = Version(str(validator), int(size))
        except (TypeError, ValueError, OverflowError):
            self.discard()
        self.size = self.path.stat().st_size if self.path.exists() else 0

    @property
    def is_whole(self) -> bool:
        """Whether everything has arrived, and only the check is missing."""
        return 0 < self.size == self.version.size

    def condition(self) -> dict[str, str]:
        """The headers that ask for the rest, if the file is still the same."""
        if not self.size:
            return {}
        found = {"Range": f"bytes={self.size}-"}
        return found | ({"If-Range": self.version.validator} if self.version.validator else {})

    def open(self, size: int, version: Version) -> None:
        """Cut what is there to so many bytes; what is appended is of this version."""
        try:
            self._descriptor = files.disk.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            files.disk.truncate(self._descriptor, size)
            if not size:  # the note comes second: else old bytes would pass for those of the new version
                files.replace(self._note, json.dumps([version.validator, version.size]).encode())
        except OSError as error:
            raise files.explain(error, self.target, "write") from error
        self.size, self.version = size, version

    def append(self, chunk: bytes) -> None:
        try:
            files.disk.write(self._descriptor, chunk)
        except OSError as error:
            raise files.explain(error, self.target, "write") from error
        self.size += len(chunk)

    def close(self) -> None:
        """Put on the disk what has arrived."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            files.disk.fsync(descriptor)
            files.disk.close(descriptor)
            self.size = self.path.stat().st_size
        except OSError as error:
            raise files.explain(error, self.target, "write") from error

    def discard(self) -> None:
        """Forget what has arrived."""
        files.remove(self.path)
        files.remove(self._note)
        self.size, self.version = 0, Version()
