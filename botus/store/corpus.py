r"""Owns corpus.txt, the text that a model is trained on, and .botus/corpus.jsonl, where each post came from.

corpus.txt has one post per line with the queue's escapes, is read by everybody and may be edited by hand;
corpus.jsonl has one record per post and source, and the latest one of a source counts:

    {"fingerprint": "…", "source": "tweets.zip", "weight": 1.0, "at": 1700000000}

A weight says how often a post is drawn for training, 1 for an ordinary one; of several sources the highest
counts. A line without a record was written by hand. An addition writes its records before the text and a
removal the text before the records, so that a crash in between never makes an imported post look like the
person's own; the same command again does the rest. A line that is not UTF-8 is no post to train on, but what
can be read of it is still compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from botus.errors import SettingsError
from botus.store.durable import files, jsonl
from botus.text import escape, fingerprint, unescape

BY_HAND = "by hand"


class _Record(TypedDict, total=False):
    fingerprint: str
    source: str
    weight: float
    at: float | None


_Sources = dict[str, dict[str, "_Source"]]
"""Fingerprint -> name of the source -> what its record says."""


@dataclass(frozen=True)
class Post:
    """One post to be added.

    Attributes:
        text: the post.
        source: where it came from.
        weight: how often it is drawn for training, 1 for an ordinary post.
        at: when it was posted, seconds since the epoch; None where nobody knows.
    """

    text: str
    source: str
    weight: float = 1.0
    at: float | None = None


@dataclass(frozen=True)
class CorpusPost:
    """One post of the corpus: its text, all its sources, its weight, and when it was posted, where known."""

    text: str
    sources: tuple[str, ...]
    weight: float
    at: float | None


@dataclass(frozen=True)
class Added:
    """What an addition did: new posts, posts whose weight changed, posts that were there already."""

    new: int
    reweighted: int
    known: int


@dataclass(frozen=True)
class Removed:
    """What a removal did: lines that are gone, and posts that stay because they have another source too."""

    gone: int
    stay: int


@dataclass(frozen=True)
class Reading:
    """What a corpus file holds.

    Attributes:
        path: the file.
        posts: its posts in their order, without those of broken lines.
        numbers: the line of each, from 1.
        broken: lines that are not UTF-8, by number, with a mark for what cannot be read.
    """

    path: Path
    posts: list[str]
    numbers: list[int]
    broken: dict[int, str]

    @property
    def everything(self) -> list[str]:
        """The posts, and what can be read of broken lines: what a new text must not copy."""
        return [*self.posts, *self.broken.values()]

    def problems(self) -> Iterator[str]:
        """Yield a sentence if lines could not be read."""
        if self.broken:
            first, more = next(iter(self.broken)), len(self.broken) - 1
            others = f" and {more:,} more" if more else ""
            yield f"{self.path}, line {first}{others}: not UTF-8, left out: save the file as UTF-8"


def read(path: Path) -> Reading:
    """Read a corpus file, one post per line; nothing where there is no file."""
    return _reading(path, files.read(path) or b"")


class Corpus:
    """The corpus of one data directory; what cannot be read or is damaged is a FileError."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / "corpus.txt"
        self.sources = data / files.STATE_FOLDER / "corpus.jsonl"

    def read(self) -> Reading:
        """Read corpus.txt; nothing where there is none."""
        return read(self.path)

    def texts(self) -> list[str]:
        """Return all posts in the order of the file, as `read` does."""
        return self.read().posts

    def entries(self) -> Iterator[CorpusPost]:
        """Yield all posts in the order of the file, each with what is known of it."""
        sources = self._sources()
        for text in self.texts():
            mine = sources.get(fingerprint(text)) or {BY_HAND: _Source()}
            times = [one.at for one in mine.values() if one.at is not None]
            yield CorpusPost(text, tuple(mine), _weight(mine), times[0] if times else None)

    def weights(self) -> dict[str, float]:
        """Return the weight of every post that has a record, by fingerprint."""
        return {post: _weight(mine) for post, mine in self._sources().items()}

    def counts(self) -> dict[str, int]:
        """Return every source with the number of its posts that are in corpus.txt."""
        found = Counter({source: 0 for mine in self._sources().values() for source in mine})
        for entry in self.entries():
            found.update(entry.sources)
        return dict(found)

    def working(self, wait: float = 60.0) -> AbstractContextManager[None]:
        """Hold the lock of those that look at the whole corpus before they change it.

        Args:
            wait: seconds that another may still need.

        Raises:
            BusyError: another such command is at work.
        """
        return files.lock(self.data, "corpus", wait=wait, holder="another botus corpus")

    def add(self, posts: Iterable[Post]) -> Added:
        """Add posts that are not there yet, durably, and note source and weight of those that are."""
        unique: dict[str, dict[str, Post]] = {}
        for post in posts:
            unique.setdefault(fingerprint(post.text), {})[post.source] = post
        with files.editing(self.data):
            there, sources = {fingerprint(text) for text in self.texts()}, self._sources()
            records, reweighted = list[jsonl.Record](), 0
            for key, mine in unique.items():
                noted = sources.get(key, {})
                before = noted or ({BY_HAND: _Source()} if key in there else {})
                after = before | {name: _Source.of(post, noted.get(name)) for name, post in mine.items()}
                records += [one.record(key, name) for name, one in after.items() if noted.get(name) != one]
                reweighted += key in there and _weight(before) != _weight(after)
            if records:
                files.make_folder(self.sources.parent)
                jsonl.append(self.sources, records)
            new = {key: next(iter(mine.values())).text for key, mine in unique.items() if key not in there}
            if new:
                self._rewrite(lambda content: self._with(content, new))
        return Added(len(new), reweighted, len(unique) - len(new) - reweighted)

    def remove(self, source: str) -> Removed:
        """Take a source out: the lines that have no other one, then its records.

        Raises:
            SettingsError: there is no such source, or it is the person's own hand.
        """
        with files.editing(self.data):
            sources = self._sources()
            self._must_know(source, sources)
            alone = {post for post, mine in sources.items() if mine.keys() == {source}}
            gone = self._cut(alone) if alone else 0
            shared = {post for post, mine in sources.items() if source in mine} - alone
            stay = sum(1 for text in self.texts() if fingerprint(text) in shared)
            records = (one for one in jsonl.scan(self.sources, _Record) if one.get("source") != source)
            files.replace(self.sources, map(jsonl.line, records))
        return Removed(gone, stay)

    def _must_know(self, source: str, sources: _Sources) -> None:
        known = sorted({name for mine in sources.values() for name in mine} - {BY_HAND})
        if source == BY_HAND:
            raise SettingsError(f"what you wrote by hand is yours: take it out of {self.path} by hand")
        if source not in known:
            hint = f"there are: {', '.join(known)}" if known else "nothing has been imported yet"
            raise SettingsError(f"there is no source {source!r} in the corpus", hint)

    def _sources(self) -> _Sources:
        found: _Sources = {}
        names: dict[str, str] = {}  # one string per source, not one per record
        for record in jsonl.scan(self.sources, _Record):
            post, name = record.get("fingerprint"), record.get("source")
            if post and name:
                source = _Source(float(record.get("weight", 1.0)), record.get("at"))
                found.setdefault(post, {})[names.setdefault(name, name)] = source
        return found

    def _with(self, content: bytes, texts: dict[str, str]) -> bytes:
        there = {fingerprint(text) for text in _reading(self.path, content).posts}
        new = b"".join(escape(text).encode() + b"\n" for post, text in texts.items() if post not in there)
        return content + (b"\n" if new and content and not content.endswith(b"\n") else b"") + new

    def _cut(self, posts: set[str]) -> int:
        """Take the lines of these fingerprints out and leave all the others as they are, to the byte."""
        gone = 0

        def change(content: bytes) -> bytes:
            nonlocal gone
            found = _reading(self.path, content)
            pairs = zip(found.posts, found.numbers, strict=True)
            wanted = {number for text, number in pairs if fingerprint(text) in posts}
            gone = len(wanted)
            lines = content.split(b"\n")
            return b"\n".join(raw for number, raw in enumerate(lines, 1) if number not in wanted)

        self._rewrite(change)
        return gone

    def _rewrite(self, change: Callable[[bytes], bytes]) -> None:
        """Replace the text by what is made of it, and start over if an editor was quicker."""

        def attempt() -> None:
            seen, content = files.stamp(self.path), files.read(self.path) or b""
            if (new := change(content)) != content:
                files.replace(self.path, new, seen)

        files.until_unchanged(self.path, attempt)


@dataclass(frozen=True, slots=True)
class _Source:
    """What one source says of a post."""

    weight: float = 1.0
    at: float | None = None

    @classmethod
    def of(cls, post: Post, noted: _Source | None) -> _Source:
        """What is to be noted of a post; its time stays known when the same source no longer tells it."""
        at = int(post.at) if post.at is not None else noted.at if noted else None
        return cls(post.weight, at)

    def record(self, post: str, name: str) -> jsonl.Record:
        record: jsonl.Record = {"fingerprint": post, "source": name, "weight": self.weight}
        return record if self.at is None else record | {"at": self.at}


def _weight(mine: dict[str, _Source]) -> float:
    return max(source.weight for source in mine.values())


def _reading(path: Path, content: bytes) -> Reading:
    found = Reading(path, [], [], {})
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        line = raw.removesuffix(b"\r")
        try:
            found.posts.append(unescape(line.decode()))
            found.numbers.append(number)
        except UnicodeDecodeError:
            found.broken[number] = unescape(line.decode("utf-8", "replace"))
    return found
