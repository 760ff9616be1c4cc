"""What a cron expression says: read strictly into five sets of numbers, told in words, warned about.

In comes the text of CRON, out comes a `Cron` that knows on which days and at which times of day it fires.
It knows no time zone and no clock: `schedule` places it in time. The one surprise: it is stricter than
others. A range does not run round the clock, nothing is drawn anew at a start, and there is no sixth field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zlib import crc32

from botus.errors import SettingsError
from botus.schedule.words import words

HINT = "Write five fields: minute, hour, day of month, month, day of week, for example CRON='0 */4 * * *'."

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_TOP = (59, 23, 31, 12, 6)  # the largest number that is not another name for a smaller one
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY = range(5)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_NAMES: dict[int, dict[str, int]] = {
    _MONTH: {name: number for number, name in enumerate(_MONTHS, 1)},
    _WEEKDAY: {name: number for number, name in enumerate(_WEEKDAYS)},
}
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_FOREIGN_MACROS = {"@midnight": "0 0 * * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
_QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"))
_TERM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]+))?", re.ASCII)
_HASHED = re.compile(r"H(\(([0-9]+)-([0-9]+)\))?(?:/([0-9]+))?", re.ASCII | re.IGNORECASE)
# `H/n` is `*/n` with another start, so it counts as an interval wherever `*` does.
_STARRED = re.compile(r"\*|H/", re.IGNORECASE)
_TRAPS = (
    (r"R([(/].*)?", "R is drawn anew at every start, write H, which keeps its place"),
    (r"H.*", "H stands alone in its field, as H, H(0-29) or H/15"),
    (r"\?", "write '*' for '?'"),
    (r"[0-9]*[LW]+[0-9]*(-[0-9]+)?|.*#.*", "L, W and # (last, nearest, nth) are unknown"),
)


@dataclass(frozen=True)
class Cron:
    """What an expression says, as sets.

    Args:
        text: the five fields as written; a macro is written out.
        minutes, hours, days, months: the numbers that match, ascending.
        weekdays: the same, 0 is Sunday and 6 Saturday.
        either: whether a matching day of the month *or* of the week is enough; else both must match.
        runs_through: whether it is an interval (`*` or `*/n` in minute or hour), which a change of the
            clock does not disturb; else its times are fixed and each happens once a day.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool
    runs_through: bool

    @cached_property
    def times(self) -> tuple[int, ...]:
        """The times of a day that it runs on, in minutes since midnight, ascending."""
        return tuple(hour * 60 + minute for hour in self.hours for minute in self.minutes)

    def runs_on(self, day: date) -> bool:
        """Whether it fires on a day of the calendar."""
        if day.month not in self.months:
            return False
        matches = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return any(matches) if self.either else all(matches)


def read(expression: str, identity: str) -> Cron:
    """Read five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`.

    Args:
        expression: the value of CRON; surrounding quotes and a comment behind ` #` are left out.
        identity: what names the data directory; it decides where an `H` falls.

    Raises:
        SettingsError: it is anything else, or never fires; says what was probably meant.
    """
    text = _bare(expression)
    fields = _MACROS.get(text.lower(), text).split()
    if not fields:
        raise SettingsError("CRON is empty.", HINT)
    if fields[0].startswith("@"):
        raise SettingsError(_macro_problem(text), HINT)
    if len(fields) != len(_FIELDS):
        raise SettingsError(_count_problem(fields, identity), HINT)
    numbers, problems = _all_numbers(fields, identity)
    if problems:
        raise SettingsError([f"CRON '{text}': {problem}." for problem in problems], HINT)
    cron = _combined(fields, numbers)
    if not cron.either and min(cron.days) > max(_LONGEST[month] for month in cron.months):
        names = " or ".join(_MONTHS[month - 1] for month in cron.months)
        raise SettingsError(f"CRON '{text}' never fires: there is no day {min(cron.days)} in {names}.", HINT)
    return cron


def _bare(expression: str) -> str:
    """Leave out what an env file or a crontab wraps around the fields: quotes and a comment."""
    return _unquoted(re.split(r"(?:^|\s)#", _unquoted(expression), maxsplit=1)[0])


def _unquoted(text: str) -> str:
    text = text.strip()
    for opening, closing in _QUOTES:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            return _unquoted(text[1:-1])
    return text


def _macro_problem(text: str) -> str:
    every = re.fullmatch(r"@every\s+([0-9]+)\s*([hm])", text.lower())
    likely = _FOREIGN_MACROS.get(text.lower(), _interval(int(every[1]), every[2]) if every else "")
    meant = f"; did you mean '{likely}'?" if likely else "."
    return f"CRON '{text}' is not one of {', '.join(_MACROS)}{meant}"


def _interval(count: int, unit: str) -> str:
    size = {"h": 24, "m": 60}[unit]
    if not 0 < count < size or size % count:
        return ""
    step = "*" if count == 1 else f"*/{count}"
    return f"0 {step} * * *" if unit == "h" else f"{step} * * * *"


