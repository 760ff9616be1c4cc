"""Is the model learning posts by heart? What it writes while it is trained, and how much of that is copied.

Copies never stop a training: a sample of 64 posts is too small for that. After the end, the means of three
looks say whether fewer steps would have copied less at hardly a higher held-out loss, and the last two looks
whether more steps would lower it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botus.checkpoints.markers import Form, Watch
from botus.screening.novelty import COPY, NEAR_COPY, Novelty
from botus.training.run_folder import LossRow

TEMPERATURE = 0.9

_HARDLY = 0.05  # nats per token: a twentieth of the perplexity
_SHARE = 2 / 3  # of the copies that are in the end, at the most
_POINTS = 0.05  # and by so much fewer: what three samples can tell
_LITTLE = 0.01  # nats per token: a hundredth of the perplexity
_ALIKE = 1.05  # a held-out loss that is less above that of the training is hardly above it
_MANY = 5000  # tokens: fewer held-out ones may be easier or harder than those of the training
_SPREAD = 0.5  # nats: by so much the loss of one token differs between two looks


@dataclass(frozen=True)
class Sampled:
    """The finished posts of a sample, and how many of them `generate` would refuse as copies."""

    posts: tuple[str, ...]
    copies: int

    @property
    def copy_rate(self) -> float | None:
        """The share of copies; None where no post was finished."""
        return self.copies / len(self.posts) if self.posts else None


def sample_reader(
    pieces: Sequence[bytes], markers: bool, corpus: Sequence[str]
) -> Callable[[Sequence[Sequence[int]]], Sampled]:
    """Return what judges sampled texts, each the tokens that follow the beginning of a post.

    A text without an end is no post: it would never be used. `pieces` are the bytes of each token id.
    """
    novelty = Novelty(corpus)

    def post(tokens: Sequence[int]) -> str:
        watch = Watch(1, pieces, Form.trained(markers))
        if not any(watch.see(0, token, 0.0) for token in tokens):
            return ""
        return watch.drafts[0].read()[0].strip()

    def read(texts: Sequence[Sequence[int]]) -> Sampled:
        posts = tuple(filter(None, map(post, texts)))
        return Sampled(posts, sum(novelty.check(one).reason in (COPY, NEAR_COPY) for one in posts))

    return read


@dataclass(frozen=True)
class Overtraining:
    """A step at which training might have ended."""

    step: int
    fall: float  # of the held-out loss after it, nats per token
    before: float  # the share of copies there
    after: float  # and at the step that is kept


def overtraining(rows: Sequence[LossRow], best_step: int) -> Overtraining | None:
    """Find the earliest look after which mostly the copies rose; None where there is none."""
    looks = [
        (row.step, row.held_out, row.copy_rate)
        for row in rows
        if row.held_out is not None and row.copy_rate is not None
    ]

    def copies(number: int) -> float:
        """The mean share of copies at a look and its neighbours."""
        near = [rate for _, _, rate in looks[max(0, number - 1) : number + 2]]
        return sum(near) / len(near)

    kept = next((number for number, look in enumerate(looks) if look[0] == best_step), 0)
    for number, (step, loss, _) in enumerate(looks[:kept]):
        fall, before, after = loss - looks[kept][1], copies(number), copies(kept)
        if fall <= _HARDLY and before <= after * _SHARE and after - before >= _POINTS:
            return Overtraining(step, fall, before, after)
    return None


@dataclass(frozen=True)
class StillFalling:
    """A training that ended too soon."""

    fall: float  # of the held-out loss from the last look but one to the last, nats per token
    steps: int  # to be tried instead
    is_slight: bool = False  # the fall is, and nothing is known by heart


def still_falling(rows: Sequence[LossRow], steps: int, tokens: int) -> StillFalling | None:
    """Tell whether the held-out loss fell to the last of all steps; None where it did not, or only by chance.

    The learning rate sinks to the end of the steps, however few they are, and with it what a look can show.
    But as long as the held-out loss is hardly above that of the training, there is more to learn.

    Args:
        steps: those of the plan; a training that ended before had stopped learning.
        tokens: how many are held out and looked at: the fewer, the more a loss is moved by chance.
    """
    looks = [(row.step, row.held_out) for row in rows if row.held_out is not None]
    if len(looks) < 2 or looks[-1][0] < steps:
        return None
    last = looks[-1][1]
    fall = min(loss for _, loss in looks[:-1]) - last
    is_slight = fall <= max(_LITTLE, _SPREAD / math.sqrt(max(1, tokens)))
    seen = [row.train for row in rows if row.step > looks[-2][0]]
    if fall > 0 and tokens >= _MANY and last < _ALIKE * sum(seen) / len(seen):
        return StillFalling(fall, 4 * steps, is_slight)
    return None if is_slight else StillFalling(fall, 2 * steps)
