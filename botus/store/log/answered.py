"""Owns answered.json, the log of what was answered to whom: the form of tweeted.json, newest last.

An entry has the line that was said, and beside `id` and `targets` whom it was said `to` (`person` is the name
that stays), which `post` it answers, in which `thread`. A log that does not parse stops answering and nothing
else, and is never taken for an empty one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from botus.errors import FileError
from botus.store.durable import files
from botus.store.log.index import Entry
from botus.store.log.tweeted import parse, render

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
    """The answers of one data directory; the file is read again where it has changed."""

    def __init__(self, data: Path) -> None:
        self.path = data / "answered.json"
        self._state: files.State | None = None
        self._entries: list[Entry] = []
        self._given: list[Given] = []

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first; a FileError if the file is damaged."""
        state = files.state(self.path)
        if state != self._state:
            content = files.read(self.path)
            self._entries = self._parsed(content) if content is not None else []
            self._given = [found for entry in self._entries for found in _given(entry)]
            self._state = state
        return self._entries

    def given(self) -> list[Given]:
        """Return the answers that are or may be there, oldest first; without what a hand has written."""
        self.entries()
        return self._given

    def append(self, entry: Entry) -> None:
        """Add an entry at the end, durably, unless the answer to its post is there; other bytes stay."""

        def attempt() -> None:
            seen, content = files.stamp(self.path), files.read(self.path)
            entries = self._parsed(content) if content is not None else []
            if any(_key(one) == _key(entry) for one in entries):
                return
            before = content.rstrip()[:-1].rstrip() if content is not None else b"["
            new = render(entry).encode(errors="backslashreplace")
            files.replace(self.path, before + (b",\n" if entries else b"\n") + new + b"\n]\n", seen)

        files.until_unchanged(self.path, attempt)

    def _parsed(self, content: bytes) -> list[Entry]:
        try:
            return parse(self.path, content.decode(), _HINT)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise FileError(f"{self.path}, line {line}: not UTF-8", _HINT) from error


def _key(entry: Entry) -> tuple[object, list[object]]:
    targets = entry.get("targets")
    return entry.get("post"), list(targets) if isinstance(targets, dict) else []


def _given(entry: Entry) -> list[Given]:
    targets = entry.get("targets")
    words = [entry.get(name) for name in ("post", "person", "thread")]
    if not isinstance(targets, dict) or not all(isinstance(word, str) for word in words):
        return []
    post, person, thread = map(str, words)
    return [
        Given(name, post, person, thread, entry["timestamp"] / 1000, entry["text"])
        for name, part in targets.items()
        if isinstance(part, dict) and part.get("state") != "rejected"
    ]
