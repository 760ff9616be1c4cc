"""The posts that are still under way: on which target each waits, why, and what becomes of it or can be done.

In: what the owners of the files have read. Pure. The one surprise: most of them need nobody, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from botus.posting.target import Target
from botus.schedule.zones import dated
from botus.store.durable import owner
from botus.store.intents import Intent
from botus.store.state import PostingState


@dataclass(frozen=True)
class Waiting:
    """One post on one target.

    Attributes:
        state: `pending` or `sending`.
        reason: why it has not gone out, or "".
        fate: what becomes of it.
        command: what a person can type who does not want to wait for that; "" for nothing.
    """

    id: str
    text: str
    target: str
    state: str
    reason: str
    fate: str
    command: str

    def as_dict(self) -> dict[str, str]:
        """The same for machines."""
        return asdict(self)


def open_posts(
    intents: Iterable[Intent], targets: Mapping[str, Target], memory: PostingState, now: float, zone: ZoneInfo
) -> Iterator[Waiting]:
    """Say of every open post what becomes of it.

    Args:
        intents: the open posts.
        targets: the accounts of the settings.
        memory: the content of state.json.
        now: seconds since the epoch.
        zone: in which times are told.
    """
    for intent in intents:
        for name, part in intent.open_deliveries().items():
            at = dated(datetime.fromtimestamp(part.until, UTC), zone)
            place = _Place(intent, name, name in targets, _stopped(name, targets, memory))
            tell = _sending if part.state == "sending" else _pending
            fate, command = tell(place, f"after {at}" if part.until > now else "")
            reason = part.error or ("no answer" if part.state == "sending" else "")
            yield Waiting(intent.id, intent.text, name, part.state, reason, fate, command)


@dataclass(frozen=True)
class _Place:
    intent: Intent
    name: str
    is_set: bool
    has_stopped: bool


def _stopped(name: str, targets: Mapping[str, Target], memory: PostingState) -> bool:
    known = memory.targets.get(name)
    is_same = known is not None and name in targets and known.account == targets[name].account
    return bool(is_same and known and known.stopped)


def _sending(place: _Place, after: str) -> tuple[str, str]:
    intent, name = place.intent, place.name
    if intent.owner and owner.is_alive(intent.owner):
        return "is being sent now", ""
    look = f"botus resolve {intent.id} --target {name} --posted [URL] | --not-posted | --give-up"
    if not place.is_set:
        return f"{name} is no longer in the settings: look at the account", look
    return f"botus looks for it {after or 'with the next post'}", look


def _pending(place: _Place, after: str) -> tuple[str, str]:
    give_up = f"botus resolve {place.intent.id} --target {place.name} --give-up"
    if not place.is_set:
        return f"{place.name} is no longer in the settings: put it back", give_up
    if place.has_stopped:
        return f"waits until {place.name} goes on: mend that, then run botus doctor", give_up
    return f"goes out with the first post {after}" if after else "goes out with the next post", give_up
