"""Plots as SVG: how a training went, and bars of counts. Pure.

A picture is some axes and a path per curve: matplotlib would cost 170 MB for them. Its colours follow the
reader's light or dark screen, and no font is fetched. Where a curve has more points than the picture has room
for, the means of neighbours are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean

OLD_RULE = 1.0  # the training loss below which fine-tuners used to speak of overfitting

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 64, 52
_LEGEND = 47
_MOST_POINTS = 400

Point = tuple[float, float]


@dataclass(frozen=True)
class Bars:
    """A panel of bars."""

    title: str  # what is counted
    across: str  # what the axes say
    up: str
    counts: Sequence[int]  # a bar each, from the left
    # labels below the axis, each with its place in bars from the left edge
    ticks: Sequence[tuple[float, str]]


def loss(training: Iterable[Point], held_out: Iterable[Point] = (), best: int | None = None) -> str:
    """Draw the losses of a training by step, as an SVG document.

    Args:
        training, held_out: steps and their losses, nats per token; what is not finite is left out.
        best: the step whose checkpoint was kept; None where none is yet.
    """
    training = [point for point in training if math.isfinite(point[1])]
    held_out = [point for point in held_out if math.isfinite(point[1])]
    everything = training + held_out
    last = max((step for step, _ in everything), default=1)
    highest = max((value for _, value in everything), default=OLD_RULE)
    panel = _Panel(0, max(last, 1), max(highest, OLD_RULE) * 1.05)
    return _document(_HEIGHT, "The loss of a training by step", _losses(panel, training, held_out, best))


def bars(panels: Sequence[Bars]) -> str:
    """Draw panels of bars below each other, as an SVG document."""
    pieces: list[str] = []
    for number, one in enumerate(panels):
        panel = _Panel(number * _HEIGHT, max(len(one.counts), 1), max([5, *one.counts]) * 1.05)
        pieces += _bars(panel, one)
    return _document(_HEIGHT * len(panels), "; ".join(one.title for one in panels), pieces)


def round_step(span: float, most: int) -> float:
    """Return the least of 1, 2 or 5 times a power of ten that goes at most `most` times into a span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if span / step <= most + 1e-9)


