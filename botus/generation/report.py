"""What a run of `generate` has done, so far and in the end, and the lines that say it. Prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size

from botus.screening.novelty import COPY, NEAR_COPY
from botus.screening.rules import LACKING
from botus.screening.verdict import Verdict
from botus.text import counted, escape, printable

_EXAMPLE = 60  # characters of an example in the closing table
_COLD, _HOT = 0.2, 2.0  # temperatures that are slips of the pen
_USUAL = (0.6, 1.2)
_GIBBERISH = "so hot a model hardly writes words"
_SAME = "so cold a model writes the same texts again and again"


@dataclass
class GenerationReport:
    """What a run has done."""

    accepted: int = 0
    wanted: int = 0
    seen: int = 0  # texts that the model wrote
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    seconds: float = 0.0
    seed: int = 0  # repeats the run
    queue: str = ""  # where the lines went; "" for a dry run
    compared: int | None = 0  # posts that texts were compared with; None where copies are allowed
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)  # by reason a text and what was found
    stopped: str = ""  # why it ended before all lines were in
    requeued: int = 0  # lines of an earlier, killed run that had not come into the queue and now have
    skipped: int = 0  # texts of this seed that an earlier run had looked at
    lost_mass: float = 0.0  # the share of the probability that top-p lost by its limit
    memory: int = 0  # the most bytes that the process held; 0 where that was not measured

    @property
    def rate(self) -> float:
        """Accepted lines per second."""
        return self.accepted / self.seconds if self.seconds > 0 else 0.0

    def refuse(self, post: str, verdict: Verdict) -> None:
        """Count a text that was refused."""
        reason = verdict.reason or ""
        self.refused[reason] += 1
        self.examples.setdefault(reason, (post, verdict.detail))

    def by_count(self) -> list[tuple[str, int]]:
        """Return the reasons of refusals and how many there were, the most frequent first."""
        return sorted(self.refused.items(), key=lambda item: (-item[1], item[0]))


def table(report: GenerationReport, width: int = 0) -> Iterator[str]:
    """Yield the closing table of a run; examples are cut to the terminal's width in columns, if not 0."""
    if report.requeued:
        yield f"put {counted(report.requeued, 'line')} into place that an interrupted run had left out"
    if report.skipped:
        yield f"passed over {counted(report.skipped, 'text')} of this seed that an earlier run had looked at"
    written = f"wrote {counted(report.accepted, 'line')} to {report.queue}"
    wrote = written if report.queue else "wrote nothing (dry run)"
    refused = sum(report.refused.values())
    yield f"{wrote}, refused {refused} of {report.seen}" + (" by reason:" if refused else "")
    for reason, count in report.by_count():
        post, detail = report.examples.get(reason, ("", ""))
        example = f"{_short(post)} ({_short(detail)})" if detail else _short(post)
        row = f"{count:7}  {reason:28}  {example}".rstrip()
        is_long = width and cell_len(row) > width
        yield set_cell_size(row, width - 1).rstrip() + "…" if is_long else row
    if report.compared == 0:
        yield "the copy check had nothing to compare with: there is no corpus.txt, or nothing in it"
    memory = f", {report.memory / 2**20:.0f} MB of memory" if report.memory else ""
    yield f"{report.seconds:.1f} s, {report.rate:.1f} lines/s{memory}, --seed {report.seed}"


def remedy(report: GenerationReport, temperature: float) -> str:
    """Say what to try where hardly anything passes."""
    same = sum(n for reason, n in report.refused.items() if reason.startswith(("already in", "much like")))
    copies = report.refused[COPY] + report.refused[NEAR_COPY]
    others = report.seen - report.accepted - same - copies
    if others >= max(same, copies):
        if temperature > _USUAL[1]:
            return f"{_GIBBERISH}: try --temp 0.9"
        if report.refused[LACKING] * 2 > others:
            return "the model has learned too little and invents words: train another one in more steps"
        return "the table says why; a model that has learned little writes like this"
    if temperature < _USUAL[0]:
        return f"{_SAME}: try --temp 0.9"
    if copies > same:
        return "the model knows its corpus by heart: try a higher --temp, or train another one in fewer steps"
    return "the model has little new to say: try a higher --temp, another --prefix, or more text to train on"


def about_temperature(temperature: float) -> str:
    """Say beforehand what comes of a temperature that nobody uses; "" of any other."""
    if temperature > _HOT:
        return f"--temp {temperature:g} is far above the usual 0.9: {_GIBBERISH}"
    return f"--temp {temperature:g} is far below the usual 0.9: {_SAME}" if temperature < _COLD else ""


def line(report: GenerationReport) -> str:
    """Return a run's state in one line, for a log or a pipe."""
    left = report.wanted - report.accepted
    parts = [
        f"{report.accepted} of {counted(report.wanted, 'line')}",
        f"{report.rate:.1f} lines/s",
        f"{report.accepted / max(1, report.seen):.0%} pass",
        f"{left / report.rate:.0f} s left" if left > 0 and report.rate else "",
        ", ".join(f"{count} {reason}" for reason, count in report.by_count()[:3]),
    ]
    return " · ".join(part for part in parts if part)


def by_tenths(say: Callable[[str], None]) -> Callable[[GenerationReport], None]:
    """Return a listener that says a line for every tenth of the way, for output that is no terminal."""
    said = 0

    def listen(report: GenerationReport) -> None:
        nonlocal said
        tenth = report.accepted * 10 // report.wanted
        if tenth > said:
            said = tenth
            say(line(report))

    return listen


def _short(post: str) -> str:
    shown = printable(escape(post))  # before it is cut: a letter may become four
    return shown if len(shown) <= _EXAMPLE else shown[: _EXAMPLE - 1] + "…"
