"""Compares a post with the corpus, for the key `c`; the corpus is read once, when somebody first asks."""

from __future__ import annotations

from pathlib import Path

from botus.screening import copies
from botus.screening.copies import SHORTEST_RUN, words
from botus.screening.hashes import hashes_of
from botus.store import forgotten
from botus.store.corpus import Corpus


class Comparison:
    """Compares posts with the corpus of a data directory and with what is left of forgotten ones."""

    def __init__(self, data: Path) -> None:
        self._corpus = copies.Corpus(Corpus(data).read().everything)
        self._forgotten = hashes_of(forgotten.read(data))

    def say(self, post: str) -> str:
        """Return a sentence on the words in a row that a post shares with the corpus."""
        found = words(post)
        known = self._corpus.nearest(found)
        gone = max((one.longest(found) for one in self._forgotten), default=0)
        if gone > max(SHORTEST_RUN, known.run if known else 0):
            return f"{gone} words in a row as in a post of the corpus that was forgotten"
        if known:
            return f"{known.run} words in a row as in post {known.number} of the corpus: {known.text}"
        if not self._corpus.posts and not self._forgotten:
            return "there is no corpus.txt here to compare with"
        return "nothing in the corpus shares five words in a row with it"
