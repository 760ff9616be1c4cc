"""Counts what a review did so far, how fast, and what is left. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile

from botus.review.machine.state import DONE, ReviewState
from botus.store.decisions.entries import Decision
from botus.store.decisions.judgement import Verdict

_PACE_OF = 20
_PAUSE_MS = 60_000


@dataclass(frozen=True)
class Tally:
    """What a review did so far."""

    made: Mapping[str, int]  # its decisions that count, by kind
    kept: int  # all kept and starred posts in the queue
    left: int  # cards that are still to come
    pace: float | None  # cards a minute; None after too few


def tally(state: ReviewState) -> Tally:
    """Count what was done, what is kept and what is left."""
    steps = list(takewhile(lambda step: step.number >= state.first_step, reversed(state.done)))
    counts: Counter[str] = Counter(one.kind for step in steps for one in step.decisions)
    cards = state.table.cards
    approved = [post for post, verdict in state.verdicts.items() if verdict in ("keep", "star")]
    kept = sum(post in cards and bool(cards[post].raws) for post in approved)
    times = [step.at for step in steps[:_PACE_OF]]
    spent = sum(min(after - before, _PAUSE_MS) for after, before in pairwise(times))
    pace = (len(times) - 1) * 60_000 / max(spent, 1) if len(times) >= 5 else None
    return Tally({kind: counts[kind] for kind in DONE}, kept, len(state.deck) - state.front, pace)


def decided(verdicts: Mapping[str, Verdict]) -> tuple[int, int]:
    """Count the posts that were kept or dropped, and those of them that were kept."""
    found = list(verdicts.values())
    kept = found.count("keep") + found.count("star")
    return kept + found.count("drop"), kept


def summary(decisions: Iterable[Decision]) -> str:
    """Say what was decided: `2 kept, 8 dropped`, or of one post just `kept`."""
    counts = Counter(DONE[one.kind] for one in decisions)
    if counts.total() == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {done}" for done, count in counts.items())
