"""Which lines of the queue may be posted, why the others may not, and which one is next.

A line is refused for what it is (not text, used, dropped), held until a person keeps it (flagged, a mention,
a forbidden word), or waits for the settings (POST_ONLY).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Container, Iterable, Mapping
from random import Random
from typing import NamedTuple

from botus.posting.target import Target
from botus.screening.denylist import Denylist
from botus.screening.rules import precheck
from botus.settings import PostOnly, PostOrder
from botus.store.decisions import Judgement, earlier_wordings
from botus.store.durable.lines import Line
from botus.store.queue import Queue
from botus.store.tweeted import Log
from botus.text import LONGEST_POST, fingerprint

KEPT = ("keep", "star")
_NOTHING = fingerprint("")


class Refusal(NamedTuple):
    """Why a line is not drawn, in words.

    Args:
        kind: `unfinished`, `invalid`, `used`, `dropped`, `held`, `unreviewed` or `too long`.
    """

    kind: str
    reason: str


_INNER = (
    "it is a part of a post between training markers: move what a model wrote to another file, then"
    " botus queue add FILE"
)


class Selection:
    """What decides about a line.

    Attributes:
        waits_for_writer: a line was refused because it is still being written.

    Args:
        logged: the posts that the log has, by fingerprint.
        claimed: fingerprints in the intents and done/; more may be added.
        judgement: of the decisions; `verdicts` are the last ones by fingerprint: keep, star, drop, edited.
        flags: why `generate` flagged a line, by fingerprint; every line it wrote has an entry.
        too_long: lines that no target took for their length, by fingerprint, with what they said.
        inner: the numbers of lines that belong to a post of several lines, as samples have them.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        post_only: PostOnly,
        logged: Container[str],
        claimed: set[str],
        judgement: Judgement,
        flags: dict[str, tuple[str, ...]],
        denylist: Denylist,
        too_long: Mapping[str, str],
        inner: Container[int] = (),
    ) -> None:
        self._inner = inner
        self._logged, self.claimed, self._too_long = logged, claimed, too_long
        self._post_only, self._denylist = post_only, denylist
        self.verdicts, origins = judgement
        inherited: dict[str, tuple[str, ...]] = {}
        for new in origins.keys() - flags.keys():
            for old in earlier_wordings(new, origins):
                if old in flags:
                    inherited.setdefault(new, flags[old])
        self.flags = ChainMap(inherited, flags)  # no copy: there may be a hundred thousand
        self.waits_for_writer = False
        self._problems = [target.problem for target in targets]

    def refusal(self, line: Line, known: str = "") -> Refusal | None:
        """Tell why a line may not be drawn, or None where it may.

        Args:
            known: its fingerprint, from whoever has it already.
        """
        text = line.text
        if line.unfinished:
            self.waits_for_writer = True
            return Refusal("unfinished", "it has no line break, and the file changed a moment ago")
        if text is None:
            return Refusal("invalid", "it is not valid UTF-8")
        if len(text) > LONGEST_POST:
            return Refusal("too long", f"no platform takes {len(text):,} letters")
        post = known or fingerprint(text)
        if post == _NOTHING:
            return Refusal("invalid", "nothing in it can be seen")
        if post in self.claimed or post in self._logged:
            return Refusal("used", "it has been posted, or is being posted")
        if post in self._too_long:
            return Refusal("too long", self._too_long[post])
        verdict = self.verdicts.get(post)
        if verdict in ("drop", "edited"):
            return Refusal("dropped", "it was dropped in curate" if verdict == "drop" else "it was edited")
        if verdict not in KEPT and (held := self._held(text, post)):
            return held
        if verdict not in KEPT and line.number in self._inner:
            return Refusal("held", _INNER)
        too_long = [reason for problem in self._problems if (reason := problem(text))]
        if self._problems and len(too_long) == len(self._problems):
            return Refusal("too long", "; ".join(dict.fromkeys(too_long)))
        return None

    @property
    def why_none(self) -> str:
        """Why no line was chosen."""
        if self.waits_for_writer:
            return "the last line of tweets.txt is still being written (it has no line break yet)"
        return "no line of tweets.txt may go out (see: botus status)"

    def allows(self, line: Line) -> bool:
        """Tell whether a line may be drawn."""
        return self.refusal(line) is None

    def _held(self, text: str, post: str) -> Refusal | None:
        if reason := precheck(text, self._denylist):
            return Refusal("held", reason)
        if flags := self.flags.get(post):
            return Refusal("held", "flagged: " + ", ".join(flags))
        is_generated = post in self.flags
        if self._post_only == "kept" or (self._post_only == "reviewed" and is_generated):
            return Refusal("unreviewed", f"nobody has kept it, and POST_ONLY is {self._post_only}")
        return None


def choose(selection: Selection, queue: Queue, log: Log, order: PostOrder, rng: Random) -> Line | None:
    """Choose the next line, None where none may be drawn."""
    if order == "file":
        return queue.first(selection.allows)
    if order == "random":
        return queue.draw(rng, selection.allows)
    return _choose_spaced(selection, queue, log, rng)


def _choose_spaced(selection: Selection, queue: Queue, log: Log, rng: Random) -> Line | None:
    """Draw a starred line as often as there are stars, evenly, and the others in between."""

    def is_star(text: str | None) -> bool:
        return selection.verdicts.get(fingerprint(text or "")) == "star"

    stars: list[Line] = []
    others: list[Line] = []
    for line in filter(selection.allows, queue.lines()):
        (stars if is_star(line.text) else others).append(line)
    since = 0  # posts since the last starred one
    for post in log.index().newest_first():
        if selection.verdicts.get(post) == "star":
            break
        since += 1
    wants_star = bool(stars) and (not others or since >= len(others) // len(stars))
    pool = stars if wants_star else others
    return rng.choice(pool) if pool else None
