"""The order in which posts are shown: by a score, or by what decisions have taught. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal

Order = Literal["score", "file", "random", "new", "uncertain"]
_RANDOM_EVERY = 10


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned from the person's decisions.

    AUC: how often a kept post came before a dropped one, on decisions not learned from; 0.5 is a coin.
    """

    decisions: int  # how many it was learned from
    chances: Mapping[str, float]  # how likely posts are kept, by fingerprint; not of all posts
    auc: float
    score_auc: float | None = None  # of the order by score; None where posts have none

    @property
    def is_better_than_score(self) -> bool:
        """Whether posts are better ordered by this than by their score."""
        return self.auc > max(0.5, self.score_auc or 0.5)


def arrange(posts: Sequence[str], order: Order, scores: Mapping[str, float], rng: Random) -> list[str]:
    """Put posts into an order.

    `score` has the highest first, `uncertain` those nearest to the middle, posts without a score last; every
    tenth is a random one, so that a wrong score cannot hide a good post. `new` has the file's last one first.
    """
    if order in ("file", "new"):
        return list(posts if order == "file" else reversed(posts))
    if order == "random":
        return rng.sample(posts, len(posts))
    best = sorted((post for post in posts if post in scores), key=lambda post: -scores[post])
    if order == "uncertain" and best:
        middle = scores[best[len(best) // 2]]
        best.sort(key=lambda post: abs(scores[post] - middle))
    chosen = rng.sample(best, len(best) // _RANDOM_EVERY)
    taken = set(chosen)
    others = iter([post for post in best if post not in taken])
    mixed: list[str] = []
    for post in chosen:
        mixed += [*islice(others, _RANDOM_EVERY - 1), post]
    return [*mixed, *others, *(post for post in posts if post not in scores)]
