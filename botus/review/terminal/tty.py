"""A terminal that sends single keys and shows one screen; it is put back as it was, `kill -9` excepted.

Signals only leave a note, which is looked at between two keys, so that no signal can cut a decision in two.
"""

from __future__ import annotations

import os
import select
import signal
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from botus import shutdown
from botus.errors import Interrupted
from botus.review.machine.editor import Key
from botus.review.terminal.keyboard import Decoder, as_paste, is_paste

if TYPE_CHECKING:
    from rich.text import Text

KEYBOARD, SCREEN = 0, 1
# Another screen, no cursor, no automatic line break, pastes marked as such; and all of it back.
_BEGIN = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h"
_END = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_PASTE_PAUSE = 0.05  # seconds in which a paste goes on
_HANGUP = 1.0  # seconds within which its signal follows when a terminal goes away
_SIGNALS = (*shutdown.STOPS, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Take the terminal over; whatever is read or written raises Interrupted once it went away."""
    signals = shutdown.SignalNotes(_SIGNALS)
    try:
        terminal = Terminal(signals)
        try:
            terminal.enter()
            yield terminal
        finally:
            terminal.leave()
    finally:
        signals.close()


class Terminal:
    """The terminal while a review has it; use `open_terminal`."""

    def __init__(self, signals: shutdown.SignalNotes) -> None:
        from rich.console import Console

        self._signals = signals
        self._console = Console(force_terminal=True, highlight=False, markup=False, emoji=False)
        self.is_styled = not self._console.is_dumb_terminal  # with colours, and a cursor that can be moved
        self._decoder = Decoder()
        self._modes = termios.tcgetattr(KEYBOARD)
        self._shown_at = self.size()

    def size(self) -> tuple[int, int]:
        """Return width and height in cells."""
        try:
            width, height = os.get_terminal_size(SCREEN)
        except OSError:
            width, height = 0, 0
        return width or 80, height or 24

    def show(self, lines: Sequence[Text]) -> None:
        """Show the lines of a screen in place of the ones before."""
        self._shown_at = self.size()
        coded = []
        for line in lines:
            with self._console.capture() as captured:
                self._console.print(line, end="", soft_wrap=True)
            coded.append(captured.get())
        if self.is_styled:
            # A line is cleared before it is written: behind its last column, clearing takes that column too.
            coded[-1] = _CLEAR_BELOW + coded[-1]
            self._write(_HOME + "\n".join(_CLEAR_LINE + line for line in coded))
        else:
            self._write("\n".join(line for line in coded if line.strip()) + "\n")

    def keys(self, patience: float) -> list[Key]:
        """Wait for keys, at most so many seconds; none if nothing came or something else happened."""
        keys = self._read(patience)
        if not is_paste(keys):
            return keys
        while more := self._read(_PASTE_PAUSE):
            keys += more
        return as_paste(keys)

    def edited(self, text: str) -> str | None:
        """Let the person edit a text in $VISUAL or $EDITOR; None where they saved nothing."""
        import click

        self.leave()
        try:
            return click.edit(text, require_save=True, extension=".txt")
        except (click.ClickException, OSError, ValueError):
            # The editor failed or is not there, its name has an open quote, its file is gone or not UTF-8:
            # the notice says that nothing was changed.
            return None
        finally:
            self._signals.caught.discard(signal.SIGINT)  # meant for the editor
            self.enter()

    def heed_signals(self) -> None:
        """Do what the signals that came meanwhile want; Interrupted where one wants an end."""
        caught = self._signals.caught
        for number in shutdown.STOPS:
            if number in caught:
                name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
                raise Interrupted(f"stopped by {name}: everything decided is saved")
        if signal.SIGTSTP in caught:
            caught.discard(signal.SIGTSTP)
            self.leave()
            os.kill(os.getpid(), signal.SIGSTOP)
            caught.add(signal.SIGCONT)

    def has_changed(self) -> bool:
        """Tell whether the screen has another size, or was somebody else's, since it was painted."""
        if signal.SIGCONT in self._signals.caught:
            self._signals.caught.discard(signal.SIGCONT)
            self.enter()
            return True
        return self.size() != self._shown_at

    def enter(self) -> None:
        """Get single keys and a screen of our own."""
        try:
            modes: list[Any] = termios.tcgetattr(KEYBOARD)
            # Enter stays distinct from Ctrl-J, and Ctrl-S does not freeze the screen.
            modes[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            modes[6] = list(modes[6])
            modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
            termios.tcsetattr(KEYBOARD, termios.TCSAFLUSH, modes)
        except termios.error as error:
            raise self._gone() from error
        if self.is_styled:
            self._write(_BEGIN)

    def leave(self) -> None:
        """Put the terminal back; what was typed and not read must not reach the shell."""
        with suppress(Interrupted):
            if self.is_styled:
                self._write(_END)
        with suppress(termios.error):
            termios.tcsetattr(KEYBOARD, termios.TCSAFLUSH, self._modes)

    def _read(self, patience: float) -> list[Key]:
        notes, wait = self._signals.fileno(), self._decoder.patience or patience
        ready, _, _ = select.select([KEYBOARD, notes], [], [], wait)
        if notes in ready:
            self._signals.clear()
            self.heed_signals()
        if KEYBOARD not in ready:
            return [] if ready else self._decoder.flush()
        try:
            piece = os.read(KEYBOARD, 65536)
        except OSError:
            piece = b""
        if not piece:
            raise self._gone()
        return self._decoder.feed(piece)

    def _write(self, text: str) -> None:
        view = memoryview(text.encode("utf-8", "replace"))
        try:
            while view:
                view = view[os.write(SCREEN, view) :]
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> Interrupted:
        """Wait for the signal that follows: later, nobody would note it, and the review could not end."""
        self._signals.wait(_HANGUP)
        return Interrupted("the terminal went away: everything decided is saved")
