"""What a decision changes in tweets.txt, forward and back. Pure.

In come the posts as they are on file (`Table`) and a step of the journal, out come the changes of the file
that are still missing and the table after them. So doing a step a second time changes nothing: redo, undo
and the recovery after a crash are the same code. Lines that are no longer there are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from botus.decisions import Decision, Place, Step, Wording
from botus.places import Places, QueueLine, find, picture, rewritten, without
from botus.text import fingerprint


@dataclass(frozen=True, slots=True)
class Card:
    """A post under review, and its lines in the queue: none if it is not there (any more)."""

    fingerprint: str
    text: str
    raws: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Table:
    """All posts that are on file or were.

    Attributes:
        cards: by fingerprint.
        places: where the lines stand.
        used: posts that were posted or claimed for it, with a few words on when and where.
    """

    cards: Mapping[str, Card] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    used: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remove:
    """Take this line out."""

    fingerprint: str
    place: Place


@dataclass(frozen=True, slots=True)
class PutBack:
    """Put this line back where it was."""

    fingerprint: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Give the first line `raw` a new wording."""

    fingerprint: str
    raw: bytes
    new: Wording


Change = Remove | PutBack | Rewrite


def read(lines: Iterable[QueueLine], used: Mapping[str, str], before: Table | None = None) -> Table:
    """Lay out what the queue holds; posts of the table `before` stay known, with the lines they have now."""
    lines = list(lines)
    cards = {one.fingerprint: replace(one, raws=()) for one in before.cards.values()} if before else {}
    known = {raw: one.fingerprint for one in before.cards.values() for raw in one.raws} if before else {}
    for line in lines:
        if line.text is None:
            continue
        post = known.get(line.raw) or fingerprint(line.text)
        if post in cards and cards[post].raws:
            cards[post] = replace(cards[post], raws=(*cards[post].raws, line.raw))
        else:
            cards[post] = Card(post, line.text, (line.raw,))
    return Table(cards, picture(lines), used)


def places_of(table: Table, card: Card) -> tuple[Place, ...]:
    """Return the places of a post's lines, each as it is once the ones before it are out."""
    places, found = table.places, []
    for raw in card.raws:
        found.append(find(places, raw))
        places = without(places, found[-1].number)
    return tuple(found)


def perform(table: Table, step: Step, back: bool = False) -> tuple[Table, list[Change]]:
    """Return what a step, or taking it back, still has to change in the file, and the table after that."""
    made: list[Change] = []
    for decision in reversed(step.decisions) if back else step.decisions:
        table = _knowing(table, decision)
        for change in _missing(table, decision, back):
            table = _after(table, change)
            made.append(change)
    return table, made


def _knowing(table: Table, decision: Decision) -> Table:
    wordings = {decision.fingerprint: decision.text}
    if decision.new:
        wordings[decision.new.fingerprint] = decision.new.text
    new = {post: Card(post, text) for post, text in wordings.items() if post not in table.cards}
    return replace(table, cards={**table.cards, **new}) if new else table


def _missing(table: Table, decision: Decision, back: bool) -> Iterator[Change]:
    first, rest = decision.places[:1], decision.places[1:]
    old = Wording(decision.text, decision.fingerprint, first[0].raw if first else b"")
    if decision.new and back:
        yield from _put_back(table, decision.fingerprint, rest, but_not=decision.new.raw)
        yield from _rewrite(table, decision.new, old)
    elif decision.new:
        yield from _rewrite(table, old, decision.new)
        yield from _remove(table, decision.fingerprint, rest)
    elif decision.back if back else decision.kind == "drop":
        yield from _remove(table, decision.fingerprint, decision.places)
    elif decision.kind == "drop" if back else decision.back:
        yield from _put_back(table, decision.fingerprint, decision.places)


def _remove(table: Table, post: str, places: Iterable[Place]) -> Iterator[Change]:
    picture_now, left = table.places, Counter(_raws(table, post))
    for place in places:
        if left[place.raw]:
            left[place.raw] -= 1
            found = find(picture_now, place.raw)
            picture_now = without(picture_now, found.number)
            yield Remove(post, found)


def _put_back(table: Table, post: str, places: tuple[Place, ...], but_not: bytes = b"") -> Iterator[Change]:
    if post in table.used:
        return
    there = Counter(_raws(table, post))
    there[but_not] -= 1
    for place in reversed(places):
        if there[place.raw] > 0:
            there[place.raw] -= 1
        else:
            yield PutBack(post, place)


def _rewrite(table: Table, old: Wording, new: Wording) -> Iterator[Change]:
    if old.raw in _raws(table, old.fingerprint):
        yield Rewrite(old.fingerprint, old.raw, new)


def _raws(table: Table, post: str) -> tuple[bytes, ...]:
    return table.cards[post].raws if post in table.cards else ()


def _after(table: Table, change: Change) -> Table:
    card = table.cards[change.fingerprint]
    cards, places = dict(table.cards), table.places
    if isinstance(change, Remove):
        cards[card.fingerprint] = _less(card, change.place.raw)
        places = without(places, change.place.number)
    elif isinstance(change, PutBack):
        cards[card.fingerprint] = replace(card, raws=(*card.raws, change.place.raw))
        places = replace(places, stale=True)  # others may have moved its place: the file tells
    else:
        cards[card.fingerprint] = _less(card, change.raw)
        new = change.new
        there = cards.get(new.fingerprint, Card(new.fingerprint, new.text))
        cards[new.fingerprint] = replace(there, text=new.text, raws=(new.raw, *there.raws))
        places = rewritten(places, change.raw, new.raw)
    return replace(table, cards=cards, places=places)


def _less(card: Card, raw: bytes) -> Card:
    at = card.raws.index(raw)
    return replace(card, raws=card.raws[:at] + card.raws[at + 1 :])
