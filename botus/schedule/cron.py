"""Reads the text of CRON: `croniter` reads the terms, what it reads otherwise than cron does is ours.

For croniter `5-5` is every hour, `22-3` runs round the clock, `R` is drawn anew at each start, a sixth field
is seconds, and `@daily` is another time for each bot. Such things are refused or rewritten beforehand.
"""

from __future__ import annotations

import importlib
import platform
import re
from collections.abc import Iterator
from contextlib import suppress
from struct import calcsize
from types import ModuleType
from zoneinfo import available_timezones

from botus.errors import SettingsError
from botus.schedule.cron_times import Cron
from botus.schedule.meant import cron_of
from botus.schedule.words import words
from botus.schedule.zones import find_zone

HINT = "Write five fields: minute, hour, day of month, month, day of week, for example CRON='0 */4 * * *'."

_FIELDS = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of month", 1, 31, ""),
    ("month", 1, 12, " or a name from JAN to DEC"),
    ("day of week", 0, 7, " or a name from SUN to SAT"),
)
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY = range(5)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_FOREIGN_MACROS = {"@midnight": "0 0 * * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
_LONGEST_TEXT = 1000  # letters; all minutes, hours and days, one by one, have 400
_QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"))
_ZONE_IN_FRONT = re.compile(
    r"\w*(?:TZ|TIME_?ZONE)\s*=\s*(?P<zone>\"[^\"]*\"|'[^']*'|[^\s;]+)[\s;]*(?P<rest>.*)", re.I | re.S
)
_ZONE_BEHIND = re.compile(
    r"(?P<rest>(?:\S+\s+){5}|@\w+\s+)(?P<zone>[A-Za-z]+/[\w/+-]+|(?:UTC|GMT)(?:[+-][\d:]+)?)", re.ASCII
)
_HASHED = re.compile(r"H(?:\(\d+-\d+\))?(?:/\d+)?", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(r"(\w+)-(\w+)(?:/\d+)?", re.ASCII)
# `H/n` is `*/n` with another start, so it counts as an interval wherever `*` does.
_STARRED = re.compile(r"\*|H/", re.IGNORECASE)
_TRAPS = (
    (r"R([(/].*)?", "R is drawn anew at every start, write H, which keeps its place"),
    (r"H.*", "H stands alone in its field, as H, H(0-29) or H/15"),
    (r"\?", "write '*' for '?'"),
    (r"[0-9]*[LW]+[0-9]*(-[0-9]+)?|.*#.*", "L, W and # (last, nearest, nth) are unknown"),
)


def read(expression: str, identity: str) -> Cron:
    """Read five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`.

    Args:
        expression: the value of CRON; surrounding quotes and a comment behind ` #` are left out.
        identity: what names the data directory; it decides where an `H` falls, so it may never change.

    Raises:
        SettingsError: it is anything else, or never fires; says what was probably meant.
    """
    if len(expression) > _LONGEST_TEXT:
        raise SettingsError(f"CRON has {len(expression):,} letters, more than any schedule.", HINT)
    text = _unquoted(re.split(r"(?:^|\s)#", _unquoted(expression), maxsplit=1)[0])
    _refuse_zone(text)
    fields = _MACROS.get(text.lower(), text).split()
    if not fields:
        raise SettingsError("CRON is empty.", HINT)
    if fields[0].startswith("@"):
        raise SettingsError(_macro_problem(text), HINT)
    if likely := cron_of(text):
        said = f"CRON is not read in words: '{text}' is '{likely}' ({words(read(likely, identity))})."
        raise SettingsError(said, f"Write CRON='{likely}'.")
    if len(fields) != len(_FIELDS):
        raise SettingsError(_count_problem(fields, identity), HINT)
    numbers, problems = [], []
    for place, field in enumerate(fields):
        try:
            numbers.append(_numbers(place, field, identity))
        except ValueError as problem:
            problems.append(f"CRON '{text}': {problem}.")
    if problems:
        raise SettingsError(problems, HINT)
    cron = _combined(fields, numbers)
    if not cron.either and min(cron.days) > max(_LONGEST[month - 1] for month in cron.months):
        names = " or ".join(_MONTHS[month - 1] for month in cron.months)
        raise SettingsError(f"CRON '{text}' never fires: there is no day {min(cron.days)} in {names}.", HINT)
    return cron


def _unquoted(text: str) -> str:
    """Leave out what an env file wraps around the fields."""
    text = text.strip()
    for opening, closing in _QUOTES:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            return _unquoted(text[1:-1])
    return text


def _refuse_zone(text: str) -> None:
    """Refuse a time zone beside the fields, as other schedulers take it: without it the hours are others."""
    found = _ZONE_IN_FRONT.fullmatch(text) or _ZONE_BEHIND.fullmatch(text)
    if not found or (found.re is _ZONE_BEHIND and _is_command(found["zone"])):
        return
    zone, rest = _unquoted(found["zone"]), found["rest"].strip()
    find_zone(zone)
    problem = f"CRON '{text}' names a time zone, which has a setting of its own"
    raise SettingsError(f"{problem}: write TZ={zone} and CRON='{rest}'", HINT)


def _is_command(word: str) -> bool:
    return "/" in word and word not in available_timezones()


def _macro_problem(text: str) -> str:
    likely = _FOREIGN_MACROS.get(text.lower(), "")
    if every := re.fullmatch(r"@every\s+([0-9]+)\s*([hm])", text.lower()):
        count, size = int(every[1]), {"h": 24, "m": 60}[every[2]]
        if 0 < count < size and size % count == 0:
            step = "*" if count == 1 else f"*/{count}"
            likely = f"0 {step} * * *" if every[2] == "h" else f"{step} * * * *"
    if text.lower() == "@reboot":
        return f"CRON '{text}' is no time: botus posts at fixed times, not when it starts."
    meant = f"; did you mean '{likely}'?" if likely else "."
    return f"CRON '{text}' is not one of {', '.join(_MACROS)}{meant}"


def _count_problem(fields: list[str], identity: str) -> str:
    meanings: dict[str, str] = {}
    for how, likely in _readings(fields):
        try:
            told = words(read(likely, identity))
        except SettingsError:
            continue
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
    if _HASHED.fullmatch(field):
        # Every month has a day 28.
        return _expanded(place, "H(1-28)" if place == _DAY and field in "Hh" else field, identity)
    return tuple(sorted({number for term in field.split(",") for number in _term(place, term, identity)}))


def _term(place: int, term: str, identity: str) -> tuple[int, ...]:
    """Read one term of a list, less what croniter takes and cron does not."""
    name, low, high, _ = _FIELDS[place]
    for pattern, problem in _TRAPS:
        if re.fullmatch(pattern, term, re.IGNORECASE):
            raise ValueError(f"{name} '{term}' is not accepted: {problem}")
    if re.search(r"/0+$", term):
        raise ValueError(f"{name} '{term}' has a step of 0")
    if found := _RANGE.fullmatch(term):
        first, last = (_end(place, end, identity) for end in found.groups())
        if not all(end < 0 or low <= end <= high for end in (first, last)):
            raise ValueError(f"{name} '{term}' is outside {low} to {high}")
        if place == _WEEKDAY and last == 0 < first:
            last = 7  # FRI-SUN: Sunday is 0 and 7
        if low <= last < first <= high:
            parts = [(first, 6 if place == _WEEKDAY else high), (low, last)]
            meant = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts if a <= b)
            raise ValueError(f"{name} '{term}' runs backwards, for over the end of the field write '{meant}'")
        if first == last:
            return _expanded(place, str(first), identity)
    return _expanded(place, term, identity)


def _end(place: int, end: str, identity: str) -> int:
    """One end of a range: a number, which may be too large, or that of a name; -1 where it is neither."""
    with suppress(ValueError):
        return int(end) if end.isdecimal() else _expanded(place, end, identity)[0]
    return -1


def _expanded(place: int, term: str, identity: str) -> tuple[int, ...]:
    """What croniter makes of a term."""
    croniter = _croniter()
    fields = ["*"] * len(_FIELDS)
    fields[place] = term
    try:
        if not re.fullmatch(r"[\w*/()-]+", term, re.ASCII):
            raise croniter.CroniterError
        expanded, _ = croniter.croniter.expand(" ".join(fields), hash_id=identity.encode())
    except croniter.CroniterError as error:
        raise ValueError(_problem(place, term)) from error
    _, low, high, _ = _FIELDS[place]
    if expanded[place] == ["*"]:
        return tuple(range(low, 7 if place == _WEEKDAY else high + 1))
    return tuple(int(number) for number in expanded[place])


def _croniter() -> ModuleType:
    """Import croniter, here because only what reads CRON is to load it.

    While it is imported it asks `platform.architecture`, which starts the program `file` to learn how wide a
    pointer is; `run` starts no other process, and need not.
    """
    asked = platform.architecture
    platform.architecture = lambda *_: (f"{8 * calcsize('P')}bit", "")
    try:
        return importlib.import_module("croniter")
    finally:
        platform.architecture = asked


def _problem(place: int, term: str) -> str:
    """Say what is wrong with a term that croniter refuses."""
    name, low, high, names = _FIELDS[place]
    if _HASHED.fullmatch(term):
        return f"{name} '{term}' is not understood, it takes {low} to {high}"
    number = re.fullmatch(r"([0-9]+)(?:/[0-9]+)?", term)
    if number and not low <= int(number[1]) <= high:
        return f"{name} '{term}' is outside {low} to {high}"
    return f"{name} '{term}' is not a number from {low} to {high}{names}"
