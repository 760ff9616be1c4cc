"""A unit of a stream, one batch of posts, as a value that can be sampled anywhere.

Nothing is carried from one unit to the next: which texts unit k has is decided by the model, the plan and k.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

from botus.checkpoints.markers import Draft, Form, Watch
from botus.generation.job import Sample, SamplingOptions
from botus.generation.sampling import engine

_FEW = 4  # posts of the first part of the first unit; more work each, half a second at 124M in all


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
    precision: str = ""  # int8, float32 or another; "" where nobody asks

    def write(self, plan: Plan, number: int, stopped: Callable[[], bool] = lambda: False) -> list[Sample]:
        """Return the posts of a unit; `stopped` is asked at every token whether anybody still wants them."""
        return _posts(self.parts(plan, number, stopped))

    def parts(self, plan: Plan, number: int, stopped: Callable[[], bool]) -> Iterator[list[Sample]]:
        """Yield the posts of a unit; of the first one a few at first, for who wants no more than those."""
        place, batch = number * plan.options.batch, plan.options.batch
        seed, prompt = unit_seed(plan.seed, number), list(plan.prompt)
        generator = engine.seeded(self.folder, self.device, seed, prompt, self.loading)
        is_cut = not number and batch > _FEW
        for size in (_FEW, batch - _FEW) if is_cut else (batch,):
            options = replace(plan.options, batch=size)
            form, begun = options.form or Form.LINES, bool(options.prefix)
            watch = Watch(size, self.pieces, form, self.ends, options.max_chars, begun=begun)
            see = partial(_see, watch, stopped)
            engine.sample(generator, prompt, options, see)
            yield [self._post(draft, options.prefix, place + i) for i, draft in enumerate(watch.drafts)]
            place += size

    def _post(self, draft: Draft, prefix: str, place: int) -> Sample:
        text, finished = draft.read()
        mean = draft.log_prob / max(1, draft.tokens)
        return Sample((prefix + text).strip(), finished, mean, draft.tokens, place)


def _see(watch: Watch, stopped: Callable[[], bool], post: int, token: int, log_prob: float) -> bool:
    return watch.see(post, token, log_prob) or stopped()


# Where units come from: yields the posts of units in the order of their numbers, until it is closed.
Units = Callable[[Writer, Plan, Iterator[int]], Iterator[list[Sample]]]


def by_threads(threads: int) -> Units:
    """Units that threads of this process sample."""

    def units(writer: Writer, plan: Plan, numbers: Iterator[int]) -> Iterator[list[Sample]]:
        stop = threading.Event()
        with ThreadPoolExecutor(threads) as pool:
            first = next(numbers)
            parts = writer.parts(plan, first, stop.is_set)
            others = (writer.parts(plan, number, stop.is_set) for number in numbers)
            begun = (pool.submit(_posts, each) for each in chain([parts], others))
            try:
                if not first:  # who wants only a few posts waits for nothing else
                    yield pool.submit(next, parts).result()
                # Units are handed out in their order; the others go on while the first of them is awaited.
                waiting = deque(islice(begun, 2 * threads))
                while True:
                    samples = waiting.popleft().result()
                    waiting.append(next(begun))
                    yield samples
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)

    return units


def _posts(parts: Iterable[list[Sample]]) -> list[Sample]:
    return [sample for part in parts for sample in part]


def unit_seed(seed: int, number: int) -> int:
    """Return the seed of a unit, 31 bits wide: no two units of one seed share it."""
    base = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "little")
    return (base + number) & 0x7FFFFFFF
