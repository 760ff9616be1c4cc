r"""Owns .botus/copies.bin: what is left of corpora that were forgotten, so that nothing copies them.

    botus copies 1\n
    {"posts": 12000, "bytes": 540000, …}\n      per corpus, and then so many bytes of hashes
    32 bytes                                    BLAKE2b of everything before

A damaged file stops the command: taken for an empty one it would let every copy pass, and the text from which
it was made is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypedDict

from botus.errors import FileError
from botus.store.durable import files
from botus.store.durable.document import check, decoded

_MAGIC, _VERSION = b"botus copies ", b"1\n"
_DIGEST = 32

# What the score of an earlier botus wanted to know of a corpus, which still reads these files.
_PROFILE = {"model": "", "median": None, "spread": 1.0, "closed": 0.0}


class _Head(TypedDict):
    posts: int
    bytes: int
    salt: str
    mark: str


@dataclass(frozen=True)
class ForgottenCorpus:
    """What is left of one corpus."""

    posts: int  # how many it had
    salt: bytes
    table: bytes  # with the salt, the hashes that know its copies again
    digest: str  # tells whether a text is this corpus, as `digest_of` does

    def was(self, content: bytes) -> bool:
        """Tell whether this is the text of the corpus, byte for byte."""
        return self.digest == digest_of(content, self.salt)


def read(data: Path) -> tuple[ForgottenCorpus, ...]:
    """Return what is left of each forgotten corpus of a data directory, oldest first."""
    path = path_in(data)
    content = files.read(path)
    return () if content is None else tuple(_corpora(path, content))


def add(data: Path, corpus: ForgottenCorpus) -> None:
    """Add what is left of a corpus, durably. The caller holds `files.editing`."""
    path = path_in(data)
    files.make_folder(path.parent)
    body = _MAGIC + _VERSION + b"".join(piece for one in (*read(data), corpus) for piece in _written(one))
    files.replace(path, body + _checksum(body))


def path_in(data: Path) -> Path:
    """Return the path of the file of a data directory."""
    return data / files.STATE_FOLDER / "copies.bin"


def digest_of(content: bytes, salt: bytes) -> str:
    """Return what tells this corpus from any other."""
    return blake2b(content, digest_size=16, salt=salt).hexdigest()


def _written(corpus: ForgottenCorpus) -> Iterator[bytes]:
    head = {
        "posts": corpus.posts,
        "bytes": len(corpus.table),
        "salt": corpus.salt.hex(),
        "mark": corpus.digest,
        **_PROFILE,
    }
    yield json.dumps(head).encode() + b"\n"
    yield corpus.table


def _corpora(path: Path, content: bytes) -> Iterator[ForgottenCorpus]:
    if not content.startswith(_MAGIC):
        raise _damaged(path, "it does not begin as it should")
    if not content.startswith(_MAGIC + _VERSION):
        raise FileError(f"{path} was written by a later botus", "use that one, or a newer one")
    body, checksum = content[:-_DIGEST], content[-_DIGEST:]
    if _checksum(body) != checksum:
        raise _damaged(path, "its checksum is wrong")
    at = len(_MAGIC + _VERSION)
    while at < len(body):
        end = body.find(b"\n", at) + 1 or len(body)
        try:
            head = decoded(body[at:end])
            check(_Head, head)
            at = end + max(0, head["bytes"])
            salt = bytes.fromhex(head["salt"])
            yield ForgottenCorpus(head["posts"], salt, body[end:at], head["mark"])
        except (ValueError, KeyError) as error:
            raise _damaged(path, "a head is not what botus writes there") from error


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST).digest()


def _damaged(path: Path, reason: str) -> FileError:
    return FileError(
        f"{path} is damaged: {reason}",
        "put back a copy of it: without it nothing keeps new lines from copying the forgotten corpus",
    )
