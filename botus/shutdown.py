"""The wish to end: whatever waits asks here whether it still may, and for how long.

A signal sets it, for the whole process and for good. From then on no request begins, the one that is under
way has a bounded time left, and nobody waits for a lock. In a process without such signals it never is set.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TIME_LEFT = 30.0  # seconds for a request under way; with a name to look up this stays below compose's 45
_latest = math.inf


def wish() -> None:
    """Say that the process should end soon; a second time changes nothing."""
    global _latest
    _latest = min(_latest, time.monotonic() + TIME_LEFT)


def is_wished() -> bool:
    """Tell whether the process should end."""
    return _latest < math.inf


def latest(moment: float) -> float:
    """The end of something that is under way: that moment on the monotonic clock, or earlier."""
    return min(moment, _latest)


class Signals:
    """Turns SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt, but never within `held`."""

    _NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._is_held = self._came = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._take) for number in self._NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """Let nothing interrupt from now on: what is at work is ending."""
        self._is_held = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put off what comes in between to the end."""
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
