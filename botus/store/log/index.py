"""What is known of tweeted.json without reading it: .botus/log.index, which may be thrown away at any time.

The log is the truth. The index belongs to one state of it, which is told by what the file system says of the
file (inode, size, times of content and of status); it has a checksum of its own, and wherever anything does
not agree it is built again from the log. Columns, not objects: 100,000 entries take four megabytes.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from botus.errors import FileError
from botus.platforms.rows import confirms
from botus.store.durable import files
from botus.store.durable.opening import open_file
from botus.text import fingerprint, unescape

Entry = dict[str, Any]
_MAGIC = b"botus log index 2\n"
_PRINT = 16  # bytes of a fingerprint
_SINGLE_LOOKS = 64  # so many searches cost less than a set of all
OURS, IN_QUESTION, LOST, REFUSED = 1, 2, 4, 8


@dataclass
class LogIndex:
    """The entries of one state of the log, by column, oldest first.

    Attributes:
        state: which state of the log it is about; None: of a log that is not there.
        prints: 16 bytes of fingerprint an entry.
        starts, lengths: where an entry's JSON stands, in bytes.
        times: its `timestamp`, milliseconds since the epoch.
        kinds: OURS where botus wrote it, IN_QUESTION where somebody has to look whether a post came out; of
            one that came out nowhere, LOST if it may have all the same, REFUSED if not.
        readings: fingerprints of the second reading of botus-twitter's lines, with the entry's number.
        unconfirmed: posts that a target which never confirms has not confirmed, by target.
    """

    state: files.State | None = None
    prints: bytearray = field(default_factory=bytearray)
    starts: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    kinds: bytearray = field(default_factory=bytearray)
    readings: dict[str, int] = field(default_factory=dict)
    unconfirmed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._looks = 0
        self._all: set[bytes] | None = None

    def __len__(self) -> int:
        return len(self.kinds)

    def __contains__(self, post: object) -> bool:
        """Tell whether the log has a post of this fingerprint."""
        if not isinstance(post, str):
            return False
        if self._all is None and self._looks >= _SINGLE_LOOKS:
            self._all = {bytes(self.prints[at : at + _PRINT]) for at in range(0, len(self.prints), _PRINT)}
        if self._all is None:
            self._looks += 1
            return self.number(post) is not None
        return _bytes(post) in self._all or post in self.readings

    def number(self, post: str) -> int | None:
        """The place of the last entry of a post, from 0; None where the log lacks it."""
        if (wanted := _bytes(post)) is None:
            return None
        at = self.prints.rfind(wanted)
        while at >= 0 and at % _PRINT:
            at = self.prints.rfind(wanted, 0, at + _PRINT - 1)
        return at // _PRINT if at >= 0 else self.readings.get(post)

    def has_ours(self, post: str) -> bool:
        """Tell whether the last entry of a post is one that botus wrote."""
        number = self.number(post)
        return number is not None and bool(self.kinds[number] & OURS)

    def fingerprint(self, number: int) -> str:
        """The fingerprint of an entry, by its place from 0."""
        return self.prints[number * _PRINT : (number + 1) * _PRINT].hex()

    def newest_first(self) -> Iterator[str]:
        """Yield the fingerprints of all entries, newest first."""
        yield from map(self.fingerprint, range(len(self) - 1, -1, -1))

    def beginning(self, start: str) -> Iterator[str]:
        """Yield the fingerprints that begin so; none where it is no even number of hexadecimal digits."""
        try:
            wanted = bytes.fromhex(start)
        except ValueError:
            return
        at = self.prints.find(wanted)
        while at >= 0:
            if at % _PRINT == 0:
                yield self.prints[at : at + _PRINT].hex()
            at = self.prints.find(wanted, at + 1)

    def last_of_ours(self) -> int | None:
        """The place of the newest entry that botus wrote."""
        at = max(self.kinds.rfind(OURS | more) for more in range(0, 2 * REFUSED, 2))
        return at if at >= 0 else None

    @property
    def predecessors(self) -> int:
        """How many entries botus-twitter has written."""
        return sum(not kind & OURS for kind in self.kinds)

    def having(self, kind: int) -> int:
        """How many entries are of a kind."""
        return sum(bool(one & kind) for one in self.kinds)

    def in_question(self) -> Iterator[int]:
        """Yield the places of entries with a target of which nobody knows whether the post came out."""
        yield from (place for place, kind in enumerate(self.kinds) if kind & IN_QUESTION)

    def add(self, entry: Entry, start: int, length: int) -> None:
        """Take in an entry that stands in the log after all others."""
        post = fingerprint(entry["text"])
        self.prints += bytes.fromhex(post)
        self.starts.append(start)
        self.lengths.append(length)
        self.times.append(_as_float(entry["timestamp"]))
        self.kinds.append(0)
        if self._all is not None:
            self._all.add(bytes.fromhex(post))
        if "id" not in entry and "\\" in entry["text"]:
            self.readings[fingerprint(unescape(entry["text"]))] = len(self) - 1
        self._judge(len(self) - 1, entry, 1)

    def change(self, place: int, old: Entry, new: Entry, length: int) -> None:
        """Give an entry new content of the same post; what follows moves."""
        moved = length - self.lengths[place]
        self.lengths[place] = length
        self.times[place] = _as_float(new["timestamp"])
        for later in range(place + 1, len(self)):
            self.starts[later] += moved
        self._judge(place, old, -1)
        self._judge(place, new, 1)

    def _judge(self, place: int, entry: Entry, sign: int) -> None:
        targets = entry.get("targets")
        parts = targets.items() if isinstance(targets, dict) else ()
        unknown = [name for name, part in parts if isinstance(part, dict) and part.get("state") == "unknown"]
        kind = (OURS if "id" in entry else 0) | (IN_QUESTION if any(map(confirms, unknown)) else 0)
        is_out = "id" not in entry or was_posted(entry)
        self.kinds[place] = kind | (0 if is_out else LOST if unknown else REFUSED)
        for name in unknown:
            if not confirms(name):
                self.unconfirmed[name] += sign


def was_posted(entry: Entry) -> bool:
    """Tell whether an entry reached somebody; the predecessor's entries have no targets and did."""
    targets = entry.get("targets")
    if not isinstance(targets, dict):
        return True
    return any(isinstance(part, dict) and part.get("state") == "posted" for part in targets.values())


