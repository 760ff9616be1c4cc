"""One moment of a review: the posts on file, the order they are shown in, what is decided. Pure.

The deck holds the posts of this review: what is decided or gone before `front`, what was left for later at
the end. Posts that were kept in an earlier review are on the table but not in the deck; taking back such a
decision seats the post again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from botus.platforms.rows import Limit
from botus.review.machine import table as tables
from botus.review.machine.editor import Editor
from botus.review.machine.table import Card, Table
from botus.review.taste.model import Reason
from botus.review.taste.order import RANDOM_EVERY, Lesson, Order, arrange, arranging, finished
from botus.screening.denylist import Denylist
from botus.store.decisions.entries import Drawn, History, Step
from botus.store.decisions.judgement import OUT, Verdict, earlier_wordings, origins, verdicts
from botus.store.durable.lines import Line
from botus.store.queue.tweets import TWEETS

DONE = {
    "keep": "kept",
    "star": "starred",
    "drop": "dropped",
    "answer": "for answers",
    "later": "later",
    "edit": "edited",
}
PAGE = 10
_PIECE = 1000  # posts between two stops
_FEW = 5  # posts that are quicker found one by one


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked: `filter` and `order` take a key, `search` and `regex` a line of text."""

    kind: Literal["filter", "order", "search", "regex"]
    editor: Editor | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of posts: the next ones of the deck, or a post and everything `like` it."""

    marks: Mapping[str, Literal["keep", "star"]] = field(default_factory=dict)  # to be kept or starred
    like: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewState:
    """A review at one moment; every key makes a new one. Posts are named by their fingerprints."""

    table: Table  # the posts on file
    deck: tuple[str, ...] = ()  # the posts of this review
    front: int = 0  # everything in the deck before it is decided or gone
    at: str | None = None  # a post that is looked at although it is not at the front
    done: tuple[Step, ...] = ()  # the steps that count
    undone: tuple[Step, ...] = ()  # those that can be done again
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)  # what the steps make of every post
    first_step: int = 1  # the number of this review's first step
    next_step: int = 1
    origins: Mapping[str, str] = field(default_factory=dict)  # old wordings by new ones
    editor: Editor | None = None  # the text under edit
    helping: bool = False  # the page of keys is shown
    notice: str = ""
    part: int = 0  # the part of a screen that is shown of what is longer than the screen
    asking: Question | None = None
    listing: Listing | None = None  # the page that is shown instead of a card
    page_size: int = PAGE  # how many posts a page of the list holds
    subset: tuple[str, ...] | None = None  # the posts that a filter found; None without a filter
    sought: str = ""  # what was searched for last
    found: str | None = None  # the post that a search led to
    order: Order = "file"
    seed: int = 0  # for the cards that come at random
    by_chance: frozenset[str] = frozenset()  # the posts that come at random
    file: str = TWEETS  # what is reviewed
    picked: Collection[str] = ()  # posts that another review has picked: they need not be decided here
    scores: Mapping[str, float] = field(default_factory=dict)
    reasons: Callable[[str], Sequence[Reason]] = lambda post: ()  # what speaks for a post by its score
    flagged: Collection[str] = ()
    set_aside: Mapping[str, str] = field(default_factory=dict)  # why a platform found a post too long
    limits: Sequence[Limit] = ()  # of every target
    denylist: Denylist = field(default_factory=Denylist)
    inner: Collection[str] = ()  # posts that are parts of longer ones, as samples have them
    learning: bool = True  # whether the person's decisions may change the order
    lesson: Lesson | None = None  # what was learned from them
    nearest: Mapping[str, str] = field(default_factory=dict)  # what comparing with the corpus found

    @property
    def current(self) -> Card | None:
        """The card that is shown; None when nothing is left."""
        if self.at is not None:
            return self.table.cards[self.at]
        return self.table.cards[self.deck[self.front]] if self.front < len(self.deck) else None

    @property
    def shown(self) -> tuple[str, ...]:
        """The posts that are on the screen."""
        if self.listing:
            return self.page
        return (self.current.fingerprint,) if self.current else ()

    @property
    def page(self) -> tuple[str, ...]:
        """The posts of the list's page, from the next one on."""
        return tuple(islice(self.group or self.coming(), self.page_size))

    @property
    def group(self) -> tuple[str, ...]:
        """A post and all that are like it, where those are looked at."""
        return tuple(filter(self.is_there, self.listing.like)) if self.listing else ()

    @property
    def row(self) -> tuple[str, ...]:
        """The posts that one goes through: those that a filter found, or the deck."""
        return self.deck if self.subset is None else self.subset

    @property
    def place(self) -> int:
        """The number of the shown card in the row, from 0."""
        if self.at is not None and self.at in self.row:
            return self.row.index(self.at)
        return self.front if self.subset is None else 0

    @property
    def is_taught(self) -> bool:
        """Whether the person's decisions make the order."""
        return self.can_learn and self.lesson is not None

    @property
    def worth(self) -> Mapping[str, float]:
        """What posts are worth: by what was learned, or by their score."""
        return self.lesson.worth if self.lesson and self.learning else self.scores

    @property
    def judging(self) -> Callable[[str], Sequence[Reason]]:
        """Tells what speaks for a post, or against it, in what it is worth."""
        return self.lesson.reasons if self.lesson and self.learning else self.reasons

    @property
    def can_learn(self) -> bool:
        """Whether the person wants an order that decisions can improve."""
        return self.learning and self.is_by_worth

    @property
    def is_by_worth(self) -> bool:
        """Whether what posts are worth makes the order."""
        return self.order in ("score", "uncertain")

    def drawn(self) -> dict[str, Drawn]:
        """Tell how the posts that are shown came, where it was their turn: by their worth or at random."""
        is_in_turn = self.subset is None and not (self.listing and self.listing.like)
        posts = islice(self.coming(), self.page_size if self.listing else 1) if is_in_turn else ()
        found: dict[str, Drawn] = {}
        for post in posts:
            if post in self.by_chance:
                found[post] = "random"
            elif self.order == "score" and post in self.scores:
                found[post] = "order"
        return found

    def coming(self) -> Iterator[str]:
        """Yield the posts still to be decided, the next one first; of a filter, all that are left."""
        if self.subset is None:
            return filter(self.is_open, islice(self.deck, self.front, None))
        return filter(self.is_there, islice(self.subset, self.place, None))

    def is_open(self, post: str) -> bool:
        """Tell whether a post still has to be decided: it is there, not used, and has no verdict."""
        undecided = self.verdicts.get(post) in (None, "later", "edited") and post not in self.picked
        return undecided and bool(self.table.cards[post].raws) and post not in self.table.used

    def is_there(self, post: str) -> bool:
        """Tell whether a card can be shown: its line is in the queue and unused, or it was taken out."""
        there = self.table.cards[post].raws or self.verdicts.get(post) in OUT
        return bool(there) and post not in self.table.used

    def why_gone(self, post: str) -> str:
        """Say why a card cannot be shown."""
        if post in self.table.used:
            return f"This post was used meanwhile: {self.table.used[post]}"
        return f"This post is no longer in {self.file}"

    def noted(self, about: Mapping[str, Mapping[str, Any]], post: str) -> Mapping[str, Any]:
        """Find what `about` has of a post, or of the wording that it was edited from."""
        return next((about[one] for one in (post, *earlier_wordings(post, self.origins)) if one in about), {})


