"""Reads the moments of exports: X's own form, ISO 8601 and its relatives, American dates, Unix time.

Text or a number goes in, seconds since the epoch come out; None where it is no moment. A moment without an
offset is taken as UTC, which is what all the exports mean.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime

_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_X = re.compile(r"\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})")
_ISO = re.compile(
    r"(\d{4}-\d\d?-\d\d?)(?:[T ]+(\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?)?"
)
_AMERICAN = re.compile(
    r"(\d\d?)[/-](\d\d?)[/-](\d{2}|\d{4})(?:[, ]+(\d\d?):(\d\d)(?::(\d\d))?\s*([AaPp][Mm])?)?"
)
_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")


def seconds(moment: object) -> float | None:
    """Return seconds since the epoch, or None."""
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        moment = str(moment)
    if not isinstance(moment, str):
        return None
    moment = moment.strip()
    try:
        return _of_x(moment) or _of_iso(moment) or _of_american(moment) or _of_unix(moment)
    except (ValueError, OverflowError):  # a day or an hour that does not exist
        return None


def _of_x(moment: str) -> float | None:
    found = _X.fullmatch(moment)
    if not found or found[1] not in _MONTHS:
        return None
    return float(
        calendar.timegm(
            (int(found[6]), _MONTHS[found[1]], int(found[2]), int(found[3]), int(found[4]), int(found[5]))
        )
    )


def _of_iso(moment: str) -> float | None:
    found = _ISO.fullmatch(moment)
    if not found:
        return None
    day = datetime(*map(int, found[1].split("-")))  # type: ignore[arg-type]  # three numbers
    hours, minutes, rest = ([*(found[2] or "0:0").replace(",", ".").split(":"), "0"])[:3]
    at = calendar.timegm((day.year, day.month, day.day, int(hours), int(minutes), 0)) + float(rest)
    zone = found[3]
    if not zone or zone in ("Z", "UTC"):
        return at
    offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return at + offset if zone[0] == "-" else at - offset


def _of_american(moment: str) -> float | None:
    found = _AMERICAN.fullmatch(moment)
    if not found:
        return None
    month, day, year = int(found[1]), int(found[2]), int(found[3])
    if month > 12:
        month, day = day, month
    hour = int(found[4] or 0) % 12 + 12 * (found[7].lower() == "pm") if found[7] else int(found[4] or 0)
    year += 2000 if year < 100 else 0
    return datetime(year, month, day, hour, int(found[5] or 0), int(found[6] or 0), tzinfo=UTC).timestamp()


def _of_unix(moment: str) -> float | None:
    if not _UNIX.fullmatch(moment):
        return None
    at = float(moment)
    return at / 1000 if len(moment) == 13 else at
