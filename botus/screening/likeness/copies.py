"""Does a text share a run of words with one post of the corpus, or nearly all of them, and with which?

The corpus is kept as numbers of words in one block of bytes, because a million Python strings would not fit
beside a model; 50,000 posts take about two seconds and some tens of megabytes.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby

from botus import text
from botus.screening.likeness.near import NEAR, Frequencies, Near, are_near, shingles_of

# markovify's rule: a run longer than 15 words, or than 70 % of the post, is a copy.
LONGEST_RUN = 15
RUN_SHARE = (7, 10)
# Below five words a shared run is a figure of speech ("I love it so"), not a copy, unless it is all there is.
SHORTEST_RUN = 5
_UNKNOWN = 0xFFFFFFFF  # the mark of every word that the corpus does not have
_SCANNED = 4  # texts for which the whole corpus is looked through; to index it takes as long as for twenty


@dataclass(frozen=True)
class Nearest:
    """The corpus post with which a text shares a run of words: the first is number 1.

    One that was forgotten has the number 0 and no text.
    """

    number: int
    text: str
    run: int


def words(post: str) -> list[str]:
    """Split a text into the words by which texts are compared: no case, no punctuation.

    In scripts without spaces every character is a word.
    """
    folded = post if post.isascii() else text.fold(post).replace("’", "'")
    return _WORD.findall(folded.casefold())


# Thai, Lao, Burmese, Khmer, kana, Chinese characters.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*")


def allowed_run(count: int) -> int:
    """The longest run that a text of so many words may share with a corpus post."""
    share, whole = RUN_SHARE
    return max(min(LONGEST_RUN, count * share // whole), SHORTEST_RUN - 1)


class Corpus:
    """Finds shared runs, with a table from five words in a row to a post that has them.

    The table has one slot per hash and the last post wins, so a slot may name another post than the copied
    one, or a wrong one; what it names is always compared word by word, and where that settles nothing, the
    whole corpus is searched.
    """

    def __init__(self, posts: Sequence[str]) -> None:
        self.posts = posts
        self._asked = 0  # how often for a post that is nearly the same
        self._numbers: dict[str, int] = {}  # word -> its number; 0 stands between posts and for unknown words
        numbers, self._starts = array("I", [0]), array("I")
        for post in posts:
            self._starts.append(len(numbers))
            numbers.extend(self._numbers.setdefault(word, len(self._numbers) + 1) for word in words(post))
            numbers.append(0)
        self._starts.append(len(numbers))
        self._flat = numbers.tobytes()
        self._size = numbers.itemsize
        self._view = memoryview(self._flat).cast("I")
        self._whole: dict[int, int] = {}
        self._owners = array("I", bytes(4 << max(10, (2 * len(numbers)).bit_length())))
        mask, owners = len(self._owners) - 1, self._owners
        for number in range(len(posts)):
            if ids := self._post(number):
                self._whole.setdefault(hash(tuple(ids)), number)
            for five in zip(ids, ids[1:], ids[2:], ids[3:], ids[4:], strict=False):
                owners[hash(five) & mask] = number + 1

    def copied(self, post: str, found: list[str]) -> Nearest | None:
        """Return the post of which a text is a copy."""
        if not self.posts:
            return None
        if not found:
            return self._same_signs(post)
        ids = self._ids(found)
        number = self._whole.get(hash(tuple(ids)))
        if number is not None and self._post(number) == ids:
            return Nearest(number + 1, self.posts[number], len(ids))
        needed = allowed_run(len(ids)) + 1
        hits = self._hits(ids)
        places = _stretches(hits, needed - SHORTEST_RUN + 1)
        if not places:
            return None
        best = self._best(ids, [hits[place] for place in places])
        if best and best.run >= needed:
            return best
        return self._searched(ids, places, needed)

    def nearest(self, found: list[str]) -> Nearest | None:
        """Return the post with the longest shared run, of those that the table names and from five words."""
        if not self.posts:
            return None
        ids = self._ids(found)
        best = self._best(ids, self._hits(ids))
        return best if best and best.run >= SHORTEST_RUN else None

    def near(self, found: list[str]) -> Nearest | None:
        """Return a post that is nearly the same as a text, by the measure of `near`."""
        if not self.posts:
            return None
        marks = [self._numbers.get(word, _UNKNOWN) for word in found]
        self._asked += 1
        number = self._scan(marks) if self._asked <= _SCANNED else self._near.find(marks)
        return None if number is None else self._best(self._ids(found), [number + 1])

    def _scan(self, marks: list[int]) -> int | None:
        mine, is_known = shingles_of(marks), set(marks).__contains__
        for number in range(len(self.posts)) if mine else ():
            post = self._post(number)
            # Each shingle in common has a place of its own in the post, with a known word in its middle.
            if sum(map(is_known, post)) >= NEAR * len(mine) and are_near(mine, shingles_of(post)):
                return number
        return None

    @cached_property
    def _near(self) -> Near:
        """Made when it is worth it: a review never asks, a short run a few times."""
        frequencies = Frequencies()
        for number in range(len(self.posts)):
            frequencies.count(self._post(number))
        index = Near(frequencies)
        for number in range(len(self.posts)):
            index.add(self._post(number))
        return index

    def _ids(self, found: list[str]) -> list[int]:
        return [self._numbers.get(word, 0) for word in found]

    def _post(self, number: int) -> list[int]:
        return self._view[self._starts[number] : self._starts[number + 1] - 1].tolist()

    def _hits(self, ids: list[int]) -> list[int]:
        """Per place of a text, the number (from 1) of a post that may have the five words there; or 0."""
        mask, owners = len(self._owners) - 1, self._owners
        fives = zip(ids, ids[1:], ids[2:], ids[3:], ids[4:], strict=False)
        return [0 if 0 in five else owners[hash(five) & mask] for five in fives]

    def _best(self, ids: list[int], owners: Iterable[int]) -> Nearest | None:
        best, run = 0, 0
        matcher = SequenceMatcher(None, list[int](), ids, autojunk=False)
        for owner in sorted(set(owners) - {0}):
            matcher.set_seq1(self._post(owner - 1))
            shared = matcher.find_longest_match().size
            if shared > run:
                best, run = owner, shared
        return Nearest(best, self.posts[best - 1], run) if best else None

    def _searched(self, ids: list[int], places: list[int], needed: int) -> Nearest | None:
        for place in places:
            run = ids[place : place + needed]
            at = self._flat.find(array("I", run).tobytes()) if len(run) == needed and 0 not in run else -1
            while at % self._size and at >= 0:
                at = self._flat.find(array("I", run).tobytes(), at + 1)
            if at >= 0:
                return self._best(ids, [bisect_right(self._starts, at // self._size)])
        return None

    def _same_signs(self, post: str) -> Nearest | None:
        """A text without any word, such as a row of emoji, copies only its equal."""
        folded = text.fold(post)
        for number, other in enumerate(self.posts):
            if self._starts[number] + 1 == self._starts[number + 1] and text.fold(other) == folded:
                return Nearest(number + 1, other, 0)
        return None


def _stretches(hits: list[int], length: int) -> list[int]:
    """The places of all hits that stand in a row of at least so many."""
    rows = (list(row) for is_hit, row in groupby(range(len(hits)), lambda place: hits[place] > 0) if is_hit)
    return [place for row in rows if len(row) >= length for place in row]
