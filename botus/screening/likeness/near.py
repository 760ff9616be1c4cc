"""Is a text nearly one of those that are already there? Near duplicates by the words they share.

A word is a number here, its mark: equal words have equal ones. Everything lies in flat arrays: about 450
bytes a post with its text.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Collection, Iterable, Sequence

# Shingles have three words, and the text's ends count as words, so that its last word weighs like any other.
# At 0.6 one word of difference is a near duplicate from 12 words on (from 8 at an end), two from 24 on: a
# shorter post that differs in one word ("Google is the new AOL") is another post of the same form.
NEAR = 0.6
_NONE = 0xFFFFFFFF
_COUNTERS = 1 << 20


def marks(words: Iterable[str]) -> list[int]:
    """Return the marks of words that have no numbers yet."""
    return [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words]


def shingles_of(marks: Sequence[int]) -> set[int]:
    """Return the hashes of every three words in a row."""
    if not marks:
        return set()
    runs = zip([0, *marks[:-1]], marks, [*marks[1:], 0], strict=True)
    # Odd multipliers keep all bits of a word and tell the places apart (Knuth's multiplicative hashing).
    return {(one * 0x9E3779B1 + two * 0x85EBCA77 + three) & _NONE for one, two, three in runs}


def are_near(one: set[int], other: Collection[int]) -> bool:
    """Tell whether two texts are nearly the same, by the shingles of each, none of which is there twice."""
    common = len(one.intersection(other))
    return common >= NEAR * (len(one) + len(other) - common)


class Frequencies:
    """How often shingles occur in a known heap of posts, so that `Near` can look for the rare ones first.

    Different shingles may share a counter: any order is right for `Near`, a good one is only faster.
    """

    def __init__(self) -> None:
        self._counts = array("I", bytes(4 * _COUNTERS))

    def count(self, marks: Sequence[int]) -> None:
        """Count the shingles of a post."""
        for shingle in shingles_of(marks):
            self._counts[shingle & (_COUNTERS - 1)] += 1

    def ordered(self, shingles: Iterable[int]) -> list[int]:
        """Sort shingles: the rare ones first, then by their hash."""
        counts = self._counts
        return [
            mixed & _NONE
            for mixed in sorted(counts[shingle & (_COUNTERS - 1)] << 32 | shingle for shingle in shingles)
        ]


class Near:
    """Finds posts of whose shingles 60 % are common (Jaccard's measure).

    Shingles have an order. Two sets that overlap so much share one among the first few of each (the prefix
    filter of set-similarity joins), so only those are looked up, in a hash table with chains.

    Args:
        frequencies: of the posts that will be asked about and added, where they are known beforehand: tens
            of thousands of posts of one form take seconds then, not minutes. Without, the hash is the order.
    """

    def __init__(self, frequencies: Frequencies | None = None) -> None:
        self._ordered = frequencies.ordered if frequencies else sorted
        self._shingles, self._starts = array("I"), array("Q", [0])
        self._heads = array("I", [_NONE]) * 1024
        self._entries, self._posts, self._next = array("I"), array("I"), array("I")
        self._places = array("I")

    def find(self, marks: Sequence[int]) -> int | None:
        """Return the number (from 0) of a post that is nearly the same."""
        return self._find(self._ordered(shingles_of(marks)))

    def add(self, marks: Sequence[int]) -> None:
        """Remember a post under the next number."""
        self._add(self._ordered(shingles_of(marks)))

    def meet(self, marks: Sequence[int]) -> int | None:
        """Return what `find` does, and where there is no such post, `add` this one."""
        shingles = self._ordered(shingles_of(marks))
        number = self._find(shingles)
        if number is None:
            self._add(shingles)
        return number

    def _find(self, mine: list[int]) -> int | None:
        tried: set[int] = set()
        for place, shingle in enumerate(_prefix(mine)):
            entry = self._heads[shingle & (len(self._heads) - 1)]
            while entry != _NONE:
                post = self._posts[entry]
                if self._entries[entry] == shingle and post not in tried:
                    tried.add(post)
                    if self._overlaps(mine, place, entry):
                        return post
                entry = self._next[entry]
        return None

    def _add(self, shingles: list[int]) -> None:
        number = len(self._starts) - 1
        for place, shingle in enumerate(_prefix(shingles)):
            self._entries.append(shingle)
            self._places.append(place)
            self._posts.append(number)
            self._next.append(_NONE)
            self._chain(len(self._entries) - 1)
        self._shingles.extend(shingles)
        self._starts.append(len(self._shingles))
        if len(self._entries) > len(self._heads):
            self._grow()

    def _chain(self, entry: int) -> None:
        slot = self._entries[entry] & (len(self._heads) - 1)
        self._next[entry] = self._heads[slot]
        self._heads[slot] = entry

    def _grow(self) -> None:
        self._heads = array("I", [_NONE]) * (4 * len(self._heads))
        for entry in range(len(self._entries)):
            self._chain(entry)

    def _overlaps(self, mine: list[int], place: int, entry: int) -> bool:
        """Compare two sets of which the first common shingle is known: before it none is common."""
        start, end = self._starts[self._posts[entry]], self._starts[self._posts[entry] + 1]
        count = len(mine) + end - start
        most = min(len(mine) - place, end - start - self._places[entry])
        return most >= NEAR * (count - most) and are_near(set(mine), self._shingles[start:end])


def _prefix(shingles: list[int]) -> list[int]:
    least = -int(-NEAR * len(shingles) // 1)  # rounded up
    return shingles[: len(shingles) - least + 1]
