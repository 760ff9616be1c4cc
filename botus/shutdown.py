"""A process-wide shutdown flag, and what signals do.

Once the flag is set no request begins, the one in progress has a bounded time left, and nobody waits for a
lock. Only `botus run` sets it; elsewhere signals interrupt, or are noted and looked at between two steps.
"""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TIME_LEFT = 30.0  # seconds for a request in progress; with a name to look up this stays below compose's 45
_latest = math.inf


def request() -> None:
    """Set the flag; a second time changes nothing."""
    global _latest
    _latest = min(_latest, time.monotonic() + TIME_LEFT)


def is_requested() -> bool:
    """Tell whether the process should end."""
    return _latest < math.inf


def deadline(moment: float) -> float:
    """When something in progress has to be over: at that moment on the monotonic clock, or earlier."""
    return min(moment, _latest)


def exit_on_sigterm() -> None:
    """End at SIGTERM, with 0: nothing else would, where this is process 1 of a container."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))


class SignalNotes:
    """Notes signals instead of dying of them.

    They also write into a pipe, which `wait` looks at: setting a threading.Event within a handler can hang,
    where the handler has cut into the event's own `wait`.

    Attributes:
        caught: the numbers that came; whoever has dealt with one takes it out.

    Args:
        numbers: the signals.
        on_signal: is called at once, within the handler.
    """

    def __init__(
        self, numbers: Iterable[int], on_signal: Callable[[int], None] = lambda number: None
    ) -> None:
        self.caught: set[int] = set()
        self._on_signal = on_signal
        self._reader, self._writer = os.pipe()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in numbers}

    def fileno(self) -> int:
        """A descriptor that is readable when a signal has come since `clear`."""
        return self._reader

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a signal comes; True when one has come since `clear`."""
        return bool(select.select([self], [], [], seconds)[0])

    def clear(self) -> None:
        """Go on waiting for signals after some have come."""
        os.read(self._reader, 1024)

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.caught.add(number)
        self._on_signal(number)


class Interrupts:
    """Turns signals into KeyboardInterrupt, but never within `held`; SIGHUP not where nohup ignores it."""

    def __init__(self) -> None:
        self._is_held = self._came = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            is_nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            stops = STOPS[:2] if is_nohup else STOPS
            self._before = {number: signal.signal(number, self._take) for number in stops}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """Let nothing interrupt from now on: what is at work is ending."""
        self._is_held = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Interrupt at the end of this, if a signal comes in between."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._came:
            raise KeyboardInterrupt

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        if not self._is_held:
            raise KeyboardInterrupt
