"""Reads the deck and learns the order from decisions while the person reads, a few milliseconds at a time.

Decides what is to be done next: to read posts that are new, to learn from new decisions, to lay out the deck.
What is learned and how is in `taste`; the decisions are all that count, of earlier reviews too.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from random import Random

from botus.review.machine.state import ReviewState, relaying
from botus.review.machine.tally import decided
from botus.review.taste import model, trust
from botus.review.taste.model import Model, Reason
from botus.review.taste.order import Lesson
from botus.review.taste.regression import Example, fit
from botus.review.taste.trust import LEARNED_FROM, is_enough
from botus.screening.scoring.deck import Deck
from botus.store.decisions.judgement import Verdict

AT_ONCE = 1000  # posts that are read before the first card is shown; more are read while one looks at it
_MOST = 1000  # decisions that are learned from
_MOST_KEPT = 500  # of them
_PASSES = 5
_STAR = 3.0  # keeps that a star counts for
_CHARACTERS = 4000  # that are read between two stops
_PIECE = 50  # examples between two stops

Change = Callable[[ReviewState], ReviewState | None]
"""What becomes of a review when a piece of work is done; None where it has to be done again."""


class Learner:
    """What is known of the posts of one review.

    Args:
        logprob: the mean log-probability per token of a post, by fingerprint; None where nobody knows.
    """

    def __init__(self, logprob: Callable[[str], float | None]) -> None:
        self._logprob = logprob
        self._deck = Deck()
        self._rows: dict[str, int] = {}
        self._work: Generator[None, None, Change] | None = None
        self._verdicts: Mapping[str, Verdict] = {}  # what was looked at last
        self._learned = (0, 0)  # decisions and keeps behind the latest lesson
        self._evidence: float | None = None
        self._must_lay = False
        self._done_with: list[object] = []  # what is long: to free all of it at once would take too long

    def work(self, state: ReviewState) -> ReviewState | None:
        """Work for a few milliseconds; returns the state after it, None where there is nothing to do."""
        if self._done_with:
            self._done_with.pop()
            return state
        if self._work is None:
            self._work = self._next(state)
        if self._work is None:
            return None
        try:
            next(self._work)
        except StopIteration as end:
            self._work = None
            self._done_with = [state.deck, end.value]
            after: ReviewState | None = end.value(state)
            self._must_lay = after is None or after.worth is not state.worth
            return after or state
        return state

    def _next(self, state: ReviewState) -> Generator[None, None, Change] | None:
        if len(self._rows) < len(state.table.cards):
            return self._read(state)
        if self._must_lay and state.is_by_worth:
            return relaying(state)
        if state.verdicts is self._verdicts or not state.learning:
            return None
        self._verdicts = state.verdicts
        decisions, kept = decided(state.verdicts)
        if not is_enough(decisions, kept):
            return _forget() if state.lesson else None
        return self._learn(state) if is_due(decisions, kept, *self._learned) else None

    def _read(self, state: ReviewState) -> Generator[None, None, Change]:
        """Read the posts that are new, and rate all."""
        letters = 0
        for post, card in state.table.cards.items():
            if post in self._rows:
                continue
            self._rows[post] = self._deck.add(card.text, self._logprob(post))
            letters += len(card.text) + _PIECE
            if letters > _CHARACTERS:
                letters = 0
                yield
        yield from self._deck.settle()
        scores = _ByPost(self._rows, self._deck.settled.scores)
        reasons = self._reasons(Model(self._deck))
        self._learned = (0, 0)  # what was learned of the deck as it was says nothing of the new posts
        self._verdicts = {}
        return lambda now: replace(now, scores=scores, reasons=reasons)

    def _learn(self, state: ReviewState) -> Generator[None, None, Change]:
        """Learn from the decisions, and rate all posts by that."""
        decisions, kept = self._learned = decided(state.verdicts)
        rng = Random(f"{state.seed} {decisions} {kept}")
        of_score, examples = yield from self._examples(state.verdicts, rng)
        size = model.size(self._deck)
        folds = (yield from trust.held_out(examples, size, rng)) if trust.can_tell(decisions, kept) else []
        if folds:
            found = trust.evidence(folds)
            # A review that begins with many decisions trusts them as if it had seen them one by one.
            times = 1 if self._evidence is not None else sum(1 for _ in lessons(decisions))
            self._evidence = trust.smoothed(self._evidence or 0.0, found, times)
        else:
            self._evidence = None
        trusted = trust.trust(self._evidence or 0.0)
        weights = yield from fit(examples, size, _PASSES, rng)
        learned = Model(self._deck, weights, trusted, of_score)
        worth = yield from learned.rate()
        areas = trust.mean_area(folds, trusted), trust.mean_area(folds, 0.0)
        worths, reasons = _ByPost(self._rows, worth), self._reasons(learned)
        lesson = Lesson(decisions, kept, trusted, worths, *areas, reasons)
        return lambda now: replace(now, lesson=lesson)

    def _examples(
        self, verdicts: Mapping[str, Verdict], rng: Random
    ) -> Generator[None, None, tuple[float, list[Example]]]:
        """Choose decisions; returns what the score weighs by them, and what there is to learn."""
        kept = [post for post, verdict in verdicts.items() if verdict in ("keep", "star")][-_MOST_KEPT:]
        dropped = [post for post, verdict in verdicts.items() if verdict == "drop"]
        yield
        dropped = rng.sample(dropped, min(len(dropped), _MOST - len(kept)))
        values = self._deck.settled.scores
        kept_scores, dropped_scores = (
            [values[self._rows[post]] for post in some] for some in (kept, dropped)
        )
        of_score = model.OF_SCORE * trust.trust_in_score(kept_scores, dropped_scores)
        yield
        examples = []
        for count, post in enumerate((*kept, *dropped), 1):
            weight = _STAR if verdicts[post] == "star" else 1.0
            examples.append(model.example(self._deck, self._rows[post], count <= len(kept), weight, of_score))
            if count % _PIECE == 0:
                yield
        return of_score, examples

    def _reasons(self, learned: Model) -> Callable[[str], Sequence[Reason]]:
        rows, known = self._rows, len(self._deck.settled.scores)
        return lambda post: learned.reasons(rows[post]) if rows.get(post, known) < known else ()


def is_due(decisions: int, kept: int, learned_from: int, kept_then: int) -> bool:
    """Tell whether it is time for a lesson: after some decisions, and after each of the first keeps."""
    is_precious = kept != kept_then and kept <= 10
    return is_precious or abs(decisions - learned_from) >= max(10, decisions // 20)


def lessons(decisions: int) -> Iterator[int]:
    """Yield the numbers of decisions after which there was a lesson, up to so many."""
    at = LEARNED_FROM
    while at <= decisions:
        yield at
        at += max(10, at // 20)


class _ByPost(Mapping[str, float]):
    """Numbers by row as numbers by fingerprint."""

    def __init__(self, rows: Mapping[str, int], values: array[float]) -> None:
        self._rows, self._values, self._known = rows, values, len(values)

    def __getitem__(self, post: str) -> float:
        if (row := self._rows[post]) >= self._known:
            raise KeyError(post)
        return self._values[row]

    def __contains__(self, post: object) -> bool:
        return self._rows.get(post, self._known) < self._known  # type: ignore[call-overload, no-any-return]

    def __iter__(self) -> Iterator[str]:
        return islice(iter(self._rows), self._known)

    def __len__(self) -> int:
        return self._known


def _forget() -> Generator[None, None, Change]:
    yield
    return lambda now: replace(now, lesson=None)
