"""Where a run begins, or goes on after a pause: the same command means either.

A run that was killed outright goes on too, from the checkpoint that it kept, only without Adam's moments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

from botus.checkpoints.checkpoint import open_trainable
from botus.errors import FileError, RefusedError, SettingsError
from botus.store.durable.document import Damage, check
from botus.training import dataset, initial_model
from botus.training import plan as planning
from botus.training.dataset import Dataset, Posts
from botus.training.initial_model import InitialModel
from botus.training.loop import TrainingState
from botus.training.plan import NUMBERS, SIZES, TrainingOptions, TrainingPlan
from botus.training.run_folder import RunFolder

_BASE, _SEED = "124M", 1


class _Record(TypedDict):
    base: str
    markers: bool
    corpus: str
    weights: str | None
    plan: TrainingPlan
    state: TrainingState


Fetch = Callable[[str], Path]
"""Returns the folder of a base model, and fetches one that is missing."""
Say = Callable[[str], None]
"""Tells the person."""


@dataclass(frozen=True)
class Start:
    """Where a run begins or goes on; `restore` is the prefix of the weights and moments that it saved."""

    model: InitialModel
    dataset: Dataset
    plan: TrainingPlan
    state: TrainingState
    restore: Path | None = None

    def identity(self) -> dict[str, Any]:
        """What the next start of an unfinished run has to know, besides how far it is."""
        return {
            "base": self.model.base,
            "markers": self.model.markers,
            "corpus": self.dataset.posts.digest,
            "plan": asdict(self.plan),
        }


def start(options: TrainingOptions, folder: RunFolder, posts: Posts, fetch: Fetch, say: Say) -> Start:
    """Begin a run, or go on with the unfinished one, whose options are the defaults then.

    Raises:
        RefusedError: the folder holds a finished run.
        FileError: something in the folder or the base model is missing or damaged.
        SettingsError: an option does not fit the unfinished run.
    """
    if folder.is_empty() or options.fresh:
        return begin(options, folder, posts, fetch, say)
    folder.sweep()
    record = folder.state()
    if record is None:
        raise RefusedError(
            f"{folder.path} holds a finished run, which stays as it is",
            "--fresh sets it aside and begins anew, --run NAME begins another, "
            f"--base {folder.path} --run NAME trains it on",
        )
    going_on = go_on(options, folder, posts, record, say)
    return going_on or begin(as_before(options, record), folder, posts, fetch, say)


def begin(options: TrainingOptions, folder: RunFolder, posts: Posts, fetch: Fetch, say: Say) -> Start:
    """Begin a run; what is in its folder is set aside only when everything else is there."""
    seed = _SEED if options.seed is None else options.seed
    if options.size:
        model = initial_model.new(options.size, posts.texts)
    else:
        base = _BASE if options.base is None else options.base
        where = Path(base) if "/" in base else fetch(base)  # a name such as 124M is a base model's
        if where.resolve() == folder.path.resolve():
            raise SettingsError(f"{base} is the run folder itself", "train it on under another --run NAME")
        model = initial_model.based_on(base, where, posts.texts)
    data = dataset.encode(posts, model, seed)
    plan = planning.plan(options, model.recipe, tokens=data.count, n_ctx=model.hparams["n_ctx"], seed=seed)
    if options.fresh and not folder.is_empty():
        say(f"what was in {folder.path} is in {folder.set_aside()} now")
    first = Start(model, data, plan, TrainingState())
    folder.save_state({**first.identity(), "step": 0, "state": asdict(first.state)}, None)
    folder.begin(model.contents)
    return first


def go_on(
    options: TrainingOptions, folder: RunFolder, posts: Posts, record: Mapping[str, Any], say: Say
) -> Start | None:
    """Go on with the unfinished run that saved this record; None where it had not come to its first save.

    Unset options default to the saved run's.
    """
    try:
        check(_Record, record)
        plan, state = TrainingPlan(**record["plan"]), TrainingState(**record["state"])
        base, markers, weights = record["base"], record["markers"], record["weights"]
        is_another_corpus = record["corpus"] != posts.digest
    except (KeyError, TypeError, Damage) as error:
        wrong = str(error) if isinstance(error, Damage) else "this is not what botus writes there"
        raise FileError(
            f"{folder.resume / 'state.json'} is damaged: {wrong}", "begin anew with --fresh"
        ) from error
    if not weights:  # killed before everything was saved: the checkpoint is what is left
        if not (folder.path / "checkpoint").exists():
            return None
        state = _state_of_checkpoint(folder)
    _refuse_another(options, folder, base, plan)
    if is_another_corpus:
        say("the corpus has changed since: training goes on with the new one, its held-out loss counts anew")
        state = replace(state, best_loss=None, stale=0)
    new = replace(plan, **options.numbers())  # type: ignore[arg-type]
    said = f"going on from step {state.step:,} of {new.steps:,}"
    for name, value in asdict(plan).items():
        if value != getattr(new, name):
            option = "learning rate" if name == "rate" else name.replace("_", " ")
            said += f", {option} {value} before"
    say(said)
    model = initial_model.unfinished(base, folder.path, markers=markers, best=not weights)
    restore = folder.resume / weights if weights else None
    return Start(model, dataset.encode(posts, model, plan.seed), new, state, restore)


def as_before(options: TrainingOptions, record: Mapping[str, Any]) -> TrainingOptions:
    """Fill in what a run that came to no save is begun with again: unset options default to the saved run's.

    Another base or size than before makes it another run, which takes nothing over.
    """
    base = record["base"]
    asked = options.size or options.base
    if asked not in (None, base):
        return options
    if asked is None:
        options = replace(options, **{"size" if base in SIZES else "base": base})
    return replace(options, **{name: record["plan"][name] for name in NUMBERS} | options.numbers())


def _state_of_checkpoint(folder: RunFolder) -> TrainingState:
    """Where the checkpoint of a folder stands, as far as botus.json knows."""
    step, about = open_trainable(folder.path).step, folder.description()
    known = about if about.get("step") == step else {}
    return TrainingState(
        step=step,
        looked=step,
        best_step=step,
        best_loss=known.get("held_out_loss"),
        train_loss=known.get("loss"),
        copy_rate=known.get("copy_rate"),
        seconds=max((row.seconds for row in folder.history() if row.step <= step), default=0.0),
    )


def _refuse_another(options: TrainingOptions, folder: RunFolder, base: str, plan: TrainingPlan) -> None:
    """What the weights and the split depend on cannot change in the middle of a run."""
    asked = {"base": options.size or options.base, "seed": options.seed, "batch": options.batch}
    had = {"base": base, "seed": plan.seed, "batch": plan.batch}
    problems = [
        f"the unfinished run in {folder.path} has {name} {had[name]}, not {value}"
        for name, value in asked.items()
        if value is not None and value != had[name]
    ]
    if problems:
        raise SettingsError(problems, "leave the option out to go on, or begin anew with --fresh")
