"""The measures of a text and the score of a deck, against a slow reference."""

from __future__ import annotations

import math
import statistics
from random import Random

import pytest

from botus.screening.scoring.deck import MEASURES, Deck
from botus.screening.scoring.measures import read

WORDS = [
    "the",
    "keeper",
    "counts",
    "a",
    "lamp",
    "salt",
    "tide",
    "drawer",
    "gull",
    "kettle",
    "nobody",
    "stairs",
]


def posts(count: int, seed: int = 0) -> list[str]:
    rng = Random(seed)
    return [
        " ".join(rng.choices(WORDS, range(12, 0, -1), k=rng.randrange(2, 9))) + rng.choice(["", ".", "?"])
        for _ in range(count)
    ]


def settled(texts: list[str]) -> Deck:
    deck = Deck()
    for text in texts:
        deck.add(text)
    for _ in deck.settle():
        pass
    return deck


def z(values: list[float], cut: float = 3.0) -> list[float]:
    mean, spread = statistics.fmean(values), statistics.pstdev(values)
    return [max(-cut, min(cut, (value - mean) / spread)) if spread else 0.0 for value in values]


def slow_scores(texts: list[str]) -> list[float]:
    split = [text.rstrip(".?").split() for text in texts]
    n, everything = len(texts), [word for words in split for word in words]
    df = {word: sum(word in words for words in split) for word in set(everything)}
    rarest = [max(math.log((n + 1) / df[word]) for word in words) for words in split]
    shares = {word: math.log(everything.count(word) / len(everything)) for word in df}
    plain = [statistics.fmean(shares[word] for word in set(words)) for words in split]
    length, closes = [math.log(1 + len(text)) for text in texts], [float(text[-1] in ".?") for text in texts]
    columns = zip(z(rarest), z(plain), z(length), z(closes), strict=True)
    return z([-one + two - three + four / 2 for one, two, three, four in columns], math.inf)


def test_the_score_is_that_of_the_formula() -> None:
    texts = posts(60)
    deck = settled(texts)
    assert list(deck.settled.scores) == pytest.approx(slow_scores(texts))
    for row, text in enumerate(texts):
        found = dict(zip(MEASURES, (column[row] for column in deck.settled.columns), strict=True))
        assert found["logprob"] == 0.0  # nobody knows it
        assert deck.measured(row)["words"] == pytest.approx(math.log(1 + len(text.split())))


def test_a_few_new_posts_are_rated_by_what_was_counted_before() -> None:
    deck = settled(posts(100))
    before = list(deck.settled.scores)
    deck.add("the keeper counts an unheard xylograph.")
    for _ in deck.settle():
        pass
    assert list(deck.settled.scores)[:100] == before
    assert len(deck.settled.scores) == 101
    for text in posts(20, seed=1):
        deck.add(text)
    for _ in deck.settle():
        pass
    assert list(deck.settled.scores)[:100] != before


@pytest.mark.parametrize(
    "texts", [[], ["a"], ["🌊", "?", ""], ["one post."] * 5, ["海は静か。", "灯台だけが話す"]]
)
def test_any_deck_has_scores(texts: list[str]) -> None:
    scores = settled(texts).settled.scores
    assert len(scores) == len(texts)
    assert all(math.isfinite(score) for score in scores)


def test_no_piece_of_work_grows_with_the_deck() -> None:
    deck = Deck()
    for text in posts(4000):
        deck.add(text)
    assert sum(1 for _ in deck.settle()) > 4000 / 250 * 10


@pytest.mark.parametrize(
    ("text", "words", "marks"),
    [
        ("The keeper's lamp, THE lamp!", ("the", "keeper's", "lamp"), (",", "!")),
        ("灯台は光る。", ("灯台", "台は", "は光", "光る"), ("。",)),
        ("नमस्ते दुनिया", ("नमस्ते", "दुनिया"), ()),
        ("光", ("光",), ()),
        ("🌊🌊", (), ("🌊",)),
    ],
)
def test_words_are_those_of_the_script(text: str, words: tuple[str, ...], marks: tuple[str, ...]) -> None:
    assert (read(text).words, read(text).marks) == (words, marks)


def test_the_shape_of_a_text() -> None:
    assert read("Is it LATE, 42 42?").shape == pytest.approx(
        (math.log(19), math.log(6), 12 / 5, 5 / 18, 2 / 18, 4 / 18, 1.0, 1.0, 1 / 5)
    )
    assert read("x" * 100_000).shape[0] == pytest.approx(math.log(5001))
