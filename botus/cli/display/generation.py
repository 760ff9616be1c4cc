"""What `botus generate` shows while it writes: notes, one progress bar, the closing table."""

from __future__ import annotations

import re
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from botus.cli.options import Common, is_terminal, terminal_width
from botus.errors import SettingsError
from botus.generation import loop, report
from botus.generation.report import Progress
from botus.generation.setup import Choice, Prepared, prepare
from botus.text import escape


def write(values: Common, choice: Choice) -> None:
    """Write lines into the queue, or print them for a dry run."""
    ready = _prepare(values, choice)
    for note in ready.help_of_top_p():
        values.talk(note)
    lines: list[str] = []
    on_line = _line_of_dry_run(values, lines) if choice.dry_run else lambda post: None
    try:
        with _progress(values, choice.n) as on_progress:
            done = loop.generate(
                ready.job, ready.draw, logprob=ready.sampler.logprob, on_progress=on_progress, on_line=on_line
            )
    except loop.Stopped as stopped:
        _show(values, stopped.report, lines)
        raise
    _show(values, done, lines)


def compare(values: Common, choice: Choice, temperatures: str) -> None:
    """Print samples of several temperatures side by side."""
    try:
        wanted = [float(part) for part in temperatures.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"--compare {temperatures}: not a list of numbers", "for example --compare 0.7,0.9,1.1"
        ) from error
    ready = _prepare(values, choice)
    columns = loop.compare(ready.job, ready.at, wanted)
    width = shutil.get_terminal_size().columns
    values.result(report.side_by_side(columns, width), lambda: [vars(column) for column in columns])


def _prepare(values: Common, choice: Choice) -> Prepared:
    ready = prepare(choice, values.settings, Path.cwd())
    for note in ready.notes:
        values.talk(note)
    return ready


def _line_of_dry_run(values: Common, lines: list[str]) -> Callable[[str], None]:
    def show(post: str) -> None:
        lines.append(post)
        if not values.as_json:
            values.line(escape(post))

    return show


def _show(values: Common, done: report.Report, lines: list[str]) -> None:
    """Print the closing table; for a dry run the lines are the result, and the table is only talk."""
    done = replace(done, memory=_peak_memory())
    if values.as_json:
        values.result([], lambda: vars(done) | ({"lines": lines} if not done.queue else {}))
    elif not done.queue:
        for row in report.table(done, terminal_width(err=True) or 0):
            values.talk(row)
    elif not values.quiet:
        values.result(report.table(done, terminal_width() or 0), lambda: vars(done))


def _peak_memory() -> int:
    """Return the most bytes that this process held; on Linux getrusage counts those of its parent too."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.MULTILINE)):
        return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@contextmanager
def _progress(values: Common, wanted: int) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, a line for every tenth elsewhere, nothing with --quiet."""
    if values.quiet:
        yield lambda progress: None
    elif not is_terminal():
        yield report.by_tenths(values.talk)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=wanted)
            yield lambda progress: bar.update(
                task, completed=progress.accepted, description=report.line(progress)
            )
