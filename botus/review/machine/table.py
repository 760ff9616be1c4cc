"""The posts on file, where their lines stand, and what a decision changes there, forward and back. Pure.

A review follows its own changes here, because reading a long file again after every key would be felt. Doing
a step twice changes nothing, so redo, undo and the recovery after a crash are the same code; lines that are
no longer there are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from botus.store.decisions.entries import Decision, Place, Step, Wording
from botus.store.decisions.judgement import OUT
from botus.store.durable.lines import Line
from botus.text import escape, fingerprint


@dataclass(frozen=True, slots=True)
class Card:
    """A post under review, and its lines in the queue: none if it is not there (any more)."""

    fingerprint: str
    text: str
    raws: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """Take this line out."""

    place: Place


@dataclass(frozen=True, slots=True)
class PutBack:
    """Put this line back where it was."""

    place: Place


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Give this line new bytes."""

    place: Place
    new: bytes


@dataclass(frozen=True, slots=True)
class ToAnswers:
    """Add this to answers.txt."""

    text: str


@dataclass(frozen=True, slots=True)
class FromAnswers:
    """Take the line with these bytes out of answers.txt."""

    raw: bytes


Change = Remove | PutBack | Rewrite | ToAnswers | FromAnswers


@dataclass
class Table:
    """All posts that are on file or were. Only a copy is ever changed, and only by `apply`.

    `lines` goes to the last line that is not blank; of a blank one only the length is known, as spaces.
    """

    cards: dict[str, Card] = field(default_factory=dict)  # by fingerprint
    used: Mapping[str, str] = field(default_factory=dict)  # posts that were posted or claimed: when and where
    lines: list[bytes] = field(default_factory=list)  # of the file, without their line feeds
    start: int = 0  # offset of the first line, behind a byte-order mark
    ending: bytes = b"\n"  # of the last line: the line feed, or nothing
    answers: Mapping[str, bytes] = field(default_factory=dict)  # the line of each post in answers.txt
    is_stale: bool = False  # only the file itself can tell where its lines stand

    def copy(self) -> Table:
        """Return a table to change."""
        return replace(self, cards=dict(self.cards), lines=list(self.lines))

    def place(self, raw: bytes) -> Place:
        """Return the place of the first line with these bytes; there must be one."""
        index = self.lines.index(raw)
        start = self.start + sum(map(len, islice(self.lines, index))) + index
        ending = self.ending if index == len(self.lines) - 1 else b"\n"
        return Place(raw, index + 1, self._previous(index), ending, start)

    def places_of(self, card: Card, new: bytes | None = None) -> tuple[Place, ...]:
        """Return the places of a post's lines, each as it is once the ones before it are out.

        With `new`, the first line is not taken out but given these bytes.
        """
        if len(card.raws) == 1:
            return (self.place(card.raws[0]),)
        table, found = replace(self, lines=list(self.lines)), []
        for raw in card.raws:
            found.append(table.place(raw))
            if new is not None and len(found) == 1:
                table.lines[found[0].number - 1] = new
            else:
                table._take_out(found[-1])
        return tuple(found)

    def apply(self, decision: Decision, back: bool = False) -> list[Change]:
        """Make a decision, or take it back; returns what that still has to change in the files.

        A post that goes from one file to the other is in both for a moment, never in none.
        """
        post, places, new = decision.fingerprint, decision.places, decision.new
        self.cards.setdefault(post, Card(post, decision.text))
        if new:
            old = Wording(decision.text, post, places[0].raw)
            self.cards.setdefault(new.fingerprint, Card(new.fingerprint, new.text))
            if back:
                return [*self._put_back(post, places[1:], but_not=new.raw), *self._reword(new, old, places)]
            return [*self._reword(old, new, places[1:]), *self._remove(post, places[1:])]
        made = self._answer(post, decision.text) if decision.pooled == ("taken" if back else "added") else []
        if decision.back if back else decision.kind in OUT:
            made += self._remove(post, places)
        if decision.kind in OUT if back else decision.back:
            made += self._put_back(post, places)
        return made + (self._unanswer(post) if decision.pooled == ("added" if back else "taken") else [])

    def _answer(self, post: str, text: str) -> list[Change]:
        if post in self.answers:
            return []
        self.answers = {**self.answers, post: escape(text).encode()}
        return [ToAnswers(text)]

    def _unanswer(self, post: str) -> list[Change]:
        if post not in self.answers:
            return []
        answers = dict(self.answers)
        taken = FromAnswers(answers.pop(post))
        self.answers = answers
        return [taken]

    def _remove(self, post: str, places: Iterable[Place]) -> list[Change]:
        made: list[Change] = []
        for place in places:
            if place.raw in self.cards[post].raws:
                found = self.place(place.raw)
                self._take_out(found)
                self._lose(post, place.raw)
                made.append(Remove(found))
        return made

    def _put_back(self, post: str, places: Sequence[Place], but_not: bytes = b"") -> list[Change]:
        if post in self.used:
            return []
        made: list[Change] = []
        there = Counter(self.cards[post].raws)
        there[but_not] -= 1
        for place in reversed(places):
            if there[place.raw] > 0:
                there[place.raw] -= 1
            else:
                self._insert(place)
                card = self.cards[post]
                self.cards[post] = replace(card, raws=(*card.raws, place.raw))
                made.append(PutBack(place))
        return made

    def _reword(self, old: Wording, new: Wording, others: Sequence[Place]) -> list[Change]:
        """Reword the first line, unless that was done: then one more has the new bytes than of the others."""
        there = self.cards[new.fingerprint].raws.count(new.raw)
        expected = sum(place.raw == new.raw for place in others)
        if old.raw not in self.cards[old.fingerprint].raws or there > expected:
            return []
        place = self.place(old.raw)
        self.lines[place.number - 1] = new.raw
        self._lose(old.fingerprint, old.raw)
        raws = (new.raw, *self.cards[new.fingerprint].raws)
        self.cards[new.fingerprint] = Card(new.fingerprint, new.text, raws)
        return [Rewrite(place, new.raw)]

    def _lose(self, post: str, raw: bytes) -> None:
        card = self.cards[post]
        at = card.raws.index(raw)
        self.cards[post] = replace(card, raws=card.raws[:at] + card.raws[at + 1 :])

    def _take_out(self, place: Place) -> None:
        # With a last line that has no line feed goes the one before it: how the file ends then is not known.
        if place.number == len(self.lines) and not self.ending:
            self.is_stale = True
        del self.lines[place.number - 1]

    def _insert(self, place: Place) -> None:
        at = place.number - 1
        # Among blank lines offsets are not known, nor whether a byte-order mark is before the first line.
        is_beside_text = any(raw.strip() for raw in self.lines[max(0, at - 1) : at + 1])
        is_known = at <= len(self.lines) and self._previous(at) == place.previous
        if not (is_known and is_beside_text and place.ending):
            self.is_stale = True
        self.lines.insert(at, place.raw)

    def _previous(self, index: int) -> bytes | None:
        before = self.lines[max(0, index - 1) : index]
        return before[0] if before and before[0].strip() else None


