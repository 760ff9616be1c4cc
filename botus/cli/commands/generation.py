"""`botus generate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from botus.cli.completion import one_of, rules, words
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.errors import SettingsError

_ABOVE_0 = click.FloatRange(0, min_open=True)
_SHARE = click.FloatRange(0, 1, min_open=True)
_TREATMENT = click.Choice(["refuse", "drop", "allow"])


@click.command(
    epilog=epilog(
        "botus generate --temp 0.9 -n 500",
        "platforms JOB_COMPLETION_INDEX SLURM_ARRAY_TASK_ID",
    )
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of gpt-2-simple, Hugging Face or CTranslate2, or a tar of one.",
)
@click.option("-n", "n", type=click.IntRange(1), help="Lines to write.  [default: 500; 10 to compare]")
@click.option("--temp", type=_ABOVE_0, default=0.9, show_default=True, help="Temperature: lower is tamer.")
@click.option("--top-k", type=click.IntRange(0), default=0, help="Sample from the K likeliest tokens only.")
@click.option(
    "--top-p", type=_SHARE, default=1.0, help="Sample from the likeliest tokens of this probability."
)
@click.option("--prefix", default="", help="How every post begins.")
@click.option("--seed", type=int, help="Repeat a run.")
@click.option("--share", metavar="K/N", help="The Kth of N shares of a seed, each on a machine of its own.")
@click.option("--cluster", metavar="ADDRESS", help="Let the workers of this Dask scheduler sample.")
@click.option("--insecure", is_flag=True, help="Reach the cluster by tcp:// over a network of your own.")
@click.option("--max-chars", type=click.IntRange(1), help="The longest post, in characters.")
@click.option("--threads", type=click.IntRange(1), help="CPU cores to use.  [default: all]")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    help="auto, cpu or cuda.",
    shell_complete=words("auto", "cpu", "cuda"),
)
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    help="auto, int8 or float32.",
    shell_complete=words("auto", "int8", "float32"),
)
@click.option(
    "--vocabulary",
    type=click.Choice(["auto", "all"]),
    default="auto",
    show_default=True,
    help="Write with the tokens that matter, which is faster, or with all.",
)
@click.option(
    "--mentions", type=_TREATMENT, default="refuse", show_default=True, help="What becomes of @names."
)
@click.option("--links", type=_TREATMENT, default="refuse", show_default=True, help="Links.")
@click.option(
    "--without",
    multiple=True,
    metavar="RULE",
    help="Switch a rule of the screen off.",
    shell_complete=one_of(rules),
)
@click.option(
    "--copies",
    type=click.Choice(["refuse", "allow"]),
    default="refuse",
    show_default=True,
    help="Posts that copy the corpus.",
)
@click.option("--compare", metavar="T,T,...", help="Print samples at several temperatures side by side.")
@click.option("--answers", is_flag=True, help="Write into answers.txt, for answers, instead of the queue.")
@click.option("--dry-run", is_flag=True, help="Print the lines instead of queueing them.")
@common
def generate(
    values: Common, compare: str | None, copies: str, n: int | None, share: str | None, **given: object
) -> None:
    """Write candidates into tweets.txt."""
    from botus.cli.display import generation
    from botus.generation import share as shares
    from botus.generation.setup import GenerateOptions

    wanted = n or (500 if compare is None else 10)
    own = shares.read(share, os.environ) if share is not None else shares.WHOLE
    options = GenerateOptions(n=wanted, copies=copies == "allow", share=own, **given)  # type: ignore[arg-type]
    if compare is not None and (options.cluster or own.of > 1):
        raise SettingsError("--compare is done on this machine: leave --share and --cluster out")
    if compare is not None:
        generation.compare(values, options, compare)
    else:
        generation.write(values, options)
