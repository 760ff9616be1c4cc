"""How many keepers are left, as far as the cards tell that came at random. Pure.

A card at random was one of all that were left then, so its chance of being kept was (K + k) / (L + l): K
keepers and L posts are left now, k and l were decided since, it included. The sum of that over all of them is
how many keeps are to be expected, and Poisson's distribution says how far from it their number may lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TAIL = 0.05  # the chance that the true number lies beyond either end


class Draw(NamedTuple):
    """A card that came at random.

    Attributes:
        is_kept: whether it was kept.
        kept, decided: how many posts were, from this one on.
    """

    is_kept: bool
    kept: int
    decided: int


@dataclass(frozen=True)
class Estimate:
    """How many keepers may be among the posts that are left: most likely, and between two bounds of 90 %."""

    draws: int
    kept: int
    left: int
    likely: float
    least: float
    most: float


def estimate(draws: Sequence[Draw], left: int) -> Estimate:
    """Estimate the keepers among `left` posts."""
    kept = sum(draw.is_kept for draw in draws)
    per_keeper = sum(1 / (left + draw.decided) for draw in draws)
    found = sum(draw.kept / (left + draw.decided) for draw in draws)

    def keepers(expected: float) -> float:
        return min(max((expected - found) / per_keeper, 0.0), left) if draws else float(left)

    least = keepers(mean_for(kept - 1, 1 - _TAIL)) if kept else 0.0
    return Estimate(len(draws), kept, left, keepers(kept), least, keepers(mean_for(kept, _TAIL)))


def mean_for(count: int, chance: float) -> float:
    """Return the mean of a Poisson distribution that has so many or fewer with this chance."""
    low, high = 0.0, 10.0 + 2 * count + 10 * math.sqrt(count)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(count, middle) > chance else (low, middle)
    return high


def at_most(count: int, mean: float) -> float:
    """Return the chance of so many or fewer in a Poisson distribution."""
    logs = (number * math.log(mean) - mean - math.lgamma(number + 1) for number in range(count + 1))
    return sum(map(math.exp, logs)) if mean > 0 else 1.0
