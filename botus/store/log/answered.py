"""Owns answered.json, the log of what was answered to whom: the form of tweeted.json, newest last.

An entry has the line that was said, and beside `id` and `targets` whom it was said `to` (`person` is the name
that stays), which `post` it answers, in which `thread`. A log that does not parse stops answering and nothing
else, and is never taken for an empty one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path
from sys import intern
from typing import NamedTuple

from botus.store.durable import files
from botus.store.durable.lines import copied
from botus.store.durable.opening import open_file
from botus.store.log.index import Entry
from botus.store.log.tweeted import render, streamed

_HINT = "put back a copy, or move it out of the way: then old answers are forgotten, and none is given twice"


class Given(NamedTuple):
    """An answer that was given, or is being given.

    Attributes:
        target: its name in the log.
        at: seconds since the epoch.
        line: what was said, without the name of whom it was said to.
    """

    target: str
    post: str
    person: str
    thread: str
    at: float
    line: str


class Answered:
    """The answers of one data directory; the file is read again where it has changed.

    Of each entry only that is kept in memory which is asked for all the time: in a year there are many.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / "answered.json"
        self._state: files.State | None = None
        self._forget()

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, oldest first and one at a time; a FileError if the file is damaged."""
        return (entry for entry, _, _ in streamed(self.path, _HINT))

    def given(self) -> list[Given]:
        """Return the answers that are or may be there, oldest first; without what a hand has written."""
        self._follow()
        return self._given

    def ids(self) -> Collection[str]:
        """The ids of all entries."""
        self._follow()
        return self._ids

    def has(self, post: str, targets: Iterable[str]) -> bool:
        """Tell whether there is an entry of the answer to a post, given on these targets or refused there."""
        self._follow()
        return (post, *targets) in self._answers

    def append(self, entry: Entry) -> None:
        """Add an entry at the end, durably, unless the answer to its post is there; other bytes stay."""
        new = render(entry).encode(errors="backslashreplace")

        def attempt() -> None:
            if self.has(entry["post"], entry["targets"]):
                return
            if self._end:
                with open_file(self.path) as source:
                    self._replace(entry, self._end, copied(source, 0, self._end), b",\n", new)
            else:
                self._replace(entry, 0, (), b"[\n", new)

        files.until_unchanged(self.path, attempt)

    def _replace(self, entry: Entry, end: int, old: Iterable[bytes], before: bytes, new: bytes) -> None:
        seen = self._state and self._state[:3]
        written = files.replace(self.path, chain(old, [before, new, b"\n]\n"]), seen)
        state = files.state(self.path)
        if state and state[:3] == written:
            self._add(entry, end + len(before) + len(new))
            self._state = state

    def _follow(self) -> None:
        """Read the file where it is not the one that is known."""
        if files.state(self.path) != self._state:
            files.until_unchanged(self.path, self._read)

    def _read(self) -> None:
        self._forget()
        state = files.state(self.path)
        try:
            for entry, start, length in streamed(self.path, _HINT):
                self._add(entry, start + length)
        except BaseException:
            self._forget()
            raise
        self._state = state

    def _forget(self) -> None:
        self._state = None
        self._end = 0  # of the last entry, in bytes
        self._given: list[Given] = []
        self._ids, self._answers = set[str](), set[tuple[str, ...]]()

    def _add(self, entry: Entry, end: int) -> None:
        self._end = end
        self._given += _given(entry)
        post, targets, name = (entry.get(key) for key in ("post", "targets", "id"))
        if isinstance(name, str):
            self._ids.add(name)
        if isinstance(post, str) and isinstance(targets, dict):
            self._answers.add((post, *map(intern, targets)))


def _given(entry: Entry) -> list[Given]:
    targets = entry.get("targets")
    words = [entry.get(name) for name in ("post", "person", "thread")]
    if not isinstance(targets, dict) or not all(isinstance(word, str) for word in words):
        return []
    post, person, thread = map(str, words)
    return [
        Given(intern(name), post, intern(person), thread, entry["timestamp"] / 1000, intern(entry["text"]))
        for name, part in targets.items()
        if isinstance(part, dict) and part.get("state") != "rejected"
    ]
