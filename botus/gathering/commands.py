"""The commands around corpus.txt. Parse, call, print; `cli` has the others."""

from __future__ import annotations

from dataclasses import asdict

import click

from botus.options import Common, common


@click.group()
def corpus() -> None:
    """Look after corpus.txt, the text that a model is trained on."""


@corpus.command("add")
@click.option("--kept", is_flag=True, required=True, help="What was kept, starred or posted.")
@common
def corpus_add(values: Common, kept: bool) -> None:
    """Add the posts that proved good; a star makes a post weigh more in training."""
    from botus import feedback

    added = feedback.add_kept(values.existing.data)
    rows = [f"{added.new:,} added to {values.existing.data / 'corpus.txt'}"]
    rows += [f"{added.reweighted:,} have a new weight"] if added.reweighted else []
    rows += [f"{added.known:,} were there already"] if added.known else []
    values.result(rows, lambda: asdict(added))
