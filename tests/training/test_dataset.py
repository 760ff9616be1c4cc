"""The pure parts of a training: split, rows, plan."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from botus.checkpoints.markers import END, START
from botus.training import plan as planning
from botus.training.dataset import SHARE, Opening, batches, checks, rows, split, stream
from botus.training.initial_model import count_weights, written
from botus.training.plan import Recipe, TrainingOptions, TrainingPlan

POSTS = [f"Post number {number} of the lighthouse." for number in range(2000)]
LINES = Opening([7], 99)


def test_a_corpus_that_grows_keeps_its_held_out_posts() -> None:
    (_, small), (_, large) = split(POSTS[:900], seed=1), split(POSTS, seed=1)
    assert set(small) <= set(large)
    assert {number for number in large if number < 900} == set(small)
    kept = [number for number in large if number < 900]
    assert kept == small, "and their order"


def test_the_order_of_the_corpus_does_not_matter_but_the_seed_does() -> None:
    turned = list(reversed(POSTS))
    assert {turned[number] for number in split(turned, 1)[1]} == {
        POSTS[number] for number in split(POSTS, 1)[1]
    }
    assert split(POSTS, 1) != split(POSTS, 2)


def test_every_post_is_on_one_side_and_about_one_in_twenty_is_held_out() -> None:
    train, held_out = split(POSTS, seed=5)
    assert sorted(train + held_out) == list(range(2000))
    assert train == sorted(train)
    assert 0.6 * SHARE < len(held_out) / 2000 < 1.4 * SHARE
    assert all(len(split(POSTS[:20], seed)[1]) >= 2 for seed in range(20))


def test_rows_hold_every_post_whole() -> None:
    rng = random.Random(3)
    posts = [[*(100 * number + place for place in range(rng.randint(1, 9))), 7] for number in range(1, 60)]
    packed = list(rows(posts, 20, LINES))
    assert all(len(row) == 20 for row in packed)
    assert [row[0] for row in packed] == [99 if number % 4 == 0 else 7 for number in range(len(packed))]
    held = " ".join(str(row) for row in packed)
    assert all(str(post)[1:-1] in held for post in posts[:-4])


def test_a_post_longer_than_a_row_goes_on_in_the_next() -> None:
    long = list(range(100, 150))
    packed = list(rows([[1, 2, 7], long, [3, 4, 7], [5, 6, 7] * 9], 20, LINES))
    assert packed[0] == [99, 1, 2, 7, *range(100, 116)]
    assert packed[1] == [7, *range(100, 119)]
    assert packed[2] == list(range(119, 139))
    assert packed[3][:14] == [*range(139, 150), 3, 4, 7]


def test_a_post_of_weight_three_is_drawn_three_times_as_often() -> None:
    posts = [[number] for number in range(4)]
    drawn = Counter(post[0] for post in itertools.islice(stream(posts, [1, 3, 0.5, 0], seed=1), 45 * 100))
    assert drawn[3] == 0
    assert drawn[1] == pytest.approx(3 * drawn[0], rel=0.01)
    assert drawn[2] == pytest.approx(drawn[0] / 2, rel=0.1)


def test_each_pass_has_an_order_of_its_own_that_the_seed_repeats() -> None:
    posts = [[number] for number in range(50)]

    def passes(seed: int) -> list[list[list[int]]]:
        drawn = list(itertools.islice(stream(posts, [1.0] * 50, seed), 100))
        return [drawn[:50], drawn[50:]]

    first, second = passes(1)
    assert sorted(first) == sorted(second) == posts
    assert first != second
    assert passes(1) == [first, second] != passes(2)


def test_what_is_skipped_is_what_was_trained_on_before() -> None:
    def fresh() -> itertools.count[list[int]]:
        return ([number] for number in itertools.count())  # type: ignore[return-value]

    everything = list(itertools.islice(batches(fresh(), 4), 10))
    assert list(itertools.islice(batches(fresh(), 4, 6), 4)) == everything[6:]


def test_held_out_rows_count_every_token_once_and_no_filling() -> None:
    posts = [[number] * (number % 7 + 1) for number in range(1, 40)]
    packed = checks(posts, 12, LINES)
    assert all(len(check.row) == 12 for check in packed)
    assert [token for check in packed for token in check.row[1 : check.used]] == list(itertools.chain(*posts))
    assert all(set(check.row[check.used :]) <= {99} for check in packed)
    (cut,) = checks([[5] * 30], 12, LINES)
    assert cut.used == 12


def test_posts_are_written_as_gpt2_simple_reads_csv_files_or_as_lines() -> None:
    assert written("Two\nlines", True) == f"{START}Two\nlines{END}\n"
    assert written("One line", False) == "One line\n"
    assert written(f"An{END} end {START}inside", True) == f"{START}An end inside{END}\n"


def _plan(tokens: int, n_ctx: int = 128, recipe: Recipe | None = None, **options: int) -> TrainingPlan:
    recipe = recipe or planning.SIZES["nano"].recipe
    return planning.plan(TrainingOptions(**options), recipe, tokens=tokens, n_ctx=n_ctx, seed=1)  # type: ignore[arg-type]


def test_steps_follow_from_the_corpus_or_from_the_person() -> None:
    assert _plan(354_445).steps == 3462  # twenty passes
    assert _plan(354_445, n_ctx=1024, recipe=planning.FROM_BASE).steps == 1731  # five
    assert _plan(500).steps == 200
    assert _plan(354_445, steps=77).steps == 77


@pytest.mark.parametrize(("tokens", "expected"), [(100_000, 1024), (2048, 1024), (900, 450), (20, 16)])
def test_a_window_never_holds_more_than_half_of_the_corpus(tokens: int, expected: int) -> None:
    assert _plan(tokens, n_ctx=1024, recipe=planning.FROM_BASE).window == expected


def test_the_learning_rate_rises_and_falls() -> None:
    plan = _plan(102_400)
    rates = [plan.rate_at(step) for step in range(1, plan.steps + 1)]
    top = rates.index(max(rates)) + 1
    assert top == 100
    assert max(rates) == plan.rate == 2e-3
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(1e-4)


def test_the_last_step_is_looked_at_too() -> None:
    plan = _plan(1000, steps=25, check_every=10)
    assert [step for step in range(26) if plan.is_due(step)] == [10, 20, 25]


@pytest.mark.parametrize(("size", "millions"), [("nano", 1.07), ("mini", 5.85), ("small", 17.4)])
def test_the_sizes_have_the_weights_that_are_promised(size: str, millions: float) -> None:
    assert count_weights(planning.SIZES[size].hparams) / 1e6 == pytest.approx(millions, rel=0.01)
