"""The one review behind the page: opened when somebody asks, let go when nobody does or somebody takes over.

Requests come from several threads, and a lock lets one at a time in; whoever has it is as alone as the
terminal is. A change that was asked for under an id is done once: the id is in the journal with what it did,
so that the same request gets the same answer, also after a crash. Where anything fails in the middle, the
review is opened anew from its files.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any, NamedTuple

from botus.errors import BotusError, BusyError, SettingsError, sentence, unexpected
from botus.log import Say
from botus.review.machine.editor import Editor, Key, Paste, pressed
from botus.review.machine.explaining import about_order
from botus.review.machine.selecting import FILTERS, ORDERS
from botus.review.machine.state import DONE, Listing, ReviewState
from botus.review.session import ReviewSession, open_session
from botus.schedule.slots import schedule_of
from botus.settings import Settings
from botus.store.decisions.entries import Kind, Step, Undo
from botus.store.decisions.judgement import OUT, Verdict
from botus.store.queue.tweets import TWEETS
from botus.web import cards
from botus.web.exchange import Problem

IDLE = 900.0  # seconds without a request, after which the review is free for others
_PAUSE = 0.05  # seconds after a request in which nothing is learned: the next one may come at once
_FEW_CARDS = 1000  # they cost next to nothing
_CALM = 30.0  # seconds after a request, when nobody seems to be there
_SLICES, _WAKES = 0.003, 0.5  # seconds between two slices of learning, and between two looks around
_LONG = 500  # steps
_UNDECIDED: tuple[Verdict | None, ...] = (None, "later", "edited")
View = dict[str, Any]


class Who(NamedTuple):
    """A browser, and the file that it reviews."""

    name: str
    file: str = TWEETS


class Wanted(NamedTuple):
    """A decision that the page sent, and the verdict on the card that it was made on."""

    post: str
    verdict: Kind
    was: str | None


class Reviewing:
    """The review of one data directory; `clock` is seconds since 1970."""

    def __init__(self, settings: Settings, say: Say, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._say, self._clock = settings, say, clock
        self._limits = settings.limits()
        self._per_day = _per_day(settings)
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._opened = ExitStack()
        self._session: ReviewSession | None = None
        self._client, self._showing = Who(""), ""
        self._asked, self._littered = 0.0, False
        self._noted: dict[str, Mapping[str, Any]] = {}
        self._noted_of: object = None
        self._said_of: object = None
        self._said: list[str] = []

    def open(self, client: Who, count: int, *, take_over: bool) -> View:
        """Begin or go on; with `take_over` also where somebody else reviews."""
        with self._turn(client, "busy", take_over=take_over) as session:
            session.state = replace(session.state, listing=None)  # a page begins with one post
            return self._view(session, count)

    def look(self, client: Who, count: int) -> View:
        """Return the review as it is."""
        with self._turn(client) as session:
            return self._view(session, count)

    def decide(self, client: Who, request: str, wanted: Sequence[Wanted], count: int) -> dict[str, Any]:
        """Decide posts in one step; what is on a card that is not so any more is not decided."""
        with self._turn(client) as session:
            if request not in session.answered:
                good = [(one.post, one.verdict) for one in wanted if not _stale(session, one)]
                drawn = session.state.drawn()
                session.decide([one for one in good if not _is_so(session, *one)], request, drawn)
            step = session.answered.get(request)
            if isinstance(step, Undo):
                raise Problem(400, "request", "that id was of another request")
            made = {one.fingerprint: one.kind for one in step.decisions} if step else {}
            done: list[dict[str, str]] = []
            stale: list[dict[str, str]] = []
            for one in wanted:
                if made.get(one.post) == one.verdict or _is_so(session, one.post, one.verdict):
                    done.append({"post": one.post, "verdict": one.verdict})
                else:
                    why = _stale(session, one) or "This post could not be decided"
                    stale.append({"post": one.post, "why": why})
            return {"done": done, "stale": stale, "view": self._view(session, count)}

    def edit(self, client: Who, request: str, post: str, text: str, count: int) -> dict[str, Any]:
        """Give a post a new wording."""
        with self._turn(client) as session:
            step, problem = session.answered.get(request), ""
            if isinstance(step, Step):
                is_done = any(one.number == step.number for one in session.state.done)
                problem = "" if is_done else "This edit was taken back"
            elif post not in session.state.table.cards:
                problem = session.state.why_gone(post)
            else:
                problem = session.edit(post, pressed(Editor("", 0), Paste(text)).text, request)
            return {"problem": problem, "view": self._view(session, count)}

    def take_back(self, client: Who, request: str, count: int, *, again: bool) -> dict[str, Any]:
        """Undo the last step, or redo the one `again` that was taken back last."""
        with self._turn(client) as session:
            if request not in session.answered:
                session.take_back(request, again=again)
            notice = session.state.notice
            return {"notice": notice, "view": self._view(session, count)}

    def select(self, client: Who, count: int, *keys: Key, showing: str | None = None) -> View:
        """Look at others, by the keys that do so in the terminal.

        Args:
            showing: what a filter is called that the keys ask for.
        """
        with self._turn(client) as session:
            session.state = replace(session.state, asking=None, editor=None, helping=False, listing=None)
            for key in keys:
                session.press(key)
            self._showing = self._showing if showing is None else showing
            return self._view(session, count)

    def like(self, client: Who, count: int, post: str) -> View:
        """Show everything like a post, of what is still to be decided."""
        with self._turn(client) as session:
            if post not in session.state.table.cards or not session.state.is_there(post):
                raise Problem(409, "stale", session.state.why_gone(post))
            session.state = replace(session.state, at=post, listing=None, asking=None, editor=None)
            session.press("m")
            return self._view(session, count)

    def learn(self, client: Who, count: int, *, wanted: bool) -> View:
        """Let the decisions make the order, or not."""
        with self._turn(client) as session:
            if session.state.learning != wanted:
                session.state = replace(session.state, asking=None, editor=None, helping=False)
                session.press("o")
                session.press("l")
            return self._view(session, count)

    def page(self, client: Who, count: int, *, shown: bool) -> View:
        """Show a page of posts, whose order then stays, or one post."""
        with self._turn(client) as session:
            session.state = replace(session.state, listing=Listing() if shown else None)
            return self._view(session, count)

    def compare(self, client: Who, post: str) -> str:
        """Say what a post shares with the corpus."""
        with self._turn(client) as session:
            if post not in session.state.table.cards:
                raise Problem(409, "stale", session.state.why_gone(post))
            return session.compare(post)

    def work(self) -> None:
        """Learn while nobody asks, and let go in time; until `close`."""
        pause = _WAKES
        while not self._closed.wait(pause):
            try:
                with self._guard:
                    pause = _SLICES if self._work() else _WAKES
            except Exception as error:
                said = sentence(error if isinstance(error, BotusError) else unexpected(error))
                self._say(f"the review behind the page: {said}", "error")
                pause = _WAKES

    def close(self) -> None:
        """End the review, and `work`."""
        self._closed.set()
        with self._guard:
            self._let_go()

    @contextmanager
    def beside(self, client: Who, *, take_over: bool) -> Iterator[ReviewSession]:
        """Let a change of the queue in, which is a step of the review, on whatever device that is.

        Args:
            take_over: from a terminal.
        """
        with self._turn(client, "busy", take_over=take_over, beside=True) as session:
            before = session.state
            yield session
            after = session.state
            if before.at and before.at in after.table.cards and after.is_there(before.at):
                after = replace(after, at=before.at)  # who reviews goes on with what is on the screen
            session.state = replace(after, listing=before.listing)

    @contextmanager
    def _turn(
        self, client: Who, what: str = "taken", *, take_over: bool = False, beside: bool = False
    ) -> Iterator[ReviewSession]:
        """Let one request in: of the client that reviews, or of one that does something beside it."""
        with self._guard:
            before = self._client
            is_other = self._session is not None and client.name != self._client.name and not beside
            if is_other and not take_over:
                raise Problem(409, what, "Somebody reviews on another device now", holder="another device")
            if self._session is not None and self._session.state.file != client.file:
                self._let_go()
            if self._session is None:
                self._begin(what, take_over, client.file)
                self._client = before if beside and before.name else client
            elif is_other:
                self._client = client
            self._asked = self._clock()
            assert self._session is not None
            try:
                self._littered = True
                self._session.look_again()
                yield self._session
            except Problem:
                raise
            except BaseException as error:
                self._fail(error)
                raise
            finally:
                self._asked = self._clock()

    def _begin(self, what: str, take_over: bool, file: str) -> None:
        if self._closed.is_set():
            raise Problem(503, "closed", "botus web is ending")
        data = self._settings.data
        self._opened = ExitStack()
        try:
            opened = open_session(
                data, limits=self._limits, clock=self._clock, take_over=take_over, file=file
            )
            self._session = self._opened.enter_context(opened)
        except BusyError as error:
            said = f"Somebody reviews in a terminal now. {error.hint}" if take_over else _IN_TERMINAL
            raise Problem(409, what, said, holder="another botus curate") from error
        self._session.state = replace(self._session.state, notice=". ".join(self._session.notices))

    def _work(self) -> bool:
        """Do a little of what need not be done at once; False if there is nothing more of it."""
        if self._session is None:
            return False
        quiet = abs(self._clock() - self._asked)  # also where the clock was set back meanwhile
        if quiet > IDLE or self._session.is_wanted():
            self._let_go()
            return False
        try:
            if quiet < _PAUSE or self._session.think():
                return True
        except Exception as error:
            self._fail(error)
            raise
        if quiet > _CALM and self._littered:  # a review keeps the collector away, since it stops everybody
            self._littered = False
            gc.collect()
        return False

    def _fail(self, error: BaseException) -> None:
        """Let go of a review that failed in the middle: what is in memory may not be what is on disk."""
        self._session = self._noted_of = None
        with suppress(type(error)):
            self._opened.__exit__(type(error), error, error.__traceback__)

    def _let_go(self) -> None:
        is_large = self._session is not None and len(self._session.state.table.cards) > _FEW_CARDS
        self._session = self._noted_of = None
        self._client, self._noted = Who(""), {}
        self._opened.close()
        if is_large:
            gc.collect()  # a hundred thousand cards, some of them in circles, do not wait for a full heap

    def _view(self, session: ReviewSession, count: int) -> View:
        if self._noted_of is not session.about:
            self._noted_of, self._noted = session.about, {}

        def noted(post: str) -> Mapping[str, Any]:
            # The same twenty cards come again and again, and each is a look into a file.
            if post not in self._noted:
                self._noted[post] = session.noted(post)
            return self._noted[post]

        state, about = session.state, self._about(session.state)
        return cards.view(state, self._limits, noted, self._per_day, self._showing, about, count)

    def _about(self, state: ReviewState) -> list[str]:
        """What is said of the order: of a long journal not anew at each touch, since all of it is counted."""
        steps = len(state.done) if len(state.done) < _LONG else len(state.done) // 50
        key = (id(state.lesson), len(state.scores), state.order, state.learning, steps)
        if key != self._said_of:
            self._said_of, self._said = key, list(about_order(state))
        return self._said


_IN_TERMINAL = "Somebody reviews in a terminal now"
FILTER_KEYS: dict[str, str] = {name: key for key, name in FILTERS.items()}
ORDER_KEYS: dict[str, str] = {name: key for key, name in ORDERS.items()}


def _is_so(session: ReviewSession, post: str, verdict: Kind) -> bool:
    return verdict != "later" and session.state.verdicts.get(post) == verdict


def _stale(session: ReviewSession, one: Wanted) -> str:
    """Say why a card is not as it was when it was decided; nothing where it is."""
    state = session.state
    now = state.verdicts.get(one.post)
    if now == "edited":
        return "This post was reworded meanwhile"
    if one.post not in state.table.cards:
        return state.why_gone(one.post)
    if now not in _UNDECIDED and now not in (one.was, one.verdict):
        return f"This post was {DONE[str(now)]} meanwhile"
    if not state.is_there(one.post):
        return state.why_gone(one.post)
    return "This post was taken out: keep it first" if now in OUT and one.verdict == "later" else ""


def _per_day(settings: Settings) -> float | None:
    """Posts a day, None where there is no schedule, or none that can be read: `status` says so."""
    try:
        return schedule_of(settings).posts_per_day(settings.max_per_day) if settings.cron else None
    except SettingsError:
        return None
