"""Samples of several temperatures side by side: `generate --compare`. Writes nothing, prints nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from botus.generation.job import Job
from botus.generation.judge import Judge
from botus.store.candidates import Candidate
from botus.text import escape

if TYPE_CHECKING:
    from botus.generation.sampler import Sample

_NARROW = 24  # columns below which samples are not put side by side
_TRIED = 1000  # texts after which one in a hundred must have passed


@dataclass
class TemperatureSamples:
    """Accepted texts of one temperature; `seen` is how many it took to find them."""

    temperature: float
    lines: list[str] = field(default_factory=list)
    seen: int = 0


def compare(
    job: Job, streams: Callable[[float], Iterator[Sample]], temperatures: Sequence[float]
) -> list[TemperatureSamples]:
    """Find n acceptable texts at each of several temperatures.

    Args:
        job: its n, rules, corpus and data directory are used.
        streams: returns the texts of a temperature.
        temperatures: in the order of the columns.
    """
    judge, found = Judge(job), []
    for temperature in temperatures:
        samples = TemperatureSamples(temperature)
        for sample in streams(temperature):
            judged = judge.judge(sample)
            samples.seen += 1
            if isinstance(judged, Candidate) and judged.text not in samples.lines:
                samples.lines.append(judged.text)
            accepted = len(samples.lines)
            if accepted >= job.n or (samples.seen >= _TRIED and accepted * 100 < samples.seen):
                break
        found.append(samples)
    return found


def side_by_side(columns: Sequence[TemperatureSamples], width: int) -> Iterator[str]:
    """Yield samples of several temperatures beside each other, or one below the other on a narrow terminal.

    Args:
        columns: at least one.
        width: of the terminal, in columns.
    """
    each = (width - 3 * (len(columns) - 1)) // len(columns)
    if each < _NARROW:
        for column in columns:
            yield _head(column)
            for number in range(len(column.lines)):
                first, *others = _wrapped(column, number, width - 2)
                yield from (f"- {first}", *(f"  {line}" for line in others))
            yield ""
        return
    yield _row([_head(column) for column in columns], each)
    yield _row(["─" * each for _ in columns], each)
    for number in range(max(len(column.lines) for column in columns)):
        cells = [_wrapped(column, number, each) for column in columns]
        for place in range(max(map(len, cells))):
            yield _row([cell[place] if place < len(cell) else "" for cell in cells], each)
        yield ""


def _head(column: TemperatureSamples) -> str:
    return f"temp {column.temperature:g}: {len(column.lines) / max(1, column.seen):.0%} pass"


def _wrapped(column: TemperatureSamples, number: int, width: int) -> list[str]:
    if number >= len(column.lines):
        return []
    post = escape(column.lines[number])
    return textwrap.wrap(post, width if cell_len(post) <= len(post) else width // 2)  # wide characters


def _row(cells: Sequence[str], width: int) -> str:
    return " │ ".join(set_cell_size(cell, width) for cell in cells).rstrip()
