"""The order in which posts are shown: by what they are worth, and every tenth at random. Pure.

No order depends on the one before it: chance is a lot that every post draws once, by its fingerprint and the
seed. It decides between equals, and makes the tenth card one of all that are left, whatever they are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge
from typing import Literal, NamedTuple, TypeVar

from botus.review.taste.model import Reason

Order = Literal["score", "file", "random", "new", "uncertain"]
RANDOM_EVERY = 10
_PIECE = 500  # posts between two stops
# Lots below this one are drawn for the tenth cards: four tenths of all, since some come by their worth first.
_DRAWN = (1 << 32) * 4 // RANDOM_EVERY

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned from the person's decisions.

    Attributes:
        decisions, kept: how many there were.
        trust: how far it changes the order, 0 to 1.
        worth: what posts are worth by it, by fingerprint.
        area: how often a post that was kept comes before one that was not, on decisions not learned from;
            score_area: by the score alone. None where too few were kept or dropped to tell.
        reasons: what speaks for a post by it, or against it.
    """

    decisions: int
    kept: int
    trust: float
    worth: Mapping[str, float]
    area: float | None = None
    score_area: float | None = None
    reasons: Callable[[str], Sequence[Reason]] = lambda post: ()


class Arranged(NamedTuple):
    """Posts in their order, and which of them come at random."""

    posts: list[str]
    by_chance: frozenset[str]


def arrange(
    posts: Sequence[str], order: Order, worth: Mapping[str, float], seed: int = 0, since: int = 0
) -> Arranged:
    """Put posts into an order.

    `score` has what is worth most first, `uncertain` what is nearest to the average, and both what nobody has
    rated last, at random. `new` has the file's last one first.

    Args:
        posts: fingerprints in the order of the file.
        since: cards that were shown since the last one that came at random.
    """
    return finished(arranging(posts, order, worth, seed, since, max(1, len(posts))))


def arranging(
    posts: Sequence[str],
    order: Order,
    worth: Mapping[str, float],
    seed: int = 0,
    since: int = 0,
    piece: int = _PIECE,
) -> Generator[None, None, Arranged]:
    """Do what `arrange` does, in pieces of so many posts; a single one is done sooner than many."""
    if order in ("file", "new"):
        return Arranged(list(posts if order == "file" else reversed(posts)), frozenset())
    middle = (yield from _middle(posts, worth)) if order == "uncertain" else None
    # Posts are numbers here: to free a set of a hundred thousand texts takes longer than a piece may.
    best: list[list[tuple[float, int, int]]] = []
    drawn: list[list[tuple[int, int]]] = []
    others: list[list[tuple[int, int]]] = []
    for start in range(0, len(posts), piece):
        lots = [(_lot(post, seed), at) for at, post in enumerate(posts[start : start + piece], start)]
        rated = [(lot, at) for lot, at in lots if posts[at] in worth] if order != "random" else []
        known = [worth[posts[at]] for _, at in rated]
        values = [-value if middle is None else abs(value - middle) for value in known]
        best.append(sorted(((value, *one) for value, one in zip(values, rated, strict=True)), reverse=True))
        drawn.append(sorted((one for one in rated if one[0] < _DRAWN), reverse=True))
        there = set(rated)
        others.append(sorted((one for one in lots if one not in there), reverse=True))
        yield
    in_order = (at for _, _, at in merge(*map(_emptied, best)))
    lucky = (at for _, at in merge(*map(_emptied, drawn)))
    mixed, by_chance = yield from _mixed(posts, in_order, lucky, since)
    for count, (_, at) in enumerate(merge(*map(_emptied, others)), 1):
        mixed.append(posts[at])
        if count % _PIECE == 0:
            yield
    return Arranged(mixed, frozenset(mixed if order == "random" else by_chance))


def _middle(posts: Sequence[str], worth: Mapping[str, float]) -> Generator[None, None, float]:
    """The average worth of posts, as far as they are rated."""
    total, count = 0.0, 0
    for start in range(0, len(posts), _PIECE):
        values = [worth[post] for post in posts[start : start + _PIECE] if post in worth]
        total, count = total + sum(values), count + len(values)
        yield
    return total / max(count, 1)


def _emptied(run: list[Found]) -> Iterator[Found]:
    """Take everything out of a list, from its end: to free a long one at once would take too long."""
    while run:
        yield run.pop()


def _mixed(
    posts: Sequence[str], in_order: Iterator[int], lucky: Iterator[int], since: int
) -> Generator[None, None, tuple[list[str], list[str]]]:
    """Put one of the lucky into every tenth place, as long as there are any; each post comes once."""
    mixed: list[str] = []
    by_chance: list[str] = []
    placed = bytearray(len(posts))
    while True:
        turn = (len(mixed) + since) % RANDOM_EVERY == RANDOM_EVERY - 1
        at = next((one for one in lucky if not placed[one]), None) if turn else None
        if at is not None:
            by_chance.append(posts[at])
        else:
            at = next((one for one in in_order if not placed[one]), None)
        if at is None:
            return mixed, by_chance
        mixed.append(posts[at])
        placed[at] = True
        if len(mixed) % _PIECE == 0:
            yield


def _lot(post: str, seed: int) -> int:
    """A number below 2^32 that looks drawn at random, the same for a post and a seed."""
    return int.from_bytes(blake2b(f"{seed} {post}".encode("utf-8", "replace"), digest_size=4).digest())


def finished(work: Generator[None, None, Found]) -> Found:
    """Do the work of a generator at once, and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Found = end.value
            return found
