"""What `generate` notes about a candidate: the score among the posts of the corpus."""

from __future__ import annotations

from botus.generation.score import Scorer, sample

CORPUS = [f"The keeper counts {number} gulls on the stairs at night." for number in range(40)]


def test_short_plain_sentences_that_end_score_best() -> None:
    scorer = Scorer(CORPUS)
    good, _ = scorer.rate("The keeper counts gulls.")
    odd, parts = scorer.rate("The xylograph of a quibbling kettle counts every antediluvian gull on the")
    assert good > 0 > odd
    assert list(parts) == ["characters", "closes", "plain", "rarest"]
    assert parts["closes"] == 0.0


def test_a_candidate_is_rated_where_there_is_no_corpus_and_where_it_has_no_word() -> None:
    scorer = Scorer([])
    assert scorer.rate("The kettle sings.")[0] == 0.0
    score, parts = scorer.rate("🌊🌊")
    assert -3 <= score <= 3
    assert list(parts) == ["characters", "closes"]


def test_sample_is_spread_evenly_and_the_same_each_time() -> None:
    posts = [str(number) for number in range(1000)]
    assert sample(posts, 4) == ["0", "250", "500", "750"]
    assert sample(posts[:3], 4) == posts[:3]
