"""`botus queue`."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from botus.cli.completion import any_file
from botus.cli.epilog import epilog
from botus.cli.options import Common, common
from botus.text import counted


@click.group(epilog=epilog("botus queue add more.txt"))
def queue() -> None:
    """Put lines into a queue that is being posted from."""


@queue.command("add", epilog=epilog("botus queue add more.txt"))
@click.argument("source", metavar="FILE|DIR|-", shell_complete=any_file)
@common
def queue_add(values: Common, source: str) -> None:
    """Add the lines of a file, of a data directory with all that it knows, or of a pipe (-)."""
    from botus.review.queue_add import add

    if source == "-" and sys.stdin is None:
        raise click.UsageError("there is nothing to read: standard input is closed")
    content = sys.stdin.buffer.read() if source == "-" else Path(source)
    done = add(values.existing.data, content, time.time)
    skipped = {
        "used before": done.used,
        "in the queue already": done.present,
        "dropped here": done.dropped,
        "much like one that is here": done.alike,
    }
    left_out = ", ".join(f"{count:,} left out: {reason}" for reason, count in done.left_out.items())
    rows = [f"{len(done.added):,} added to {values.existing.data / 'tweets.txt'}"]
    if done.posts:
        said = f"read as gpt-2-simple samples: {counted(done.posts, 'post')}"
        rows.insert(0, f"{said}, {left_out}" if left_out else said)
    elif left_out:
        rows.append(f"of what a training writes between posts, {left_out}")
    rows += [f"{count:,} skipped: {reason}" for reason, count in skipped.items() if count]
    if done.decisions or done.records:
        came = f"{counted(done.decisions, 'decision')} and {counted(done.records, 'record')} of origin"
        rows.append(f"{came} came along")
    values.result(rows, lambda: {**asdict(done), "added": len(done.added)})
