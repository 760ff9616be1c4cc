"""What one key press decides, takes back or does again: the steps of a review. Pure.

A state and posts give the state after them and the effects that `session` carries out: first what is to be
written down, then what changes in tweets.txt and answers.txt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from botus.review.machine import precheck
from botus.review.machine.state import Listing, ReviewState, advance, rename, seat, step_on, unseat
from botus.review.machine.table import Change, Table, perform
from botus.review.machine.tally import summary
from botus.store.decisions.entries import Decision, Drawn, History, Kind, Place, Pooled, Step, Undo
from botus.store.decisions.judgement import OUT, Verdict, judged, origins, verdicts
from botus.store.queue.tweets import ANSWERS
from botus.text import escape

_LAST = 1_000_000_000  # a line number behind every other


Request = Literal["quit", "edit", "compare"]
"""What the person wants of the session: an end, the shown post in an editor of their own, or compared."""

Effect = Step | Undo | Change | Request
"""For `session` to carry out: write this into the journal, durably; change this in tweets.txt; do this."""

Result = tuple[ReviewState, list[Effect]]


def decide(
    state: ReviewState,
    wanted: Iterable[tuple[str, Kind]],
    now: int,
    *,
    drawn: Mapping[str, Drawn] | None = None,
) -> Result:
    """Decide posts, by fingerprint, in one step at `now`, in milliseconds since 1970.

    What is decided that way already, or not there, is passed over. `drawn` is how they came to be shown.
    """
    kinds, table, decisions = dict(wanted), state.table, []
    if len(kinds) > 1:
        table = table.copy()
    for post, kind in kinds.items():
        verdict = state.verdicts.get(post)
        if kind == "answer" and state.file == ANSWERS:
            continue
        if not state.is_there(post) or verdict == kind != "later" or (verdict in OUT and kind == "later"):
            continue
        card = table.cards[post]
        back, came = verdict in OUT and kind not in OUT, (drawn or {}).get(post)
        places = table.places_of(card) or (_places_before(state, post) if back else ())
        pooled = _pooled(table, verdict, kind, post)
        decisions.append(Decision(kind, post, card.text, places, back=back, drawn=came, pooled=pooled))
        if len(kinds) > 1:  # the place of a line depends on the lines before it
            table.apply(decisions[-1])
    if not decisions:
        return state, []
    freed = precheck.freed(state, (one.fingerprint for one in decisions if one.kind in ("keep", "star")))
    state, effects = take(replace(state, notice=""), decisions, now)
    return replace(state, notice=". ".join(filter(None, (freed, state.notice)))), effects


def _pooled(table: Table, verdict: Verdict | None, kind: Kind, post: str) -> Pooled | None:
    """What becomes of a post's line in answers.txt."""
    if kind == "answer":
        return "there" if post in table.answers else "added"
    return "taken" if verdict == "answer" and post in table.answers else None


def _places_before(state: ReviewState, post: str) -> tuple[Place, ...]:
    """Where a post stood that left the queue; the end of the file, where it did so on another machine."""
    decisions = (one for step in reversed(state.done) for one in step.decisions)
    outs = [one for one in decisions if one.kind in OUT and one.fingerprint == post]
    return next(
        (one.places for one in outs if one.places), (Place(escape(outs[0].text).encode(), _LAST, None),)
    )


def take(state: ReviewState, decisions: Sequence[Decision], now: int) -> Result:
    """Make a step of decisions."""
    step = Step(state.next_step, now, tuple(decisions))
    state, made = _do(replace(state, next_step=step.number + 1, undone=()), step)
    return state, [step, *made]


def redo(state: ReviewState, now: int) -> Result:
    """Do the step again that was taken back last."""
    if not state.undone:
        return say(state, "Nothing to do again")
    step = state.undone[-1]
    state, made = _do(replace(state, undone=state.undone[:-1]), step)
    notice = f"Done again: {summary(step.decisions)}"
    return replace(state, notice=notice), [Undo("redo", step.number, now), *made]


def _do(state: ReviewState, step: Step) -> tuple[ReviewState, list[Change]]:
    table, made = perform(state.table, step)
    found: dict[str, Verdict | None] = {**state.verdicts}
    for one in step.decisions:
        found.update(judged(one))
    known = {post: verdict for post, verdict in found.items() if verdict}
    state = replace(state, table=table, done=(*state.done, step), verdicts=known)
    state = replace(state, origins={**state.origins, **origins([step])})
    for one in step.decisions:
        if one.kind == "later":
            state = seat(unseat(state, one.fingerprint), one.fingerprint, len(state.deck))
        if one.new:
            state = rename(state, one.fingerprint, one.new.fingerprint)
    state = _unmarked(state, step)
    last = step.decisions[-1].new
    if last and state.is_there(last.fingerprint):
        return advance(replace(state, at=last.fingerprint)), made
    return advance(step_on(state, {one.fingerprint for one in step.decisions})), made


def undo(state: ReviewState, now: int) -> Result:
    """Take back the last step that counts, of this review or an earlier one, and show its posts again."""
    if not state.done:
        return say(state, "Nothing to take back")
    *done, step = state.done
    table, made = perform(state.table, step, back=True)
    state = replace(state, table=table, done=tuple(done), undone=(*state.undone, step))
    state = replace(state, verdicts=verdicts(done), origins=origins(done))
    for one in reversed(step.decisions):
        post = one.fingerprint
        if one.new:
            state = rename(state, one.new.fingerprint, post)
        if one.kind == "later":
            state = unseat(state, post)
        if post not in state.deck:
            state = seat(state, post, state.front)
        state = replace(state, at=post, front=min(state.front, state.deck.index(post)))
    first, notice = step.decisions[0].fingerprint, f"Taken back: {summary(step.decisions)}"
    if state.subset is not None and first not in state.subset:
        state = replace(state, subset=None)
    if not state.is_there(first):
        state, notice = step_on(state, {first}), f"{notice}. {state.why_gone(first)}"
    state = _unmarked(state, step, back=True)
    return replace(advance(state), notice=notice), [Undo("undo", step.number, now), *made]


def _unmarked(state: ReviewState, step: Step, *, back: bool = False) -> ReviewState:
    """Go on to the next page after a step, of a group while there is more; `back` shows its posts again."""
    listing = state.listing
    if listing is None:
        return state
    posts = [one.fingerprint for one in step.decisions]
    if back:
        kinds = {one.fingerprint: one.kind for one in step.decisions}
        marks = {post: kind for post, kind in kinds.items() if kind == "keep" or kind == "star"}
        like = dict.fromkeys((*posts, *listing.like)) if listing.like else ()
        return replace(state, listing=Listing(marks, tuple(like)))
    left = tuple(post for post in listing.like if state.is_open(post) and post not in posts)
    others = {post: mark for post, mark in listing.marks.items() if post not in posts}
    return replace(state, listing=Listing(others, left) if left or not listing.like else None)


def recover(table: Table, history: History) -> tuple[Table, list[Change]]:
    """Return what the last entry of the journal still has to change in the file, after a crash."""
    last = history.last
    if isinstance(last, Step):
        return perform(table, last)
    if last is not None and last.kind == "undo":
        return perform(table, history.undone[-1], back=True)
    if last is not None and last.kind == "redo":
        return perform(table, history.done[-1])
    return table, []


def say(state: ReviewState, notice: str) -> Result:
    """Change nothing and say why."""
    return replace(state, notice=notice), []
