r"""Owns .botus/copies.bin: what is left of corpora that were forgotten, so that nothing copies them.

    botus copies 1\n
    {"posts": 12000, "bytes": 540000, …}\n      per corpus, and then the bytes of its `Hashes`
    32 bytes                                    BLAKE2b of everything before

The one surprise: a damaged file stops the command, because to take it for an empty one would let every copy
pass, and the text from which it was made is gone.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from botus.errors import FileError
from botus.generation.score import FEWEST, Habits
from botus.screening.hashes import Hashes
from botus.store.durable import files

_MAGIC, _VERSION = b"botus copies ", b"1\n"
_DIGEST = 32


@dataclass(frozen=True)
class Part:
    """What is left of one corpus.

    Attributes:
        posts: how many it had.
        hashes: what the copy check needs of it.
        habits: what the score needs of it; its median is None where no model was asked.
        model: the fingerprint of the checkpoint that was asked; "" for none.
        mark: tells whether a text is this corpus, as `mark_of` does.
    """

    posts: int
    hashes: Hashes
    habits: Habits
    model: str
    mark: str


@dataclass(frozen=True)
class Forgotten:
    """All corpora that were forgotten in a data directory, oldest first."""

    parts: tuple[Part, ...] = ()

    @property
    def posts(self) -> int:
        """How many posts they had."""
        return sum(part.posts for part in self.parts)

    @property
    def hashes(self) -> tuple[Hashes, ...]:
        """What the copy check needs of them."""
        return tuple(part.hashes for part in self.parts)

    def holds(self, content: bytes) -> bool:
        """Tell whether the text of a corpus is one of them, byte for byte."""
        return any(part.mark == mark_of(content, part.hashes.salt) for part in self.parts)

    def hashtags(self, own: frozenset[str]) -> Container[str]:
        """Return the hashtags of a corpus together with those of the forgotten ones."""
        return _Hashtags(own, self.hashes) if self.parts else own

    def habits(self, model: str, posts: int) -> Habits | None:
        """Return what real posts are like, if that is better known from here than from a corpus.

        Args:
            model: the fingerprint of the checkpoint that writes: what another one thought does not count.
            posts: how many posts the corpus has.
        """
        asked = [part for part in self.parts if part.model == model and part.habits.median is not None]
        if best := max(asked, key=_size, default=None):
            return best.habits if best.posts >= posts else None
        if posts >= FEWEST or not self.parts:
            return None
        return Habits(None, 1.0, max(self.parts, key=_size).habits.closed)


def read(data: Path) -> Forgotten:
    """Return what was forgotten in a data directory; nothing where there is no file.

    Raises:
        FileError: the file cannot be read, is damaged, or is of a later version.
    """
    path = path_in(data)
    content = files.read(path)
    return Forgotten() if content is None else Forgotten(tuple(_parts(path, content)))


def add(data: Path, part: Part) -> None:
    """Add what is left of a corpus, durably. The caller holds `files.editing`."""
    path = path_in(data)
    files.make_folder(path.parent)
    body = b"".join(
        [_MAGIC, _VERSION, *(piece for one in (*read(data).parts, part) for piece in _written(one))]
    )
    files.replace(path, body + _digest(body))


def path_in(data: Path) -> Path:
    """Return the path of the file of a data directory."""
    return data / files.STATE_FOLDER / "copies.bin"


def mark_of(content: bytes, salt: bytes) -> str:
    """Return what tells this corpus from any other."""
    return blake2b(content, digest_size=16, salt=salt).hexdigest()


@dataclass(frozen=True)
class _Hashtags:
    own: frozenset[str]
    hashes: Sequence[Hashes]

    def __contains__(self, tag: object) -> bool:
        return tag in self.own or any(one.has_hashtag(str(tag)) for one in self.hashes)


def _size(part: Part) -> int:
    return part.posts


def _written(part: Part) -> Iterator[bytes]:
    head = {
        "posts": part.posts,
        "bytes": len(part.hashes.table),
        "salt": part.hashes.salt.hex(),
        "mark": part.mark,
        "model": part.model,
        "median": part.habits.median,
        "spread": part.habits.spread,
        "closed": part.habits.closed,
    }
    yield json.dumps(head).encode() + b"\n"
    yield part.hashes.table


def _parts(path: Path, content: bytes) -> Iterator[Part]:
    if not content.startswith(_MAGIC):
        raise _damaged(path, "it does not begin as it should")
    if not content.startswith(_MAGIC + _VERSION):
        raise FileError(f"{path} was written by a later botus", "use that one, or a newer one")
    body, digest = content[:-_DIGEST], content[-_DIGEST:]
    if _digest(body) != digest:
        raise _damaged(path, "its checksum is wrong")
    at = len(_MAGIC + _VERSION)
    while at < len(body):
        end = body.index(b"\n", at) + 1
        head = json.loads(body[at:end])
        at = end + head["bytes"]
        yield _part(head, body[end:at])


def _part(head: dict[str, Any], table: bytes) -> Part:
    habits = Habits(head["median"], head["spread"], head["closed"])
    hashes = Hashes(bytes.fromhex(head["salt"]), table)
    return Part(head["posts"], hashes, habits, head["model"], head["mark"])


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST).digest()


def _damaged(path: Path, reason: str) -> FileError:
    return FileError(
        f"{path} is damaged: {reason}",
        "put back a copy of it: without it nothing keeps new lines from copying the forgotten corpus",
    )
