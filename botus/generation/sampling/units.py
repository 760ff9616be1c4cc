"""A unit of a stream, one batch of posts, as a value that can be sampled anywhere.

Nothing is carried from one unit to the next: which texts unit k has is decided by the model, the plan and k.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from botus.checkpoints.markers import Form, Watch
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling import engine


@dataclass(frozen=True)
class Plan:
    """What the units of a stream have in common, besides the model."""

    options: SamplingOptions  # with nothing left open
    prompt: tuple[str, ...]  # tokens
    seed: int


@dataclass(frozen=True)
class Writer:
    """A converted model, and what its tokens are."""

    folder: Path
    device: str  # cpu or cuda
    pieces: Sequence[bytes] = field(repr=False)  # each token's bytes, [n_vocab]
    ends: frozenset[int]  # ids of tokens that end a text
    loading: engine.Loading = engine.OWN

    def write(self, plan: Plan, number: int, stopped: Callable[[], bool] = lambda: False) -> list[Sample]:
        """Return the posts of a unit; `stopped` is asked at every token whether anybody still wants them."""
        options = plan.options
        form = options.form or Form.LINES
        watch = Watch(options.batch, self.pieces, form, self.ends, options.max_chars)
        engine.sample(
            self.folder,
            self.device,
            unit_seed(plan.seed, number),
            list(plan.prompt),
            options,
            lambda post, token, log_prob: watch.see(post, token, log_prob) or stopped(),
            self.loading,
        )
        samples = []
        for place, draft in enumerate(watch.drafts, number * options.batch):
            text, finished = draft.read()
            mean = draft.log_prob / max(1, draft.tokens)
            samples.append(Sample((options.prefix + text).strip(), finished, mean, draft.tokens, place))
        return samples


# Where units come from: yields the posts of units in the order of their numbers, until it is closed.
Units = Callable[[Writer, Plan, Iterator[int]], Iterator[list[Sample]]]


def by_threads(threads: int) -> Units:
    """Units that threads of this process sample."""

    def units(writer: Writer, plan: Plan, numbers: Iterator[int]) -> Iterator[list[Sample]]:
        stop = threading.Event()
        with ThreadPoolExecutor(threads) as pool:
            begun = (pool.submit(writer.write, plan, number, stop.is_set) for number in numbers)
            # Units are handed out in their order; the others go on while the first of them is awaited.
            waiting = deque(islice(begun, 2 * threads))
            try:
                while True:
                    samples = waiting.popleft().result()
                    waiting.append(next(begun))
                    yield samples
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)

    return units


def unit_seed(seed: int, number: int) -> int:
    """Return the seed of a unit, 31 bits wide: no two units of one seed share it."""
    base = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "little")
    return (base + number) & 0x7FFFFFFF