@dataclass(frozen=True)
class _Panel:
    """One pair of axes from 0 on: its upper edge in the picture and the highest values that it shows."""

    top: float
    most_x: float
    most_y: float

    def x(self, value: float) -> float:
        return round(_LEFT + value / self.most_x * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(self.top + _HEIGHT - _BOTTOM - value / self.most_y * (_HEIGHT - _TOP - _BOTTOM), 1)


def _losses(
    panel: _Panel, training: Sequence[Point], held_out: Sequence[Point], best: int | None
) -> Iterator[str]:
    yield from _frame(panel, "Loss by training step", "step", "loss (nats per token)")
    for value in _ticks(panel.most_x, 8):
        yield from _tick(panel, panel.x(value), _number(value))
    yield _line("rule", _LEFT, panel.y(OLD_RULE), _WIDTH - _RIGHT, panel.y(OLD_RULE))
    words = f"{OLD_RULE}, below which a training loss was said to overfit"
    yield _text("small rule-ink", _LEFT + 6, panel.y(OLD_RULE) + 15, words)
    yield _curve("training", panel, training)
    yield _curve("held-out", panel, held_out)
    if len(held_out) <= 60:
        yield from (_dot("held-out-dot", panel, point, 2.5) for point in held_out)
    for style, name, x in (("training", "training", _LEFT), ("held-out", "held-out posts", _LEFT + 116)):
        yield _line(style, x, _LEGEND, x + 24, _LEGEND)
        yield _text("small", x + 30, _LEGEND + 4, name)
    if best is not None:
        yield from _kept(panel, best, dict(held_out))


def _kept(panel: _Panel, best: int, held_out: dict[float, float]) -> Iterator[str]:
    """A line down from the words to the step that was kept, and a ring around its loss."""
    value = held_out.get(best)
    words = f"kept: step {best:,}" + ("" if value is None else f", {value:.3f}")
    x = panel.x(best)
    yield _line("kept", x, panel.y(panel.most_y), x, panel.y(0))
    side, gap = (" end", -6) if x > (_LEFT + _WIDTH - _RIGHT) / 2 else ("", 6)
    yield _text(f"small kept-ink{side}", x + gap, panel.top + _TOP + 14, words)
    if value is not None:
        yield _dot("kept-dot", panel, (best, value), 5)


def _bars(panel: _Panel, one: Bars) -> Iterator[str]:
    yield from _frame(panel, one.title, one.across, one.up)
    floor, gap = panel.y(0), 1 if len(one.counts) <= 120 else 0
    for number, count in enumerate(one.counts):
        left, right, top = panel.x(number), panel.x(number + 1), panel.y(count)
        if count:
            size = f'width="{right - left - gap:.1f}" height="{floor - top:.1f}"'
            yield f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" {size}/>'
    for place, label in one.ticks:
        yield from _tick(panel, panel.x(place), label)


def _frame(panel: _Panel, title: str, across: str, up: str) -> Iterator[str]:
    """The title, the lines across with their numbers, and the names of the axes."""
    left, right, floor = _LEFT, _WIDTH - _RIGHT, panel.y(0)
    yield _text("title", left, panel.top + 26, title)
    for value in _ticks(panel.most_y, 6):
        y = panel.y(value)
        yield _line("grid" if value else "axis", left, y, right, y)
        yield _text("small end", left - 8, y + 4, _number(value))
    yield _text("small middle", (left + right) / 2, floor + 40, across)
    middle = (panel.top + _TOP + floor) / 2
    turned = f'transform="rotate(-90 16 {middle:.1f})"'
    yield f'<text class="small middle" x="16" y="{middle:.1f}" {turned}>{escape(up)}</text>'


def _tick(panel: _Panel, x: float, label: str) -> Iterator[str]:
    floor = panel.y(0)
    yield _line("axis", x, floor, x, floor + 5)
    yield _text("small middle", x, floor + 19, label)


def _curve(style: str, panel: _Panel, points: Sequence[Point]) -> str:
    size = max(1, -(-len(points) // _MOST_POINTS))
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    places = [f"{panel.x(fmean(x for x, _ in one))} {panel.y(fmean(y for _, y in one))}" for one in groups]
    return f'<path class="{style}" d="M{" L".join(places)}"/>' if places else ""


def _ticks(end: float, most: int) -> list[float]:
    """The round values from 0 on."""
    step = round_step(end, most)
    return [step * number for number in range(int(end / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.4g}"


def _line(style: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(style: str, x: float, y: float, words: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _dot(style: str, panel: _Panel, point: Point, radius: float) -> str:
    return f'<circle class="{style}" cx="{panel.x(point[0])}" cy="{panel.y(point[1])}" r="{radius}"/>'


def _document(height: int, title: str, pieces: Iterable[str]) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    name = escape(title)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{name}">',
        f"<title>{name}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        *(piece for piece in pieces if piece),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


_STYLE = """
text { font-family: system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.small { font-size: 12px; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.paper { fill: #ffffff; }
.axis { stroke: #57606a; }
.grid { stroke: #d8dee4; }
.bar { fill: #0969da; }
path, .training, .held-out { fill: none; stroke-linejoin: round; }
.training { stroke: #8c959f; stroke-width: 1.5; }
.held-out { stroke: #0969da; stroke-width: 2.5; }
.held-out-dot { fill: #0969da; }
.kept { stroke: #bc4c00; stroke-dasharray: 2 3; }
.kept-dot { fill: none; stroke: #bc4c00; stroke-width: 2.5; }
.rule { stroke: #a40e26; stroke-dasharray: 6 4; }
.kept-ink { fill: #bc4c00; }
.rule-ink { fill: #a40e26; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.paper { fill: #0d1117; }
.axis { stroke: #8b949e; }
.grid { stroke: #30363d; }
.bar { fill: #4493f8; }
.training { stroke: #8b949e; }
.held-out { stroke: #4493f8; }
.held-out-dot { fill: #4493f8; }
.kept { stroke: #f0883e; }
.kept-dot { stroke: #f0883e; }
.rule { stroke: #ff7b72; }
.kept-ink { fill: #f0883e; }
.rule-ink { fill: #ff7b72; }
}
"""
