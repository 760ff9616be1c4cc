"""Time zones and the nights when clocks are changed: slot by slot against an independent oracle (cronsim)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from botus.errors import SettingsError
from botus.schedule.slots import Schedule, parse

# The first year for each zone: of three for slots that may be in one of them only. Sao Paulo had a clock
# change at midnight until 2019.
ZONES = {
    "UTC": 2024,
    "Asia/Kolkata": 2024,
    "Europe/Berlin": 2024,
    "America/New_York": 2025,
    "Australia/Lord_Howe": 2024,
    "America/Sao_Paulo": 2017,
}
FIXED = [
    "0 9 * * *",
    "30 2 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "15 1,2,3 * * *",
    "0,30 2 * * *",
    "30 0 * * *",
    "0 0 * * *",
    "59 23 * * 6",
    "0 9,21 * * *",
    "0 9-17 * * MON-FRI",
    "5 2 * * SUN",
    "10-50/20 2 * * 6,0",
    "0 1/6 * * *",
    "0 9 31 * *",
    "0 9 29 2 *",
    "0 12 13 * FRI",
    "0 12 */2 * MON",
    "0 8 * JAN,jul *",
    "30 2 1-7,25-31 3,4,10,11 *",
]
INTERVALS = [
    "0 * * * *",
    "30 * * * SUN",
    "0 */2 * * *",
    "0 */4 * * *",
    "30 */3 * * *",
    "*/15 * * 2-4,10,11 SUN",
    "*/15 2 * * *",
    "*/7 */5 * * SUN",
    "* 2 * * SUN",
    "* */4 1-7 4,10 *",
]
# Where cronsim is wrong: how many slots it leaves out and how many it invents. It walks on in whole hours of
# UTC, so after Lord Howe's change of half an hour it stands at half past and steps over hours that match up
# to midnight; in Sao Paulo it stops at a midnight that the clock skipped. The test checks each of these
# against the clock on the wall: it shows a matching time in what is left out, and none in what is invented.
CRONSIM_ERRS = {
    ("Australia/Lord_Howe", "30 * * * SUN"): (2, 0),
    ("Australia/Lord_Howe", "0 */2 * * *"): (1, 0),
    ("Australia/Lord_Howe", "0 */4 * * *"): (2, 0),
    ("Australia/Lord_Howe", "*/15 2 * * *"): (2, 0),
    ("Australia/Lord_Howe", "*/7 */5 * * SUN"): (10, 0),
    ("Australia/Lord_Howe", "* 2 * * SUN"): (30, 0),
    ("Australia/Lord_Howe", "* */4 1-7 4,10 *"): (60, 0),
    ("America/Sao_Paulo", "*/7 */5 * * SUN"): (0, 1),
}
BERLIN = "Europe/Berlin"


def schedule(expression: str, zone: str) -> Schedule:
    return parse(expression, zone, identity="bot")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(expression: str, day: str, zone: str = BERLIN) -> list[str]:
    """The slots of a local day as `HH:MM+offset`."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    end = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    slots = schedule(expression, zone).slots(start, end)
    return [slot.astimezone(ZoneInfo(zone)).strftime("%H:%M%z")[:8] for slot in slots]


def oracle(expression: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    found: list[datetime] = []
    for moment in CronSim(expression, start.astimezone(ZoneInfo(zone)) - timedelta(days=2)):
        slot = moment.astimezone(UTC)
        if slot >= end:
            break
        found.append(slot)
    return [slot for slot in found if slot >= start]


def fires(sim: CronSim, moment: datetime) -> bool:
    return (
        moment.minute in sim.minutes
        and moment.hour in sim.hours
        and moment.month in sim.months
        and sim.match_day(moment.date())
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("expression", "years"), [*((one, 3) for one in FIXED), *((one, 1) for one in INTERVALS)]
)
def test_years_agree_with_cronsim(expression: str, years: int, zone: str) -> None:
    start, end = at(f"{ZONES[zone]}-01-01"), at(f"{ZONES[zone] + years}-01-01")
    ours, theirs = list(schedule(expression, zone).slots(start, end)), oracle(expression, zone, start, end)
    assert ours == sorted(set(ours))
    left_out, invented = set(ours) - set(theirs), set(theirs) - set(ours)
    assert (len(left_out), len(invented)) == CRONSIM_ERRS.get((zone, expression), (0, 0))
    sim, place = CronSim(expression, start), ZoneInfo(zone)
    assert all(fires(sim, slot.astimezone(place)) for slot in left_out)
    assert not any(fires(sim, slot.astimezone(place)) for slot in invented)


@pytest.mark.parametrize("expression", ["*/20 0-3 * * SUN", "*/15 * * * *", "0 */2 * * *", "* 0 * * *"])
@pytest.mark.parametrize(
    ("zone", "forward", "back"),
    [
        ("Atlantic/Azores", "2026-03-29", "2026-10-25"),
        ("America/Sao_Paulo", "2018-11-04", "2018-02-18"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-04-05"),
        ("Europe/Berlin", "2026-03-29", "2026-10-25"),
    ],
)
def test_an_interval_fires_whenever_the_clock_on_the_wall_matches(
    expression: str, zone: str, forward: str, back: str
) -> None:
    sim = CronSim(expression, at(forward))
    for day in (forward, back):
        start = at(day) - timedelta(days=1)
        minutes = (start + timedelta(minutes=number) for number in range(3 * 1440))
        brute = [minute for minute in minutes if fires(sim, minute.astimezone(ZoneInfo(zone)))]
        assert list(schedule(expression, zone).slots(start, start + timedelta(days=3))) == brute


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        ("30 2 * * *", ["03:00+02"], ["02:30+02"]),
        ("0,30 2 * * *", ["03:00+02"], ["02:00+02", "02:30+02"]),
        ("0 2,3 * * *", ["03:00+02"], ["02:00+02", "03:00+01"]),
        ("0 1-3 * * *", ["01:00+01", "03:00+02"], ["01:00+02", "02:00+02", "03:00+01"]),
        ("*/30 2 * * *", [], ["02:00+02", "02:30+02", "02:00+01", "02:30+01"]),
    ],
)
def test_the_two_nights(expression: str, spring: list[str], autumn: list[str]) -> None:
    assert local(expression, "2026-03-29") == spring
    assert local(expression, "2026-10-25") == autumn


