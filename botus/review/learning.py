"""Learns the order from the person's decisions while they read, a few milliseconds at a time.

States of a review go in; now and then a `Lesson` comes out: what every post to come is worth, and what that
is worth. Nothing is decided and no file is touched. The one surprise: a lesson that foretells the person's
own decisions no better than the score does is not used, and says so.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Mapping
from itertools import islice

from botus.review import ranking
from botus.review.machine.deck import State, coming
from botus.review.machine.order import Lesson
from botus.review.ranking import Quality

_MOST = 1000  # decisions that are learned from, the latest
_POOL = 20_000  # posts that are rated, the next ones
_PIECE = 25  # posts between two stops

Parts = Callable[[str], Mapping[str, float]]
Lessons = Generator[None, None, Lesson | None]


class Learner:
    """What is learned in one review.

    Args:
        parts: returns the parts of a post's score by its fingerprint.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._features: dict[str, array[int]] = {}
        self._lessons: Lessons | None = None
        self._seen = 0

    def work(self, state: State) -> Lesson | bool:
        """Work for a few milliseconds: True if there is more to do, a lesson where one is learned."""
        if self._lessons is None:
            if not self._is_due(state):
                return False
            self._seen = len(state.verdicts)
            self._lessons = self._learn(state)
        try:
            next(self._lessons)
        except StopIteration as end:
            self._lessons = None
            lesson: Lesson | None = end.value
            return lesson if lesson is not None else False
        return True

    def _is_due(self, state: State) -> bool:
        if not state.learning or state.order not in ("score", "uncertain"):
            return False
        news = abs(len(state.verdicts) - self._seen)
        return len(state.verdicts) >= ranking.FEWEST and news >= max(10, len(state.verdicts) // 20)

    def _learn(self, state: State) -> Generator[None, None, Lesson | None]:
        posts = yield from self._decided(state)
        examples = [(self._features[post], is_kept) for post, is_kept in posts.items()]
        if not ranking.is_enough(examples):
            return None
        model = yield from ranking.fitting(examples)
        auc = yield from ranking.measuring(examples)
        if auc is None:
            return Lesson({}, len(examples))
        quality = Quality(len(examples), sum(kept for _, kept in examples), auc, _score_auc(state, posts))
        chances = {}
        if quality.is_better_than_score:
            chances = yield from self._rate(state, model)
        return Lesson(chances, len(examples), quality)

    def _decided(self, state: State) -> Generator[None, None, dict[str, bool]]:
        """Find the latest decisions that count, and read those posts."""
        found: dict[str, bool] = {}
        for step in reversed(state.done):
            for decision in step.decisions:
                post, verdict = decision.fingerprint, state.verdicts.get(decision.fingerprint)
                if verdict in ("keep", "star", "drop") and post not in found:
                    found[post] = verdict != "drop"
                    self._read(post, decision.text)
            if len(found) >= _MOST:
                break
            yield
        return found

    def _rate(self, state: State, model: ranking.Model) -> Generator[None, None, dict[str, float]]:
        chances: dict[str, float] = {}
        for count, post in enumerate(list(islice(coming(state), _POOL)), 1):
            chances[post] = model.chance(self._read(post, state.table.cards[post].text))
            if count % _PIECE == 0:
                yield
        return chances

    def _read(self, post: str, text: str) -> array[int]:
        if post not in self._features:
            self._features[post] = ranking.features(text, self._parts(post))
        return self._features[post]


def _score_auc(state: State, posts: Mapping[str, bool]) -> float | None:
    rated = [(state.scores[post], is_kept) for post, is_kept in posts.items() if post in state.scores]
    return ranking.area(rated) if len({is_kept for _, is_kept in rated}) == 2 else None
