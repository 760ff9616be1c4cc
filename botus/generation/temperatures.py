"""Samples of several temperatures side by side: `generate --compare`. Writes nothing, prints nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from botus.generation.job import Job, Sample
from botus.generation.judge import Judge
from botus.generation.loop import FIRST_STRETCH
from botus.store.candidates import Candidate
from botus.text import escape

_NARROW = 27  # columns below which samples are not put side by side


@dataclass
class TemperatureSamples:
    """Accepted texts of one temperature; `seen` is how many it took to find them."""

    temperature: float
    lines: list[str] = field(default_factory=list)
    seen: int = 0


def compare(
    job: Job, streams: Callable[[float], Iterator[Sample]], temperatures: Sequence[float]
) -> list[TemperatureSamples]:
    """Find n acceptable texts at each temperature; `streams` returns all texts of one."""
    judge, found = Judge(job), []
    for temperature in temperatures:
        samples = TemperatureSamples(temperature)
        for sample in streams(temperature):
            judged = judge.judge(sample)
            samples.seen += 1
            if isinstance(judged, Candidate) and judged.text not in samples.lines:
                samples.lines.append(judged.text)
            accepted = len(samples.lines)
            if accepted >= job.n or (samples.seen >= FIRST_STRETCH and accepted * 100 < samples.seen):
                break
        found.append(samples)
    return found


def side_by_side(columns: Sequence[TemperatureSamples], width: int) -> Iterator[str]:
    """Yield samples of the temperatures beside each other, or one below the other on a narrow terminal."""
    fits = width // len(columns) >= _NARROW
    for group in [columns] if fits else [[column] for column in columns]:
        table = Table(box=box.MINIMAL, show_edge=False, pad_edge=False, expand=True, leading=1)
        for column in group:
            share = len(column.lines) / max(1, column.seen)
            table.add_column(f"temp {column.temperature:g}: {share:.0%} pass", ratio=1, overflow="fold")
        for posts in zip_longest(*(column.lines for column in group), fillvalue=""):
            table.add_row(*(Text(escape(post)) for post in posts))
        console = Console(width=width, file=io.StringIO(), color_system=None)
        with console.capture() as shown:
            console.print(table)
        yield from (line.rstrip() for line in shown.get().splitlines())
        yield ""
