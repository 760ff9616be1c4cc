"""What is told of answering: how many answers there were, and what keeps more from being given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botus.answering.mentions.guards import DAY
from botus.answering.mentions.inboxes import inboxes
from botus.answering.mentions.round import PART
from botus.answering.mentions.stopped import Stopped
from botus.answering.pool import Pool, PoolCount
from botus.posting.target import Target
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.log.answered import Answered
from botus.store.log.index import Entry
from botus.store.state import AnsweringStates
from botus.text import counted

_LAST = 3
NOWHERE = "ANSWER=mentions has no effect: it is for Mastodon and Bluesky, and on X every answer would cost"


@dataclass(frozen=True)
class Summary:
    """What is known of answering.

    Attributes:
        places: the platforms on which people are answered.
        day, total: answers of the last 24 hours, and all.
        waiting: answers that are in progress.
        unknown: answers of which nobody knows whether they arrived.
        people: how many have asked for no more answers.
        pool: what there is to answer with.
        last: the newest entries, newest first.
        troubles: why nobody is answered, by platform.
    """

    places: tuple[str, ...]
    day: int
    total: int
    waiting: int
    unknown: int
    people: int
    pool: PoolCount
    last: list[Entry]
    troubles: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self) | {"pool": self.pool._asdict()}

    def lines(self) -> Iterator[str]:
        """The same for a person, without the last ones; nothing where there are no answers of any kind."""
        if self.places or self.total or self.people:
            where = (
                f"on {' and '.join(self.places)}"
                if self.places
                else "nobody now (ANSWER or the account is not set)"
            )
            more = f", {self.waiting} in progress" if self.waiting else ""
            yield f"{where}: {self.day} in the last 24 hours, {self.total} in all{more}"
        if self.unknown:
            yield f"{self.unknown} not confirmed: may be there or not, never sent again"
        if self.people:
            asked = counted(self.people, "person has", "people have")
            yield f"{asked} asked for no more answers: answers-stopped.txt"
        for name, reason in self.troubles.items():
            yield f"stopped on {name}: {reason}; fix it, then run: botus doctor"
        if self.pool.lines or self.pool.posts:
            yield self.pool.said()
        if self.pool.unreviewed:
            yield "to review what botus wrote: botus curate --answers"


def summary(settings: Settings, now: float) -> Summary:
    """Look at what is there.

    Args:
        now: seconds since the epoch.

    Raises:
        FileError: a file is damaged.
    """
    answered, targets = Answered(settings.data), _targets(settings)
    given, last, unknown = answered.given(), deque[Entry](maxlen=_LAST), 0
    for entry in answered.entries():
        last.appendleft(entry)
        unknown += _is_unknown(entry)
    memory = AnsweringStates(settings.data).load()
    known = {name: memory.targets.get(name) for name in targets}
    return Summary(
        tuple(targets),
        sum(abs(now - one.at) < DAY for one in given),
        len(given),
        len(Intents(settings.data, PART).open()),
        unknown,
        Stopped(settings.data).count(),
        Pool.of(settings).count(),
        list(last),
        {
            name: one.stopped
            for name, one in known.items()
            if one and one.stopped and one.is_about(targets[name].account, targets[name].base_url)
        },
    )


def _targets(settings: Settings) -> Mapping[str, Target]:
    return {name: inbox.target for name, inbox in inboxes(settings, lambda: 0.0).items()}


def _is_unknown(entry: Entry) -> bool:
    targets = entry.get("targets")
    parts = targets.values() if isinstance(targets, dict) else ()
    return any(isinstance(part, dict) and part.get("state") == "unknown" for part in parts)
