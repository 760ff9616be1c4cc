"""The wish to end: whatever waits asks here whether it still may, and for how long.

A signal sets it, for the whole process and for good. From then on no request begins, the one that is under
way has a bounded time left, and nobody waits for a lock. In a process without such signals it never is set.
"""

from __future__ import annotations

import math
import time

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
