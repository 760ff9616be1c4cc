"""The lines of the queue for a page: searched in memory, which holds them folded, and shown from the file.

A hundred thousand lines take some fifteen megabytes, and are read again only when the file has changed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botus.store.durable import files
from botus.store.durable.kept import Kept
from botus.store.durable.lines import Line
from botus.store.queue.tweets import Queue
from botus.text import fold


@dataclass
class _Index:
    """Where lines stand, how long they are, and what they say in a form that is searched.

    Attributes:
        starts, numbers: of each line, in bytes and from 1.
        lengths: in characters.
        words: all lines, folded, each after a line feed.
        places: where each begins in `words`.
    """

    starts: array[int] = field(default_factory=lambda: array("Q"))
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    words: bytes = b""
    found: tuple[bytes, Sequence[int]] = (b"", ())


class Lines:
    """The queue of one data directory; one thread at a time."""

    def __init__(self, data: Path) -> None:
        self._queue = Queue(data)
        self._index = Kept(self._queue.path, self._read)

    def page(self, search: str, first: int, count: int) -> tuple[list[Line], int]:
        """Return some of the lines that have these words in them, and how many have.

        Args:
            search: compared without capitals, and whatever the white space; all lines have nothing in them.
            first: how many to pass over.
        """

        def attempt() -> tuple[list[Line], int]:
            index = self._index.value()
            found = _having(index, _folded(search))
            shown = found[first : first + count]
            lines = self._queue.at((index.starts[one], index.numbers[one]) for one in shown)
            if self._index.value() is not index:
                raise files.Changed
            return lines, len(found)

        return files.until_unchanged(self._queue.path, attempt)

    def lengths(self) -> Sequence[int]:
        """Return how long all posts are, in characters."""
        return self._index.value().lengths

    def _read(self) -> _Index:
        index, words, place = _Index(), list[bytes](), 0
        for line in self._queue.lines():
            folded = _folded(line.text or "")
            index.starts.append(line.start)
            index.numbers.append(line.number)
            index.lengths.append(len(line.text or ""))
            index.places.append(place)
            words.append(folded)
            place += len(folded) + 1
        index.words = b"\n".join(words)
        return index


def _folded(text: str) -> bytes:
    return fold(text).casefold().encode("utf-8", "replace")


def _having(index: _Index, wanted: bytes) -> Sequence[int]:
    """Return the numbers of the lines that have some words, from 0."""
    if not wanted:
        return range(len(index.starts))
    if index.found[0] != wanted:  # the next page is often one of the same search
        found, at = array("Q"), index.words.find(wanted)
        while at >= 0:
            found.append(bisect_right(index.places, at) - 1)
            end = index.words.find(b"\n", at)
            at = index.words.find(wanted, end) if end >= 0 else -1
        index.found = (wanted, found)
    return index.found[1]
