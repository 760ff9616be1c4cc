"""What a person sees while a base model is fetched or a model is trained: a bar on a terminal, else lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from botus.cli.display import plots
from botus.cli.display.plots import OLD_RULE
from botus.cli.options import Common
from botus.cli.output import is_terminal, progress_bar
from botus.text import brief_span, counted, escape
from botus.training.base_model.download import Hooks
from botus.training.loop import TrainingProgress, TrainingState, Watcher
from botus.training.overtraining import Overtraining, Sampled, StillFalling
from botus.training.plan import TrainingPlan
from botus.training.run_folder import LossRow

_SHOWN = 100  # letters of a sample
_EARLY = 10  # steps after which it is known how long it will take
_LARGE = 10_000_000  # bytes; a smaller file is there before anybody has read about it


@contextmanager
def watching(values: Common, plan: TrainingPlan) -> Iterator[Watcher]:
    """Show a training to whoever gave these options."""
    if values.quiet:
        yield Watcher()
    elif not is_terminal():
        yield Watcher(_first_word(values.say, plan.check_every), _looked(values.say))
    else:
        with progress_bar(plan.steps) as show:
            yield Watcher(lambda progress: show(progress.step, beside(progress)), _looked(values.say))


def line(progress: TrainingProgress) -> str:
    """Say in one line where a training stands."""
    parts = [f"step {progress.step:,} of {progress.steps:,}", *_losses(progress)]
    parts += [f"{progress.tokens_per_second:,.0f} tokens/s", f"{brief_span(progress.seconds_left)} left"]
    return ", ".join(parts)


def beside(progress: TrainingProgress) -> str:
    """Say the same beside a bar, which needs room; what a narrow terminal cuts off is what matters least."""
    parts = [f"{progress.step:,}/{progress.steps:,}", f"{brief_span(progress.seconds_left)} left"]
    return ", ".join([*parts, *_losses(progress), f"{progress.tokens_per_second:,.0f} tokens/s"])


def _losses(progress: TrainingProgress) -> Iterator[str]:
    if progress.train is not None:
        yield f"loss {progress.train:.3f}"
    if progress.held_out is not None:
        yield f"held out {progress.held_out:.3f}"


def look(progress: TrainingProgress, sampled: Sampled | None) -> Iterator[str]:
    """Say what a look at the held-out posts has shown."""
    best = "best so far" if progress.best_step == progress.step else f"best: step {progress.best_step:,}"
    yield f"{line(progress)} ({best})"
    if sampled is None:
        return
    if sampled.copy_rate is None:
        yield "  none of the sampled posts came to an end"
        return
    shown = escape(sampled.posts[0])
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
    noun = "sampled post is a copy" if len(sampled.posts) == 1 else "sampled posts are copies"
    share = f"{sampled.copies} of {len(sampled.posts)} {noun} ({sampled.copy_rate:.0%})"
    yield f"  {share}; a sample: {shown}"


def closing(
    path: Path,
    state: TrainingState,
    ended: str,
    over: Overtraining | None = None,
    falling: StillFalling | None = None,
) -> Iterator[str]:
    """Say how a training ended, and what comes next."""
    yield f"ended after {counted(state.step, 'step')} and {brief_span(state.seconds)}: {ended}"
    losses = f"held-out loss {state.best_loss:.3f}" if state.best_loss is not None else "never looked at"
    losses += f", training loss {state.train_loss:.3f}" if state.train_loss is not None else ""
    copies = f", {state.copy_rate:.0%} copies" if state.copy_rate is not None else ""
    yield f"kept: step {state.best_step:,} ({losses}{copies}) in {path}"
    if over:
        yield (
            f"from step {over.step:,} on the held-out loss fell by only {over.fall:.3f}, while copies "
            f"rose from {over.before:.0%} to {over.after:.0%}: another --run with --steps {over.step} "
            "should copy less"
        )
    elif falling:
        slight = ", and is hardly above that of the training" if falling.is_slight else ""
        yield (
            f"the held-out loss was still falling, by {falling.fall:.3f} at the last look{slight}: "
            f"another --run with --steps {falling.steps} may write better"
        )
    where = "" if path.name == "run1" else f" --checkpoint {path}"
    yield f"next: botus generate{where} --temp 0.9 -n 500"


def plot(rows: Sequence[LossRow], best_step: int) -> str:
    """Draw the losses of a training as an SVG document."""
    training = [(row.step, row.train) for row in rows]
    held_out = [(row.step, row.held_out) for row in rows if row.held_out is not None]
    return plots.loss(training, held_out, best_step or None)


@contextmanager
def watching_download(values: Common) -> Iterator[Hooks]:
    """Show a download to whoever gave these options."""
    from botus.posting.http.bounded import streaming

    if values.quiet:
        yield Hooks(streaming, values.say)
    elif not is_terminal():
        yield Hooks(streaming, values.say, by_tenths(values.say))
    else:
        from rich import progress as rich
        from rich.console import Console

        columns = (
            *(rich.TextColumn("{task.description}", markup=False), rich.BarColumn(bar_width=24)),
            *(rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn()),
        )
        with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)

            def show(name: str, done: int, total: int) -> None:
                bar.update(task, completed=done, total=total or None, description=name)

            yield Hooks(streaming, values.say, show)


def by_tenths(say: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """Say at every tenth of a large file how far it is."""
    said: dict[str, int] = {}

    def show(name: str, done: int, total: int) -> None:
        tenths = done * 10 // total if total > _LARGE else 0
        if tenths > said.get(name, 0):
            said[name] = tenths
            say(f"{name}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

    return show


def _looked(say: Callable[[str], None]) -> Callable[[TrainingProgress, Sampled | None], None]:
    is_told = False

    def show(progress: TrainingProgress, sampled: Sampled | None) -> None:
        nonlocal is_told
        for text in look(progress, sampled):
            say(text)
        if not is_told and progress.train is not None and progress.train < OLD_RULE:
            is_told = True
            say(
                f"  the training loss is below {OLD_RULE}, which was once called overfitting; "
                "here the held-out loss decides"
            )

    return show


def _first_word(say: Callable[[str], None], check_every: int) -> Callable[[TrainingProgress], None]:
    """Say early how long it will take: the first look may be an hour away."""
    is_told = check_every <= 2 * _EARLY

    def show(progress: TrainingProgress) -> None:
        nonlocal is_told
        if not is_told and progress.step % check_every == _EARLY:
            is_told = True
            say(line(progress))

    return show
