"""What a person does to the queue on the page: a step of the review, so that it can be undone.

It goes through the session of the page, whoever reviews with it; where nobody does, one is begun. A line that
no review shows, because it was used or dropped before, is only taken out of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from botus.review.batch import take_out
from botus.review.machine.editor import Editor, Paste, pressed
from botus.review.machine.table import Card
from botus.review.queue_add import add_posts
from botus.review.session import ReviewSession
from botus.store.decisions.entries import Step
from botus.store.queue.tweets import Queue
from botus.text import normalise
from botus.web.exchange import Problem
from botus.web.reviewing import Reviewing, Who

Answer = dict[str, Any]
What = Literal["remove", "keep", "edit", "undo"]
WHATS: tuple[What, ...] = ("remove", "keep", "edit", "undo")


class Changes:
    """The changes of one data directory's queue."""

    def __init__(self, data: Path, reviewing: Reviewing) -> None:
        self._data, self._reviewing = data, reviewing

    def make(
        self, what: What, client: str, request: str, post: str, text: str = "", *, take_over: bool = False
    ) -> Answer:
        """Make a change of one post; returns what was done, in a sentence.

        Args:
            client: the browser.
            request: the id that it gave the change.
            post: its fingerprint; to undo, the id of the change that is to be taken back.
            text: the new wording, to edit.
            take_over: from a review in a terminal.

        Raises:
            Problem: the post is not there any more, or somebody reviews in a terminal.
        """
        with self._reviewing.beside(Who(client), take_over=take_over) as session:
            if request in session.answered:
                return {"said": _SAID[what]}
            if what == "undo":
                _take_back(session, request, post)
                return {"said": _SAID[what]}
            card = session.state.table.cards.get(post)
            if card is None or not card.raws:
                raise Problem(409, "stale", "This post is no longer in tweets.txt")
            _DO[what](self._data, session, request, card, text)
        return {"said": _SAID[what]}

    def add(self, text: str) -> Answer:
        """Add one post to the queue."""
        post = normalise(pressed(Editor("", 0), Paste(text)).text)
        if not post:
            raise Problem(409, "refused", "There is nothing in it")
        done = add_posts(self._data, [post])
        if done.added:
            return {"said": "Added to the queue"}
        whys = {
            "It is in the queue already": done.present,
            "It was posted before": done.used,
            "It was dropped here: bring it back in the review": done.dropped,
        }
        raise Problem(409, "refused", next(why for why, count in whys.items() if count))


def _remove(data: Path, session: ReviewSession, request: str, card: Card, text: str) -> None:
    take_out(session, Queue(data), [card.fingerprint], request)


def _keep(data: Path, session: ReviewSession, request: str, card: Card, text: str) -> None:
    if not session.state.is_there(card.fingerprint):
        raise Problem(409, "stale", session.state.why_gone(card.fingerprint))
    session.decide([(card.fingerprint, "keep")], request)


def _edit(data: Path, session: ReviewSession, request: str, card: Card, text: str) -> None:
    written = pressed(Editor("", 0), Paste(text)).text
    if problem := session.edit(card.fingerprint, written, request):
        raise Problem(409, "refused", problem.replace(": Esc leaves", ""))


def _take_back(session: ReviewSession, request: str, earlier: str) -> None:
    step, done = session.answered.get(earlier), session.state.done
    if not isinstance(step, Step) or not done or done[-1].number != step.number:
        raise Problem(
            409, "stale", "Something else was decided since: Undo in the review takes back in order"
        )
    session.take_back(request)


_DO: dict[str, Callable[[Path, ReviewSession, str, Card, str], None]] = {
    "remove": _remove,
    "keep": _keep,
    "edit": _edit,
}
_SAID: dict[What, str] = {
    "remove": "Removed from the queue",
    "keep": "Kept",
    "edit": "Edited, and still to be kept",
    "undo": "Taken back",
}
