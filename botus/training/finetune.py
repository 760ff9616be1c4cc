"""corpus.txt -> checkpoint/run1: a run folder that gpt-2-simple and `generate` load.

In come a corpus and a base model, or the size of a new one; out comes a run folder that holds the step with
the lowest loss on posts which the model never saw. The surprise: the same command means "begin" or "go on",
whichever the folder needs, and a finished run is never touched.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botus import __version__
from botus.errors import FileError, RefusedError
from botus.store.corpus import Corpus
from botus.store.durable import files
from botus.training import graph, material
from botus.training.initial_model import Origin
from botus.training.loop import Material, State, Training, Watcher
from botus.training.overtraining import Sooner, sooner
from botus.training.plan import Plan, steps
from botus.training.run_folder import Row, RunFolder
from botus.training.samples import TEMPERATURE
from botus.training.start import Start, Wish, as_before, begin, go_on, identity

_MANY, _FEW = 64, 32  # texts of a sample; fewer where each costs more
_LARGE = 50_000_000  # weights


@dataclass(frozen=True)
class Done:
    """How a training went: where it is, what botus.json says, why it ended, and whether it was too long."""

    path: Path
    state: State
    plan: Plan
    ended: str
    posts: int
    held_out: int
    sooner: Sooner | None


@dataclass(frozen=True)
class Surroundings:
    """What a training touches besides its files.

    Attributes:
        fetch: returns the folder of a base model, and fetches one that is missing.
        say: told what a person should know.
        watching: shows the progress of so many steps.
        draw: draws the lines of loss.csv, and the step that was kept, as an SVG document.
        clock: seconds that never go back.
    """

    fetch: Callable[[str], Path]
    say: Callable[[str], None]
    watching: Callable[[Plan], Any]
    draw: Callable[[Sequence[Row], int], str]
    clock: Callable[[], float] = time.monotonic


def finetune(wish: Wish, data: Path, around: Surroundings) -> Done:
    """Train until the held-out loss no longer falls.

    Args:
        wish: what the person asked for.
        data: the data directory.
        around: what is touched besides.

    Raises:
        SettingsError: an option does not fit the unfinished run, or the train extra is missing.
        FileError: the corpus or the base model is missing or damaged, or the disk is full.
        RefusedError: the run folder holds a finished run.
        BusyError: another finetune is at work here.
        Interrupted: Ctrl-C or a signal; everything is saved.
    """
    if wish.plot and not wish.plot.absolute().parent.is_dir():  # rather now than when everything is over
        raise FileError(f"there is no folder {wish.plot.parent} for the plot", "make it, or name another")
    graph.require()
    weights = Corpus(data).weights() if wish.corpus is None else {}
    posts = material.read(wish.corpus or Corpus(data).path, weights, around.say)
    folder = RunFolder(data / "checkpoint" / wish.run)
    with files.lock(data, "finetune", holder="another botus finetune"):
        record = _record(wish, folder)
        start = go_on(wish, folder, posts, record, around.say) if record else None
        if start is None:
            start = begin(
                as_before(wish, record) if record else wish, folder, posts, around.fetch, around.say
            )
        _check_room(folder.path, start.origin)
        for line in _about(start):
            around.say(line)
        ended = _train(wish, folder, start, around)
    if wish.plot:
        files.replace(wish.plot, around.draw(folder.history(), start.state.best_step).encode())
    encoded = start.encoded
    return Done(
        *(folder.path, start.state, start.plan, ended, len(posts.texts), len(encoded.split.held_out)),
        sooner(folder.history(), start.state.best_step),
    )


def _record(wish: Wish, folder: RunFolder) -> dict[str, Any] | None:
    """The record of an unfinished run; None where one begins."""
    if folder.is_empty() or wish.fresh:
        return None
    folder.sweep()
    record = folder.state()
    if record is None:
        raise RefusedError(
            f"{folder.path} holds a finished run, which stays as it is",
            "--fresh sets it aside and begins anew, --run NAME begins another, "
            f"--base {folder.path} --run NAME trains it on",
        )
    return record


def _check_room(path: Path, first: Origin) -> None:
    """Say now, rather than in an hour, that a checkpoint will not fit."""
    needed, free = 4 * first.weights, shutil.disk_usage(path).free
    if free < needed:
        raise FileError(
            f"{path}: a checkpoint needs {needed / 1e6:,.1f} MB, and {free / 1e6:,.1f} MB are free",
            "make room on the disk, then run the same command again",
        )


def _about(start: Start) -> Iterator[str]:
    plan, encoded = start.plan, start.encoded
    train, held_out = len(encoded.split.train), len(encoded.split.held_out)
    yield f"{train:,} posts to train on, {encoded.count:,} tokens a pass; {held_out:,} posts are held out"
    if plan.window < min(start.origin.hparams["n_ctx"], 1024):
        yield (
            f"the corpus is short for windows of {start.origin.hparams['n_ctx']:,} tokens: "
            f"training in windows of {plan.window:,}"
        )
    if longer := encoded.longer_than(plan.window):
        verb = "post is" if longer == 1 else "posts are"
        yield f"{longer:,} {verb} longer than {plan.window:,} tokens and trained on in parts"
    passes = plan.steps * plan.tokens / max(1, encoded.count)
    yield (
        f"{start.origin.base}, {start.origin.weights / 1e6:,.1f} million weights: "
        f"at most {steps(plan.steps)} of {plan.batch} × {plan.window:,} tokens, {passes:.1f} passes"
    )


def _train(wish: Wish, folder: RunFolder, start: Start, around: Surroundings) -> str:
    first, plan, encoded = start.origin, start.plan, start.encoded
    many = _MANY if first.weights < _LARGE else _FEW
    with graph.network(
        dict(first.hparams),
        batch=plan.batch,
        window=plan.window,
        seed=plan.seed,
        tensors=first.tensors(),
        samples=many if plan.sample_every else 0,
        prompt=encoded.prompt,
        length=encoded.sample_length(first.hparams["n_ctx"]),
        temperature=TEMPERATURE,
        threads=wish.threads,
    ) as network:
        if start.restore:
            network.restore(start.restore, everything=True)
        if network.on_gpu:
            around.say("training on the GPU")
        with _watching(around, plan) as watcher:
            return Training(
                network,
                plan,
                Material(
                    encoded.batches(plan, start.state.step), encoded.checks(plan), encoded.reader().read
                ),
                folder,
                start.state,
                identity(start),
                _description(start),
                watcher,
                around.clock,
            ).run()


@contextmanager
def _watching(around: Surroundings, plan: Plan) -> Iterator[Watcher]:
    with around.watching(plan) as watcher:
        yield watcher


def _description(start: Start) -> dict[str, Any]:
    """What botus.json says whatever the step."""
    plan, encoded = start.plan, start.encoded
    return {
        "corpus": encoded.posts.digest,
        "posts": len(encoded.posts.texts),
        "held_out": len(encoded.split.held_out),
        "seed": plan.seed,
        "base": start.origin.base,
        "markers": start.origin.markers,
        "tokens": encoded.count,
        "batch": plan.batch,
        "window": plan.window,
        "learning_rate": plan.rate,
        "versions": {"botus": __version__, **graph.versions()},
    }
