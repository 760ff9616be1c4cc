"""A deck of posts, what is counted in them, and the score: which are worth reading before anybody decided.

The score prefers short, plain sentences that end: z(−z(rarest) + z(plain) − z(characters) + ½·z(closes)) over
the deck, the inner ones cut off at 3. Pure; whatever takes long is a generator that stops every few
milliseconds. Posts are rows, numbered from 0, in flat arrays: some 500 bytes each.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from botus.screening.scoring.measures import SHAPE, read

MEASURES = (*SHAPE, "rarest", "plain", "logprob")
"""Of every post: its shape; the rarity of its rarest word, ln((n + 1) / df) where df of n posts have it; how
common its words are, the mean of ln(tf / total); the mean log-probability that its model gave a token."""

SCORED = {"rarest": -1.0, "plain": 1.0, "characters": -1.0, "closes": 0.5}
_CLIP = 3.0
_GROWN = 1.05  # times as many posts as were counted: then all is counted again
_PIECE = 250  # posts between two stops
_WORDS = 5000  # words between two stops
_UNKNOWN = math.nan

Scale = tuple[float, float]  # a mean, and one over a standard deviation: 0 where all is the same
Columns = list["array[float]"]  # by measure and row


@dataclass
class Settled:
    """What posts are like among each other, as far as they are settled; words and marks have numbers.

    Attributes:
        posts: how many were counted for it.
        logs, shares: ln((n + 1) / df) and ln(tf / total) of every word.
        rarities: √ln((n + 1) / df) of words and marks, 0 for what only one post has.
        norms: the length of a post's row of rarities.
        columns: its measures as z-values.
        scores: its score.
    """

    posts: int = 0
    total: int = 0
    logs: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    rarities: list[float] = field(default_factory=list)
    norms: array[float] = field(default_factory=lambda: array("d"))
    columns: Columns = field(default_factory=lambda: [array("d") for _ in MEASURES])
    scores: array[float] = field(default_factory=lambda: array("d"))
    scales: list[Scale] = field(default_factory=list)
    scale: Scale = (0.0, 0.0)  # of the sum that makes the score


class Deck:
    """Posts by row: `add` takes them, `settle` says what they are like, and `settled` has it then."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}  # of words and marks
        self._names: list[str] = []
        self.settled = Settled()
        self._with, self._times = array("I"), array("I")  # posts that have a word, and how often it occurs
        self._total = 0  # words
        self._tokens, self._starts, self._words = array("I"), array("Q", [0]), array("I")
        self._raw: Columns = [array("d") for _ in MEASURES]

    def __len__(self) -> int:
        return len(self._words)

    @property
    def names(self) -> Sequence[str]:
        """Words and marks by number."""
        if len(self._names) < len(self.numbers):
            self._names += islice(self.numbers, len(self._names), None)
        return self._names

    def add(self, text: str, logprob: float | None = None) -> int:
        """Take a post, with the mean log-probability per token that its model gave it; returns its row."""
        reading = read(text)
        for word, times in zip(reading.words, reading.times, strict=True):
            self._tokens.append(self._number(word, times))
            self._total += times
        self._tokens.extend([self._number(mark, 1) for mark in reading.marks])
        self._starts.append(len(self._tokens))
        self._words.append(len(reading.words))
        known = _UNKNOWN if logprob is None else logprob
        for column, value in zip(self._raw, (*reading.shape, _UNKNOWN, _UNKNOWN, known), strict=True):
            column.append(value)
        return len(self) - 1

    def tokens(self, row: int) -> array[int]:
        """Return the numbers of a post's words and marks, each once."""
        return self._tokens[self._starts[row] : self._starts[row + 1]]

    def measured(self, row: int) -> dict[str, float]:
        """Return what was counted in a post, by measure; NaN where nobody knows."""
        return {name: column[row] for name, column in zip(MEASURES, self._raw, strict=True)}

    def standard(self, row: int) -> dict[str, float]:
        """Return a post's measures as z-values over the deck."""
        return {name: column[row] for name, column in zip(MEASURES, self.settled.columns, strict=True)}

    def scored(self, row: int) -> dict[str, float]:
        """Return how much each measure adds to a post's score, but for what is the same for all posts."""
        values, factor = self.standard(row), self.settled.scale[1]
        return {name: weight * values[name] * factor for name, weight in SCORED.items()}

    def settle(self) -> Generator[None, None, None]:
        """Settle all rows, in pieces; a few new ones by what was counted before."""
        if not len(self):
            return
        at, afresh = self.settled, len(self) > _GROWN * self.settled.posts
        if afresh:
            at = Settled(len(self), self._total)
        yield from self._weigh_words(at)
        rows = range(len(at.scores), len(self))
        for part in _parts(rows):
            self._weigh(at, part)
            yield
        if afresh:
            for column in self._raw:
                at.scales.append((yield from scale_of(column)))
        for raw, column, scale in zip(self._raw, at.columns, at.scales, strict=True):
            for part in _parts(rows):
                column.extend(z_values(raw[part.start : part.stop], scale))
                yield
        sums = array("d")
        for part in _parts(rows):
            sums.extend(_sums(at.columns, part))
            yield
        if afresh:
            at.scale = yield from scale_of(sums)
        mean, factor = at.scale
        for part in _parts(range(len(sums))):
            at.scores.extend([(value - mean) * factor for value in sums[part.start : part.stop]])
            yield
        self.settled = at

    def _number(self, token: str, times: int) -> int:
        number = self.numbers.setdefault(token, len(self.numbers))
        if number == len(self._with):
            self._with.append(0)
            self._times.append(0)
        self._with[number] += 1
        self._times[number] += times
        return number

    def _weigh_words(self, at: Settled) -> Generator[None, None, None]:
        """Say how rare words are, but for those that are known from before."""
        counted = 0 if at.logs else len(self.numbers)  # what came later is in no post that was counted
        for start in range(len(at.logs), len(self.numbers), _WORDS):
            numbers = range(start, min(len(self.numbers), start + _WORDS))
            posts = [self._with[number] if number < counted else 1 for number in numbers]
            logs = [math.log((at.posts + 1) / df) for df in posts]
            at.logs += logs
            at.shares += [math.log(max(self._times[number], 1) / max(at.total, 1)) for number in numbers]
            at.rarities += [math.sqrt(log) if df > 1 else 0.0 for log, df in zip(logs, posts, strict=True)]
            yield

    def _weigh(self, at: Settled, rows: range) -> None:
        logs, shares, rarest, plain = at.logs, at.shares, *self._raw[len(SHAPE) : len(SHAPE) + 2]
        for row in rows:
            tokens = self.tokens(row)
            at.norms.append(
                math.sqrt(sum([rarity * rarity for rarity in map(at.rarities.__getitem__, tokens)]))
            )
            if count := self._words[row]:
                words = tokens[:count]
                rarest[row] = max(map(logs.__getitem__, words))
                plain[row] = sum(map(shares.__getitem__, words)) / count


