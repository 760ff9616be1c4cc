"""A picture of tweets.txt while it is reviewed: which line stands where. Pure.

Lines come in as the queue reads them, the place of a line goes out, so that a line can be put back where
it was. Changes of the review itself are followed in the picture, because reading a long file again after
every key would be felt. The one surprise: of blank lines only the length is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from botus.store.decisions import Place


class QueueLine(Protocol):
    """What a line of the queue has; `text` is None where it is not UTF-8."""

    @property
    def raw(self) -> bytes: ...
    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str | None: ...
    @property
    def start(self) -> int: ...
    @property
    def ending(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of a file, in order.

    Attributes:
        raws: their bytes up to the last line that is not blank; a blank line is as many spaces.
        start: offset of the first line, behind a byte-order mark.
        ending: the line feed of the last line, or nothing.
        stale: the file has to be read again to know.
    """

    raws: tuple[bytes, ...] = ()
    start: int = 0
    ending: bytes = b"\n"
    stale: bool = False


def picture(lines: Iterable[QueueLine]) -> Places:
    """Take the picture; lines that are left out of `lines` are the blank ones."""
    raws: list[bytes] = []
    start, offset, ending = 0, 0, b"\n"
    for line in lines:
        blank = line.number - 1 - len(raws)
        if blank:
            raws += [b" " * (line.start - offset - blank)] + [b""] * (blank - 1)
        elif not raws:
            start = line.start
        raws.append(line.raw)
        offset, ending = line.start + len(line.raw) + 1, line.ending
    return Places(tuple(raws), start, ending)


def find(places: Places, raw: bytes) -> Place:
    """Return the place of the first line with these bytes; the caller knows that there is one."""
    index = places.raws.index(raw)
    before = places.raws[:index]
    previous = before[-1] if before and before[-1].strip() else None
    start = places.start + sum(map(len, before)) + index
    ending = places.ending if index == len(places.raws) - 1 else b"\n"
    return Place(raw, index + 1, previous, ending, start)


def without(places: Places, number: int) -> Places:
    """Take a line out of the picture, by its number.

    With a last line that has no line feed goes the line feed before it, and how the file ends then is not in
    the picture.
    """
    raws = places.raws[: number - 1] + places.raws[number:]
    was_open = number == len(places.raws) and not places.ending
    return replace(places, raws=raws, stale=places.stale or was_open)


def with_line(places: Places, place: Place) -> Places:
    """Put a line back into the picture; where its surroundings are not known, only the file can tell."""
    at = place.number - 1
    before = places.raws[:at]
    previous = before[-1] if before and before[-1].strip() else None
    # Among blank lines offsets are not known, nor whether a byte-order mark is before the first line.
    is_beside_text = any(raw.strip() for raw in places.raws[max(0, at - 1) : at + 1])
    is_exact = len(before) == at and previous == place.previous and is_beside_text and bool(place.ending)
    return replace(places, raws=(*before, place.raw, *places.raws[at:]), stale=places.stale or not is_exact)


def rewritten(places: Places, raw: bytes, new: bytes) -> Places:
    """Give the first line with these bytes new ones."""
    index = places.raws.index(raw)
    return replace(places, raws=(*places.raws[:index], new, *places.raws[index + 1 :]))
