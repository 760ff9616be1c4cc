"""The lines of an open text file as bytes: scan, index, find, and rewrite in pieces. Knows no path.

A line is what stands between two `\\n`, a byte-order mark at the start of the file not counted. Nothing
here holds more than a piece of the file, so a million lines cost no memory.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import BinaryIO, NamedTuple

from botus.text import unescape

_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 20
_STRIDE = 1 << 16  # bytes between the places of an index: a line is found by counting line feeds from one
MOMENT = 30.0  # seconds for which a program that writes half a line may wait before it goes on

Edit = tuple[int, int, bytes]


class Line(NamedTuple):
    """One line of the queue.

    Attributes:
        raw: its bytes, without the line feed and the file's byte-order mark; a carriage return is part of it.
        number: 1 for the first line of the file.
        text: the post, or None where the bytes are not UTF-8.
        start: offset of its first byte in the file.
        ending: the line feed, or nothing for a last line without one.
        unfinished: it has no line feed and the file changed a moment ago: this may be half of a line.
    """

    raw: bytes
    number: int
    text: str | None
    start: int = -1
    ending: bytes = b"\n"
    unfinished: bool = False

    @property
    def shown(self) -> str:
        """The post for a person to see, also where it is not UTF-8: then most likely in Windows-1252."""
        if self.text is not None:
            return self.text
        try:
            return self.raw.decode("cp1252")
        except UnicodeDecodeError:
            return self.raw.decode(errors="backslashreplace")


def scan(source: BinaryIO, start: int | None = None, number: int = 1) -> Iterator[Line]:
    """Yield all lines from an offset that begins one, blank ones too."""
    offset = content_start(source) if start is None else start
    source.seek(offset)
    for line_number, piece in enumerate(source, number):
        raw = piece.removesuffix(b"\n")
        ending = piece[len(raw) :]
        yield Line(raw, line_number, _decode(raw), offset, ending, not ending and _is_new(source))
        offset += len(piece)


def every(source: BinaryIO, step: int) -> Iterator[Line]:
    """Yield one line of so many, evenly spread, blank ones too; their offsets are not known."""
    source.seek(content_start(source))
    for number, piece in enumerate(islice(source, step // 2, None, step)):
        raw = piece.removesuffix(b"\n")
        yield Line(raw, number * step + step // 2 + 1, _decode(raw), ending=piece[len(raw) :])


def having(source: BinaryIO, words: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that have one of some words in them, each with its number; no word has a line feed."""
    source.seek(content_start(source))
    lines = 0
    while piece := source.read(_PIECE) + source.readline():
        if any(word in piece for word in words):
            for number, raw in enumerate(piece.split(b"\n"), lines + 1):
                if any(word in raw for word in words):
                    yield number, raw
        lines += piece.count(b"\n")


def _is_new(source: BinaryIO) -> bool:
    """Tell whether the file changed a moment ago; a time far ahead is that of a wrong clock."""
    return abs(time.time() - os.fstat(source.fileno()).st_mtime) < MOMENT


def _decode(raw: bytes) -> str | None:
    try:
        return unescape(raw.removesuffix(b"\r").decode())
    except UnicodeDecodeError:
        return None


def content_start(source: BinaryIO) -> int:
    """The offset of the first line: behind a byte-order mark."""
    source.seek(0)
    return len(_BOM) if source.read(len(_BOM)) == _BOM else 0


def end_of(source: BinaryIO) -> int:
    """The size of the file in bytes."""
    return os.fstat(source.fileno()).st_size


def index(source: BinaryIO) -> tuple[list[tuple[int, int]], int]:
    """Return where lines begin, as (offset, lines before it) every few of them, and how many there are."""
    offset = content_start(source)
    starts, lines = [(offset, 0)], 0
    source.seek(offset)
    while piece := source.read(_STRIDE):
        last = piece.rfind(b"\n")
        lines += piece.count(b"\n")
        if last >= 0:
            starts.append((offset + last + 1, lines))
        offset += len(piece)
    has_tail = starts[-1][0] < offset
    return starts, lines + has_tail


def line_at(source: BinaryIO, starts: list[tuple[int, int]], wanted: int) -> Line:
    """Return the line with `wanted` lines before it; `starts` comes from `index`."""
    offset, first = starts[bisect_right(starts, wanted, key=itemgetter(1)) - 1]
    source.seek(offset)
    offset += sum(map(len, islice(source, wanted - first)))
    gone = Line(b"", wanted + 1, "")  # somebody has cut the file off
    return next(scan(source, offset, wanted + 1), gone)


def find(source: BinaryIO, wanted: Line) -> Line | None:
    """Find a line: at its own offset if it still stands there, else the first with the same bytes."""
    if wanted.start >= 0:
        with_break = wanted.raw + wanted.ending
        source.seek(max(0, wanted.start - 1))
        before = source.read(1) if wanted.start else b"\n"
        found = source.read(len(with_break) + 1)
        begins_line = before == b"\n" or wanted.start == content_start(source)
        if begins_line and found.startswith(with_break) and (wanted.ending or found == with_break):
            return wanted
    return next((line for line in scan(source) if line.raw == wanted.raw), None)


def follows(source: BinaryIO, start: int, previous: bytes | None) -> bool:
    """Tell whether an offset is right behind the line `previous`; None: at the start of the file."""
    first = content_start(source)
    if previous is None:
        return start == first
    begins = start - len(previous) - 1
    if begins < first:
        return False
    source.seek(max(0, begins - 1))
    found = source.read(start - max(0, begins - 1))
    return found.endswith(previous + b"\n") and (begins == first or found.startswith(b"\n"))


def ends_with(source: BinaryIO, half: bytes) -> bool:
    """Tell whether the file ends with this line, without a line break."""
    begins, first = end_of(source) - len(half), content_start(source)
    if begins < first:
        return False
    source.seek(max(0, begins - 1))
    return source.read().endswith(half if begins == first else b"\n" + half)


def place(source: BinaryIO, previous: bytes | None, number: int) -> tuple[int, bool]:
    """Find the offset for a line to come back; True where what is before it ends with a line break."""
    best: tuple[int, int, bool] | None = None
    by_number = (content_start(source), True)
    for line in scan(source):
        after = (line.start + len(line.raw) + len(line.ending), bool(line.ending))
        if line.number < number:
            by_number = after
        distance = abs(line.number + 1 - number)
        if line.raw == previous and (best is None or distance < best[0]):
            best = (distance, *after)
    return best[1:] if best else by_number


def with_break(source: BinaryIO, new: bytes) -> bytes:
    """Put a line break before what is added to a last line without one."""
    end = end_of(source)
    if end == content_start(source):
        return new
    source.seek(end - 1)
    return new if source.read(1) == b"\n" else b"\n" + new


def edited(source: BinaryIO, changes: Sequence[Edit]) -> Iterator[bytes]:
    """Yield the file in pieces with changes applied: each (start, end, what comes in between), in order."""
    position = 0
    for start, end, new in changes:
        yield from copied(source, position, start)
        yield new
        position = end
    yield from copied(source, position, end_of(source))


def copied(source: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield what stands between two offsets, in pieces."""
    source.seek(start)
    while start < end:
        piece = source.read(min(_PIECE, end - start))
        if not piece:
            return
        yield piece
        start += len(piece)
