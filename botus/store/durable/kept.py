"""What was read of a file, kept for as long as the file is the same. Knows no format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from botus.store.durable import files

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The value of one file, read again when its state has changed; whoever gets it leaves it as it is."""

    def __init__(self, path: Path, read: Callable[[], Value]) -> None:
        self._path, self._read = path, read
        self._known: tuple[files.State | None, Value] | None = None

    def value(self) -> Value:
        """Return what the file says now; what goes wrong in reading is not kept."""
        state = files.state(self._path)  # before reading: what comes meanwhile changes it
        if self._known is None or self._known[0] != state:
            self._known = None  # not two of them in memory
            self._known = (state, self._read())
        return self._known[1]
