"""The review as a machine: (state, key, time) -> (state, effects). Pure: no file, clock, chance or terminal.

In come the queue, the journal and keys; out come effects for `session` to carry out in their order: first
`Record`, then what follows from it in tweets.txt. The state already shows the file as it will be.

One card stands for one post, also where the queue holds it several times: dropping it takes out all its
lines, an edit leaves one. The one surprise: looking back shows dropped cards too, and keeping one there
brings its lines back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from botus.review.machine import changes, order, paging, rewording, selecting
from botus.review.machine.changes import Change, Table
from botus.review.machine.deck import DONE, State, advance, current, gone, is_open, is_there, relaid, step_on
from botus.review.machine.editor import Key, Paste
from botus.review.machine.places import QueueLine
from botus.review.machine.rewording import reword
from botus.review.machine.steps import (
    Effect,
    LookUp,
    OpenEditor,
    Quit,
    Record,
    Result,
    decide,
    redo,
    say,
    undo,
)
from botus.store.decisions import History, Kind, Step

__all__ = [
    "Effect",
    "LookUp",
    "OpenEditor",
    "Quit",
    "Record",
    "press",
    "recover",
    "refresh",
    "reword",
    "undo",
]


def press(state: State, key: Key, now: int) -> Result:
    """Take one key.

    Args:
        state: the review; its table is not stale.
        key: a character, the name of another key, or pasted text.
        now: milliseconds since 1970.
    """
    state = replace(state, notice="")
    if state.editor:
        return rewording.edit_key(state, state.editor, key, now)
    if state.asking and (state.asking.editor or not isinstance(key, Paste)):
        return selecting.answer(state, state.asking, key)
    if isinstance(key, Paste):
        return say(state, "Pasted text does nothing here: press e to edit the post, and paste there")
    if state.helping:
        return replace(state, helping=False), [Quit()] if key == "q" else []
    if state.listing and (found := paging.list_key(state, key, now)):
        return found
    if key in _EVERYWHERE:
        return _EVERYWHERE[key](state, now)
    if state.listing:
        return say(state, "That key does nothing in the list: ? shows the keys, Tab goes back to one post")
    if key in _DECISIONS:
        return _decide(state, _DECISIONS[key], now)
    if key in _OTHERS:
        return _OTHERS[key](state, now)
    if key in ("enter", "newline"):
        return say(state, "Enter does nothing here: k keeps, d drops, space puts off")
    return say(state, "That key does nothing: ? shows the keys")


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
    return replace(step_on(state, {shown.fingerprint}), notice=gone(state, shown.fingerprint))


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


def learn(state: State, lesson: order.Lesson) -> State:
    """Order what is left by what was learned from the person's decisions."""
    return relaid(replace(state, lesson=lesson))


def _decide(state: State, kind: Kind, now: int) -> Result:
    card = current(state)
    if card is None:
        return say(state, "Nothing is left to decide: u takes back, q quits")
    if not is_there(state, card.fingerprint):
        return say(state, gone(state, card.fingerprint))
    after, effects = decide(state, [(card.fingerprint, kind)], now)
    if effects:
        return after, effects
    notice = f"Already {DONE[state.verdicts[card.fingerprint]]}"
    state = advance(step_on(state, {card.fingerprint}))
    return say(state, f"{notice}. {state.notice}".rstrip(". "))


def _look_up(state: State, now: int) -> Result:
    card = current(state)
    if card is None:
        return say(state, "Nothing is left to compare")
    return state, [LookUp(card.fingerprint, card.text)]


def _look(state: State, direction: int) -> Result:
    if state.subset is not None:
        return _look_in(state, state.subset, direction)
    at = state.deck.index(state.at) if state.at in state.deck else state.front
    beyond = range(at - 1, -1, -1) if direction < 0 else range(at + 1, len(state.deck))
    for number in beyond:
        if is_there(state, state.deck[number]):
            return replace(state, at=None if number == state.front else state.deck[number]), []
    if direction > 0 and state.front == len(state.deck):
        return replace(state, at=None), []
    return say(state, f"This is the {'first' if direction < 0 else 'last'} card of this review")


def _look_in(state: State, posts: tuple[str, ...], direction: int) -> Result:
    at = posts.index(state.at) if state.at in posts else 0
    for post in posts[:at][::-1] if direction < 0 else posts[at + 1 :]:
        if is_there(state, post):
            return replace(state, at=post), []
    return say(state, f"This is the {'first' if direction < 0 else 'last'} one that the filter found")


def _help(state: State, now: int) -> Result:
    return replace(state, helping=True), []


_DECISIONS: dict[str, Kind] = {
    "k": "keep",
    "right": "keep",
    "d": "drop",
    "left": "drop",
    " ": "later",
    "s": "star",
}
_EVERYWHERE: dict[str, Callable[[State, int], Result]] = {
    "/": selecting.ask_search,
    "n": selecting.search_again,
    "f": selecting.ask_filter,
    "o": selecting.ask_order,
    "?": _help,
    "q": lambda state, now: (state, [Quit()]),
}
_OTHERS: dict[str, Callable[[State, int], Result]] = {
    "e": rewording.start_edit,
    "E": rewording.open_editor,
    "u": undo,
    "backspace": undo,
    "r": redo,
    "up": lambda state, now: _look(state, -1),
    "down": lambda state, now: _look(state, 1),
    "m": paging.open_group,
    "c": _look_up,
    "tab": paging.open_list,
}
