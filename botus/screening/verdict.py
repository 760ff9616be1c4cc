"""What became of a text: the one answer of the screen and of the novelty check."""

from __future__ import annotations

from dataclasses import dataclass

from botus.screening.likeness.copies import Nearest


@dataclass(frozen=True)
class Verdict:
    """A text, refused for a reason or let through."""

    text: str  # as it may be posted: repaired where that is safe
    reason: str | None = None  # why it is refused, one of few phrases, to be counted
    detail: str = ""  # what was found in this text, or the text that it copies
    flags: tuple[str, ...] = ()  # what a person should look at
    repairs: tuple[str, ...] = ()  # the rules that changed the model's text
    nearest: Nearest | None = None  # in the corpus, as far as that was looked for