def begin(state: ReviewState, history: History) -> ReviewState:
    """Lay out a review of all that is undecided on the table; what was left for later comes last."""
    table, waiting = state.table.copy(), list(state.table.cards)
    last: dict[str, int] = {}
    for step in history.done:
        for one in step.decisions:
            last[one.fingerprint] = step.number
            table.cards.setdefault(one.fingerprint, Card(one.fingerprint, one.text))
    state = replace(
        state,
        table=table,
        done=history.done,
        undone=history.undone,
        verdicts=verdicts(history.done),
        first_step=history.next_step,
        next_step=history.next_step,
        origins=origins(history.done),
    )
    waiting = [post for post in waiting if state.is_open(post)]
    later = [post for post in waiting if state.verdicts.get(post) == "later"]
    new = [post for post in waiting if state.verdicts.get(post) != "later"]
    laid = arrange(new, state.order, state.worth, state.seed, _since_chance(state))
    deck = (*laid.posts, *sorted(later, key=last.__getitem__))
    return replace(state, deck=deck, by_chance=laid.by_chance)


def refresh(
    state: ReviewState, lines: Iterable[Line], used: Mapping[str, str], answers: Iterable[Line] = ()
) -> ReviewState:
    """Take in what an editor, `post` or `generate` did to the queue meanwhile; new posts come last."""
    shown = state.current
    state = replace(state, table=tables.read(lines, used, answers, state.table))
    known = set(state.deck)
    new = [post for post in state.table.cards if post not in known and state.is_open(post)]
    state = advance(replace(state, deck=(*state.deck, *new), front=0))
    if shown is None or state.is_there(shown.fingerprint):
        return state
    why = state.why_gone(shown.fingerprint)
    if state.editor:
        return replace(state, at=shown.fingerprint, notice=f"{why}: Esc leaves")
    return replace(step_on(state, {shown.fingerprint}), notice=why)


