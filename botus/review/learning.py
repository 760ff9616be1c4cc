"""Learns the order from the person's decisions while they read, a few milliseconds at a time.

Decides when there is something new to learn, from which decisions, and for which posts; `ranking` has the
model. A lesson that predicts the person's own decisions no better than the score does is not used.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from itertools import islice

from botus.review import ranking
from botus.review.machine.order import Lesson
from botus.review.machine.state import ReviewState

_MOST = 1000  # decisions that are learned from, the latest
_POOL = 20_000  # posts that are rated, the next ones
_PIECE = 25  # posts between two stops


class Learner:
    """What is learned in one review; `parts` returns the parts of a post's score by its fingerprint."""

    def __init__(self, parts: Callable[[str], Mapping[str, float]]) -> None:
        self._parts = parts
        self._features: dict[str, array[int]] = {}
        self._work: Generator[None, None, Lesson | None] | None = None
        self._seen = 0

    def work(self, state: ReviewState) -> Lesson | bool:
        """Work for a few milliseconds: True if there is more to do, a lesson where one is learned."""
        if self._work is None:
            if not self._is_due(state):
                return False
            self._seen = len(state.verdicts)
            self._work = self._learn(state)
        try:
            next(self._work)
        except StopIteration as end:
            self._work = None
            return end.value or False
        return True

    def _is_due(self, state: ReviewState) -> bool:
        count = len(state.verdicts)
        has_news = abs(count - self._seen) >= max(10, count // 20)
        return state.can_learn and count >= ranking.FEWEST and has_news

    def _learn(self, state: ReviewState) -> Generator[None, None, Lesson | None]:
        decided = yield from self._decided(state)
        examples = [(self._features[post], is_kept) for post, is_kept in decided.items()]
        if not ranking.is_enough(examples):
            return None
        model = yield from ranking.fit(examples)
        auc = yield from ranking.cross_validate(examples)
        scored = [(state.scores[post], kept) for post, kept in decided.items() if post in state.scores]
        both = len({kept for _, kept in scored}) == 2
        lesson = Lesson(len(examples), {}, auc, ranking.auc(scored) if both else None)
        if not lesson.is_better_than_score:
            return lesson
        chances: dict[str, float] = {}
        for count, post in enumerate(list(islice(state.coming(), _POOL)), 1):
            chances[post] = model.chance(self._read(post, state.table.cards[post].text))
            if count % _PIECE == 0:
                yield
        return replace(lesson, chances=chances)

    def _decided(self, state: ReviewState) -> Generator[None, None, dict[str, bool]]:
        """Find the latest decisions that count, and read those posts."""
        found: dict[str, bool] = {}
        for step in reversed(state.done):
            for one in step.decisions:
                post, verdict = one.fingerprint, state.verdicts.get(one.fingerprint)
                if verdict in ("keep", "star", "drop") and post not in found:
                    found[post] = verdict != "drop"
                    self._read(post, one.text)
            if len(found) >= _MOST:
                break
            yield
        return found

    def _read(self, post: str, text: str) -> array[int]:
        if post not in self._features:
            self._features[post] = ranking.features(text, self._parts(post))
        return self._features[post]
