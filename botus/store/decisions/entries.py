"""What stands in the curator's journal, as values: decisions, their steps, what undoes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["keep", "star", "drop", "later", "edit", "answer"]
Drawn = Literal["order", "random"]
Pooled = Literal["added", "taken", "there"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of the queue stands or stood.

    Attributes:
        raw: its bytes without the line feed.
        number: its line number, from 1.
        previous: the bytes of the line before it; None for the first line and after a blank one.
        ending: the line feed, or nothing for a last line without one.
        start: offset of its first byte, -1 where it is not known; not written down.
    """

    raw: bytes
    number: int
    previous: bytes | None
    ending: bytes = b"\n"
    start: int = -1


@dataclass(frozen=True, slots=True)
class Wording:
    """A post as text and as the line it is written on."""

    text: str
    fingerprint: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one post.

    Attributes:
        kind: the decision.
        fingerprint, text: the post; of an edit, its old wording.
        places: all its lines; of an edit, the first is the one that got the new wording.
        new: the new wording of an edit.
        back: a post that had left the queue came back with this decision, to these places.
        pooled: what became of its line in answers.txt: added by this decision or taken out, or it was there.
        drawn: how the post came to be shown: it was its turn by what it is worth, or by chance; None where
            the person looked for it, or nobody noted it.
    """

    kind: Kind
    fingerprint: str
    text: str
    places: tuple[Place, ...] = ()
    new: Wording | None = None
    back: bool = False
    drawn: Drawn | None = None
    pooled: Pooled | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one key press decided; `at` is in milliseconds since 1970.

    Attributes:
        request: the id that a page gave it; nothing where it was a key.
    """

    number: int
    at: int
    decisions: tuple[Decision, ...]
    request: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Undo:
    """A step was taken back, or taken up again."""

    kind: Literal["undo", "redo"]
    of: int
    at: int
    request: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class End:
    """A review was left properly: everything that was decided is in the queue."""

    at: int


JournalEntry = Step | Undo | End


@dataclass(frozen=True)
class History:
    """The journal, read to its end.

    Attributes:
        done: the steps that count, oldest first.
        undone: the steps that were taken back and can be done again, the next one last.
        last: the last entry, where the review did not end properly after it.
        next_step: the number for the next step.
        requests: what pages asked for, by the ids that they gave it; the latest ones.
    """

    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()
    last: Step | Undo | None = None
    next_step: int = 1
    requests: Mapping[str, Step | Undo] = field(default_factory=dict)
