"""What is said of the order: what makes it, what it is worth, what speaks for a card, what is left; of where
a post comes from; of lines that are not shown.

Pure. Cards that came at random tell what is left and nothing of the order; the others tell what the order is
worth and nothing of what is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from botus.review.machine.precheck import held, is_flagged
from botus.review.machine.state import ReviewState
from botus.review.machine.tally import decided, tally
from botus.review.taste.estimate import Draw, estimate
from botus.review.taste.trust import FEWEST, LEARNED_FROM, can_tell, is_enough
from botus.store.decisions.entries import Drawn
from botus.store.decisions.judgement import OUT
from botus.store.durable.lines import Line
from botus.store.queue.tweets import ANSWERS
from botus.text import counted

_LATEST = 100  # cards of either kind that are counted
_FEWEST_DRAWS = 10
_FEW = 2000  # cards, of which all are looked at before the first is shown
_SCORE = (
    "The score puts short, plain posts that end first. Below a card stands what moves it most: for it, up;"
    " against it, down."
)
_WORDS = {"file": "as in the file", "new": "the newest first", "random": "by chance", "score": "by score"}


class Ordered(NamedTuple):
    """What makes the order, in few words and in a few more."""

    short: str
    long: str


def ordered(state: ReviewState) -> Ordered:
    """Say what makes the order."""
    doubt = "the most uncertain first, " if state.order == "uncertain" else ""
    if state.lesson and state.is_taught:
        lesson = state.lesson
        behind = f"({lesson.decisions:,} decisions, {lesson.kept:,} kept)"
        if not can_tell(lesson.decisions, lesson.kept):
            words = f"{doubt}taste half trusted"
            missing = "kept" if lesson.kept < FEWEST else "dropped"
            return Ordered(words, f"{words} until three are {missing} {behind}")
        words = f"{doubt}taste trusted {100 * lesson.trust:.0f} %"
        return Ordered(words, f"{words} {behind}")
    if not state.can_learn:
        words = doubt + _WORDS.get(state.order, "by score")
        return Ordered(words, words)
    words = f"{doubt}by score" if state.scores else "by chance until all is read"
    return Ordered(words, f"{words}; {_teaching(state)}")


def about_order(state: ReviewState) -> Iterator[str]:
    """Yield sentences on what makes the order, and honestly what it is worth."""
    words = ordered(state).long
    yield f"{words[0].upper()}{words[1:]}."
    if state.is_by_worth:
        yield _SCORE
    if not state.learning:
        yield "Learning from your decisions is switched off (o l)."
    lesson = state.lesson if state.is_taught else None
    if lesson and lesson.area is not None and lesson.score_area is not None:
        first, alone = (f"{100 * area:.0f}" for area in (lesson.area, lesson.score_area))
        yield f"It puts the one you'd keep first {first} times in 100 (score alone {alone})."
    kept, draws = _in_order(state), drawn(state)
    by_chance = [draw.is_kept for draw in draws[-_LATEST:]]
    if kept and by_chance:
        yield f"Kept {_of_the_last(kept)}, of random cards {sum(by_chance):,} of {len(by_chance):,}."
    elif kept:
        yield f"Kept {_of_the_last(kept)}."
    yield from keepers_left(state, draws)


def keepers_left(state: ReviewState, draws: list[Draw] | None = None) -> Iterator[str]:
    """Say how many posts that the person would keep may be left, so that they know when to stop."""
    left, draws = tally(state).left, drawn(state) if draws is None else draws
    if not left or len(draws) < _FEWEST_DRAWS:
        return
    found = estimate(draws[-_LATEST:], left)
    if not found.kept:
        share = _in_100(found.most / left)
        yield f"None of {found.draws} random cards was kept: at most about {share} of what is left."
        return
    least, likely, most = math.floor(found.least), round(found.likely), math.ceil(found.most)
    among = f"among the {left:,} left" if left > 1 else "in the one left"
    yield f"About {counted(likely, 'keeper')} {among} ({least:,} to {most:,}), by {found.draws} random cards."


def reasons(state: ReviewState, post: str) -> list[str]:
    """Return what speaks for a post, and what against it."""
    found = state.judging(post)
    pro = ", ".join(one.words for one in found if one.weight > 0)
    con = ", ".join(one.words for one in found if one.weight < 0)
    return [words for words, some in ((f"for it: {pro}", pro), (f"against it: {con}", con)) if some]


def written_by(noted: Mapping[str, Any]) -> str:
    """Say which model wrote a post, and how, as `generate` noted it; "" where it noted nothing."""
    model, step, temperature = (noted.get(name) for name in ("model", "step", "temperature"))
    words = [str(model) if model else "", f"step {step}" if step else ""]
    words.append(f"temperature {temperature:g}" if isinstance(temperature, int | float) else "")
    return ", ".join(filter(None, words))


def shared(noted: Mapping[str, Any]) -> tuple[str, str]:
    """Say what a post shares with the corpus, and with which post of it, as `generate` noted it.

    Both are "" where that is nothing, and the other post alone where it was forgotten.
    """
    if not (nearest := noted.get("nearest")):
        return "", ""
    known = f"{nearest.get('run', '?')} words in a row as in the corpus"
    return known, str(nearest.get("text") or "").replace("\n", " ")


def drawn(state: ReviewState) -> list[Draw]:
    """Return the cards that came at random and were decided, oldest first."""
    found: list[Draw] = []
    kept = decided = 0
    for how, is_kept in reversed(_came(state)):
        kept, decided = kept + is_kept, decided + 1
        if how == "random":
            found.append(Draw(is_kept, kept, decided))
    return found[::-1]


def _in_order(state: ReviewState) -> list[bool]:
    """The latest cards that came because of what they are worth: which were kept."""
    return [is_kept for how, is_kept in _came(state) if how == "order"][-_LATEST:]


def _came(state: ReviewState) -> list[tuple[Drawn | None, bool]]:
    """How every post that is decided came first, and whether it was kept in the end; the oldest first."""
    came: dict[str, Drawn | None] = {}
    for step in state.done:
        for one in step.decisions:
            post = one.new.fingerprint if one.new else one.fingerprint
            came[post] = came.get(post) or came.get(one.fingerprint) or one.drawn
    final = ((how, state.verdicts.get(post)) for post, how in came.items())
    return [(how, verdict != "drop") for how, verdict in final if verdict in ("keep", "star", "drop")]


def _teaching(state: ReviewState) -> str:
    """What is missing before something can be learned."""
    decisions, kept = decided(state.verdicts)
    if is_enough(decisions, kept):
        return "your taste is being learned"
    if decisions < LEARNED_FROM:
        missing = LEARNED_FROM - decisions
        more = " more" if decisions else ""
        return f"{missing}{more} {'decisions teach' if missing > 1 else 'decision teaches'} it your taste"
    return f"the first {'drop' if kept else 'keep'} teaches it your taste"


def _of_the_last(kept: list[bool]) -> str:
    return f"{sum(kept):,} of the last {len(kept):,}"


def _in_100(share: float) -> str:
    return f"{100 * share:.0f} in 100" if share >= 0.01 else f"{max(1, 1000 * share):.0f} in 1,000"


def oddities(lines: Iterable[Line], begun: ReviewState) -> Iterator[str]:
    """Yield what the person should know of a file at the start: lines that are not shown, and why."""
    unreadable = [line.number for line in lines if line.text is None]
    if unreadable:
        yield f"{len(unreadable)} not UTF-8 and not shown, the first is line {unreadable[0]} of {begun.file}"
    cards = [card.fingerprint for card in begun.table.cards.values() if card.raws]
    if again := sum(begun.verdicts.get(post) in OUT for post in cards):
        yield f"{again} taken out before and in {begun.file} again: never drawn, not shown"
    if used := sum(post in begun.table.used for post in cards):
        yield f"{used} posted before and still in {begun.file}: never drawn, not shown"
    waiting = [post for post in cards if begun.is_open(post)] if len(cards) <= _FEW else []
    if waits := sum(bool(held(begun, post)) or is_flagged(begun, post) for post in waiting):
        what = "never said" if begun.file == ANSWERS else "held until kept"
        yield f"{counted(waits, 'post')} {what}: filter “flagged or held”"
    if aside := sum(post in begun.set_aside and begun.is_there(post) for post in cards):
        yield f"{aside} set aside until shorter, since a platform found them too long: filter “long”"


def when_and_where(entry: Mapping[str, Any]) -> str:
    """Say when and where a post of the log came out."""
    words = ["posted"]
    with suppress(ValueError, OverflowError, OSError):  # a date that no calendar has
        words.append(datetime.fromtimestamp(entry["timestamp"] / 1000).strftime("on %Y-%m-%d"))
    targets = entry.get("targets")
    parts = [part for part in targets.values() if isinstance(part, dict)] if isinstance(targets, dict) else []
    return " ".join([*words, *[str(part["url"]) for part in parts if part.get("url")]])
