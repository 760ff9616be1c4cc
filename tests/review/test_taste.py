"""What is learned, how far it is trusted and how many keepers are left, against slow references."""

from __future__ import annotations

import itertools
import math
from random import Random

import pytest

from botus.review.taste import estimate, model, trust
from botus.review.taste.estimate import Draw
from botus.review.taste.model import Model
from botus.review.taste.order import finished
from botus.review.taste.regression import Example, area, fit
from botus.review.taste.trust import trust_in_score
from tests.screening.test_deck import posts, settled


def examples(count: int = 60, seed: int = 0) -> list[Example]:
    rng = Random(seed)
    made = []
    for _ in range(count):
        values = [rng.gauss(0, 1), rng.gauss(0, 1), 1.0]
        is_kept = rng.random() < 1 / (1 + math.exp(1 - 2 * values[0]))
        made.append(Example([0, 1, 2], values, rng.gauss(0, 0.3), is_kept, rng.choice([1.0, 3.0])))
    return made


def test_many_passes_find_the_minimum_of_the_regression() -> None:
    """At the minimum of ½‖w‖² + Σ c·ln(1 + e^−tm) the weights are Σ t·c·σ(−tm)·x."""
    some = examples()
    weights = finished(fit(some, 3, 300, Random(1)))
    kept = sum(one.weight for one in some if one.is_kept)
    dropped = sum(one.weight for one in some if not one.is_kept)
    expected = [0.0, 0.0, 0.0]
    for one in some:
        sign = 1 if one.is_kept else -1
        margin = one.offset + sum(weight * value for weight, value in zip(weights, one.values, strict=True))
        pull = one.weight * (1 if one.is_kept else kept / dropped) / (1 + math.exp(sign * margin))
        expected = [total + sign * pull * value for total, value in zip(expected, one.values, strict=True)]
    assert weights == pytest.approx(expected, abs=1e-3)
    assert weights[0] > abs(weights[1])


def test_the_same_decisions_teach_the_same() -> None:
    assert finished(fit(examples(), 3, 5, Random(2))) == finished(fit(examples(), 3, 5, Random(2)))


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    kept, dropped = [0.1, 0.5, 0.9], [0.1, 0.2, 0.5, 0.8]
    pairs = [(one > other) + (one == other) / 2 for one, other in itertools.product(kept, dropped)]
    assert sum(area(kept, dropped)) / 3 == pytest.approx(sum(pairs) / 12)


def test_evidence_is_the_gain_in_standard_deviations_and_trust_is_smoothed() -> None:
    folds = [trust.HeldOut(((0.1, 1.0), (0.3, 0.0)), ((0.2, -1.0), (0.0, 0.5)))]
    gain = (1.0 - 0.5 + 0.5 - 1.0) / 2  # of the two that were kept: taught less scored
    assert trust.evidence(folds) == pytest.approx(gain * math.sqrt(24))
    assert trust.evidence([]) == 0.0
    kept = ((0.0, 1.0),) * 40
    assert trust.evidence([trust.HeldOut(kept, ((0.5, 0.0),))]) == pytest.approx(math.sqrt(12))  # of one drop
    assert trust.smoothed(1.0, 2.0) == pytest.approx(1.05)
    assert trust.smoothed(0.0, 2.0, 2) == pytest.approx(0.95 * 0.1 + 0.05 * 2.0)
    assert [trust.trust(value) for value in (0.0, 0.5, -0.5)] == pytest.approx(
        [0.5, 0.8413, 0.1587], abs=1e-4
    )


def test_every_decision_is_held_out_once_in_a_fold_of_both_kinds() -> None:
    some = examples(53)
    folds = finished(trust.held_out(some, 3, Random(1)))
    assert sum(len(fold.kept) for fold in folds) == sum(one.is_kept for one in some)
    assert sum(len(fold.dropped) for fold in folds) == sum(not one.is_kept for one in some)
    found = trust.mean_area(folds, 1.0)
    assert found is not None
    assert found > 0.6
    few = [one for one in some if one.is_kept][:1] + [one for one in some if not one.is_kept]
    assert finished(trust.held_out(few, 3, Random(1))) == []  # one keep cannot be told from no other


