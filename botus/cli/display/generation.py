"""What `botus generate` shows while it writes: notes, the progress bar, the closing table."""

from __future__ import annotations

import re
import resource
import shlex
import shutil
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from botus.cli.options import Common
from botus.cli.output import is_terminal, progress_bar, terminal_width
from botus.errors import SettingsError
from botus.generation import loop, report, temperatures
from botus.generation.report import GenerationReport
from botus.generation.setup import GenerateOptions, GenerationSetup, prepare
from botus.shutdown import Interrupts
from botus.text import escape


class _Unread(Exception):
    """Nobody reads the lines of a dry run any more."""


def write(values: Common, options: GenerateOptions) -> None:
    """Write lines into the queue, or print them for a dry run, which leaves nothing behind.

    Raises:
        SettingsError: hardly anything passed, and it ended before all lines were in.
    """
    if note := report.about_temperature(options.temp):
        values.say(note)
    with (
        Interrupts(),  # also while a model is being converted, or its copy would stay behind
        TemporaryDirectory(prefix="botus-") if options.dry_run else nullcontext() as scratch,
        suppress(_Unread),
    ):
        _write(values, options, Path(scratch) if scratch else None)


def _write(values: Common, options: GenerateOptions, scratch: Path | None) -> None:
    ready = _prepare(values, options, scratch)
    for note in ready.limits():
        values.say(note)
    lines: list[str] = []

    def on_line(post: str) -> None:
        if options.dry_run:
            lines.append(post)
            if not values.as_json and not values.line(escape(post)):
                raise _Unread

    try:
        with progress_bar(options.n, quiet=values.quiet) as show:

            def on_bar(progress: GenerationReport) -> None:
                hands = ready.cluster.progress() if ready.cluster else ()
                show(progress.accepted, " · ".join([report.line(progress), *hands]))

            on_progress = on_bar if is_terminal() else report.by_tenths(values.say)
            done = loop.generate(ready.job, ready.draw, on_progress=on_progress, on_line=on_line)
    except loop.Stopped as stopped:
        _show(values, ready, stopped.report, lines)
        raise
    _show(values, ready, done, lines)
    if done.stopped:
        raise SettingsError(done.stopped, report.remedy(done, options.temp))
    if options.answers and done.queue:
        values.say("none of them is said before you have kept it: botus curate --answers")
    elif done.queue and is_terminal():
        where = f" --data {shlex.quote(str(values.data))}" if values.data else ""
        values.say(f"next: botus curate{where}")


def compare(values: Common, options: GenerateOptions, listed: str) -> None:
    """Print samples of several temperatures side by side."""
    try:
        wanted = [float(part) for part in listed.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"--compare {listed}: not a list of numbers", "for example --compare 0.7,0.9,1.1"
        ) from error
    ready = _prepare(values, replace(options, temp=max(wanted)))  # the highest needs most tokens
    columns = temperatures.compare(ready.job, ready.at, wanted)
    width = shutil.get_terminal_size().columns
    values.result(temperatures.side_by_side(columns, width), lambda: [vars(column) for column in columns])


def _prepare(values: Common, options: GenerateOptions, scratch: Path | None = None) -> GenerationSetup:
    ready = prepare(options, values.settings, Path.cwd(), values.say, scratch)
    for note in ready.notes:
        values.say(note)
    return ready


def _show(values: Common, ready: GenerationSetup, done: GenerationReport, lines: list[str]) -> None:
    """Print the closing table; for a dry run the lines are the result, and the table is a message."""
    for hand in ready.cluster.progress() if ready.cluster else ():
        values.say(hand)
    done = replace(done, memory=_peak_memory())
    if values.as_json:
        values.result([], lambda: vars(done) | ({"lines": lines} if not done.queue else {}))
    elif not done.queue:
        for row in report.table(done, terminal_width(err=True) or 0):
            values.say(row)
    elif not values.quiet:
        values.result(report.table(done, terminal_width() or 0), lambda: vars(done))


def _peak_memory() -> int:
    """Return the most bytes that this process held; on Linux getrusage counts those of its parent too."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(), re.MULTILINE)):
        return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
