"""Learns from a person's decisions which of the other posts they would keep. Pure, plain Python.

Posts go in as numbers of their features, decisions as keep or not; out come chances to be kept, to sort by,
and how much they can be trusted: the AUC on decisions that the model had not seen. The one surprise: the long
pieces of work are generators that stop every few milliseconds, so that a key is never kept waiting.
"""

from __future__ import annotations

import math
import re
import zlib
from array import array
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

FEWEST = 30  # decisions from which a model is worth something
_FEWEST_OF_A_KIND = 5  # kept, and not kept: fewer tell about these posts, not about the person
_SIZE = 1 << 15
_EPOCHS = 4
_RATE = 4.0
_PIECE = 50  # examples between two stops
_FOLDS = 5
_MOST_WEIGHT = 20.0
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")

Work = Generator[None, None, "Model"]
Example = tuple[Sequence[int], bool]


@dataclass(frozen=True)
class Model:
    """Logistic regression on features that are there or not: one weight each."""

    weights: Sequence[float]
    bias: float

    def chance(self, found: Sequence[int]) -> float:
        """How likely a post with these features is kept: 0 to 1, for sorting rather than for betting."""
        return _logistic(self.bias + sum(map(self.weights.__getitem__, found)) / _norm(found))


@dataclass(frozen=True)
class Quality:
    """What a model is worth.

    Attributes:
        decisions: how many it was made from.
        kept: how many of these kept the post.
        auc: how often a kept post was ranked before one that was not, on unseen decisions; 0.5 is a coin.
        score_auc: the same for the order by score; None where posts have none.
    """

    decisions: int
    kept: int
    auc: float
    score_auc: float | None = None

    @property
    def is_better_than_score(self) -> bool:
        """Whether posts are better ordered by this than by their score."""
        return self.auc > max(0.5, self.score_auc or 0.5)


def features(text: str, parts: Mapping[str, float] | None = None) -> array[int]:
    """Return the numbers of a post's features: its words, pairs of words, letters in a row, length and score.

    Args:
        text: the post.
        parts: of its score, 0 to 1 each.
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


def fitting(examples: Sequence[Example], seed: int = 0) -> Work:
    """Learn, in pieces; the model is what the generator returns.

    Args:
        examples: features and whether the post was kept, at least one of each kind.
        seed: for the order in which they are gone through.
    """
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
            norm = _norm(found)
            chance = _logistic(bias + sum(map(weights.__getitem__, found)) / norm)
            error = (1.0 - chance) * weight if is_kept else -chance
            step = rate * max(-1.0, min(1.0, error)) / norm
            for feature in found:
                weights[feature] += step
            bias += 0.1 * step
            if count % _PIECE == 0:
                yield
    return Model(weights, bias)


def measuring(examples: Sequence[Example], seed: int = 0) -> Generator[None, None, float | None]:
    """Cross-validate, in pieces: the AUC on decisions that the model of their fold has not seen.

    Returns:
        None where there are too few of a kind to tell.
    """
    order = list(range(len(examples)))
    Random(seed).shuffle(order)
    order.sort(key=lambda number: examples[number][1])  # so that every fold has its share of the few
    if min(_kinds(examples)) < _FOLDS:
        return None
    areas = []
    for fold in range(_FOLDS):
        held = order[fold::_FOLDS]
        out = set(held)
        model = yield from fitting([one for number, one in enumerate(examples) if number not in out], seed)
        areas.append(area([(model.chance(examples[number][0]), examples[number][1]) for number in held]))
        yield
    return sum(areas) / len(areas)


def area(rated: Sequence[tuple[float, bool]]) -> float:
    """The area under the ROC curve (AUC) by ranks; equal chances count half.

    Args:
        rated: chance and truth, both truths among them.
    """
    ordered = sorted(rated)
    total, start = 0.0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        total += (start + 1 + end) / 2 * sum(truth for _, truth in ordered[start:end])
        start = end
    kept = sum(truth for _, truth in ordered)
    return (total - kept * (kept + 1) / 2) / (kept * (len(ordered) - kept))


def is_enough(examples: Sequence[Example]) -> bool:
    """Tell whether there is something to learn from."""
    return len(examples) >= FEWEST and min(_kinds(examples)) >= _FEWEST_OF_A_KIND


def _kinds(examples: Sequence[Example]) -> tuple[int, int]:
    kept = sum(is_kept for _, is_kept in examples)
    return kept, len(examples) - kept


def _norm(found: Sequence[int]) -> float:
    return math.sqrt(len(found) or 1)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))
