"""Whether `botus run` is well: what a container's health check asks every minute.

In: the data directory. Out: complaints, each with what to do, and warnings that are no illness. Asks no
network, changes nothing, and loads little, because it may run on a small machine. The one surprise: it looks
at the files itself, so that what a person has mended is well at once; only what files do not show (posts
that failed, a fault of the program) it takes from what `run` has written down.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from botus.errors import BotusError, FileError, SettingsError, sentence
from botus.log import censor
from botus.monitoring import attention
from botus.posting.log_repair import check_whole
from botus.posting.targets.configured import configured
from botus.settings import Settings
from botus.store import alerts
from botus.store.alerts import Alerts
from botus.store.candidates import Candidates
from botus.store.decisions import Decisions
from botus.store.durable import files
from botus.store.intents import Intent, Intents
from botus.store.state import PostingState, StateFiles
from botus.store.tweeted import Entry, Log

Value = TypeVar("Value")
BARREN = 3  # slots in a row without a post, though there was something to post
_OLD_BEAT = 180.0  # seconds; the loop beats every minute


@dataclass(frozen=True)
class Health:
    """Complaints are illness; warnings are not."""

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
        accounts = {name: target.account for name, target in configured(settings, clock).items()}
    except BotusError as error:
        return Health([sentence(error)], [])
    try:
        found, known = illness(settings, accounts, clock), warnings(settings)
    except (
        OSError
    ) as error:  # a folder that this user may not enter; other exit codes than 0 and 1 are docker's
        found, known = [sentence(files.explain(error, settings.data, "look into"))], []
    return Health([censor(one, settings.secrets) for one in found], known)


def illness(settings: Settings, accounts: Mapping[str, str], clock: Callable[[], float]) -> list[str]:
    """Say why `botus run` is not well; nothing if it is.

    Args:
        accounts: of the targets that are set, by their names.
        clock: seconds since the epoch.
    """
    if not settings.data.is_dir():
        return [f"there is no data directory {settings.data}"]
    damage, needed = _examine(settings, accounts)
    known = _news(settings)
    return list(
        dict.fromkeys((*_pulse(settings, clock), *damage, *needed, *_slots(known, is_sound=not damage)))
    )


def warnings(settings: Settings) -> list[str]:
    """Say what is worth knowing and no illness."""
    is_empty = _news(settings).empty
    return ["no line of the queue may go out: botus generate, botus curate"] if is_empty else []


def _pulse(settings: Settings, clock: Callable[[], float]) -> Iterator[str]:
    beat = StateFiles(settings.data).last_beat()
    if beat is not None and clock() - beat <= _OLD_BEAT:
        return
    if beat is None:
        yield "no heartbeat: botus run has not started here"
    else:
        yield f"the last heartbeat is {clock() - beat:.0f} seconds old"
    yield from _why_not_running(settings)


def _why_not_running(settings: Settings) -> Iterator[str]:
    from botus.schedule.loop import schedule_of

    try:
        if settings.cron:
            schedule_of(settings)
    except SettingsError as error:
        yield sentence(error)


def _examine(settings: Settings, accounts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Read everything that a slot reads: what is damaged, and what needs a person."""
    data, damage = settings.data, []

    def tried(step: Callable[[], Value], otherwise: Value) -> Value:
        try:
            return step()
        except BotusError as error:
            damage.append(sentence(error))
        return otherwise

    log, no_entries, no_intents = Log(data), list[Entry](), list[Intent]()
    tried(lambda: _check_room(settings), None)
    entries = tried(log.entries, no_entries)
    memory = tried(StateFiles(data).load, None)
    if memory is not None:
        tried(lambda: check_whole(log, memory), None)
    intents = tried(Intents(data).open, no_intents)
    tried(Decisions(data).history, None)
    tried(Candidates(data).records, None)
    tried(lambda: _check_texts(settings), None)
    stopped = attention.stopped_targets(memory or PostingState(), accounts)
    unknown = attention.unknown_posts(entries, intents)
    return list(dict.fromkeys(damage)), [*stopped.values(), *unknown.values()]


def _check_room(settings: Settings) -> None:
    """Raise FileError where nothing can be written; without trying, to spare the cards of small machines."""
    for folder in (settings.data, settings.data / files.STATE_FOLDER):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            hint = f"botus runs as uid {os.getuid()}: chown it, or run botus as its owner"
            raise FileError(f"{folder} cannot be written", hint)
    space = os.statvfs(settings.data)
    if space.f_blocks and not space.f_bavail:
        raise FileError(f"the disk of {settings.data} is full", "make room on it")


def _check_texts(settings: Settings) -> None:
    files.read(settings.data / "tweets.txt")
    denylist = files.read(settings.data / "denylist.txt")
    if denylist:
        from botus.screening.denylist import parse_denylist

        parse_denylist(denylist)


def _news(settings: Settings) -> Alerts:
    try:
        return alerts.load(settings.data)
    except FileError:  # no illness: `run` begins it anew
        return Alerts()


def _slots(known: Alerts, *, is_sound: bool) -> Iterator[str]:
    if known.failed_slots >= BARREN:
        yield f"nothing could be posted at the last {known.failed_slots} slots: see the log of botus run"
    if known.trouble and is_sound:
        yield f"at its last slot botus run met: {known.trouble}"
