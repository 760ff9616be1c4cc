"""What became of a text: the one answer of the screen and of the novelty check."""

from __future__ import annotations

from dataclasses import dataclass

from botus.screening.copies import Nearest


@dataclass(frozen=True)
class Verdict:
    """A text, refused for a reason or let through.

    Attributes:
        text: as it may be posted: repaired where that is safe.
        reason: why it is refused, one of few phrases, to be counted; None where it is not.
        detail: what was found in this text, or the text that it copies.
        flags: what a person should look at.
        repairs: the rules that changed the model's text.
        nearest: the corpus post with the longest shared run of words, as far as that was looked for.
    """

    text: str
    reason: str | None = None
    detail: str = ""
    flags: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    nearest: Nearest | None = None
