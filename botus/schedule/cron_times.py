"""What a cron expression says, as sets of numbers.

It knows no time zone and no clock: `slots` places it in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True)
class Cron:
    """What an expression says.

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
