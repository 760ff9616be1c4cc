r"""Owns corpus.txt, the text that a model is trained on, and .botus/corpus.jsonl, where each post came from.

corpus.txt has one post per line with the queue's escapes and is read by everybody; corpus.jsonl has one
record per post with its source and weight:

    {"fingerprint": "…", "source": "kept", "weight": 3.0}

A weight says how often a post is drawn for training: 1 for an ordinary one. The one surprise: nothing is ever
written twice into corpus.txt to make it count more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from botus import files, jsonl
from botus.errors import FileError
from botus.text import escape, fingerprint, unescape


@dataclass(frozen=True)
class Post:
    """One post of the corpus.

    Attributes:
        text: the post.
        source: where it came from.
        weight: how often it is drawn for training, 1 for an ordinary post.
    """

    text: str
    source: str
    weight: float = 1.0


@dataclass(frozen=True)
class Added:
    """What an addition did: new posts, posts whose weight changed, posts that were there already."""

    new: int
    reweighted: int
    known: int


class Corpus:
    """The corpus of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / "corpus.txt"
        self.sources = data / files.STATE_FOLDER / "corpus.jsonl"

    def texts(self) -> list[str]:
        """Return all posts in the order of the file; none where there is no file.

        Raises:
            FileError: the file cannot be read or is not UTF-8.
        """
        content = (files.read(self.path) or b"").removeprefix(b"\xef\xbb\xbf")
        found = []
        for number, raw in enumerate(content.split(b"\n"), 1):
            if raw.strip():
                found.append(unescape(_decoded(self.path, number, raw)))
        return found

    def weights(self) -> dict[str, float]:
        """Return the weight of every post that has a record, by fingerprint; the latest record counts."""
        records = jsonl.read(self.sources)
        return {one["fingerprint"]: float(one.get("weight", 1.0)) for one in records if "fingerprint" in one}

    def add(self, posts: Iterable[Post]) -> Added:
        """Add posts that are not there yet, durably, and note the weight of those that are.

        The text comes first: after a crash in between, the same command again adds what is missing.
        """
        with files.editing(self.data):
            there, weights = {fingerprint(text) for text in self.texts()}, self.weights()
            unique = {fingerprint(post.text): post for post in posts}
            new = {mark: post for mark, post in unique.items() if mark not in there}
            changed = {
                mark: post
                for mark, post in unique.items()
                if mark in new or weights.get(mark, 1.0) != post.weight
            }
            self._append([post.text for post in new.values()])
            if changed:
                files.make_folder(self.sources.parent)
                jsonl.append(self.sources, [_record(mark, post) for mark, post in changed.items()])
        reweighted = len(changed.keys() - new.keys())
        return Added(len(new), reweighted, len(unique) - len(new) - reweighted)

    def _append(self, texts: Iterable[str]) -> None:
        lines = b"".join(escape(text).encode() + b"\n" for text in texts)
        if not lines:
            return
        tail, _ = files.read_tail(self.path, 1)
        files.append(self.path, b"\n" + lines if tail not in (b"", b"\n") else lines)


def _record(mark: str, post: Post) -> jsonl.Record:
    return {"fingerprint": mark, "source": post.source, "weight": post.weight}


def _decoded(path: Path, number: int, raw: bytes) -> str:
    try:
        return raw.removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path}, line {number}: not UTF-8", "save the file as UTF-8 and try again"
        ) from error
