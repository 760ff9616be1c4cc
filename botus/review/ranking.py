"""Learns from decisions which other posts a person would keep: logistic regression in plain Python. Pure.

The long pieces of work are generators that stop every few milliseconds, so that a key is never kept waiting.
Another model is another `features`, `fit` and `Model`; `cross_validate` says what it is worth.
"""

from __future__ import annotations

import math
import re
import zlib
from array import array
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

FEWEST = 30  # decisions from which a model is worth something
_FOLDS = 5  # also the fewest that kept, and that did not: fewer tell about these posts, not about the person
_SIZE = 1 << 15
_EPOCHS = 4
_RATE = 4.0
_PIECE = 50  # examples between two stops
_MOST_WEIGHT = 20.0
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")

Example = tuple[Sequence[int], bool]
"""Features of a post, and whether it was kept."""


@dataclass(frozen=True)
class Model:
    """Logistic regression on features that are there or not: one weight each."""

    weights: Sequence[float]
    bias: float

    def chance(self, features: Sequence[int]) -> float:
        """How likely a post is kept: 0 to 1, for sorting rather than for betting."""
        return _chance(self.weights, self.bias, features)


def features(text: str, parts: Mapping[str, float] | None = None) -> array[int]:
    """Return the numbers of a post's features: its words, pairs of words, letters in a row, length and score.

    The parts of its score are 0 to 1 each.
    """
    folded = text.casefold()
    words = _WORD.findall(folded)
    names = {f"w{word}" for word in words}
    names.update(f"p{one} {other}" for one, other in zip(["", *words], [*words, ""], strict=True))
    padded = f" {folded} "
    names.update(padded[at : at + 4] for at in range(len(padded) - 3))
    names.add(f"length {len(text).bit_length()}")
    names.add(f"words {min(len(words), 40) // 4}")
    names.update(f"part {name} {round(value * 5)}" for name, value in (parts or {}).items())
    return array("H", sorted({zlib.crc32(name.encode("utf-8", "replace")) % _SIZE for name in names}))


def is_enough(examples: Sequence[Example]) -> bool:
    """Tell whether there is something to learn from."""
    kept = sum(is_kept for _, is_kept in examples)
    return len(examples) >= FEWEST and min(kept, len(examples) - kept) >= _FOLDS


def fit(examples: Sequence[Example], seed: int = 0) -> Generator[None, None, Model]:
    """Learn, in pieces, by stochastic gradient descent; the generator returns the model."""
    weights, bias = [0.0] * _SIZE, 0.0
    kept = sum(is_kept for _, is_kept in examples)
    # A person keeps few: without this, the model would learn to say no and nothing else.
    weight = min(_MOST_WEIGHT, max(1.0, (len(examples) - kept) / max(kept, 1)))
    rng, order = Random(seed), list(range(len(examples)))
    for epoch in range(_EPOCHS):
        rng.shuffle(order)
        rate = _RATE / (1 + epoch)
        for count, number in enumerate(order, 1):
            found, is_kept = examples[number]
            chance = _chance(weights, bias, found)
            error = (1.0 - chance) * weight if is_kept else -chance
            step = rate * max(-1.0, min(1.0, error)) / _norm(found)
            for feature in found:
                weights[feature] += step
            bias += 0.1 * step
            if count % _PIECE == 0:
                yield
    return Model(weights, bias)


def cross_validate(examples: Sequence[Example], seed: int = 0) -> Generator[None, None, float]:
    """Return, in pieces, the AUC on decisions that the model of their fold has not seen."""
    order = list(range(len(examples)))
    Random(seed).shuffle(order)
    order.sort(key=lambda number: examples[number][1])  # so that every fold has its share of the few
    areas = []
    for fold in range(_FOLDS):
        held = set(order[fold::_FOLDS])
        model = yield from fit([one for number, one in enumerate(examples) if number not in held], seed)
        areas.append(auc([(model.chance(examples[number][0]), examples[number][1]) for number in held]))
        yield
    return sum(areas) / len(areas)


def auc(rated: Sequence[tuple[float, bool]]) -> float:
    """The area under the ROC curve of chances and truths (both kinds); equal chances count half."""
    total, rank = 0.0, 0
    for _, tied in groupby(sorted(rated), key=lambda one: one[0]):
        truths = [truth for _, truth in tied]
        total += sum(truths) * (rank + (len(truths) + 1) / 2)  # the mean rank of those with equal chances
        rank += len(truths)
    kept = sum(truth for _, truth in rated)
    return (total - kept * (kept + 1) / 2) / (kept * (len(rated) - kept))


def _chance(weights: Sequence[float], bias: float, found: Sequence[int]) -> float:
    value = bias + sum(map(weights.__getitem__, found)) / _norm(found)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


def _norm(found: Sequence[int]) -> float:
    return math.sqrt(len(found) or 1)