def load(path: Path, state: files.State) -> LogIndex | None:
    """Return the index of one state of the log; None where the file has no sound one."""
    with (
        suppress(
            FileError, OSError, ValueError, KeyError, TypeError, EOFError, OverflowError, RecursionError
        ),
        open_file(path) as source,
    ):
        if source.readline(len(_MAGIC)) != _MAGIC:
            return None
        about = json.loads(source.readline())
        if tuple(about["state"]) != state or about["count"] > path.stat().st_size:
            return None
        count, (unconfirmed, readings) = about["count"], about["facts"]
        index = LogIndex(state, unconfirmed=Counter(unconfirmed), readings=readings)
        index.prints = bytearray(source.read(count * _PRINT))
        for column in (index.starts, index.lengths, index.times):
            column.fromfile(source, count)
        index.kinds = bytearray(source.read())
        return index if len(index) == count and _sum(index) == about["sum"] else None
    return None


def save(path: Path, index: LogIndex) -> None:
    """Write an index; where that fails, the next reader builds one."""
    facts = [index.unconfirmed, index.readings]
    about = {"count": len(index), "state": index.state, "facts": facts, "sum": _sum(index)}
    if not path.parent.is_dir():  # botus has not been at work here; looking leaves no trace
        return
    with suppress(FileError):
        files.replace(
            path,
            chain([_MAGIC, json.dumps(about).encode(), b"\n"], map(bytes, _columns(index))),
            durably=False,
        )


def _columns(index: LogIndex) -> list[memoryview]:
    numbers = (memoryview(column).cast("B") for column in (index.starts, index.lengths, index.times))
    return [memoryview(index.prints), *numbers, memoryview(index.kinds)]


def _sum(index: LogIndex) -> int:
    total = zlib.crc32(json.dumps([index.unconfirmed, index.readings]).encode())
    for column in _columns(index):
        total = zlib.crc32(column, total)
    return total


def _bytes(post: str) -> bytes | None:
    """The bytes of a fingerprint; None where a hand has written something else."""
    try:
        found = bytes.fromhex(post)
    except ValueError:
        return None
    return found if len(found) == _PRINT else None


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")
