"""The start page of `botus run`: schedule, queue, accounts, what needs attention and what is wrong here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from botus import __version__
from botus.errors import sentence
from botus.monitoring import notify
from botus.monitoring.attention import running
from botus.monitoring.checks.finding import guarded
from botus.monitoring.checks.folder import preflight
from botus.monitoring.queue.counts import QueueCounts, unreviewed
from botus.monitoring.survey import Survey
from botus.posting.selection import what_next
from botus.posting.target import Target
from botus.schedule.slots import Schedule, pace, upcoming
from botus.settings import Settings
from botus.text import counted, span


def start_page(
    settings: Settings, targets: Mapping[str, Target], schedule: Schedule
) -> Iterator[tuple[str, str]]:
    """Yield what the person should see at start, as (level, line)."""
    survey, now = Survey(settings, targets), time.time()
    yield (
        "info",
        f"botus {__version__}, uid {os.getuid()}, data in {settings.data}, time zone {settings.zone}",
    )
    if others := [one for one in survey.runs(now) if one.is_alive and not one.is_mine]:
        (first, *_) = running(others, now, schedule.zone)
        yield "warning", f"another botus run is at work on this folder ({first}): stop one of them"
    yield "info", f"schedule: {schedule.cron.text}: {schedule.words()}"
    for warning in (*settings.warnings(), *schedule.warnings(settings.max_per_day)):
        yield "warning", warning
    yield "info", f"next: {_next_times(schedule, datetime.now(UTC))}"
    if queue := survey.queue:
        yield _queue(queue, schedule.posts_per_day(settings.max_per_day))
        if said := unreviewed(queue):
            yield "warning", said
    for target in targets.values():
        yield "info", f"posts to {target.name} {target.about}"
    if settings.answer != "no":
        yield from _answers(survey)
    if not targets:
        yield "warning", "no credentials are set: this is a dry run, nothing is posted"
    for problem in (*survey.needs_attention, *map(sentence, survey.damage)):
        yield "error", problem
    for name, problem in notify.check(settings):
        yield ("warning", f"NOTIFY_URLS: {name}: {problem}") if problem else ("info", f"alerts go to {name}")
    if settings.ping_url:
        yield "info", "PING_URL is called after each good slot"
    for finding in guarded(lambda: preflight(settings.data)):
        if finding.level != "ok":
            yield "error" if finding.level == "problem" else "warning", f"{finding.message}; {finding.hint}"


def _answers(survey: Survey) -> Iterator[tuple[str, str]]:
    from botus.answering.mentions.summary import NOWHERE

    found = survey.answers(time.time())
    if found and found.places:
        most = f"at most {counted(survey.settings.answers_per_hour, 'time')} an hour, from answers.txt"
        yield "info", f"answers who mentions it on {' and '.join(found.places)}, {most}"
    elif found:
        yield "warning", NOWHERE
    for name, reason in (found.troubles if found else {}).items():
        yield "error", f"answers on {name} have stopped: {reason}; fix it, then run: botus doctor"


def _queue(queue: QueueCounts, per_day: float) -> tuple[str, str]:
    ready, about = queue.ready, "about " * (queue.looked_at is not None)
    if not ready:
        return "warning", f"queue: {what_next(queue.refused)}"
    lasts = span(ready / per_day * 86400)
    return (
        "info",
        f"queue: {about}{counted(ready, 'line')} ready, enough for {lasts} at {pace(per_day)}",
    )


def _next_times(schedule: Schedule, now: datetime) -> str:
    """The next five times at which a post goes out, on the clock of the zone; the offset where it changes."""
    times = [found.astimezone(schedule.zone) for found in islice(upcoming(schedule, now), 5)]
    form = "%a %d %b %Y" if (times[-1] - now).days > 300 else "%a %d %b"
    form += " %H:%M:%S" if schedule.jitter else " %H:%M"
    shown = []
    for moment, after in zip(times, [*times[1:], None], strict=True):
        is_last = after is None or after.utcoffset() != moment.utcoffset()
        shown.append(moment.strftime(form) + (f" {moment.isoformat()[-6:]}" if is_last else ""))
    return ", ".join(shown)
