"""Which posts are held out, so that a loss can be measured on what the model has never seen. Pure.

In come posts and a seed; out come two lists of their numbers. The surprise: nothing is drawn. A post's own
fingerprint decides together with the seed, so that a corpus that has grown keeps its held-out posts held out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from botus.text import fingerprint

SHARE = 0.05
FEWEST = 2  # below forty posts the share alone may hold out none


class Split(NamedTuple):
    """Numbers of posts: those to train on in the corpus's order, and the held-out ones in their own."""

    train: list[int]
    held_out: list[int]


def split(posts: Sequence[str], seed: int) -> Split:
    """Hold out about one post in twenty.

    Args:
        posts: the corpus, each post once.
        seed: another seed holds out other posts.

    Returns:
        the split; of the held-out posts the first ones stay the first ones when the corpus grows.
    """
    places = sorted((_place(post, seed), number) for number, post in enumerate(posts))
    count = max(min(FEWEST, len(posts)), sum(place < SHARE for place, _ in places))
    held_out = [number for _, number in places[:count]]
    return Split(sorted(number for _, number in places[count:]), held_out)


def _place(post: str, seed: int) -> float:
    """A number from 0 to 1 that depends on the post and the seed alone."""
    key = f"{seed} {fingerprint(post)}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64
