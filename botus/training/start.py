"""Where a run begins, or goes on after a pause: the one command means either.

In come what the person asked for, the corpus and the run folder; out comes a start with plan, rows and state.
The surprise: a run that was killed outright goes on too, from the checkpoint that it kept, only without
Adam's moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botus.checkpoints.gpt2_simple import open_checkpoint
from botus.errors import FileError, SettingsError
from botus.training import initial_model, material
from botus.training import plan as planning
from botus.training.initial_model import Origin
from botus.training.loop import State
from botus.training.material import Encoded, Posts
from botus.training.plan import SIZES, Choice, Plan
from botus.training.run_folder import RunFolder

_BASE, _SEED = "124M", 1
_UNSAID = Choice()


@dataclass(frozen=True)
class Wish:
    """What the person asked for; None where they did not say.

    Attributes:
        base: a base model's name or a folder.
        size: of a model from nothing, instead.
        run: the name of the run folder.
        choice: numbers of the plan.
        seed: of split, order and first weights.
        corpus: another file than corpus.txt.
        plot: where to draw the losses.
        fresh: begin anew, and set aside what is in the run folder.
        threads: CPU cores.
    """

    base: str | None = None
    size: str | None = None
    run: str = "run1"
    choice: Choice = _UNSAID
    seed: int | None = None
    corpus: Path | None = None
    plot: Path | None = None
    fresh: bool = False
    threads: int = 0


@dataclass(frozen=True)
class Start:
    """Where a run begins or goes on."""

    origin: Origin
    encoded: Encoded
    plan: Plan
    state: State
    restore: Path | None = None


def begin(
    wish: Wish, folder: RunFolder, posts: Posts, fetch: Callable[[str], Path], say: Callable[[str], None]
) -> Start:
    """Begin a run; what is in its folder is set aside only when everything else is there.

    Raises:
        FileError: the base model is missing or damaged, or the folder cannot be written.
        SettingsError: the base model is what would be set aside.
    """
    seed = _SEED if wish.seed is None else wish.seed
    if wish.size:
        first = initial_model.new(wish.size, posts.texts)
    else:
        base = _BASE if wish.base is None else wish.base
        where = _base_folder(base, fetch)
        if where.resolve() == folder.path.resolve():
            raise SettingsError(f"{base} is the run folder itself", "train it on under another --run NAME")
        first = initial_model.based_on(base, where, posts.texts)
    encoded = material.encode(posts, first, seed)
    plan = planning.plan(
        wish.choice, first.habits, tokens=encoded.count, n_ctx=first.hparams["n_ctx"], seed=seed
    )
    if wish.fresh and not folder.is_empty():
        say(f"what was in {folder.path} is in {folder.set_aside()} now")
    start = Start(first, encoded, plan, State())
    folder.save_state({**identity(start), "step": 0, "state": asdict(start.state)}, None)
    folder.begin(first.contents)
    return start


def _base_folder(base: str, fetch: Callable[[str], Path]) -> Path:
    """A name such as 124M is a base model's; a path has a slash."""
    return Path(base) if "/" in base else fetch(base)


def go_on(
    wish: Wish, folder: RunFolder, posts: Posts, record: dict[str, Any], say: Callable[[str], None]
) -> Start | None:
    """Where an unfinished run stands; None where it had not come to its first save.

    Args:
        wish: options that are not said are those of the run.
        folder: of the run.
        posts: the corpus as it is now.
        record: what was saved.
        say: told what has changed.

    Raises:
        SettingsError: an option does not fit the run.
        FileError: something in the folder is damaged.
    """
    try:
        plan, state = Plan(**record["plan"]), State(**record["state"])
        base, markers, weights = str(record["base"]), bool(record["markers"]), record["weights"]
    except (KeyError, TypeError) as error:
        raise FileError(
            f"{folder.resume / 'state.json'} is damaged: {error}", "begin anew with --fresh"
        ) from error
    if not weights:  # killed before everything was saved: the checkpoint is what is left
        left = _left(folder)
        if left is None:
            return None
        state = left
    _refuse_another(wish, folder, record, plan)
    if record["corpus"] != posts.digest:
        say("the corpus has changed since: training goes on with the new one, its held-out loss counts anew")
        state = replace(state, best_loss=None, stale=0)
    changed = _changed(wish.choice, plan)
    say(
        f"going on from step {state.step:,} of {changed.steps:,}"
        + "".join(f", {_words(name)} {getattr(plan, name)} before" for name in _differences(plan, changed))
    )
    first = initial_model.unfinished(base, folder.path, markers=markers, best=not weights)
    encoded = material.encode(posts, first, plan.seed)
    return Start(first, encoded, changed, state, folder.resume / weights if weights else None)


def as_before(wish: Wish, record: Mapping[str, Any]) -> Wish:
    """What a run that came to no save is begun with again: what is not said now is as it was said then.

    Args:
        wish: another base or size than before makes it another run, which takes nothing over.
        record: what `go_on` has read.
    """
    base, plan = record["base"], record["plan"]
    if (wish.size or wish.base) not in (None, base):
        return wish
    unsaid = wish.size is None and wish.base is None
    numbers = {name: plan[name] if value is None else value for name, value in asdict(wish.choice).items()}
    return replace(
        wish,
        size=base if unsaid and base in SIZES else wish.size,
        base=base if unsaid and base not in SIZES else wish.base,
        seed=plan["seed"] if wish.seed is None else wish.seed,
        choice=Choice(**numbers),
    )


def _left(folder: RunFolder) -> State | None:
    """Where the checkpoint of a folder stands, as far as botus.json knows; None where there is none."""
    if not (folder.path / "checkpoint").exists():
        return None
    step, about = open_checkpoint(folder.path).step, folder.description()
    seconds = max((row.seconds for row in folder.history() if row.step <= step), default=0.0)
    known = about if about.get("step") == step else {}
    return State(
        step=step,
        looked=step,
        best_step=step,
        best_loss=known.get("held_out_loss"),
        train_loss=known.get("loss"),
        copy_rate=known.get("copy_rate"),
        seconds=seconds,
    )


def _refuse_another(wish: Wish, folder: RunFolder, record: dict[str, Any], plan: Plan) -> None:
    """What the weights and the split depend on cannot change in the middle of a run."""
    asked = {"base": wish.size or wish.base, "seed": wish.seed, "batch": wish.choice.batch}
    had = {"base": record["base"], "seed": plan.seed, "batch": plan.batch}
    problems = [
        f"the unfinished run in {folder.path} has {name} {had[name]}, not {value}"
        for name, value in asked.items()
        if value is not None and value != had[name]
    ]
    if problems:
        raise SettingsError(problems, "leave the option out to go on, or begin anew with --fresh")


def _changed(choice: Choice, plan: Plan) -> Plan:
    wanted = {name: value for name, value in asdict(choice).items() if value is not None}
    return replace(plan, **wanted)


def _differences(before: Plan, after: Plan) -> Iterator[str]:
    return (name for name, value in asdict(before).items() if value != getattr(after, name))


def _words(name: str) -> str:
    """A number of the plan as its option is called."""
    return "learning rate" if name == "rate" else name.replace("_", " ")


def identity(start: Start) -> dict[str, Any]:
    """What the next start of an unfinished run has to know."""
    return {
        "base": start.origin.base,
        "markers": start.origin.markers,
        "corpus": start.encoded.posts.digest,
        "plan": asdict(start.plan),
    }
