"""Time zones: finding one by its name, showing a moment in it, cutting time into stretches of one UTC offset.

Every moment that a person reads is written by `dated`. `zoneinfo` does not tell when a clock is changed, so
that is searched.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from botus.errors import SettingsError

_DAY = timedelta(days=1)
_OFFSET = re.compile(
    r"(?:Etc/)?(?:GMT|UTC?|Z)?\s*([+\-−])\s*(\d{1,2})(?::?(\d\d))?", re.ASCII | re.IGNORECASE
)
_LONGEST = 100  # letters of a name
_AROUND = re.compile(r"^:|^.*zoneinfo/|^(?:posix|right)/", re.IGNORECASE)
_POSIX_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[^>]+>)[+-]?\d")


def find_zone(name: str) -> ZoneInfo:
    """Find a time zone by its name in the time zone database.

    Raises:
        SettingsError: there is none; says which one was probably meant.
    """
    if len(name) > _LONGEST:  # each slash would be a folder within a folder
        raise SettingsError(f"TZ has {len(name):,} letters, more than any time zone.")
    if name.startswith("right/"):
        plain = name.removeprefix("right/")
        raise SettingsError(f"TZ '{name}' counts leap seconds and is half a minute off; write '{plain}'")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder, a path or a NUL, an unknown name
        raise SettingsError(_problem(name)) from error


def zone_or_utc(name: str) -> ZoneInfo:
    """Find a time zone by its name; UTC where there is none, because something has to be shown."""
    try:
        return find_zone(name)
    except SettingsError:
        return ZoneInfo("UTC")


def dated(moment: datetime, zone: ZoneInfo, timespec: str = "minutes") -> str:
    """Write a moment for a person, such as `Sat 2026-11-21 04:00 +01:00`, to `minutes` or `seconds`."""
    local = moment.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%a} {local.replace(tzinfo=None).isoformat(' ', timespec)} {offset[:3]}:{offset[3:5]}"


def dated_entry(milliseconds: float, zone: ZoneInfo) -> str:
    """Write the moment of a log entry, in milliseconds since the epoch; a hand may have written nonsense.

    A repaired entry has 0 where its time is not known.
    """
    try:
        if not milliseconds:
            raise ValueError
        return dated(datetime.fromtimestamp(milliseconds / 1000, UTC), zone)
    except (ValueError, OverflowError, OSError):
        return "at no known time"


def stretches(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut time, in whole seconds of UTC, into pieces of at most a day with one offset: start, end, offset."""
    while start < end:
        stop, offset = min(start + _DAY, end), offset_at(start, zone)
        if offset_at(stop, zone) != offset:
            stop = _change(zone, start, stop)
        yield start, stop, offset
        start = stop


def offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clock of a zone is ahead of UTC at a moment."""
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, start: datetime, stop: datetime) -> datetime:
    """The second at which the offset of `start` ends; no zone changes twice in a day."""
    before, seconds = offset_at(start, zone), math.ceil((stop - start).total_seconds())

    def changed(second: int) -> bool:
        return offset_at(start + timedelta(seconds=second), zone) != before

    return start + timedelta(seconds=bisect_left(range(seconds), True, key=changed))


def _problem(name: str) -> str:
    if found := _OFFSET.fullmatch(name.strip()):
        return f"TZ '{name}' is not a time zone{_of_offset(*found.groups())}"
    plain = _AROUND.sub("", name.strip(" \"'"))
    wanted = plain.lower().replace(" ", "_")
    near = [one for one in available_timezones() if wanted in (one.lower(), one.lower().split("/")[-1])]
    if near:
        meant = f"did you mean '{min(near, key=len)}'?"
    elif _POSIX_RULE.match(plain):
        meant = "a rule in this form is not read, write a place with that clock, such as Europe/Berlin"
    else:
        meant = "write a name such as Europe/Berlin or UTC."
    return f"TZ '{name}' is not a time zone; {meant}"


def _of_offset(sign: str, hours: str, minutes: str | None) -> str:
    """What may be meant by a distance from UTC: POSIX and the names in `Etc` count it against the clock."""
    count = int(hours)
    if int(minutes or 0) or not 0 <= count <= 12:
        return ", and could be ahead of UTC or behind it; write a place with that clock, such as Asia/Kolkata"
    if not count:
        return "; did you mean 'UTC'?"
    span = f"{count} hour{'s' * (count > 1)}"
    ahead = f"'Etc/GMT-{count}' is {span} ahead of UTC (east, {count:02}:00 when UTC has 00:00)"
    behind = f"'Etc/GMT+{count}' {span} behind it (west)"
    written = f"after '{sign}' programs differ about which is meant"
    return f", and {written}: {ahead}, {behind}; better a place, such as Europe/Berlin"
