"""Out of which lines the next post comes, as far as it can be told, and with what odds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from botus.monitoring.queue.counts import QueueCounts
from botus.monitoring.queue.lines import QueueLine, described, queued
from botus.posting.selection import Selection, stars_in_turn
from botus.settings import PostOrder, Settings
from botus.store.durable.lines import Line
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue

Which = Literal["starred", "not starred", ""]


@dataclass(frozen=True)
class Coming:
    """The lines that may be next.

    Attributes:
        order: POST_ORDER.
        among: how many they are; None where damage hides it.
        which: `starred` where it is the turn of one of those, `not starred` where it is not; else "".
        lines: the first few of them; in the order of the file the next ones, the first of which it is.
        is_estimate: `among` was estimated from some lines of a long queue.
    """

    order: PostOrder
    among: int | None
    which: Which
    lines: list[QueueLine]
    is_estimate: bool

    @property
    def odds(self) -> float | None:
        """With what probability the next post is a given one of these; None where there are none."""
        if not self.among:
            return None
        return 1.0 if self.order == "file" else 1 / self.among

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "order": self.order,
            "among": self.among,
            "estimated": self.is_estimate,
            "odds": self.odds,
            "which": self.which,
            "lines": [one.as_dict() for one in self.lines],
        }


def coming(settings: Settings, counts: QueueCounts | None, selection: Selection, count: int) -> Coming:
    """Look what may be next.

    Args:
        counts: of the queue; None where damage hides them.
        count: how many lines to name.
    """
    queue, order = Queue(settings.data), settings.post_order
    among, stars = counts.ready if counts else None, list[Line]()
    which: Which = ""
    if among and order == "spaced":
        stars = stars_in_turn(selection, queue, Log(settings.data))
        starred = sum(map(selection.allows, queue.of(selection.starred)))
        which = "starred" if stars else "not starred" if starred else ""
        among = len(stars) or max(1, among - starred)
    every = (described(one, selection) for one in stars) if stars else queued(queue.lines(), selection)
    may_come = (one for one in every if one.ready and (which != "not starred" or one.state != "starred"))
    lines = list(islice(may_come, count)) if among else []
    return Coming(order, among, which, lines, not stars and bool(counts and counts.looked_at))
