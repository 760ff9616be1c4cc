"""One review with its files: carries out what the machine wants. Knows no terminal.

Holds `curate.lock` from start to end and `files.lock` never longer than one change. Every decision is in
the journal, on disk, before tweets.txt is touched and before the next card can be shown; a start finishes
what the last review wrote down and did not get to do.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from botus.errors import FileError, Interrupted, SettingsError
from botus.platforms.rows import Limit
from botus.review import handover
from botus.review.learning import AT_ONCE, Learner
from botus.review.machine import keys, rewording, state, steps, table
from botus.review.machine.editor import Key
from botus.review.machine.explaining import oddities
from botus.review.machine.state import ReviewState
from botus.review.machine.steps import Result
from botus.review.machine.table import Change, FromAnswers, PutBack, Remove, Rewrite, ToAnswers
from botus.review.surroundings import Surroundings
from botus.review.taste.order import Order
from botus.store.candidates import Candidates, Provenance
from botus.store.decisions.entries import Drawn, End, Kind, Step, Undo
from botus.store.decisions.journal import Decisions
from botus.store.durable.lines import Line
from botus.store.queue.tweets import ANSWERS, TWEETS, Queue
from botus.text import fingerprint


class ReviewSession:
    """A review of one data directory; use `open_session`.

    Attributes:
        state: what the machine knows, for the painter.
        about: what `generate` noted about posts, by fingerprint.
        notices: what the person should know at the start.
        answered: what pages asked for, by the ids that they gave it: it is not done twice.
        wants_editor: a text that the person wants to edit in a program of their own, for `reword`.
    """

    def __init__(
        self,
        data: Path,
        order: Order,
        seed: int,
        clock: Callable[[], float],
        limits: Sequence[Limit],
        learning: bool,
        file: str,
    ) -> None:
        self._data, self._clock = data, clock
        self._queue, self._decisions = Queue(data, file), Decisions(data, file)
        self._answers, self._candidates = Queue(data, ANSWERS), Candidates(data)
        self._beside = Surroundings(data, file)
        self._learner = Learner(lambda post: self.about.logprobs.get(post))
        self._quit = False
        self.wants_editor: str | None = None
        self.about: Provenance = self._candidates.provenance()
        history = self._decisions.history()
        self._wrote = history.last is not None
        self.answered = dict(history.requests)
        self.notices = ["a torn last line of the journal was passed over"] if self._decisions.torn() else []
        self._stamps = self._beside.stamps()
        lines, beside = list(self._queue.lines()), self._beside
        posts, unfinished = steps.recover(table.read(lines, beside.used(), beside.pooled()), history)
        if unfinished:
            self.notices.append("the last decision of a review that was cut off is finished now")
            self._change(unfinished)
            lines = list(self._queue.lines())
            posts = table.read(lines, beside.used(), beside.pooled())
        picked = _picked(data) if file == ANSWERS else frozenset()
        fresh = ReviewState(posts, order=order, seed=seed, limits=limits, learning=learning, file=file)
        fresh = replace(fresh, scores=self.about.scores, flagged=self.about.flagged, picked=picked)
        fresh = replace(fresh, set_aside=beside.set_aside(), denylist=beside.denylist(), inner=beside.inner())
        self.state = state.begin(fresh, history)
        if len(self.state.table.cards) <= AT_ONCE:
            self.think_through()
            known = replace(
                fresh, scores=self.state.scores, reasons=self.state.reasons, lesson=self.state.lesson
            )
            self.state = state.begin(known, history)  # so that the first card is the best one
        self.notices += oddities(lines, self.state)

    def press(self, key: Key) -> bool:
        """Take a key; when this returns, everything is on disk.

        A key that was meant for a card which is gone by now does nothing.

        Returns:
            False when the person wants to stop.
        """
        shown = self.state.shown
        if not self.look_again() or shown == self.state.shown:
            self._carry_out(keys.press(self.state, key, self._now()))
        return not self._quit

    def reword(self, written: str | None) -> None:
        """Take what the person saved in their own editor; None where they saved nothing.

        Where the post was used meanwhile, the text stays under edit and the notice says what happened.
        """
        edited, self.wants_editor = self.wants_editor, None
        shown = self.state.current
        self.look_again()
        now = self.state.current
        if written is not None and (not shown or not now or now.fingerprint != shown.fingerprint):
            notice = f"Not saved. {self.state.notice}: {edited!r} has become {written!r}"
            self.state = replace(self.state, notice=notice)
        else:
            self._carry_out(rewording.reword(self.state, written, self._now()))

    def decide(
        self, wanted: Iterable[tuple[str, Kind]], request: str = "", drawn: Mapping[str, Drawn] | None = None
    ) -> Counter[Kind]:
        """Decide posts in one step, by fingerprint; returns what was done.

        Args:
            request: the id that a page gave it; here and below, the caller looks into `answered` first.
            drawn: how they came to be shown, of those whose turn it was.
        """
        before = len(self.state.done)
        self._carry_out(steps.decide(self.state, wanted, self._now(), drawn=drawn), request)
        return Counter(one.kind for step in self.state.done[before:] for one in step.decisions)

    def take_back(self, request: str = "", *, again: bool = False) -> None:
        """Take the last step back, or do the one `again` that was taken back last."""
        self._carry_out((steps.redo if again else steps.undo)(self.state, self._now()), request)

    def edit(self, post: str, text: str, request: str = "") -> str:
        """Give a post a new wording; returns why not, or nothing."""
        before, at = len(self.state.done), self.state.at
        self._carry_out(rewording.reword(replace(self.state, at=post), text, self._now()), request)
        if len(self.state.done) > before:
            return ""
        problem = self.state.notice
        self.state = replace(self.state, editor=None, at=at)
        return problem

    def posts_by_line(self) -> dict[int, str]:
        """Return the fingerprint of the post on every line of tweets.txt, by line number."""
        lines = self._queue.lines()
        return {line.number: fingerprint(line.text) for line in lines if line.text is not None}

    def noted(self, post: str) -> Mapping[str, Any]:
        """What `generate` noted about a post, also where it was edited since."""
        return self.state.noted(self.about, post)

    def compare(self, post: str) -> str:
        """Say which words a post shares with the corpus; the state has it too."""
        card = self.state.table.cards[post]
        said = self._beside.compare(card.text, str(self.noted(post).get("model"))).replace("\n", " ")
        self.state = replace(self.state, nearest={**self.state.nearest, post: said})
        return said

    def think(self) -> bool:
        """Read and learn for a few milliseconds, while no key is pressed; False if there is nothing to do.

        `state` has the new order when something was learned.
        """
        after = self._learner.work(self.state)
        self.state = after or self.state
        return after is not None

    def think_through(self) -> None:
        """Read and learn to the end."""
        while self.think():
            pass

    def fit(self, posts: int) -> None:
        """Let a page of the list hold as many posts as a painter has room for."""
        size = max(1, min(state.PAGE, posts))
        if size != self.state.page_size:
            self.state = replace(self.state, page_size=size)

    def look_again(self) -> bool:
        """Take in what others did to the files meanwhile; False if nothing."""
        now, before = self._beside.stamps(), self._stamps
        if now == before:
            return False
        self._stamps = now
        if now["candidates"] != before["candidates"]:
            self.about = self._candidates.provenance()
            self.state = replace(self.state, flagged=self.about.flagged)
        if now["state"] != before["state"]:
            self.state = replace(self.state, set_aside=self._beside.set_aside())
        problem = ""
        if now["denylist"] != before["denylist"]:
            try:
                self.state = replace(self.state, denylist=self._beside.denylist())
            except FileError as error:  # it is being written, and has not to end a review
                problem = f"{error.message}: what it said before counts here"
        self._read_again()
        self.state = replace(self.state, notice=problem or self.state.notice)
        return True

    def is_wanted(self) -> bool:
        """Tell whether somebody asked to take the review over: whoever holds it is to end it."""
        return handover.is_wanted(self._data)

    def end(self) -> None:
        """Note that nothing is left unfinished."""
        if self._wrote:
            self._decisions.append(End(self._now()))

    def _carry_out(self, result: Result, request: str = "") -> None:
        """Do what a key wants, in this order: write it down, then change tweets.txt."""
        self.state, effects = result
        wanted: list[Change] = []
        is_step = False
        card = self.state.current
        for effect in effects:
            match effect:
                case Step() | Undo():
                    entry = replace(effect, request=request)
                    self._decisions.append(entry)
                    if request:
                        self.answered[request] = entry
                    self._wrote, is_step = True, isinstance(effect, Step)
                case "quit":
                    self._quit = True
                case "edit":
                    self.wants_editor = card.text if card else None
                case "compare":
                    if card:
                        self.compare(card.fingerprint)
                case _:
                    wanted.append(effect)
        if wanted and not self._change(wanted) and is_step:
            # An edit was written down, but its line was used in that very moment: take it back.
            self._read_again()
            self._carry_out(steps.undo(self.state, self._now()))
        elif self.state.table.is_stale:
            self._read_again()

    def _change(self, wanted: Sequence[Change]) -> bool:
        """Change the files; False if a line that was to be reworded had just gone."""
        self._answers.append(change.text for change in wanted if isinstance(change, ToAnswers))
        queued = [change for change in wanted if isinstance(change, Remove | PutBack | Rewrite)]
        removed = [change.place.raw for change in queued if isinstance(change, Remove)]
        missed = 0
        if len(removed) == len(queued) > 1:
            self._queue.remove_all(removed)
        else:
            missed = sum(not self._change_one(change) for change in queued)
        if taken := [change.raw for change in wanted if isinstance(change, FromAnswers)]:
            self._answers.remove_all(taken)
        self._stamps = self._beside.stamps()
        return not missed

    def _change_one(self, change: Remove | PutBack | Rewrite) -> bool:
        place = change.place
        line = Line(place.raw, place.number, None, place.start, place.ending)
        if isinstance(change, Remove):
            self._queue.remove(line)
        elif isinstance(change, PutBack):
            self._queue.put_back(place.raw, place.previous, place.number, place.ending, place.start)
        else:
            return self._queue.replace_line(line, change.new)
        return True

    def _read_again(self) -> None:
        beside = self._beside
        self.state = replace(self.state, inner=beside.inner())
        self.state = state.refresh(self.state, self._queue.lines(), beside.used(), beside.pooled())

    def _now(self) -> int:
        return int(self._clock() * 1000)


@contextmanager
def open_session(
    data: Path,
    order: str = "score",
    seed: int = 0,
    clock: Callable[[], float] = time.time,
    limits: Sequence[Limit] = (),
    learning: bool = True,
    take_over: bool = False,
    file: str = TWEETS,
) -> Iterator[ReviewSession]:
    """Hold a data directory for a review.

    Args:
        data: the data directory.
        order, seed, limits, learning: see `ReviewState`.
        clock: seconds since 1970.
        take_over: ask whoever reviews now to let go, and wait a few seconds for it.
        file: what is reviewed: the queue, or the pool of answers.

    Raises:
        BusyError: another review is going on.
        FileError: a file cannot be read or is damaged.
        SettingsError: the order is not known.
    """
    if order not in get_args(Order):
        raise SettingsError(f"--order {order!r} is not known", f"say one of {', '.join(get_args(Order))}")
    with handover.held(data, take_over=take_over):
        was_enabled = gc.isenabled()
        # It stays away from a hundred thousand cards: to walk them all would stop the person in the middle.
        gc.disable()
        try:
            session = ReviewSession(data, cast(Order, order), seed, clock, limits, learning, file)
            gc.freeze()
            try:
                yield session
            except Interrupted:
                session.end()
                raise
            else:
                session.end()
            finally:
                # It leads back to the session, and all of it would wait for a collection.
                del session._learner
        finally:
            gc.unfreeze()
            if was_enabled:
                gc.enable()


def _picked(data: Path) -> frozenset[str]:
    """The posts that a review of the queue has picked."""
    found = Decisions(data).verdicts()
    return frozenset(post for post, verdict in found.items() if verdict in ("answer", "keep", "star"))
