"""Reads the dates of exports: X's form, JavaScript's, ISO 8601 and its relatives, American, Unix time.

The one place where a date of an export is read. Without an offset it is UTC, as all exports mean it.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d(?:[.,]\d+)?))?"
_FORMS = (
    # Wed Oct 10 20:19:24 +0000 2018
    re.compile(rf"\w{{3}} (?P<name>\w{{3}}) (?P<day>\d\d) {_CLOCK} (?P<zone>\+0000) (?P<year>\d{{4}})"),
    # Wed Oct 10 2018 22:19:24 GMT+0200 (CEST), as JavaScript writes it
    re.compile(
        rf"\w{{3}} (?P<name>\w{{3}}) (?P<day>\d\d) (?P<year>\d{{4}}) {_CLOCK}"
        r"(?: GMT(?P<zone>[+-]\d{4})?(?: \([^()]*\))?)?"
    ),
    # 2018-10-10T22:19:24.5+02:00
    re.compile(
        r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
        rf"(?:[T ]+{_CLOCK}\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?)?"
    ),
    # 10/31/18 8:19 PM, or 31/10/2018 20:19
    re.compile(
        r"(?P<month>\d\d?)[/-](?P<day>\d\d?)[/-](?P<year>\d{4}|\d\d)"
        rf"(?:[, ]+{_CLOCK}\s*(?P<half>[AaPp][Mm])?)?"
    ),
)
_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")


def seconds(moment: object) -> float | None:
    """Return seconds since the epoch, or None where it is no moment."""
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        moment = str(moment)
    if not isinstance(moment, str):
        return None
    moment = moment.strip()
    if _UNIX.fullmatch(moment):
        return float(moment) / (1000 if len(moment) == 13 else 1)
    found = next(filter(None, (form.fullmatch(moment) for form in _FORMS)), None)
    try:
        return _of_parts(found.groupdict()) if found else None
    except (ValueError, OverflowError):  # a day or an hour that does not exist
        return None


def _of_parts(parts: dict[str, str | None]) -> float:
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    month = _MONTHS.get(parts.get("name") or "") or int(parts.get("month") or 0)
    if month > 12 and "half" in parts:  # a European day before its month
        month, day = day, month
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    if half := parts.get("half"):
        hour = hour % 12 + 12 * (half.lower() == "pm")
    at = datetime(year + 2000 * (year < 100), month, day, hour, minute, tzinfo=UTC)
    at += timedelta(seconds=float((parts["second"] or "0").replace(",", ".")))
    zone = parts.get("zone") or "Z"
    if zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        at += offset if zone[0] == "-" else -offset
    return at.timestamp()
