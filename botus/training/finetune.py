"""corpus.txt -> checkpoint/run1: a run folder that gpt-2-simple and `generate` load.

The run folder holds the step with the lowest loss on posts which the model never saw. The same command means
"begin" or "go on", whichever the folder needs, and a finished run is never touched.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botus import __version__
from botus.errors import FileError
from botus.store.corpus import Corpus
from botus.store.durable import files
from botus.text import counted
from botus.training import dataset, graph
from botus.training.dataset import Dataset
from botus.training.initial_model import MARKER_TOKENS, SMALL, InitialModel
from botus.training.loop import Training, TrainingState, Watcher
from botus.training.overtraining import (
    TEMPERATURE,
    Overtraining,
    StillFalling,
    overtraining,
    sample_reader,
    still_falling,
)
from botus.training.plan import SIZES, TrainingOptions, TrainingPlan
from botus.training.run_folder import LossRow, RunFolder
from botus.training.start import Fetch, Say, Start, start

_MANY, _FEW = 64, 32  # texts of a sample; fewer where each costs more


@dataclass(frozen=True)
class TrainingResult:
    """How a training went: where it is, what botus.json says, why it ended, and whether at the right time."""

    path: Path
    state: TrainingState
    ended: str
    overtraining: Overtraining | None
    still_falling: StillFalling | None


def finetune(
    options: TrainingOptions,
    data: Path,
    *,
    fetch: Fetch,
    say: Say,
    watching: Callable[[TrainingPlan], AbstractContextManager[Watcher]],
    draw: Callable[[Sequence[LossRow], int], str],
) -> TrainingResult:
    """Train until the held-out loss no longer falls.

    Args:
        data: the data directory.
        watching: shows the progress of a plan.
        draw: draws the lines of loss.csv, and the step that was kept, as an SVG document.

    Raises:
        SettingsError: an option does not fit the unfinished run.
        FileError: the corpus or the base model is missing or damaged, or the disk is full.
        RefusedError: the run folder holds a finished run.
        BusyError: another finetune is at work here.
        Interrupted: Ctrl-C or a signal; everything is saved.
    """
    plot = options.plot
    if plot and not plot.absolute().parent.is_dir():  # rather now than when everything is over
        raise FileError(f"there is no folder {plot.parent} for the plot", "make it, or name another")
    weights = Corpus(data).weights() if options.corpus is None else {}
    posts = dataset.read(options.corpus or Corpus(data).path, weights, say)
    folder = RunFolder(data / "checkpoint" / options.run)
    with files.lock(data, "finetune", holder="another botus finetune"):
        first = start(options, folder, posts, fetch, say)
        _check_room(folder.path, first.model.weights)
        for line in _about(first):
            say(line)
        with _network(first, options.threads or 0) as network:
            if network.on_gpu:
                say("training on the GPU")
            with watching(first.plan) as watcher:
                ended = _training(network, first, folder, watcher).run()
    state, history = first.state, folder.history()
    if plot:
        files.replace(plot, draw(history, state.best_step).encode())
    looked_at = sum(check.used - 1 for check in first.dataset.checks(first.plan))
    return TrainingResult(
        path=folder.path,
        state=state,
        ended=ended,
        overtraining=overtraining(history, state.best_step),
        still_falling=still_falling(history, first.plan.steps, looked_at),
    )


def _check_room(path: Path, weights: int) -> None:
    """Say now, rather than in an hour, that a checkpoint will not fit."""
    needed, free = 4 * weights, shutil.disk_usage(path).free
    if free < needed:
        raise FileError(
            f"{path}: a checkpoint needs {needed / 1e6:,.1f} MB, and {free / 1e6:,.1f} MB are free",
            "make room on the disk, then run the same command again",
        )


def _about(first: Start) -> Iterator[str]:
    plan, data, model = first.plan, first.dataset, first.model
    train, held_out, n_ctx = len(data.train), len(data.held_out), model.hparams["n_ctx"]
    yield f"{counted(train, 'post')} to train on, {data.count:,} tokens a pass; {_held_out(held_out)}"
    if plan.window < min(n_ctx, 1024):
        yield (f"the corpus is short for windows of {n_ctx:,} tokens: training in windows of {plan.window:,}")
    yield from about_lines(data, model)
    if longer := sum(len(one) > plan.window for one in data.tokens):
        verb = "is" if longer == 1 else "are"
        yield f"{counted(longer, 'post')} {verb} longer than {plan.window:,} tokens and trained on in parts"
    passes = plan.steps * plan.tokens / max(1, data.count)
    yield (
        f"{model.base}, {model.weights / 1e6:,.1f} million weights: "
        f"at most {counted(plan.steps, 'step')} of {plan.batch} × {plan.window:,} tokens, {passes:.1f} passes"
    )


def _held_out(posts: int) -> str:
    return counted(posts, "post is held out", "posts are held out")


def about_lines(data: Dataset, model: InitialModel) -> Iterator[str]:
    """Say what posts of several lines cost a new model, which could do with plain lines."""
    posts, left_out = data.posts.texts, len(data.left_out)
    share = MARKER_TOKENS * len(posts) / sum(map(len, data.tokens))
    if left_out:
        verbs = "has several lines and is" if left_out == 1 else "have several lines and are"
        yield (
            f"{left_out:,} of {len(posts) + left_out:,} posts {verbs} left out: to learn such, "
            f"every post would need markers and be {share:.0%} longer, to train and to write"
        )
    elif model.markers and model.base in SIZES:
        several = sum("\n" in post for post in posts)
        yield (
            f"{several:,} of {len(posts):,} posts have several lines: every post stands between markers, "
            f"which are {share:.0%} of what is trained and written"
        )


def _network(first: Start, threads: int) -> AbstractContextManager[graph.Network]:
    plan, model = first.plan, first.model
    many = _MANY if model.weights < SMALL else _FEW
    length = first.dataset.sample_length(model.hparams["n_ctx"])
    sampling = graph.Sampling(many, first.dataset.prompt, length, TEMPERATURE) if plan.sample_every else None
    return graph.network(model.hparams, plan, model.tensors(), first.restore, sampling, threads)


def _training(network: graph.Network, first: Start, folder: RunFolder, watcher: Watcher) -> Training:
    plan, data, model = first.plan, first.dataset, first.model
    about: dict[str, Any] = {
        "corpus": data.posts.digest,
        "posts": len(data.posts.texts),
        "left_out": len(data.left_out),
        "held_out": len(data.held_out),
        "seed": plan.seed,
        "base": model.base,
        "markers": model.markers,
        "tokens": data.count,
        "batch": plan.batch,
        "window": plan.window,
        "learning_rate": plan.rate,
        "versions": {"botus": __version__, **graph.versions()},
    }
    return Training(
        network=network,
        plan=plan,
        batches=data.batches(plan, first.state.step),
        checks=data.checks(plan),
        read=sample_reader(data.pieces, model.markers, data.everything),
        folder=folder,
        state=first.state,
        identity=first.identity(),
        about=about,
        watcher=watcher,
    )
