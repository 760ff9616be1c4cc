"""What the container runs: signals, and the loop with the real clock.

As process 1 nothing stops it but its own handlers: SIGTERM and SIGINT end it at once when it waits, and after
the request in progress; SIGHUP makes it read its settings and secret files again. Whatever else this process
prints, a library's warning as well, comes through the same log. Where people are to be answered, a thread
beside the loop does that.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from botus import shutdown
from botus.errors import BotusError, Interrupted, sentence
from botus.log import LogHandler, Say, capture
from botus.posting.target import Target
from botus.posting.targets.configured import configured
from botus.schedule.loop import Loop, StepOutcome, check_credentials, settings_of
from botus.schedule.slots import Schedule, schedule_of
from botus.settings import Settings
from botus.store.running.runs import Runs

StartPage = Callable[[Settings, Mapping[str, Target], Schedule], Iterable[tuple[str, str]]]
Listen = Callable[[Settings, Mapping[str, Target], Say], Callable[[StepOutcome], None]]


def serve(settings: Settings, start_page: StartPage, listen: Listen, *, debug: bool = False) -> None:
    """Post on the schedule until a signal comes.

    Args:
        settings: what the environment says.
        start_page: what a person should see at the start, as (level, line).
        listen: makes, for settings and targets, what is told how each slot went.
        debug: whether the log lines of libraries are wanted too.

    Raises:
        SettingsError: CRON, TZ or another setting is wrong.
        CredentialsError: credentials are incomplete, or gone.
        Interrupted: Ctrl-C, not another signal, ended it.
    """
    signals = shutdown.SignalNotes(shutdown.STOPS, _heed)
    settings, targets = _checked(settings)
    handler = LogHandler(sys.stdout, *_style(settings))
    capture(handler, debug=debug)
    with Runs(settings.data).held(time.time):

        def introduce(settings: Settings, targets: Mapping[str, Target]) -> None:
            for level, line in start_page(settings, targets, schedule_of(settings)):
                handler.say(line, level)

        introduce(settings, targets)
        _post_until_stopped(settings, targets, introduce, listen, signals, handler)
    if signal.SIGINT in signals.caught:
        raise Interrupted("interrupted")


def _post_until_stopped(
    settings: Settings,
    targets: dict[str, Target],
    introduce: Callable[[Settings, Mapping[str, Target]], None],
    listen: Listen,
    signals: shutdown.SignalNotes,
    handler: LogHandler,
) -> None:
    """Post at the slots; at each SIGHUP go on with the settings of then."""
    say = handler.say

    def wait(seconds: float) -> bool:
        return shutdown.is_requested() or signals.wait(seconds)

    while True:
        hear = listen(settings, targets, say)
        with _answering(settings, say):
            Loop(settings, targets, time.time, wait, say, random.Random(), hear).run()
        if shutdown.is_requested():
            say("stopped")
            break
        signals.clear()
        try:
            settings, targets = _checked(settings_of(os.environ, settings.data))
        except BotusError as error:
            say(f"the settings stay as they were: {sentence(error)}", "error")
        else:
            handler.follow(*_style(settings))  # there are new secrets to hide
            say("settings and secret files were read again")
            introduce(settings, targets)  # what has changed is seen at once: an account, the schedule


@contextmanager
def _answering(settings: Settings, say: Say) -> Iterator[None]:
    """Meanwhile answer who mentions the bot, where that is asked for; else nothing of it is loaded."""
    if settings.answer == "no" or settings.accounts.keys().isdisjoint(("mastodon", "bluesky")):
        yield
        return
    from botus.answering.mentions.watch import Watch

    watch = Watch(settings, say)
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def _checked(settings: Settings) -> tuple[Settings, dict[str, Target]]:
    """Refuse settings with which nothing could be posted, before anything depends on them."""
    schedule_of(settings)
    check_credentials(settings)
    return settings, configured(settings, time.time)


def _heed(number: int) -> None:
    if number != signal.SIGHUP:
        shutdown.request()


def _style(settings: Settings) -> tuple[str, tuple[str, ...], Callable[[], datetime]]:
    """How log lines are written: their form, what they hide, their clock."""
    zone = schedule_of(settings).zone
    return settings.log_format, settings.secrets, lambda: datetime.now(UTC).astimezone(zone)
