"""The list: a page of posts at once, and everything like one post. Pure.

A page is decided in one step, which one undo takes back. What a key would do is on the screen before it is
pressed (`intention`), because it decides posts that nobody looked at one by one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from botus.review.machine import precheck
from botus.review.machine.editor import Key
from botus.review.machine.state import Listing, ReviewState, step_on
from botus.review.machine.steps import Result, decide, say
from botus.store.decisions.entries import Kind
from botus.store.queue.tweets import TWEETS

_ALIKE = 0.5
_WORD = re.compile(r"\w+")
_NEXT_MARK: dict[Kind | None, Literal["keep", "star"] | None] = {None: "keep", "keep": "star", "star": None}
_DECIDING: dict[Key, Kind] = {
    **dict.fromkeys(("d", "left"), "drop"),
    **dict.fromkeys(("k", "right"), "keep"),
    " ": "later",
    "a": "answer",
}


def open_list(state: ReviewState, now: int) -> Result:
    """Show a page of posts instead of one."""
    return replace(state, listing=Listing()), []


def open_group(state: ReviewState, now: int) -> Result:
    """Show everything like the shown post, of what is still to be decided."""
    card = state.current
    if card is None:
        return say(state, "Nothing is left to compare with")
    posts = alike(state, card.fingerprint)
    if len(posts) < 2:
        return say(state, "Nothing that is still to be decided is like this post")
    return replace(state, at=card.fingerprint, listing=Listing(like=posts)), []


def list_key(state: ReviewState, listing: Listing, key: str, now: int) -> Result | None:
    """Take a key that only the list has, or that decides its page; None for any other."""
    if key in ("tab", "escape"):
        return replace(state, listing=None), []
    if len(key) == 1 and key in "1234567890":
        return _mark(state, listing, (int(key) - 1) % 10)
    if kind := _DECIDING.get(key):
        return _decide(state, listing, kind, now)
    return None


def intention(state: ReviewState, listing: Listing) -> dict[str, str]:
    """Say what each deciding key would do with the page; nothing where there is none."""
    posts = state.page
    if not posts:
        return {}
    kept = sum(post in listing.marks for post in posts)
    rest = len(posts) - kept
    everything = "it" if len(posts) == 1 else f"all {len(posts)}"
    dropping = f"keep {kept} and drop the other {rest}" if rest else f"keep {everything}"
    answering = f"keep {kept}, {rest} for answers" if rest else f"keep {everything}"
    if not kept:
        dropping, answering = f"drop {everything}", f"{everything} for answers"
    held = sum(bool(precheck.held(state, post)) or precheck.is_flagged(state, post) for post in posts)
    return {
        "d": dropping,
        "k": f"keep {everything}" + (f" ({held} held)" if held else ""),
        "space": f"{everything} later",
        **({"a": answering} if state.file == TWEETS else {}),
    }


def alike(state: ReviewState, post: str) -> tuple[str, ...]:
    """Return a post and all undecided ones that share at least half of their words with it, likest first."""
    words = _words(state, post)
    found = []
    for number, other in enumerate(state.deck):
        if other != post and state.is_open(other):
            theirs = _words(state, other)
            share = len(words & theirs) / max(1, len(words | theirs))
            if share >= _ALIKE:
                found.append((-share, number, other))
    return (post, *(other for _, _, other in sorted(found)))


def _words(state: ReviewState, post: str) -> set[str]:
    return set(_WORD.findall(state.table.cards[post].text.casefold()))


def _mark(state: ReviewState, listing: Listing, number: int) -> Result:
    """Mark a post to be kept; once more a star; once more not at all."""
    posts = state.page
    if number >= min(len(posts), 10):
        return say(state, f"There is no number {(number + 1) % 10} on this page")
    marks = dict(listing.marks)
    if following := _NEXT_MARK[marks.pop(posts[number], None)]:
        marks[posts[number]] = following
    return replace(state, listing=replace(listing, marks=marks)), []


def _decide(state: ReviewState, listing: Listing, kind: Kind, now: int) -> Result:
    posts, marks = state.page, listing.marks if kind != "later" else {}
    if not posts:
        return say(state, "Nothing is left to decide: u takes back, Tab leaves the list")
    wanted = [(post, marks.get(post, kind)) for post in posts]
    after, effects = decide(state, wanted, now, drawn=state.drawn())
    if not effects:
        after = replace(step_on(state, posts), listing=None if listing.like else Listing())
    return after, effects
