"""A cron expression in plain English, and what a person may not have meant by it.

They are made from the sets of numbers and not from the way in which the expression was written, so that two
expressions with the same words fire at the same times.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Callable, Iterator, Sequence

from botus.schedule.cron_times import Cron

_SHORTEST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
_FEW = 3  # so many times of day are listed before a step ("every 6 hours") is said instead


def words(cron: Cron) -> str:
    """Say when it fires: "every 4 hours, on the hour", "at 09:00 and 21:00 on Mondays"."""
    time, date = _time(cron), _date(cron)
    if not date and time.startswith("at ") and "of every hour" not in time:
        date = "every day"
    pause = "," if date and time.startswith("every") and "," in time else ""
    return f"{time}{pause} {date}".strip()


def cron_warnings(cron: Cron, max_per_day: int | None = None) -> Iterator[str]:
    """What is legal and yet probably not meant, one sentence each; max_per_day is the setting MAX_PER_DAY."""
    count = len(cron.times)
    if len(cron.minutes) == 60 and len(cron.hours) < 24:
        likely = " ".join(["0", *cron.text.split()[1:]])
        yield f"{words(cron)}, {count} a day; did you mean {likely}?"
    if max_per_day is not None and count > max_per_day:
        yield f"{count} times a day is more than MAX_PER_DAY={max_per_day}: the rest of a day is left out"
    for name, field, size in zip(("minute", "hour"), cron.text.split(), (60, 24), strict=False):
        yield from _uneven(name, field, size)
    if cron.either:
        yield "day of month and day of week are both given: cron fires when either of them matches"
    if not cron.either and min(cron.days) > min(_SHORTEST[month - 1] for month in cron.months):
        yield f"a month without a day {min(cron.days)} is left out"


def _uneven(name: str, field: str, size: int) -> Iterator[str]:
    step = re.match(r"[*H]/([0-9]+)$", field, re.IGNORECASE)
    whole = {"minute": "hour", "hour": "day"}[name]
    if step and int(step[1]) >= size:
        yield f"{field} in the {name} field fires once each {whole}: its numbers end at {size - 1}"
    elif step and size % int(step[1]):
        yield f"{field} in the {name} field starts anew each {whole}: the last gap is shorter"


def _time(cron: Cron) -> str:
    if len(cron.times) <= _FEW:
        return _at(cron.times)
    if len(cron.minutes) == 1:
        return _hourly(cron)
    step = _step(cron.minutes, 60)
    if step is None or cron.minutes[0]:
        return f"at minutes {_listed(cron.minutes)}{_of_hours(cron.hours) or ' of every hour'}"
    every = "every minute" if step == 1 else f"every {step} minutes"
    first, last = cron.hours[0], cron.hours[-1]
    if len(cron.hours) < 24 and len(cron.hours) == last - first + 1:
        return f"{every} from {_clock(first * 60)} to {_clock(last * 60 + cron.minutes[-1])}"
    return every + _of_hours(cron.hours)


def _hourly(cron: Cron) -> str:
    """One minute, more than a few hours."""
    minute, hours = cron.minutes[0], cron.hours
    step = _step(hours, 24)
    if step == 1:
        return f"every hour, at minute {minute}" if minute else "every hour, on the hour"
    if step:
        on_the_hour = not minute and not hours[0]
        return f"every {step} hours" + (", on the hour" if on_the_hour else f" from {_clock(cron.times[0])}")
    if len(hours) == hours[-1] - hours[0] + 1:
        return f"every hour from {_clock(cron.times[0])} to {_clock(cron.times[-1])}"
    return _at(cron.times)


def _of_hours(hours: Sequence[int]) -> str:
    if len(hours) == 24:
        return ""
    step = _step(hours, 24)
    if step and not hours[0]:
        return f" of every {step}{'nd' if step == 2 else 'rd' if step == 3 else 'th'} hour"
    return f" of hour{'s' * (len(hours) > 1)} {_listed(hours)}"


def _date(cron: Cron) -> str:
    months = "" if len(cron.months) == 12 else _listed(cron.months, month_name.__getitem__)
    in_months = f" in {months}" if months else ""
    day = f"day{'s' * (len(cron.days) > 1)} {_listed(cron.days)} of {months or 'every month'}"
    monday_first = sorted((number - 1) % 7 for number in cron.weekdays)
    weekdays = _listed(monday_first, lambda number: _WEEKDAYS[(number + 1) % 7])
    any_day, any_weekday = len(cron.days) == 31, len(cron.weekdays) == 7
    if any_day and any_weekday:
        return f"every day{in_months}" if months else ""
    if any_weekday:
        return f"on {day}"
    if any_day:
        return f"on {weekdays}{in_months}"
    if cron.either:
        return f"on {day} and also on {weekdays}{in_months}"
    return f"on {weekdays} that fall on {day}"


def _step(numbers: Sequence[int], size: int) -> int | None:
    """The distance between numbers that go round a field evenly, if they do."""
    step, rest = divmod(size, len(numbers))
    even = not rest and tuple(numbers) == tuple(range(numbers[0], size, step))
    return step if even and len(numbers) > 1 else None


def _listed(numbers: Sequence[int], label: Callable[[int], str] = str) -> str:
    """Write "1, 3 and 5 to 9"."""
    parts: list[str] = []
    start = 0
    for end in range(1, len(numbers) + 1):
        if end == len(numbers) or numbers[end] != numbers[end - 1] + 1:
            run = [label(number) for number in numbers[start:end]]
            parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else run
            start = end
    return _joined(parts)


def _at(times: Sequence[int]) -> str:
    return "at " + _joined([_clock(time) for time in times])


def _joined(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
