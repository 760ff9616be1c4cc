"""The book that an import keeps: how many posts were read, and what became of each.

The one rule: every post that was read ends as kept, joined with another one, or dropped for one reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

SAMPLES = 10
KEPT, JOINED = "kept", "joined"


@dataclass
class Tally:
    """What became of the posts of an import.

    Attributes:
        below: returns a random whole number from 0 to below its argument; it chooses the samples.
        read: posts that the exports have.
        kept: posts that go into the corpus.
        joined: messages that became part of a kept or dropped post with others.
        dropped: how many were left out, by reason.
        cleaned: what was taken out of kept posts, and of how many.
        uncounted: posts of which the export does not say how often they were liked.
        samples: of each reason up to ten posts, each with what it is about it.
    """

    below: Callable[[int], int]
    read: int = 0
    kept: int = 0
    joined: int = 0
    uncounted: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def drop(self, reason: str, text: str, detail: str = "") -> None:
        """Note a post that is left out."""
        self.dropped[reason] += 1
        self._sample(reason, self.dropped[reason], text, detail)

    def keep(self, text: str, cleaned: frozenset[str]) -> None:
        """Note a post that goes into the corpus."""
        self.kept += 1
        self.cleaned.update(cleaned)
        self._sample(KEPT, self.kept, text, "")

    def join(self, text: str, others: int) -> None:
        """Note a post that was made of several messages."""
        self.joined += others
        self._sample(JOINED, self.joined, text, f"{others + 1} messages")

    def _sample(self, reason: str, seen: int, text: str, detail: str) -> None:
        """Keep ten of all that come by, each with the same chance (reservoir sampling)."""
        chosen = self.samples.setdefault(reason, [])
        if len(chosen) < SAMPLES:
            chosen.append((text, detail))
        elif (place := self.below(seen)) < SAMPLES:
            chosen[place] = (text, detail)
