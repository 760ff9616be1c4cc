"""What the container runs: the start page, signals, and the loop with the real clock.

As process 1 nothing stops it but its own handlers: SIGTERM and SIGINT end it at once when it waits, and
after the request that is under way; SIGHUP makes it read its settings and secret files again. The one
surprise: whatever else this process prints, a library's warning as well, comes through the same journal.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from types import FrameType

from botus import __version__, foreign, shutdown
from botus.errors import BotusError, FileError, Interrupted, sentence
from botus.log import Journal
from botus.monitoring import attention, doctor, notify
from botus.monitoring.alerts import span
from botus.monitoring.queue_counts import count_queue
from botus.outlet import Outlet
from botus.posting.delivery import Say
from botus.posting.targets.configured import configured
from botus.posting.targets.target import Target
from botus.schedule.loop import Loop, check_credentials, schedule_of, settings_of
from botus.schedule.slots import Schedule, upcoming
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.state import State
from botus.store.tweeted import Log
from botus.text import counted, printable


def serve(settings: Settings, *, debug: bool = False) -> None:
    """Post on the schedule until a signal comes.

    Args:
        debug: whether the log lines of libraries are wanted too.

    Raises:
        SettingsError: CRON, TZ or another setting is wrong.
        CredentialsError: credentials are incomplete, or gone.
        Interrupted: Ctrl-C, not another signal, ended it.
    """
    signals = _Signals()
    settings, targets = _checked(settings)
    journal = Journal(Outlet(sys.stdout), *_style(settings))
    say = _voice(journal)
    foreign.route(say, debug=debug)
    for level, line in start_page(settings, targets, schedule_of(settings)):
        say(line, level)
    while True:
        herald = notify.Herald(settings, targets, time.time, say)
        Loop(settings, targets, time.time, signals.wait, say, random.Random(), herald.hear).run()
        if signals.wants_end:
            say("stopped")
            break
        signals.rearm()
        try:
            settings, targets = _checked(settings_of(os.environ, settings.data))
        except BotusError as error:
            say(f"the settings stay as they were: {sentence(error)}", "error")
        else:
            journal.follow(*_style(settings))  # there are new secrets to hide
            say("settings and secret files were read again")
    if signals.was_interrupted:
        raise Interrupted("interrupted")


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
    yield "info", f"next: {_next_times(schedule, datetime.now(UTC))}"
    per_day = schedule.posts_per_day(settings.max_per_day)
    try:
        queue = count_queue(settings, targets)
    except BotusError as error:
        yield "error", sentence(error)
    else:
        yield _stock(queue.ready, per_day)
        if queue.unreviewed:
            yield (
                "warning",
                f"{queue.unreviewed} of them nobody has reviewed (POST_ONLY=reviewed holds them back)",
            )
    for target in targets.values():
        yield "info", f"posts to {target.name} {target.about}"
    if not targets:
        yield "warning", "no credentials are set: this is a dry run, nothing is posted"
    yield from _needs(settings, targets)
    yield from _news(settings)
    try:
        bad = [finding for finding in doctor.preflight(settings.data) if finding.level != "ok"]
    except BotusError as error:
        bad = [doctor.Finding("problem", error.message, error.hint)]
    for finding in bad:
        yield "error" if finding.level == "problem" else "warning", f"{finding.message}; {finding.hint}"


def _stock(ready: int, per_day: float) -> tuple[str, str]:
    if not ready:
        return "warning", "queue: no line may go out (see: botus status)"
    days = ready / per_day
    lasts = f"{days:.1f} days" if days * 24 >= 2 else span(days)
    return "info", f"queue: {counted(ready, 'line')} ready, enough for {lasts} at {per_day:.4g} posts a day"


def _needs(settings: Settings, targets: Mapping[str, Target]) -> Iterator[tuple[str, str]]:
    """Say what an earlier run left to a person: it would be said no more, and not all would be posted."""
    accounts = {name: target.account for name, target in targets.items()}
    with suppress(FileError):  # the loop says it
        yield from (
            ("error", one)
            for one in attention.stopped_targets(State(settings.data).load(), accounts).values()
        )
        entries, intents = Log(settings.data).entries(), Intents(settings.data).open()
        yield from (("error", one) for one in attention.unknown_posts(entries, intents).values())


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


def _news(settings: Settings) -> Iterator[tuple[str, str]]:
    """Say who hears what the owner should know."""
    for name, problem in notify.check(settings):
        yield ("warning", f"NOTIFY_URLS: {name}: {problem}") if problem else ("info", f"news go to {name}")
    if settings.ping_url:
        yield "info", "PING_URL is called after each good slot"


def _checked(settings: Settings) -> tuple[Settings, dict[str, Target]]:
    """Refuse settings with which nothing could be posted, before anything depends on them."""
    schedule_of(settings)
    check_credentials(settings)
    return settings, configured(settings, time.time)


class _Signals:
    """Turns signals into the end of a wait.

    They write into a pipe, which `wait` looks at: setting a threading.Event within a handler can hang, where
    the handler has cut into the event's own `wait`.
    """

    def __init__(self) -> None:
        self.wants_end = self.was_interrupted = False
        self._reader, self._writer = os.pipe()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._take)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a signal comes; True when the loop has to end."""
        return bool(select.select([self._reader], [], [], seconds)[0])

    def rearm(self) -> None:
        """Go on after a reload, unless the end is wanted too."""
        os.read(self._reader, 1024)
        if self.wants_end:
            os.write(self._writer, b"!")

    def _take(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self.wants_end = True
            shutdown.wish()
        self.was_interrupted |= number == signal.SIGINT
        with suppress(BlockingIOError):  # full: then it will wake up all the same
            os.write(self._writer, b"!")


def _style(settings: Settings) -> tuple[str, tuple[str, ...], Callable[[], datetime]]:
    """How the journal is to write: its form, what it hides, its clock."""
    zone = schedule_of(settings).zone
    return settings.log_format, settings.secrets, lambda: datetime.now(UTC).astimezone(zone)


def _voice(journal: Journal) -> Say:
    """What writes the log; never fails, because a post that is under way matters more than its log line."""
    lost = 0

    def say(message: str, level: str = "info", **fields: object) -> None:
        nonlocal lost
        lost += 1
        with suppress(OSError, ValueError):
            if lost > 1:
                journal.say(f"log lines that nobody took and that are lost: {lost - 1}", "warning")
                lost = 1
            journal.say(printable(message), level, **fields)
            lost = 0

    return say
