"""Checks of the schedule: what it says, in which time zone, how often it posts, what a month costs on X."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import available_timezones

from botus.monitoring.checks.finding import Finding
from botus.monitoring.survey import Survey
from botus.platforms.lengths import urls
from botus.platforms.rows import PLATFORMS
from botus.posting.targets.x import PRICE, PRICE_WITH_LINK
from botus.schedule.slots import Schedule, schedule_of, upcoming
from botus.schedule.zones import dated, find_zone
from botus.settings import Settings
from botus.text import counted

_MONTH = 30  # days
_WINDOW = timedelta(minutes=15)
_LOOKED_AT = 1000  # lines; finding the links of one takes a millisecond


def timing(survey: Survey, now: datetime) -> Iterator[Finding]:
    """Check time zone and schedule.

    Raises:
        SettingsError: CRON, TZ or JITTER is wrong.
    """
    settings = survey.settings
    if not available_timezones():
        yield Finding("problem", "the time zone database is missing", "pip install tzdata", 2)
        return
    if settings.cron is None:
        find_zone(settings.zone)
        hint = "botus init asks when to post, for example 0 */4 * * *; botus post works without"
        yield Finding("warning", "CRON is not set: botus run needs it", hint)
        return
    schedule = schedule_of(settings)
    yield from _zone(schedule, "TZ" in settings.places, now)
    yield from _slots(settings, schedule, now)
    if "x" in settings.accounts:
        yield _cost(survey, schedule)


def _zone(schedule: Schedule, is_set: bool, now: datetime) -> Iterator[Finding]:
    clock = f"it is {dated(now, schedule.zone)}"
    if is_set:
        yield Finding("ok", f"time zone {schedule.zone.key}: {clock}")
    elif schedule.cron.text.split()[1].startswith(("*", "H")):  # at any hour, or every few hours
        yield Finding("ok", f"TZ is not set: times are UTC, {clock}")
    else:
        hint = "set it, for example TZ=Europe/Stockholm; TZ=UTC if that is meant"
        yield Finding("warning", f"TZ is not set: the hours of CRON are UTC, {clock}", hint)


def _slots(settings: Settings, schedule: Schedule, now: datetime) -> Iterator[Finding]:
    yield Finding("ok", f"CRON in {schedule.zone.key}: {schedule.words()}")
    yield Finding("ok", f"the next post is due on {dated(next(upcoming(schedule, now)), schedule.zone)}")
    for warning in schedule.warnings(settings.max_per_day):
        yield Finding("warning", warning)
    limits = [one.rate for one in PLATFORMS if one.rate and one.name in settings.accounts]
    if limits:
        busiest = _busiest(schedule, now)
        yield Finding("ok", f"at most {counted(busiest, 'post')} in 15 minutes; {', '.join(limits)}")


def _busiest(schedule: Schedule, now: datetime) -> int:
    """The most slots within any quarter of an hour of the coming week."""
    slots = list(schedule.slots(now, now + timedelta(days=7))) or [now]
    first = most = 0
    for last, slot in enumerate(slots):
        while slot - slots[first] >= _WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most


def _cost(survey: Survey, schedule: Schedule) -> Finding:
    posts = schedule.posts_per_day(survey.settings.max_per_day) * _MONTH
    plain, linked = posts * PRICE, posts * PRICE_WITH_LINK
    total = sum(1 for _ in survey.lines())
    some = islice(survey.lines(), 0, None, 1 + total // _LOOKED_AT)
    texts = [line.text for line in some if line.text]
    with_link = sum(bool(urls(text)) for text in texts)
    said = f"X: {_a_month(round(posts))} about ${plain:.2f}, or ${linked:.2f} with a link in each"
    if with_link:
        mixed = plain + (linked - plain) * with_link / len(texts)
        said += f"; {with_link} of {counted(len(texts), 'line')} with a link: about ${mixed:.2f}"
    return Finding("ok", said)


def _a_month(posts: int) -> str:
    return counted(posts, "post a month costs", "posts a month cost").replace(",", "")
