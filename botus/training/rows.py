"""From posts to the rows of tokens that a training step takes. Pure.

In come posts as token ids and their weights; out comes an endless stream of rows, and for the held-out posts
a few rows with the number of tokens that count. The surprise: some rows begin with the token <|endoftext|>,
because that is the one from which gpt-2-simple itself starts to write.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from botus.checkpoints.markers import END, START

Row = list[int]
_FROM_END = 4  # each fourth row begins with <|endoftext|>


class Opening(NamedTuple):
    """How rows begin.

    Attributes:
        usual: the tokens before the first post of a row: what stands before any post, unless that belongs to
            the post itself.
        end: the token <|endoftext|>.
    """

    usual: Row
    end: int

    def __call__(self, number: int) -> Row:
        return [self.end] if number % _FROM_END == 0 else list(self.usual)


class Check(NamedTuple):
    """A row of held-out posts; only its first `used` tokens are posts."""

    row: Row
    used: int


def written(post: str, markers: bool) -> str:
    """Return a post as it stands in the training text.

    Args:
        post: the post; a marker inside it would end it, so it is taken out.
        markers: between `<|startoftext|>` and `<|endoftext|>`, as gpt-2-simple trains on CSV files; otherwise
            a line break ends it, and it must have none.
    """
    if not markers:
        return f"{post}\n"
    for marker in (START, END):
        post = post.replace(marker, "")
    return f"{START}{post}{END}\n"


def stream(posts: Sequence[Row], weights: Sequence[float], seed: int) -> Iterator[Row]:
    """Yield posts for ever, pass after pass, each pass in an order of its own.

    Args:
        posts: token ids.
        weights: how often a post comes in a pass; of 2.5 the half is drawn for each pass.
        seed: repeats the stream.
    """
    for number in itertools.count():
        rng = random.Random(f"{seed} {number}")
        drawn = [post for post, weight in zip(posts, weights, strict=True) for _ in _times(weight, rng)]
        rng.shuffle(drawn)
        yield from drawn


def rows(posts: Iterable[Row], width: int, opening: Opening) -> Iterator[Row]:
    """Pack posts into rows, each from a post's beginning; a post cut off by a row's end begins the next.

    Args:
        posts: token ids; a post that is longer than a row goes on in the rows after it.
        width: tokens per row. A last row that is not full is left out.
        opening: how rows begin.
    """
    number, row = 0, opening(0)
    is_empty = True
    for post in posts:
        rest = post
        while len(row) + len(rest) > width:
            yield (row + rest)[:width]
            number += 1
            rest = rest[width - len(row) :] if is_empty else rest
            row = [] if is_empty else opening(number)
            is_empty = True
        row += rest
        is_empty = False


def checks(posts: Iterable[Row], width: int, opening: Opening, pad: int) -> list[Check]:
    """Pack whole posts into rows that are filled up with a token that does not count.

    Args:
        posts: token ids; what is longer than a row is cut.
        width: tokens per row.
        opening: how rows begin.
        pad: the token to fill up with.
    """
    packed: list[Row] = []
    for post in posts:
        if not packed or len(packed[-1]) + len(post) > width:
            packed.append(list(opening.usual or [opening.end]))
        packed[-1] += post[: width - len(packed[-1])]
    return [Check(row + [pad] * (width - len(row)), len(row)) for row in packed]


def batches(rows: Iterator[Row], size: int, skip: int = 0) -> Iterator[list[Row]]:
    """Yield lists of `size` rows, after `skip` such lists; those are packed all the same, which is quick."""
    rows = itertools.islice(rows, skip * size, None)
    while batch := list(itertools.islice(rows, size)):
        yield batch


def _times(weight: float, rng: random.Random) -> range:
    whole = math.floor(weight)
    return range(whole + (rng.random() < weight - whole))
