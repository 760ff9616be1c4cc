"""The review as a machine: (state, key, time) -> (state, effects). Pure: no file, clock, chance or terminal.

In come the queue, the journal and keys; out come effects for `session` to carry out in their order: first
`Record`, then what follows from it in tweets.txt. The state already shows the file as it will be.

One card stands for one post, also where the queue holds it several times: dropping it takes out all its
lines, an edit leaves one. The one surprise: looking back shows dropped cards too, and keeping one there
brings its lines back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from botus.decisions import Decision, History, Kind, Mark, Place, Step, Wording, judged
from botus.review import changes, editor
from botus.review.changes import Card, Change, Table
from botus.review.deck import (
    DONE,
    State,
    advance,
    current,
    gone,
    is_open,
    is_there,
    judge,
    rename,
    seat,
    show_again,
    unseat,
    verdict_on,
)
from botus.review.editor import Editor, Key, Paste
from botus.review.places import QueueLine
from botus.text import escape, fingerprint, normalise


@dataclass(frozen=True, slots=True)
class Record:
    """Write this into the journal, durably, before anything that follows."""

    entry: Step | Mark


@dataclass(frozen=True, slots=True)
class Quit:
    """The person wants to stop."""


Effect = Record | Change | Quit


def press(state: State, key: Key, now: int) -> tuple[State, list[Effect]]:
    """Take one key.

    Args:
        state: the review; its table is not stale.
        key: a character, the name of another key, or pasted text.
        now: milliseconds since 1970.
    """
    state = replace(state, notice="")
    if state.editor:
        return _edit_key(state, state.editor, key, now)
    if isinstance(key, Paste):
        return _say(state, "Pasted text does nothing here: press e to edit the post, and paste there")
    if state.helping:
        return replace(state, helping=False), [Quit()] if key == "q" else []
    if key in _DECISIONS:
        return _decide(state, _DECISIONS[key], now)
    if key in _OTHERS:
        return _OTHERS[key](state, now)
    if key in ("enter", "newline"):
        return _say(state, "Enter does nothing here: k keeps, d drops, space puts off")
    return _say(state, "That key does nothing: ? shows the keys")


def refresh(state: State, lines: Iterable[QueueLine], used: Mapping[str, str]) -> State:
    """Take in what an editor, `post` or `generate` did to the queue meanwhile; new posts come last."""
    shown = current(state)
    state = replace(state, table=changes.read(lines, used, state.table))
    known = set(state.deck)
    new = [post for post in state.table.cards if post not in known and is_open(state, post)]
    state = advance(replace(state, deck=(*state.deck, *new), front=0))
    if shown is None or is_there(state, shown.fingerprint):
        return state
    if state.editor:
        return replace(state, at=shown.fingerprint, notice=f"{gone(state, shown.fingerprint)}: Esc leaves")
    return replace(state, at=None, notice=gone(state, shown.fingerprint))


def recover(table: Table, history: History) -> tuple[Table, list[Change]]:
    """Return what the last entry of the journal still has to change in the file, after a crash."""
    last = history.last
    if isinstance(last, Step):
        return changes.perform(table, last)
    if last is not None and last.turn == "undo":
        return changes.perform(table, history.undone[-1], back=True)
    if last is not None and last.turn == "redo":
        return changes.perform(table, history.done[-1])
    return table, []


def undo(state: State, now: int) -> tuple[State, list[Effect]]:
    """Take back the last step that counts, of this review or an earlier one."""
    if not state.done:
        return _say(state, "Nothing to take back")
    step = state.done[-1]
    table, made = changes.perform(state.table, step, back=True)
    state = replace(state, table=table, done=state.done[:-1], undone=(*state.undone, step))
    for decision in reversed(step.decisions):
        state = judge(state, {post: verdict_on(post, state.done) for post, _ in judged(decision)})
        if decision.new:
            state = rename(state, decision.new.fingerprint, decision.fingerprint)
        state = show_again(state, decision)
    notice = f"Taken back: {' and '.join(DONE[one.kind] for one in step.decisions)}"
    first = step.decisions[0].fingerprint
    if not is_there(state, first):
        state, notice = replace(state, at=None), f"{notice}. {gone(state, first)}"
    return replace(advance(state), notice=notice), [Record(Mark("undo", step.number, now)), *made]


def _decide(state: State, kind: Kind, now: int) -> tuple[State, list[Effect]]:
    card = current(state)
    if card is None:
        return _say(state, "Nothing is left to decide: u takes back, q quits")
    verdict = state.verdicts.get(card.fingerprint)
    if not is_there(state, card.fingerprint):
        return _say(state, gone(state, card.fingerprint))
    if verdict == kind != "later" or (verdict == "drop" and kind == "later"):
        return _say(advance(replace(state, at=None)), f"Already {DONE[verdict]}")
    places = changes.places_of(state.table, card) or _places_of_drop(state, card.fingerprint)
    decision = Decision(kind, card.fingerprint, card.text, places, back=verdict == "drop")
    return _take(state, decision, now)


def _take(state: State, decision: Decision, now: int) -> tuple[State, list[Effect]]:
    step = Step(state.next_step, now, (decision,))
    state = replace(state, next_step=step.number + 1, undone=())
    state, made = _do(state, step)
    return state, [Record(step), *made]


def _do(state: State, step: Step) -> tuple[State, list[Change]]:
    table, made = changes.perform(state.table, step)
    state = replace(state, table=table, done=(*state.done, step), at=None)
    for decision in step.decisions:
        state = judge(state, dict(judged(decision)))
        if decision.kind == "later":
            state = seat(unseat(state, decision.fingerprint), decision.fingerprint, len(state.deck))
        if decision.new:
            state = rename(state, decision.fingerprint, decision.new.fingerprint)
            at = decision.new.fingerprint
            state = replace(state, at=at if is_there(state, at) else None)
    return advance(state), made


def _redo(state: State, now: int) -> tuple[State, list[Effect]]:
    if not state.undone:
        return _say(state, "Nothing to do again")
    step = state.undone[-1]
    state, made = _do(replace(state, undone=state.undone[:-1]), step)
    notice = f"Done again: {' and '.join(DONE[one.kind] for one in step.decisions)}"
    return replace(state, notice=notice), [Record(Mark("redo", step.number, now)), *made]


def _look(state: State, direction: int) -> tuple[State, list[Effect]]:
    at = state.deck.index(state.at) if state.at in state.deck else state.front
    beyond = range(at - 1, -1, -1) if direction < 0 else range(at + 1, len(state.deck))
    for number in beyond:
        if is_there(state, state.deck[number]):
            return replace(state, at=None if number == state.front else state.deck[number]), []
    if direction > 0 and state.front == len(state.deck):
        return replace(state, at=None), []
    return _say(state, f"This is the {'first' if direction < 0 else 'last'} card of this review")


def _start_edit(state: State, now: int) -> tuple[State, list[Effect]]:
    card = current(state)
    if card is None:
        return _say(state, "Nothing is left to edit: u takes back, q quits")
    if not card.raws:
        dropped = state.verdicts.get(card.fingerprint) == "drop"
        return _say(state, "Dropped: k brings it back first" if dropped else gone(state, card.fingerprint))
    return replace(state, editor=Editor(card.text, len(card.text)), at=card.fingerprint), []


def _edit_key(state: State, under_edit: Editor, key: Key, now: int) -> tuple[State, list[Effect]]:
    if key == "escape":
        return _close(state, "Edit cancelled")
    if key != "enter":
        return replace(state, editor=editor.pressed(under_edit, key)), []
    card = current(state)
    assert card is not None, "an edit has a card"
    text = normalise(under_edit.text)
    if text == card.text or under_edit.text == card.text:
        return _close(state, "Not changed")
    new = Wording(text, fingerprint(text), escape(text).encode() + _carriage_return(card))
    if problem := _refusal(state, card, new):
        return _say(state, problem)
    places = changes.places_of(state.table, card, new.raw)
    state, effects = _take(
        replace(state, editor=None), Decision("edit", card.fingerprint, card.text, places, new), now
    )
    return replace(state, notice="Edited, and still to be decided"), effects


def _close(state: State, notice: str) -> tuple[State, list[Effect]]:
    return _say(advance(replace(state, editor=None, at=_unless_front(state))), notice)


def _unless_front(state: State) -> str | None:
    in_front = state.front < len(state.deck) and state.at == state.deck[state.front]
    return None if in_front or state.at is None or not is_there(state, state.at) else state.at


def _carriage_return(card: Card) -> bytes:
    return b"\r" if card.raws and card.raws[0].endswith(b"\r") else b""


def _refusal(state: State, card: Card, new: Wording) -> str | None:
    """Say why an edit cannot be saved."""
    if not card.raws or card.fingerprint in state.table.used:
        return f"Not saved. {gone(state, card.fingerprint)}: Esc leaves"
    if not new.text:
        return "An empty post cannot be saved: Esc leaves, then d drops it"
    if new.fingerprint in state.table.used:
        return f"Not saved: this very text was used: {state.table.used[new.fingerprint]}"
    there = state.table.cards.get(new.fingerprint)
    if there and there.raws and there.fingerprint != card.fingerprint:
        return "Not saved: this very text is in the queue already"
    return None


def _places_of_drop(state: State, post: str) -> tuple[Place, ...]:
    decisions = (one for step in reversed(state.done) for one in step.decisions)
    return next(one.places for one in decisions if one.kind == "drop" and one.fingerprint == post)


def _say(state: State, notice: str) -> tuple[State, list[Effect]]:
    return replace(state, notice=notice), []


def _turn_page(state: State, now: int) -> tuple[State, list[Effect]]:
    return replace(state, helping=True), []


_DECISIONS: dict[str, Kind] = {
    "k": "keep",
    "right": "keep",
    "d": "drop",
    "left": "drop",
    " ": "later",
    "s": "star",
}
_OTHERS: dict[str, Callable[[State, int], tuple[State, list[Effect]]]] = {
    "e": _start_edit,
    "u": undo,
    "backspace": undo,
    "r": _redo,
    "up": lambda state, now: _look(state, -1),
    "down": lambda state, now: _look(state, 1),
    "?": _turn_page,
    "q": lambda state, now: (state, [Quit()]),
}
