"""Learning from decisions: what it finds, what it says about itself, how long it makes a key wait."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator
from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest

from botus.review import ranking
from botus.review.learning import Learner
from botus.review.machine.keys import press
from botus.review.machine.order import Lesson, Order
from botus.review.machine.state import ReviewState, begin, relaid
from botus.store.decisions import History
from botus.text import fingerprint
from tests.review.test_keys import table

WORDS = ("keeper", "counts", "dark", "drawer", "night", "sea", "late", "tide", "again", "salt", "lamp")


Found = TypeVar("Found")


def finish(work: Generator[None, None, Found]) -> Found:
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def posts(count: int, seed: int = 0) -> list[str]:
    rng = Random(seed)
    return [" ".join(rng.choices(WORDS, k=8)) + f" {number}" for number in range(count)]


def examples(count: int) -> list[ranking.Example]:
    return [(ranking.features(post), "lamp" in post) for post in posts(count)]


def test_it_learns_what_the_person_likes() -> None:
    model = finish(ranking.fit(examples(200)))
    new = [(model.chance(ranking.features(post)), "lamp" in post) for post in posts(200, seed=1)]
    assert ranking.auc(new) > 0.9
    assert finish(ranking.cross_validate(examples(200))) > 0.9


def test_it_says_so_where_there_is_nothing_to_learn() -> None:
    rng = Random(4)
    noise = [(features, rng.random() < 0.3) for features, _ in examples(300)]
    assert 0.4 < finish(ranking.cross_validate(noise)) < 0.6
    assert not ranking.is_enough(examples(29))
    assert not ranking.is_enough([(features, False) for features, _ in examples(100)])
    numbered = list(enumerate(features for features, _ in examples(100)))
    assert not ranking.is_enough([(features, number < 4) for number, features in numbered])
    assert ranking.is_enough([(features, number < 5) for number, features in numbered])


@pytest.mark.parametrize(
    ("rated", "expected"),
    [
        ([(0.1, False), (0.9, True)], 1.0),
        ([(0.9, False), (0.1, True)], 0.0),
        ([(0.5, False), (0.5, True)], 0.5),
        ([(0.1, True), (0.2, False), (0.3, True), (0.3, False)], 0.375),
    ],
)
def test_the_area_is_the_share_of_pairs_in_the_right_order(
    rated: list[tuple[float, bool]], expected: float
) -> None:
    pairs = [
        (one[0] > other[0]) + (one[0] == other[0]) / 2
        for one, other in itertools.product(rated, rated)
        if one[1] and not other[1]
    ]
    assert sum(pairs) / len(pairs) == ranking.auc(rated) == expected


def test_the_same_decisions_teach_the_same() -> None:
    assert finish(ranking.fit(examples(60))) == finish(ranking.fit(examples(60)))


def reviewed(count: int, decided: int, order: Order = "score") -> ReviewState:
    texts = posts(count)
    state = begin(ReviewState(table("".join(f"{text}\n" for text in texts).encode()), order=order), History())
    for number, text in enumerate(texts[:decided]):
        assert state.deck[state.front] == fingerprint(text)
        state, _ = press(state, "k" if "lamp" in text else "d", number)
    return state


def lesson_of(learner: Learner, state: ReviewState) -> tuple[Lesson | None, float]:
    slowest = 0.0
    while True:
        began = time.process_time()
        found = learner.work(state)
        slowest = max(slowest, time.process_time() - began)
        if isinstance(found, Lesson):
            return found, slowest
        if not found:
            return None, slowest


def test_thirty_decisions_make_an_order_in_small_pieces() -> None:
    learner = Learner(lambda post: {})
    assert lesson_of(learner, reviewed(400, 29))[0] is None
    state = reviewed(400, 120)
    lesson, slowest = lesson_of(learner, state)
    assert lesson
    assert (lesson.decisions, lesson.score_auc) == (120, None)
    assert slowest < 0.1
    after = relaid(replace(state, lesson=lesson))
    assert after.is_taught
    first = [after.table.cards[post].text for post in after.deck[after.front + 1 :][:30]]
    assert sum("lamp" in text for text in first) > 22
    assert lesson_of(learner, after)[0] is None  # nothing new to learn from
    assert lesson_of(learner, press(after, "k", 1)[0])[0] is None


def test_nothing_is_learned_where_the_person_chose_an_order_or_switched_it_off() -> None:
    assert lesson_of(Learner(lambda post: {}), reviewed(100, 60, "file"))[0] is None
    state, _ = press(press(reviewed(100, 60), "o", 1)[0], "l", 1)
    assert lesson_of(Learner(lambda post: {}), state)[0] is None
