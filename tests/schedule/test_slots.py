"""The schedule: next and last slots, jitter, what is printed, what is due."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from botus.errors import SettingsError
from botus.schedule.slots import Due, Schedule, describe, due, parse, too_far_ahead
from botus.schedule.zones import dated, zone_or_utc

BERLIN = "Europe/Berlin"


def schedule(expression: str, zone: str = "UTC", identity: str = "bot", jitter: float = 0) -> Schedule:
    return parse(expression, zone, identity=identity, jitter=jitter)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_next_is_later_and_last_is_not() -> None:
    plan = schedule("0 9 * * *", BERLIN)
    nine = at("2026-07-01 07:00")
    assert plan.next(nine) == nine + timedelta(days=1)
    assert plan.last(nine) == nine
    assert plan.next(nine - timedelta(microseconds=1)) == nine
    assert plan.last(nine - timedelta(microseconds=1)) == nine - timedelta(days=1)
    assert plan.next(nine).tzinfo is UTC


def test_rare_slots_are_found() -> None:
    assert schedule("0 0 29 2 *").next(at("2096-03-01")) == at("2104-02-29")
    assert schedule("0 0 29 2 */7").next(at("2088-03-01")) == at("2128-02-29")
    assert schedule("0 0 29 2 */7").last(at("2128-02-28")) == at("2088-02-29")


def test_a_moment_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        schedule("0 9 * * *").next(datetime(2026, 1, 1))


# --- the settings


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse("99 5-3 * * *", "Mars/Base", identity="bot", jitter=float("nan"))
    assert [problem.split()[0] for problem in caught.value.problems] == ["CRON", "CRON", "TZ", "JITTER"]


# --- jitter


@pytest.mark.parametrize(("expression", "room"), [("0 * * * *", 900), ("*/5 * * * *", 300)])
def test_jitter_stays_within_the_slot_and_is_spread(expression: str, room: int) -> None:
    plan = schedule(expression, jitter=900)
    slots = list(islice(plan.slots(at("2026-01-01"), at("2026-02-01")), 300))
    parts = [(plan.fires_at(slot) - slot).total_seconds() for slot in slots]
    assert min(parts) >= 0
    assert max(parts) < room
    assert max(parts) > room * 0.9
    assert len(set(parts)) > room / 10
    again, other = schedule(expression, jitter=900), schedule(expression, identity="other", jitter=900)
    assert parts == [(again.fires_at(slot) - slot).total_seconds() for slot in slots]
    assert parts != [(other.fires_at(slot) - slot).total_seconds() for slot in slots]
    assert [schedule(expression).fires_at(slot) for slot in slots] == slots


# --- what is printed


@pytest.mark.parametrize(
    ("expression", "count"),
    [("* */4 * * *", 360), ("0 9 * * 1", 1 / 7), ("0 0 1 * *", 12 / 365.25), ("0 0 29 2 *", 1 / 4 / 365.25)],
)
def test_slots_a_day(expression: str, count: float) -> None:
    assert schedule(expression).per_day == pytest.approx(count)


def test_describe() -> None:
    plan, now = schedule("0 */4 * * *", BERLIN), at("2026-10-24 19:30")
    lines = list(describe(plan, now, 45, 48, times=4))
    assert lines == [
        "0 */4 * * * in Europe/Berlin: every 4 hours, on the hour",
        "the next 4 times:",
        "  Sun 2026-10-25 00:00 +02:00",
        "  Sun 2026-10-25 04:00 +01:00",
        "  Sun 2026-10-25 08:00 +01:00",
        "  Sun 2026-10-25 12:00 +01:00",
        "6 posts a day",
        "45 posts in the queue last for 7.5 days",
    ]


def test_every_moment_is_written_in_the_zone_with_its_offset() -> None:
    moment = at("2026-07-01 22:30")
    assert dated(moment, ZoneInfo(BERLIN)) == "Thu 2026-07-02 00:30 +02:00"
    assert dated(moment, ZoneInfo("America/St_Johns"), "seconds") == "Wed 2026-07-01 20:00:00 -02:30"
    assert dated(moment, zone_or_utc("Mars/Olympus")) == "Wed 2026-07-01 22:30 +00:00"


def test_describe_counts_what_the_limit_lets_through() -> None:
    lines = list(describe(schedule("* */4 * * *"), at("2026-01-01"), 96, 48, times=1))
    assert "48 posts a day" in lines
    assert "96 posts in the queue last for 2 days" in lines
    assert "1 post in the queue lasts for 1 day" in describe(schedule("@daily"), at("2026-01-01"), 1, 48)
    assert lines[5] == "warning: every minute of every 4th hour, 360 a day; did you mean 0 */4 * * *?"
    rare = list(describe(schedule("0 9 * * MON"), at("2026-01-01"), None, 48))
    assert rare[-1] == "one post every 7 days"
    assert len(rare) == 13


def test_describe_shows_when_posts_are_really_sent() -> None:
    plan = schedule("0 * * * *", BERLIN, jitter=1800)
    slot = at("2026-01-01 12:00")
    fires = plan.fires_at(slot)
    assert fires > slot
    lines = list(describe(plan, slot + timedelta(seconds=1), None, 48))
    assert lines[1] == "spread over 30 minutes after each of these times"
    assert lines[3] == f"  {dated(fires, ZoneInfo(BERLIN), 'seconds')}"
    later = list(describe(plan, fires, None, 48))
    assert later[3] == lines[4]


def test_as_dict_goes_into_json() -> None:
    plan = schedule("0 9 * * *", BERLIN)
    told = json.loads(json.dumps(plan.as_dict(at("2026-07-01"), 10, 48, times=2)))
    assert told == {
        "cron": "0 9 * * *",
        "zone": "Europe/Berlin",
        "words": "at 09:00 every day",
        "jitter": 0,
        "next": ["2026-07-01T07:00:00+00:00", "2026-07-02T07:00:00+00:00"],
        "posts_per_day": 1,
        "queue": 10,
        "days_left": 10,
        "warnings": [],
    }
    assert plan.as_dict(at("2026-07-01"), None, 48)["days_left"] is None


# --- what is due

NINE = at("2026-07-01 09:00")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("last_slot", "now", "catch_up", "slot", "missed", "seen"),
    [
        (NINE - DAY, NINE - timedelta(seconds=1), True, None, 0, NINE - DAY),  # not yet
        (NINE - DAY, NINE, False, NINE, 0, NINE),  # on the second
        (NINE - DAY, NINE + timedelta(seconds=90), False, NINE, 0, NINE),  # within the grace
        (NINE, NINE + timedelta(seconds=30), True, None, 0, NINE),  # a restart repeats nothing
        (NINE - DAY, NINE + timedelta(seconds=91), False, None, 1, NINE),  # too late
        (NINE - DAY, NINE + timedelta(seconds=91), True, NINE, 0, NINE),  # caught up
        (NINE - 5 * DAY, NINE + timedelta(hours=5), True, NINE, 4, NINE),  # one at most
        (NINE - 5 * DAY, NINE + timedelta(hours=5), False, None, 5, NINE),
        (NINE - 5 * DAY, NINE + timedelta(seconds=5), False, NINE, 4, NINE),
        (None, NINE, False, NINE, 0, NINE),  # the first start, on time
        (None, NINE + timedelta(hours=1), True, None, 0, NINE),  # the first start has nothing to catch up
        (NINE + timedelta(hours=5), NINE, True, None, 0, NINE + timedelta(hours=5)),  # the clock was set back
        (NINE + DAY, NINE, True, None, 0, NINE + DAY),
        (NINE + DAY + timedelta(seconds=1), NINE, True, NINE, 0, NINE),  # a wrong clock does not silence
        (NINE + 3000 * DAY, NINE + timedelta(hours=1), True, None, 0, NINE),
    ],
)
def test_due(
    last_slot: datetime | None,
    now: datetime,
    catch_up: bool,
    slot: datetime | None,
    missed: int,
    seen: datetime,
) -> None:
    found = due(schedule("0 9 * * *"), last_slot, now, catch_up)
    assert (found.slot, found.missed, found.seen) == (slot, missed, seen)


def test_due_tells_what_was_missed_and_what_is_ahead() -> None:
    plan = schedule("0 9 * * *")
    assert due(plan, NINE - DAY, NINE, False) == Due(NINE, 0, NINE, "")
    assert due(plan, NINE - 2 * DAY, NINE + DAY / 2, False).notice == "2 missed slots left out"
    caught_up = due(plan, NINE - 2 * DAY, NINE + DAY / 2, True).notice
    assert caught_up.endswith(" 09:00 +00:00 was missed and is caught up now; 1 missed slot left out")
    assert "is ignored" in due(plan, NINE + 2 * DAY, NINE, False).notice
    assert "nothing is posted before it" in due(plan, NINE + DAY / 2, NINE, False).notice


def test_too_far_ahead() -> None:
    assert not too_far_ahead(NINE + DAY, NINE)
    assert too_far_ahead(NINE + DAY + timedelta(seconds=1), NINE)


def test_due_waits_for_the_jitter() -> None:
    plan = schedule("0 * * * *", jitter=3600)
    for slot in plan.slots(NINE, NINE + DAY):
        fires = plan.fires_at(slot)
        earlier = slot - timedelta(hours=1)
        assert due(plan, earlier, fires - timedelta(seconds=1), False).slot is None
        assert due(plan, earlier, fires, False) == Due(slot, 0, slot, "")
        assert due(plan, earlier, fires + timedelta(seconds=91), False).missed in (1, 2)


def test_a_last_slot_of_the_distant_past_is_counted_in_no_time() -> None:
    found = due(schedule("* * * * *"), at("1970-01-01"), NINE, True)
    assert found == Due(NINE, 31 * 1440, NINE, f"{31 * 1440:,} missed slots left out")


def ticks(start: datetime, rng: random.Random) -> Iterator[datetime]:
    """A loop that looks every minute or so, with suspends and clock steps in both directions."""
    now = start
    while now < start + 8 * DAY:
        yield now
        now += timedelta(seconds=rng.choice([20, 45, 60, 60, 60])) * rng.choice([1] * 200 + [30])
        if rng.random() < 0.002:
            now += timedelta(hours=rng.choice([-5, -1, 1, 9, 30]))


@pytest.mark.parametrize("catch_up", [True, False])
def test_ticks_over_a_change_of_clocks_fire_every_slot_at_most_once_and_in_order(catch_up: bool) -> None:
    plan, rng = schedule("0 * * * *", BERLIN, jitter=600), random.Random(3)
    seen, first, missed = None, None, 0
    fired: list[datetime] = []
    for now in ticks(at("2026-03-25"), rng):
        found = due(plan, seen, now, catch_up)
        first, seen, missed = first or found.seen, found.seen, missed + found.missed
        if found.slot:
            assert timedelta() <= now - plan.fires_at(found.slot)
            assert catch_up or now - plan.fires_at(found.slot) <= timedelta(seconds=90)
            fired.append(found.slot)
    assert first
    assert seen
    assert fired == sorted(set(fired))
    assert missed > 5
    assert len(fired) + missed == len([*plan.slots(first + timedelta(seconds=1), seen), seen])
    assert len(fired) > 100


def test_memory_of_an_idle_schedule_is_small() -> None:
    """Beyond the interpreter, the schedule may cost 14 MB; nothing heavy comes in with it."""
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "def rss(): return int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0])\n"
        "before = rss()\n"
        "from botus.schedule.slots import parse\n"
        "from datetime import UTC, datetime\n"
        "parse('H */4 * * *', 'Europe/Berlin', identity='x').next(datetime.now(UTC))\n"
        "assert not {'numpy', 'ctranslate2', 'click', 'requests', 'cronsim'} & set(sys.modules)\n"
        "print(rss() - before)"
    )
    command = [sys.executable, "-c", code, *filter(None, sys.path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(answer.stdout) < 14_000
