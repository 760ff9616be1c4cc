"""What a person sees of the figures of a corpus: lines with a histogram, and plots of lengths and times."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from botus.cli.display import plots
from botus.cli.display.plots import Bars
from botus.corpus.stats import Stats, advice
from botus.text import counted

_ROWS, _COLUMNS = 12, 40  # bins of the histogram in the terminal, and of the plot
_INDENT = 11  # columns of the names at the left
_EIGHTHS = " ▏▎▍▌▋▊▉"
_DAYS, _MONTHS = 62, 150  # as many are drawn one by one; what is longer, by months or years
_LABELS = 8  # under an axis of time


def lines(stats: Stats, width: int = 80, *, blocks: bool = True) -> Iterator[str]:
    """Yield the figures of a corpus for a terminal of so many columns, which may lack block characters."""
    yield _row("posts", f"{stats.posts:,}, {counted(stats.words, 'word')}, {_size(stats.bytes)}")
    if stats.vocabulary:
        yield _row("tokens", f"{stats.tokens:,} (in the vocabulary of {stats.vocabulary})")
    else:
        yield _row("tokens", f"about {_rounded(stats.tokens):,} (estimated: there is no model here)")
    for number, (source, count) in enumerate(stats.sources.items()):
        yield _row("" if number else "sources", f"{count:,}  {source}")
    yield _row("scripts", ", ".join(_shares(stats)) or "no letters")
    yield _row("repeated", f"{stats.same:,} word for word, {stats.near:,} nearly")
    if stats.broken:
        yield _row("broken", f"{counted(stats.broken, 'line')} not UTF-8, left out")
    if stats.times:
        first, last = (_date(at) for at in (stats.times[0], stats.times[-1]))
        yield _row("time", f"{first} to {last}; {len(stats.times):,} have a time")
    longest = max(stats.lengths, default=0)
    yield _row("length", f"median {counted(round(stats.median), 'character')}, longest {longest:,}")
    yield from _histogram(stats.lengths, width, blocks)
    yield ""
    for sentence in advice(stats):
        indent = "  " if sentence.startswith("- ") else ""
        yield from textwrap.wrap(sentence, width, subsequent_indent=indent, break_on_hyphens=False)


def value(stats: Stats) -> dict[str, object]:
    """Return the figures and the advice as plain values, for JSON."""
    width, counts = bins(stats.lengths, _ROWS)
    shown = {name: one for name, one in vars(stats).items() if name not in ("lengths", "times")}
    shown["lengths"] = {"median": stats.median, "longest": max(stats.lengths), "bin": width, "counts": counts}
    shown["times"] = None
    if times := stats.times:
        shown["times"] = {"posts": len(times), "first": times[0], "last": times[-1]}
    return {**shown, "advice": [*advice(stats)]}


def plot(stats: Stats) -> str:
    """Draw the lengths, and the times where there are any, as an SVG document."""
    return plots.bars([_lengths(stats.lengths), *([_times(stats.times)] if stats.times else [])])


def bins(lengths: Sequence[int], most: int) -> tuple[int, list[int]]:
    """Count lengths in so many bins at the most; returns the width of a bin and the counts.

    The last of `most` bins is open at its end: one post of a thousand may be longer than it.
    """
    if not lengths:
        return 1, []
    usual = sorted(lengths)[int(0.999 * len(lengths))]
    width = max(1, int(plots.round_step(usual + 1, most)))
    found = Counter(min(length // width, most - 1) for length in lengths)
    return width, [found[place] for place in range(max(found) + 1)]


def _histogram(lengths: Sequence[int], width: int, blocks: bool) -> Iterator[str]:
    step, counts = bins(lengths, _ROWS)
    longest = max(lengths, default=0)
    room = max(8, width - _INDENT - 12)
    for place, count in enumerate(counts):
        is_open = place == len(counts) - 1 and longest >= (place + 1) * step
        name = f"{place * step}" + ("+" if is_open else f"-{(place + 1) * step - 1}" if step > 1 else "")
        yield f"{name:>{_INDENT}} {_bar(count / max(counts) * room, blocks)} {count:,}".rstrip()


def _bar(size: float, blocks: bool) -> str:
    """A bar of so many columns; anything above zero is visible."""
    if not blocks:
        return "#" * (round(size) or (size > 0))
    eighths = max(round(8 * size), 1 if size else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _lengths(lengths: Sequence[int]) -> Bars:
    step, counts = bins(lengths, _COLUMNS)
    every = max(1, int(plots.round_step(len(counts), 10)))
    ticks = [(place, f"{place * step:,}") for place in range(0, len(counts) + 1, every)]
    is_open = max(lengths, default=0) >= len(counts) * step
    across = "characters; the last bar has all longer ones" if is_open else "characters"
    return Bars(f"How long {counted(len(lengths), 'post is', 'posts are')}", across, "posts", counts, ticks)


def _times(times: Sequence[float]) -> Bars:
    """Posts by day, month or year, whichever gives a picture that can be read."""
    moments = [datetime.fromtimestamp(at, UTC) for at in times]
    first, last = moments[0], moments[-1]
    unit, place, name = _unit(first, last)
    start, size = place(first), place(last) - place(first) + 1
    found = Counter(place(moment) - start for moment in moments)
    every, begin = -(-size // _LABELS), 0
    if unit == "month" and every > 1:
        every = next(step for step in (3, 6, 12, 24, 36) if step >= every)
        begin = -start % every  # a January among them
    ticks = [(at + 0.5, name(start + at)) for at in range(begin, size, every)]
    title = f"When {counted(len(times), 'post was', 'posts were')} posted"
    return Bars(title, unit, "posts", [found[at] for at in range(size)], ticks)


def _unit(first: datetime, last: datetime) -> tuple[str, Callable[[datetime], int], Callable[[int], str]]:
    """The unit of an axis of time: its name, the number of a moment's unit, and what a number is called."""
    if (last - first).days < _DAYS:
        return "day", lambda at: at.toordinal(), lambda number: f"{datetime.fromordinal(number):%Y-%m-%d}"
    if _month(last) - _month(first) < _MONTHS:
        return "month", _month, lambda number: f"{number // 12}-{number % 12 + 1:02}"
    return "year", lambda at: at.year, str


def _month(at: datetime) -> int:
    return 12 * at.year + at.month - 1


def _row(name: str, value: str) -> str:
    return f"{name:{_INDENT}}{value}"


def _rounded(count: int) -> int:
    """Two digits: an estimate does not pretend to be exact."""
    return round(count, 2 - len(str(count))) if count >= 100 else count


def _shares(stats: Stats) -> Iterator[str]:
    shown = {script: share for script, share in stats.scripts.items() if share >= 0.0005}
    for script, share in shown.items():
        yield f"{script} {share:.1%}"
    if rest := 1 - sum(shown.values()) if len(shown) < len(stats.scripts) else 0:
        yield f"others {rest:.2%}"


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:,.0f} KB" if count < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def _date(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
