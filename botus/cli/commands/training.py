"""The command that trains. Parse, call, print; `cli` has the others."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from botus.cli.completion import any_file
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.training.plan import SIZES, TrainingOptions

_FILE = click.Path(dir_okay=False, path_type=Path)
_ABOVE_0 = click.FloatRange(0, 1, min_open=True)


def _steps(context: click.Context, option: click.Parameter, value: str) -> int | None:
    if value == "auto":
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value) or not int(value):
        raise click.BadParameter(f"{value!r} is neither a number of steps nor auto")
    return int(value)


def _rate(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):  # the range lets it pass
        raise click.BadParameter("nan is no number")
    return value


def _name(context: click.Context, option: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[\w-][\w.-]*", value):
        raise click.BadParameter(f"{value!r} is no name of a folder")
    return value


@click.command(epilog=epilog("botus finetune --from-scratch small", "base_models"))
@click.option(
    "--base", metavar="NAME|DIR", help="The model to start from.  [default: 124M]", shell_complete=any_file
)
@click.option("--from-scratch", "size", type=click.Choice(list(SIZES)), help="Or a new model of this size.")
@click.option(
    "--steps", default="auto", show_default=True, callback=_steps, metavar="N|auto", help="At most."
)
@click.option("--run", default="run1", show_default=True, callback=_name, help="Its folder in checkpoint/.")
@click.option("--batch", type=click.IntRange(1), help="Rows per step.  [default: 1; 16 from scratch]")
@click.option(
    "--learning-rate",
    "rate",
    type=_ABOVE_0,
    callback=_rate,
    help="At its highest.  [default: 0.0001 for 124M]",
)
@click.option("--check-every", type=click.IntRange(1), help="Steps between looks at the held-out posts.")
@click.option("--sample-every", type=click.IntRange(0), help="Steps between samples, 0 for none.")
@click.option("--seed", type=int, help="Of the split, the order, the first weights.  [default: 1]")
@click.option("--corpus", type=_FILE, metavar="FILE", help="Another file than corpus.txt.")
@click.option("--plot", type=_FILE, metavar="SVG", help="Draw the losses.")
@click.option("--threads", type=click.IntRange(1), help="CPU cores to use.  [default: all]")
@click.option("--fresh", is_flag=True, help="Set aside what is in the run folder, and begin anew.")
@common
def finetune(values: Common, **given: Any) -> None:  # noqa: ANN401
    """Train a model on corpus.txt.

    After Ctrl-C the same command goes on.
    """
    options = TrainingOptions(**given)
    if options.base and options.size:
        raise click.UsageError("say one of --base and --from-scratch")
    from botus.training.graph import require

    require()  # before the modules below find that something of theirs is missing, and name another extra
    from botus.cli.display import training as display
    from botus.training import finetune as stage
    from botus.training.base_model import fetch as bases

    settings = values.existing

    def fetch(name: str) -> Path:
        with display.watching_download(values) as hooks:
            return bases.fetch(name, Path("models"), settings.base_models, hooks)

    done = stage.finetune(
        options,
        settings.data,
        fetch=fetch,
        say=values.say,
        watching=partial(display.watching, values),
        draw=display.plot,
    )
    over = asdict(done.overtraining) if done.overtraining else None
    under = asdict(done.still_falling) if done.still_falling else None
    values.result(
        display.closing(done.path, done.state, done.ended, done.overtraining, done.still_falling),
        lambda: {
            "path": str(done.path),
            "ended": done.ended,
            **asdict(done.state),
            "overtraining": over,
            "still_falling": under,
        },
    )
