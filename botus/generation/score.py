"""In which order are candidates worth reading? Pure parts from 0 to 1, and a total to sort by.

The likeliest text is not the best one: very low probability is word salad, very high is a copy or a
commonplace. What counts is to lie where the posts of the corpus lie.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from botus.store.forgotten import ForgottenCorpus

WEIGHTS = {"likeness": 0.6, "variety": 0.2, "ending": 0.2}
FEWEST = 10  # posts of a corpus from which its profile can be told
_REAL_POSTS = 64  # of a corpus, about which the model is asked

Logprob = Callable[[Sequence[str]], list[float]]  # the mean log-probability per token of posts, in nats

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CLOSED = re.compile(r"[.!?…。！？\"”’»)\]*~]$|[^\w\s,;:\-–—&/+(\[{“„«]$")
_CUT_OFF = re.compile(
    r"(?:[,:;\-–—&(“]|\b(?:an?|and|as|at|because|but|by|for|from|if|in|into|is|its|it's|my|of|on|or|our|than"
    r"|that|the|their|this|to|was|were|which|who|with|your))$",
    re.IGNORECASE,
)


class CorpusProfile(NamedTuple):
    """What the posts of a corpus are like."""

    median: float | None  # of the posts' mean log-probability per token, in nats
    spread: float  # their standard deviation, estimated from the median deviation
    closed: float  # the share of posts that end with a closing mark or an emoji


def profile_of(corpus: Sequence[str], logprob: Logprob | None = None) -> CorpusProfile:
    """Learn what real posts are like from some of a corpus, and from the model where it is to be asked."""
    posts = sample(corpus, _REAL_POSTS)
    closed = sum(bool(_CLOSED.search(post)) for post in posts) / len(posts) if posts else 0.0
    if logprob is None or len(posts) < FEWEST:
        return CorpusProfile(None, 1.0, closed)
    logprobs = logprob(posts)
    median = statistics.median(logprobs)
    deviation = statistics.median(abs(one - median) for one in logprobs)
    return CorpusProfile(median, max(1.4826 * deviation, 0.05), closed)  # 1.4826: of a normal distribution


def forgotten_profile(forgotten: Sequence[ForgottenCorpus], model: str, posts: int) -> CorpusProfile | None:
    """Return what real posts are like, if that is better known from forgotten corpora than from this one.

    What another model thought than the one with this fingerprint does not count; this one has so many posts.
    """
    asked = [one for one in forgotten if one.model == model and one.profile[0] is not None]
    if asked:
        best = max(asked, key=lambda one: one.posts)
        return CorpusProfile(*best.profile) if best.posts >= posts else None
    if posts >= FEWEST or not forgotten:
        return None
    _, _, closed = max(forgotten, key=lambda one: one.posts).profile
    return CorpusProfile(None, 1.0, closed)


def score(post: str, logprob: float | None, corpus: CorpusProfile) -> tuple[float, dict[str, float]]:
    """Rate a candidate: return the total, 0 to 1, and its parts by name; one that cannot be had is missing.

    Its log-probability is a mean per token, as `Logprob` gives it.
    """
    parts = {"variety": _variety(post), "ending": _ending(post, corpus.closed)}
    if logprob is not None and corpus.median is not None:
        parts["likeness"] = _likeness(logprob, corpus.median, corpus.spread)
    weight = sum(WEIGHTS[name] for name in parts)
    total = sum(WEIGHTS[name] * value for name, value in parts.items()) / weight
    return round(total, 4), {name: round(value, 4) for name, value in sorted(parts.items())}


def sample(posts: Sequence[str], count: int) -> list[str]:
    """Choose posts evenly spread over a corpus, the same ones each time."""
    if len(posts) <= count:
        return list(posts)
    return [posts[place * len(posts) // count] for place in range(count)]


def _likeness(logprob: float, median: float, spread: float) -> float:
    """1 at the corpus' median, 0.61 one standard deviation away on either side, 0.14 two."""
    return math.exp(-(((logprob - median) / spread) ** 2) / 2)


def _variety(post: str) -> float:
    """The share of word pairs that occur for the first time."""
    words = _WORD.findall(post.casefold())
    pairs = list(pairwise(words))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def _ending(post: str, closed: float) -> float:
    """1 where a post ends as those of the corpus do, less the more they close and it does not."""
    if _CLOSED.search(post):
        return 1.0
    return 0.0 if _CUT_OFF.search(post) else 1.0 - closed
