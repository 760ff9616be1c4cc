"""What `status` knows of a data directory, as values and as lines of text. Changes nothing.

Damage is part of the answer: whatever can still be known is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from botus.errors import FileError, SettingsError, sentence
from botus.monitoring.attention import OpenPost, open_posts, outcomes, running, short
from botus.monitoring.checks.folder import unwritable
from botus.monitoring.columns import folded
from botus.monitoring.queue.counts import Acceptance, QueueCounts
from botus.monitoring.survey import LogSummary, Survey
from botus.posting.delivery import has_come
from botus.posting.selection import what_next
from botus.schedule.loop import is_full
from botus.schedule.slots import Schedule, schedule_of, upcoming
from botus.schedule.zones import dated, dated_entry, zone_or_utc
from botus.store.running.runs import Run
from botus.store.state import PostingState
from botus.text import counted, fingerprint, short_id, span

if TYPE_CHECKING:
    from botus.answering.mentions.summary import Summary

_INDENT = 12  # columns of a heading
_WIDE = 200  # columns where nothing is folded
_LEAST, _MOST = 20, 60  # characters that are shown of a post


@dataclass(frozen=True)
class Status:
    """Everything that `status` shows.

    Attributes:
        survey: what is known of the files.
        now: seconds since the epoch.
        schedule: None without CRON, or where something is wrong with it.
        schedule_problem: what is wrong with CRON or TZ.
        answers: how answering goes; None where its files are damaged.
        runs: the `botus run`s of this folder, those that are alive first.
    """

    survey: Survey
    now: float
    schedule: Schedule | None
    schedule_problem: str
    answers: Summary | None
    runs: list[Run]

    @property
    def zone(self) -> ZoneInfo:
        """In which every moment is shown."""
        return zone_or_utc(self.survey.settings.zone)

    @property
    def waiting(self) -> list[OpenPost]:
        """Posts that are still in progress, and what becomes of each."""
        memory = self.survey.memory or PostingState()
        return list(open_posts(self.survey.intents or (), self.survey.targets, memory, self.now, self.zone))

    @property
    def pauses(self) -> dict[str, datetime]:
        """Until when a target is not asked, where its platform is busy or could not be reached."""
        memory, found = self.survey.memory or PostingState(), {}
        for name, target in self.survey.targets.items():
            known = memory.targets.get(name)
            pauses = (
                known
                and known.is_about(target.account, target.base_url)
                and not has_come(known.until, self.now)
            )
            if known and pauses and not known.stopped:
                found[name] = datetime.fromtimestamp(known.until, UTC)
        return found

    @property
    def next_post(self) -> datetime | None:
        """When the next post is due, in the zone of the schedule."""
        if self.schedule is None:
            return None
        moment = next(upcoming(self.schedule, datetime.fromtimestamp(self.now, UTC)))
        return moment.astimezone(self.schedule.zone)

    @property
    def is_full(self) -> bool:
        """Whether the next slot is left out, because MAX_PER_DAY posts went out before it."""
        if self.next_post is None or self.schedule is None or self.survey.log is None:
            return False
        slot = self.schedule.last(self.next_post.astimezone(UTC))
        return is_full(self.survey.settings, self.schedule, slot, self.now)

    @property
    def days_left(self) -> float | None:
        """How long the queue lasts; None where nobody can know."""
        if self.schedule is None or self.survey.queue is None:
            return None
        per_day = self.schedule.posts_per_day(self.survey.settings.max_per_day)
        return self.survey.queue.ready / per_day

    @property
    def needs_a_person(self) -> list[str]:
        """Everything that a person has to look at, one sentence each."""
        return [*unwritable(self.survey.data), *self.survey.needs_attention]

    @property
    def damage(self) -> list[str]:
        """What could not be read."""
        return [sentence(error) for error in self.survey.damage]

    @property
    def exit_code(self) -> int:
        """3 for damage, 2 for a wrong setting, 0 otherwise: posts that need a person are no failure."""
        return FileError.exit_code if self.damage else SettingsError.exit_code * bool(self.schedule_problem)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        known = self.survey
        return {
            "queue": known.queue.as_dict() if known.queue else None,
            "acceptance": [{**asdict(one), "share": round(one.share, 4)} for one in known.acceptance],
            "schedule": self.schedule.words() if self.schedule else "",
            "schedule_problem": self.schedule_problem,
            "next_post": self.next_post.isoformat() if self.next_post else None,
            "days_left": None if self.days_left is None else round(self.days_left, 1),
            "runs": [asdict(one) for one in self.runs],
            "targets": {target.name: target.about for target in known.targets.values()},
            "pauses": {name: until.isoformat() for name, until in self.pauses.items()},
            "posted": known.log.posted if known.log else None,
            "unknown": known.log.lost if known.log else None,
            "refused": known.log.refused if known.log else None,
            "last": known.log.last if known.log else [],
            "unconfirmed": dict(known.log.unconfirmed) if known.log else {},
            "answers": self.answers.as_dict() if self.answers else None,
            "waiting": [asdict(one) for one in self.waiting],
            "needs_a_person": self.needs_a_person,
            "damage": self.damage,
        }


def look(survey: Survey, now: float) -> Status:
    """Look at everything; damage and a wrong schedule become part of the answer."""
    _ = survey.queue, survey.log, survey.intents, survey.memory  # so that `damage` is complete
    schedule, problem, answers = None, "", survey.answers(now)
    try:
        schedule = schedule_of(survey.settings) if survey.settings.cron else None
    except SettingsError as error:
        problem = sentence(error)
    return Status(survey, now, schedule, problem, answers, survey.runs(now))


def lines(status: Status, width: int | None = None) -> Iterator[str]:
    """Yield the status for a person, folded to the columns of the terminal; None to fold nothing."""
    known, wide = status.survey, width or _WIDE
    parts = {
        "queue": _queue(known.queue) if known.queue else (),
        "kept": map(_accepted, known.acceptance),
        "schedule": _when(status),
        "run": (
            line for said in running(status.runs, status.now, status.zone) for line in _with_command(said)
        ),
        "posts to": _targets(status),
        "posted": _posted(known.log, status.zone, wide) if known.log else (),
        "answers": _answers(status.answers, status.zone, wide) if status.answers else (),
        "in progress": _in_progress(status.waiting, wide),
        "attention": (line for sentence in status.needs_a_person for line in _with_command(sentence)),
        "damage": status.damage,
    }
    for title, said in parts.items():
        for number, line in enumerate(said):
            words = line.lstrip()
            columns = None if words.startswith("botus ") else width  # a command is to be copied whole
            indent = _INDENT + len(line) - len(words)
            yield from folded(f"{'' if number else title:<{_INDENT}}{line}", columns, indent)


def _queue(queue: QueueCounts) -> Iterator[str]:
    kinds = {"kept": queue.kept, "by hand": queue.by_hand, "unreviewed": queue.unreviewed}
    about, form = ("", "") if queue.looked_at is None else ("about ", ",")
    shown = ", ".join(f"{count:{form}} {kind}" for kind, count in kinds.items() if count)
    looked_at = f" ({queue.looked_at:,} lines looked at)" if queue.looked_at else ""
    yield f"{about}{queue.ready:{form}} ready" + (f": {shown}" if shown else "") + looked_at
    if not queue.ready:
        yield from _with_command(what_next(queue.refused))
    for kind, count in sorted(queue.refused.items()):
        one, many = _KINDS[kind]
        yield counted(count, one, many)
        said = ""
        for number, reason, text in queue.examples.get(kind, []):
            yield f"  line {number}: {'' if reason == said else f'{reason}: '}{short(text)}"
            said = reason


def _accepted(one: Acceptance) -> str:
    reviewed = f"{one.kept} of {one.reviewed} reviewed ({one.share:.0%})"
    return f"at temperature {one.temperature:g}: {reviewed}, {one.written} written"


def _when(status: Status) -> Iterator[str]:
    if status.schedule and status.next_post:
        yield f"{status.schedule.words()}; next {dated(status.next_post, status.zone)}"
    else:
        yield status.schedule_problem or "none (CRON is not set)"
    if status.days_left is not None:
        about = "about " if status.survey.queue and status.survey.queue.looked_at else ""
        left = f"{about}{span(status.days_left * 86400)} of queue left"
        yield left if status.days_left else "no queue left"


def _targets(status: Status) -> Iterator[str]:
    if not status.survey.targets:
        yield from _with_command("nobody: no credentials are set; to get some: botus login")
    for name, target in status.survey.targets.items():
        yield f"{name} {target.about}"
        if until := status.pauses.get(name):
            said = status.survey.memory and status.survey.memory.targets[name].reason
            reason = f" ({said})" if said else ""
            yield f"  not asked now{reason}; goes on with the first post after {dated(until, status.zone)}"


def _posted(log: LogSummary, zone: ZoneInfo, width: int) -> Iterator[str]:
    nowhere = {"that may be there or not": log.lost, "that came out nowhere": log.refused}
    more = "".join(f", and {count:,} {what}" for what, count in nowhere.items() if count)
    shown = len(log.last)
    yield f"{log.posted:,}{more}" + (f", the last {shown}:" if log.count > shown else "")
    for name, lost in log.unconfirmed.items():
        yield f"{lost} not confirmed by {name}: may be there or not, not sent again by itself"
    for entry in log.last:
        post = entry.get("id") or short_id(fingerprint(entry["text"]))
        yield _cut(f"{dated_entry(entry['timestamp'], zone)} {post}", entry["text"], width)
        for name, part in outcomes(entry).items():
            yield f"  {name} {part.get('state')} {part.get('url') or part.get('error') or ''}".rstrip()


def _answers(answers: Summary, zone: ZoneInfo, width: int) -> Iterator[str]:
    for line in answers.lines():
        yield from _with_command(line)
    for entry in answers.last:
        yield _cut(f"{dated_entry(entry['timestamp'], zone)} to {entry.get('to', '')}", entry["text"], width)


def _in_progress(waiting: list[OpenPost], width: int) -> Iterator[str]:
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
    "not UTF-8": (
        "is not UTF-8 and never drawn: botus doctor",
        "are not UTF-8 and never drawn: botus doctor",
    ),
    "invalid": ("holds no text and is never drawn", "hold no text and are never drawn"),
    "used": ("has been posted and is never drawn again", "have been posted and are never drawn again"),
    "dropped": ("was dropped or edited in curate", "were dropped or edited in curate"),
    "held": ("is held until you keep it: botus curate", "are held until you keep them: botus curate"),
    "unreviewed": ("waits for a keep (POST_ONLY): botus curate", "wait for a keep (POST_ONLY): botus curate"),
    "too long": ("is too long for every target", "are too long for every target"),
    "unfinished": ("is still being written: the last one", "are still being written"),
    "double": ("stands there twice and is posted once", "stand there more than once and are posted once"),
}
