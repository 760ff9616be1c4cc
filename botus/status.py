"""What `status` and `health` know of a data directory, as values and as lines of text. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from botus.cron.zones import dated, zone_or_utc
from botus.errors import BotusError, FileError, SettingsError
from botus.intents import Intent, Intents
from botus.mend import check_whole
from botus.post import Policy, PostingRun
from botus.run import schedule_of, sentence
from botus.schedule import Schedule
from botus.settings import Settings
from botus.state import State
from botus.targets import UNCONFIRMED, Target
from botus.text import fingerprint, short_id
from botus.tweeted import Entry, Log

Value = TypeVar("Value")
_LAST = 10
_SHOWN = 60
_OLD_BEAT = 180.0  # seconds; the loop beats every minute


@dataclass(frozen=True)
class QueueCount:
    """The lines of tweets.txt.

    Attributes:
        ready: may be drawn now.
        unreviewed: of these, written by botus and not yet kept by anybody.
        refused: how many may not, by kind.
        examples: per kind, up to three (line number, reason, text).
    """

    ready: int = 0
    unreviewed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The numbers for machines."""
        return {"ready": self.ready, "unreviewed": self.unreviewed, "refused": dict(self.refused)}


@dataclass(frozen=True)
class Status:
    """Everything that `status` shows.

    Attributes:
        queue, posted: None where a damaged file does not let it be known.
        targets: where posts go, per target its name and a few words.
        unconfirmed: posts that a webhook did not confirm, by its name; nothing needs to be done.
        last: the newest entries of the log, newest first.
        waiting: open posts, per post a sentence.
        needs: what needs a person, one sentence each.
        next_slot: in the zone of the schedule.
        schedule_problem: what is wrong with CRON or TZ.
        zone: in which every moment is shown.
        damage: what could not be read.
    """

    queue: QueueCount | None
    posted: int | None
    last: list[Entry]
    waiting: list[str]
    needs: list[str]
    next_slot: datetime | None
    words: str
    days_left: float | None
    schedule_problem: str
    damage: list[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    unconfirmed: Mapping[str, int] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def exit_code(self) -> int:
        """3 for damage, 2 for a wrong setting, 0 otherwise: posts that need a person are no failure."""
        return FileError.exit_code if self.damage else SettingsError.exit_code * bool(self.schedule_problem)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "queue": self.queue.as_dict() if self.queue else None,
            "targets": dict(self.targets),
            "posted": self.posted,
            "unconfirmed": dict(self.unconfirmed),
            "next_slot": self.next_slot.isoformat() if self.next_slot else None,
            "days_left": self.days_left,
            "needs_a_person": self.needs,
            "waiting": self.waiting,
            "schedule_problem": self.schedule_problem,
            "damage": self.damage,
            "last": self.last,
        }


def look(settings: Settings, targets: Mapping[str, Target], clock: Callable[[], float]) -> Status:
    """Look at everything; damage becomes part of the answer."""
    damage: list[str] = []

    def tried(step: Callable[[], Value]) -> Value | None:
        try:
            return step()
        except BotusError as error:
            damage.append(sentence(error))
        return None

    queue = tried(lambda: count_queue(settings, targets))
    entries = tried(lambda: Log(settings.data).entries())
    intents = tried(lambda: Intents(settings.data).open()) or []
    tried(lambda: check_whole(Log(settings.data), State(settings.data).load()))
    stopped = tried(lambda: _stopped(settings, targets)) or []
    schedule, problem = _schedule(settings)
    now = datetime.fromtimestamp(clock(), UTC)
    per_day = schedule.posts_per_day(settings.max_per_day) if schedule else None
    return Status(
        queue=queue,
        posted=None if entries is None else len(entries),
        last=(entries or [])[: -_LAST - 1 : -1],
        waiting=[_waiting(intent) for intent in intents],
        needs=[*stopped, *unknown_posts(entries or [], intents)],
        next_slot=schedule.next(now).astimezone(schedule.zone) if schedule else None,
        words=schedule.words() if schedule else "",
        days_left=round(queue.ready / per_day, 1) if per_day and queue else None,
        schedule_problem=problem,
        damage=list(dict.fromkeys(damage)),
        targets={target.name: target.about for target in targets.values()},
        unconfirmed=_unconfirmed(entries or []),
        zone=zone_or_utc(settings.zone),
    )


def count_queue(settings: Settings, targets: Mapping[str, Target]) -> QueueCount:
    """Count which lines may be drawn and why the others may not.

    Raises:
        FileError: a file that decides is damaged.
    """
    run = PostingRun(
        settings.data,
        targets,
        Policy(settings.post_only, settings.post_order),
        rng=Random(),
        clock=lambda: 0.0,
        say=lambda message, level="info", **fields: None,
    )
    eligibility = run.eligibility()
    ready = unreviewed = 0
    refused: Counter[str] = Counter()
    examples: dict[str, list[tuple[int, str, str]]] = {}
    seen: set[str] = set()
    for line in run.queue.lines():
        mark = fingerprint(line.text or "")
        refusal = eligibility.refusal(line, mark)
        if refusal is not None:
            refused[refusal.kind] += 1
            shown = examples.setdefault(refusal.kind, [])
            if len(shown) < 3:
                shown.append((line.number, refusal.reason, line.text or repr(line.raw)[2:-1]))
        elif mark in seen:
            refused["double"] += 1
        else:
            seen.add(mark)
            ready += 1
            unreviewed += mark in eligibility.flags and mark not in eligibility.verdicts
    return QueueCount(ready, unreviewed, refused, examples)


