"""What a run of `generate` has to tell, as values and as lines of text. Prints nothing."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from botus.generation.score import FEWEST
from botus.text import counted, escape

_EXAMPLE = 60  # columns of an example in the closing table
_NARROW = 24  # columns below which samples are not put side by side


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        accepted, wanted: lines.
        seen: texts that the model wrote.
        refused: how many by reason.
        seconds: since the first was asked for.
    """

    accepted: int
    wanted: int
    seen: int
    refused: Mapping[str, int]
    seconds: float

    @property
    def rate(self) -> float:
        """Accepted lines per second."""
        return self.accepted / self.seconds if self.seconds > 0 else 0.0

    @property
    def acceptance(self) -> float:
        """The share of the texts that was accepted."""
        return self.accepted / self.seen if self.seen else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the rate so far; None while there is none."""
        return (self.wanted - self.accepted) / self.rate if self.rate else None


@dataclass(frozen=True)
class Report(Progress):
    """How a run ended.

    Attributes:
        seed: repeats the run.
        queue: where the lines went; "" for a dry run.
        compared: posts of the corpus that texts were compared with; None where copies are allowed.
        examples: per reason one refused text and what was found in it.
        stopped: why it ended before all lines were in, "" if they are.
        requeued: lines of an earlier, killed run that had not come into the queue and now have.
        skipped: texts of this seed that an earlier run had looked at.
        lost_mass: the share of the probability that top-p lost by the help that makes it fast.
        memory: the most bytes that the process held; 0 where that was not measured.
    """

    seed: int = 0
    queue: str = ""
    compared: int | None = 0
    examples: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    stopped: str = ""
    requeued: int = 0
    skipped: int = 0
    lost_mass: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Column:
    """Samples of one temperature; `seen` is how many texts it took to find them."""

    temperature: float
    lines: Sequence[str]
    seen: int


def table(report: Report, width: int = 0) -> Iterator[str]:
    """Yield the closing table of a run.

    Args:
        report: of the run.
        width: of the terminal, in columns, to which examples are cut; 0 for none.
    """
    if report.stopped:
        yield report.stopped
    if report.requeued:
        yield f"put {counted(report.requeued, 'line')} into the queue that an interrupted run had left out"
    if report.skipped:
        yield f"passed over {counted(report.skipped, 'text')} of this seed that an earlier run had looked at"
    written = f"wrote {counted(report.accepted, 'line')} to {report.queue}"
    wrote = written if report.queue else "wrote nothing (dry run)"
    refused = sum(report.refused.values())
    yield f"{wrote}, refused {refused} of {report.seen}" + (" by reason:" if refused else "")
    for reason, count in sorted(report.refused.items(), key=lambda item: (-item[1], item[0])):
        row = f"{count:7}  {reason:28}  {_example(*report.examples.get(reason, ('', '')))}".rstrip()
        yield _cut(row, width) if width else row
    if report.compared == 0:
        yield "the copy check had nothing to compare with: there is no corpus.txt, or nothing in it"
    elif report.compared is not None and report.compared < FEWEST:
        posts = counted(report.compared, "post")
        yield f"corpus.txt has {posts}: too few for the score to know what real ones are like"
    memory = f", {report.memory / 2**20:.0f} MB of memory" if report.memory else ""
    yield f"{report.seconds:.1f} s, {report.rate:.1f} lines/s{memory}, --seed {report.seed}"


def line(progress: Progress) -> str:
    """Return a run's state in one line, for a log or a pipe."""
    left = progress.seconds_left
    parts = [
        f"{progress.accepted} of {progress.wanted} lines",
        f"{progress.rate:.1f} lines/s",
        f"{progress.acceptance:.0%} pass",
        f"{left:.0f} s left" if left is not None and progress.accepted < progress.wanted else "",
        ", ".join(f"{count} {reason}" for reason, count in _worst(progress.refused)),
    ]
    return " · ".join(part for part in parts if part)


def by_tenths(say: Callable[[str], None]) -> Callable[[Progress], None]:
    """Return a listener that says a line for every tenth of the way, for output that is no terminal."""
    said = 0

    def listen(progress: Progress) -> None:
        nonlocal said
        tenth = progress.accepted * 10 // progress.wanted
        if tenth > said:
            said = tenth
            say(line(progress))

    return listen


def side_by_side(columns: Sequence[Column], width: int) -> Iterator[str]:
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


def _head(column: Column) -> str:
    share = len(column.lines) / column.seen if column.seen else 0.0
    return f"temp {column.temperature:g}: {share:.0%} pass"


def _wrapped(column: Column, number: int, width: int) -> list[str]:
    if number >= len(column.lines):
        return []
    post = escape(column.lines[number])
    return textwrap.wrap(post, width if _columns(post) <= len(post) else width // 2)  # wide characters


def _row(cells: Sequence[str], width: int) -> str:
    return " │ ".join(cell + " " * (width - _columns(cell)) for cell in cells).rstrip()


def _columns(cell: str) -> int:
    """The terminal columns that a text takes: wide characters two, combining ones none."""
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1
        for mark in cell
    )


def _worst(refused: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(refused.items(), key=lambda item: (-item[1], item[0]))[:3]


def _example(post: str, detail: str) -> str:
    return f"{_short(post)} ({_short(detail)})" if detail else _short(post)


def _short(post: str) -> str:
    shown = escape(post)
    return shown if len(shown) <= _EXAMPLE else shown[: _EXAMPLE - 1] + "…"


def _cut(row: str, width: int) -> str:
    if _columns(row) <= width:
        return row
    while _columns(row) >= width:
        row = row[:-1]
    return row.rstrip() + "…"
