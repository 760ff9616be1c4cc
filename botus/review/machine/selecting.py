"""Which posts are looked at, and in which order: search, filter, order. Pure. Nothing is decided here.

A question is asked with one key and answered with the next one, or with a line of text. The one surprise: a
filter is a list of posts made once; a post that is decided stays on it until the filter ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from botus.review.machine import editor
from botus.review.machine.deck import Question, State, advance, current, is_open, is_taught, is_there, relaid
from botus.review.machine.editor import Editor, Key
from botus.review.machine.order import Order
from botus.review.machine.steps import Result, say
from botus.text import x_length

FILTERS = {
    "u": "undecided",
    "k": "kept",
    "s": "starred",
    "d": "dropped",
    "f": "flagged",
    "l": "long",
    "/": "by regex",
}
ORDERS: dict[str, Order] = {"s": "score", "r": "random", "f": "file", "n": "new", "u": "uncertain"}


def ask_filter(state: State, now: int) -> Result:
    """Ask what to show."""
    return replace(state, asking=Question("filter")), []


def ask_order(state: State, now: int) -> Result:
    """Ask for the order of what is left."""
    return replace(state, asking=Question("order")), []


def ask_search(state: State, now: int) -> Result:
    """Ask what to look for."""
    return replace(state, asking=Question("search", Editor("", 0))), []


def answer(state: State, question: Question, key: Key) -> Result:
    """Take a key while a question is open."""
    if key == "escape":
        return replace(state, asking=None), []
    if question.editor is None:
        return (_filter if question.kind == "filter" else _order)(replace(state, asking=None), key)
    if key not in ("enter", "newline"):
        return replace(state, asking=replace(question, editor=editor.pressed(question.editor, key))), []
    state, text = replace(state, asking=None), question.editor.text
    return _search(state, text or state.sought) if question.kind == "search" else _by_regex(state, text)


def search_again(state: State, now: int) -> Result:
    """Go to the next post that has what was searched for last."""
    return _search(state, state.sought) if state.sought else say(state, "Nothing to look for: / searches")


def selected(state: State, name: str) -> State:
    """Show only the posts of a filter: kept, starred, dropped, flagged or long."""
    known: Iterable[str] = state.table.cards
    if name == "dropped":  # what was dropped last is what is most likely wanted back
        known = dict.fromkeys(one.fingerprint for step in reversed(state.done) for one in step.decisions)
    posts = [post for post in known if is_there(state, post) and _TESTS[name](state, post)]
    return _showing(state, posts, name)


def _filter(state: State, key: Key) -> Result:
    name = FILTERS.get(key) if isinstance(key, str) else None
    if name == "by regex":
        return replace(state, asking=Question("regex", Editor("", 0))), []
    if name == "undecided":
        return say(advance(replace(state, subset=None, at=None)), "Everything that is undecided")
    return (selected(state, name), []) if name else say(state, "No such filter")


def _by_regex(state: State, pattern: str) -> Result:
    if not pattern:
        return say(state, "No pattern, no filter")
    try:
        wanted = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        return say(state, f"Not a regular expression: {error}")
    posts = [post for post in state.deck if is_open(state, post)]
    found = [post for post in posts if wanted.search(state.table.cards[post].text)]
    return _showing(state, found, f"undecided with {pattern}"), []


def _showing(state: State, posts: list[str], name: str) -> State:
    if not posts:
        return replace(state, notice=f"No post is {name}")
    notice = f"Only the {len(posts):,} {name}: f u shows everything again"
    return replace(state, subset=tuple(posts), at=posts[0], notice=notice)


def _search(state: State, text: str) -> Result:
    posts = state.subset if state.subset is not None else state.deck
    card = current(state)
    start = posts.index(card.fingerprint) + 1 if card and card.fingerprint in posts else 0
    wanted = text.casefold()
    for post in (*posts[start:], *posts[:start]):
        if wanted and wanted in state.table.cards[post].text.casefold() and is_there(state, post):
            return replace(state, at=post, listing=None, sought=text, notice="n finds the next one"), []
    return say(replace(state, sought=text), f"Nothing here has {text!r}" if text else "Nothing to look for")


def _order(state: State, key: Key) -> Result:
    if key == "l":
        state = relaid(replace(state, learning=not state.learning))
        on = "learning from your decisions" if state.learning else "not learning from your decisions"
        return say(state, f"Now {on}")
    order = ORDERS.get(key) if isinstance(key, str) else None
    if order is None:
        return say(state, "No such order")
    state = relaid(replace(state, order=order))
    return say(state, f"Ordered by {ordered_by(state)}")


def ordered_by(state: State) -> str:
    """Say what makes the order."""
    if is_taught(state) and state.lesson:
        doubt = ", the most uncertain first" if state.order == "uncertain" else ""
        return f"your {state.lesson.decisions} decisions{doubt}"
    return {"new": "age, the newest first", "random": "chance", "uncertain": "uncertainty"}.get(
        state.order, state.order
    )


def _is_long(state: State, post: str) -> bool:
    text = state.table.cards[post].text
    if not is_open(state, post) or 2 * len(text) <= state.limit:
        return False
    return len(text) > state.limit or x_length(text) > state.limit


def _has(verdict: str) -> Callable[[State, str], bool]:
    return lambda state, post: state.verdicts.get(post) == verdict


_TESTS: dict[str, Callable[[State, str], bool]] = {
    "kept": _has("keep"),
    "starred": _has("star"),
    "dropped": _has("drop"),
    "flagged": lambda state, post: post in state.flagged and is_open(state, post),
    "long": _is_long,
}
