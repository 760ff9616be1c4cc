"""The state of a review: the posts on file, the order they are shown in, what is decided. Pure.

The deck holds the posts of this review: what is decided or gone before `front`, what was put off at the end.
The one surprise: posts that were kept in an earlier review are on the table but not in the deck; taking
back such a decision seats the post again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import Literal

from botus.review.machine.changes import Card, Table
from botus.review.machine.editor import Editor
from botus.review.machine.order import Lesson, Order, arrange
from botus.store.decisions import Decision, History, Step, Verdict, judged, origins, verdicts

DONE = {"keep": "kept", "star": "starred", "drop": "dropped", "later": "put off", "edit": "edited"}
PAGE = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked: `filter` and `order` take a key, `search` and `regex` a line of text."""

    kind: Literal["filter", "order", "search", "regex"]
    editor: Editor | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of posts.

    Attributes:
        marks: which of them are to be kept or starred.
        like: the page is not the next one of the deck but this post and everything like it.
    """

    marks: Mapping[str, Literal["keep", "star"]] = field(default_factory=dict)
    like: tuple[str, ...] = ()


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
        asking: a question that the next key, or a line of text, answers.
        listing: the page that is shown instead of a card.
        subset: the posts that a filter found, in their order; None without a filter.
        sought: what was searched for last.
        order: how the deck is laid out; seed: for the random cards.
        scores: by fingerprint; flagged: the posts with flags; limit: what counts as long, in characters.
        learning: whether the person's decisions may change the order; lesson: what was learned from them.
        nearest: on demand, what a post is close to in the corpus.
        page_size: how many posts a page of the list holds.
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
    asking: Question | None = None
    listing: Listing | None = None
    subset: tuple[str, ...] | None = None
    sought: str = ""
    order: Order = "file"
    seed: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    flagged: Collection[str] = ()
    limit: int = 280
    learning: bool = True
    lesson: Lesson | None = None
    nearest: Mapping[str, str] = field(default_factory=dict)
    page_size: int = PAGE


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
        order: `score` (highest first, every tenth card random, unscored posts last), `file`, `new` (the
            file's last one first), `random`, or `uncertain` (nearest to the middle first).
        scores: by fingerprint.
        seed: for the random cards.
    """
    state = State(
        table=replace(table, cards=dict(table.cards) | _decided(history, table.cards)),
        done=history.done,
        undone=history.undone,
        verdicts=verdicts(history.done),
        first_step=history.next_step,
        next_step=history.next_step,
        origins=origins(history.done),
        order=order,
        seed=seed,
        scores=scores or {},
    )
    found = state.verdicts
    waiting = [post for post in table.cards if is_open(state, post)]
    new = _arranged(state, [post for post in waiting if found.get(post) != "later"])
    last = {one.fingerprint: step.number for step in history.done for one in step.decisions}
    put_off = sorted((post for post in waiting if found.get(post) == "later"), key=lambda post: last[post])
    return replace(state, deck=(*new, *put_off))


def _decided(history: History, known: Collection[str]) -> dict[str, Card]:
    """Cards of posts that were decided and are no longer on file."""
    decisions = (one for step in history.done for one in step.decisions)
    return {
        one.fingerprint: Card(one.fingerprint, one.text) for one in decisions if one.fingerprint not in known
    }


def relaid(state: State) -> State:
    """Lay out anew what is still to come, in the state's order; what is shown and what was put off stay."""
    pinned = set(shown(state))
    before, coming, put_off = list(state.deck[: state.front]), [], []
    now = [post for post in state.deck[state.front :] if post in pinned]
    for post in state.deck[state.front :]:
        if post in pinned:
            continue
        if state.verdicts.get(post) == "later":
            put_off.append(post)
        elif is_open(state, post):
            coming.append(post)
        else:
            before.append(post)
    numbers = {post: number for number, post in enumerate(state.table.cards)}
    coming = _arranged(state, sorted(coming, key=numbers.__getitem__))
    return advance(replace(state, deck=(*before, *now, *coming, *put_off), front=len(before)))


def is_taught(state: State) -> bool:
    """Tell whether the decisions make the order: where they can foretell each other better than the score."""
    if not state.learning or state.lesson is None or state.order not in ("score", "uncertain"):
        return False
    quality = state.lesson.quality
    return quality is not None and quality.is_better_than_score


def _arranged(state: State, posts: Sequence[str]) -> list[str]:
    rng = Random(f"{state.seed} {state.lesson.decisions if state.lesson else 0}")
    taught = state.lesson.chances if is_taught(state) and state.lesson else {}
    known = arrange([post for post in posts if post in taught], state.order, taught, rng) if taught else []
    unknown = [post for post in posts if post not in taught]
    return known + arrange(unknown, state.order, state.scores, rng)


def shown(state: State) -> tuple[str, ...]:
    """The posts that are on the screen."""
    if state.listing:
        return page(state)
    card = current(state)
    return (card.fingerprint,) if card else ()


def page(state: State) -> tuple[str, ...]:
    """The posts of the list's page, from the next one on."""
    assert state.listing is not None
    if state.listing.like:
        return tuple(post for post in state.listing.like if is_there(state, post))
    return tuple(islice(coming(state), state.page_size))


def coming(state: State) -> Iterator[str]:
    """Yield the posts that are still to be decided, the next one first; of a filter, all that it has left."""
    if state.subset is None:
        yield from (post for post in islice(state.deck, state.front, None) if is_open(state, post))
        return
    start = state.subset.index(state.at) if state.at in state.subset else 0
    yield from (post for post in islice(state.subset, start, None) if is_there(state, post))


def current(state: State) -> Card | None:
    """The card that is shown; None when nothing is left."""
    if state.at is not None:
        return state.table.cards[state.at]
    return state.table.cards[state.deck[state.front]] if state.front < len(state.deck) else None


def is_open(state: State, post: str) -> bool:
    """Tell whether a post still has to be decided: it is there, not used, and has no verdict."""
    undecided = state.verdicts.get(post) in (None, "later", "edited")
    return undecided and bool(state.table.cards[post].raws) and post not in state.table.used


def position(state: State) -> tuple[int, int]:
    """The number of the shown card, from 1, and of how many: of those that a filter found, or of the deck."""
    if state.subset is not None:
        return state.subset.index(state.at) + 1 if state.at in state.subset else 1, len(state.subset)
    at = state.deck.index(state.at) if state.at in state.deck else state.front
    return min(len(state.deck), at + 1), len(state.deck)


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
    if state.subset is not None:
        state = replace(state, subset=tuple(new if post == old else post for post in state.subset))
    state = replace(unseat(state, new), origins={**state.origins, new: old})
    if old not in state.deck:
        return seat(state, new, state.front)
    at = state.deck.index(old)
    return replace(state, deck=(*state.deck[:at], new, *state.deck[at + 1 :]), front=min(state.front, at))


def step_on(state: State, posts: Collection[str]) -> State:
    """Leave posts that were decided: for the front, or for the next one that the filter found."""
    if state.subset is None:
        return replace(state, at=None)
    numbers = [number for number, post in enumerate(state.subset) if post in posts or post == state.at]
    left = islice(state.subset, max(numbers, default=-1) + 1, None)
    following = next((post for post in left if is_there(state, post)), None)
    if following is not None:
        return replace(state, at=following)
    return replace(state, at=None, subset=None, notice="That was the last one that the filter found")


def advance(state: State) -> State:
    """Move the front to the next post that has to be decided."""
    front = state.front
    while front < len(state.deck) and not is_open(state, state.deck[front]):
        front += 1
    return replace(state, front=front)
