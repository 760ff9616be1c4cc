"""The state of a review: the posts on file, the order they are shown in, what is decided. Pure.

The deck holds the posts of this review: what is decided or gone before `front`, what was put off at the end.
The one surprise: posts that were kept in an earlier review are on the table but not in the deck; taking
back such a decision seats the post again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Literal

from botus.decisions import Decision, History, Step, Verdict, judged, origins, verdicts
from botus.review.changes import Card, Table
from botus.review.editor import Editor

Order = Literal["score", "file", "random"]
DONE = {"keep": "kept", "star": "starred", "drop": "dropped", "later": "put off", "edit": "edited"}
_RANDOM_EVERY = 10
_PACE_OF = 20
_PAUSE_MS = 60_000


@dataclass(frozen=True)
class State:
    """A review at one moment.

    Attributes:
        table: the posts on file.
        deck: the posts of this review, by fingerprint.
        front: everything in the deck before it is decided or gone.
        at: a post that is looked at although it is not at the front.
        done, undone: the steps that count, and those that can be done again.
        verdicts: what the steps make of every post.
        first_step, next_step: numbers of this review's first and next step.
        origins: old fingerprints by new ones.
        editor: the text under edit.
    """

    table: Table
    deck: tuple[str, ...] = ()
    front: int = 0
    at: str | None = None
    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    first_step: int = 1
    next_step: int = 1
    origins: Mapping[str, str] = field(default_factory=dict)
    editor: Editor | None = None
    helping: bool = False
    notice: str = ""


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


def begin(
    table: Table,
    history: History,
    order: Order = "score",
    scores: Mapping[str, float] | None = None,
    seed: int = 0,
) -> State:
    """Lay out a review of everything that is undecided, what was put off before at the end.

    Args:
        table: the posts on file.
        history: the journal.
        order: `score` (highest first, every tenth card random, unscored posts last), `file` or `random`.
        scores: by fingerprint.
        seed: for the random cards.
    """
    found = verdicts(history.done)
    state = State(
        table=table,
        done=history.done,
        undone=history.undone,
        verdicts=found,
        first_step=history.next_step,
        next_step=history.next_step,
        origins=origins(history.done),
    )
    waiting = [post for post in table.cards if is_open(state, post)]
    new = arrange([post for post in waiting if found.get(post) != "later"], order, scores or {}, Random(seed))
    last = {one.fingerprint: step.number for step in history.done for one in step.decisions}
    put_off = sorted((post for post in waiting if found.get(post) == "later"), key=lambda post: last[post])
    return replace(state, deck=(*new, *put_off))


def arrange(posts: Sequence[str], order: Order, scores: Mapping[str, float], rng: Random) -> list[str]:
    """Put posts into an order; a wrong score cannot hide a good post where every tenth card is random."""
    if order == "file":
        return list(posts)
    if order == "random":
        return rng.sample(posts, len(posts))
    best = sorted((post for post in posts if post in scores), key=lambda post: -scores[post])
    chosen = rng.sample(best, len(best) // _RANDOM_EVERY)
    taken = set(chosen)
    others = [post for post in best if post not in taken]
    mixed: list[str] = []
    for number, post in enumerate(chosen):
        start = number * (_RANDOM_EVERY - 1)
        mixed += [*others[start : start + _RANDOM_EVERY - 1], post]
    return (
        mixed + others[len(chosen) * (_RANDOM_EVERY - 1) :] + [post for post in posts if post not in scores]
    )


def current(state: State) -> Card | None:
    """The card that is shown; None when nothing is left."""
    if state.at is not None:
        return state.table.cards[state.at]
    return state.table.cards[state.deck[state.front]] if state.front < len(state.deck) else None


def is_open(state: State, post: str) -> bool:
    """Tell whether a post still has to be decided: it is there, not used, and has no verdict."""
    undecided = state.verdicts.get(post) in (None, "later", "edited")
    return undecided and bool(state.table.cards[post].raws) and post not in state.table.used


def position(state: State) -> int:
    """The number of the shown card in the deck, from 1."""
    return min(len(state.deck), (state.deck.index(state.at) if state.at in state.deck else state.front) + 1)


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


def is_there(state: State, post: str) -> bool:
    """Tell whether a card can be shown: its line is in the queue and unused, or the person dropped it."""
    there = state.table.cards[post].raws or state.verdicts.get(post) == "drop"
    return bool(there) and post not in state.table.used


def gone(state: State, post: str) -> str:
    """Say why a card cannot be shown."""
    if post in state.table.used:
        return f"This post was used meanwhile: {state.table.used[post]}"
    return "This post is no longer in tweets.txt"


def judge(state: State, found: Mapping[str, Verdict | None]) -> State:
    """Give posts new verdicts; None is undecided."""
    known = dict(state.verdicts)
    for post, verdict in found.items():
        if verdict is None:
            known.pop(post, None)
        else:
            known[post] = verdict
    return replace(state, verdicts=known)


def verdict_on(post: str, done: Sequence[Step]) -> Verdict | None:
    """Return the last verdict on one post."""
    for step in reversed(done):
        for decision in reversed(step.decisions):
            found = dict(judged(decision))
            if post in found:
                return found[post]
    return None


def show_again(state: State, decision: Decision) -> State:
    """Seat a card whose decision was taken back where it is the next one, and look at it."""
    post = decision.fingerprint
    if decision.kind == "later":
        state = unseat(state, post)
    if post not in state.deck:
        state = seat(state, post, state.front)
    return replace(state, at=post, front=min(state.front, state.deck.index(post)))


def seat(state: State, post: str, at: int) -> State:
    """Put a post into the deck, before the one at `at`."""
    return replace(state, deck=(*state.deck[:at], post, *state.deck[at:]))


def unseat(state: State, post: str) -> State:
    """Take a post out of the deck."""
    if post not in state.deck:
        return state
    at = state.deck.index(post)
    return replace(state, deck=state.deck[:at] + state.deck[at + 1 :], front=state.front - (at < state.front))


def rename(state: State, old: str, new: str) -> State:
    """Let a post's new wording take the seat of the old one."""
    if old == new:
        return state
    state = replace(unseat(state, new), origins={**state.origins, new: old})
    if old not in state.deck:
        return seat(state, new, state.front)
    at = state.deck.index(old)
    return replace(state, deck=(*state.deck[:at], new, *state.deck[at + 1 :]), front=min(state.front, at))


def advance(state: State) -> State:
    """Move the front to the next post that has to be decided."""
    front = state.front
    while front < len(state.deck) and not is_open(state, state.deck[front]):
        front += 1
    return replace(state, front=front)


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
