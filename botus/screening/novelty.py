"""Is a text new? Or a copy: of the corpus, of the queue, of the log, of a dropped line, of this very run?

There are two measures: a run of words shared with one corpus post (`copies`, and `hashes` for a corpus that
was forgotten), and the overlap with a corpus post or a known text (`near`). A known text is never compared by
runs, nor a forgotten one by overlap: its hashes do not tell which runs were of one post.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from botus import text
from botus.screening.likeness.copies import SHORTEST_RUN, Corpus, Nearest, words
from botus.screening.likeness.hashes import Hashes
from botus.screening.likeness.near import Near, marks
from botus.screening.verdict import Verdict
from botus.store.candidates import Candidates
from botus.store.decisions.journal import Decisions
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue

COPY, NEAR_COPY = "copy of the corpus", "nearly in the corpus"
EARLIER = "an earlier run"  # a source of `known`


class Novelty:
    """Everything a new text must differ from.

    Args:
        corpus, forgotten: the posts that the model learned from, as text and as hashes; none to allow copies.
        known: pairs of where a text is ("the queue") and the text.
    """

    def __init__(
        self,
        corpus: Sequence[str],
        known: Iterable[tuple[str, str]] = (),
        forgotten: Sequence[Hashes] = (),
    ) -> None:
        self._corpus, self._near, self._forgotten = Corpus(corpus), Near(), forgotten
        self._sources: list[str] = []
        self._same: dict[int, int] = {}  # hash of a folded text -> number of its source
        self._posts: list[tuple[int, str]] = []
        for source, post in known:
            self.add(post, source)

    def check(self, post: str) -> Verdict:
        """Say whether a text is new."""
        where = self._same.get(hash(text.fold(post)))
        if where is not None:
            return Verdict(post, f"already in {self._sources[where]}")
        found = words(post)
        if nearest := self._corpus.copied(post, found):
            shared = f"{nearest.run} words in a row of " if nearest.run else ""
            return Verdict(post, COPY, f"{shared}post {nearest.number}: {nearest.text}", nearest=nearest)
        copied = [run for one in self._forgotten if (run := one.copied(post, found)) is not None]
        if copied:
            shared = f"{max(copied)} words in a row of " if any(copied) else ""
            return Verdict(post, COPY, f"{shared}a forgotten post")
        number = self._near.find(marks(found))
        if number is not None:
            where, other = self._posts[number]
            return Verdict(post, f"much like one in {self._sources[where]}", other)
        if nearest := self._corpus.near(found):
            return Verdict(post, NEAR_COPY, f"post {nearest.number}: {nearest.text}", nearest=nearest)
        return Verdict(post, nearest=self.nearest(found))

    def add(self, post: str, source: str = "this run") -> None:
        """Remember a text, so that neither it nor its like is new again."""
        if source not in self._sources:
            self._sources.append(source)
        key, where = hash(text.fold(post)), self._sources.index(source)
        if key not in self._same:
            self._same[key] = where
            self._near.add(marks(words(post)))
            self._posts.append((where, post))

    def nearest(self, found: list[str]) -> Nearest | None:
        """Return the corpus post, or the forgotten one, that has the most words in a row in common."""
        known = self._corpus.nearest(found)
        run = max((one.longest(found) for one in self._forgotten), default=0)
        if run <= max(SHORTEST_RUN, known.run if known else 0):  # hashes of so few words may be mistaken
            return known
        return Nearest(0, "", run)


def known(data: Path) -> Iterator[tuple[str, str]]:
    """Yield every text that a new one must differ from, each after the words for where it is."""
    for line in Queue(data).lines():
        if line.text is not None:
            yield "the queue", line.text
    for line in Queue(data, ANSWERS).lines():
        if line.text is not None:
            yield "the answers", line.text
    for entry in Log(data).scan():
        yield "the log", entry["text"]
        if "id" not in entry and "\\" in entry["text"]:  # the predecessor posted a line as it stood
            yield "the log", text.unescape(entry["text"])
    for journal in (TWEETS, ANSWERS):
        for post in Decisions(data, journal).dropped_texts():
            yield "the dropped lines", post
    for record in Candidates(data).records():
        yield EARLIER, record["text"]
