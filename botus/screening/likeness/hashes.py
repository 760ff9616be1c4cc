"""Does a text share a run of words with a corpus that is no longer there? Bits answer, and hold no text.

A Bloom filter by the rule of `copies`: every run of 5 to 16 words of a post, and every whole post that is
shorter, is hashed with a salt and sets bits of one table. The table is as small as it can be: up to half of
its bits are set, so every second or third long run that never was in the corpus seems to be. Only a run whose
parts are all found counts, and the longer it is, the surer that is: no run that `copies` refuses passes, and
few texts more are refused, most of them of five to seven words.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

from botus import text
from botus.screening.likeness.copies import LONGEST_RUN, SHORTEST_RUN, allowed_run, words
from botus.store.forgotten import ForgottenCorpus

SALT = 16  # bytes

_LONGEST = LONGEST_RUN + 1  # words in a row, which are always too many
# Bits per entry: a text of five words is judged by a single run, so that one gets more of them.
_OF_A_RUN, _OF_SHORTEST, _OF_A_WHOLE = 1, 7, 10


class Hashes:
    """What is left of the posts of one corpus: 16 bytes that were drawn for it, and its bits."""

    def __init__(self, salt: bytes, table: bytes) -> None:
        self.salt, self.table = salt, table
        self._bits = 8 * len(table)

    def copied(self, post: str, found: Sequence[str]) -> int | None:
        """Return how many words in a row a text has taken from the corpus if that makes it a copy, else None.

        `found` are its `words`; 0 are returned for a text without any, such as a row of emoji.
        """
        if len(found) < SHORTEST_RUN:
            return len(found) if self._has(_whole(post, found), _OF_A_WHOLE) else None
        run = self.longest(found)
        return run if run > allowed_run(len(found)) else None

    def longest(self, found: Sequence[str]) -> int:
        """Return the longest run of words that is known, from 5 to 16; 0 where there is none."""
        joined, starts, ends = _joined(found)
        longest, places = 0, set(range(len(found) - SHORTEST_RUN + 1))
        for run in range(SHORTEST_RUN, _LONGEST + 1):
            probes = _OF_SHORTEST if run == SHORTEST_RUN else _OF_A_RUN
            places = {at for at in places if self._has(joined[starts[at] : ends[at + run - 1]], probes)}
            if not places:
                break
            longest = run
            places = {at for at in places if at + 1 in places}  # both parts of a longer run are known
        return longest

    def has_hashtag(self, tag: str) -> bool:
        """Tell whether the corpus had a hashtag, without its `#` and case folded."""
        return self._has(_hashtag(tag), _OF_A_WHOLE)

    def _has(self, entry: bytes, probes: int) -> bool:
        table = self.table
        return all(table[bit >> 3] >> (bit & 7) & 1 for bit in _places(self.salt, entry, probes, self._bits))


def make(posts: Sequence[str], hashtags: Iterable[str], salt: bytes) -> Hashes:
    """Hash the posts of a corpus and their hashtags, which are case folded, with 16 random bytes."""
    tags = [(_hashtag(tag), _OF_A_WHOLE) for tag in hashtags]
    found = [(post, words(post)) for post in posts]

    def entries() -> Iterator[tuple[bytes, int]]:
        yield from tags
        for post, its_words in found:
            yield from _entries(post, its_words)

    # So many bits that half of them will be set: the fewest wrong answers that a table of this size can give.
    count = sum(probes for _, probes in entries())
    table = bytearray(max(8, math.ceil(count / math.log(2) / 8)))
    for entry, probes in entries():
        for bit in _places(salt, entry, probes, 8 * len(table)):
            table[bit >> 3] |= 1 << (bit & 7)
    return Hashes(salt, bytes(table))


def hashes_of(forgotten: Iterable[ForgottenCorpus]) -> tuple[Hashes, ...]:
    """Return the hashes of corpora that were forgotten."""
    return tuple(Hashes(one.salt, one.table) for one in forgotten)


@dataclass(frozen=True)
class Hashtags(Container[str]):
    """The hashtags of a corpus together with those of forgotten ones."""

    own: frozenset[str]
    forgotten: Sequence[Hashes]

    def __contains__(self, tag: object) -> bool:
        return tag in self.own or any(one.has_hashtag(str(tag)) for one in self.forgotten)


def _entries(post: str, found: Sequence[str]) -> Iterator[tuple[bytes, int]]:
    """Everything of a post that leaves bits, with how many."""
    if len(found) < SHORTEST_RUN:
        yield _whole(post, found), _OF_A_WHOLE
        return
    joined, starts, ends = _joined(found)
    for run in range(SHORTEST_RUN, min(_LONGEST, len(found)) + 1):
        probes = _OF_SHORTEST if run == SHORTEST_RUN else _OF_A_RUN
        for start, end in zip(starts, ends[run - 1 :], strict=False):
            yield joined[start:end], probes


def _joined(found: Sequence[str]) -> tuple[bytes, list[int], list[int]]:
    """The words with spaces between them, and where each begins and ends."""
    pieces = [word.encode("utf-8", "surrogatepass") for word in found]
    ends = [end - 1 for end in accumulate(len(piece) + 1 for piece in pieces)]
    starts = [end - len(piece) for end, piece in zip(ends, pieces, strict=True)]
    return b" ".join(pieces), starts, ends


def _whole(post: str, found: Sequence[str]) -> bytes:
    """No word has a sign, so these are no runs."""
    entry = "=" + " ".join(found) if found else "~" + text.fold(post)
    return entry.encode("utf-8", "surrogatepass")


def _hashtag(tag: str) -> bytes:
    return b"#" + tag.encode("utf-8", "surrogatepass")


def _places(salt: bytes, entry: bytes, probes: int, bits: int) -> Iterator[int]:
    """The bits of an entry: one hash of 16 bytes gives a beginning and a stride."""
    digest = blake2b(entry, digest_size=16, salt=salt).digest()
    first, stride = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little") | 1
    return ((first + number * stride) % bits for number in range(probes))
