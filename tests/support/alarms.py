"""Ends what takes too long, by the processor time that it took: how loaded the machine is does not count."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_ENOUGH = 10  # seconds for one case


@contextmanager
def alarm(enough: float = _ENOUGH) -> Iterator[None]:
    """Raise TimeoutError where the case takes longer.

    Args:
        enough: seconds.
    """

    def ring(*_: object) -> None:
        raise TimeoutError

    earlier = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, enough)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)
