"""The score prefers what is like the corpus, does not repeat itself, and ends."""

from __future__ import annotations

import pytest

from botus.generation.score import CorpusProfile, profile_of, sample, score

PROFILE = CorpusProfile(median=-3.0, spread=0.5, closed=1.0)


def test_the_median_of_the_corpus_scores_best() -> None:
    likeness = {
        lp: score("A good post it is.", lp, PROFILE)[1]["likeness"] for lp in (-1.0, -2.5, -3.0, -3.5, -5.0)
    }
    assert likeness[-3.0] == 1.0
    assert likeness[-2.5] == likeness[-3.5] == pytest.approx(0.6065)
    assert likeness[-1.0] < 0.01
    assert likeness[-5.0] < 0.01


def test_total_is_the_weighted_mean_of_the_visible_parts() -> None:
    total, parts = score("A good post it is.", -2.5, PROFILE)
    assert list(parts) == ["ending", "likeness", "variety"]
    assert total == pytest.approx(0.6 * 0.6065 + 0.2 + 0.2, abs=1e-3)


@pytest.mark.parametrize("corpus", [CorpusProfile(None, 1.0, 1.0), profile_of([])])
def test_what_cannot_be_told_is_left_out(corpus: CorpusProfile) -> None:
    total, parts = score("A good post it is.", -2.5, corpus)
    assert "likeness" not in parts
    assert total == 1.0


@pytest.mark.parametrize(
    ("post", "ending"),
    [
        ("It ends.", 1.0),
        ("It ends “here.”", 1.0),
        ("It ends 🎉", 1.0),
        ("It ends (here)", 1.0),
        ("It just stops there", 0.25),
        ("It is the end of the", 0.0),
        ("And here is the list:", 0.0),
        ("Well,", 0.0),
    ],
)
def test_endings_are_judged_as_those_of_the_corpus(post: str, ending: float) -> None:
    corpus = CorpusProfile(None, 1.0, closed=0.75)
    assert score(post, None, corpus)[1]["ending"] == ending


def test_repetition_costs() -> None:
    parts = [score(post, None, PROFILE)[1]["variety"] for post in ("a b c d e.", "a b a b a b.", "word")]
    assert parts == [1.0, 0.4, 1.0]


def test_the_profile_is_robust_against_a_few_odd_posts() -> None:
    posts = ["It ends."] * 15 + ["It does not"] * 5
    logprobs = [-3.0, -3.1, -2.9, -3.2, -2.8] * 3 + [-9.0, -8.0, -0.1, -3.0, -3.0]
    corpus = profile_of(posts, lambda asked: logprobs)
    assert corpus.median == pytest.approx(-3.0)
    assert corpus.spread == pytest.approx(1.4826 * 0.1)
    assert corpus.closed == 0.75


def test_a_corpus_of_a_few_posts_tells_nothing_about_likelihood() -> None:
    assert profile_of(["It ends."], lambda asked: [-3.0]).median is None


def test_sample_is_spread_evenly_and_the_same_each_time() -> None:
    posts = [str(number) for number in range(1000)]
    assert sample(posts, 4) == ["0", "250", "500", "750"]
    assert sample(posts[:3], 4) == posts[:3]
