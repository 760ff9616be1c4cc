"""`botus curate` in a terminal: paints the state, reads a key, hands it to the session. No decisions here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from botus.errors import Interrupted, SettingsError
from botus.platforms.rows import Limit
from botus.review.machine.explaining import keepers_left
from botus.review.machine.selecting import selected
from botus.review.machine.state import DONE, ReviewState
from botus.review.machine.tally import tally
from botus.review.session import ReviewSession, open_session
from botus.review.terminal.tty import KEYBOARD, SCREEN, Terminal, open_terminal
from botus.settings import Settings
from botus.store.queue.tweets import TWEETS

_LOOK_EVERY = 1.0  # seconds between two looks at the files and the size of the screen


def review(
    settings: Settings,
    order: str = "score",
    *,
    dropped: bool = False,
    learning: bool = True,
    take_over: bool = False,
    file: str = TWEETS,
) -> ReviewState:
    """Review the data directory of the settings in the terminal until the person quits; returns how it ended.

    Args:
        settings: the data directory and the targets, whose limits are shown.
        order: how the cards are laid out.
        dropped: begin with what was dropped.
        learning: whether the person's decisions may change the order.
        take_over: ask whoever reviews now to let go.
        file: what is reviewed: the queue, or the pool of answers.

    Raises:
        SettingsError: the order is not known, or this is not a terminal.
        BusyError: another review is going on.
        Interrupted: a signal came, the terminal went away, or somebody took the review over; everything
            decided is saved.
    """
    if not (os.isatty(KEYBOARD) and os.isatty(SCREEN)):
        raise SettingsError(
            "botus curate needs a terminal, to show a post and read a key",
            "run it with ssh -t or docker compose run --rm; without a terminal, use --export and --import"
            " review.csv, --keep 1,4,7-9 or --drop-matching REGEX, or edit tweets.txt by hand",
        )
    limits = settings.limits()
    opened = open_session(
        settings.data, order, limits=limits, learning=learning, take_over=take_over, file=file
    )
    with opened as session:
        if session.state.deck or session.state.done:
            notices = list(session.notices)
            if dropped:
                session.state = selected(session.state, "dropped")
                notices.append(session.state.notice)
            session.state = replace(session.state, notice=". ".join(notices))
            with open_terminal() as terminal:
                _review(session, limits, terminal)
        return session.state


def closing(state: ReviewState) -> Iterator[str]:
    """Yield the lines that are printed when a review is over."""
    done = tally(state)
    made = [f"{count:,} {DONE[kind]}" for kind, count in done.made.items() if count]
    if made:
        yield f"This time: {', '.join(made)}."
    if left := sum(map(state.is_open, state.deck)):  # what was decided out of turn is none of them
        yield f"{left:,} still to be reviewed, {done.kept:,} kept in {state.file}."
        yield from keepers_left(state)
    elif made or done.kept:
        yield f"Nothing is left to review, {done.kept:,} kept in {state.file}."
    else:
        command = "botus generate" if state.file == TWEETS else "botus generate --answers"
        yield f"There is nothing to review: {command} writes candidates into {state.file}."
    if done.kept and state.file == TWEETS and not state.table.used:
        yield "Next: botus init asks where and when they go out, then botus post sends one."


def _review(session: ReviewSession, limits: Sequence[Limit], terminal: Terminal) -> None:
    _paint(session, limits, terminal)
    is_thinking = False
    while True:
        keys = terminal.keys(0.0 if is_thinking else _LOOK_EVERY)
        for key in keys:
            if not session.press(key):
                return
            if session.wants_editor is not None:
                session.reword(terminal.edited(session.wants_editor))
            _paint(session, limits, terminal)
            terminal.heed_signals()
        if keys:
            is_thinking = True
            continue
        if session.is_wanted():
            raise Interrupted(_taken_over(session))
        before = session.state
        is_thinking = session.think()
        if session.state is not before or session.look_again() or terminal.has_changed():
            _paint(session, limits, terminal)


def _taken_over(session: ReviewSession) -> str:
    """What is said at the end, with what was typed and is not saved."""
    said = "another terminal or the page took the review over: everything decided is saved"
    under_edit = session.state.editor
    return f"{said}; not saved: {under_edit.text!r}" if under_edit else said


def _paint(session: ReviewSession, limits: Sequence[Limit], terminal: Terminal) -> None:
    # rich takes a tenth of a second to import, and only a terminal needs it
    from botus.review.terminal.paint import View
    from botus.review.terminal.screens import page_size, screen

    width, height = terminal.size()
    view = View(limits, session.about, width, height, terminal.is_styled)
    session.fit(page_size(session.state, view))
    terminal.show(screen(session.state, view))
