"""A person with an editor: what happens to tweets.txt by hand while botus is running."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

WORDS = ["kettle", "radiator", "lamp", "drawer", "stairs", "window", "spoon", "ladder", "carpet", "bell"]


class Person:
    """Edits the queue and remembers what ought to be there.

    Attributes:
        written: every text that ever stood in the file.
        deleted: those that the person took out.
    """

    def __init__(self, path: Path, rng: Random) -> None:
        self.path, self.rng = path, rng
        self.written: set[str] = set()
        self.deleted: set[str] = set()
        self._buffer = b""

    def lines(self) -> list[str]:
        """The texts in the file."""
        return [raw.strip().decode() for raw in self._raw().split(b"\n") if raw.strip()]

    def add(self, count: int) -> None:
        """Append lines as a shell does."""
        with self.path.open("ab") as shell:
            for _ in range(count):
                one, other = self.rng.choice(WORDS), self.rng.choice(WORDS)
                text = f"The {one} said no to the {other}, {len(self.written)}"
                self.written.add(text)
                shell.write(text.encode() + b"\n")

    def edit(self) -> None:
        """Do one of the things that people do."""
        change = self.rng.choice([self._delete, self._shuffle, self._to_crlf, self._repeat, self._old_buffer])
        before = set(self.lines())
        content = change(self._raw().splitlines(keepends=True))
        self.rng.choice([self._write, self._replace])(content)
        after = set(self.lines())
        self.deleted = (self.deleted | (before - after)) - after

    def _delete(self, lines: list[bytes]) -> bytes:
        return b"".join(line for line in lines if self.rng.random() > 0.1)

    def _shuffle(self, lines: list[bytes]) -> bytes:
        self.rng.shuffle(lines)
        return b"".join(line.rstrip(b"\n") + b"\n" for line in lines)

    def _to_crlf(self, lines: list[bytes]) -> bytes:
        return b"".join(line.rstrip(b"\r\n") + b"\r\n" for line in lines)

    def _repeat(self, lines: list[bytes]) -> bytes:
        """Put lines in that are there already, or were, and blank ones."""
        old = self.rng.sample(sorted(self.written), 3)
        return b"".join([*lines, *(f"  {text}\n".encode() for text in old), b"\n", *lines[:2]])

    def _old_buffer(self, lines: list[bytes]) -> bytes:
        """Save what was opened long ago."""
        self._buffer, old = b"".join(lines), self._buffer
        return old or self._buffer

    def _write(self, content: bytes) -> None:
        self.path.write_bytes(content)

    def _replace(self, content: bytes) -> None:
        other = self.path.with_name("tweets.txt~")
        other.write_bytes(content)
        os.replace(other, self.path)

    def _raw(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""
