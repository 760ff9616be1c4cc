"""Every number of a training: sizes, steps, windows, learning rate. Pure.

What the person asked for goes before the recipe for this kind of model. The window shrinks with a small
corpus, because a row that holds the same post twice would teach the model to look back and copy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FEWEST_POSTS = 20
PATIENCE = 3  # looks without a better held-out loss before training stops

NUMBERS = ("steps", "batch", "rate", "check_every", "sample_every", "seed")  # that a person may name

_MOST_WINDOW = 1024
_LEAST_WINDOW = 16
_CLIMB = 100  # steps in which the learning rate rises
_LAST_SHARE = 0.05  # of the learning rate, at the last step


@dataclass(frozen=True)
class Recipe:
    """How a kind of model is trained: rows per step, learning rate, passes and the fewest steps."""

    batch: int
    rate: float
    passes: int
    fewest_steps: int


# gpt-2-simple's batch and learning rate; five passes are more than most corpora bear, and the held-out loss
# ends it before.
FROM_BASE = Recipe(batch=1, rate=1e-4, passes=5, fewest_steps=60)


@dataclass(frozen=True)
class ModelSize:
    """A GPT-2 to be trained from nothing: the content of hparams.json, and how it learns best."""

    hparams: Mapping[str, int]
    recipe: Recipe


def _size(n_vocab: int, n_ctx: int, n_embd: int, n_head: int, n_layer: int, rate: float) -> ModelSize:
    hparams = {"n_vocab": n_vocab, "n_ctx": n_ctx, "n_embd": n_embd, "n_head": n_head, "n_layer": n_layer}
    # Twenty passes for a model that knows nothing, and enough steps to learn letters at all.
    return ModelSize(hparams, Recipe(batch=16, rate=rate, passes=20, fewest_steps=200))


# 1, 6 and 18 million weights.
SIZES = {
    "nano": _size(2048, 128, 128, 4, 4, rate=2e-3),
    "mini": _size(4096, 256, 256, 4, 6, rate=1e-3),
    "small": _size(8192, 256, 384, 6, 8, rate=6e-4),
}


@dataclass(frozen=True)
class TrainingOptions:
    """What the person asked for; None where they did not say."""

    base: str | None = None  # a base model's name or a folder
    size: str | None = None  # of a model from nothing, instead
    run: str = "run1"  # the name of the run folder
    steps: int | None = None
    batch: int | None = None
    rate: float | None = None
    check_every: int | None = None
    sample_every: int | None = None
    seed: int | None = None
    corpus: Path | None = None  # another file than corpus.txt
    plot: Path | None = None  # where to draw the losses
    fresh: bool = False  # begin anew, and set aside what is in the run folder
    threads: int | None = None  # CPU cores; None for all of them

    def numbers(self) -> dict[str, int | float]:
        """The numbers of the plan that the person named."""
        return {name: value for name in NUMBERS if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class TrainingPlan:
    """Every number of a training."""

    steps: int  # the last one, unless the held-out loss stops falling before
    batch: int  # rows per step
    window: int  # tokens of a row that are predicted
    rate: float  # the highest learning rate
    check_every: int  # steps between two looks at the held-out posts
    sample_every: int  # steps between two samples, taken at the next look; 0 for none
    seed: int  # of split, order and first weights

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


def plan(options: TrainingOptions, recipe: Recipe, *, tokens: int, n_ctx: int, seed: int) -> TrainingPlan:
    """Make a plan for a corpus of so many tokens a pass and a model of this context."""
    # The context, or half of a corpus that is too short for it.
    window = min(n_ctx, _MOST_WINDOW, max(_LEAST_WINDOW, tokens // 2))
    batch = options.batch or recipe.batch
    steps = options.steps or max(recipe.fewest_steps, math.ceil(recipe.passes * tokens / (batch * window)))
    check_every = options.check_every or min(150, max(5, steps // 20))
    return TrainingPlan(
        steps=steps,
        batch=batch,
        window=window,
        rate=options.rate or recipe.rate,
        check_every=check_every,
        sample_every=check_every if options.sample_every is None else options.sample_every,
        seed=seed,
    )