def scale_of(column: Sequence[float]) -> Generator[None, None, Scale]:
    """Return, in pieces, what `z_values` needs; NaNs do not count."""
    count, total, squares = 0, 0.0, 0.0
    for part in _parts(range(len(column))):
        known = [value for value in column[part.start : part.stop] if value == value]
        count += len(known)
        total += sum(known)
        yield
    mean = total / count if count else 0.0
    for part in _parts(range(len(column))):
        squares += sum([(value - mean) ** 2 for value in column[part.start : part.stop] if value == value])
        yield
    spread = math.sqrt(squares / count) if count else 0.0
    return mean, 1 / spread if spread > 1e-9 * max(1.0, abs(mean)) else 0.0


def z_values(column: Sequence[float], scale: Scale) -> list[float]:
    """Return z-values, cut off at 3; 0 where nobody knows."""
    mean, factor = scale
    return [max(-_CLIP, min(_CLIP, (value - mean) * factor)) if value == value else 0.0 for value in column]


def _sums(columns: Columns, rows: range) -> list[float]:
    weighted = [
        [weight * value for value in columns[MEASURES.index(name)][rows.start : rows.stop]]
        for name, weight in SCORED.items()
    ]
    return [sum(values) for values in zip(*weighted, strict=True)]


def _parts(rows: range) -> Iterator[range]:
    for start in range(rows.start, rows.stop, _PIECE):
        yield range(start, min(rows.stop, start + _PIECE))
