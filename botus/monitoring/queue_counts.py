"""What is in stock: which lines of the queue may be drawn, why the others may not, what was kept so far.

In: the files of a data directory. Out: numbers and a few examples. Changes nothing. A hundred thousand
candidates are counted in about a second, because each file is read once for both questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from botus.posting.selection import KEPT, Selection
from botus.posting.target import Target
from botus.screening.denylist import parse_denylist
from botus.settings import Settings
from botus.store.candidates import Candidates
from botus.store.decisions import Decisions, Verdict
from botus.store.durable import files
from botus.store.durable.lines import Line
from botus.store.intents import Intents
from botus.store.queue import Queue
from botus.store.tweeted import Log
from botus.text import fingerprint

_EXAMPLES = 3


@dataclass(frozen=True)
class QueueCount:
    """The lines of tweets.txt.

    Attributes:
        ready: may be drawn now: those kept, by hand and unreviewed together.
        kept: kept or starred by a person.
        by_hand: not written by botus, and not decided about.
        unreviewed: written by botus, and nobody has decided about them.
        refused: how many may not be drawn, by kind.
        examples: per kind, up to three (line number, reason, text).
    """

    kept: int = 0
    by_hand: int = 0
    unreviewed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    @property
    def ready(self) -> int:
        return self.kept + self.by_hand + self.unreviewed

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


def count_queue(settings: Settings, targets: Mapping[str, Target]) -> QueueCount:
    """Count which lines may be drawn and why the others may not.

    Raises:
        FileError: a file that decides is damaged.
    """
    return take_stock(settings, targets)[0]


def take_stock(settings: Settings, targets: Mapping[str, Target]) -> tuple[QueueCount, list[Acceptance]]:
    """Count the queue, and what was kept of each temperature that was reviewed, ascending.

    Raises:
        FileError: a file that decides is damaged.
    """
    data = settings.data
    flags, heat = {}, {}
    for post, temperature, found in Candidates(data).marks():
        flags[post], heat[post] = found, temperature
    judgement = Decisions(data).judgement()
    denylist = parse_denylist(files.read(data / "denylist.txt") or b"")
    used = Log(data).used().keys() | Intents(data).used()
    selection = Selection(targets.values(), settings.post_only, used, judgement, flags, denylist)
    queue = _count(Queue(data).lines(), selection)
    verdicts, origins = judgement
    return queue, list(_acceptance(heat, verdicts, {old: new for new, old in origins.items()}))


def _count(lines: Iterator[Line], selection: Selection) -> QueueCount:
    ready: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    examples: dict[str, list[tuple[int, str, str]]] = {}
    seen: set[str] = set()
    for line in lines:
        mark = fingerprint(line.text or "")
        if refusal := selection.refusal(line, mark):
            refused[refusal.kind] += 1
            shown = examples.setdefault(refusal.kind, [])
            if len(shown) < _EXAMPLES:
                shown.append((line.number, refusal.reason, line.text or repr(line.raw)[2:-1]))
        elif mark in seen:
            refused["double"] += 1
        else:
            seen.add(mark)
            is_kept = selection.verdicts.get(mark) in KEPT
            ready["kept" if is_kept else "unreviewed" if mark in selection.flags else "by_hand"] += 1
    return QueueCount(ready["kept"], ready["by_hand"], ready["unreviewed"], dict(refused), examples)


def _acceptance(
    heat: Mapping[str, float | None], verdicts: Mapping[str, Verdict], rewordings: Mapping[str, str]
) -> Iterator[Acceptance]:
    written, reviewed, kept = Counter[float](), Counter[float](), Counter[float]()
    for post, temperature in heat.items():
        if temperature is None:
            continue
        written[temperature] += 1
        if verdict := _last_verdict(post, verdicts, rewordings):
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
