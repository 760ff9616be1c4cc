"""The loop of the container: wait for a slot, claim it, post; look up lost answers; beat.

Nothing but wrong settings ends it: damage, a refused login or a network that is away are said once and looked
at again. What each step came to goes to a listener, which tells the owner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from traceback import format_exc

from botus import settings as settings_module
from botus.errors import BotusError, BusyError, CredentialsError, SettingsError, sentence, unexpected
from botus.log import Say
from botus.posting.posting_run import Outcome, PostingRun
from botus.posting.target import Target
from botus.schedule.slots import AHEAD, GRACE, Schedule, due, schedule_of, too_far_ahead
from botus.schedule.zones import dated
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.store.running.runs import Runs
from botus.store.state import StateFiles
from botus.text import counted

_SLICE = 60.0  # seconds: the clock may be stepped, or the machine sleep, so never wait longer in one go
_PATIENCE = 20.0  # seconds: a person may be posting by hand just when a slot comes
_DAY = 86400.0


@dataclass(frozen=True)
class StepOutcome:
    """What one step of the loop came to.

    Attributes:
        at_slot: a slot was acted for.
        run: what the posting run did; None where there was none.
        is_as_planned: nothing was posted, and nothing was to be: a dry run, or MAX_PER_DAY.
        trouble: what went wrong, in one line.
    """

    at_slot: bool = False
    run: Outcome | None = None
    is_as_planned: bool = False
    trouble: str = ""


@dataclass
class Loop:
    """Posts on a schedule until it is told to stop.

    Attributes:
        targets: where to post; none for a dry run.
        clock: seconds since the epoch.
        wait: waits so many seconds, or less; True when it is time to stop.
        hear: is told what each step came to.
    """

    settings: Settings
    targets: dict[str, Target]
    clock: Callable[[], float]
    wait: Callable[[float], bool]
    say: Say
    rng: Random
    hear: Callable[[StepOutcome], None] = lambda step: None
    look_at: float | None = None
    _is_in_trouble: bool = False
    _seen: datetime | None = None
    _ahead: datetime | None = None  # a claimed slot that lies too far in the future
    _said: set[str] = field(default_factory=set)  # since the last slot that went well
    _calm: tuple[float, float] = (0.0, 0.0)  # nothing is due from the one moment until the other
    _schedule: Schedule = field(init=False)
    _state: StateFiles = field(init=False)
    _runs: Runs = field(init=False)
    _run: PostingRun = field(init=False)

    def __post_init__(self) -> None:
        self._schedule = schedule_of(self.settings)
        self._state, self._runs = StateFiles(self.settings.data), Runs(self.settings.data)
        # One for all slots: it keeps what it has read of files that do not change.
        self._run = PostingRun(
            self.settings, self.targets, rng=self.rng, clock=self.clock, say=self.say, wait=_PATIENCE
        )

    def run(self) -> None:
        """Loop until `wait` says that it is time to stop."""
        self._guarded(self._settle)
        while not self.wait(self.turn()):
            pass

    def turn(self) -> float:
        """Beat, and do what is due; returns after how many seconds to look again."""
        self._runs.beat()
        was_in_trouble = self._is_in_trouble
        began, due_at = self._calm
        if not began <= self.clock() < due_at:  # time came, the clock was set, or the last look failed
            self._guarded(self._tick)
        is_time = self.look_at is not None and self.clock() >= self.look_at
        if is_time or (was_in_trouble and self._is_in_trouble):
            self._guarded(self._settle)
        wake = min(self._calm[1], self.look_at or math.inf)
        return min(max(wake - self.clock(), 0.05), _SLICE)

    def _tick(self) -> StepOutcome | None:
        now = datetime.fromtimestamp(self.clock(), UTC)
        due_at = self._next_moment(now)
        is_first_look = not self._calm[1]
        self._calm = (math.inf, due_at)
        last = self._last_slot(now)
        found = due(self._schedule, last, now, self.settings.catch_up)
        if found.notice:
            self._say_once(found.notice, "warning")
        is_mine = found.slot is not None and self._state.claim_slot(found.slot)
        if found.slot is not None and not is_mine and self._ahead:  # else it would wait until that time comes
            self._state.forget_slots_after(now + AHEAD)
        if found.seen != last:
            self._seen = found.seen
        if found.slot is not None and is_mine and is_first_look and self.targets and not found.notice:
            self.say(
                f"the slot of {dated(found.slot, self._schedule.zone)} has just begun: its post is due now"
            )
        step = self._post(found.slot) if found.slot is not None and is_mine else None
        self._calm = (now.timestamp(), due_at)
        return step

    def _last_slot(self, now: datetime) -> datetime | None:
        """The newest slot up to now that was dealt with, by this process or an earlier one.

        Later ones were claimed by a clock that was ahead. They stay claimed, but nothing waits for them;
        those of a far future are forgotten at the first that is in the way.
        """
        newest = self._state.last_slot()
        is_ahead = newest is not None and too_far_ahead(newest, now)
        if newest is not None and is_ahead and newest != self._ahead:
            moment = f"{newest:%Y-%m-%d %H:%M} UTC"
            self.say(f"a slot was claimed at {moment}, in the future: was the clock wrong?", "warning")
        self._ahead = newest if is_ahead else None
        claimed = None if is_ahead else self._state.last_slot(now)
        if self._seen is not None and self._seen > now:
            self._seen = None
        return max(filter(None, (claimed, self._seen)), default=None)

    def _post(self, slot: datetime) -> StepOutcome:
        run = self._run
        if not self.targets:
            return StepOutcome(True, is_as_planned=preview(run, self.say) is not None)
        posted = posts_of_the_day(run.log, run.intents, _begin_of_day(self._schedule, slot), self.clock())
        if posted >= self.settings.max_per_day:
            limit = f"MAX_PER_DAY is {self.settings.max_per_day}"
            said = f"{counted(posted, 'post')} in the last 24 hours and {limit}: this slot is left out"
            self.say(said, "warning")
            return StepOutcome(True, is_as_planned=True)
        outcome = run.post()
        self.look_at = outcome.look_at
        return StepOutcome(True, outcome)

    def _settle(self) -> StepOutcome:
        """Look up lost answers; after trouble also whether it is over."""
        outcome = self._run.settle() if self.targets else None
        self.look_at = outcome.look_at if outcome else None
        return StepOutcome(run=outcome)

    def _guarded(self, step: Callable[[], StepOutcome | None]) -> None:
        """Do something that may fail; a failure is said once, and the loop goes on."""
        try:
            done = step()
        except BusyError as error:  # passes by itself, and the other one posts
            self._say_once(sentence(error), "warning")
            return
        except BotusError as error:
            done = StepOutcome(trouble=sentence(error))
            self._say_once(done.trouble, "error")
        except Exception as error:
            done = StepOutcome(trouble=unexpected(error).message)
            self._say_once(done.trouble, "error", traceback=format_exc())
        if done is None:
            return
        self._is_in_trouble = bool(done.trouble)
        if done.trouble:
            self.look_at = None
        if done.at_slot:
            self._said = set()
        try:
            self.hear(done)
        except Exception as error:  # no alert is worth a post
            trouble = sentence(error) if isinstance(error, BotusError) else f"{type(error).__name__}: {error}"
            self._say_once(f"alerts: {trouble}", "error", traceback=format_exc())

    def _say_once(self, message: str, level: str, **fields: object) -> None:
        if message not in self._said:
            self._said.add(message)
            self.say(message, level, **fields)

    def _next_moment(self, now: datetime) -> float:
        """When the first slot after now has to be acted for; seconds since the epoch."""
        moment = self._schedule.fires_at(self._schedule.last(now))
        if moment <= now:
            moment = self._schedule.fires_at(self._schedule.next(now))
        return moment.timestamp()


def settings_of(environment: Mapping[str, str], data: Path | None) -> Settings:
    """Read the settings as `settings.load` does, but also all that is wrong with CRON, TZ and credentials.

    A name that is misspelt may be why something is missing, so it is said then too.
    """
    settings, problems = settings_module.read(environment, data)
    incomplete = [f"{', '.join(settings.missing)} missing"] if settings.missing else []
    try:
        schedule_of(settings)
    except SettingsError as error:
        raise SettingsError(
            [*problems, *error.problems, *incomplete, *settings.warnings()], error.hint
        ) from error
    if problems:
        raise SettingsError([*problems, *incomplete, *settings.warnings()])
    return settings


def posts_of_the_day(log: Log, intents: Intents, begin: float, now: float) -> int:
    """Count the posts from the begin of the day on (both in seconds since the epoch): in the log, or open.

    Those of a clock that was more than a day ahead do not count: they would until that time comes.
    """

    def counts(moment: float | None) -> bool:
        return begin <= (moment or 0) / 1000 <= now + _DAY

    logged = sum(map(counts, log.index().times))
    return logged + sum(
        any(part.state == "posted" and counts(part.at) for part in intent.deliveries.values())
        for intent in intents.open()
    )


def is_full(settings: Settings, schedule: Schedule, slot: datetime, now: float) -> bool:
    """Tell whether a slot is left out because of MAX_PER_DAY, by what has been posted until `now`."""
    begin = _begin_of_day(schedule, slot)
    return posts_of_the_day(Log(settings.data), Intents(settings.data), begin, now) >= settings.max_per_day


def _begin_of_day(schedule: Schedule, slot: datetime) -> float:
    """From when on posts count that share a day with a slot; seconds since the epoch.

    The slot of a day ago does not share it. Its post came a little later than the slot, so that 24 hours to
    the second would leave out a slot of every day whose schedule has just as many as are allowed.
    """
    a_day_ago = slot - timedelta(seconds=_DAY)
    late = a_day_ago + GRACE + timedelta(seconds=schedule.jitter)
    return min(late, schedule.fires_at(schedule.next(a_day_ago))).timestamp()


def check_credentials(settings: Settings) -> None:
    """Refuse to go on as a dry run where the log shows that this bot has posted for real.

    Raises:
        CredentialsError: credentials are incomplete, or gone.
    """
    settings.require_complete()
    if not settings.has_targets and len(Log(settings.data).index()):
        raise CredentialsError(
            "no credentials are set, but tweeted.json shows that this bot has posted before",
            "set them again, or use --dry-run to look only",
        )


def preview(run: PostingRun, say: Say, name: str | None = None) -> str | None:
    """Say what would be posted, and change nothing; returns the text, None where there is nothing to post.

    Args:
        name: of the post that it is to be; None for any, as for `PostingRun.post`.
    """
    selection = run.selection()
    line = run.choose(selection, name)
    if line is None or line.text is None:
        say(f"dry run: nothing to post: {selection.why_none(run.queue)}", "warning")
        return None
    text = line.text.strip()
    where = ", ".join(run.targets) or "nowhere, because no credentials are set"
    say(f"dry run: would post to {where}: {text}", text=text)
    return text
