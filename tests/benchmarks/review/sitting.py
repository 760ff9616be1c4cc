"""One sitting of a person whose verdicts are known: a review by the real machine, key by key.

The person is slow: while they look at a card, all is read and learned that there is to be.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from botus.review.learning import Learner
from botus.review.machine import table
from botus.review.machine.keys import press
from botus.review.machine.state import ReviewState, begin
from botus.review.taste.order import Order
from botus.store.decisions.entries import History
from botus.store.queue.tweets import Queue
from botus.text import escape, fingerprint


class Sitting:
    """A review of posts in the order of a file; what is `good` is kept, everything else dropped.

    Attributes:
        way: `score` without learning, `learned` with it, or `random`.
        state: what the machine knows.
        lessons: the processor time of each, in milliseconds.
        longest: the longest piece of work between two stops, in milliseconds of processor time.
    """

    def __init__(
        self, posts: Sequence[str], good: Collection[str], way: str = "learned", seed: int = 0
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            queue = Queue(Path(folder))
            queue.path.write_text("".join(f"{escape(post)}\n" for post in posts))
            on_file = table.read(queue.lines(), {})
        order: Order = "random" if way == "random" else "score"
        self.state = begin(ReviewState(on_file, order=order, seed=seed, learning=way == "learned"), History())
        self.lessons: list[float] = []
        self.longest = 0.0
        self._good = {fingerprint(post) for post in good}
        self._learner = Learner(lambda post: None)
        gc.collect()
        gc.freeze()  # as a session does

    def cards(self) -> Iterator[bool]:
        """Show one card after the other; yields whether it is kept."""
        self._think()
        self.state = begin(replace(self.state, deck=()), History())  # as for a deck that is read at once
        if not self.state.can_learn:
            yield from (post in self._good for post in self.state.deck)  # which no key changes
        while card := self.state.current:
            is_good = card.fingerprint in self._good
            yield is_good
            self.state, _ = press(self.state, "k" if is_good else "d", 0)
            self._think()

    def _think(self) -> None:
        spent, before = 0.0, self.state.lesson
        while True:
            began = time.process_time()
            after = self._learner.work(self.state)
            took = 1000 * (time.process_time() - began)
            if after is None:
                break
            self.state, spent, self.longest = after, spent + took, max(self.longest, took)
        if self.state.lesson is not before:
            self.lessons.append(spent)
