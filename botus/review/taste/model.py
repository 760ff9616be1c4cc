"""What was learned of a deck: what a post is worth, and which words speak for or against it. Pure.

worth = 0.3 · score + trust · taste, with less of the score where decisions speak against it; the taste is a
weighted sum of words, marks and measures. A feature's length says how much it may move: the words of a post
together 1 / 0.1, each measure 1 / 20, the bias 10.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from botus.review.taste.regression import Example
from botus.screening.scoring.deck import MEASURES, Deck

OF_SCORE = 0.3
_OF_WORDS = 1 / math.sqrt(0.1)
_OF_MEASURES = 1 / math.sqrt(20)
_BIAS = math.sqrt(10)
_FIRST = len(MEASURES) + 1  # the number of the first word, after the measures and the bias
_PIECE = 500  # posts between two stops
_LEAST = 0.02  # log-odds that are worth a word

_PHRASES = {
    "characters": ("long", "short"),
    "words": ("many words", "few words"),
    "word length": ("long words", "short words"),
    "capitals": ("capitals", "few capitals"),
    "marks": ("many marks", "few marks"),
    "digits": ("digits", "few digits"),
    "question": ("a question", "no question"),
    "closes": ("a closed end", "an open end"),
    "repeats": ("repeated words", "no repeats"),
    "rarest": ("a rare word", "no rare word"),
    "plain": ("common words", "uncommon words"),
    "logprob": ("likely for the model", "unlikely for the model"),
}  # of a measure above and below the average


class Reason(NamedTuple):
    """What speaks for a post, or against it where it is below 0, in log-odds."""

    words: str
    weight: float


@dataclass(frozen=True)
class Model:
    """What a deck's posts are worth; without `weights` by their score alone."""

    deck: Deck
    weights: Sequence[float] = ()
    trust: float = 0.0
    of_score: float = OF_SCORE

    def rate(self) -> Generator[None, None, array[float]]:
        """Return, in pieces, what the settled posts are worth, by row."""
        at, worth = self.deck.settled, array("d")
        parts = list(map(mul, self.weights[_FIRST:], at.rarities))
        of_measures = [
            (weight * _OF_MEASURES * self.trust, column)
            for weight, column in zip(self.weights, at.columns, strict=False)
        ]
        of_words = self.trust * _OF_WORDS
        yield
        for start in range(0, len(at.scores), _PIECE):
            stop = start + _PIECE
            values = [self.of_score * score for score in at.scores[start:stop]]
            for weight, column in of_measures:
                values = [value + weight * z for value, z in zip(values, column[start:stop], strict=True)]
            if parts:
                for place, row in enumerate(range(start, start + len(values))):
                    if norm := at.norms[row]:
                        sum_of_words = sum(map(parts.__getitem__, self.deck.tokens(row)))
                        values[place] += of_words * sum_of_words / norm
            worth.extend(values)
            yield
        return worth

    def reasons(self, row: int, most: int = 3) -> list[Reason]:
        """Return what speaks loudest for or against a post."""
        scored, found = self.deck.scored(row), []
        for number, (name, z) in enumerate(self.deck.standard(row).items()):
            taste = self.weights[number] * z * _OF_MEASURES if self.weights else 0.0
            weight = self.of_score * scored.get(name, 0.0) + self.trust * taste
            found.append(Reason(_PHRASES[name][z < 0], weight))
        if self.weights:
            names, numbers, values = self.deck.names, *words_of(self.deck, row)
            found += [
                Reason(f"“{names[number - _FIRST]}”", self.trust * self.weights[number] * value)
                for number, value in zip(numbers, values, strict=True)
                if number < len(self.weights)
            ]
        loud = [one for one in found if abs(one.weight) >= _LEAST]
        return sorted(loud, key=lambda one: -abs(one.weight))[:most]


def size(deck: Deck) -> int:
    """How many features there are."""
    return _FIRST + len(deck.settled.rarities)


def example(deck: Deck, row: int, is_kept: bool, weight: float = 1.0, of_score: float = OF_SCORE) -> Example:
    """Make an example of a decision about a post, beside so much of its score."""
    numbers, values = words_of(deck, row)
    measures = [z * _OF_MEASURES for z in deck.standard(row).values()]
    return Example(
        [*range(_FIRST), *numbers],
        [*measures, _BIAS, *values],
        of_score * deck.settled.scores[row],
        is_kept,
        weight,
    )


def words_of(deck: Deck, row: int) -> tuple[list[int], list[float]]:
    """Return the features that are words and marks: their numbers and values."""
    rarities, norm = deck.settled.rarities, deck.settled.norms[row]
    numbers = [token for token in deck.tokens(row) if rarities[token]]
    return [_FIRST + token for token in numbers], [_OF_WORDS * rarities[token] / norm for token in numbers]
