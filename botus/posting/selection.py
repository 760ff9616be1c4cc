"""Which lines of the queue may be posted, why the others may not, and which one is next.

A line is refused for what it is (not text, used, dropped), held until a person keeps it (flagged, a mention,
a forbidden word), or waits for the settings (POST_ONLY).
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import chain
from random import Random
from typing import NamedTuple

from botus.errors import BotusError, RefusedError, SettingsError, how_to_generate
from botus.posting.target import Target
from botus.screening.denylist import Denylist
from botus.screening.rules import precheck
from botus.settings import PostOnly, PostOrder
from botus.store.decisions.judgement import LEFT, Judgement, earlier_wordings
from botus.store.durable.lines import Line
from botus.store.log.tweeted import Log
from botus.store.queue.known import Kind
from botus.store.queue.tweets import Queue
from botus.text import LONGEST_POST, called, fingerprint, short_id

KEPT = ("keep", "star")
_NOTHING = fingerprint("")
_PART = 20  # of what `status` looks at
_TELLING = 20  # lines of a kind, by which those of a long queue are estimated


class Refusal(NamedTuple):
    """Why a line is not drawn, in words.

    Args:
        kind: `unfinished`, `not UTF-8`, `invalid`, `used`, `dropped`, `held`, `unreviewed` or `too long`.
    """

    kind: str
    reason: str


_INNER = (
    "it is a part of a post between training markers: move what a model wrote to another file, then"
    " botus queue add FILE"
)


_USED = "it has been posted, or is being posted"
_GONE = {
    "drop": "it was dropped in curate",
    "answer": "it went to the answers in curate",
    "edited": "it was edited",
}


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
        basis: equal where judgement, flags and POST_ONLY are.
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
        basis: object = None,
    ) -> None:
        self._inner, self._basis = inner, basis
        self._logged, self.claimed, self._too_long = logged, claimed, too_long
        self._post_only, self._denylist = post_only, denylist
        self.verdicts, origins = judgement
        inherited: dict[str, tuple[str, ...]] = {}
        for new in origins.keys() - flags.keys():
            for old in earlier_wordings(new, origins):
                if old in flags:
                    inherited.setdefault(new, flags[old])
        # No copy: there may be a hundred thousand.
        self.flags: Mapping[str, tuple[str, ...]] = ChainMap(inherited, flags) if inherited else flags
        self.waits_for_writer = False
        self._problems = [target.problem for target in targets]

    def refusal(self, line: Line, known: str = "", *, anyway: bool = False) -> Refusal | None:
        """Tell why a line may not be drawn, or None where it may.

        Args:
            known: its fingerprint, from whoever has it already.
            anyway: a person has read it: it waits for nobody.
        """
        text = line.text
        if line.unfinished:
            self.waits_for_writer = True
            return Refusal("unfinished", "it has no line break, and the file changed a moment ago")
        if text is None:
            return Refusal("not UTF-8", "it is not UTF-8; in the encoding of Windows it reads")
        if len(text) > LONGEST_POST:
            return Refusal("too long", f"no platform takes {len(text):,} letters")
        post = known or fingerprint(text)
        if post == _NOTHING:
            return Refusal("invalid", "nothing in it can be seen")
        if post in self.claimed or post in self._logged:
            return Refusal("used", _USED)
        if post in self._too_long:
            return Refusal("too long", self._too_long[post])
        verdict = self.verdicts.get(post)
        if verdict in LEFT:
            return Refusal("dropped", _GONE[verdict])
        is_read = anyway or verdict in KEPT
        if not is_read and (held := self._held(text, post)):
            return held
        if not is_read and line.number in self._inner:
            return Refusal("held", _INNER)
        too_long = [reason for problem in self._problems if (reason := problem(text))]
        if self._problems and len(too_long) == len(self._problems):
            return Refusal("too long", "; ".join(dict.fromkeys(too_long)))
        return None

    def doubt(self, line: Line) -> str:
        """Why a person is asked who wants to have just this line posted; "" where nobody need be."""
        if refusal := self.refusal(line):
            return refusal.reason if refusal.kind in ("held", "unreviewed") else ""
        post = fingerprint(line.text or "")
        return "nobody has reviewed it" if post in self.flags and post not in self.verdicts else ""

    def why_none(self, queue: Queue) -> str:
        """Why no line was chosen, and what to do; a long queue is looked at here and there."""
        if self.waits_for_writer:
            return "the last line of tweets.txt is still being written (it has no line break yet)"
        lines = queue.lines(queue.step(_PART))
        return what_next(Counter(found.kind for line in lines if (found := self.refusal(line))))

    def allows(self, line: Line) -> bool:
        """Tell whether a line may be drawn."""
        return self.refusal(line) is None

    def allows_other(self, line: Line) -> bool:
        """Tell whether a line may be drawn that is not starred."""
        return self.allows(line) and not self.is_star(line)

    @property
    def reviewed(self) -> Kind:
        """The lines that no decision, flag or POST_ONLY holds back: there may be few in a long queue."""

        def is_one(line: Line) -> bool:
            if line.unfinished or not line.text or len(line.text) > LONGEST_POST:
                return line.unfinished
            post = fingerprint(line.text)
            if post in self.verdicts:
                return self.verdicts[post] in KEPT
            return post != _NOTHING and not self._is_unreviewed(post) and not self.flags.get(post)

        return Kind("reviewed", is_one, self._basis)

    @property
    def starred(self) -> Kind:
        """The lines that a person has starred."""
        return Kind("starred", self.is_star, self._basis)

    def is_star(self, line: Line) -> bool:
        """Tell whether a person has starred a line."""
        return self.verdicts.get(fingerprint(line.text or "")) == "star"

    def stars_left(self) -> int:
        """How many lines may have been starred and not been used, wherever they are now."""
        starred = (post for post, verdict in self.verdicts.items() if verdict == "star")
        return sum(post not in self.claimed and post not in self._logged for post in starred)

    def _held(self, text: str, post: str) -> Refusal | None:
        if reason := precheck(text, self._denylist):
            return Refusal("held", reason)
        if flags := self.flags.get(post):
            return Refusal("held", "flagged: " + ", ".join(flags))
        if self._is_unreviewed(post):
            return Refusal("unreviewed", f"nobody has kept it, and POST_ONLY is {self._post_only}")
        return None

    def _is_unreviewed(self, post: str) -> bool:
        """Whether POST_ONLY holds a line back that nobody has kept."""
        return self._post_only == "kept" or (self._post_only == "reviewed" and post in self.flags)


def choose(selection: Selection, queue: Queue, log: Log, order: PostOrder, rng: Random) -> Line | None:
    """Choose the next line, None where none may be drawn."""
    if order == "file":
        return queue.first(selection.allows, selection.reviewed)
    if order == "random":
        return queue.draw(rng, selection.allows, selection.reviewed)
    if stars := stars_in_turn(selection, queue, log):
        return rng.choice(stars)
    return queue.draw(rng, selection.allows_other, selection.reviewed)


def named(selection: Selection, queue: Queue, log: Log, name: str, *, anyway: bool = False) -> Line:
    """Return the line of one post, where it may be drawn.

    Args:
        name: the post's id, or the beginning of its fingerprint.
        anyway: also where it waits for a person, who has read it now.

    Raises:
        SettingsError: no post of tweets.txt, or more than one, has this name.
        RefusedError: the line may not go out.
    """
    found: dict[str, Line] = {}
    start = name.strip().lower()
    for line in queue.lines():
        if line.text is not None and (post := fingerprint(line.text)).startswith(start):
            found.setdefault(post, line)
    wanted = called(name, found)
    if wanted is None:
        raise _not_there(selection, log, name)
    if refusal := selection.refusal(found[wanted], wanted, anyway=anyway):
        short = short_id(wanted)
        remedy = _REMEDIES.get(refusal.kind, "").format(short)
        raise RefusedError(f"{short} is not posted: {refusal.reason}", remedy)
    return found[wanted]


def _not_there(selection: Selection, log: Log, name: str) -> BotusError:
    """Say what became of a post that is not in tweets.txt."""
    gone = {post: _GONE[verdict] for post, verdict in selection.verdicts.items() if verdict in LEFT}
    gone |= dict.fromkeys(chain(selection.claimed, log.index().newest_first()), _USED)
    if post := called(name, gone):
        return RefusedError(f"{short_id(post)} is not posted: {gone[post]}", _REMEDIES["used"].format(name))
    hint = "ids have four digits or more, and are shown by: botus queue list"
    return SettingsError(f"there is no post {name or repr(name)} in tweets.txt", hint)


def what_next(refused: Mapping[str, int]) -> str:
    """Say why no line may go out, and what to do; ends with a command.

    Args:
        refused: how many lines are refused, by kind.
    """
    said = "no line of tweets.txt may go out"
    if not refused:
        return f"{said}; it is empty, and new ones are written by: {how_to_generate()}"
    if refused.get("held") or refused.get("unreviewed"):
        return f"{said}; what is left waits until you keep it: botus curate"
    if refused.get("too long"):
        return f"{said}; what is left is too long for every target, and is shortened in: botus curate"
    return f"{said}; all have been posted or dropped, and new ones are written by: {how_to_generate()}"


_REMEDIES = {
    "held": "keep it first in botus curate; or read it, and then: botus post {} --anyway",
    "unreviewed": "keep it first in botus curate; or read it, and then: botus post {} --anyway",
    "used": "what became of it is shown by: botus queue show {}",
    "too long": "shorten it first: botus curate",
    "unfinished": "wait half a minute, or end the line",
}


def stars_in_turn(selection: Selection, queue: Queue, log: Log) -> list[Line]:
    """Return the starred lines where one of them is next in the order `spaced`, else none.

    Starred lines come as often as there are stars, evenly, and the others in between. The file is searched
    for them only when the turn of one may have come.
    """
    since = 0  # posts since the last starred one
    for post in log.index().newest_first():
        if selection.verdicts.get(post) == "star":
            break
        since += 1
    most = selection.stars_left()
    others = _estimate(queue, selection.allows_other, selection.reviewed) if most else 0
    if most and since >= others // most:
        stars = list(filter(selection.allows, queue.of(selection.starred)))
        if stars and since >= others // len(stars):
            return stars
    return []


def _estimate(queue: Queue, is_one: Callable[[Line], bool], kind: Kind) -> int:
    """Count lines of a kind that are allowed; of a long queue, by some of them where that tells enough."""
    step = 1 if queue.knows(kind) else queue.step(_PART)
    found = sum(map(is_one, filter(kind.has, queue.lines(step)))) if step > 1 else 0
    return found * step if found >= _TELLING else sum(map(is_one, queue.of(kind)))
