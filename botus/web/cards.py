"""A review as JSON: what the terminal paints, as values for a page. Pure.

A text is the post itself, never markup and never cut; the page shows it as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from botus.platforms.rows import Limit
from botus.review.machine.explaining import ordered, reasons, shared, written_by
from botus.review.machine.precheck import held
from botus.review.machine.selecting import FILTERS, ORDERS
from botus.review.machine.state import DONE, ReviewState
from botus.review.machine.tally import summary, tally
from botus.store.decisions.entries import Step
from botus.store.queue.tweets import TWEETS

Noted = Callable[[str], Mapping[str, Any]]
_RECENT = 5


def view(
    state: ReviewState,
    limits: Sequence[Limit],
    noted: Noted,
    per_day: float | None,
    showing: str,
    about_order: Sequence[str],
    count: int,
) -> dict[str, Any]:
    """Return what the page shows of a review.

    Args:
        limits: of every target.
        noted: what `generate` noted of a post, by its fingerprint.
        per_day: posts a day, None without a schedule.
        showing: the name of the filter; of no interest where there is none.
        about_order: what is said of the order.
        count: most cards.
    """
    counts = tally(state)
    group = state.group
    pace = counts.pace
    return {
        "cards": [card(state, post, limits, noted) for post in islice(_coming(state), count)],
        "place": state.place,
        "of": len(group or state.row),
        "kept": counts.kept,
        "left": counts.left,
        "made": {kind: number for kind, number in counts.made.items() if number},
        "pace": pace and round(pace, 1),
        "minutes_left": pace and round(counts.left / pace),
        "days": None if per_day is None or state.file != TWEETS else round(counts.kept / per_day, 1),
        "order": state.order,
        "ordered_by": ordered(state).long,
        "about_order": about_order,
        "filter": showing if state.subset is not None else None,
        "filters": [name for key, name in FILTERS.items() if key != "/"],
        "orders": list(ORDERS.values()),
        "recent": [_recent(step) for step in reversed(state.done[-_RECENT:])],
        "can_undo": bool(state.done),
        "can_redo": bool(state.undone),
        "notice": state.notice,
        "file": state.file,
        "limits": [{"name": one.platform.title, "most": one.most} for one in limits],
        "learning": state.learning,
        "like": group[0] if group else None,
    }


def card(
    state: ReviewState,
    post: str,
    limits: Sequence[Limit],
    noted: Noted,
) -> dict[str, Any]:
    """Return what the page shows of one post."""
    text, verdict, about = state.table.cards[post].text, state.verdicts.get(post), noted(post)
    return {
        "post": post,
        "text": text,
        "verdict": verdict if verdict in DONE else None,
        "lengths": [
            {"name": one.platform.title, "length": one.platform.length(text), "most": one.most}
            for one in limits
        ],
        "flags": list(map(str, about.get("flags") or ())),
        "held": held(state, post),
        "is_answer": state.file != TWEETS,
        "sought": state.sought if state.found == post else "",
        "set_aside": state.set_aside.get(post, ""),
        "nearest": state.nearest.get(post) or ": ".join(filter(None, shared(about))),
        "reasons": reasons(state, post),
        "about": written_by(about),
    }


def _coming(state: ReviewState) -> Iterator[str]:
    """The posts of the page, the shown one first."""
    if state.group:
        yield from state.group
        return
    shown = state.current
    if shown:
        yield shown.fingerprint
    yield from (post for post in state.coming() if not shown or post != shown.fingerprint)


def _recent(step: Step) -> dict[str, str]:
    one = step.decisions[0]
    if len(step.decisions) > 1:
        return {"verdict": one.kind, "text": f"{len(step.decisions)} at once: {summary(step.decisions)}"}
    return {"verdict": one.kind, "text": one.new.text if one.new else one.text}
