"""The one reader of a data directory: each file is read when it is first asked for, and once.

What cannot be read is None, and `damage` says why. `status`, `health`, `doctor`, the notifier and the start
page are views of this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from botus.checkpoints import samples
from botus.errors import BotusError, FileError, sentence
from botus.monitoring.attention import stopped_targets, unknown_posts
from botus.monitoring.queue.counts import Acceptance, QueueCounts, accepted, count_lines
from botus.posting.log.check import check_whole
from botus.posting.selection import Selection
from botus.posting.target import Target
from botus.screening.denylist import Denylist, parse_denylist
from botus.settings import Settings
from botus.store.candidates import Candidates
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import Judgement
from botus.store.durable import files
from botus.store.durable.lines import Line
from botus.store.intents import Intent, Intents
from botus.store.log.index import LOST, REFUSED, Entry
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import Queue
from botus.store.running import alerts
from botus.store.running.alerts import Alerts
from botus.store.running.runs import Run, Runs
from botus.store.state import PostingState, StateFiles

if TYPE_CHECKING:
    from botus.answering.mentions.summary import Summary

Value = TypeVar("Value")
_LAST = 10


@dataclass(frozen=True)
class LogSummary:
    """What is told of the log.

    Attributes:
        count: of all entries.
        predecessors: how many of them are botus-twitter's.
        lost: how many may have come out nowhere, as nobody knows.
        refused: how many came out nowhere.
        last: the newest entries, newest first.
        unknown: entries of posts that somebody has to look for.
        unconfirmed: posts that a webhook did not confirm, by its name; nothing needs to be done.
        is_whole: it has all that botus remembers having logged.
    """

    count: int
    predecessors: int
    lost: int
    refused: int
    last: list[Entry]
    unknown: list[Entry]
    unconfirmed: Counter[str]
    is_whole: bool = True

    @property
    def posted(self) -> int:
        """How many came out somewhere."""
        return self.count - self.lost - self.refused


@dataclass(frozen=True)
class WrittenLines:
    """What is needed of the lines that botus wrote, by fingerprint."""

    flags: dict[str, tuple[str, ...]]
    temperatures: dict[str, float | None]


class Survey:
    """What is known of a bot.

    Attributes:
        settings: what the environment says.
        targets: where the bot posts.
        data: the data directory.
        damage: why parts that were asked for could not be read, each reason once.
    """

    def __init__(self, settings: Settings, targets: Mapping[str, Target]) -> None:
        self.settings, self.targets, self.data = settings, targets, settings.data
        self.damage: list[BotusError] = []
        self._log = Log(self.data)

    @cached_property
    def memory(self) -> PostingState | None:
        """The content of state.json."""
        return self._tried(StateFiles(self.data).load)

    @cached_property
    def intents(self) -> list[Intent] | None:
        """The open posts."""
        return self._tried(Intents(self.data).open)

    @cached_property
    def log(self) -> LogSummary | None:
        """The log; one that lacks posts is damaged, and told of all the same."""
        found, memory = self._tried(lambda: _summary(self._log)), self.memory
        if found is None or memory is None:
            return found
        known = len(self.damage)
        self._tried(lambda: check_whole(self._log, memory))
        return replace(found, is_whole=len(self.damage) == known)

    @cached_property
    def judgement(self) -> Judgement | None:
        """What a person has decided."""
        return self._tried(Decisions(self.data).judgement)

    @cached_property
    def candidates(self) -> WrittenLines | None:
        """Flags and temperature of every line that botus wrote."""
        return self._tried(lambda: _written_lines(Candidates(self.data)))

    @cached_property
    def denylist(self) -> Denylist | None:
        """The forbidden words; none where there is no file."""
        return self._tried(lambda: parse_denylist(files.read(self.data / "denylist.txt") or b""))

    @cached_property
    def step(self) -> int | None:
        """Of how many lines of the queue one is looked at: 1, or more where it is a long one."""
        return self._tried(Queue(self.data).step)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the queue that are looked at, read anew each time; none of a damaged file."""
        if self.step is not None:
            yield from Queue(self.data).lines(self.step)

    @cached_property
    def queue(self) -> QueueCounts | None:
        """Which lines may be drawn and why the others may not."""
        logged, claimed = self._tried(self._log.index), self._tried(Intents(self.data).used)
        judgement, candidates, denylist = self.judgement, self.candidates, self.denylist
        if logged is None or claimed is None or denylist is None or judgement is None or candidates is None:
            return None
        targets, post_only = self.targets.values(), self.settings.post_only
        too_long = (self.memory or PostingState()).too_long
        inner = self._tried(lambda: samples.inner_lines(Queue(self.data).having(samples.BORDERS))) or ()
        selection = Selection(
            targets, post_only, logged, claimed, judgement, candidates.flags, denylist, too_long, inner
        )

        def count(step: int) -> QueueCounts:
            return count_lines(Queue(self.data).lines(step), selection, step)

        def counted() -> QueueCounts:
            found = count(self.step or 1)
            # That nothing may go out is an alarm, so nobody guesses it.
            return found if found.ready or found.looked_at is None else count(1)

        return self._tried(counted)

    @cached_property
    def acceptance(self) -> list[Acceptance]:
        """What was kept of each temperature that was reviewed, ascending."""
        if self.candidates is None or self.judgement is None:
            return []
        return list(accepted(self.candidates.temperatures, *self.judgement))

    @cached_property
    def alerts(self) -> Alerts:
        """How the last slots went; a file that is damaged counts for nothing, `botus run` begins it anew."""
        try:
            return alerts.load(self.data)
        except FileError:
            return Alerts()

    @cached_property
    def stopped(self) -> dict[str, str]:
        """Why targets have stopped, one sentence each, by target."""
        return stopped_targets(self.memory or PostingState(), self.targets)

    @cached_property
    def unknown(self) -> dict[str, str]:
        """What to do about posts nobody knows the fate of, one sentence each, by post and target."""
        return unknown_posts(self.log.unknown if self.log else (), self.intents or ())

    @property
    def needs_attention(self) -> list[str]:
        """Everything that a person has to look at, one sentence each."""
        return [*self.stopped.values(), *self.unknown.values()]

    def runs(self, now: float) -> list[Run]:
        """The `botus run`s of this folder, those that are alive first; `now` is seconds since the epoch."""
        return Runs(self.data).all(now)

    def answers(self, now: float) -> Summary | None:
        """How answering goes; `now` is seconds since the epoch. No slot depends on it."""
        from botus.answering.mentions.summary import summary

        return self._tried(lambda: summary(self.settings, now))

    def check(self) -> list[BotusError]:
        """Look at every file that a slot reads, keeping little of it; returns what is damaged."""
        _ = self.log, self.memory, self.intents, self.denylist
        self._tried(Decisions(self.data).check)
        self._tried(Candidates(self.data).check)
        self._tried(lambda: next(Queue(self.data).lines(), None))
        return self.damage

    def _tried(self, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except BotusError as error:
            if sentence(error) not in map(sentence, self.damage):
                self.damage.append(error)
        return None


def stamps(data: Path) -> list[object]:
    """What changes when anything changes that a survey tells of."""
    state = data / files.STATE_FOLDER
    folders = (data, state, state / "intents", state / "runs")
    return [files.state(path) for folder in folders for path in sorted(files.listed(folder))]


def _written_lines(candidates: Candidates) -> WrittenLines:
    found = WrittenLines({}, {})
    for one in candidates.glances():
        found.flags[one.fingerprint], found.temperatures[one.fingerprint] = one.flags, one.temperature
    return found


def _summary(log: Log) -> LogSummary:
    index = log.index()
    newest = range(len(index) - 1, max(-1, len(index) - 1 - _LAST), -1)
    last, unknown = log.read(newest), log.read(index.in_question())
    came_out_nowhere = index.having(LOST), index.having(REFUSED)
    return LogSummary(len(index), index.predecessors, *came_out_nowhere, last, unknown, index.unconfirmed)
