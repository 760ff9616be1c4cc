"""What is known of the lines of the queue: where those of a kind stand, until somebody changes it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from botus.store.durable import files
from botus.store.durable.lines import Edit, Line, scan

_PLACES = 10_000


class Kind(NamedTuple):
    """A kind of line, whose places are known until somebody else changes the file.

    Attributes:
        name: what they are called.
        has: whether a line is one; asked once for as long as `basis` is the same.
        basis: what `has` goes by, besides the line.
    """

    name: str
    has: Callable[[Line], bool]
    basis: object = None


POSTS = Kind("posts", lambda line: bool(line.text and line.text.strip()))


class Places:
    """Where lines of one kind stand in one state of a file, as far as it has been read for them.

    Only the first ten thousand are kept: of a kind that has more, single tries find one as well.

    Attributes:
        is_complete: no more of them are in the file.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self._starts, self._numbers = array("Q"), array("Q")
        self._read_to: tuple[int, int] | None = None  # offset and number of the line to go on with

    def __len__(self) -> int:
        return len(self._starts)

    def at(self, source: BinaryIO, place: int) -> Line:
        """Return one of those that are known."""
        number = self._numbers[place]
        return next(scan(source, self._starts[place], number), Line(b"", number, ""))

    def lines(self, source: BinaryIO, is_one: Callable[[Line], bool]) -> Iterator[Line]:
        """Yield those that are known, and then the others as they are found."""
        for place in range(len(self)):
            yield self.at(source, place)
        if self.is_complete:
            return
        start, number = self._read_to or (None, 1)
        for line in scan(source, start, number):
            is_kept, fits = len(self) < _PLACES, is_one(line)
            if is_kept and fits:
                self._starts.append(line.start)
                self._numbers.append(line.number)
            if is_kept:
                self._read_to = line.start + len(line.raw) + len(line.ending), line.number + 1
            if fits:
                yield line
        self.is_complete = len(self) < _PLACES

    def cut(self, start: int, end: int, lines: int) -> None:
        """Go on knowing them after so many whole lines between two offsets were taken out."""
        first, behind = bisect_left(self._starts, start), bisect_left(self._starts, end)
        for place in range(behind, len(self)):
            self._starts[place] -= end - start
            self._numbers[place] -= lines
        del self._starts[first:behind], self._numbers[first:behind]
        if self._read_to and self._read_to[0] > start:
            offset, number = self._read_to
            self._read_to = max(start, offset - (end - start)), number - lines


class Known:
    """What is known of the lines of a file, for as long as nobody else changes it.

    Attributes:
        lacking: words of which no line has any; empty where nobody has looked.
    """

    def __init__(self) -> None:
        self._file: files.State | None = None
        self._forget()

    @property
    def has_any(self) -> bool:
        """Whether there was a file."""
        return self._file is not None

    def _forget(self) -> None:
        self.lacking: Sequence[bytes] = ()
        self._places: dict[str, tuple[object, Places]] = {}

    def about(self, source: BinaryIO) -> Known:
        """Return what is known of this file; of another one it is forgotten."""
        file = files.state(source.fileno())
        if file != self._file:
            self._file = file
            self._forget()
        return self

    def places(self, kind: Kind) -> Places:
        """Where the lines of a kind stand."""
        basis, found = self._places.get(kind.name, (None, None))
        if found is None or basis != kind.basis:
            found = Places()
            self._places[kind.name] = kind.basis, found
        return found

    def follow(self, source: BinaryIO, changes: Sequence[Edit], new: files.State) -> None:
        """Go on with the file that took the place of the one that is known, and only lacks whole lines."""
        self._file = new
        if any(added for _, _, added in changes):
            self._forget()
        for start, end, _ in reversed(changes):
            source.seek(start)
            lines = source.read(end - start).count(b"\n")
            for _, places in self._places.values():
                places.cut(start, end, lines)
