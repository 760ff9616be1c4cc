"""Whether `botus run` is well: what a container's health check asks every minute.

Asks no network, changes nothing, and loads little, because it may run on a small machine. It looks at the
files itself, so that what a person has fixed is well at once; only what files do not show (posts that failed,
a fault of the program) it takes from what `run` has written down.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botus.errors import BotusError, SettingsError, sentence
from botus.log import censor
from botus.monitoring.survey import Survey
from botus.posting.targets.configured import configured
from botus.settings import Settings
from botus.store.durable import files
from botus.store.running.runs import Runs
from botus.text import span

FAILED_SLOTS = 3  # in a row without a post, though there was something to post


@dataclass(frozen=True)
class Health:
    """Complaints are what makes it unhealthy; warnings do not."""

    complaints: list[str]
    warnings: list[str]

    @property
    def exit_code(self) -> int:
        """0 or 1: a health check must know no third."""
        return 1 if self.complaints else 0

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        yield from self.complaints or ["well"]
        yield from (f"warning: {warning}" for warning in self.warnings)

    def as_dict(self) -> dict[str, object]:
        """The same for machines."""
        return {"well": not self.complaints, "complaints": self.complaints, "warnings": self.warnings}


def look(read_settings: Callable[[], Settings], clock: Callable[[], float]) -> Health:
    """Look at everything; wrong settings become part of the answer."""
    try:
        settings = read_settings()
        survey = Survey(settings, configured(settings, clock))
    except BotusError as error:
        return Health([sentence(error)], [])
    try:
        found, warnings = complaints(survey, clock), []
        if survey.alerts.empty:
            warnings = ["no line of the queue may go out: botus generate, botus curate"]
    except OSError as error:  # a folder that may not be entered; a health check says so and ends with 1
        found, warnings = [sentence(files.explain(error, settings.data, "look into"))], []
    return Health([censor(one, settings.secrets) for one in found], warnings)


def complaints(survey: Survey, clock: Callable[[], float]) -> list[str]:
    """Say why `botus run` is not well; nothing if it is.

    Args:
        clock: seconds since the epoch.
    """
    if not survey.data.is_dir():
        return [f"there is no data directory {survey.data}"]
    damage = [*_room(survey), *map(sentence, survey.check())]
    found = [*_pulse(survey.settings, clock), *damage, *survey.needs_attention]
    if (failed := survey.alerts.failed_slots) >= FAILED_SLOTS:
        found.append(f"nothing could be posted at the last {failed} slots: see the log of botus run")
    if survey.alerts.trouble and not damage:
        found.append(f"at its last slot botus run met: {survey.alerts.trouble}")
    return list(dict.fromkeys(found))


def _pulse(settings: Settings, clock: Callable[[], float]) -> Iterator[str]:
    now = clock()
    runs = Runs(settings.data).all(now)
    if any(one.is_alive and not one.is_stale(now) for one in runs):
        return
    if not runs:
        yield "no heartbeat: botus run has not started here"
    elif (last := runs[0]).state == "ended":
        yield f"botus run has ended, {span(now - last.beat)} ago"
    elif last.state == "killed":
        yield f"botus run was killed: its last heartbeat is {now - last.beat:.0f} seconds old"
    else:
        yield f"the last heartbeat is {now - last.beat:.0f} seconds old"
    if settings.cron:  # which may be why it is not running
        from botus.schedule.slots import schedule_of

        try:
            schedule_of(settings)
        except SettingsError as error:
            yield sentence(error)


def _room(survey: Survey) -> Iterator[str]:
    """Say where nothing can be written; without trying, to spare the cards of small machines."""
    for folder in (survey.data, survey.data / files.STATE_FOLDER):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            remedy = f"botus runs as uid {os.getuid()}: chown it, or run botus as its owner"
            yield f"{folder} cannot be written ({remedy})"
            return
    space = os.statvfs(survey.data)
    if space.f_blocks and not space.f_bavail:
        yield f"the disk of {survey.data} is full (make room on it)"
