"""The cron expression that a schedule in plain English means: `every 4 hours`, `twice a day`. Pure.

It is what a person is shown who writes such a thing into CRON, and never read by itself.
"""

from __future__ import annotations

import re

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTS = {word: number for number, word in enumerate(_NUMBERS, 1)}
_COUNTS |= {"": 1, "a": 1, "an": 1, "once": 1, "twice": 2, "other": 2, "second": 2}
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME = r"(?:noon|midnight|\d{1,2}(?:[:.]\d\d)?(?: ?(?:am|pm|h|o'?clock))?)"
_AND = r"(?:,| and|, and|&)? "
_TIMES = rf"{_TIME}(?:{_AND}{_TIME})*"
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_DAYS = rf"(?:weekdays?|weekends?|days?|{_DAY}(?:{_AND}{_DAY})*)"
_COUNT = rf"\d{{1,2}}|{'|'.join(filter(None, _COUNTS))}"
_AT = rf"(?: at (?P<at>{_TIMES}))?"
_UNIT = r"(?P<unit>minute|hour|day|week|month)s?"
_EVERY = re.compile(rf"(?:every|each)(?: (?P<count>{_COUNT}))? {_UNIT}{_AT}")
_OFTEN = re.compile(
    rf"(?P<count>{_COUNT})(?: (?:times?|posts?|tweets?))? (?:a|an|per|every|each) (?P<unit>hour|day)"
)
_ON = re.compile(
    rf"(?:(?:on|every|each) )?(?P<days>{_DAYS}){_AT}"
    rf"|at (?P<alone>{_TIMES})(?: (?:on|every) (?P<then>{_DAYS}))?"
)
_LONGER = {"hourly": "every hour", "daily": "every day", "weekly": "every week", "monthly": "every month"}
_PART = {"half an hour": "30 minutes", "half hour": "30 minutes", "quarter of an hour": "15 minutes"}
_USUAL = ((0, 9),)  # minute and hour where none is named


def cron_of(text: str) -> str:
    """Return the cron expression for what is said in English; "" where that is not understood."""
    said = " ".join(text.lower().strip(" .'\"").split())
    for short, long in (_LONGER | _PART).items():
        said = re.sub(rf"\b{short}\b", long, said)
    if found := _EVERY.fullmatch(said):
        return _every(_count(found["count"] or ""), found["unit"], _times(found["at"]))
    if found := _OFTEN.fullmatch(said):
        return _often(_count(found["count"]), found["unit"])
    if found := _ON.fullmatch(said):
        return _on(found["days"] or found["then"] or "day", _times(found["at"] or found["alone"]))
    return ""


def _every(count: int, unit: str, times: tuple[tuple[int, int], ...]) -> str:
    if unit == "minute" and count and count % 60 == 0:
        unit, count = "hour", count // 60
    if unit == "hour" and count == 24:
        unit, count = "day", 1
    step = "*" if count == 1 else f"*/{count}"
    if unit == "minute" and 0 < count < 60:
        return f"{step} * * * *"
    if unit == "hour" and 0 < count < 24:
        return f"0 {step} * * *"
    dates = {"day": f"{step} * *" if 0 < count < 16 else "", "week": "* * 1", "month": "1 * *"}
    date = dates.get(unit, "") if count == 1 or unit == "day" else ""
    return _joined(times, date) if date else ""


def _often(count: int, unit: str) -> str:
    """So many times an hour or a day, evenly."""
    size = 60 if unit == "hour" else 24
    if not 0 < count <= size:
        return ""
    if (unit, count) == ("day", 1):
        return _joined(_USUAL, "* * *")
    step = size // count
    places = ",".join(str(place * size // count) for place in range(count)) if size % count else f"*/{step}"
    field = "*" if step == 1 and size == count else "0" if count == 1 else places
    return f"{field} * * * *" if unit == "hour" else f"0 {field} * * *"


def _on(days: str, times: tuple[tuple[int, int], ...]) -> str:
    named = {"weekday": "1-5", "weekend": "0,6", "day": "*"}
    weekdays = sorted(_WEEKDAYS.index(day[:3]) for day in re.findall(r"[a-z]+", days) if day[:3] in _WEEKDAYS)
    return _joined(times, f"* * {named.get(days.rstrip('s')) or ','.join(map(str, weekdays))}")


def _joined(times: tuple[tuple[int, int], ...], date: str) -> str:
    """One expression for times of day; several must share their minute."""
    minutes = {minute for minute, _ in times}
    if len(minutes) != 1 or any(minute > 59 or hour > 23 for minute, hour in times):
        return ""
    return f"{minutes.pop()} {','.join(map(str, sorted({hour for _, hour in times})))} {date}"


def _times(said: str | None) -> tuple[tuple[int, int], ...]:
    """Minute and hour of every time."""
    return tuple(map(_time, re.findall(_TIME, said))) if said else _USUAL


def _time(said: str) -> tuple[int, int]:
    if said in ("noon", "midnight"):
        return 0, 12 if said == "noon" else 0
    hour, minute = re.match(r"(\d+)[:.]?(\d*)", said).groups()  # type: ignore[union-attr]
    number = int(hour)
    if said.endswith(("am", "pm")):
        number = number % 12 + 12 * said.endswith("pm")
    return int(minute or 0), number


def _count(said: str) -> int:
    return int(said) if said.isdecimal() else _COUNTS[said]
