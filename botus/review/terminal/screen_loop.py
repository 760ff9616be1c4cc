"""`botus curate` in a terminal: paints the card, reads a key, hands it to the session. No decisions here.

The terminal is put back as it was however this ends, `kill -9` excepted. The one surprise: signals only
leave a note, which is looked at between two keys, so that no signal can cut a decision in two.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from botus import shutdown
from botus.errors import Interrupted, SettingsError
from botus.platforms import Limit
from botus.review.machine.editor import Key
from botus.review.machine.order import Order
from botus.review.machine.selecting import selected
from botus.review.machine.tally import Tally, tally
from botus.review.session import ReviewSession, open_session
from botus.review.terminal.keyboard import Decoder, as_paste, is_burst
from botus.settings import Settings

if TYPE_CHECKING:  # rich takes a tenth of a second to import, and only a terminal needs it
    from rich.text import Text

# Another screen, no cursor, no automatic line break, pastes marked as such; and all of it back.
_BEGIN = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h"
_END = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_LOOK_EVERY = 1.0
_PASTE_PAUSE = 0.05
_OTHERS = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)


@dataclass(frozen=True)
class Summary:
    """How a review ended, and what the person was told at its start."""

    tally: Tally
    notices: tuple[str, ...]


def review(
    settings: Settings, order: str = "score", *, dropped: bool = False, learning: bool = True
) -> Summary:
    """Review the data directory of the settings, with the limits of their targets; of X where there are none.

    Args:
        settings: the data directory and the targets.
        order: how the cards are laid out.
        dropped: begin with what was dropped.
        learning: whether the person's decisions may change the order.

    Raises:
        SettingsError: the order is not known, or this is not a terminal.
        Interrupted: see `run_session`.
    """
    if order not in get_args(Order):
        raise SettingsError(f"--order {order!r} is not known", f"say one of {', '.join(get_args(Order))}")
    limits = settings.limits()
    return run_session(settings.data, limits, cast(Order, order), dropped=dropped, learning=learning)


def run_session(
    data: Path,
    limits: Sequence[Limit],
    order: Order = "score",
    seed: int = 0,
    clock: Callable[[], float] = time.time,
    keyboard: int = 0,
    screen: int = 1,
    *,
    dropped: bool = False,
    learning: bool = True,
) -> Summary:
    """Review a data directory in the terminal until the person quits.

    Args:
        data: the data directory.
        limits: name, way of counting and limit of every target.
        order: how the cards are laid out.
        seed: for the cards that come at random.
        clock: seconds since 1970.
        keyboard, screen: descriptors of the terminal.
        dropped: begin with what was dropped.
        learning: whether the person's decisions may change the order.

    Raises:
        SettingsError: this is not a terminal.
        BusyError: another review is going on.
        Interrupted: a signal came, or the terminal went away; everything decided is saved.
    """
    if not (os.isatty(keyboard) and os.isatty(screen)):
        raise SettingsError(
            "botus curate needs a terminal, to show a post and read a key",
            "run it with ssh -t or docker compose run --rm; without a terminal, use --export and --import"
            " review.csv, --keep 1,4,7-9 or --drop-matching REGEX, or edit tweets.txt by hand",
        )
    shortest = min((limit.most for limit in limits), default=280)
    with open_session(data, order, seed, clock, shortest, learning) as session:
        if session.state.deck or session.state.done:
            if dropped:
                session.state = selected(session.state, "dropped")
            notices = [*session.notices, session.state.notice] if dropped else session.notices
            session.state = replace(session.state, notice=". ".join(notices))
            _review(session, limits, keyboard, screen)
    return Summary(tally(session.state), tuple(session.notices))


def closing(summary: Summary) -> Iterator[str]:
    """Yield the lines that are printed when a review is over."""
    from botus.review.machine.state import DONE

    made = [f"{count:,} {DONE[kind]}" for kind, count in summary.tally.made.items() if count]
    if made:
        yield f"This time: {', '.join(made)}."
    if summary.tally.left:
        yield f"{summary.tally.left:,} still to be reviewed, {summary.tally.kept:,} kept in tweets.txt."
    elif made or summary.tally.kept:
        yield f"Nothing is left to review, {summary.tally.kept:,} kept in tweets.txt."
    else:
        yield "There is nothing to review: botus generate writes candidates into tweets.txt."


def _review(session: ReviewSession, limits: Sequence[Limit], keyboard: int, screen: int) -> None:
    with _Terminal(keyboard, screen) as terminal:
        terminal.paint(session, limits)
        is_thinking = False
        while True:
            keys = terminal.keys(0.0 if is_thinking else _LOOK_EVERY)
            for key in keys:
                if not session.press(key):
                    return
                if session.wants_editor is not None:
                    session.reword(terminal.edited(session.wants_editor))
                terminal.paint(session, limits)
                terminal.heed_signals()
            if keys:
                is_thinking = True
                continue
            before = session.state
            is_thinking = session.think()
            if session.state is not before or session.look_again() or terminal.has_changed():
                terminal.paint(session, limits)


class _Terminal:
    """A terminal that sends single keys and shows one screen."""

    def __init__(self, keyboard: int, screen: int) -> None:
        from rich.console import Console

        self._keyboard, self._screen = keyboard, screen
        self._console = Console(force_terminal=True, highlight=False, markup=False, emoji=False)
        self._styled = not self._console.is_dumb_terminal
        self._decoder = Decoder()
        self._size = (80, 24)

    def __enter__(self) -> _Terminal:
        self._stack = ExitStack()
        try:
            self._signals = shutdown.SignalNotes((*shutdown.STOPS, *_OTHERS))
            self._stack.callback(self._signals.close)
            self._caught, self._waker = self._signals.caught, self._signals.fileno()
            self._modes = termios.tcgetattr(self._keyboard)
            self._stack.callback(self._leave)
            self._enter()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def paint(self, session: ReviewSession, limits: Sequence[Limit]) -> None:
        """Show the state of a review."""
        from botus.review.terminal.paint import View
        from botus.review.terminal.screens import page_size, screen

        self._size = self._measured()
        width, height = self._size
        session.fit(page_size(height))
        view = View(limits, session.about, width, height, self._styled)
        lines = [self._coded(line) for line in screen(session.state, view)]
        if self._styled:
            # A line is cleared before it is written: behind its last column, clearing takes that column too.
            lines[-1] = _CLEAR_BELOW + lines[-1]
            shown = _HOME + "\n".join(_CLEAR_LINE + line for line in lines)
        else:
            shown = "\n".join(line for line in lines if line.strip()) + "\n"
        self._write(shown)

    def keys(self, patience: float) -> list[Key]:
        """Wait for keys, at most so many seconds; none if nothing came or something else happened."""
        keys = self._read(patience)
        if not is_burst(keys):
            return keys
        while more := self._read(_PASTE_PAUSE):
            keys += more
        return as_paste(keys)

    def edited(self, text: str) -> str | None:
        """Let the person edit a text in $VISUAL or $EDITOR; None where they saved nothing."""
        import click

        self._leave()
        try:
            return click.edit(text, require_save=True, extension=".txt")
        except click.ClickException:
            return None  # the editor failed or is not there; the notice says that nothing was changed
        finally:
            self._caught.discard(signal.SIGINT)  # meant for the editor
            self._enter()

    def heed_signals(self) -> None:
        """Do what the signals that came meanwhile want.

        Raises:
            Interrupted: one of them wants an end.
        """
        for number in shutdown.STOPS:
            if number in self._caught:
                raise Interrupted(f"stopped by {signal.Signals(number).name}: everything decided is saved")
        if signal.SIGTSTP in self._caught:
            self._caught.discard(signal.SIGTSTP)
            self._leave()
            os.kill(os.getpid(), signal.SIGSTOP)
            self._caught.add(signal.SIGCONT)

    def has_changed(self) -> bool:
        """Tell whether the screen has another size, or was somebody else's, since it was painted."""
        if signal.SIGCONT in self._caught:
            self._caught.discard(signal.SIGCONT)
            self._enter()
            return True
        self._caught.discard(signal.SIGWINCH)
        return self._measured() != self._size

    def _read(self, patience: float) -> list[Key]:
        wait = self._decoder.patience
        ready, _, _ = select.select([self._keyboard, self._waker], [], [], wait or patience)
        if self._waker in ready:
            self._signals.clear()
            self.heed_signals()
        if self._keyboard not in ready:
            return [] if ready else self._decoder.flush()
        try:
            piece = os.read(self._keyboard, 65536)
        except OSError:
            piece = b""
        if not piece:
            raise Interrupted("the terminal went away: everything decided is saved")
        return self._decoder.feed(piece)

    def _enter(self) -> None:
        modes: list[Any] = termios.tcgetattr(self._keyboard)
        # Enter stays distinct from Ctrl-J, and Ctrl-S does not freeze the screen.
        modes[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
        modes[3] &= ~(termios.ICANON | termios.ECHO)
        modes[6] = list(modes[6])
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._keyboard, termios.TCSAFLUSH, modes)
        if self._styled:
            self._write(_BEGIN)

    def _leave(self) -> None:
        """Put the terminal back; what was typed and not read must not reach the shell."""
        with suppress(Interrupted):
            if self._styled:
                self._write(_END)
        with suppress(termios.error):
            termios.tcsetattr(self._keyboard, termios.TCSAFLUSH, self._modes)

    def _write(self, text: str) -> None:
        view = memoryview(text.encode("utf-8", "replace"))
        try:
            while view:
                view = view[os.write(self._screen, view) :]
        except OSError as error:
            raise Interrupted("the terminal went away: everything decided is saved") from error

    def _coded(self, line: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", soft_wrap=True)
        return captured.get()

    def _measured(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._screen)
        except OSError:
            width, height = 0, 0
        return width or 80, height or 24
