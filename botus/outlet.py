"""Where log lines leave the process: a stream that may be closed, full, or read by nobody.

In: lines. Out: bytes on the stream's descriptor, or an OSError soon. The one surprise: nobody waits here for
a reader that has got stuck (a log driver, a pager). Bot and SIGTERM would wait with it, for ever; so such
lines are lost, and how many is said as soon as somebody reads again.
"""

from __future__ import annotations

import os
import select
import time
from typing import TextIO

_PATIENCE = 2.0  # seconds for a reader that is only slow


class Outlet:
    """Writes lines to a stream, or fails soon.

    Args:
        stream: standard output; None where there is none.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_stuck = self._is_torn = False

    def write(self, text: str) -> None:
        """Write a whole line.

        Raises:
            OSError: it could not be written, or not all of it.
        """
        if self._stream is None:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        rest = ("\n" * self._is_torn + text).encode(encoding, "backslashreplace")
        ends = time.monotonic() + (0.0 if self._is_stuck else _PATIENCE)
        while rest:
            self._wait(ends)
            rest = rest[os.write(self._stream.fileno(), rest[: select.PIPE_BUF]) :]
            self._is_stuck, self._is_torn = False, bool(rest)

    def flush(self) -> None:
        """Nothing is kept back."""

    def _wait(self, ends: float) -> None:
        """Wait until a write does not block: then a pipe takes PIPE_BUF bytes at least."""
        assert self._stream is not None
        poll = select.poll()  # not select(): a pipe that nobody reads any more shows in its write
        poll.register(self._stream.fileno(), select.POLLOUT)
        if not poll.poll(max(0.0, ends - time.monotonic()) * 1000):
            self._is_stuck = True
            raise BlockingIOError("nobody reads the log")
