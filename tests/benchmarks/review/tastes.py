"""Tasks for an order: posts, and which of them a person with a taste keeps. All drawn anew from every seed.

The person is not consistent: of what suits the taste they drop one in three, and one in ten of what they
keep does not suit it. So no order can be perfect, and an order that only knows the taste is not either.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SUITING = 1.5  # posts that suit a taste, for one of them that is kept
_ODD = 10  # keeps for one that does not suit

Taste = Callable[[Sequence[str], float, Random], list[float]]
"""How well each of the posts suits; so many posts should suit; what the taste is may be drawn."""


@dataclass(frozen=True)
class Task:
    """Posts that are put before a person with a taste."""

    name: str
    texts: Sequence[str]
    taste: Taste

    def deck(self, size: int, rate: float, seed: int) -> tuple[list[str], set[str]]:
        """Draw posts in the order of a file, and those among them that the person would keep."""
        rng = Random(f"{self.name} {rate} {seed}")
        posts = rng.sample(self.texts, min(size, len(self.texts)))
        wanted = max(1, round(rate * len(posts)))
        fits = dict(zip(posts, self.taste(posts, _SUITING * wanted, rng), strict=True))
        ranked = sorted(posts, key=lambda post: -fits[post])
        suiting, others = ranked[: math.ceil(_SUITING * wanted)], ranked[math.ceil(_SUITING * wanted) :]
        odd = wanted // _ODD
        return posts, {*rng.sample(suiting, wanted - odd), *rng.sample(others, odd)}


def short_questions(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """They ask something, in few words."""
    return [60.0 * post.endswith(("?", "？")) - len(post) for post in posts]


def lowercase(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """They do without capitals."""
    return [-sum(map(str.isupper, post)) / len(post) for post in posts]


def marks(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """They have exclamation marks, dashes, quotes: marks of all kinds."""
    return [sum(not (one.isalnum() or one.isspace()) for one in post) / len(post) for post in posts]


def topic(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """They are about a handful of things, whose words are about equally frequent."""
    words = [set(_WORD.findall(post.casefold())) for post in posts]
    return _about(words, wanted, rng, lambda word: len(word) > 3)


def unspaced_topic(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """The same where no spaces tell what a word is: pairs of letters are the things."""
    pairs = [{post[at : at + 2] for at in range(len(post) - 1)} for post in posts]
    return _about(pairs, wanted, rng, str.isalpha)


def _about(
    things: Sequence[set[str]], wanted: float, rng: Random, fits: Callable[[str], bool]
) -> list[float]:
    counts = Counter(thing for post in things for thing in sorted(post))
    low, high = max(2.0, wanted / 8), max(4.0, wanted / 3)
    choice = [thing for thing, count in counts.items() if low <= count <= high and fits(thing)]
    chosen: set[str] = set()
    for thing in rng.sample(choice, len(choice)):
        chosen.add(thing)
        if sum(not chosen.isdisjoint(post) for post in things) >= wanted:
            break
    return [float(len(chosen & post)) for post in things]


def rarity(posts: Sequence[str], wanted: float, rng: Random) -> list[float]:
    """They have words that hardly any other has: the two rarest count."""
    words = [sorted(set(_WORD.findall(post.casefold()))) for post in posts]
    counts = Counter(word for post in words for word in post)
    rare = [sorted((math.log(len(posts) / counts[word]) for word in post), reverse=True) for post in words]
    return [sum(post[:2]) + rng.random() for post in rare]


def without_spaces(text: str) -> str:
    """Write a post in a script that has no spaces: every word becomes one or two signs."""
    written = []
    for word in re.findall(r"\w+|[.?!,]", text.casefold()):
        number = zlib.crc32(word.encode())
        signs = chr(0x4E00 + number % 3000) + (chr(0x4E00 + number // 3000 % 3000) if len(word) > 4 else "")
        written.append({".": "。", "?": "？", "!": "！", ",": "、"}.get(word, signs))
    return "".join(written)
