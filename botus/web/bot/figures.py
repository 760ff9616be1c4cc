"""The numbers of the pictures on the page. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_BARS = 14


def posts_per_day(times: Iterable[float], now: float, zone: ZoneInfo, days: int) -> list[dict[str, Any]]:
    """Count the posts of the last days, today the last one.

    Args:
        times: when they were posted, in milliseconds since 1970.
        now: in seconds since 1970.
    """
    today = datetime.fromtimestamp(now, zone).date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    begin = datetime(dates[0].year, dates[0].month, dates[0].day, tzinfo=zone).timestamp()
    found = Counter(
        datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date()
        for moment in times
        if begin <= moment / 1000 <= now + 86400
    )
    return [{"day": date.isoformat(), "count": found[date]} for date in dates]


def lengths(found: Iterable[int], most: int) -> list[dict[str, Any]]:
    """Count posts by their length, in bars of equal width up to `most`, and one for longer ones.

    The last bar has no end, and is there only where something is in it.
    """
    width = max(10, math.ceil(most / _BARS / 10) * 10)
    bars = math.ceil(most / width)
    counts = Counter(
        min((length - 1) // width, bars) if length <= most else bars for length in found if length
    )
    told: list[dict[str, Any]] = [
        {"from": bar * width + 1, "to": min((bar + 1) * width, most), "count": counts[bar]}
        for bar in range(bars)
    ]
    return [*told, {"from": most + 1, "to": None, "count": counts[bars]}] if counts[bars] else told