def _count_problem(fields: list[str], identity: str) -> str:
    meanings: dict[str, str] = {}
    for how, likely in _readings(fields):
        if told := _told(likely, identity):
            meanings.setdefault(likely, f"{how} it is '{likely}' ({told})")
    meant = f": {', '.join(meanings.values())}" if meanings else ""
    plural = "s" * (len(fields) != 1)
    return f"CRON '{' '.join(fields)}' has {len(fields)} field{plural}, botus reads five{meant}."


def _readings(fields: list[str]) -> Iterator[tuple[str, str]]:
    """What schedulers with more fields, and crontab lines with a command, may mean by them."""
    stars = ["*" if field == "?" else field for field in fields]
    if len(fields) == 6:
        yield "without seconds in front", " ".join(stars[1:])
        last = "the year" if re.search(r"[0-9]{4}", fields[5]) else "the last field"
        yield f"without {last}", " ".join(stars[:5])
    elif len(fields) == 7:
        yield "without seconds in front and the year behind", " ".join(stars[1:6])
    if len(fields) > 6:
        yield "without what follows them", " ".join(stars[:5])


def _told(expression: str, identity: str) -> str:
    try:
        return words(read(expression, identity))
    except SettingsError:
        return ""


def _all_numbers(fields: list[str], identity: str) -> tuple[list[tuple[int, ...]], list[str]]:
    numbers, problems = [], []
    for place, field in enumerate(fields):
        try:
            numbers.append(_numbers(place, field, identity))
        except ValueError as problem:
            problems.append(str(problem))
    return numbers, problems


def _combined(fields: list[str], numbers: list[tuple[int, ...]]) -> Cron:
    """Join the five sets; the rules about stars are those of Debian's cron."""
    starred = [bool(_STARRED.match(field)) for field in fields]
    minutes, hours, days, months, weekdays = numbers
    either = not starred[_DAY] and not starred[_WEEKDAY]
    if either and (len(days) == 31 or len(weekdays) == 7):
        either, days, weekdays = False, tuple(range(1, 32)), tuple(range(7))
    text = " ".join(fields)
    return Cron(text, minutes, hours, days, months, weekdays, either, starred[_MINUTE] or starred[_HOUR])


def _numbers(place: int, field: str, identity: str) -> tuple[int, ...]:
    """Read one field; a ValueError says in half a sentence what is wrong with it."""
    hashed = _HASHED.fullmatch(field)
    found = _hashed(place, field, hashed, identity) if hashed else set[int]()
    for term in () if hashed else field.split(","):
        found.update(_term(place, term))
    top = _TOP[place]
    return tuple(sorted({number if number <= top else 0 for number in found}))


def _term(place: int, term: str) -> range:
    """Read one term of a list."""
    name, low, high = _FIELDS[place]
    found = _TERM.fullmatch(term)
    numbers = [_number(place, word) for word in found.groups()[:2] if word] if found else [-1]
    if found is None or min(numbers, default=0) < 0:
        raise ValueError(f"{name} '{term}' {_term_problem(place, term)}")
    if max(numbers, default=low) > high or min(numbers, default=low) < low:
        raise ValueError(f"{name} '{term}' is outside {low} to {high}")
    step = int(found[3] or 1)
    if step == 0:
        raise ValueError(f"{name} '{term}' has a step of 0")
    if len(numbers) < 2:
        first = numbers[0] if numbers and numbers[0] <= _TOP[place] else low
        goes_on = not numbers or found[3]
        return range(first, _TOP[place] + 1 if goes_on else first + 1, step)
    return _range(place, term, numbers[0], numbers[1], step)


def _range(place: int, term: str, first: int, last: int, step: int) -> range:
    name, low, _ = _FIELDS[place]
    if place == _WEEKDAY and last == 0 < first:
        last = 7  # FRI-SUN: Sunday is 0 and 7
    if first > last:
        parts = [(first, _TOP[place]), (low, last)]
        meant = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
        raise ValueError(f"{name} '{term}' runs backwards, for over the end of the field write '{meant}'")
    return range(first, last + 1, step)


def _hashed(place: int, field: str, found: re.Match[str], identity: str) -> set[int]:
    """Draw the start of an H once and for all, from the identity; other numbers would move running bots."""
    name, low, high = _FIELDS[place]
    first, last = (int(found[2]), int(found[3])) if found[1] else (low, _TOP[place])
    if place == _DAY and not found[1] and not found[4]:
        last = 28  # every month has it
    if not low <= first < last <= high or found[4] == "0":
        raise ValueError(f"{name} '{field}' is not understood, it takes {low} to {high}")
    step = int(found[4] or 0)
    room = min(step, last - first + 1) if step else last - first + 1
    start = first + (crc32(identity.encode()) >> place) % room
    return set(range(start, last + 1, step)) if step else {start}


def _number(place: int, word: str) -> int:
    return int(word) if word.isdecimal() else _NAMES.get(place, {}).get(word.upper(), -1)


def _term_problem(place: int, term: str) -> str:
    for pattern, problem in _TRAPS:
        if re.fullmatch(pattern, term, re.IGNORECASE):
            return f"is not accepted: {problem}"
    _, low, high = _FIELDS[place]
    names = list(_NAMES.get(place, {}))
    named = f" or a name from {names[0]} to {names[-1]}" if names else ""
    return f"is not a number from {low} to {high}{named}"
