"""Counts what a review did so far, how fast, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from botus.review.machine.deck import DONE, State
from botus.store.decisions import Step

_PACE_OF = 20
_PAUSE_MS = 60_000


@dataclass(frozen=True)
class Tally:
    """What a review did so far.

    Attributes:
        made: its decisions that count, by kind.
        kept: all kept and starred posts in the queue.
        left: cards that are still to come.
        pace: cards a minute; None after too few.
    """

    made: Mapping[str, int]
    kept: int
    left: int
    pace: float | None


def tally(state: State) -> Tally:
    """Count what was done, what is kept and what is left."""
    made = dict.fromkeys(DONE, 0)
    times = []
    for step in _this_review(state):
        times.append(step.at)
        for decision in step.decisions:
            made[decision.kind] += 1
    cards = state.table.cards
    approved = [post for post, verdict in state.verdicts.items() if verdict in ("keep", "star")]
    kept = sum(1 for post in approved if post in cards and cards[post].raws)
    return Tally(made, kept, len(state.deck) - state.front, _pace(times[-_PACE_OF:]))


def _this_review(state: State) -> list[Step]:
    found = []
    for step in reversed(state.done):
        if step.number < state.first_step:
            break
        found.append(step)
    return found[::-1]


def _pace(times: Sequence[int]) -> float | None:
    if len(times) < 5:
        return None
    spent = sum(min(after - before, _PAUSE_MS) for before, after in pairwise(times))
    return (len(times) - 1) * 60_000 / max(spent, 1)
