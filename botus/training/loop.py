"""The training itself: step, look at the held-out posts, keep the best, stop when it gets no better.

Nothing is torn in two by Ctrl-C. A signal is heeded between two steps, then everything that the next start
needs is saved, and the same rows follow as if there had been no pause.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from botus.errors import BotusError, Interrupted, SettingsError
from botus.shutdown import Interrupts
from botus.training.dataset import Check, Row
from botus.training.graph import Network
from botus.training.overtraining import Sampled
from botus.training.plan import PATIENCE, TrainingPlan
from botus.training.run_folder import LossRow, RunFolder

_NOTES = 5  # lines of loss.csv from one look to the next
_SAVE_SECONDS = 900.0  # of training between two saves of everything: what a power cut may cost


@dataclass
class TrainingState:
    """Where a training stands."""

    step: int = 0  # steps done
    looked: int = 0  # the step of the last look at the held-out posts
    best_step: int = 0  # of the checkpoint that is kept; 0 before the first look
    best_loss: float | None = None
    train_loss: float | None = None  # at the best step
    copy_rate: float | None = None  # of the sample at the best step
    stale: int = 0  # looks since the best step
    seconds: float = 0.0  # of training, without pauses


@dataclass(frozen=True)
class TrainingProgress:
    """What a person sees while it goes on."""

    step: int
    steps: int
    train: float | None = None  # the mean loss of the last steps, None before the first
    held_out: float | None = None  # the loss at the last look, None before it
    best_step: int = 0  # whose checkpoint is kept
    tokens_per_second: float = 0.0  # of the last steps
    seconds_left: float = 0.0  # if it does not stop before


@dataclass(frozen=True)
class Watcher:
    """Who is told: after every step, and after every look with the sample that belongs to it."""

    stepped: Callable[[TrainingProgress], None] = lambda progress: None
    looked: Callable[[TrainingProgress, Sampled | None], None] = lambda progress, sampled: None


@dataclass
class Training:
    """A training, from its state on."""

    network: Network  # what is trained
    plan: TrainingPlan
    # rows to train on, without end, from the step on at which the training begins
    batches: Iterator[list[Row]]
    checks: Sequence[Check]
    read: Callable[[Sequence[Row]], Sampled]  # judges sampled tokens
    folder: RunFolder
    state: TrainingState  # where it begins
    identity: Mapping[str, Any]  # what resume/state.json says besides the state
    about: Mapping[str, Any]  # what botus.json says besides how it went
    watcher: Watcher = Watcher()
    clock: Callable[[], float] = time.monotonic  # seconds that never go back
    _losses: list[float] = field(default_factory=list)
    _spent: float = 0.0  # seconds of the steps whose losses these are
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
        state = self.state
        self._rows = [row for row in self.folder.history() if row.step <= state.step]
        self._progress = TrainingProgress(state.step, self.plan.steps, best_step=state.best_step)
        self._began = self._told = self._saved = self.clock()
        self._first = state.step
        with Interrupts() as interrupts:
            try:
                with self._telling_what_is_safe():
                    why = self._loop(interrupts)
            except KeyboardInterrupt:
                interrupts.hold()
                with self._telling_what_is_safe():
                    self._save_everything()
                raise Interrupted(
                    f"stopped at step {state.step:,} of {self.plan.steps:,}; "
                    f"everything is in {self.folder.path}",
                    "the same command goes on from there",
                ) from None
            interrupts.hold()
            self._describe(why)
            self.folder.finish()
        return why

    def _loop(self, interrupts: Interrupts) -> str:
        state, plan = self.state, self.plan
        while True:
            if plan.is_due(state.step) and state.looked != state.step:
                self._look(interrupts)
            if state.stale >= PATIENCE:
                return f"the held-out loss has not fallen since step {state.best_step:,}"
            if state.step >= plan.steps:
                return "all steps are done"
            with interrupts.held():
                if self.clock() - self._saved > _SAVE_SECONDS:
                    self._save_everything()
                self._step()

    def _step(self) -> None:
        state, plan, began = self.state, self.plan, self.clock()
        loss = self.network.train(next(self.batches), plan.rate_at(state.step + 1))
        if not math.isfinite(loss):
            raise SettingsError(
                f"the loss is no number any more at step {state.step + 1}",
                f"begin anew with --fresh and a lower --learning-rate than {plan.rate:g}",
            )
        now = self.clock()
        state.step += 1
        state.seconds += now - self._told
        self._told = now
        self._losses.append(loss)
        self._spent += now - began
        self._progress = replace(
            self._progress,
            step=state.step,
            train=sum(self._losses) / len(self._losses),
            tokens_per_second=plan.tokens * len(self._losses) / max(self._spent, 1e-9),
            seconds_left=(plan.steps - state.step) * (now - self._began) / (state.step - self._first),
        )
        if state.step % max(1, plan.check_every // _NOTES) == 0 and not plan.is_due(state.step):
            self._note(None, None)
        self.watcher.stepped(self._progress)

    def _look(self, interrupts: Interrupts) -> None:
        """Measure the held-out loss, keep the weights if it is the lowest, and sample."""
        loss = self._held_out_loss(interrupts)
        with interrupts.held():
            state, sampled = self.state, self._sample()
            rate = sampled.copy_rate if sampled else None
            is_better = state.best_loss is None or loss < state.best_loss
            self._note(loss, rate)
            state.looked, state.stale = state.step, 0 if is_better else state.stale + 1
            if is_better:
                self.folder.keep(self.network, state.step)
                state.best_step, state.best_loss = state.step, loss
                state.train_loss, state.copy_rate = self._progress.train, rate
                self._describe("")
            self._progress = replace(self._progress, held_out=loss, best_step=state.best_step)
            self.folder.write_history(self._rows)
            self.watcher.looked(self._progress, sampled)

    def _held_out_loss(self, interrupts: Interrupts) -> float:
        """The mean loss of the held-out posts' tokens, nats per token."""
        total, count, size = 0.0, 0, self.plan.batch
        for first in range(0, len(self.checks), size):
            part = self.checks[first : first + size]
            rows = [check.row for check in part]
            with interrupts.held():  # the graph has a fixed batch: the last row is repeated to fill it
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
        return self.read(self.network.sample())

    def _note(self, held_out: float | None, copy_rate: float | None) -> None:
        """Add a line to loss.csv's; the next one begins here."""
        progress = self._progress
        if not self._losses or progress.train is None:
            return
        row = LossRow(
            step=progress.step,
            seconds=round(self.state.seconds, 1),
            train=round(progress.train, 4),
            held_out=None if held_out is None else round(held_out, 4),
            learning_rate=float(f"{self.plan.rate_at(progress.step):.4g}"),
            tokens_per_second=round(progress.tokens_per_second, 1),
            copy_rate=None if copy_rate is None else round(copy_rate, 4),
        )
        self._rows.append(row)
        self._losses, self._spent = [], 0.0

    def _save_everything(self) -> None:
        """Save where it stands; before that, being smaller, a checkpoint to try where there is none yet."""
        state = self.state
        self.folder.write_history(self._rows)
        if not state.best_step and state.step:
            self.folder.keep(self.network, state.step)
            self._describe("")
        self.folder.save_state({**self.identity, "step": state.step, "state": asdict(state)}, self.network)
        self._saved = self.clock()

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