def test_an_hourly_schedule_runs_through_the_two_nights() -> None:
    for days in (("2026-03-29", 23), ("2026-10-25", 25)):
        assert len(local("0 * * * *", days[0])) == days[1]


def test_slots_do_not_depend_on_where_one_starts_to_look() -> None:
    """Starting inside a repeated or skipped hour gives the rest of the same slots."""
    for expression in ("30 2 * * *", "0,30 1-3 * * *", "*/20 * * * *"):
        plan = schedule(expression, BERLIN)
        for day in ("2026-03-28", "2026-10-24"):
            whole = list(plan.slots(at(day), at(day) + timedelta(days=3)))
            for quarter in range(48 * 4):
                start = at(day) + timedelta(minutes=15 * quarter, microseconds=quarter % 3)
                later = [slot for slot in whole if slot >= start]
                assert list(plan.slots(start, at(day) + timedelta(days=3))) == later
                assert plan.next(start) == next(slot for slot in whole if slot > start)
                assert plan.last(start) <= start < plan.next(plan.last(start))


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("europe/berlin", "'Europe/Berlin'"),
        ("Berlin", "'Europe/Berlin'"),
        ("New York", "'America/New_York'"),
        ("Europe", "such as"),
        ("", "such as"),
        ("/etc/localtime", "such as"),
        ("CET-1CEST", "such as"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "a place with that clock"),
        ("JST-9", "a place with that clock"),
        ("MESZ", "such as"),
        ("Europe/Munich", "such as"),
        (":Europe/Berlin", "'Europe/Berlin'"),
        ("'Europe/Berlin'", "'Europe/Berlin'"),
        ("/usr/share/zoneinfo/Europe/Berlin", "'Europe/Berlin'"),
        ("right/Europe/Berlin", "counts leap seconds and is half a minute off; write 'Europe/Berlin'"),
        ("UTC+0", "'UTC'"),
        ("UTC+5:30", "ahead of UTC or behind it; write a place"),
        ("GMT+14", "ahead of UTC or behind it; write a place"),
        ("a\0b", "such as"),
    ],
)
def test_an_unknown_zone_is_named(zone: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=r"^TZ ") as caught:
        schedule("0 9 * * *", zone)
    assert meant in caught.value.problems[0]


@pytest.mark.parametrize(
    "zone", ["GMT+2", "gmt-2", "UTC+2", "UTC-02:00", "UT+2", "GMT +2", "+0200", "-2", "Etc/UTC+2"]
)
def test_a_distance_from_utc_has_two_readings_and_both_are_said(zone: str) -> None:
    with pytest.raises(SettingsError) as caught:
        schedule("0 9 * * *", zone)
    said = caught.value.problems[0]
    assert "'Etc/GMT-2' is 2 hours ahead of UTC (east" in said
    assert "'Etc/GMT+2' 2 hours behind it (west)" in said
    assert "did you mean" not in said
    nine = at("2026-11-21T09:00")
    assert schedule("0 9 * * *", "Etc/GMT-2").next(nine - timedelta(hours=6)) == nine - timedelta(hours=2)


@pytest.mark.parametrize("zone", ["EST5EDT", "Etc/GMT+2", "GB", "Asia/Kolkata"])
def test_odd_names_of_the_database_are_zones(zone: str) -> None:
    assert schedule("0 9 * * *", zone).zone.key == zone
