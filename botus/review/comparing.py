"""Compares a post with the corpus, for the key `c`; the corpus is read once, when somebody first asks."""

from __future__ import annotations

from pathlib import Path

from botus.screening.likeness.copies import words
from botus.screening.likeness.hashes import hashes_of
from botus.screening.novelty import Novelty
from botus.store import forgotten
from botus.store.corpus import Corpus


class Comparison:
    """Compares posts with the corpus of a data directory and with what is left of forgotten ones."""

    def __init__(self, data: Path) -> None:
        posts, hashes = Corpus(data).read().everything, hashes_of(forgotten.read(data))
        self._is_empty = not posts and not hashes
        self._novelty = Novelty(posts, forgotten=hashes)

    def say(self, post: str) -> str:
        """Return a sentence on the words in a row that a post shares with the corpus."""
        nearest = self._novelty.nearest(words(post))
        if nearest and nearest.number == 0:
            return f"{nearest.run} words in a row as in a post of the corpus that was forgotten"
        if nearest:
            return f"{nearest.run} words in a row as in post {nearest.number} of the corpus: {nearest.text}"
        if self._is_empty:
            return "there is no corpus.txt here to compare with"
        return "nothing in the corpus shares five words in a row with it"
