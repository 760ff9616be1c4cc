"""What CRON may say, what is refused and with which words, how an expression is told and warned about."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from cronsim import CronSim

from botus.errors import SettingsError
from botus.schedule.cron import read
from botus.schedule.cron_times import Cron
from botus.schedule.words import cron_warnings, words


def cron(expression: str, identity: str = "bot") -> Cron:
    return read(expression, identity)


@cache
def calendar() -> list[date]:
    return [date(2027, 1, 1) + timedelta(days=number) for number in range(2 * 366)]


def running(expression: str) -> list[date]:
    parsed = cron(expression)
    return [day for day in calendar() if parsed.runs_on(day)]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("@hourly", "0 * * * *"),
        ("@Daily", "0 0 * * *"),
        ("@weekly", "0 0 * * SUN"),
        ("@monthly", "0 0 1 * *"),
        ("  0\t9  * * * \n", "0 9 * * *"),
        ('"0 9 * * *"', "0 9 * * *"),
        ("'\"0 9 * * *\" # twice'", "0 9 * * *"),
        ("“0 9 * * *”", "0 9 * * *"),
        ("0 9 * * * # at nine", "0 9 * * *"),
        ("0 9-9 * * *", "0 9 * * *"),
        ("0 0 * * fri-SUN", "0 0 * * 5,6,0"),
        ("0 0 * * 5-7", "0 0 * * 5,6,0"),
        ("0 0 * * 1-1", "0 0 * * 1"),
        ("0 0 1-31 * 1", "0 0 * * *"),
        ("5/20 08 * * *", "5,25,45 8 * * *"),
    ],
)
def test_spellings(written: str, means: str) -> None:
    assert cron(written).times == cron(means).times
    assert running(written) == running(means)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", ["CRON is empty"]),
        ('""', ["CRON is empty"]),
        ("# 0 9 * * *", ["CRON is empty"]),
        ("0 0 9 * * *", ["6 fields", "seconds in front", "'0 9 * * *' (at 09:00 every day)", "'0 0 9 * *'"]),
        ("0 0 9 ? * MON", ["'0 9 * * MON' (at 09:00 on Mondays)"]),
        ("0 9 * * * 2027", ["without the year it is '0 9 * * *'"]),
        ("0 0 9 ? * MON 2027", ["7 fields", "'0 9 * * MON' (at 09:00 on Mondays)"]),
        ("0 9 * * * root botus post", ["8 fields", "without what follows them it is '0 9 * * *'"]),
        ("0 9 * *", ["4 fields, botus reads five."]),
        ("9", ["1 field,"]),
        ("@yearly", ["'0 0 1 1 *'"]),
        ("@midnight", ["'0 0 * * *'"]),
        ("@every 4h", ["'0 */4 * * *'"]),
        ("@every 90m", ["not one of @hourly, @daily, @weekly, @monthly."]),
        ("@reboot", ["'@reboot' is no time", "not when it starts"]),
        ("R * * * *", ["R is drawn anew", "H"]),
        ("R(0-9)/3 * * * *", ["R is drawn anew"]),
        ("H,30 * * * *", ["H stands alone"]),
        ("H(9-3) * * * *", ["minute 'H(9-3)' is not understood"]),
        ("H(0-99) * * * *", ["minute 'H(0-99)'"]),
        ("0 9 L * *", ["day of month 'L'", "unknown"]),
        ("0 9 15W * *", ["day of month '15W'", "unknown"]),
        ("0 9 * * 5#2", ["day of week '5#2'", "unknown"]),
        ("0 9 ? * *", ["write '*' for '?'"]),
        ("0 9 * * wednesday", ["'wednesday'", "a name from SUN to SAT"]),
        ("0 5-3 * * *", ["hour '5-3' runs backwards", "'5-23,0-3'"]),
        ("0 0 * * SAT-MON", ["runs backwards", "'6,0-1'"]),
        ("60 * * * *", ["minute '60' is outside 0 to 59"]),
        ("0 0 0 * *", ["day of month '0' is outside 1 to 31"]),
        ("*/0 * * * *", ["step of 0"]),
        ("0,,5 * * * *", ["minute ''"]),
        ("-5 * * * *", ["minute '-5' is not a number from 0 to 59"]),
        ("٣ * * * *", ["is not a number"]),
        ("0 0 31 2 *", ["never fires", "no day 31 in FEB"]),
        ("0 0 30,31 2 *", ["never fires", "no day 30 in FEB"]),
        ("0 0 31 4,6,9,11 *", ["never fires", "APR or JUN or SEP or NOV"]),
    ],
)
def test_refusals_say_what_is_meant(written: str, said: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        cron(written)
    assert caught.value.problems[0].startswith("CRON ")
    assert all(part in caught.value.problems[0] for part in said), caught.value.problems
    assert "five fields" in caught.value.hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CRON_TZ=Europe/Berlin 0 9 * * *", "TZ=Europe/Berlin and CRON='0 9 * * *'"),
        ("TZ='Europe/Berlin' 0 9 * * *", "TZ=Europe/Berlin and CRON='0 9 * * *'"),
        ('"CRON_TZ=Asia/Tokyo\n0 9 * * MON"', "TZ=Asia/Tokyo and CRON='0 9 * * MON'"),
        ("cron_tz = Asia/Tokyo @daily", "TZ=Asia/Tokyo and CRON='@daily'"),
        ("0 9 * * * Europe/Berlin", "TZ=Europe/Berlin and CRON='0 9 * * *'"),
        ("@daily UTC", "TZ=UTC and CRON='@daily'"),
        ("CRON_TZ=GMT+2 0 9 * * *", "'Etc/GMT-2' is 2 hours ahead"),
        ("0 9 * * * UTC+2", "'Etc/GMT-2' is 2 hours ahead"),
        ("CRON_TZ=Atlantis 0 9 * * *", "TZ 'Atlantis' is not a time zone"),
        ("0 9 * * * bin/post", "without the last field it is '0 9 * * *'"),
    ],
)
def test_a_zone_beside_the_fields_is_not_dropped(written: str, meant: str) -> None:
    with pytest.raises(SettingsError) as caught:
        cron(written)
    assert meant in caught.value.problems[0]


def test_a_month_day_that_cannot_be_still_fires_on_its_weekday() -> None:
    assert running("0 0 31 2 MON")[:2] == [date(2027, 2, 1), date(2027, 2, 8)]


def test_a_star_in_a_list_is_all_and_seven_is_sunday() -> None:
    assert cron("3,* * * * *").minutes == tuple(range(60))
    assert cron("0 0 * * 7/3").weekdays == cron("0 0 * * 0/3").weekdays == (0, 3, 6)


# --- H


def test_h_is_stable_and_spread() -> None:
    # Frozen: these may never move, or bots would change their times.
    assert cron("H H * * *", "bot").times == (8 * 60 + 53,)
    assert cron("H/15 * * * *", "bot").minutes == (8, 23, 38, 53)
    assert cron("H(0-29)/10 * * * *", "bot").minutes == (3, 13, 23)
    minutes = {cron("H * * * *", f"/data/{number}").minutes for number in range(300)}
    assert len(minutes) > 50
    days = {cron("0 0 H * *", f"/data/{number}").days[0] for number in range(300)}
    assert max(days) == 28


def test_h_with_a_step_is_an_interval() -> None:
    assert cron("H/15 2 * * *").runs_through
    assert not cron("H H * * *").runs_through


# --- words and warnings


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 */4 * * *", "every 4 hours, on the hour"),
        ("* */4 * * *", "every minute of every 4th hour"),
        ("0 9,21 * * *", "at 09:00 and 21:00 every day"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("@hourly", "every hour, on the hour"),
        ("17 * * * *", "every hour, at minute 17"),
        ("17 1/4 * * *", "every 4 hours from 01:17"),
        ("0 */6 * * MON", "every 6 hours, on the hour, on Mondays"),
        ("*/15 9-17 * * 1-5", "every 15 minutes from 09:00 to 17:45 on Mondays to Fridays"),
        ("0 9-17 * * *", "every hour from 09:00 to 17:00"),
        ("0 */5 * * *", "at 00:00, 05:00, 10:00, 15:00 and 20:00 every day"),
        ("*/25 * * * *", "at minutes 0, 25 and 50 of every hour"),
        ("5,10,35 8-10,20 * 6 *", "at minutes 5, 10 and 35 of hours 8 to 10 and 20 every day in June"),
        ("*/90 * * * *", "every hour, on the hour"),
        ("0 4/4 * * *", "at 04:00, 08:00, 12:00, 16:00 and 20:00 every day"),
        ("0 1-23/4 * * *", "every 4 hours from 01:00"),
        ("*/30 1/4 * * *", "every 30 minutes of hours 1, 5, 9, 13, 17 and 21"),
        ("0 9 1-31 * MON", "at 09:00 every day"),
        ("@weekly", "at 00:00 on Sundays"),
        ("0 9 * * SAT,SUN", "at 09:00 on Saturdays and Sundays"),
        ("0 9 1,15 * *", "at 09:00 on days 1 and 15 of every month"),
        ("0 9 24 DEC *", "at 09:00 on day 24 of December"),
        ("0 9 13 6 FRI", "at 09:00 on day 13 of June and also on Fridays in June"),
        ("0 9 */10 * FRI", "at 09:00 on Fridays that fall on days 1, 11, 21 and 31 of every month"),
    ],
)
def test_words(expression: str, said: str) -> None:
    assert words(cron(expression)) == said


def field(rng: random.Random, low: int, high: int) -> str:
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    step = rng.choice([2, 3, 4, 5, 7, 10, 12, 15, 20, 30])
    shifted = f"{low + rng.randint(0, 3)}-{high}/{step}"
    ranges = [shifted, f"*/{step}", f"{first}-{last}", f"{first},{last}"]
    return rng.choice(["*", "*", str(first), str(low), *ranges])


@pytest.mark.proof
def test_two_expressions_with_the_same_words_fire_at_the_same_times() -> None:
    """Read by cronsim, so that a mistake in reading and one in telling cannot cancel out."""
    rng = random.Random(7)
    meanings: dict[str, tuple[object, ...]] = {}
    for _ in range(2000):
        dates = f"{field(rng, 1, 28)} {field(rng, 1, 12)} {field(rng, 0, 6)}"
        dates = rng.choice([dates, "* * *"])
        expression = f"{field(rng, 0, 59)} {field(rng, 0, 23)} {dates}"
        sim = CronSim(expression, datetime(2027, 1, 1, tzinfo=UTC))
        days = tuple(day.month in sim.months and sim.match_day(day) for day in calendar())
        meaning = (frozenset(sim.minutes), frozenset(sim.hours), days)
        told = words(cron(expression))
        assert meanings.setdefault(told, meaning) == meaning, (expression, told)
    assert len(meanings) > 1000


@pytest.mark.parametrize(
    ("expression", "warning"),
    [
        ("* */4 * * *", "every minute of every 4th hour, 360 a day; did you mean 0 */4 * * *?"),
        ("* 9 * * MON", "every minute from 09:00 to 09:59 on Mondays, 60 a day; did you mean 0 9 * * MON?"),
        ("*/15 * * * *", "96 times a day is more than MAX_PER_DAY=48: the rest of a day is left out"),
        ("*/90 * * * *", "*/90 in the minute field fires once each hour: its numbers end at 59"),
        ("0 */5 * * *", "*/5 in the hour field starts anew each day: the last gap is shorter"),
        ("0 9 31 * *", "a month without a day 31 is left out"),
        ("0 9 13 * 5", "day of month and day of week are both given: cron fires when either of them matches"),
    ],
)
def test_warnings(expression: str, warning: str) -> None:
    assert warning in tuple(cron_warnings(cron(expression), 48))


@pytest.mark.parametrize("expression", ["0 */4 * * *", "*/30 * * * *", "0 9 31 1 *", "@monthly"])
def test_nothing_to_warn_about(expression: str) -> None:
    assert tuple(cron_warnings(cron(expression), 48)) == ()
