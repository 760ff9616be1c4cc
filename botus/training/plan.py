"""What a training does with its time: sizes, steps, windows, learning rate. Pure.

In come the size of the corpus and what the person chose; out comes a plan that holds every number of the
training. The surprise: the window shrinks with a small corpus, because a row that holds the same post twice
would teach the model to look back and copy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FEWEST_POSTS = 20
PATIENCE = 3  # looks without a better held-out loss before training stops

_MOST_WINDOW = 1024
_LEAST_WINDOW = 16
_CLIMB = 100  # steps in which the learning rate rises
_LAST_SHARE = 0.05  # of the learning rate, at the last step


@dataclass(frozen=True)
class Size:
    """A GPT-2 to be trained from nothing, under the names of hparams.json, and how it learns best."""

    n_vocab: int
    n_ctx: int
    n_embd: int
    n_head: int
    n_layer: int
    batch: int
    rate: float

    def hparams(self, n_vocab: int) -> dict[str, int]:
        """The content of hparams.json, with a vocabulary of so many tokens."""
        names = ("n_ctx", "n_embd", "n_head", "n_layer")
        return {"n_vocab": n_vocab} | {name: getattr(self, name) for name in names}


# 1, 6 and 18 million weights.
SIZES = {
    "nano": Size(2048, 128, 128, 4, 4, batch=16, rate=2e-3),
    "mini": Size(4096, 256, 256, 4, 6, batch=16, rate=1e-3),
    "small": Size(8192, 256, 384, 6, 8, batch=16, rate=6e-4),
}


@dataclass(frozen=True)
class Habits:
    """How a kind of training goes about it: rows per step, learning rate, passes and the fewest steps."""

    batch: int
    rate: float
    passes: int
    fewest_steps: int


def from_scratch(size: Size) -> Habits:
    """A model that knows nothing: twenty passes, and enough steps to learn letters at all."""
    return Habits(size.batch, size.rate, passes=20, fewest_steps=200)


# gpt-2-simple's batch and learning rate; five passes are more than most corpora bear, and the held-out loss
# ends it before.
FROM_BASE = Habits(batch=1, rate=1e-4, passes=5, fewest_steps=60)


@dataclass(frozen=True)
class Choice:
    """What the person chose; None to leave it to the plan."""

    steps: int | None = None
    batch: int | None = None
    rate: float | None = None
    check_every: int | None = None
    sample_every: int | None = None


@dataclass(frozen=True)
class Plan:
    """Every number of a training.

    Attributes:
        steps: the last one, unless the held-out loss stops falling before.
        batch: rows per step.
        window: tokens of a row that are predicted.
        rate: the highest learning rate.
        check_every: steps between two looks at the held-out posts.
        sample_every: steps between two samples, taken at the next look; 0 for none.
        seed: of split, order and first weights.
    """

    steps: int
    batch: int
    window: int
    rate: float
    check_every: int
    sample_every: int
    seed: int

    @property
    def tokens(self) -> int:
        """Tokens predicted in one step."""
        return self.batch * self.window

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, from 1 on: a straight rise, then half a cosine down."""
        climb = min(_CLIMB, max(1, self.steps // 10))
        if step < climb:
            return self.rate * step / climb
        done = min(1.0, (step - climb) / max(1, self.steps - climb))
        return self.rate * (_LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * done)) / 2)

    def is_due(self, step: int) -> bool:
        """Tell whether the held-out posts are looked at after this step."""
        return step > 0 and (step % self.check_every == 0 or step >= self.steps)


def steps(count: int) -> str:
    """Say a number of steps."""
    return "1 step" if count == 1 else f"{count:,} steps"


def window(tokens: int, n_ctx: int) -> int:
    """Return how many tokens of a row are predicted: the context, or half of a corpus that is too short.

    Args:
        tokens: of one pass through the posts to train on.
        n_ctx: the context of the model.
    """
    return min(n_ctx, _MOST_WINDOW, max(_LEAST_WINDOW, tokens // 2))


def plan(choice: Choice, habits: Habits, *, tokens: int, n_ctx: int, seed: int) -> Plan:
    """Make a plan.

    Args:
        choice: what the person chose.
        habits: of this kind of training.
        tokens: of one pass, a post of weight 3 counted three times.
        n_ctx: the context of the model.
        seed: of split, order and first weights.
    """
    wide, batch = window(tokens, n_ctx), choice.batch or habits.batch
    steps = choice.steps or max(habits.fewest_steps, math.ceil(habits.passes * tokens / (batch * wide)))
    check_every = choice.check_every or min(150, max(5, steps // 20))
    return Plan(
        steps=steps,
        batch=batch,
        window=wide,
        rate=choice.rate or habits.rate,
        check_every=check_every,
        sample_every=check_every if choice.sample_every is None else choice.sample_every,
        seed=seed,
    )
