"""Which posts are looked at, and in which order: search, filter, order. Pure. Nothing is decided here.

A question is asked with one key and answered with the next one, or with a line of text. A filter is a list of
posts made once: a post that is decided stays on it until the filter ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from botus.review.machine import editor
from botus.review.machine.editor import Editor, Key
from botus.review.machine.explaining import ordered
from botus.review.machine.precheck import held, is_flagged, over
from botus.review.machine.state import Question, ReviewState, advance, relaid
from botus.review.machine.steps import Result, say
from botus.review.regex import Unusable, matching
from botus.review.taste.order import Order

FILTERS = {
    "u": "undecided",
    "k": "kept",
    "s": "starred",
    "d": "dropped",
    "a": "answering",
    "f": "flagged or held",
    "l": "long",
    "e": "everything",
    "/": "by regex",
}
ORDERS: dict[str, Order] = {"s": "score", "r": "random", "f": "file", "n": "new", "u": "uncertain"}


def asking(kind: Literal["filter", "order", "search"]) -> Callable[[ReviewState, int], Result]:
    """Return what a key does that asks for a filter, for an order, or what to look for."""
    question = Question(kind, Editor("", 0) if kind == "search" else None)
    return lambda state, now: (replace(state, asking=question), [])


def search_again(state: ReviewState, now: int) -> Result:
    """Go to the next post that has what was searched for last."""
    return _search(state, state.sought) if state.sought else say(state, "Nothing to look for: / searches")


def answer(state: ReviewState, question: Question, key: Key) -> Result:
    """Take a key while a question is open."""
    if key == "escape":
        return replace(state, asking=None), []
    if question.editor is None:
        return (_filter if question.kind == "filter" else _order)(replace(state, asking=None), key)
    if key not in ("enter", "newline"):
        return replace(state, asking=replace(question, editor=editor.pressed(question.editor, key))), []
    state, text = replace(state, asking=None), question.editor.text
    return _search(state, text or state.sought) if question.kind == "search" else _by_regex(state, text)


def selected(state: ReviewState, name: str) -> ReviewState:
    """Show only the posts of a filter: kept, starred, dropped, answering, flagged or held, long, all."""
    known: Iterable[str] = state.table.cards
    if name in ("dropped", "answering"):  # what was taken out last is what is most likely wanted back
        last = (one.fingerprint for step in reversed(state.done) for one in step.decisions)
        known = dict.fromkeys((*last, *state.table.cards))
    posts = [post for post in known if state.is_there(post) and _TESTS[name](state, post)]
    return _showing(state, posts, name)


def _filter(state: ReviewState, key: Key) -> Result:
    name = FILTERS.get(key) if isinstance(key, str) else None
    if name == "by regex":
        return replace(state, asking=Question("regex", Editor("", 0))), []
    if name == "undecided":
        return say(advance(replace(state, subset=None, at=None)), "Everything that is undecided")
    return (selected(state, name), []) if name else say(state, "No such filter")


def _by_regex(state: ReviewState, pattern: str) -> Result:
    if not pattern:
        return say(state, "No pattern, no filter")
    posts = list(filter(state.is_open, state.deck))
    try:
        found = matching(pattern, [state.table.cards[post].text for post in posts])
    except Unusable as error:
        said = str(error)
        return say(state, f"{said[0].upper()}{said[1:]}")
    return _showing(state, [posts[one] for one in found], f"undecided with {pattern}"), []


def _showing(state: ReviewState, posts: list[str], name: str) -> ReviewState:
    if not posts:
        return replace(state, notice=f"No post is {name}")
    notice = f"All {len(posts):,}" if name == "everything" else f"Only the {len(posts):,} {name}"
    return replace(state, subset=tuple(posts), at=posts[0], notice=notice)


def _search(state: ReviewState, text: str) -> Result:
    posts, start, wanted = state.row, state.place + 1, text.casefold()
    known = state.table.cards
    has = [
        at for at, post in enumerate(posts) if wanted in known[post].text.casefold() and state.is_there(post)
    ]
    if not wanted:
        return say(state, "Nothing to look for")
    if not has:
        where = "Nothing here" if state.subset is None else "Nothing that the filter shows"
        return say(replace(state, sought=text), f"{where} has {text!r}")
    at = bisect_left(has, start) % len(has)
    post, notice = posts[has[at]], f"{at + 1:,} of {len(has):,} with {text!r}"
    return replace(state, at=post, listing=None, sought=text, found=post, notice=notice), []


def hits(text: str, sought: str) -> list[tuple[int, int]]:
    """Tell where a text has what is searched for: start and end of each place, in code points."""
    folded, wanted = [character.casefold() for character in text], sought.casefold()
    starts, found = list(accumulate(map(len, folded), initial=0)), list[tuple[int, int]]()
    whole = "".join(folded)
    at = whole.find(wanted) if wanted else -1
    while at >= 0:
        end = at + len(wanted)
        found.append((bisect_right(starts, at) - 1, bisect_left(starts, end)))
        at = whole.find(wanted, end)
    return found


def _order(state: ReviewState, key: Key) -> Result:
    if key == "l":
        state = relaid(replace(state, learning=not state.learning))
        return say(state, f"Now {'' if state.learning else 'not '}learning from your decisions")
    order = ORDERS.get(key) if isinstance(key, str) else None
    if order is None:
        return say(state, "No such order")
    state = relaid(replace(state, order=order))
    return say(state, f"Now {ordered(state).long}")


def _is_long(state: ReviewState, post: str) -> bool:
    return post in state.set_aside or (state.is_open(post) and any(over(state, post)))


def _needs_keep(state: ReviewState, post: str) -> bool:
    return state.is_open(post) and (is_flagged(state, post) or bool(held(state, post)))


_TESTS: dict[str, Callable[[ReviewState, str], bool]] = {
    "kept": lambda state, post: state.verdicts.get(post) == "keep",
    "starred": lambda state, post: state.verdicts.get(post) == "star",
    "dropped": lambda state, post: state.verdicts.get(post) == "drop",
    "answering": lambda state, post: state.verdicts.get(post) == "answer" or post in state.picked,
    "flagged or held": _needs_keep,
    "long": _is_long,
    "everything": lambda state, post: True,
}
