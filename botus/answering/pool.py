"""The pool: which lines answers are chosen from, why others are not, and which one it is.

A line of answers.txt is an answer where a person wrote it there, put it there with `a` in `curate`, or kept
it in `curate --answers`, and where nothing in it would hold a post back. A line that waits in tweets.txt is
never one: an answer must not burn a post. Posts that were posted are answers only where that is asked for.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from random import Random
from typing import Generic, NamedTuple, TypeVar

from botus.answering.nearness import Index
from botus.checkpoints import samples
from botus.screening.denylist import parse_denylist
from botus.screening.rules import precheck
from botus.settings import Settings
from botus.store.candidates import Candidates
from botus.store.decisions.journal import Decisions
from botus.store.decisions.judgement import Judgement, earlier_wordings
from botus.store.durable import files
from botus.store.durable.lines import MOMENT
from botus.store.intents import Intents
from botus.store.log.index import was_posted
from botus.store.log.tweeted import Log
from botus.store.queue.tweets import ANSWERS, Queue
from botus.text import counted, fingerprint

_MOST = 50_000  # lines of answers.txt, the first ones; and as many posts, the last ones
_AMONG = 5  # of the nearest lines one is drawn
_ASTRAY = 8  # where only one is near, once in so many times it is another one
_KEPT, _LEFT = ("keep", "star", "answer"), ("drop", "edited")  # of a review, or of the queue

UNREVIEWED = "not reviewed yet"
EMPTY = "answers.txt has no line that may be said: nobody is answered"
_HELD, _NOTHING = "held back", fingerprint("")

Fits = Callable[[str], bool]
Value = TypeVar("Value")
_Reasons = Mapping[str, str]  # by fingerprint


class PoolCount(NamedTuple):
    """What a pool has.

    Attributes:
        lines: texts in answers.txt, each once.
        posts: posts that serve as answers too.
        usable: texts that may be said.
        unused: how many are not, by the reason.
    """

    lines: int
    posts: int
    usable: int
    unused: Mapping[str, int]

    @property
    def unreviewed(self) -> int:
        """How many wait for a person."""
        return self.unused.get(UNREVIEWED, 0)

    def said(self) -> str:
        """Say how many may be said, and why the others may not."""
        texts = f"{counted(self.lines, 'line')} in answers.txt"
        texts += f" and {counted(self.posts, 'post')} that were posted" if self.posts else ""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.unused.items()))
        return f"{texts}, {self.usable:,} may be said{f' ({reasons})' if reasons else ''}"


@dataclass(frozen=True, eq=False)
class _Lines:
    texts: tuple[str, ...]
    prints: tuple[str, ...]
    inner: Collection[str]  # those that are a part of a post between training markers
    in_file: int
    is_half: bool  # the last line is still being written

    @cached_property
    def index(self) -> Index:
        """Made when the first question comes: who only counts needs none."""
        return Index(self.texts)


class Pool:
    """The answers of one data directory; several threads may ask it.

    What was read is kept, and each file read again once it has changed.

    Args:
        from_posted: posts that were posted are answers too.
    """

    def __init__(self, data: Path, *, from_posted: bool = False) -> None:
        self._from_posted = from_posted
        self._answers, self._queue, self._log = Queue(data, ANSWERS), Queue(data), Log(data)
        self._intents, self._candidates = Intents(data), Candidates(data)
        self._decisions, self._reviewed = Decisions(data), Decisions(data, ANSWERS)
        self._denylist = data / "denylist.txt"
        self._guard = threading.Lock()
        self._lines, self._held, self._unused = _Latest[_Lines](), _Latest[_Reasons](), _Latest[_Reasons]()

    @classmethod
    def of(cls, settings: Settings) -> Pool:
        """The pool of a bot: its ANSWERS_FROM says whether posts are answers."""
        return cls(settings.data, from_posted=settings.answers_from == "posted")

    def choose(self, question: str, said: Collection[str], rng: Random, fits: Fits = bool) -> str | None:
        """Choose the answer to what somebody said: one of the lines nearest to it, a random one if none is.

        Args:
            question: what was said, of any length.
            said: fingerprints of what was said in this conversation: none of it is said again.
            rng: draws among the nearest.
            fits: whether a text can be sent where it is to go.

        Returns:
            None where no line is left that may be said.

        Raises:
            FileError: a file that decides is damaged.
        """
        lines, unused = self._read()
        with self._guard:
            index = lines.index

        def may_be_said(place: int) -> bool:
            post = lines.prints[place]
            return post not in unused and post not in said and fits(lines.texts[place])

        near = ((nearness, place) for nearness, place in index.near(question) if may_be_said(place))
        found = list(islice(near, _AMONG))
        if len(found) > 1 or (found and rng.randrange(_ASTRAY)):
            weights = [nearness**2 for nearness, _ in found]
            [(_, place)] = rng.choices(found, weights)
            return lines.texts[place]
        others = list(range(len(lines.texts)))
        while others:
            at = rng.randrange(len(others))
            others[at], others[-1] = others[-1], others[at]
            if may_be_said(place := others.pop()):
                return lines.texts[place]
        return None

    def count(self) -> PoolCount:
        """Count what may be said, and what may not and why."""
        lines, unused = self._read()
        reasons = Counter(unused.values())
        total = len(lines.texts)
        return PoolCount(lines.in_file, total - lines.in_file, total - reasons.total(), reasons)

    def unused(self) -> Mapping[str, str]:
        """Return why lines may not be said, by fingerprint; nothing about those that may."""
        return self._read()[1]

    def _read(self) -> tuple[_Lines, _Reasons]:
        with self._guard:
            file = files.state(self._answers.path)
            is_new = file is not None and abs(time.time() - file[2] / 1e9) < MOMENT
            half = is_new and self._lines.last is not None and self._lines.last.is_half
            posted = files.state(self._log.path) if self._from_posted else None
            lines = self._lines.of((file, posted, half), self._texts)
            held = self._held.of((lines, files.state(self._denylist)), lambda: self._precheck(lines))
            owners = (self._decisions, self._reviewed, self._candidates, self._log, self._queue)
            states = [files.state(one.path) for one in owners]
            return lines, self._unused.of((held, *states), lambda: self._reasons(lines, held))

    def _texts(self) -> _Lines:
        inner = samples.inner_lines(self._answers.having(samples.BORDERS))
        found: dict[str, str] = {}
        parts, is_half = set[str](), False
        for line in islice(self._answers.lines(), _MOST):
            is_half = line.unfinished
            if line.text is None or is_half:
                continue
            if (post := fingerprint(line.text)) != _NOTHING:
                found.setdefault(post, line.text.strip())
                if line.number in inner:
                    parts.add(post)
        in_file = len(found)
        if self._from_posted:
            for entry in deque(self._log.scan(), _MOST):
                if was_posted(entry):
                    found.setdefault(fingerprint(entry["text"]), entry["text"])
        texts = tuple(found.values())
        return _Lines(texts, tuple(found), parts, in_file, is_half)

    def _precheck(self, lines: _Lines) -> _Reasons:
        """Which lines are held as posts would be, and why; what a person says of them does not help."""
        denylist = parse_denylist(files.read(self._denylist) or b"", str(self._denylist))
        found = dict.fromkeys(lines.inner, _HELD)
        for post, one in zip(lines.prints, lines.texts, strict=True):
            if precheck(one, denylist):
                found[post] = _HELD
        return found

    def _reasons(self, lines: _Lines, held: _Reasons) -> _Reasons:
        """Which lines are not to be said, and why."""
        judgements = self._reviewed.judgement(), self._decisions.judgement()
        written, found = self._candidates.flags(), dict(held)
        wanted = set(lines.prints)
        queued = wanted.intersection(fingerprint(line.text) for line in self._queue.lines() if line.text)
        logged, claimed = self._log.index(), self._intents.used()
        for post in lines.prints:
            verdict = next((verdicts[post] for verdicts, _ in judgements if post in verdicts), None)
            if post in found:
                continue
            if verdict in _LEFT:
                found[post] = "dropped in curate"
            elif verdict not in _KEPT and _is_written(post, judgements, written):
                found[post] = UNREVIEWED
            elif post in queued or (post in claimed and post not in logged):
                found[post] = "waiting to be posted"
            elif post in logged and not self._from_posted:
                found[post] = "posted before"
        return found


class _Latest(Generic[Value]):
    """A value that is made again once its basis is another."""

    def __init__(self) -> None:
        self._basis: object = None
        self.last: Value | None = None

    def of(self, basis: object, make: Callable[[], Value]) -> Value:
        if self.last is None or basis != self._basis:
            self.last = None  # not two of them in memory, nor an old one where the new cannot be made
            self.last, self._basis = make(), basis
        return self.last


def _is_written(post: str, judgements: Iterable[Judgement], written: Container[str]) -> bool:
    """Whether `generate` wrote a line, or one that it was edited from."""
    return post in written or any(
        old in written for _, origins in judgements for old in earlier_wordings(post, origins)
    )
