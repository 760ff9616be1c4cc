"""`botus answer`."""

from __future__ import annotations

import random

import click

from botus.cli.options import Common, common


@click.command()
@click.argument("question", default="")
@click.option(
    "-n", "count", type=click.IntRange(1), default=1, help="So many answers, as in one conversation."
)
@common
def answer(values: Common, question: str, count: int) -> None:
    """Show what the bot would answer to a question; nothing is sent."""
    from botus.answering.pool import Pool
    from botus.text import escape, fingerprint

    settings = values.existing
    pool = Pool.of(settings)
    found, rng = dict[str, str](), random.Random()
    while len(found) < count and (line := pool.choose(question, found.keys(), rng)):
        found[fingerprint(line)] = line
    if not found:
        values.say("there is nothing to answer with: botus status says why")
    values.result(map(escape, found.values()), lambda: {"answers": list(found.values())})
