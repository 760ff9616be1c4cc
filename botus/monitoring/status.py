"""What `status` knows of a data directory, as values and as lines of text. Changes nothing.

Damage is part of the answer: whatever can still be known is told beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from botus.errors import BotusError, FileError, SettingsError, sentence
from botus.monitoring.attention import outcomes, short, stopped_targets, unknown_posts
from botus.monitoring.columns import folded
from botus.monitoring.open_posts import Waiting, open_posts
from botus.monitoring.queue_counts import Acceptance, QueueCount, take_stock
from botus.posting.log_repair import check_whole
from botus.posting.target import UNCONFIRMED, Target
from botus.schedule.loop import schedule_of
from botus.schedule.slots import Schedule, upcoming
from botus.schedule.zones import dated, dated_entry, zone_or_utc
from botus.settings import Settings
from botus.store.intents import Intent, Intents
from botus.store.state import PostingState, StateFiles
from botus.store.tweeted import Entry, Log
from botus.text import fingerprint, short_id, span

Value = TypeVar("Value")
_LAST = 10
_INDENT = 11  # columns of a heading
_WIDE = 200  # columns where nothing is folded
_LEAST, _MOST = 20, 60  # characters that are shown of a post


@dataclass(frozen=True)
class Status:
    """Everything that `status` shows.

    Attributes:
        queue, posted: None where a damaged file does not let it be known.
        acceptance: what was kept of each temperature that was reviewed.
        targets: where posts go, per target its name and a few words.
        unconfirmed: posts that a webhook did not confirm, by its name; nothing needs to be done.
        last: the newest entries of the log, newest first.
        waiting: posts that are still under way, and what becomes of each.
        needs: what needs a person, one sentence each.
        schedule: what CRON says in words, "" without one.
        next_post: when the next post is due, in the zone of the schedule.
        days_left: how long the queue lasts; 0.0 where it is empty.
        schedule_problem: what is wrong with CRON or TZ.
        damage: what could not be read.
        zone: in which every moment is shown.
    """

    queue: QueueCount | None
    acceptance: list[Acceptance]
    targets: Mapping[str, str]
    posted: int | None
    unconfirmed: Mapping[str, int]
    last: list[Entry]
    waiting: list[Waiting]
    needs: list[str]
    schedule: str
    next_post: datetime | None
    days_left: float | None
    schedule_problem: str
    damage: list[str]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def exit_code(self) -> int:
        """3 for damage, 2 for a wrong setting, 0 otherwise: posts that need a person are no failure."""
        return FileError.exit_code if self.damage else SettingsError.exit_code * bool(self.schedule_problem)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "queue": self.queue.as_dict() if self.queue else None,
            "acceptance": [{**asdict(one), "share": round(one.share, 4)} for one in self.acceptance],
            "schedule": self.schedule,
            "schedule_problem": self.schedule_problem,
            "next_post": self.next_post.isoformat() if self.next_post else None,
            "days_left": self.days_left,
            "targets": dict(self.targets),
            "posted": self.posted,
            "last": self.last,
            "unconfirmed": dict(self.unconfirmed),
            "waiting": [one.as_dict() for one in self.waiting],
            "needs_a_person": self.needs,
            "damage": self.damage,
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

    queue, acceptance = tried(lambda: take_stock(settings, targets)) or (None, [])
    entries = tried(lambda: Log(settings.data).entries())
    intents = tried(lambda: Intents(settings.data).open()) or []
    tried(lambda: check_whole(Log(settings.data), StateFiles(settings.data).load()))
    memory = tried(StateFiles(settings.data).load) or PostingState()
    schedule, problem = _schedule(settings)
    moment, zone = clock(), zone_or_utc(settings.zone)
    per_day = schedule.posts_per_day(settings.max_per_day) if schedule else None
    return Status(
        queue=queue,
        acceptance=acceptance,
        targets={target.name: target.about for target in targets.values()},
        posted=None if entries is None else len(entries),
        unconfirmed=_unconfirmed(entries or []),
        last=(entries or [])[: -_LAST - 1 : -1],
        waiting=list(open_posts(intents, targets, memory, moment, zone)),
        needs=_needs(memory, targets, entries or [], intents),
        schedule=schedule.words() if schedule else "",
        next_post=_next_post(schedule, moment),
        days_left=round(queue.ready / per_day, 1) if per_day and queue else None,
        schedule_problem=problem,
        damage=list(dict.fromkeys(damage)),
        zone=zone,
    )


def lines(status: Status, width: int | None = None) -> Iterator[str]:
    """Yield the status for a person.

    Args:
        status: what was found.
        width: columns of the terminal; None to fold nothing.
    """
    parts = {
        "queue": _queue(status.queue) if status.queue else (),
        "kept": map(_accepted, status.acceptance),
        "schedule": _when(status),
        "posts to": (f"{name} {about}" for name, about in status.targets.items()),
        "posted": _posted(status, width or _WIDE),
        "under way": _under_way(status.waiting, width or _WIDE),
        "needs you": (line for sentence in status.needs for line in _with_command(sentence)),
        "damage": status.damage,
    }
    for title, said in parts.items():
        for number, line in enumerate(said):
            words = line.lstrip()
            columns = None if words.startswith("botus ") else width  # a command is to be copied whole
            indent = _INDENT + len(line) - len(words)
            yield from folded(f"{'' if number else title:<{_INDENT}}{line}", columns, indent)


def _queue(queue: QueueCount) -> Iterator[str]:
    kinds = {"kept": queue.kept, "by hand": queue.by_hand, "unreviewed": queue.unreviewed}
    shown = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    yield f"{queue.ready} ready" + (f": {shown}" if shown else "")
    for kind, count in sorted(queue.refused.items()):
        one, many = _KINDS[kind]
        yield f"{count} {one if count == 1 else many}"
        for number, reason, text in queue.examples.get(kind, []):
            yield f"  line {number}: {reason}: {short(text)}"


def _accepted(one: Acceptance) -> str:
    reviewed = f"{one.kept} of {one.reviewed} reviewed ({one.share:.0%})"
    return f"at temperature {one.temperature:g}: {reviewed}, {one.written} written"


def _when(status: Status) -> Iterator[str]:
    if status.next_post:
        yield f"{status.schedule}; next {dated(status.next_post, status.zone)}"
    else:
        yield status.schedule_problem or "none (CRON is not set)"
    if status.days_left is not None:
        lasts = span(status.days_left * 86400) if status.days_left else "less than two hours"
        yield f"{lasts} of queue left"


def _posted(status: Status, width: int) -> Iterator[str]:
    if status.posted is None:
        return
    more = f", the last {len(status.last)}:" if status.posted > len(status.last) else ""
    yield f"{status.posted}{more}"
    for name, count in status.unconfirmed.items():
        yield f"{count} not confirmed by {name}: may be there or not, not sent again by itself"
    for entry in status.last:
        yield from _entry(entry, status.zone, width)


def _entry(entry: Entry, zone: ZoneInfo, width: int) -> Iterator[str]:
    post = entry.get("id") or short_id(fingerprint(entry["text"]))
    yield _cut(f"{dated_entry(entry['timestamp'], zone)} {post}", entry["text"], width)
    for name, part in outcomes(entry).items():
        yield f"  {name} {part.get('state')} {part.get('url') or part.get('error') or ''}".rstrip()


def _under_way(waiting: list[Waiting], width: int) -> Iterator[str]:
    for post, group in groupby(waiting, key=lambda one: one.id):
        parts = list(group)
        yield _cut(post, parts[0].text, width)
        for one in parts:
            reason = f" ({one.reason})" if one.reason else ""
            yield f"  {one.target} {one.state}{reason}: {one.fate}" + "; or:" * bool(one.command)
            if one.command:
                yield f"    {one.command}"


def _with_command(sentence: str) -> Iterator[str]:
    """A sentence that ends with a command, so that the command stands alone and can be copied."""
    words, colon, command = sentence.rpartition(": botus ")
    yield words + ":" if colon else sentence
    if colon:
        yield f"  botus {command}"


def _cut(before: str, text: str, width: int) -> str:
    """Show as much of a post as goes into its line."""
    room = max(_LEAST, min(_MOST, width - _INDENT - len(before) - 1))
    return f"{before} {short(text, room)}"


_KINDS = {
    "invalid": ("holds no text and is never drawn", "hold no text and are never drawn"),
    "used": ("has been posted and is never drawn again", "have been posted and are never drawn again"),
    "dropped": ("was dropped or edited in curate", "were dropped or edited in curate"),
    "held": ("is held until you keep it: botus curate", "are held until you keep them: botus curate"),
    "unreviewed": ("waits for a keep (POST_ONLY): botus curate", "wait for a keep (POST_ONLY): botus curate"),
    "too long": ("is too long for every target", "are too long for every target"),
    "double": ("stands there twice and is posted once", "stand there more than once and are posted once"),
}


def _needs(
    memory: PostingState, targets: Mapping[str, Target], entries: list[Entry], intents: list[Intent]
) -> list[str]:
    accounts = {name: target.account for name, target in targets.items()}
    return [*stopped_targets(memory, accounts).values(), *unknown_posts(entries, intents).values()]


def _schedule(settings: Settings) -> tuple[Schedule | None, str]:
    try:
        return (schedule_of(settings) if settings.cron else None), ""
    except SettingsError as error:
        return None, sentence(error)


def _next_post(schedule: Schedule | None, now: float) -> datetime | None:
    if schedule is None:
        return None
    moments = islice(upcoming(schedule, datetime.fromtimestamp(now, UTC)), 1)
    return next((moment.astimezone(schedule.zone) for moment in moments), None)


def _unconfirmed(entries: list[Entry]) -> dict[str, int]:
    return dict(
        Counter(
            name
            for entry in entries
            for name, part in outcomes(entry).items()
            if part.get("state") == "unknown" and name.startswith(UNCONFIRMED)
        )
    )
