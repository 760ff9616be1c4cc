"""Counts of the queue: which lines may be drawn, why the others may not, what was kept of each temperature.

Pure: it counts what the owners of the files have read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from botus.posting.selection import KEPT, Selection
from botus.store.decisions.judgement import Verdict
from botus.store.durable.lines import Line
from botus.text import counted, fingerprint

_EXAMPLES, _SHOWN = 3, 1000  # of a kind; letters of each


@dataclass(frozen=True)
class QueueCounts:
    """The lines of tweets.txt.

    Attributes:
        kept: may be drawn, and a person has kept or starred them.
        by_hand: may be drawn, not written by botus, and not decided about.
        unreviewed: may be drawn, written by botus, and nobody has decided about them.
        refused: how many may not be drawn, by kind.
        examples: per kind, up to three (line number, reason, text).
        looked_at: from how many lines of a long queue the rest was estimated; None where all were counted.
    """

    kept: int = 0
    by_hand: int = 0
    unreviewed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    looked_at: int | None = None

    @property
    def ready(self) -> int:
        """Lines that may be drawn now."""
        return self.kept + self.by_hand + self.unreviewed

    @property
    def held(self) -> int:
        """Lines that wait for a person's keep."""
        return self.refused.get("held", 0) + self.refused.get("unreviewed", 0)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        names = ("line", "reason", "text")
        examples = {
            kind: [dict(zip(names, one, strict=True)) for one in shown]
            for kind, shown in self.examples.items()
        }
        return {"ready": self.ready, **asdict(self), "examples": examples}


@dataclass(frozen=True)
class Acceptance:
    """What became of the lines of one temperature.

    Attributes:
        written: lines that `generate` put into the queue.
        reviewed: of these, decided about; an edited one where its new wording is.
        kept: of these, kept or starred.
    """

    temperature: float
    written: int
    reviewed: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.reviewed


def count_lines(lines: Iterable[Line], selection: Selection, step: int = 1) -> QueueCounts:
    """Count which lines may be drawn and why the others may not.

    Args:
        step: of how many lines each is one; the counts are then estimates.
    """
    ready: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    examples: dict[str, list[tuple[int, str, str]]] = {}
    seen: set[str] = set()
    looked_at = 0
    for line in lines:
        looked_at += 1
        post = fingerprint(line.text or "")
        if refusal := selection.refusal(line, post):
            refused[refusal.kind] += 1
            shown = examples.setdefault(refusal.kind, [])
            if len(shown) < _EXAMPLES:
                shown.append((line.number, refusal.reason, line.shown[:_SHOWN]))
        elif post in seen:
            refused["double"] += 1
        else:
            seen.add(post)
            ready[kind_of(post, selection)] += 1
    if step == 1:
        return QueueCounts(**ready, refused=dict(refused), examples=examples)
    ready, refused = (Counter({one: rounded(n * step) for one, n in of.items()}) for of in (ready, refused))
    return QueueCounts(**ready, refused=dict(refused), examples=examples, looked_at=looked_at)


def kind_of(post: str, selection: Selection) -> str:
    """Tell which kind of line this is that may be drawn: `kept`, `unreviewed` or `by_hand`."""
    if selection.verdicts.get(post) in KEPT:
        return "kept"
    return "unreviewed" if post in selection.flags else "by_hand"


def unreviewed(queue: QueueCounts) -> str:
    """Say that lines may go out that nobody has read, and what to do; "" where there are none."""
    if not queue.unreviewed:
        return ""
    about = "" if queue.looked_at is None else "about "
    which = f"{about}{queue.unreviewed:,} of {counted(queue.ready, 'line')} that may go out"
    return f"nobody has reviewed {which}: botus curate, or POST_ONLY=reviewed holds them back"


def rounded(estimate: int) -> int:
    """To the two digits that are known of it."""
    return int(float(f"{estimate:.1e}"))


def accepted(
    temperatures: Mapping[str, float | None], verdicts: Mapping[str, Verdict], origins: Mapping[str, str]
) -> Iterator[Acceptance]:
    """Yield what was kept of each temperature that was reviewed, ascending.

    Args:
        temperatures: of every line that `generate` wrote, by fingerprint.
        verdicts, origins: as in `decisions.Judgement`.
    """
    rewordings = {old: new for new, old in origins.items()}
    written, reviewed, kept = Counter[float](), Counter[float](), Counter[float]()
    for post, temperature in temperatures.items():
        if temperature is None:
            continue
        written[temperature] += 1
        verdict = _last_verdict(post, verdicts, rewordings)
        if verdict and verdict != "answer":  # a good answer may be no good post
            reviewed[temperature] += 1
            kept[temperature] += verdict in KEPT
    for temperature, count in sorted(reviewed.items()):
        yield Acceptance(temperature, written[temperature], count, kept[temperature])


def _last_verdict(
    post: str, verdicts: Mapping[str, Verdict], rewordings: Mapping[str, str]
) -> Verdict | None:
    """The verdict on a post, through all its rewordings; they may lead back to where they began."""
    verdict, left = verdicts.get(post), len(rewordings)
    while verdict == "edited" and left and post in rewordings:
        post, left = rewordings[post], left - 1
        verdict = verdicts.get(post)
    return None if verdict == "edited" else verdict
