"""The training itself: step, look at the held-out posts, keep the best, stop when it gets no better.

In come a network, a plan and rows; out come a run folder with the best checkpoint, and how it went. The
surprise: nothing is torn in two by Ctrl-C. A signal is heeded between two steps, then everything that the
next start needs is saved, and the same rows follow as if there had been no pause.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from botus.errors import BotusError, Interrupted, SettingsError
from botus.shutdown import Signals
from botus.training.plan import PATIENCE, Plan
from botus.training.rows import Check
from botus.training.run_folder import Row, RunFolder, Saves
from botus.training.samples import Sampled

_NOTES = 5  # lines of loss.csv from one look to the next
_SAVE_SECONDS = 900.0  # of training between two saves of everything: what a power cut may cost


class Trainable(Saves, Protocol):
    """A network as `graph` builds it."""

    def train(self, rows: Sequence[Sequence[int]], rate: float) -> float: ...

    def losses(self, rows: Sequence[Sequence[int]]) -> list[list[float]]: ...

    def sample(self) -> list[list[int]]: ...


@dataclass(frozen=True)
class Material:
    """What is trained on.

    Attributes:
        batches: an endless stream of batches, from the step on at which the training begins.
        checks: the held-out posts.
        read: judges sampled tokens.
    """

    batches: Iterator[list[list[int]]]
    checks: Sequence[Check]
    read: Callable[[Sequence[Sequence[int]]], Sampled]


@dataclass
class State:
    """Where a training stands.

    Attributes:
        step: steps done.
        looked: the step of the last look at the held-out posts.
        best_step, best_loss: of the checkpoint that is kept; 0 and None before the first look.
        train_loss: the training loss at the best step.
        copy_rate: of the sample at the best step.
        stale: looks since then.
        seconds: of training, without pauses.
    """

    step: int = 0
    looked: int = 0
    best_step: int = 0
    best_loss: float | None = None
    train_loss: float | None = None
    copy_rate: float | None = None
    stale: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """What a person sees while it goes on.

    Attributes:
        step, steps: how far it is.
        train: the mean loss of the last steps, None before the first.
        held_out: the loss at the last look, None before it.
        best_step: whose checkpoint is kept.
        tokens_per_second: of the last steps.
        seconds_left: if it does not stop before.
    """

    step: int
    steps: int
    train: float | None = None
    held_out: float | None = None
    best_step: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float = 0.0


@dataclass(frozen=True)
class Watcher:
    """Who is told: after every step, and after every look with the sample that belongs to it."""

    stepped: Callable[[Progress], None] = lambda progress: None
    looked: Callable[[Progress, Sampled | None], None] = lambda progress, sampled: None


@dataclass
class Training:
    """One training.

    Args:
        network: what is trained.
        plan: every number.
        material: what it is trained on.
        folder: where it is kept.
        state: where it begins.
        identity: what `resume` has to know of it besides.
        about: what botus.json says of it besides.
        watcher: who is told.
        clock: seconds that never go back.
    """

    network: Trainable
    plan: Plan
    material: Material
    folder: RunFolder
    state: State
    identity: Mapping[str, Any]
    about: Mapping[str, Any]
    watcher: Watcher = Watcher()
    clock: Callable[[], float] = time.monotonic
    _losses: list[float] = field(default_factory=list)
    _spent: float = 0.0  # seconds of the steps whose losses these are
    _progress: Progress = Progress(0, 0)
    _sampled_at: int = 0

    def run(self) -> str:
        """Train until the last step, or until the held-out loss has stopped falling.

        Returns:
            why it ended.

        Raises:
            Interrupted: Ctrl-C or a signal came; the same command goes on.
            FileError: the disk is full; the last checkpoint that was kept is still there.
            SettingsError: the loss is no number any more.
        """
        self._rows = [row for row in self.folder.history() if row.step <= self.state.step]
        self._progress = Progress(self.state.step, self.plan.steps, best_step=self.state.best_step)
        self._began = self._told = self._saved = self.clock()
        self._first = self.state.step
        with Signals() as signals:
            try:
                with self._telling_what_is_safe():
                    why = self._loop(signals)
            except KeyboardInterrupt:
                signals.hold()
                with self._telling_what_is_safe():
                    self._save_everything()
                raise self._interrupted() from None
            signals.hold()
            self._describe(why)
            self.folder.finish()
        return why

    def _loop(self, signals: Signals) -> str:
        state, plan = self.state, self.plan
        while True:
            if plan.is_due(state.step) and state.looked != state.step:
                self._look(signals)
            if state.stale >= PATIENCE:
                return f"the held-out loss has not fallen since step {state.best_step:,}"
            if state.step >= plan.steps:
                return "all steps are done"
            with signals.held():
                if self.clock() - self._saved > _SAVE_SECONDS:
                    self._save_everything()
                self._step()

    def _step(self) -> None:
        state, began = self.state, self.clock()
        loss = self.network.train(next(self.material.batches), self.plan.rate_at(state.step + 1))
        if not math.isfinite(loss):
            raise SettingsError(
                f"the loss is no number any more at step {state.step + 1}",
                f"begin anew with --fresh and a lower --learning-rate than {self.plan.rate:g}",
            )
        state.step += 1
        self._losses.append(loss)
        self._spent += self.clock() - began
        self._tick()
        speed = self.plan.tokens * len(self._losses) / max(self._spent, 1e-9)
        left = (self.plan.steps - state.step) * (self.clock() - self._began) / (state.step - self._first)
        mean = sum(self._losses) / len(self._losses)
        self._progress = replace(
            self._progress, step=state.step, train=mean, tokens_per_second=speed, seconds_left=left
        )
        if state.step % max(1, self.plan.check_every // _NOTES) == 0 and not self.plan.is_due(state.step):
            self._note(None, None)
        self.watcher.stepped(self._progress)

    def _look(self, signals: Signals) -> None:
        """Measure the held-out loss, keep the weights if it is the lowest, and sample."""
        loss = self._held_out_loss(signals)
        with signals.held():
            state, sampled = self.state, self._sample()
            rate = sampled.copy_rate if sampled else None
            is_better = state.best_loss is None or loss < state.best_loss
            train = self._progress.train
            self._note(loss, rate)
            state.looked, state.stale = state.step, 0 if is_better else state.stale + 1
            if is_better:
                self.folder.keep(self.network, state.step)
                state.best_step, state.best_loss = state.step, loss
                state.train_loss, state.copy_rate = train, rate
                self._describe("")
            self._progress = replace(self._progress, held_out=loss, best_step=state.best_step)
            self.folder.write_history(self._rows)
            self.watcher.looked(self._progress, sampled)

    def _held_out_loss(self, signals: Signals) -> float:
        total, count, size = 0.0, 0, self.plan.batch
        for first in range(0, len(self.material.checks), size):
            part = self.material.checks[first : first + size]
            rows = [check.row for check in part]
            with signals.held():
                losses = self.network.losses(rows + rows[-1:] * (size - len(rows)))
            for check, found in zip(part, losses, strict=False):
                total += sum(found[: check.used - 1])
                count += check.used - 1
        return total / max(1, count)

    def _sample(self) -> Sampled | None:
        every, step = self.plan.sample_every, self.state.step
        # Of the last step it is always known how much is copied: mostly it is the one that is kept.
        if not every or (step - self._sampled_at < every and step < self.plan.steps):
            return None
        self._sampled_at = step
        return self.material.read(self.network.sample())

    def _note(self, held_out: float | None, copy_rate: float | None) -> None:
        """Add a line to loss.csv's; the next one begins here."""
        if not self._losses:
            return
        row = Row(
            step=self.state.step,
            seconds=round(self.state.seconds, 1),
            train=round(sum(self._losses) / len(self._losses), 4),
            held_out=None if held_out is None else round(held_out, 4),
            learning_rate=float(f"{self.plan.rate_at(self.state.step):.4g}"),
            tokens_per_second=round(self.plan.tokens * len(self._losses) / max(self._spent, 1e-9), 1),
            copy_rate=None if copy_rate is None else round(copy_rate, 4),
        )
        self._rows.append(row)
        self._losses, self._spent = [], 0.0

    def _tick(self) -> None:
        now = self.clock()
        self.state.seconds += now - self._told
        self._told = now

    def _save_everything(self) -> None:
        """Save where it stands; before that, being smaller, a checkpoint to try where there is none yet."""
        state = self.state
        self.folder.write_history(self._rows)
        if not state.best_step and state.step:
            self.folder.keep(self.network, state.step)
            self._describe("")
        self.folder.save_state({**self.identity, "step": state.step, "state": asdict(state)}, self.network)
        self._saved = self.clock()

    def _interrupted(self) -> Interrupted:
        state = self.state
        return Interrupted(
            f"stopped at step {state.step:,} of {self.plan.steps:,}; everything is in {self.folder.path}",
            "the same command goes on from there",
        )

    def _describe(self, why: str) -> None:
        state = self.state
        self.folder.describe(
            {
                **self.about,
                "step": state.best_step or state.step,
                "steps": state.step,
                "loss": state.train_loss,
                "held_out_loss": state.best_loss,
                "copy_rate": state.copy_rate,
                "seconds": round(state.seconds, 1),
                "ended": why or None,
            }
        )

    @contextmanager
    def _telling_what_is_safe(self) -> Iterator[None]:
        try:
            yield
        except BotusError as error:
            if self.state.best_step:
                error.message += f"; step {self.state.best_step:,} is safe in {self.folder.path}"
                error.args = (error.message,)
            raise
