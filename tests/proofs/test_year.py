"""A year of the loop in seconds: restarts, a machine that is off or asleep, clocks that are set, outages.

What ought to be posted is told by cronsim and by `Oracle`, which knows one rule and no file: a slot is posted
when it is the newest whose moment has come as the bot looks, it is not late (or may be caught up), nobody
has claimed it, and the target takes posts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from botus.schedule.loop import Loop
from tests.proofs.test_crash_states import folder
from tests.review.test_session import Quick, disk
from tests.schedule.test_loop import DAY, HOUR, MONDAY, Simulation

LATE = 90  # seconds after which a slot counts as missed


class Year(Simulation):
    """A simulation that remembers every look at the clock.

    Attributes:
        looks: (machine's clock, whether the process is new, whether the target takes posts).
        when_right: machine's clock at each post, unless it was more than a day wrong.
    """

    def __init__(self, data: Path, lines: int, **environment: str) -> None:
        super().__init__(data, lines, **environment)
        self.looks: list[tuple[float, bool, bool]] = []
        self.is_new = True
        self.when_right: list[float] = []
        self.target.before_send = self.note

    def wait(self, seconds: float) -> bool:
        """Go on; each wait follows a look."""
        self.is_new = super().wait(seconds)
        return self.is_new

    def clock(self) -> float:
        now = super().clock()
        if not self.looks or self.looks[-1][0] != now or self.is_new:
            self.looks.append((now, self.is_new, not self.target.down))
            self.is_new = False
        return now

    def note(self, text: str) -> None:
        self.posted.append((self.clock(), text))
        if abs(self.offset) < DAY:
            self.when_right.append(self.clock())

    def off(self, hours: float) -> Callable[[], object]:
        """Switch the machine off: time goes on, and then the process is a new one."""

        def move() -> bool:
            self.now += hours * HOUR
            return True

        return move

    def outage(self, day: float, hours: float) -> None:
        self.on(day, 0, lambda: setattr(self.target, "down", True))
        self.on(day, hours, lambda: setattr(self.target, "down", False))

    def wrong(self, day: float, hours: float, seconds: float) -> None:
        """Set the machine's clock wrong for some hours."""
        self.on(day, 0, self.step(seconds))
        self.on(day, hours, self.step(-seconds))


class Oracle:
    """Which slots are posted.

    Args:
        slots: as cronsim gives them, seconds since the epoch.
        moments: when each is to be acted for.
    """

    def __init__(self, slots: list[float], moments: list[float], catch_up: bool) -> None:
        self.slots, self.moments, self.catch_up = slots, moments, catch_up
        self.claimed: set[float] = set()
        self.seen: float | None = None
        self.posted: list[float] = []

    def look(self, now: float, is_new: bool, is_up: bool) -> None:
        """Look at the clock once."""
        if is_new or (self.seen is not None and self.seen > now):
            self.seen = None
        place = bisect_right(self.moments, now) - 1
        slot = self.slots[place]
        if slot == self.seen:
            return
        was_wrong = max(self.claimed, default=0) > now + DAY
        known = [one for one in self.claimed if one <= now and not was_wrong]
        if self.seen is not None:
            known.append(self.seen)
        if known and slot <= max(known):
            return
        self.seen = slot
        if now - self.moments[place] > LATE and not (self.catch_up and known):
            return
        if slot not in self.claimed:
            self.claimed.add(slot)
            self.posted += [slot] if is_up else []
        elif was_wrong:
            self.claimed = {one for one in self.claimed if one <= now + DAY}


def weather(year: Year, rng: Random, days: int) -> None:
    """What happens in a bad year."""

    def some_day() -> float:
        return rng.uniform(1, days - 1)

    for _ in range(days // 6):
        year.on(some_day(), 0, lambda: True)
    for _ in range(days // 18):
        year.on(some_day(), 0, year.off(rng.choice([0.01, 0.02, 1, 20, 100])))
        year.on(some_day(), 0, year.sleep(rng.choice([30, 100, HOUR, 20 * HOUR, 3 * DAY])))
        year.outage(some_day(), rng.uniform(0.1, 40))
    for day in range(10, days, 25):
        year.wrong(day + rng.random(), rng.uniform(0.01, 40), rng.choice([-1, 1]) * rng.uniform(1, 22 * HOUR))
    for day in range(60, days, 190):
        year.wrong(day + rng.random(), 30, 40 * DAY)


@pytest.mark.parametrize(
    ("days", "cron", "zone", "jitter", "catch_up"),
    [
        (365, "30 2,14 * * *", "Europe/Berlin", "0", "no"),  # both changes of the clock
        (140, "0 */7 * * 1-5", "America/New_York", "3h", "yes"),  # the change in March
    ],
)
def test_a_year_posts_exactly_its_slots(days: int, cron: str, zone: str, jitter: str, catch_up: str) -> None:
    with folder() as data, disk(Quick()):
        year = Year(data, 900, CRON=cron, TZ=zone, JITTER=jitter, CATCH_UP=catch_up)
        weather(year, Random(days), days)
        year.run(days)
        plan = Loop(year.settings, {}, year.clock, year.wait, year.say, Random())._schedule
        said = [message for _, message in year.said]
    slots = slots_of(cron, zone)
    moments = [plan.fires_at(date(slot)).timestamp() for slot in slots]
    check_moments(slots, moments, year.settings.jitter)
    oracle = Oracle(slots, moments, catch_up == "yes")
    for look in year.looks:
        oracle.look(*look)
    posted = [slots[bisect_right(moments, clock) - 1] for clock, _ in year.posted]
    assert list(map(str, map(date, posted))) == list(map(str, map(date, oracle.posted)))
    right = Counter(slots[bisect_right(moments, clock) - 1] for clock in year.when_right)
    assert not [str(date(slot)) for slot, count in right.items() if count > 1]
    assert not year.target.platform.doubles()
    assert not [message for message in said if "unexpected" in message]
    assert len(year.looks) > 1200 * days, "the loop slept for more than a minute"
    assert len(posted) > 0.6 * len([slot for slot in slots if MONDAY <= slot <= MONDAY + days * DAY])


def date(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def slots_of(cron: str, zone: str) -> list[float]:
    """All slots of the year and of the weeks around it."""
    begin = datetime.fromtimestamp(MONDAY - 50 * DAY, ZoneInfo(zone))
    end = begin + timedelta(days=480)
    return [moment.timestamp() for moment in takewhile(lambda moment: moment < end, CronSim(cron, begin))]


def check_moments(slots: list[float], moments: list[float], jitter: float) -> None:
    """Jitter stays within its bounds and before the next slot."""
    for (slot, following), moment in zip(pairwise(slots), moments, strict=False):
        assert 0 <= moment - slot <= min(jitter, following - slot)
    late = [moment - slot for slot, moment in zip(slots, moments, strict=True)]
    assert (max(late) > 0.9 * jitter and min(late) < 0.1 * jitter) or not jitter
