"""Which lines of the queue may be drawn, and why the others may not. Pure.

A line is refused for what it is (not text, used, dropped), held until a person keeps it (flagged, a mention,
a forbidden word), or waits for the settings (POST_ONLY).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from botus.settings import PostOnly
from botus.store.durable.lines import Line
from botus.text import fingerprint

Door = Callable[[str], str | None]
KEPT = ("keep", "star")
_NOTHING = fingerprint("")


@dataclass(frozen=True)
class Refusal:
    """Why a line is not drawn.

    Attributes:
        kind: `invalid` (no text), `used`, `dropped`, `held`, `unreviewed` or `too long`.
        reason: the same in words.
    """

    kind: str
    reason: str


@dataclass
class Eligibility:
    """What decides about a line.

    Attributes:
        used: fingerprints in the log, the intents and done/.
        verdicts: the person's last decision by fingerprint: keep, star, drop, edited.
        flags: why `generate` flagged a line, by fingerprint; every line it wrote has an entry.
        door: the last look at a text: why it must not go out without a person's keep.
        problems: per target, why it can never take a text.
        post_only: which lines may go out at all.
    """

    used: Collection[str]
    verdicts: Mapping[str, str]
    flags: Mapping[str, Collection[str]]
    door: Door
    problems: Collection[Callable[[str], str | None]] = ()
    post_only: PostOnly = "any"
    extra_used: set[str] = field(default_factory=set)

    def refusal(self, line: Line, mark: str = "") -> Refusal | None:
        """Tell why a line may not be drawn, or None where it may.

        Args:
            line: the line.
            mark: its fingerprint, from whoever knows it.
        """
        text = line.text
        if text is None:
            return Refusal("invalid", "it is not valid UTF-8")
        mark = mark or fingerprint(text)
        if mark == _NOTHING:
            return Refusal("invalid", "nothing in it can be seen")
        if mark in self.used or mark in self.extra_used:
            return Refusal("used", "it has been posted, or is being posted")
        verdict = self.verdicts.get(mark)
        if verdict in ("drop", "edited"):
            return Refusal("dropped", "it was dropped in curate" if verdict == "drop" else "it was edited")
        if verdict not in KEPT and (held := self._held(text, mark)):
            return held
        too_long = [reason for problem in self.problems if (reason := problem(text))]
        if self.problems and len(too_long) == len(self.problems):
            return Refusal("too long", "; ".join(dict.fromkeys(too_long)))
        return None

    def is_eligible(self, line: Line) -> bool:
        """Tell whether a line may be drawn."""
        return self.refusal(line) is None

    def _held(self, text: str, mark: str) -> Refusal | None:
        if reason := self.door(text):
            return Refusal("held", reason)
        if flags := self.flags.get(mark):
            return Refusal("held", "flagged: " + ", ".join(flags))
        is_generated = mark in self.flags
        if self.post_only == "kept" or (self.post_only == "reviewed" and is_generated):
            return Refusal("unreviewed", f"nobody has kept it, and POST_ONLY is {self.post_only}")
        return None