def relaid(state: ReviewState) -> ReviewState:
    """Lay out anew what is still to come, in the state's order; what is shown and what is for later stay."""
    return finished(relaying(state))(state) or state


def relaying(state: ReviewState) -> Generator[None, None, Callable[[ReviewState], ReviewState | None]]:
    """Do what `relaid` does, in pieces, while the person goes on.

    Returns:
        what lays it out for the state of then; None from that where the deck has become another one.
    """
    deck, front = state.deck, state.front
    first, coming = set(state.shown), set[str]()
    closed, later = [], []
    for start in range(front, len(deck), _PIECE):
        for post in deck[start : start + _PIECE]:
            if not state.is_open(post):
                closed.append(post)
            elif state.verdicts.get(post) == "later":
                later.append(post)
            else:
                coming.add(post)
        yield
    posts, by_number = iter(state.table.cards), list[str]()
    while some := list(islice(posts, _PIECE)):
        here = coming.intersection(some)
        coming -= here  # bit by bit: to free a long set at once would take too long
        by_number += [post for post in some if post in here and post not in first]
        yield
    is_lucky = not state.by_chance.isdisjoint(first)
    since = 0 if is_lucky else min(_since_chance(state) + len(first), RANDOM_EVERY - 1)
    laid = yield from arranging(by_number, state.order, state.worth, state.seed, since)

    def lay(now: ReviewState) -> ReviewState | None:
        if now.deck is not deck or now.front < front:
            return None
        gone = set(deck[front : now.front])
        pinned = dict.fromkeys((*now.shown, *state.shown))
        new = [post for post in pinned if now.is_open(post) and now.verdicts.get(post) != "later"]
        shown = [post for post in new if post not in gone]
        passed = gone.union(shown).difference(first)
        before = (*deck[: now.front], *(post for post in closed if post not in gone))
        rest = laid.posts
        if len(passed) > _FEW:
            rest = [post for post in rest if post not in passed]
        else:
            for post in passed:
                with suppress(ValueError):  # it was closed, or is for later
                    rest.remove(post)
        left = [post for post in later if post not in gone]
        lucky = laid.by_chance.difference(shown).union(now.by_chance.intersection(shown))
        return advance(replace(now, deck=(*before, *shown, *rest, *left), front=len(before), by_chance=lucky))

    return lay


def _since_chance(state: ReviewState) -> int:
    """Count the cards that were decided in their order since one came at random, up to nine."""
    count = 0
    decisions = (one for step in reversed(state.done) for one in reversed(step.decisions))
    for one in islice(decisions, _PIECE):
        if one.drawn == "random" or count == RANDOM_EVERY - 1:
            break
        count += one.drawn == "order"
    return count


def seat(state: ReviewState, post: str, at: int) -> ReviewState:
    """Put a post before the one at `at`."""
    return replace(state, deck=(*state.deck[:at], post, *state.deck[at:]))


def unseat(state: ReviewState, post: str) -> ReviewState:
    """Take a post out of the deck."""
    if post not in state.deck:
        return state
    at = state.deck.index(post)
    return replace(state, deck=state.deck[:at] + state.deck[at + 1 :], front=state.front - (at < state.front))


def rename(state: ReviewState, old: str, new: str) -> ReviewState:
    """Let a post's new wording take the seat of the old one."""
    if old == new:
        return state
    if state.subset is not None:
        state = replace(state, subset=tuple(new if post == old else post for post in state.subset))
    state = unseat(state, new)
    if old not in state.deck:
        return seat(state, new, state.front)
    at = state.deck.index(old)
    return replace(state, deck=(*state.deck[:at], new, *state.deck[at + 1 :]), front=min(state.front, at))


def step_on(state: ReviewState, posts: Collection[str]) -> ReviewState:
    """Leave posts that were decided: for the front, or for the next one that the filter found."""
    if state.subset is None:
        return replace(state, at=None)
    numbers = [number for number, post in enumerate(state.subset) if post in posts or post == state.at]
    left = islice(state.subset, max(numbers, default=-1) + 1, None)
    following = next(filter(state.is_there, left), None)
    if following is not None:
        return replace(state, at=following)
    return replace(state, at=None, subset=None, notice="That was the last one that the filter found")


def advance(state: ReviewState) -> ReviewState:
    """Move the front to the next post that has to be decided."""
    front = state.front
    while front < len(state.deck) and not state.is_open(state.deck[front]):
        front += 1
    return replace(state, front=front)
