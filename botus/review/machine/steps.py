"""What one key press decides, takes back or does again: the steps of a review. Pure.

A state and posts come in, the state after them and the effects go out: first what is to be written down, then
what changes in tweets.txt. The one surprise: the decisions of one step are made one after the other, because
the place of a line depends on the lines before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from botus.review.machine import changes
from botus.review.machine.changes import Change
from botus.review.machine.deck import (
    DONE,
    Listing,
    State,
    advance,
    gone,
    is_there,
    judge,
    rename,
    seat,
    show_again,
    step_on,
    unseat,
    verdict_on,
)
from botus.store.decisions import Decision, Kind, Mark, Place, Step, judged
from botus.text import escape

_LAST = 1_000_000_000  # a line number behind every other


@dataclass(frozen=True, slots=True)
class Record:
    """Write this into the journal, durably, before anything that follows."""

    entry: Step | Mark


@dataclass(frozen=True, slots=True)
class Quit:
    """The person wants to stop."""


@dataclass(frozen=True, slots=True)
class OpenEditor:
    """The person wants to edit this text in a program of their own; `reword` takes what they saved."""

    text: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """The person wants to know what this post is close to in the corpus."""

    fingerprint: str
    text: str


Effect = Record | Change | Quit | OpenEditor | LookUp
Result = tuple[State, list[Effect]]


def decide(state: State, wanted: Iterable[tuple[str, Kind]], now: int) -> Result:
    """Decide posts in one step; what is decided that way already, or not there, is passed over.

    Args:
        state: the review.
        wanted: fingerprints and what to decide.
        now: milliseconds since 1970.
    """
    wanted, table, decisions = list(wanted), state.table, []
    for post, kind in wanted:
        verdict = state.verdicts.get(post)
        if not is_there(state, post) or verdict == kind != "later" or (verdict == "drop" and kind == "later"):
            continue
        card = table.cards[post]
        places = changes.places_of(table, card) or _places_of_drop(state, post)
        decision = Decision(kind, post, card.text, places, back=verdict == "drop")
        decisions.append(decision)
        if len(wanted) > 1:
            table, _ = changes.perform(table, Step(0, now, (decision,)))
    return take(state, decisions, now) if decisions else (state, [])


def take(state: State, decisions: Sequence[Decision], now: int) -> Result:
    """Make a step of decisions."""
    step = Step(state.next_step, now, tuple(decisions))
    state = replace(state, next_step=step.number + 1, undone=())
    state, made = _do(state, step)
    return state, [Record(step), *made]


def undo(state: State, now: int) -> Result:
    """Take back the last step that counts, of this review or an earlier one."""
    if not state.done:
        return say(state, "Nothing to take back")
    step = state.done[-1]
    table, made = changes.perform(state.table, step, back=True)
    state = replace(state, table=table, done=state.done[:-1], undone=(*state.undone, step))
    for decision in reversed(step.decisions):
        state = judge(state, {post: verdict_on(post, state.done) for post, _ in judged(decision)})
        if decision.new:
            state = rename(state, decision.new.fingerprint, decision.fingerprint)
        state = show_again(state, decision)
    notice = f"Taken back: {summary(step.decisions)}"
    first = step.decisions[0].fingerprint
    if state.subset is not None and first not in state.subset:
        state = replace(state, subset=None)
    if not is_there(state, first):
        state, notice = step_on(state, {first}), f"{notice}. {gone(state, first)}"
    state = _unmarked(state, step)
    return replace(advance(state), notice=notice), [Record(Mark("undo", step.number, now)), *made]


def redo(state: State, now: int) -> Result:
    """Do the step again that was taken back last."""
    if not state.undone:
        return say(state, "Nothing to do again")
    step = state.undone[-1]
    state, made = _do(replace(state, undone=state.undone[:-1]), step)
    notice = f"Done again: {summary(step.decisions)}"
    return replace(state, notice=notice), [Record(Mark("redo", step.number, now)), *made]


def _do(state: State, step: Step) -> tuple[State, list[Change]]:
    table, made = changes.perform(state.table, step)
    state = replace(state, table=table, done=(*state.done, step))
    for decision in step.decisions:
        state = judge(state, dict(judged(decision)))
        if decision.kind == "later":
            state = seat(unseat(state, decision.fingerprint), decision.fingerprint, len(state.deck))
        if decision.new:
            state = rename(state, decision.fingerprint, decision.new.fingerprint)
    last = step.decisions[-1]
    if last.new and is_there(state, last.new.fingerprint):
        state = replace(state, at=last.new.fingerprint)
    else:
        state = step_on(state, {one.fingerprint for one in step.decisions})
    return advance(_unmarked(state)), made


def _unmarked(state: State, step: Step | None = None) -> State:
    """Show the page with the marks of a step that was taken back, or without any; a group is done with."""
    if state.listing is None:
        return state
    decided = step.decisions if step else ()
    marks = {one.fingerprint: one.kind for one in decided if one.kind == "keep" or one.kind == "star"}
    return replace(state, listing=None if state.listing.like and not step else Listing(marks))


def _places_of_drop(state: State, post: str) -> tuple[Place, ...]:
    """Where a dropped post stood; the end of the file, where it was dropped on another machine."""
    decisions = (one for step in reversed(state.done) for one in step.decisions)
    drop = next(one for one in decisions if one.kind == "drop" and one.fingerprint == post)
    return drop.places or (Place(escape(drop.text).encode(), _LAST, None),)


def say(state: State, notice: str) -> Result:
    """Change nothing and say why."""
    return replace(state, notice=notice), []


def summary(decisions: Iterable[Decision]) -> str:
    """Say what was decided: `2 kept, 8 dropped`, or of one post just `kept`."""
    counts = Counter(DONE[one.kind] for one in decisions)
    if sum(counts.values()) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {done}" for done, count in counts.items())
