"""A line of the pool for each question, and none twice in one conversation while others are left."""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from botus.answering.pool import Pool
from botus.text import fingerprint

SILENCE = "I have nothing to say yet."  # to who waits for an answer where there is none
_MOST, _MOST_SAID = 500, 200  # conversations, and lines of each, that are remembered
_FOR = 3600.0  # seconds without a word after which it is another conversation


@dataclass
class _Conversation:
    last: float
    said: OrderedDict[str, None] = field(default_factory=OrderedDict)


class Conversations:
    """Answers from the pool.

    Args:
        clock: seconds, of any beginning.
    """

    def __init__(
        self,
        pool: Pool,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool, self._rng, self._clock = pool, rng or random.Random(), clock
        self._guard = threading.Lock()
        self._open: OrderedDict[str, _Conversation] = OrderedDict()

    def answer(self, place: str, question: str) -> str | None:
        """Return what is said to a question; None where nothing may be said.

        Args:
            place: what tells a conversation from others, such as a channel or an address.

        Raises:
            FileError: a file of the data directory is damaged.
        """
        with self._guard:
            said = self._of(place).said
            line = self._pool.choose(question, said.keys(), self._rng)
            if line is None and said:
                said.clear()
                line = self._pool.choose(question, (), self._rng)
            if line is not None:
                said[fingerprint(line)] = None
                if len(said) > _MOST_SAID:
                    said.popitem(last=False)
            return line

    def _of(self, place: str) -> _Conversation:
        now = self._clock()
        found = self._open.pop(place, None)
        if found is None or found.last < now - _FOR:
            found = _Conversation(now)
        found.last = now
        self._open[place] = found
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return found
