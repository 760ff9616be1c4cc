"""Reads the repository of a Bluesky account (`repo.car`), which its settings offer for download.

A CARv1 file: a header, then blocks, each a length, a CID and DAG-CBOR. Posts are known by their `$type`; the
one commit says whose repository it is. (https://ipld.io/specs/transport/car/carv1/,
https://ipld.io/specs/codecs/dag-cbor/spec/)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from botus.corpus.parsing.archive import Archive
from botus.errors import FileError

_TYPED = b"app.bsky.feed.post"
_LARGEST = 1 << 22  # bytes of a block; the protocol's own limit is 1 MiB
_DEEPEST = 64
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def is_car(start: str, name: str) -> bool:
    """Tell from the start of a file whether it is a CAR."""
    return "eroots" in start[:8] and "gversion" in start[:4096]


def files_of(archive: Archive) -> list[str]:
    """Return the repositories in a folder or an archive."""
    return [one for one in archive.names if one.endswith(".car") and is_car(_latin(archive, one), one)]


def records(archive: Archive, names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the records of posts, each with the `author` whose repository it is.

    Raises:
        FileError: the file is damaged or cut off.
    """
    for name in names:
        blocks, place = _blocks(archive, name), archive.place(name)
        did = next((found for block in blocks if (found := _owner(block, place))), "")
        for block in _blocks(archive, name):
            record = _decoded(block, place) if _TYPED in block else None
            if isinstance(record, dict) and record.get("$type") == _TYPED.decode():
                yield record | ({"author": {"did": did}} if did else {})


def _owner(block: bytes, place: str) -> str:
    """The account of a commit, "" for another block."""
    if b"cdid" not in block[:200] or b"csig" not in block:
        return ""
    commit = _decoded(block, place)
    return str(commit.get("did") or "") if isinstance(commit, dict) and "rev" in commit else ""


def _latin(archive: Archive, name: str) -> str:
    return archive.start(name, 4096).decode("latin-1")


def _blocks(archive: Archive, name: str) -> Iterator[bytes]:
    """The content of each block after the header."""
    source, place = _Source(archive.pieces(name)), archive.place(name)
    is_header = True
    while source.more():
        try:
            length = source.varint()
            if not 0 < length <= _LARGEST:
                raise ValueError("a block of an impossible length")
            block = source.take(length)
            if not is_header:
                yield block[_cid(block) :]
        except EOFError as error:
            raise FileError(f"{place} ends in the middle of a block", "download it again") from error
        except ValueError as error:
            raise FileError(f"{place} is damaged: {error}", "download it again") from error
        is_header = False


class _Source:
    """Takes bytes from pieces, holding no more than a piece and a block."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held, self._at = pieces, b"", 0

    def more(self) -> bool:
        return self._has(1)

    def take(self, count: int) -> bytes:
        if not self._has(count):
            raise EOFError
        self._at += count
        return self._held[self._at - count : self._at]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 63, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number without an end")

    def _has(self, count: int) -> bool:
        while len(self._held) - self._at < count:
            piece = next(self._pieces, b"")
            if not piece:
                return False
            self._held, self._at = self._held[self._at :] + piece, 0
        return True


def _cid(block: bytes) -> int:
    """How many bytes the CID of a block has: of version 0 a SHA-256 alone, else version, codec and hash."""
    if block[:2] == b"\x12\x20":
        return 34
    at, numbers = 0, list[int]()
    while len(numbers) < 4:
        value, shift = 0, 0
        while True:
            if at >= len(block) or shift > 56:
                raise ValueError("a block without a CID")
            value |= (block[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if block[at - 1] < 128:
                break
        numbers.append(value)
    if numbers[0] != 1 or at + numbers[3] > len(block):
        raise ValueError("a block without a CID")
    return at + numbers[3]


def _decoded(block: bytes, place: str) -> Any:  # noqa: ANN401 (a value of any type)
    try:
        return _value(block, 0, 0)[0]
    except ValueError as error:
        raise FileError(f"{place} is damaged: {error}", "download it again") from error


def _value(raw: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value at a place of DAG-CBOR, and where it ends; links become None."""
    if at >= len(raw) or depth > _DEEPEST:
        raise ValueError("a value without an end" if at >= len(raw) else "values nested too deeply")
    major, small = raw[at] >> 5, raw[at] & 31
    at += 1
    if major == 7 and small in _FLOATS:
        size = struct.calcsize(_FLOATS[small])
        return struct.unpack(_FLOATS[small], _part(raw, at, size))[0], at + size
    if small > 27:
        raise ValueError("a value of unknown length")
    size = 1 << small - 24 if small > 23 else 0
    number = int.from_bytes(_part(raw, at, size), "big") if size else small
    at += size
    if major < 2:
        return (number if major == 0 else -1 - number), at
    if major < 4:
        part = _part(raw, at, number)
        return (part if major == 2 else part.decode(errors="replace")), at + number
    if major == 6:
        _, at = _value(raw, at, depth + 1)
        return None, at
    if major == 7:
        return {20: False, 21: True}.get(number), at
    if number > len(raw) - at:
        raise ValueError("more values than the block has bytes")
    items: list[Any] = []
    for _ in range(number * (major - 3)):
        item, at = _value(raw, at, depth + 1)
        items.append(item)
    return (items if major == 4 else {str(key): one for key, one in zip(*[iter(items)] * 2, strict=True)}), at


def _part(raw: bytes, at: int, count: int) -> bytes:
    if count > len(raw) - at:
        raise ValueError("a value without an end")
    return raw[at : at + count]