def test_worth_is_what_the_features_say() -> None:
    texts = posts(40)
    deck = settled(texts)
    rng = Random(3)
    weights = [rng.gauss(0, 1) for _ in range(model.size(deck))]
    worth = finished(Model(deck, weights, 0.7).rate())
    for row in range(40):
        one = model.example(deck, row, True)
        taste = one.taste(weights) - weights[12] * math.sqrt(10)  # the bias is the same for all
        assert worth[row] == pytest.approx(0.3 * deck.settled.scores[row] + 0.7 * taste)
        assert one.offset == pytest.approx(0.3 * deck.settled.scores[row])
        assert sum(value**2 for value in one.values[13:]) == pytest.approx(10)  # words weigh 1 / 0.1
    assert list(finished(Model(deck).rate())) == pytest.approx([0.3 * score for score in deck.settled.scores])


def test_reasons_add_up_to_the_worth() -> None:
    deck = settled(posts(40))
    weights = [Random(4).gauss(0, 1) for _ in range(model.size(deck))]
    worth = finished(Model(deck, weights, 0.7).rate())
    reasons = Model(deck, weights, 0.7).reasons(5, most=1000)
    mean = sum(worth) / len(worth)
    assert sum(one.weight for one in reasons) == pytest.approx(worth[5], abs=0.3 + abs(mean))
    assert abs(reasons[0].weight) >= abs(reasons[-1].weight)
    assert len(Model(deck, weights, 0.7).reasons(5)) == 3


@pytest.mark.parametrize(("draws", "left"), [(40, 1000), (10, 3), (100, 100_000)])
def test_none_of_n_is_the_rule_of_three(draws: int, left: int) -> None:
    found = estimate.estimate([Draw(False, 0, 0)] * draws, left)
    assert (found.least, found.likely) == (0, 0)
    assert found.most == pytest.approx(min(left, 3 / draws * left), rel=0.01)


def test_keepers_that_were_found_since_are_no_longer_left() -> None:
    """Ten of a thousand were keepers, nine were found in the first half: one is left in 500."""
    rng, off = Random(1), []
    for _ in range(300):
        deck = [True] * 10 + [False] * 990
        order = rng.sample(deck[:10], 9) + deck[10:501] + [deck[9]] + deck[501:]
        draws = []
        for at in range(9, 500, 10):  # every tenth is drawn from what is left
            kept = rng.random() < sum(order[at:]) / (1000 - at)
            draws.append(Draw(kept, sum(order[at:500]), 500 - at))
        off.append(estimate.estimate(draws, 500).likely)
    assert sum(off) / len(off) < 6


def test_the_estimate_is_where_as_many_keeps_are_expected_as_there_were() -> None:
    found = estimate.estimate([Draw(True, 5, 100), Draw(False, 3, 50)], 100)
    expected = (found.likely + 5) / 200 + (found.likely + 3) / 150
    assert expected == pytest.approx(1)
    assert 0 <= found.least < found.likely < found.most <= 100


def test_the_mean_for_a_chance() -> None:
    assert estimate.mean_for(0, 0.05) == pytest.approx(-math.log(0.05))
    assert estimate.at_most(2, 3.0) == pytest.approx(math.exp(-3) * (1 + 3 + 4.5))


DROPPED = [number / 10 for number in range(-20, 20)]


@pytest.mark.parametrize("kept", [[1.0] * 5, [0.05] * 9, [-0.3]])
def test_the_score_is_believed_until_decisions_speak_against_it(kept: list[float]) -> None:
    assert trust_in_score(kept, DROPPED) == 1


def test_a_score_that_puts_the_good_ones_last_is_believed_less_with_every_keep() -> None:
    beliefs = [trust_in_score([-1.5] * count, DROPPED) for count in (1, 2, 4, 8, 500)]
    assert beliefs == sorted(beliefs, reverse=True)
    assert 0.3 < beliefs[0] < 1
    assert 0 < beliefs[-1] < beliefs[-2] < 0.05


def test_a_single_drop_says_little_against_the_score() -> None:
    assert trust_in_score(DROPPED * 10, [2.5]) > 0.1
