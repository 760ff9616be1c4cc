"""Editing a post, in place or in a program of the person's own. Pure.

The end of an edit returns to the same card, which is still to be decided. A text that cannot be saved stays
under edit, with the reason, so that nothing that was written is lost.
"""

from __future__ import annotations

from dataclasses import replace

from botus.review.machine import editor
from botus.review.machine.editor import Editor, Key
from botus.review.machine.precheck import held
from botus.review.machine.state import DONE, ReviewState, advance
from botus.review.machine.steps import Result, say, take
from botus.review.machine.table import Card
from botus.store.decisions.entries import Decision, Wording
from botus.store.decisions.judgement import OUT
from botus.store.queue.tweets import TWEETS
from botus.text import escape, fingerprint, normalise


def start_edit(state: ReviewState, now: int) -> Result:
    """Edit the shown post in place."""
    card = _editable(state)
    if isinstance(card, str):
        return say(state, card)
    return replace(state, editor=Editor(card.text, len(card.text)), at=card.fingerprint), []


def open_editor(state: ReviewState, now: int) -> Result:
    """Edit the shown post in the person's own editor."""
    card = _editable(state)
    if isinstance(card, str):
        return say(state, card)
    return replace(state, at=card.fingerprint), ["edit"]


def _editable(state: ReviewState) -> Card | str:
    """The shown post, or why it cannot be edited."""
    card = state.current
    if card is None:
        return "Nothing is left to edit: u takes back, q quits"
    if not card.raws and (verdict := state.verdicts.get(card.fingerprint)) in OUT:
        return f"{DONE[str(verdict)].capitalize()}: k brings it back first"
    return card if card.raws else state.why_gone(card.fingerprint)


def edit_key(state: ReviewState, under_edit: Editor, key: Key, now: int) -> Result:
    """Take a key while a post is under edit."""
    if key == "escape":
        return _close(state, "Edit cancelled")
    if key != "enter":
        return replace(state, editor=editor.pressed(under_edit, key)), []
    return reword(state, under_edit.text, now)


def reword(state: ReviewState, written: str | None, now: int) -> Result:
    """Give the shown post a new wording; None where the person changed nothing."""
    card = state.current
    if card is None or written is None:
        return _close(state, "Not changed")
    text = normalise(written)
    if card.text in (text, written):
        return _close(state, "Not changed")
    carriage_return = b"\r" if card.raws and card.raws[0].endswith(b"\r") else b""
    new = Wording(text, fingerprint(text), escape(text).encode() + carriage_return)
    if problem := _refusal(state, card, new):
        return say(replace(state, editor=Editor(written, len(written))), problem)
    places = state.table.places_of(card, new.raw)
    decision = Decision("edit", card.fingerprint, card.text, places, new)
    state, effects = take(replace(state, editor=None), [decision], now)
    notice, reason = "Edited, and still to be decided", held(state, new.fingerprint)
    return replace(state, notice=f"{notice}; held: {reason}" if reason else notice), effects


def _refusal(state: ReviewState, card: Card, new: Wording) -> str | None:
    """Say why an edit cannot be saved."""
    if not card.raws or card.fingerprint in state.table.used:
        return f"Not saved. {state.why_gone(card.fingerprint)}: Esc leaves"
    if not new.text:
        return "An empty post cannot be saved: Esc leaves, then d drops it"
    if new.fingerprint in state.table.used:
        return f"Not saved: this very text was used: {state.table.used[new.fingerprint]}"
    there = state.table.cards.get(new.fingerprint)
    if there and there.raws and there.fingerprint != card.fingerprint:
        where = "the queue" if state.file == TWEETS else state.file
        return f"Not saved: this very text is in {where} already"
    return None


def _close(state: ReviewState, notice: str) -> Result:
    if state.subset is None and state.at is not None:
        is_next = state.deck[state.front : state.front + 1] == (state.at,)
        if is_next or not state.is_there(state.at):
            state = replace(state, at=None)
    return say(advance(replace(state, editor=None)), notice)