def unknown_posts(entries: list[Entry], intents: Iterable[Intent] = ()) -> list[str]:
    """Say for every post whose fate is unknown what a person can do.

    Args:
        entries: the log.
        intents: the open posts: what is sent once more is in question no longer.
    """
    again = {(intent.id, name) for intent in intents for name in intent.parts}
    return [
        f"{entry['id']} on {name}: nobody knows whether it was posted ({part.get('error') or 'no answer'}):"
        f" {_short(entry['text'])!r}; look at the account, then:"
        f" botus resolve {entry['id']} --target {name} --posted [URL] | --not-posted | --give-up"
        for entry in entries
        for name, part in _parts(entry).items()
        if part.get("state") == "unknown" and (entry.get("id"), name) not in again
        if not name.startswith(UNCONFIRMED)
    ]


def lines(status: Status) -> Iterator[str]:
    """Yield the status for a person."""
    if status.queue:
        yield from _queue(status.queue)
    yield from _when(status)
    for number, (name, about) in enumerate(status.targets.items()):
        yield f"{'' if number else 'posts to':<10} {name} {about}"
    if status.posted is not None:
        yield f"posted     {status.posted}"
    for name, count in status.unconfirmed.items():
        yield f"           {count} not confirmed by {name}: may be there or not, not sent again by itself"
    for entry in status.last:
        yield from _entry(entry, status.zone)
    parts = {"waiting": status.waiting, "needs you": status.needs, "damage": status.damage}
    for title, sentences in parts.items():
        for number, one in enumerate(sentences):
            yield f"{'' if number else title:<10} {one}"


def _queue(queue: QueueCount) -> Iterator[str]:
    yield f"queue      {queue.ready} ready" + (f", {queue.unreviewed} unreviewed" if queue.unreviewed else "")
    for kind, count in sorted(queue.refused.items()):
        yield f"           {count} {_KINDS[kind]}"
        for number, reason, text in queue.examples.get(kind, []):
            yield f"             line {number}: {reason}: {_short(text)}"


def _when(status: Status) -> Iterator[str]:
    if status.next_slot:
        yield f"schedule   {status.words}; next {dated(status.next_slot, status.zone)}"
    else:
        yield f"schedule   {status.schedule_problem or 'none (CRON is not set)'}"
    if status.days_left is not None:
        yield f"           {status.days_left} days of queue left"


def illness(settings: Settings, targets: Mapping[str, Target], clock: Callable[[], float]) -> list[str]:
    """Say why `botus run` is not well; nothing if it is. Asks no network."""
    if not settings.data.is_dir():
        return [f"there is no data directory {settings.data}"]
    found: list[str] = []
    beat = State(settings.data).last_beat()
    if beat is None:
        found.append("no heartbeat: botus run has not started here")
    elif clock() - beat > _OLD_BEAT:
        found.append(f"the last heartbeat is {clock() - beat:.0f} seconds old")
    status = look(settings, targets, clock)
    problems = [status.schedule_problem] if status.schedule_problem else []
    return [*found, *problems, *status.damage, *status.needs]


_KINDS = {
    "invalid": "hold no text that can be read and are never drawn",
    "used": "have been posted and are never drawn again",
    "dropped": "were dropped or edited in curate and are never drawn",
    "held": "are held until you keep them: botus curate",
    "unreviewed": "wait for a keep (POST_ONLY): botus curate",
    "too long": "are too long for every target",
    "double": "stand there more than once and are posted once",
}


def _schedule(settings: Settings) -> tuple[Schedule | None, str]:
    try:
        return (schedule_of(settings) if settings.cron else None), ""
    except SettingsError as error:
        return None, sentence(error)


def _stopped(settings: Settings, targets: Mapping[str, Target]) -> list[str]:
    memory = State(settings.data).load()
    return [
        f"{name} has stopped: {state.stopped}; mend it, then run: botus doctor"
        for name, state in memory.targets.items()
        if state.stopped and name in targets and targets[name].account == state.account
    ]


def _unconfirmed(entries: list[Entry]) -> dict[str, int]:
    return dict(
        Counter(
            name
            for entry in entries
            for name, part in _parts(entry).items()
            if part.get("state") == "unknown" and name.startswith(UNCONFIRMED)
        )
    )


def _waiting(intent: Intent) -> str:
    parts = ", ".join(
        f"{name} {part.state}" + (f" ({part.error})" if part.error else "")
        for name, part in intent.open_parts().items()
    )
    return f"{intent.id} {_short(intent.text)!r}: {parts}"


def _entry(entry: Entry, zone: ZoneInfo) -> Iterator[str]:
    post = entry.get("id") or short_id(fingerprint(entry["text"]))
    yield f"           {_moment(entry['timestamp'], zone)} {post} {_short(entry['text'])}"
    for name, part in _parts(entry).items():
        yield f"             {name} {part.get('state')} {part.get('url') or part.get('error') or ''}".rstrip()


def _parts(entry: Entry) -> dict[str, dict[str, Any]]:
    """What an entry says of each target; nothing where a hand or another program wrote something else."""
    targets = entry.get("targets")
    found = targets if isinstance(targets, dict) else {}
    return {name: part for name, part in found.items() if isinstance(part, dict)}


def _moment(milliseconds: float, zone: ZoneInfo) -> str:
    try:
        return dated(datetime.fromtimestamp(milliseconds / 1000, UTC), zone)
    except (ValueError, OverflowError, OSError):
        return "at no known time"


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _SHOWN else one_line[: _SHOWN - 1] + "…"
