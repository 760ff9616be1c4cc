"""One review with its files: carries out what the machine wants. Knows no terminal.

Holds `curate.lock` from start to end and `files.lock` never longer than one change. Every decision is in
the journal, on disk, before tweets.txt is touched and before the next card can be shown. The one surprise:
a start finishes what the last review wrote down and did not get to do.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botus.errors import Interrupted
from botus.review.comparing import Comparison
from botus.review.learning import Learner
from botus.review.machine import changes, deck, steps
from botus.review.machine import press as curate
from botus.review.machine.changes import Change, PutBack, Remove
from botus.review.machine.deck import State
from botus.review.machine.editor import Key
from botus.review.machine.order import Lesson, Order
from botus.review.machine.press import Effect, LookUp, OpenEditor, Quit, Record
from botus.store.candidates import Candidates, Provenance
from botus.store.decisions import Decisions, Kind, Mark, Step
from botus.store.durable import files
from botus.store.durable.lines import Line
from botus.store.intents import Intents
from botus.store.queue import Queue
from botus.store.tweeted import Log
from botus.text import fingerprint

Clock = Callable[[], float]
_BESIDE_PAGE = 7  # lines of a screen that the list does not have


class Session:
    """A review of one data directory; use `open_session`.

    Attributes:
        state: what the machine knows, for the painter.
        about: what `generate` noted about posts, by fingerprint.
        notices: what the person should know at the start.
    """

    def __init__(self, data: Path, order: Order, seed: int, clock: Clock, limit: int, learning: bool) -> None:
        self._data = data
        self._compared: Comparison | None = None
        self.wants_editor: str | None = None
        self._queue, self._decisions = Queue(data), Decisions(data)
        self._log, self._intents = Log(data), Intents(data)
        self._clock = clock
        self._quit = False
        self._candidates = Candidates(data)
        self.about: Provenance = self._candidates.provenance()
        history = self._decisions.history()
        self._wrote = history.last is not None
        self.notices = ["a torn last line of the journal was passed over"] if self._decisions.torn() else []
        self._stamps = self._look()
        lines = list(self._queue.lines())
        table, unfinished = curate.recover(changes.read(lines, self._used()), history)
        if unfinished:
            self.notices.append("the last decision of a review that was cut off is finished now")
            self._change(unfinished)
            lines = list(self._queue.lines())
            table = changes.read(lines, self._used())
        state = deck.begin(table, history, order, self.about.scores, seed)
        self.state = replace(state, flagged=self.about.flagged, limit=limit, learning=learning)
        self._learner = Learner(self._parts)
        self.notices += _oddities(lines, self.state)

    def press(self, key: Key) -> bool:
        """Take a key; when this returns, everything is on disk.

        A key that was meant for a card which is gone by now does nothing.

        Returns:
            False when the person wants to stop.
        """
        shown = deck.shown(self.state)
        if self.look_again() and shown != deck.shown(self.state):
            return True
        self.state, effects = curate.press(self.state, key, self._now())
        self._carry_out(effects)
        return not self._quit

    def reword(self, written: str | None) -> None:
        """Take what the person saved in their own editor; None where they saved nothing.

        Where the post was used meanwhile, the text stays under edit and the notice says what happened.
        """
        edited, self.wants_editor = self.wants_editor, None
        card = deck.current(self.state)
        self.look_again()
        now = deck.current(self.state)
        if written is not None and (card is None or now is None or now.fingerprint != card.fingerprint):
            notice = f"Not saved. {self.state.notice}: {edited!r} has become {written!r}"
            self.state = replace(self.state, notice=notice)
            return
        self.state, effects = curate.reword(self.state, written, self._now())
        self._carry_out(effects)

    def decide(self, wanted: Iterable[tuple[str, Kind]]) -> Counter[Kind]:
        """Decide posts in one step, by fingerprint; returns what was done."""
        before = len(self.state.done)
        self.state, effects = steps.decide(self.state, wanted, self._now())
        self._carry_out(effects)
        return Counter(one.kind for step in self.state.done[before:] for one in step.decisions)

    def edit(self, post: str, text: str) -> str:
        """Give a post a new wording; returns why not, or nothing."""
        before = len(self.state.done)
        self.state = replace(self.state, at=post)
        self.state, effects = curate.reword(self.state, text, self._now())
        self._carry_out(effects)
        problem = "" if len(self.state.done) > before else self.state.notice
        self.state = replace(self.state, editor=None, at=None)
        return problem

    def posts_by_line(self) -> dict[int, str]:
        """Return the fingerprint of the post on every line of tweets.txt, by line number."""
        lines = self._queue.lines()
        return {line.number: fingerprint(line.text) for line in lines if line.text is not None}

    def record(self, post: str) -> Mapping[str, Any]:
        """What `generate` noted about a post, also where it was edited since."""
        while post not in self.about and post in self.state.origins:
            post = self.state.origins[post]
        return self.about.get(post) or {}

    def think(self) -> bool:
        """Do a few milliseconds of learning, while no key is pressed; False if there is nothing to do.

        `state` has the new order when something was learned.
        """
        lesson = self._learner.work(self.state)
        if isinstance(lesson, Lesson):
            self.state = curate.learn(self.state, lesson)
        return lesson is not False

    def fit(self, height: int) -> None:
        """Let a page of the list fit a screen of so many lines."""
        size = max(1, min(deck.PAGE, height - _BESIDE_PAGE))
        if size != self.state.page_size:
            self.state = replace(self.state, page_size=size)

    def look_again(self) -> bool:
        """Take in what others did to the files meanwhile; False if nothing."""
        now = self._look()
        if now == self._stamps:
            return False
        if now[2] != self._stamps[2]:
            self.about = self._candidates.provenance()
            self.state = replace(self.state, scores=self.about.scores, flagged=self.about.flagged)
        self._stamps = now
        self._read_again()
        return True

    def end(self) -> None:
        """Note that nothing is left unfinished."""
        if self._wrote:
            self._decisions.append(Mark("end", 0, self._now()))

    def _carry_out(self, effects: list[Effect]) -> None:
        wanted: list[Change] = []
        is_step = False
        for effect in effects:
            if isinstance(effect, Record):
                self._decisions.append(effect.entry)
                self._wrote = True
                is_step = isinstance(effect.entry, Step)
            elif isinstance(effect, Quit):
                self._quit = True
            elif isinstance(effect, OpenEditor):
                self.wants_editor = effect.text
            elif isinstance(effect, LookUp):
                self._look_up(effect)
            else:
                wanted.append(effect)
        if wanted and not self._change(wanted) and is_step:
            self._withdraw()
        elif self.state.table.places.stale:
            self._read_again()

    def _look_up(self, effect: LookUp) -> None:
        if self._compared is None:
            self._compared = Comparison(self._data)
        said = self._compared.say(effect.text)
        known = {**self.state.nearest, effect.fingerprint: said.replace("\n", " ")}
        self.state = replace(self.state, nearest=known)

    def _change(self, wanted: Sequence[Change]) -> bool:
        """Change tweets.txt; False if a line that was to be reworded had just gone."""
        lines = [change.place.raw for change in wanted if isinstance(change, Remove)]
        if len(lines) == len(wanted) > 1:
            self._queue.remove_all(lines)
            missed = []
        else:
            missed = [change for change in wanted if not self._change_one(change)]
        self._stamps = self._look()
        return not missed

    def _change_one(self, change: Change) -> bool:
        if isinstance(change, Remove):
            place = change.place
            self._queue.remove(Line(place.raw, place.number, None, place.start, place.ending))
            return True
        if isinstance(change, PutBack):
            place = change.place
            self._queue.put_back(place.raw, place.previous, place.number, place.ending, place.start)
            return True
        line = Line(change.raw, 0, None, change.start)
        return self._queue.replace_line(line, change.new.raw)

    def _withdraw(self) -> None:
        """An edit was written down, but its line was used in that very moment: take it back."""
        self._read_again()
        self.state, effects = curate.undo(self.state, self._now())
        self._carry_out(effects)

    def _read_again(self) -> None:
        self.state = curate.refresh(self.state, self._queue.lines(), self._used())

    def _parts(self, post: str) -> Mapping[str, float]:
        parts = self.record(post).get("parts")
        return parts if isinstance(parts, dict) else {}

    def _used(self) -> dict[str, str]:
        words = dict.fromkeys(self._intents.used(), "it is being posted")
        return words | {post: _when_and_where(entry) for post, entry in self._log.used().items()}

    def _look(self) -> tuple[object, object, object]:
        paths = (self._queue.path, self._log.path, self._candidates.path)
        queue, log, candidates = map(files.stamp, paths)
        return queue, log, candidates

    def _now(self) -> int:
        return int(self._clock() * 1000)


@contextmanager
def open_session(
    data: Path,
    order: Order = "score",
    seed: int = 0,
    clock: Clock = time.time,
    limit: int = 280,
    learning: bool = True,
) -> Iterator[Session]:
    """Hold a data directory for a review.

    Args:
        data: the data directory.
        order: how the cards are laid out.
        seed: for the cards that come at random.
        clock: seconds since 1970.
        limit: the shortest limit of a target, in characters.
        learning: whether the person's decisions may change the order.

    Raises:
        BusyError: another review is going on.
        FileError: a file cannot be read or is damaged.
    """
    with files.lock(data, "curate", holder="another botus curate"):
        with _without_collecting():
            session = Session(data, order, seed, clock, limit, learning)
        try:
            yield session
        except Interrupted:
            session.end()
            raise
        session.end()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep the garbage collector away from a hundred thousand cards, while they are read and for good."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _when_and_where(entry: Mapping[str, Any]) -> str:
    words = ["posted"]
    with suppress(ValueError, OverflowError, OSError):  # a date that no calendar has
        words.append(datetime.fromtimestamp(entry["timestamp"] / 1000).strftime("on %Y-%m-%d"))
    targets = entry.get("targets")
    parts = [part for part in targets.values() if isinstance(part, dict)] if isinstance(targets, dict) else []
    return " ".join([*words, *[str(part["url"]) for part in parts if part.get("url")]])


def _oddities(lines: Iterable[Line], state: State) -> Iterator[str]:
    unreadable = [line.number for line in lines if line.text is None]
    if unreadable:
        yield f"{len(unreadable)} not UTF-8 and not shown, the first is line {unreadable[0]} of tweets.txt"
    cards = state.table.cards.values()
    again = sum(1 for card in cards if card.raws and state.verdicts.get(card.fingerprint) == "drop")
    if again:
        yield f"{again} dropped before and in tweets.txt again: never drawn, not shown"
    used = sum(1 for card in cards if card.raws and card.fingerprint in state.table.used)
    if used:
        yield f"{used} posted before and still in tweets.txt: never drawn, not shown"
