"""Is a text nearly one of those that are already there? Near duplicates by the words they share.

Texts go in one by one, each with where it is; a list of words is asked about. Everything lies in flat arrays:
about 450 bytes a post with its text.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence

# Shingles have three words, and the text's ends count as words, so that its last word weighs like any other.
# At 0.6 one word of difference is a near duplicate from 12 words on (from 8 at an end), two from 24 on: a
# shorter post that differs in one word ("Google is the new AOL") is another post of the same form.
NEAR = 0.6
_NONE = 0xFFFFFFFF
_COUNTERS = 1 << 20


class Frequencies:
    """How often shingles occur in a known heap of posts, so that `Near` can look for the rare ones first.

    Different shingles may share a counter: any order is right for `Near`, a good one is only faster.
    """

    def __init__(self) -> None:
        self._counts = array("I", bytes(4 * _COUNTERS))

    def count(self, words: Sequence[str]) -> None:
        """Count the shingles of a post."""
        for shingle in _shingles(words):
            self._counts[shingle & (_COUNTERS - 1)] += 1

    def order(self, shingle: int) -> int:
        """The place of a shingle among all: the rare ones first, then by their hash."""
        return self._counts[shingle & (_COUNTERS - 1)] << 32 | shingle


class Near:
    """Finds posts of whose shingles 60 % are common (Jaccard's measure).

    Shingles have an order. Two sets that overlap so much share one among the first few of each (the prefix
    filter of set-similarity joins), so only those are looked up, in a hash table with chains.

    Args:
        frequencies: of the posts that will be asked about and added, where they are known beforehand: tens
            of thousands of posts of one form take seconds then, not minutes. Without, the hash is the order.
    """

    def __init__(self, frequencies: Frequencies | None = None) -> None:
        self._order = frequencies.order if frequencies else None
        self._shingles, self._starts = array("I"), array("Q", [0])
        self._heads = array("I", [_NONE]) * 1024
        self._entries, self._posts, self._next = array("I"), array("I"), array("I")

    def find(self, words: Sequence[str]) -> int | None:
        """Return the number (from 0) of a post that is nearly the same."""
        mine = self._ordered(words)
        tried: set[int] = set()
        for shingle in _prefix(mine):
            entry = self._heads[shingle & (len(self._heads) - 1)]
            while entry != _NONE:
                post = self._posts[entry]
                if self._entries[entry] == shingle and post not in tried:
                    tried.add(post)
                    if self._overlaps(mine, post):
                        return post
                entry = self._next[entry]
        return None

    def add(self, words: Sequence[str]) -> None:
        """Remember a post under the next number."""
        number = len(self._starts) - 1
        shingles = self._ordered(words)
        for shingle in _prefix(shingles):
            self._entries.append(shingle)
            self._posts.append(number)
            self._next.append(_NONE)
            self._chain(len(self._entries) - 1)
        self._shingles.extend(shingles)
        self._starts.append(len(self._shingles))
        if len(self._entries) > len(self._heads):
            self._grow()

    def _ordered(self, words: Sequence[str]) -> list[int]:
        return sorted(_shingles(words), key=self._order)

    def _chain(self, entry: int) -> None:
        slot = self._entries[entry] & (len(self._heads) - 1)
        self._next[entry] = self._heads[slot]
        self._heads[slot] = entry

    def _grow(self) -> None:
        self._heads = array("I", [_NONE]) * (4 * len(self._heads))
        for entry in range(len(self._entries)):
            self._chain(entry)

    def _overlaps(self, mine: list[int], number: int) -> bool:
        start, end = self._starts[number], self._starts[number + 1]
        size = end - start
        if min(len(mine), size) < NEAR * max(len(mine), size):
            return False
        common = len(set(mine).intersection(self._shingles[start:end]))
        return common >= NEAR * (len(mine) + size - common)


def _shingles(words: Sequence[str]) -> set[int]:
    """The hashes of every three words in a row."""
    if not words:
        return set()
    ends = ["", *words, ""]
    runs = zip(ends, ends[1:], ends[2:], strict=False)
    return {zlib.crc32(" ".join(run).encode("utf-8", "surrogatepass")) for run in runs}


def _prefix(shingles: list[int]) -> list[int]:
    least = -int(-NEAR * len(shingles) // 1)  # rounded up
    return shingles[: len(shingles) - least + 1]
