"""The list: a page of posts at once, and everything like one post. Pure.

Keys go in; a page is decided in one step, which one undo takes back. The one surprise: what a key would do is
on the screen before it is pressed (`intention`), because it decides posts that nobody looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from botus.review.machine.deck import Listing, State, current, is_open, page, step_on
from botus.review.machine.steps import Result, decide, redo, say, undo
from botus.store.decisions import Kind

_ALIKE = 0.5
_WORD = re.compile(r"\w+")
_NEXT_MARK: dict[Kind | None, Literal["keep", "star"] | None] = {None: "keep", "keep": "star", "star": None}


def open_list(state: State, now: int) -> Result:
    """Show a page of posts instead of one."""
    return replace(state, listing=Listing()), []


def open_group(state: State, now: int) -> Result:
    """Show everything like the shown post, of what is still to be decided."""
    card = current(state)
    if card is None:
        return say(state, "Nothing is left to compare with")
    posts = alike(state, card.fingerprint)
    if len(posts) < 2:
        return say(state, "Nothing that is still to be decided is like this post")
    return replace(state, at=card.fingerprint, listing=Listing(like=posts)), []


def list_key(state: State, key: str, now: int) -> Result | None:
    """Take a key of the list; None where it means nothing here."""
    assert state.listing is not None
    if key in ("tab", "escape"):
        return replace(state, listing=None), []
    if len(key) == 1 and key in "1234567890":
        return _mark(state, state.listing, (int(key) - 1) % 10)
    if key in _DECIDING:
        posts = page(state)
        if not posts:
            return say(state, "Nothing is left to decide: u takes back, Tab leaves the list")
        after, effects = decide(state, _DECIDING[key](state, state.listing), now)
        if not effects:
            after = replace(step_on(state, posts), listing=None if state.listing.like else Listing())
        return after, effects
    if key in ("u", "backspace", "r"):
        return (redo if key == "r" else undo)(state, now)
    return None


def intention(state: State) -> dict[str, str]:
    """Say what each deciding key would do with the page."""
    assert state.listing is not None
    posts = page(state)
    kept = sum(post in state.listing.marks for post in posts)
    rest = len(posts) - kept
    dropping = f"keep {kept} and drop the other {rest}" if kept else f"drop all {rest}"
    return {"d": dropping, "k": f"keep all {len(posts)}", "space": f"put off all {len(posts)}"}


def alike(state: State, post: str) -> tuple[str, ...]:
    """Return a post and all undecided ones that share at least half of their words with it, likest first."""
    words = _words(state, post)
    found = []
    for number, other in enumerate(state.deck):
        if other != post and is_open(state, other):
            theirs = _words(state, other)
            common = len(words & theirs)
            if common and common >= _ALIKE * (len(words) + len(theirs) - common):
                found.append((-common / len(words | theirs), number, other))
    return (post, *(other for _, _, other in sorted(found)))


def _words(state: State, post: str) -> set[str]:
    return set(_WORD.findall(state.table.cards[post].text.casefold()))


def _mark(state: State, listing: Listing, number: int) -> Result:
    """Mark a post to be kept; once more a star; once more not at all."""
    posts = page(state)
    if number >= min(len(posts), 10):
        return say(state, f"There is no number {(number + 1) % 10} on this page")
    marks = dict(listing.marks)
    following = _NEXT_MARK[marks.pop(posts[number], None)]
    if following:
        marks[posts[number]] = following
    return replace(state, listing=replace(listing, marks=marks)), []


def _drop_rest(state: State, listing: Listing) -> list[tuple[str, Kind]]:
    return [(post, listing.marks.get(post, "drop")) for post in page(state)]


def _keep_all(state: State, listing: Listing) -> list[tuple[str, Kind]]:
    return [(post, listing.marks.get(post, "keep")) for post in page(state)]


def _put_off_all(state: State, listing: Listing) -> list[tuple[str, Kind]]:
    return [(post, "later") for post in page(state)]


_DECIDING: dict[str, Callable[[State, Listing], list[tuple[str, Kind]]]] = {
    "d": _drop_rest,
    "left": _drop_rest,
    "k": _keep_all,
    "right": _keep_all,
    " ": _put_off_all,
}
