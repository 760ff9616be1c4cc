"""Standard output and error: what is printed, whether a person watches, the one progress bar.

A reader may leave early. That ends nothing, because a post in progress has to be written down all the same.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

from botus.text import printable

_LONGEST_LINE = 10_000  # letters; few posts have as many, and a hundred rows say what it is


def to_stdout(text: str) -> bool:
    """Print a piece of a result; what the encoding lacks is escaped. False where nobody reads any more."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
    except OSError as error:
        _abandon(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise
        return False
    return True


def to_stderr(line: str) -> None:
    """Write one line for a person; never fails, because it may be said in the middle of a post."""
    try:
        if sys.stderr is not None:  # not click.echo: it passes by the progress bar, which has to make room
            print(on_screen(line), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _abandon(sys.stderr)


def ask(question: str, default: str | None = None, *, is_secret: bool = False) -> str:
    """Ask a person before anything is written, which Ctrl-C ends; that is said on a line of its own."""
    try:
        return str(click.prompt(question, default, hide_input=is_secret, show_default=False, err=True))
    except click.Abort:
        if not is_secret:  # else click has ended the line
            to_stderr("")
        to_stderr("nothing was written")
        raise


def on_screen(line: str) -> str:
    """A line for a person: what would move the cursor made visible, and of one without end its beginning."""
    more = len(line) - _LONGEST_LINE
    return printable(line) if more <= 0 else f"{printable(line[:_LONGEST_LINE])}… ({more:,} letters more)"


def json_text(value: object) -> str:
    """A value as JSON, in ASCII where the output could not show it otherwise."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text if can_show(text) else json.dumps(value, indent=2, default=str)


def can_show(text: str) -> bool:
    """Tell whether standard output has these characters in its encoding."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def can_ask() -> bool:
    """Tell whether a person is there to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_terminal() -> bool:
    """Tell whether a person watches standard error."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def is_screen() -> bool:
    """Tell whether a person watches standard output, on a terminal that can be drawn on."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def terminal_width(*, err: bool = False) -> int | None:
    """The columns of the terminal that results go to; None where they go elsewhere and are not to be cut.

    Args:
        err: ask about standard error, where messages go.
    """
    stream = sys.stderr if err else sys.stdout
    is_shown = stream is not None and stream.isatty()
    return shutil.get_terminal_size().columns if is_shown else None


@contextmanager
def progress_bar(
    total: float | None = None, *, quiet: bool = False
) -> Iterator[Callable[[float, str], None]]:
    """Show a bar on standard error while something goes on, if a person watches; messages stand above it.

    Args:
        total: steps to do; None where nobody knows, which shows words alone.
        quiet: show nothing.

    Yields:
        Takes the steps done, and the words beside the bar.
    """
    if quiet or not is_terminal():
        yield lambda done, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
    from rich.table import Column

    first = SpinnerColumn() if total is None else BarColumn(bar_width=24)
    words = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
    with Progress(first, words, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text)


def _abandon(stream: TextIO) -> None:
    """Lead an output that takes nothing to nowhere: Python would try again at its end, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