def read(
    lines: Iterable[Line],
    used: Mapping[str, str],
    answers: Iterable[Line] = (),
    before: Table | None = None,
) -> Table:
    """Lay out what the queue holds, all but its blank lines; posts of the table `before` stay known.

    `answers` are the lines of answers.txt.
    """
    earlier = before.cards if before else {}
    known = {raw: card.fingerprint for card in earlier.values() for raw in card.raws}
    pool = {fingerprint(line.text): line.raw for line in answers if line.text is not None}
    table, end = Table(used=used, answers=pool), 0
    cards = table.cards
    for line in lines:
        if blank := line.number - 1 - len(table.lines):
            table.lines += [b" " * (line.start - end - blank)] + [b""] * (blank - 1)
        elif not table.lines:
            table.start = line.start
        table.lines.append(line.raw)
        table.ending, end = line.ending, line.start + len(line.raw) + 1
        if line.text is not None:
            post = known.get(line.raw) or fingerprint(line.text)
            text, raws = (cards[post].text, cards[post].raws) if post in cards else (line.text, ())
            cards[post] = Card(post, text, (*raws, line.raw))
    for post, card in earlier.items():
        cards.setdefault(post, Card(post, card.text))
    return table


def perform(table: Table, step: Step, back: bool = False) -> tuple[Table, list[Change]]:
    """Return the table after a step, or after taking it back, and what still has to change in the file."""
    table, made = table.copy(), []
    for decision in reversed(step.decisions) if back else step.decisions:
        made += table.apply(decision, back)
    return table, made
