"""What a decision changes in tweets.txt, forward and back. Pure.

In come the posts as they are on file (`Table`) and a step of the journal, out come the changes of the file
that are still missing and the table after them. So doing a step a second time changes nothing: redo, undo
and the recovery after a crash are the same code. Lines that are no longer there are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from botus.review.machine.places import Places, QueueLine, find, picture, rewritten, with_line, without
from botus.store.decisions import Decision, Place, Step, Wording
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
    """Give the line `raw` a new wording: the first one, which begins at the offset `start`."""

    fingerprint: str
    raw: bytes
    new: Wording
    start: int = -1


Change = Remove | PutBack | Rewrite
Part = Callable[[Table], Iterator[Change]]


def read(lines: Iterable[QueueLine], used: Mapping[str, str], before: Table | None = None) -> Table:
    """Lay out what the queue holds; posts of the table `before` stay known, with the lines they have now."""
    lines = list(lines)
    earlier = before.cards if before else {}
    known = {raw: card.fingerprint for card in earlier.values() for raw in card.raws}
    raws: dict[str, tuple[bytes, ...]] = {}
    texts: dict[str, str] = {}
    for line in lines:
        if line.text is not None:
            post = known.get(line.raw) or fingerprint(line.text)
            raws[post] = (*raws.get(post, ()), line.raw)
            texts.setdefault(post, line.text)
    cards = {post: Card(post, texts[post], found) for post, found in raws.items()}
    gone = {post: Card(post, card.text) for post, card in earlier.items() if post not in cards}
    return Table(cards | gone, picture(lines), used)


def places_of(table: Table, card: Card, new: bytes | None = None) -> tuple[Place, ...]:
    """Return the places of a post's lines, each as it is once the ones before it are out.

    Args:
        table: the posts on file.
        card: the post.
        new: what the first line becomes if it is not taken out but reworded.
    """
    places, found = table.places, []
    for raw in card.raws:
        found.append(find(places, raw))
        is_kept = new is not None and len(found) == 1
        places = rewritten(places, raw, new or b"") if is_kept else without(places, found[-1].number)
    return tuple(found)


def perform(table: Table, step: Step, back: bool = False) -> tuple[Table, list[Change]]:
    """Return what a step, or taking it back, still has to change in the file, and the table after that."""
    made: list[Change] = []
    for decision in reversed(step.decisions) if back else step.decisions:
        table = _knowing(table, decision)
        for part in _parts(decision, back):
            for change in list(part(table)):
                table = _after(table, change)
                made.append(change)
    return table, made


def _knowing(table: Table, decision: Decision) -> Table:
    wordings = {decision.fingerprint: decision.text}
    if decision.new:
        wordings[decision.new.fingerprint] = decision.new.text
    new = {post: Card(post, text) for post, text in wordings.items() if post not in table.cards}
    return replace(table, cards={**table.cards, **new}) if new else table


def _parts(decision: Decision, back: bool) -> list[Part]:
    """What a decision does to the file, in its order: each part sees what the one before has left."""
    post, places, new = decision.fingerprint, decision.places, decision.new
    if new:
        old = Wording(decision.text, post, places[0].raw)
        if back:
            return [partial(_put_back, post, places[1:], new.raw), partial(_rewrite, new, old, places)]
        return [partial(_rewrite, old, new, places[1:]), partial(_remove, post, places[1:])]
    if decision.back if back else decision.kind == "drop":
        return [partial(_remove, post, places)]
    if decision.kind == "drop" if back else decision.back:
        return [partial(_put_back, post, places, b"")]
    return []


def _remove(post: str, places: Iterable[Place], table: Table) -> Iterator[Change]:
    picture_now, left = table.places, Counter(_raws(table, post))
    for place in places:
        if left[place.raw]:
            left[place.raw] -= 1
            found = find(picture_now, place.raw)
            picture_now = without(picture_now, found.number)
            yield Remove(post, found)


def _put_back(post: str, places: Sequence[Place], but_not: bytes, table: Table) -> Iterator[Change]:
    if post in table.used:
        return
    there = Counter(_raws(table, post))
    there[but_not] -= 1
    for place in reversed(places):
        if there[place.raw] > 0:
            there[place.raw] -= 1
        else:
            yield PutBack(post, place)


def _rewrite(old: Wording, new: Wording, others: Sequence[Place], table: Table) -> Iterator[Change]:
    """Reword the first line, unless that was done: then one more has the new bytes than those it is among."""
    there = _raws(table, new.fingerprint).count(new.raw)
    expected = sum(1 for place in others if place.raw == new.raw)
    if old.raw in _raws(table, old.fingerprint) and there <= expected:
        yield Rewrite(old.fingerprint, old.raw, new, find(table.places, old.raw).start)


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
        places = with_line(places, change.place)
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
