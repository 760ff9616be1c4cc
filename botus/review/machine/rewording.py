"""Editing a post, in place or in a program of the person's own. Pure.

The end of an edit returns to the same card, which is still to be decided. The one surprise: a text that
cannot be saved stays under edit, with the reason, so that nothing that was written is lost.
"""

from __future__ import annotations

from dataclasses import replace

from botus.review.machine import changes, editor
from botus.review.machine.changes import Card
from botus.review.machine.deck import State, advance, current, gone, is_there
from botus.review.machine.editor import Editor, Key
from botus.review.machine.steps import OpenEditor, Result, say, take
from botus.store.decisions import Decision, Wording
from botus.text import escape, fingerprint, normalise


def start_edit(state: State, now: int) -> Result:
    """Edit the shown post in place."""
    card, problem = _editable(state)
    if card is None:
        return say(state, problem)
    return replace(state, editor=Editor(card.text, len(card.text)), at=card.fingerprint), []


def open_editor(state: State, now: int) -> Result:
    """Edit the shown post in the person's own editor."""
    card, problem = _editable(state)
    if card is None:
        return say(state, problem)
    return replace(state, at=card.fingerprint), [OpenEditor(card.text)]


def edit_key(state: State, under_edit: Editor, key: Key, now: int) -> Result:
    """Take a key while a post is under edit."""
    if key == "escape":
        return _close(state, "Edit cancelled")
    if key != "enter":
        return replace(state, editor=editor.pressed(under_edit, key)), []
    return reword(state, under_edit.text, now)


def reword(state: State, written: str | None, now: int) -> Result:
    """Give the shown post a new wording; None where the person changed nothing."""
    card = current(state)
    if card is None or written is None:
        return _close(state, "Not changed")
    text = normalise(written)
    if card.text in (text, written):
        return _close(state, "Not changed")
    new = Wording(text, fingerprint(text), escape(text).encode() + _carriage_return(card))
    if problem := _refusal(state, card, new):
        return say(replace(state, editor=Editor(written, len(written))), problem)
    places = changes.places_of(state.table, card, new.raw)
    decision = Decision("edit", card.fingerprint, card.text, places, new)
    state, effects = take(replace(state, editor=None), [decision], now)
    return replace(state, notice="Edited, and still to be decided"), effects


def _editable(state: State) -> tuple[Card | None, str]:
    card = current(state)
    if card is None:
        return None, "Nothing is left to edit: u takes back, q quits"
    if card.raws:
        return card, ""
    dropped = state.verdicts.get(card.fingerprint) == "drop"
    return None, "Dropped: k brings it back first" if dropped else gone(state, card.fingerprint)


def _close(state: State, notice: str) -> Result:
    return say(advance(replace(state, editor=None, at=_unless_front(state))), notice)


def _unless_front(state: State) -> str | None:
    if state.subset is not None:
        return state.at
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
