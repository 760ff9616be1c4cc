"""What the container runs: the start page, signals, and the loop with the real clock.

As process 1 nothing stops it but its own handlers: SIGTERM and SIGINT end it at once when it waits, and
after the request that is under way; SIGHUP makes it read its settings and secret files again.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from types import FrameType

from botus import __version__, doctor
from botus import settings as settings_module
from botus.errors import BotusError
from botus.journal import Journal
from botus.run import Loop, check_credentials, schedule_of
from botus.schedule import Schedule
from botus.settings import Settings
from botus.status import count_queue
from botus.targets import Target
from botus.targets.configured import configured


def serve(settings: Settings) -> None:
    """Post on the schedule until a signal comes.

    Raises:
        SettingsError: CRON, TZ or another setting is wrong.
        CredentialsError: credentials are incomplete, or gone.
    """
    schedule = schedule_of(settings)
    check_credentials(settings)
    signals = _Signals()
    journal = _journal(settings, schedule)
    for level, line in start_page(settings, configured(settings, time.time), schedule):
        journal.say(line, level)
    while True:
        loop = Loop(
            settings, configured(settings, time.time), time.time, signals.wait, journal.say, random.Random()
        )
        loop.run()
        if not signals.reload:
            journal.say("stopped")
            return
        signals.rearm()
        settings = _read_again(settings, journal)


def start_page(
    settings: Settings, targets: Mapping[str, Target], schedule: Schedule
) -> Iterator[tuple[str, str]]:
    """Yield what the person should see at start, as (level, line)."""
    yield (
        "info",
        f"botus {__version__}, uid {os.getuid()}, data in {settings.data}, time zone {settings.zone}",
    )
    yield "info", f"schedule: {schedule.cron.text}: {schedule.words()}"
    for warning in schedule.warnings(settings.max_per_day):
        yield "warning", warning
    now = datetime.now(UTC)
    times = islice(schedule.slots(now, datetime.max.replace(tzinfo=UTC)), 5)
    shown = ", ".join(f"{slot.astimezone(schedule.zone):%a %d %b %H:%M}" for slot in times)
    yield "info", f"next: {shown}"
    per_day = schedule.posts_per_day(settings.max_per_day)
    try:
        queue = count_queue(settings, targets)
    except BotusError as error:
        yield "error", f"{error.message}; {error.hint}"
    else:
        days = f"{queue.ready / per_day:.1f} days at {per_day:.4g} posts a day"
        yield "info", f"queue: {queue.ready} lines ready, enough for {days}"
        if queue.unreviewed:
            yield (
                "warning",
                f"{queue.unreviewed} of them nobody has reviewed (POST_ONLY=reviewed holds them back)",
            )
    for target in targets.values():
        level = f", {settings.mastodon.visibility}" if settings.mastodon and target.name == "mastodon" else ""
        yield "info", f"posts to {target.name} at {target.base_url}{level}"
    if not targets:
        yield "warning", "no credentials are set: this is a dry run, nothing is posted"
    try:
        bad = [finding for finding in doctor.preflight(settings.data) if finding.level != "ok"]
    except BotusError as error:
        bad = [doctor.Finding("problem", error.message, error.hint)]
    for finding in bad:
        yield "error" if finding.level == "problem" else "warning", f"{finding.message}; {finding.hint}"


class _Signals:
    """Turns signals into the end of a wait."""

    def __init__(self) -> None:
        self.reload = False
        self._event = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._take)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a signal comes; True when the loop has to end."""
        return self._event.wait(seconds)

    def rearm(self) -> None:
        """Go on after a reload."""
        self.reload = False
        self._event.clear()

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.reload = number == signal.SIGHUP
        self._event.set()


def _journal(settings: Settings, schedule: Schedule) -> Journal:
    return Journal(
        sys.stdout, settings.log_format, settings.secrets, lambda: datetime.now(UTC).astimezone(schedule.zone)
    )


def _read_again(settings: Settings, journal: Journal) -> Settings:
    """Read the settings anew; the old ones stay where the new ones are wrong."""
    try:
        fresh = settings_module.load(os.environ, settings.data)
        check_credentials(fresh)
    except BotusError as error:
        journal.say(f"the settings stay as they were: {error.message}", "error")
        return settings
    journal.say("settings and secret files were read again")
    return fresh
