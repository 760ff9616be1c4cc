"""The order in which posts are shown. Pure.

Posts come in as they stand in the file, with a score or a learned chance each; out they come in order. The
one surprise: every tenth card is a random one, so that a wrong score cannot hide a good post.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from botus.review.ranking import Quality

Order = Literal["score", "file", "random", "new", "uncertain"]
_RANDOM_EVERY = 10


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned from the person's decisions.

    Attributes:
        chances: how likely posts are kept, by fingerprint; not of all posts.
        quality: how good that is; None as long as nobody can tell.
        decisions: how many it was learned from.
    """

    chances: Mapping[str, float]
    decisions: int
    quality: Quality | None = None


def arrange(posts: Sequence[str], order: Order, scores: Mapping[str, float], rng: Random) -> list[str]:
    """Put posts into an order; a wrong score cannot hide a good post where every tenth card is random."""
    if order in ("file", "new"):
        return list(posts if order == "file" else reversed(posts))
    if order == "random":
        return rng.sample(posts, len(posts))
    scored = [post for post in posts if post in scores]
    best = sorted(scored, key=lambda post: -scores[post])
    if order == "uncertain" and best:
        middle = scores[best[len(best) // 2]]
        best.sort(key=lambda post: abs(scores[post] - middle))
    chosen = rng.sample(best, len(best) // _RANDOM_EVERY)
    taken = set(chosen)
    others = [post for post in best if post not in taken]
    mixed: list[str] = []
    for number, post in enumerate(chosen):
        start = number * (_RANDOM_EVERY - 1)
        mixed += [*others[start : start + _RANDOM_EVERY - 1], post]
    rest = others[len(chosen) * (_RANDOM_EVERY - 1) :]
    return mixed + rest + [post for post in posts if post not in scores]
