"""Is a text new? Or a copy: of the corpus, of the queue, of the log, of a dropped line, of this very run?

Texts go in, one answer comes out. `Novelty` is built once from the corpus and from what is known, and learns
every text that is accepted. Two measures: a run of words shared with one corpus post (`copies`), and the
overlap with a known text (`near`); a known text is never compared by runs, nor the corpus by overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from botus import text
from botus.screening.copies import Corpus, Nearest, words
from botus.screening.near import Near

COPY = "copy of the corpus"


@dataclass(frozen=True)
class Answer:
    """Why a text is not new, None if it is.

    `reason` is one of few phrases, to be counted; `detail` names the text that is copied, and `nearest` the
    corpus post with the longest common run.
    """

    reason: str | None = None
    detail: str = ""
    nearest: Nearest | None = None


class Novelty:
    """Everything a new text must differ from.

    Args:
        corpus: the posts that the model learned from; none to allow copies.
        known: pairs of where a text is ("the queue") and the text.
    """

    def __init__(self, corpus: Sequence[str], known: Iterable[tuple[str, str]] = ()) -> None:
        self._corpus, self._near = Corpus(corpus), Near()
        self._sources: dict[str, int] = {}
        self._same: dict[int, int] = {}  # hash of a folded text -> number of its source
        self._posts: list[tuple[int, str]] = []
        for source, post in known:
            self.add(post, source)

    def check(self, post: str) -> Answer:
        """Say whether a text is new."""
        where = self._same.get(hash(text.fold(post)))
        if where is not None:
            return Answer(f"already in {self._source(where)}")
        found = words(post)
        if nearest := self._corpus.copied(post, found):
            run = f"{nearest.run} words in a row of " if nearest.run else ""
            return Answer(COPY, f"{run}post {nearest.number}: {nearest.text}", nearest)
        number = self._near.find(found)
        if number is not None:
            where, other = self._posts[number]
            return Answer(f"much like one in {self._source(where)}", other)
        return Answer(nearest=self._corpus.nearest(found))

    def add(self, post: str, source: str = "this run") -> None:
        """Remember a text, so that neither it nor its like is new again."""
        where = self._sources.setdefault(source, len(self._sources))
        mark = hash(text.fold(post))
        if mark not in self._same:
            self._same[mark] = where
            self._near.add(words(post))
            self._posts.append((where, post))

    def _source(self, number: int) -> str:
        return list(self._sources)[number]
