"""Logistic regression by dual coordinate ascent, and the area under the ROC curve. Pure.

The method is that of Yu, Huang and Lin (Machine Learning 85, 2011), with one step of bounded length instead
of a search along each coordinate.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from operator import mul
from random import Random

_PIECE = 150  # examples between two stops


@dataclass(frozen=True, slots=True)
class Example:
    """A decision to learn from.

    Attributes:
        numbers, values: the features that are not 0.
        offset: what is known of it beforehand, in log-odds.
        is_kept: what was decided.
        weight: as how many such decisions it counts.
    """

    numbers: Sequence[int]
    values: Sequence[float]
    offset: float
    is_kept: bool
    weight: float = 1.0

    def taste(self, weights: Sequence[float]) -> float:
        """Return what weights make of the features."""
        found: float = sum(map(mul, map(weights.__getitem__, self.numbers), self.values))
        return found


def fit(
    examples: Sequence[Example], size: int, passes: int, rng: Random
) -> Generator[None, None, list[float]]:
    """Learn weights for `size` features, in pieces: all keeps together count as much as all drops."""
    weights, alphas = [0.0] * size, [0.0] * len(examples)
    kept = sum(one.weight for one in examples if one.is_kept)
    dropped = sum(one.weight for one in examples if not one.is_kept)
    costs = [one.weight * (1.0 if one.is_kept else kept / dropped) for one in examples]
    dampers = [
        1 + cost / 4 * sum(map(mul, one.values, one.values))
        for one, cost in zip(examples, costs, strict=True)
    ]
    order = list(range(len(examples)))
    yield
    for _ in range(passes):
        rng.shuffle(order)
        for count, number in enumerate(order, 1):
            one, alpha = examples[number], alphas[number]
            sign = 1.0 if one.is_kept else -1.0
            margin = sign * (one.offset + one.taste(weights))
            change = (logistic(-margin) - alpha) / dampers[number]
            alphas[number] = alpha + change
            step = sign * costs[number] * change
            for feature, value in zip(one.numbers, one.values, strict=True):
                weights[feature] += step * value
            if count % _PIECE == 0:
                yield
    return weights


def logistic(value: float) -> float:
    """1 / (1 + e^−x)."""
    return 1.0 / (1.0 + math.exp(-value)) if value > -700 else 0.0


def area(kept: Sequence[float], dropped: Sequence[float]) -> list[float]:
    """Return for every kept value the share of dropped ones below it, equal ones by half.

    The mean over the kept ones is the area under the ROC curve; there must be a dropped one.
    """
    below = sorted(dropped)
    return [(bisect_left(below, one) + bisect_right(below, one)) / 2 / len(below) for one in kept]
