"""How far may what was learned change the order? As far as it tells decisions that it has not seen. Pure."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from random import Random

from botus.review.taste.regression import Example, area, fit

LEARNED_FROM = 30  # decisions: fewer teach nothing
FEWEST = 3  # posts kept, and dropped: with fewer of either it is trusted by half
_FOLDS = 5
_PASSES = 2
_MEMORY = 0.95  # of what earlier lessons have shown: they share most decisions, and with few keeps their luck
_STEEP = 2.0
_DOUBT = 0.5  # standard deviations against the score that do not count yet
_LEAST = 0.001  # so that it still orders what the taste does not tell apart


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One fold: offset and taste of its kept and its dropped posts, learned from the others."""

    kept: tuple[tuple[float, float], ...]
    dropped: tuple[tuple[float, float], ...]

    def areas(self, trust: float) -> list[float]:
        """Return for every kept post how many of the dropped ones it comes before, as a share."""
        kept, dropped = (
            [offset + trust * taste for offset, taste in posts] for posts in (self.kept, self.dropped)
        )
        return area(kept, dropped)


def is_enough(decisions: int, kept: int) -> bool:
    """Tell whether so many decisions can teach anything."""
    return decisions >= LEARNED_FROM and 0 < kept < decisions


def can_tell(decisions: int, kept: int) -> bool:
    """Tell whether so many decisions can show what the taste is worth."""
    return min(kept, decisions - kept) >= FEWEST


def held_out(examples: Sequence[Example], size: int, rng: Random) -> Generator[None, None, list[HeldOut]]:
    """Learn five times, in pieces, each time without a fifth of the kept and of the dropped."""
    kinds = [[one for one in examples if one.is_kept is kept] for kept in (True, False)]
    for one in kinds:
        rng.shuffle(one)
    found = []
    for fold in range(_FOLDS):
        kept, dropped = (kind[fold::_FOLDS] for kind in kinds)
        others = [[one for place, one in enumerate(kind) if place % _FOLDS != fold] for kind in kinds]
        if kept and dropped and all(others):
            weights = yield from fit([*others[0], *others[1]], size, _PASSES, rng)
            rated = [tuple((one.offset, one.taste(weights)) for one in part) for part in (kept, dropped)]
            found.append(HeldOut(*rated))
            yield
    return found


def mean_area(folds: Sequence[HeldOut], trust: float) -> float | None:
    """Return the share of pairs of a kept and a dropped post in which the kept one comes first."""
    areas = [one for fold in folds for one in fold.areas(trust)]
    return sum(areas) / len(areas) if areas else None


def evidence(folds: Sequence[HeldOut]) -> float:
    """Return what speaks for the taste beside the score, in standard deviations of an order by chance."""
    pairs = [pair for fold in folds for pair in zip(fold.areas(1.0), fold.areas(0.0), strict=True)]
    gain = sum(taught - scored for taught, scored in pairs) / len(pairs) if pairs else 0.0
    return gain * math.sqrt(12 * min(len(pairs), sum(len(fold.dropped) for fold in folds)))


def smoothed(before: float, found: float, times: int = 1) -> float:
    """Return the evidence after a lesson, or after so many that found the same."""
    kept = _MEMORY**times
    return kept * before + (1 - kept) * found


def trust(evidence: float) -> float:
    """Return 0 to 1: how likely it is, by this evidence, that the taste is better than the score alone."""
    return _normal(_STEEP * evidence)


def trust_in_score(kept: Sequence[float], dropped: Sequence[float]) -> float:
    """Return above 0 to 1: how far the score holds for these decisions; 1 unless they speak against it.

    A person may like just what it puts last: it would hide that from them for as long as it is believed.
    """
    areas = area(kept, dropped)
    evidence = sum(one - 0.5 for one in areas) / len(areas) * math.sqrt(12 * min(len(kept), len(dropped)))
    return min(1.0, max(_LEAST, 2 * _normal(evidence + _DOUBT)))


def _normal(deviations: float) -> float:
    """The share of a normal distribution below so many standard deviations."""
    return (1 + math.erf(deviations / math.sqrt(2))) / 2
