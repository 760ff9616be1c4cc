"""What `post` would say of a post: it is held until a person keeps it, or too long for every account.

Pure. A line of answers.txt that would be held is never said, whatever a person decides about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from botus.review.machine.state import ReviewState
from botus.screening.rules import longest_count, precheck
from botus.store.decisions.judgement import earlier_wordings
from botus.store.queue.tweets import ANSWERS
from botus.text import LONGEST_POST

_INNER = "a part of a post of several lines, between training markers"
_MOST = 280  # where no target is known


def held(state: ReviewState, post: str, text: str | None = None) -> str:
    """Say why a post waits for a keep, apart from the flags of `generate`; nothing where it does not.

    Args:
        text: its new wording, while it is being edited.
    """
    if state.verdicts.get(post) in ("keep", "star") and state.file != ANSWERS:
        return ""
    wording = state.table.cards[post].text if text is None else text
    if len(wording) > LONGEST_POST:  # no keep helps
        return ""
    return precheck(wording, state.denylist) or (_INNER if _was_among(state, post, state.inner) else "")


def is_flagged(state: ReviewState, post: str) -> bool:
    """Tell whether `generate` flagged a post, or what it was edited from, and nobody has kept it."""
    return state.verdicts.get(post) not in ("keep", "star") and _was_among(state, post, state.flagged)


def over(state: ReviewState, post: str) -> list[bool]:
    """Tell for every target whether a post is too long for it."""
    text = state.table.cards[post].text
    if 2 * len(text) > shortest(state) and longest_count(text) > shortest(state):  # counting is slow
        return [one.platform.length(text) > one.most for one in state.limits] or [len(text) > _MOST]
    return [False]


def shortest(state: ReviewState) -> int:
    """Return the shortest limit of a target, in characters."""
    return min((limit.most for limit in state.limits), default=_MOST)


def freed(state: ReviewState, posts: Iterable[str]) -> str:
    """Say what keeping these posts lets out, and what it does not; nothing where there is nothing to say."""
    kept = list(posts)
    waits = [held(state, post) or ("flagged" if is_flagged(state, post) else "") for post in kept]
    reasons = list(filter(None, waits))
    why = f" ({reasons[0]})" if len(reasons) == 1 else f": {len(reasons)} that were held"
    if state.file == ANSWERS:
        return f"Never said all the same{why}" if reasons else ""
    said = [f"Now free to be posted{why}"] if reasons else []
    if count := sum(all(over(state, post)) for post in kept):
        said.append(f"{'It is' if len(kept) == 1 else f'{count} are'} too long to be posted: edit first")
    return ". ".join(said)


def _was_among(state: ReviewState, post: str, posts: Collection[str]) -> bool:
    """Whether a post, or what it was edited from, is one of these."""
    return bool(posts) and any(one in posts for one in (post, *earlier_wordings(post, state.origins)))
