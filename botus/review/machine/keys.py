"""The keys of a review: what each does, and what a painter says of it. Pure.

A new key is a row of `KEYS`; what needs files is a request (`steps.py`) that `session` carries out.
One card stands for one post, also where the queue holds it several times: dropping it takes out all its
lines, an edit leaves one. Looking back shows dropped cards too, and keeping one there brings its lines back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from botus.review.machine import paging, rewording, selecting
from botus.review.machine.editor import Key, Paste
from botus.review.machine.paging import open_group, open_list
from botus.review.machine.rewording import open_editor, start_edit
from botus.review.machine.selecting import asking, search_again
from botus.review.machine.state import DONE, ReviewState, advance, step_on
from botus.review.machine.steps import Result, decide, redo, say, undo
from botus.store.decisions.entries import Kind
from botus.store.queue.tweets import ANSWERS

Action = Callable[[ReviewState, int], Result]


@dataclass(frozen=True, slots=True)
class Binding:
    """Keys that belong together: a line of the page of keys.

    `short` is key and word for the line below a card, and how little they are missed there if it is short.
    """

    names: str  # the keys as that page shows them
    help: str  # what they do, in its words; nothing where it need not say so
    actions: Mapping[str, Action]  # by key
    short: tuple[str, str, int] | None = None
    in_list: bool = False  # whether they do the same in the list


def press(state: ReviewState, key: Key, now: int) -> Result:
    """Take one key at `now`, in milliseconds since 1970; the table must not be stale."""
    if isinstance(key, str) and key in _PARTS and not (state.editor or state.asking):
        return replace(state, part=state.part + _PARTS[key]), []
    state = replace(state, notice="", part=0)
    if state.editor:
        return rewording.edit_key(state, state.editor, key, now)
    if state.asking and (state.asking.editor or not isinstance(key, Paste)):
        return selecting.answer(state, state.asking, key)
    if isinstance(key, Paste):
        return say(state, "Pasted text does nothing here: press e to edit the post, and paste there")
    if state.helping:
        return replace(state, helping=False), ["quit"] if key == "q" else []
    if key == "a" and state.file == ANSWERS:
        return say(state, "These are the answers: k keeps one, d drops it")
    if state.listing and (found := paging.list_key(state, state.listing, key, now)):
        return found
    binding = _BY_KEY.get(key)
    if binding and (binding.in_list or not state.listing):
        return binding.actions[key](state, now)
    if state.listing:
        return say(state, "That key does nothing in the list: ? shows the keys, Tab goes back to one post")
    if key in ("enter", "newline"):
        return say(state, "Enter does nothing here: k keeps, d drops, space is for later")
    if isinstance(key, str) and key.isupper() and key.lower() in _BY_KEY:
        return say(state, f"{key} does nothing, {key.lower()} does: is Caps Lock on?")
    return say(state, "That key does nothing: ? shows the keys")


def _decide(kind: Kind, state: ReviewState, now: int) -> Result:
    card = state.current
    if card is None:
        return say(state, "Nothing is left to decide: u takes back, q quits")
    if not state.is_there(card.fingerprint):
        return say(state, state.why_gone(card.fingerprint))
    after, effects = decide(state, [(card.fingerprint, kind)], now, drawn=state.drawn())
    if effects:
        return after, effects
    notice = f"Already {DONE[state.verdicts[card.fingerprint]]}"
    state = advance(step_on(state, {card.fingerprint}))
    return say(state, f"{notice}. {state.notice}".rstrip(". "))


def _look(direction: int, state: ReviewState, now: int) -> Result:
    posts, at = state.row, state.place
    for post in posts[:at][::-1] if direction < 0 else posts[at + 1 :]:
        if state.is_there(post):
            is_next = state.subset is None and posts[state.front : state.front + 1] == (post,)
            return replace(state, at=None if is_next else post), []
    if direction > 0 and state.subset is None and state.front == len(state.deck):
        return replace(state, at=None), []
    among = "card of this review" if state.subset is None else "one that the filter found"
    return say(state, f"This is the {'first' if direction < 0 else 'last'} {among}")


def _compare(state: ReviewState, now: int) -> Result:
    if not state.current:
        return say(state, "Nothing is left to compare")
    return say(state, "Compared: what came of it stands below the post")[0], ["compare"]


def _help(state: ReviewState, now: int) -> Result:
    return replace(state, helping=True), []


def _quit(state: ReviewState, now: int) -> Result:
    return state, ["quit"]


_keep, _drop, _later = partial(_decide, "keep"), partial(_decide, "drop"), partial(_decide, "later")
_star, _answer = partial(_decide, "star"), partial(_decide, "answer")
_UNDOING = {"u": undo, "backspace": undo, "r": redo}
_ASKING = {"f": asking("filter"), "o": asking("order")}

KEYS = (
    Binding("d  left", "drop: it leaves the queue", {"d": _drop, "left": _drop}, ("d", "drop", 0)),
    Binding("k  right", "keep: it stays in the queue", {"k": _keep, "right": _keep}, ("k", "keep", 0)),
    Binding("space", "later: it comes again at the end", {" ": _later}, ("space", "later", 1)),
    Binding("s", "star: keep, and it is a sure hit", {"s": _star}, ("s", "star", 4)),
    Binding("a", "answer: it moves to answers.txt, for replies", {"a": _answer}, ("a", "answer", 7)),
    Binding("e  E", "edit here, or in your $EDITOR", {"e": start_edit, "E": open_editor}, ("e", "edit", 3)),
    Binding("Tab", "list: a page at once; 1-9 0 mark the keepers", {"tab": open_list}, ("Tab", "list", 6)),
    Binding("m", "everything like this post, at once", {"m": open_group}),
    Binding("u  backspace", "undo, back to the very first; r redo", _UNDOING, ("u", "undo", 2), in_list=True),
    Binding("PgDn  PgUp", "the rest of a long post, also > and <", {}),
    Binding("up  down", "look back and forward", {"up": partial(_look, -1), "down": partial(_look, 1)}),
    Binding("/  n", "search; the next one found", {"/": asking("search"), "n": search_again}, in_list=True),
    Binding("f  o", "filter what is shown; order it", _ASKING, in_list=True),
    Binding("c", "compare with the corpus", {"c": _compare}),
    Binding("?", "", {"?": _help}, ("?", "keys", 0), in_list=True),
    Binding("q", "quit: all is saved already", {"q": _quit}, ("q", "quit", 0), in_list=True),
)
_PARTS = {"page-down": 1, ">": 1, "page-up": -1, "<": -1}
_BY_KEY = {key: binding for binding in KEYS for key in binding.actions}
