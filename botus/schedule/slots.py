"""The schedule: CRON in a time zone, as slots; what is due now; what `botus schedule` prints.

Slots are whole minutes in UTC. Time is cut into stretches of one UTC offset, within which the clock on the
wall is plain arithmetic. So an interval runs through a change of the clock, and a fixed time happens once:
skipped, it comes right after the gap; repeated, only the first time counts, as with Debian's cron.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import islice
from zoneinfo import ZoneInfo

from botus.errors import SettingsError
from botus.schedule.cron import read
from botus.schedule.cron_times import Cron
from botus.schedule.words import cron_warnings, words
from botus.schedule.zones import dated, find_zone, offset_at, stretches
from botus.settings import Settings
from botus.text import counted, span

GRACE = timedelta(seconds=90)  # the loop sleeps for a minute at most; so a slot on time is never later
AHEAD = timedelta(days=1)  # a slot of a later future was claimed by a clock that was wrong

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_REACH = timedelta(days=50 * 366)  # no schedule pauses longer: 29 February on a given weekday, 40 years
_LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Schedule:
    """An expression in a time zone. Every moment that it returns is in UTC.

    Args:
        identity: what names the data directory; it decides where jitter and `H` fall.
        jitter: over how many seconds posts are spread after their slot.
    """

    cron: Cron
    zone: ZoneInfo
    identity: str
    jitter: float = 0

    def next(self, after: datetime) -> datetime:
        """The first slot later than a moment."""
        return next(self.slots(after + _TICK, after + _REACH))

    def last(self, at_or_before: datetime) -> datetime:
        """The last slot that is not later than a moment."""
        window = timedelta(hours=1)
        while True:
            found = list(self.slots(at_or_before - window, at_or_before + _TICK))
            if found:
                return found[-1]
            window *= 8

    def slots(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """All slots from `start` on and before `end`, ascending."""
        first, begin = _utc(start), _utc(start).replace(second=0, microsecond=0)
        if not self.cron.runs_through and offset_at(begin - _DAY, self.zone) != offset_at(begin, self.zone):
            begin -= _DAY  # how far the clock on the wall had come before it was changed
        walked, previous = datetime.min, None
        for opening, closing, offset in stretches(self.zone, begin, _utc(end)):
            origin, limit = (moment.replace(tzinfo=None) + offset for moment in (opening, closing))
            if not self.cron.runs_through and walked > datetime.min:
                origin = walked
            for local in self._local(origin, limit):
                # Local times before `opening` are those that the clock skipped.
                slot = max((local - offset).replace(tzinfo=UTC), opening)
                if slot >= first and slot != previous:
                    yield slot
                previous = slot
            walked = max(walked, limit)

    def fires_at(self, slot: datetime) -> datetime:
        """When to act for a slot: after it by a part of the jitter, which never reaches the next slot.

        The part is computed from slot and identity: the same after every restart.
        """
        if not self.jitter:
            return slot
        room = min(self.jitter, (self.next(slot) - slot).total_seconds())
        key = f"{self.identity}\0{_utc(slot).isoformat()}".encode()
        part = int.from_bytes(blake2b(key, digest_size=4).digest()) / 2**32
        return slot + timedelta(seconds=int(part * room))

    @cached_property
    def per_day(self) -> float:
        """Slots a day on average over 28 years, in which every date falls on every day of the week."""
        start, days = date(2001, 1, 1), 28 * 365 + 7
        running = sum(self.cron.runs_on(start + timedelta(days=number)) for number in range(days))
        return running * len(self.cron.times) / days

    def posts_per_day(self, max_per_day: int) -> float:
        """Posts a day on average, with at most `max_per_day` on any day."""
        return self.per_day * min(1, max_per_day / len(self.cron.times))

    def words(self) -> str:
        """The expression in plain English."""
        return words(self.cron)

    def warnings(self, max_per_day: int | None = None) -> list[str]:
        """What is allowed and yet probably not meant, one sentence each."""
        return list(cron_warnings(self.cron, max_per_day))

    def as_dict(
        self, now: datetime, queue_length: int | None, max_per_day: int, times: int = 10
    ) -> dict[str, object]:
        """What `describe` says, as values for JSON; arguments as there."""
        per_day = self.posts_per_day(max_per_day)
        return {
            "cron": self.cron.text,
            "zone": self.zone.key,
            "words": self.words(),
            "jitter": self.jitter,
            "next": [moment.isoformat() for moment in islice(upcoming(self, now), times)],
            "posts_per_day": round(per_day, 4),
            "queue": queue_length,
            "days_left": None if queue_length is None else round(queue_length / per_day, 1),
            "warnings": self.warnings(max_per_day),
        }

    def _local(self, start: datetime, stop: datetime) -> Iterator[datetime]:
        """The times on the wall from `start` on and before `stop` (both naive)."""
        times = self.cron.times
        for number in range(start.toordinal(), stop.toordinal() + 1):
            if not self.cron.runs_on(day := date.fromordinal(number)):
                continue
            midnight = datetime.combine(day, time())
            from_minute = math.ceil((start - midnight) / timedelta(minutes=1))
            to_minute = math.ceil((stop - midnight) / timedelta(minutes=1))
            for minute in times[bisect_left(times, from_minute) : bisect_left(times, to_minute)]:
                yield midnight + timedelta(minutes=minute)


@dataclass(frozen=True)
class Due:
    """What is to be done now.

    Args:
        slot: the slot to act for now; it has to be claimed first.
        missed: how many slots since the last one are given up (those of the last 31 days).
        seen: the newest slot that is dealt with once `slot` is; hand it in as `last_slot` next time.
        notice: what the owner should hear; empty most of the time.
    """

    slot: datetime | None
    missed: int
    seen: datetime | None
    notice: str = ""


def schedule_of(settings: Settings) -> Schedule:
    """Read the schedule of the settings; where `H` falls depends on the data directory's path alone.

    Raises:
        SettingsError: there is none, or it is wrong.
    """
    if settings.cron is None:
        raise SettingsError("CRON is not set", "for example CRON='0 */4 * * *': every four hours")
    identity = str(settings.data.resolve())
    return parse(settings.cron, settings.zone, identity=identity, jitter=settings.jitter)


def parse(expression: str, zone: str, *, identity: str, jitter: float = 0) -> Schedule:
    """Read the settings of a schedule.

    Args:
        zone: TZ: a name of the time zone database.
        identity: a string that stays the same for a data directory and differs between two.
        jitter: JITTER in seconds.

    Raises:
        SettingsError: with everything that is wrong with CRON, TZ and JITTER.
    """
    problems: list[str] = []
    hint = ""
    try:
        cron = read(expression, identity)
    except SettingsError as error:
        problems, hint = error.problems, error.hint
    try:
        place = find_zone(zone)
    except SettingsError as error:
        problems = [*problems, *error.problems]
    if not (math.isfinite(jitter) and jitter >= 0):
        problems = [*problems, f"JITTER is {jitter} seconds; it must be 0 or more."]
    if problems:
        raise SettingsError(problems, hint)
    return Schedule(cron, place, identity, jitter)


def due(schedule: Schedule, last_slot: datetime | None, now: datetime, catch_up: bool) -> Due:
    """Decide which slot to act for now: at most one, however long nobody looked.

    Args:
        last_slot: the newest slot that was dealt with; None if there was none.
        catch_up: whether one slot that is older than `GRACE` is acted for all the same.
    """
    ahead = last_slot is not None and too_far_ahead(last_slot, now)
    wrong = "so it is ignored: was the clock wrong?"
    notice = _ahead(schedule, last_slot, wrong) if last_slot and ahead else ""
    known = None if ahead else last_slot
    newest = schedule.last(now)
    if schedule.fires_at(newest) > now:
        newest = schedule.last(newest - _TICK)
    if known is not None and newest <= known:
        waits = "so nothing is posted before it: was the clock set back?"
        return Due(None, 0, known, _ahead(schedule, known, waits) if known > now else "")
    on_time = now - schedule.fires_at(newest) <= GRACE
    slot = newest if on_time or (catch_up and known is not None) else None
    if known is None:
        return Due(slot, 0, newest, notice)
    looked_at = schedule.slots(max(known + _TICK, newest - _LOOK_BACK), newest)
    missed = sum(1 for _ in looked_at) + (slot is None)
    return Due(slot, missed, newest, _missed(schedule, missed, None if on_time else slot))


def too_far_ahead(last_slot: datetime, now: datetime) -> bool:
    """Whether a slot lies more than a day in the future: then the clock was wrong when it was written."""
    return last_slot - now > AHEAD


def describe(
    schedule: Schedule, now: datetime, queue_length: int | None, max_per_day: int, times: int = 10
) -> Iterator[str]:
    """Tell a person what a schedule does, line by line.

    Args:
        queue_length: how many posts are waiting; None if nobody has looked.
        times: how many of the next times to list.
    """
    yield f"{schedule.cron.text} in {schedule.zone.key}: {schedule.words()}"
    if schedule.jitter:
        yield f"spread over {span(schedule.jitter)} after each of these times"
    yield f"the next {times} times:" if times > 1 else "the next time:"
    for moment in islice(upcoming(schedule, now), times):
        yield f"  {dated(moment, schedule.zone, 'seconds' if schedule.jitter else 'minutes')}"
    per_day = schedule.posts_per_day(max_per_day)
    yield pace(per_day)
    if queue_length is not None:
        verb = "lasts" if queue_length == 1 else "last"
        lasts = span(queue_length / per_day * 86400)
        yield f"{counted(queue_length, 'post')} in the queue {verb} for {lasts}"
    for warning in schedule.warnings(max_per_day):
        yield f"warning: {warning}"


def upcoming(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    """Yield the moments, later than `now`, at which to act: the slots with their jitter."""
    for slot in schedule.slots(schedule.last(now), now + _REACH):
        if (moment := schedule.fires_at(slot)) > now:
            yield moment


def pace(per_day: float) -> str:
    """Say how often something is posted: `6 posts a day`, `one post every 7 days`."""
    if per_day < 1:
        return f"one post every {_plain(1 / per_day)} days"
    return f"{_plain(per_day)} post{'s' * (_plain(per_day) != '1')} a day"


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _missed(schedule: Schedule, count: int, caught_up: datetime | None) -> str:
    slot = dated(caught_up, schedule.zone) if caught_up else ""
    late = f"The slot of {slot} was missed and is caught up now" if slot else ""
    lost = f"{counted(count, 'missed slot')} left out" if count else ""
    return "; ".join(filter(None, (late, lost)))


def _ahead(schedule: Schedule, last_slot: datetime, consequence: str) -> str:
    return f"The last slot, {dated(last_slot, schedule.zone)}, lies in the future, {consequence}"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)
