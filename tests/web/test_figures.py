"""The numbers of the pictures."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from botus.web.bot.figures import lengths, posts_per_day

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 30, 12, tzinfo=BERLIN)  # the day after the clocks were set


def test_days_are_those_of_the_zone() -> None:
    moments = [
        datetime(2026, 3, 30, 0, 30, tzinfo=BERLIN),
        datetime(2026, 3, 29, 23, 30, tzinfo=BERLIN),
        datetime(2026, 3, 29, 0, 0, tzinfo=BERLIN),
        datetime(2026, 3, 27, 23, 59, tzinfo=BERLIN),
    ]
    times = [moment.timestamp() * 1000 for moment in moments]
    found = posts_per_day([*times, 0.0, float("inf"), -1e30], NOON.timestamp(), BERLIN, 3)
    assert [(one["day"], one["count"]) for one in found] == [
        ("2026-03-28", 0),
        ("2026-03-29", 2),
        ("2026-03-30", 1),
    ]


@pytest.mark.parametrize(
    ("found", "most", "counts"),
    [
        ([], 280, [0] * 14),
        ([1, 20, 21, 280], 280, [2, 1, *[0] * 11, 1]),
        ([281, 5000], 280, [*[0] * 14, 2]),
        ([0, 500], 500, [*[0] * 12, 1]),
    ],
)
def test_lengths_are_counted_in_bars_up_to_the_limit(found: list[int], most: int, counts: list[int]) -> None:
    told = lengths(found, most)
    assert [one["count"] for one in told] == counts
    assert (told[0]["from"], told[0]["to"]) == (1, 20 if most == 280 else 40)
    assert max(one["to"] or 0 for one in told) == most
